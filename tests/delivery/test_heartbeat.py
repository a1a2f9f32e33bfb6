"""What doctor says of the monthly mail, on a given day with a given ledger."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aoai_insights.config import Email
from aoai_insights.model import Period
from aoai_insights.pipeline.heartbeat import mail
from aoai_insights.store import connect
from aoai_insights.store.deliveries import Delivery, note

OCTOBER = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "2026-10")
SEPTEMBER = Period(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC), "2026-09")
TO_FINANCE = Email(transport="smtp", recipients=["finance@contoso.example"])


def delivered(period: Period, state: str, day: int, month: int, revision: int = 1) -> Delivery:
    at = datetime(2026, month, day, 6, 17, tzinfo=UTC)
    key = f"chargeback/{period.month}/{revision}/finance@contoso.example"
    return Delivery(
        key, "chargeback", period, revision, "finance@contoso.example", "smtp", state, 1, "250 OK", "0" * 64, at
    )  # type: ignore[arg-type]


CASES = [
    pytest.param([delivered(OCTOBER, "sent", 3, 11)], 9, "ok", "left on 3 November 2026", id="sent: when"),
    pytest.param([delivered(SEPTEMBER, "sent", 3, 10)], 6, "ok", "left on 3 October 2026", id="the job may still run"),
    pytest.param(
        [delivered(SEPTEMBER, "sent", 3, 10)], 7, "warning", "no report of October 2026", id="the job should have run"
    ),
    pytest.param(
        [replace(delivered(OCTOBER, "sent", 3, 11), report="incomplete")], 9, "warning", "no report", id="only a notice"
    ),
    pytest.param(
        [replace(delivered(OCTOBER, "sent", 3, 11), transport="file")], 9, "warning", "no report", id="only a file"
    ),
    pytest.param([], 7, "warning", "none has ever left", id="nothing was ever sent"),
    pytest.param([delivered(OCTOBER, "unknown", 3, 11)], 9, "problem", "1 message of October 2026", id="nobody knows"),
    pytest.param(
        [delivered(OCTOBER, "refused", 3, 11), delivered(OCTOBER, "sent", 4, 11, 2)],
        9,
        "ok",
        "left on 4 November 2026",
        id="an older revision is history",
    ),
]


@pytest.mark.parametrize(("ledger", "day", "state", "said"), CASES)
def test_the_heartbeat(tmp_path: Path, ledger: list[Delivery], day: int, state: str, said: str) -> None:
    store = tmp_path / "store.duckdb"
    with connect.open_for_writing(store):
        pass
    for row in ledger:
        note(store, row)
    [finding] = mail(store, TO_FINANCE, datetime(2026, 11, day, 12, tzinfo=UTC))
    assert (finding.state, said in finding.what) == (state, True), finding.what
    assert bool(finding.fix) == (state != "ok")


def test_without_recipients_there_is_nothing_to_watch(tmp_path: Path) -> None:
    assert mail(tmp_path / "none.duckdb", Email(), datetime(2026, 11, 9, tzinfo=UTC)) == []
