"""Which days have to be joined: those around which records came, and those whose join rests on what is another now.

What the join of a day rests on beside the records around it is its *context*: the program, the listed APIs, and what
answers behind its hosts, which all days together say.
"""

import hashlib
from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib.resources import files

import duckdb

from aoai_insights.store.statements import bounds_of, filled, literal, sql


def find_stale(connection: duckdb.DuckDBPyConnection, store: str) -> list[date]:
    """The days that are not joined as they stand, in order; leaves them in `stale`, with `seen_hosts` and `hosts`."""
    touched = connection.execute(f"SELECT DISTINCT day FROM {store}.touched_days").fetchall()
    counts = dict(connection.execute(f"SELECT started_at::DATE, count(*) FROM {store}.gateway GROUP BY ALL").fetchall())
    joined = dict(connection.execute(f"SELECT day, gateway_rows FROM {store}.joined_days").fetchall())
    stale = {day for day in counts.keys() | joined.keys() if counts.get(day, 0) != joined.get(day)}
    if (None,) in touched:
        stale |= counts.keys() | joined.keys() | attempt_days(connection, store)
    else:
        stale |= {day for (day,) in touched}
    if stale and not counts.keys() <= stale:
        stale |= _partner_days(connection, store, stale) | _days_told_again(connection, store, stale)
    _hosts(connection, store, stale)
    changed = contexts(connection, f"{store}.joined_days", f"{store}.joined_attempts")
    known = dict(connection.execute(f"SELECT day, context FROM {store}.joined_days").fetchall())
    other = {day for day, context in changed.items() if known[day] != context} - stale
    if other:
        stale |= other
        connection.execute("INSERT INTO stale SELECT unnest(?)", [sorted(other)])
    return sorted(stale)


def _hosts(connection: duckdb.DuckDBPyConnection, store: str, stale: Iterable[date]) -> None:
    """The tables `stale`, `seen_hosts`, `hosts` and `resource_regions`: what all days together say of hosts."""
    days = sorted(stale)
    connection.execute("CREATE OR REPLACE TEMP TABLE stale (day DATE)")
    seen = f"FROM {store}.joined_hosts WHERE day NOT IN (SELECT day FROM stale)"
    if days:
        connection.execute("INSERT INTO stale SELECT unnest(?)", [days])
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
    texts = ((folder / "migrations" / "0002_requests.sql").read_text(), sql("join_days"), sql("join_hosts"))
    return hashlib.sha256("".join(texts).encode()).hexdigest()[:16]


def attempt_days(connection: duckdb.DuckDBPyConnection, store: str) -> set[date]:
    began = connection.execute(f"SELECT DISTINCT coalesce(started_at, logged_at)::DATE FROM {store}.aoai").fetchall()
    return {day for (day,) in began if day is not None}


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
