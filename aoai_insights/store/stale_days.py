"""Which days have to be joined: those around which records came, and those whose join rests on what is another now.

What the join of a day rests on beside the records around it is its *context*: the program, the listed APIs, and what
answers behind its hosts, which all days together say.
"""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files

import duckdb

from aoai_insights.store.statements import LONGEST_CALL, MARGIN, MILLISECOND, bounds_of, days_as_rows, filled, literal

_FIRST, _LAST = date(1970, 1, 1), date(2199, 12, 31)
"""Days outside are nobody's logs: what a record says of them is kept, and no figure is made of it."""

Held = tuple[datetime, datetime]
"""When a call that took longer than the surroundings of a record reach began, and when it ended."""


def find_stale(connection: duckdb.DuckDBPyConnection, store: str) -> list[date]:
    """The days that are not joined as they stand, in order; leaves them in `stale`, with `seen_hosts` and `hosts`."""
    touched = connection.execute(f"SELECT DISTINCT day FROM {store}.touched_days").fetchall()
    joined = dict(connection.execute(f"SELECT day, gateway_rows FROM {store}.joined_days").fetchall())
    counts = _gateway_rows(connection, store, joined)
    every = _real(counts.keys() | joined.keys())
    stale = {day for day in every if counts.get(day, 0) != joined.get(day)}
    if (None,) in touched:
        every |= attempt_days(connection, store)
        stale |= every
    else:
        stale |= _real(day for (day,) in touched)
    if stale and not every <= stale:
        stale |= _real(_partner_days(connection, store, stale) | _days_told_again(connection, store, stale))
    stale = _with_held(stale, held_long(connection, store))
    _hosts(connection, store, stale)
    now = contexts(connection, f"{store}.joined_days", f"{store}.joined_attempts")
    known = dict(connection.execute(f"SELECT day, context FROM {store}.joined_days").fetchall())
    # Calls on both sides of midnight are answered by what answers behind one host.
    other = {day + timedelta(days=n) for day, context in now.items() if known[day] != context for n in (-1, 0, 1)}
    if not other <= stale:
        stale = _with_held(stale | other, held_long(connection, store))
        connection.execute(f"INSERT INTO stale {days_as_rows(stale)} EXCEPT FROM stale")
    return sorted(stale)


def _gateway_rows(connection: duckdb.DuckDBPyConnection, store: str, joined: dict[date, int]) -> dict[date, int]:
    """Gateway rows by day. Days are counted where there are more rows or fewer than were joined, or of other days."""
    rows = connection.execute(f"SELECT count(*) FROM {store}.gateway").fetchall()
    if rows == [(sum(joined.values()),)]:
        return joined
    return dict(connection.execute(f"SELECT started_at::DATE, count(*) FROM {store}.gateway GROUP BY ALL").fetchall())


def _real(days: Iterable[date]) -> set[date]:
    """Those of the days that logs can be of; DuckDB gives days that Python has not as text."""
    return {day for day in days if isinstance(day, date) and _FIRST <= day <= _LAST}


def held_long(connection: duckdb.DuckDBPyConnection, store: str) -> list[Held]:
    """Calls held for longer than MARGIN: each may be what was asked at any moment from when it began until it ended."""
    ended = f"started_at + to_milliseconds(least(total_ms, {LONGEST_CALL // MILLISECOND}))"
    return connection.execute(
        f"SELECT started_at, {ended} FROM {store}.gateway WHERE total_ms > {MARGIN // MILLISECOND}"
        f" AND started_at::DATE BETWEEN {literal(_FIRST)} AND {literal(_LAST - LONGEST_CALL)}"
    ).fetchall()


def _with_held(days: set[date], held: Iterable[Held]) -> set[date]:
    """The days, and all days of calls that were held on one of them."""
    more = set(days)
    for began, ended in held:
        during = {began.date() + timedelta(days=n) for n in range((ended.date() - began.date()).days + 1)}
        if during & days:
            more |= during
    return more if more == days else _with_held(more, held)


def _hosts(connection: duckdb.DuckDBPyConnection, store: str, stale: Iterable[date]) -> None:
    """The tables `stale`, `seen_hosts`, `hosts` and `resource_regions`: what all days together say of hosts."""
    days = sorted(stale)
    connection.execute("CREATE OR REPLACE TEMP TABLE stale (day DATE)")
    seen = f"FROM {store}.joined_hosts WHERE day NOT IN (SELECT day FROM stale)"
    if days:
        connection.execute(f"INSERT INTO stale {days_as_rows(days)}")
        seen += f" UNION ALL {filled('join_hosts', bounds_of(days), store=store)}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE seen_hosts AS {seen}")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE hosts AS SELECT backend_host, max(resource) AS resource, max(region) AS region"
        " FROM seen_hosts GROUP BY backend_host HAVING max(region) IS NOT NULL"
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE resource_regions AS FROM {store}.resource_regions")


def contexts(connection: duckdb.DuckDBPyConnection, days: str, attempts: str) -> dict[date, str]:
    """What the join of each day in the relation `days` rests on, as a digest."""
    text = filled("join_contexts", {"version": f"'{_version()}'"}, days=days, attempts=attempts)
    return dict(connection.execute(text).fetchall())


@cache
def _version() -> str:
    """Another text of the join is another join."""
    folder = files("aoai_insights.store")
    texts = [folder / "migrations" / "0002_requests.sql", *(folder / f"{name}.py" for name in _JOINING)]
    queries = (query for query in (folder / "queries").iterdir() if query.name.startswith("join"))
    texts += sorted(queries, key=lambda query: query.name)
    return hashlib.sha256("".join(text.read_text() for text in texts).encode()).hexdigest()[:16]


_JOINING = ("joined", "stale_days", "statements")


def attempt_days(connection: duckdb.DuckDBPyConnection, store: str) -> set[date]:
    """Days on which anything began that the AOAI log knows."""
    began = connection.execute(f"SELECT DISTINCT coalesce(started_at, logged_at)::DATE FROM {store}.aoai").fetchall()
    return _real(day for (day,) in began)


def _partner_days(connection: duckdb.DuckDBPyConnection, store: str, stale: set[date]) -> set[date]:
    """Days of calls with a row in another log that stands at a stale day, but not around the call; and days of attempts
    that nobody claimed when they were joined, and that a call of a stale day claims."""
    text = filled("join_partners", bounds_of(sorted(stale)), store=store)
    return {day for (day,) in connection.execute(text).fetchall()}


def _days_told_again(connection: duckdb.DuckDBPyConnection, store: str, stale: set[date]) -> set[date]:
    """Days on which an answer was fetched that was fetched on a stale day, too."""
    fetched = (
        f"FROM {store}.gateway WHERE upper(method) = 'GET' AND response_id IS NOT NULL"
        " AND body_source IN ('body_usage', 'stream_usage')"
    )
    days = connection.execute(
        f"SELECT DISTINCT started_at::DATE {fetched} AND response_id IN"
        f" (SELECT response_id {fetched} AND started_at::DATE IN ({', '.join(map(literal, stale))}))"
    ).fetchall()
    return {day for (day,) in days}
