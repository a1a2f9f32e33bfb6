"""Statements of queries/*.sql with names and moments written out: a view takes no parameters, nor do several at once.

Nothing that a log or a caller says is ever written into a statement here.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from importlib.resources import files

import duckdb

MARGIN = timedelta(hours=1)
"""How far the surroundings of a record reach: rows of one call, and calls that may have been answered by one row."""

HOUR = timedelta(hours=1)
LONGEST_CALL = timedelta(days=366)
MILLISECOND = timedelta(milliseconds=1)


def sql(name: str) -> str:
    """The text of queries/{name}.sql."""
    return (files("aoai_insights.store") / "queries" / f"{name}.sql").read_text()


def filled(name: str, bounds: dict[str, str], **parts: str) -> str:
    """A query with its $bounds and its {parts} written out."""
    text = sql(name)
    for bound in sorted(bounds, key=len, reverse=True):
        text = text.replace(f"${bound}", bounds[bound])
    return text.format(**parts)


def bounds(start: datetime, end: datetime, held: Iterable[tuple[datetime, datetime]] = ()) -> dict[str, str]:
    """A time ($start, $end), what is around it ($from, $until), and how far around that is.

    What the time's calls and attempts are rests on calls from $from to $until: an attempt may have been asked by a call
    that began an hour before, unless that asked another, which a call of an hour before that may have asked as well.
    Rows of the LLM log about these calls stand from $llm_from to $llm_until, attempts are logged until $logged_until.

    Around it are also the calls of `held` (when they began and ended) that were held then.
    """
    first, last = start - MARGIN, end + MARGIN
    then = [(began, ended) for began, ended in held if began < last and ended >= first]
    return {
        "start": literal(start), "end": literal(end),
        "from": literal(since := min((start, *(began for began, _ in then))) - 2 * MARGIN),
        "llm_from": literal(since - MARGIN),
        "until": literal(until := max((end, *(ended for _, ended in then))) + MARGIN),
        "llm_until": literal(until + MARGIN),
        "logged_until": literal(until + 2 * MARGIN),
        "margin_s": str(int(MARGIN.total_seconds())), "margin_ms": str(MARGIN // MILLISECOND),
        "longest_ms": str(LONGEST_CALL // MILLISECOND),
    }  # fmt: skip


def literal(moment: date) -> str:
    """A moment or a day as it is written in SQL; the store's moments have no zone."""
    if isinstance(moment, datetime):
        return f"TIMESTAMP '{moment.replace(tzinfo=None).isoformat()}'"
    return f"DATE '{moment.isoformat()}'"


def days_as_rows(days: Iterable[date]) -> str:
    """A query for these days. As a parameter a list of them would make DuckDB load pandas, where that is installed."""
    return f"SELECT unnest([{', '.join(map(literal, sorted(days)))}]::DATE[]) AS day"


def moments_as_rows(moments: Iterable[datetime]) -> str:
    """The same for moments."""
    return f"SELECT unnest([{', '.join(map(literal, sorted(moments)))}]::TIMESTAMP[])"


def hour_of(moment: datetime) -> datetime:
    """When the hour of a moment begins."""
    return moment.replace(minute=0, second=0, microsecond=0)


def midnight(day: date) -> datetime:
    """When a day begins."""
    return datetime.combine(day, datetime.min.time())


def stored(connection: duckdb.DuckDBPyConnection) -> str:
    """The schema of the stored tables and views, by its full name: temporary ones of the same name stand before it."""
    (name,) = connection.execute("SELECT current_database()").fetchall()[0]
    return '"{}".main'.format(name.replace('"', '""'))
