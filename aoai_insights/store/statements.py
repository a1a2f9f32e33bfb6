"""Statements of queries/*.sql with names and moments written out: a view takes no parameters, nor do several at once.

Nothing that a log or a caller says is ever written into a statement here.
"""

from datetime import date, datetime, timedelta
from importlib.resources import files

import duckdb

MARGIN = timedelta(hours=1)
"""How far the surroundings of a record reach: rows of one call, and calls that may have been answered by one row."""

LONGEST_CALL = timedelta(days=366)
MILLISECOND = timedelta(milliseconds=1)


def sql(name: str) -> str:
    """The text of queries/{name}.sql."""
    return (files("aoai_insights.store") / "queries" / f"{name}.sql").read_text()


def filled(name: str, bounds: dict[str, str], **parts: str) -> str:
    """A query with its {parts} and its $bounds written out."""
    text = sql(name).format(**parts)
    for bound in sorted(bounds, key=len, reverse=True):
        text = text.replace(f"${bound}", bounds[bound])
    return text


def bounds(start: datetime, end: datetime) -> dict[str, str]:
    """A time ($start, $end), what is around it ($from, $until), and how far around that is."""
    return {
        "start": literal(start), "end": literal(end), "from": literal(start - MARGIN), "until": literal(end + MARGIN),
        "margin_s": str(int(MARGIN.total_seconds())), "margin_ms": str(MARGIN // MILLISECOND),
        "longest_ms": str(LONGEST_CALL // MILLISECOND),
    }  # fmt: skip


def bounds_of(days: "list[date]") -> dict[str, str]:
    """The same for the time from the first to the last of some days, which are in order."""
    return bounds(midnight(days[0]), midnight(days[-1] + timedelta(days=1)))


def literal(moment: date) -> str:
    """A moment or a day as it is written in SQL; the store's moments have no zone."""
    if isinstance(moment, datetime):
        return f"TIMESTAMP '{moment.replace(tzinfo=None).isoformat()}'"
    return f"DATE '{moment.isoformat()}'"


def midnight(day: date) -> datetime:
    """When a day begins."""
    return datetime.combine(day, datetime.min.time())


def stored(connection: duckdb.DuckDBPyConnection) -> str:
    """The schema of the stored tables and views, by its full name: temporary ones of the same name stand before it."""
    (name,) = connection.execute("SELECT current_database()").fetchall()[0]
    return '"{}".main'.format(name.replace('"', '""'))
