"""--month, --since/--until and --last as a charge period: UTC, start inclusive, end exclusive."""

import re
from datetime import UTC, datetime, timedelta

from aoai_insights.errors import UsageError
from aoai_insights.model import Period


def resolve(
    *, month: str | None = None, since: str | None = None, until: str | None = None, last: str | None = None,
    now: datetime,
) -> Period:  # fmt: skip
    """The period that the flags name; last month when they name none. Raises UsageError where they contradict."""
    named = [
        flag
        for flag, value in (
            ("--month", month),
            ("--since/--until", since if since is not None else until),
            ("--last", last),
        )
        if value is not None
    ]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} name two periods", "give one of them")
    if last is not None:
        return _last(last, now)
    if since is not None or until is not None:
        if not since:
            raise UsageError("--until without --since", "say where the period begins")
        start, end = _moment(since, "--since"), _moment(until, "--until") if until else now
        if end <= start:
            raise UsageError(f"the period ends ({end:%Y-%m-%d %H:%M}) before it begins ({start:%Y-%m-%d %H:%M})",
                             "the end is exclusive: for one day give the day after as --until")  # fmt: skip
        month_of = month_period(f"{start:%Y-%m}")
        return month_of if (start, end) == (month_of.start, month_of.end) else Period(start, end)
    return month_period(_month_name("last" if month is None else month, now))


def month_period(name: str) -> Period:
    """The period of a month written as 2026-10."""
    try:
        start = datetime.strptime(name, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise UsageError(f'--month "{name}" is no month', "write it as 2026-10, or: last, this") from None
    following = (start + timedelta(days=32)).replace(day=1)
    return Period(start, following, start.strftime("%Y-%m"))


def before(period: Period) -> Period | None:
    """The month before a month; None for a period that is no calendar month."""
    if period.month is None:
        return None
    return month_period((period.start - timedelta(days=1)).strftime("%Y-%m"))


def _month_name(text: str, now: datetime) -> str:
    first = now.astimezone(UTC).replace(day=1)
    if text == "this":
        return first.strftime("%Y-%m")
    if text == "last":
        return (first - timedelta(days=1)).strftime("%Y-%m")
    if not re.fullmatch(r"\d{4}-\d{2}", text):
        raise UsageError(f'--month "{text}" is no month', "write it as 2026-10, or: last, this")
    return text


def _last(text: str, now: datetime) -> Period:
    matched = re.fullmatch(r"([1-9]\d{0,4})([dh])", text)
    if not matched:
        raise UsageError(f'--last "{text}" is no span', "write days as 7d or hours as 24h")
    count = int(matched[1])
    return Period(now - (timedelta(days=count) if matched[2] == "d" else timedelta(hours=count)), now)


def _moment(text: str, flag: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f'{flag} "{text}" is no date', "write 2026-10-01 or 2026-10-01T06:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
