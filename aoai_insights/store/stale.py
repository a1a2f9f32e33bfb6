"""Which hours have to be joined: those around which records came, and those whose join rests on what is another now.

What the join of a day rests on beside the records around it is its *context*: the program, the listed APIs, and what
answers behind its hosts, which all days together say. Where that is another now, the day is joined as a whole; where
records came, the hours that they can concern.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files

import duckdb

from aoai_insights.store.statements import (
    HOUR,
    LONGEST_CALL,
    MARGIN,
    MILLISECOND,
    bounds,
    days_as_rows,
    filled,
    hour_of,
    literal,
    midnight,
)

_FIRST, _LAST = date(1970, 1, 1), date(2199, 12, 31)
"""Days outside are nobody's logs: what a record says of them is kept, and no figure is made of it."""

Held = tuple[datetime, datetime]
"""When a call that took longer than the surroundings of a record reach began, and when it ended."""


def find_stale(connection: duckdb.DuckDBPyConnection, store: str) -> list[datetime]:
    """Hours that are not joined as they stand, in order. Leaves their days in `stale`, and `seen_hosts`, `hosts`."""
    touched = [hour for (hour,) in connection.execute(f"SELECT DISTINCT hour FROM {store}.touched_hours").fetchall()]
    joined = dict(connection.execute(f"SELECT day, gateway_rows FROM {store}.joined_days").fetchall())
    counts = _gateway_rows(connection, store, joined)
    every = {day for day in counts.keys() | joined.keys() if _is_real(day)}
    stale = {hour for hour in touched if _is_real(hour)}
    if None in touched:
        stale |= hours_of(every | attempt_days(connection, store))
    else:
        changed = {day for day in every if counts.get(day, 0) != joined.get(day)}
        by_hours = every & {hour.date() for hour in stale}
        stale |= hours_of(changed - by_hours | _changed_elsewhere(connection, store, by_hours, stale))
    held = held_long(connection, store)
    if stale and not hours_of(joined) <= stale:
        stale |= _partner_hours(connection, store, stale) | _hours_told_again(connection, store, stale)
    stale = _with_held(stale, held)
    _hosts(connection, store, days_of(stale))
    # Of the hosts that were seen when a day was joined: one that came since comes with hours of its own.
    now = contexts(connection, store, f"{store}.joined_days", seen=f"{store}.joined_hosts")
    known = dict(connection.execute(f"SELECT day, context FROM {store}.joined_days").fetchall())
    # Calls on both sides of midnight are answered by what answers behind one host.
    other = {day + timedelta(days=n) for day, context in now.items() if known[day] != context for n in (-1, 0, 1)}
    if not hours_of(other) <= stale:
        stale = _with_held(stale | hours_of(other), held)
        connection.execute(f"INSERT INTO stale {days_as_rows(days_of(stale))} EXCEPT FROM stale")
    return sorted(stale)


def hours_of(days: Iterable[date]) -> set[datetime]:
    """All hours of these days."""
    return {midnight(day) + n * HOUR for day in days for n in range(24)}


def days_of(hours: Iterable[datetime]) -> list[date]:
    """The days that these hours are of, in order."""
    return sorted({hour.date() for hour in hours})


def _gateway_rows(connection: duckdb.DuckDBPyConnection, store: str, joined: dict[date, int]) -> dict[date, int]:
    """Gateway rows by day. Days are counted where there are more rows or fewer than were joined, or of other days."""
    rows = connection.execute(f"SELECT count(*) FROM {store}.gateway").fetchall()
    if rows == [(sum(joined.values()),)]:
        return joined
    return dict(connection.execute(f"SELECT started_at::DATE, count(*) FROM {store}.gateway GROUP BY ALL").fetchall())


def _changed_elsewhere(
    connection: duckdb.DuckDBPyConnection, store: str, days: Collection[date], touched: Collection[datetime]
) -> set[date]:
    """Those of the days that have more gateway rows than were joined, or fewer, at other hours than the touched."""
    if not days:
        return set()
    hours = ", ".join(map(literal, sorted(hour for hour in touched if hour.date() in days)))
    first, end = literal(min(days)), literal(max(days) + timedelta(days=1))
    parts = [
        f"SELECT {time}::DATE AS day, {calls} AS calls FROM {store}.{table} WHERE {time} >= {first} AND {time} < {end}"
        f" AND date_trunc('hour', {time}) NOT IN ({hours})"
        for table, time, calls in (
            ("gateway", "started_at", "1"), ("joined_calls", "started_at", "-1"), ("joined_others", "hour", "-calls"),
        )
    ]  # fmt: skip
    text = f"SELECT day FROM ({' UNION ALL '.join(parts)}) GROUP BY day HAVING sum(calls) != 0"
    return {day for (day,) in connection.execute(text).fetchall()} & set(days)


def _is_real(moment: object) -> bool:
    """Can logs be of it? DuckDB gives what Python has no days for as text."""
    day = moment.date() if isinstance(moment, datetime) else moment
    return isinstance(day, date) and _FIRST <= day <= _LAST


def held_long(connection: duckdb.DuckDBPyConnection, store: str) -> list[Held]:
    """Calls held for longer than MARGIN: each may be what was asked at any moment from when it began until it ended."""
    ended = f"started_at + to_milliseconds(least(total_ms, {LONGEST_CALL // MILLISECOND}))"
    return connection.execute(
        f"SELECT started_at, {ended} FROM {store}.gateway WHERE total_ms > {MARGIN // MILLISECOND}"
        f" AND started_at::DATE BETWEEN {literal(_FIRST)} AND {literal(_LAST - LONGEST_CALL)}"
    ).fetchall()


def _with_held(hours: set[datetime], held: Iterable[Held]) -> set[datetime]:
    """The hours, and all hours around calls that were held during one of them, or during one of such a call."""
    chains: list[Held] = []
    for began, ended in sorted(held):
        if chains and hour_of(began) <= chains[-1][1]:
            chains[-1] = chains[-1][0], max(chains[-1][1], ended)
        else:
            chains.append((began, ended))
    during = [(began, ended) for began, ended in chains if not hours.isdisjoint(_hours_between(began, ended))]
    return hours.union(*(_hours_between(began - MARGIN, ended + MARGIN) for began, ended in during))


def _hours_between(first: datetime, last: datetime) -> Iterator[datetime]:
    """The hours in which a time begins and ends, and those between."""
    hour = hour_of(first)
    while hour <= last:
        yield hour
        hour += HOUR


def _hosts(connection: duckdb.DuckDBPyConnection, store: str, stale: Iterable[date]) -> None:
    """The tables `stale`, `seen_hosts`, `hosts` and `resource_regions`: what all days together say of hosts."""
    days = sorted(stale)
    connection.execute("CREATE OR REPLACE TEMP TABLE stale (day DATE)")
    seen = f"FROM {store}.joined_hosts WHERE day NOT IN (SELECT day FROM stale)"
    if days:
        connection.execute(f"INSERT INTO stale {days_as_rows(days)}")
        span = bounds(midnight(days[0]), midnight(days[-1] + timedelta(days=1)))
        seen += f" UNION ALL {filled('join_hosts', span, store=store)}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE seen_hosts AS {seen}")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE hosts AS SELECT backend_host, max(resource) AS resource, max(region) AS region"
        " FROM seen_hosts GROUP BY backend_host HAVING max(region) IS NOT NULL"
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE resource_regions AS FROM {store}.resource_regions")


def contexts(connection: duckdb.DuckDBPyConnection, store: str, days: str, *, seen: str) -> dict[date, str]:
    """What the join of each day in the relation `days` rests on, as a digest; `seen` are the hosts of each day."""
    text = filled("join_contexts", {"version": f"'{_version()}'"}, days=days, seen=seen, store=store)
    return dict(connection.execute(text).fetchall())


@cache
def _version() -> str:
    """Another text of the join is another join."""
    folder = files("aoai_insights.store")
    texts = [folder / "migrations" / "0002_requests.sql", *(folder / f"{name}.py" for name in _JOINING)]
    queries = (query for query in (folder / "queries").iterdir() if query.name.startswith("join"))
    texts += sorted(queries, key=lambda query: query.name)
    return hashlib.sha256("".join(text.read_text() for text in texts).encode()).hexdigest()[:16]


_JOINING = ("joined", "stale", "statements")


def attempt_days(connection: duckdb.DuckDBPyConnection, store: str) -> set[date]:
    """Days on which anything began that the AOAI log knows."""
    began = connection.execute(f"SELECT DISTINCT coalesce(started_at, logged_at)::DATE FROM {store}.aoai").fetchall()
    return {day for (day,) in began if _is_real(day)}


def _partner_hours(connection: duckdb.DuckDBPyConnection, store: str, stale: Collection[datetime]) -> set[datetime]:
    """Around calls with a row in another log that stands at a stale hour, but not around the call; around attempts that
    a call of a stale hour names, but did not hold; and around attempts of which a row was logged at a stale hour, but
    that did not begin around it."""
    text = filled("join_partners", bounds(min(stale), max(stale) + HOUR), store=store)
    spans = [span for span in connection.execute(text).fetchall() if all(isinstance(end, datetime) for end in span)]
    return {hour for first, last in spans for hour in _hours_between(first, last) if _is_real(hour)}


def _hours_told_again(connection: duckdb.DuckDBPyConnection, store: str, stale: Iterable[datetime]) -> set[datetime]:
    """Hours in which an answer was fetched that was fetched on a stale day, too."""
    fetched = (
        f"FROM {store}.gateway WHERE upper(method) = 'GET' AND response_id IS NOT NULL"
        " AND body_source IN ('body_usage', 'stream_usage')"
    )
    hours = connection.execute(
        f"SELECT DISTINCT date_trunc('hour', started_at) {fetched} AND response_id IN"
        f" (SELECT response_id {fetched} AND started_at::DATE IN ({', '.join(map(literal, days_of(stale)))}))"
    ).fetchall()
    return {hour for (hour,) in hours if _is_real(hour)}
