"""--month, --since, --until, --last: one period, UTC, end exclusive; contradictions are errors."""

from datetime import UTC, datetime

import pytest

from aoai_insights.cli.period import before, month_period, resolve
from aoai_insights.errors import UsageError

NOW = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("flags", "start", "end", "month"),
    [
        pytest.param({"month": "2026-10"}, "2026-10-01", "2026-11-01", "2026-10", id="a month"),
        pytest.param({"month": "2024-02"}, "2024-02-01", "2024-03-01", "2024-02", id="a leap February"),
        pytest.param({"month": "2026-12"}, "2026-12-01", "2027-01-01", "2026-12", id="December ends with the year"),
        pytest.param({"month": "last"}, "2026-02-01", "2026-03-01", "2026-02", id="last month on the first day of a month"),
        pytest.param({"month": "this"}, "2026-03-01", "2026-04-01", "2026-03", id="this month"),
        pytest.param({}, "2026-02-01", "2026-03-01", "2026-02", id="no flag means last month"),
        pytest.param({"since": "2026-10-01", "until": "2026-11-01"}, "2026-10-01", "2026-11-01", "2026-10", id="a month by its bounds"),
        pytest.param({"since": "2026-01-05", "until": "2026-01-06"}, "2026-01-05", "2026-01-06", None, id="one day"),
        pytest.param({"since": "2026-01-05T02:00+02:00", "until": "2026-01-06"}, "2026-01-05", "2026-01-06", None, id="a moment of another zone"),
        pytest.param({"since": "2026-02-28"}, "2026-02-28", "2026-03-01T00:30", None, id="since, to now"),
        pytest.param({"last": "1d"}, "2026-02-28T00:30", "2026-03-01T00:30", None, id="the last day"),
        pytest.param({"last": "2h"}, "2026-02-28T22:30", "2026-03-01T00:30", None, id="the last hours"),
    ],
)  # fmt: skip
def test_flags_name_a_period(flags: dict[str, str], start: str, end: str, month: str | None) -> None:
    period = resolve(**flags, now=NOW)  # type: ignore[arg-type]
    moments = (datetime.fromisoformat(start).replace(tzinfo=UTC), datetime.fromisoformat(end).replace(tzinfo=UTC))
    assert (period.start, period.end, period.month) == (*moments, month)


@pytest.mark.parametrize(
    "flags",
    [
        {"month": "2026-10", "last": "7d"},
        {"month": "2026-10", "since": "2026-10-01"},
        {"last": "7d", "until": "2026-10-01"},
        {"until": "2026-10-01"},
        {"since": "2026-10-02", "until": "2026-10-02"},
        {"month": ""},
        {"last": ""},
        {"since": ""},
        {"month": "2026-13"},
        {"month": "202610"},
        {"month": "2026-1"},
        {"last": "7"},
        {"last": "0d"},
        {"since": "soon"},
    ],
)
def test_contradictions_and_nonsense_are_errors(flags: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        resolve(**flags, now=NOW)  # type: ignore[arg-type]


def test_the_month_before_january_is_december() -> None:
    found = before(month_period("2026-01"))
    assert found is not None
    assert found.month == "2025-12"
    assert before(resolve(last="7d", now=NOW)) is None
