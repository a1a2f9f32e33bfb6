"""What is joined, and the joining of what is not.

The join of the three logs is what migrations/0002 says. It is made for the hours around which records have come
(`settle`, by whoever wrote them), or when a question needs a day that is not joined as it stands (`join_period`). A
record that comes late changes last week's figures, and months that nothing touched are not joined again.

An hour is joined as it stands when no record came around it since, and its day has as many gateway rows as then and the
same context (stale.py). Rows that one log has of one id are taken to stand within MARGIN of each other, as they do;
another log may have its rows of that id at any time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar

import duckdb

from aoai_insights.model import Period
from aoai_insights.store.stale import Held, attempt_days, contexts, days_of, find_stale, held_long, hours_of
from aoai_insights.store.statements import (
    HOUR,
    bounds,
    days_as_rows,
    filled,
    hour_of,
    literal,
    moments_as_rows,
    sql,
    stored,
)

_CALLS_AT_ONCE = 100_000
"""So many are joined at once by a writer, which has little memory (connect.py); a reader takes more."""
_CALLS_AT_ONCE_TO_READ = 2_000_000
_SLOT_SECONDS = 600
_CALLS_BETWEEN = 10_000
"""So many are joined in the time that a further join takes."""
_LONGEST_BETWEEN = timedelta(days=7)
_MORE_MEMORY = "80%"
"""What a writer may take when its own memory is short: what DuckDB gives a reader, who would join those days else."""

Made = TypeVar("Made")
Progress = Callable[[int, int], None]

CALLERS = ("apim_subscription", "product", "entra_app", "caller_ip", "caller_headers")
SERVERS = (
    "resource", "deployment", "region", "served_model", "aoai_model", "aoai_model_version", "service_tier",
    "spilled_over", "backend_id", "backend_host", "api_id",
)  # fmt: skip
MARKS = (
    "api", "method", "succeeded", "throttled", "cache_hit", "streamed", "token_source", "llm_matched", "aoai_match",
    "status_code", "backend_status_code", "error_source", "error_reason", "content_filtered", "notes",
    "hides_reasoning", "image_grade", "split_known", "cached_split_known",
)  # fmt: skip
NUMBERS = (
    "total_ms", "backend_ms", "aoai_ms", "ttft_ms", "traced_ttft_ms", "retry_after_s", "max_tokens", "prompt_tokens",
    "cached_tokens", "cache_write_tokens", "completion_tokens", "reasoning_tokens", "audio_prompt_tokens",
    "audio_completion_tokens", "cached_audio_tokens", "image_prompt_tokens", "cached_image_tokens",
    "image_completion_tokens", "images", "characters", "audio_seconds", "own_prompt_tokens", "own_completion_tokens",
    "hidden_tokens",
)  # fmt: skip
_WRITTEN = {
    "backend_ms": "coalesce(s.total_ms, 0) - s.backend_ms",
    "aoai_ms": "coalesce(s.backend_ms, s.total_ms, 0) - s.aoai_ms",
}
"""Numbers that are written as differences, in joined_calls.*_less; joined.sql makes them whole again."""

_TABLES = ("callers", "servers", "marks", "calls", "attempts", "others")
_AROUND = ("gateway", "llm", "aoai")
_PARTS = (
    "hosts", "resource_regions", "told_again", "unclaimed_ids", "llm_several", "aoai_several", "unclaimed_calls",
    "heuristic_matches", "span", "far_llm", "far_aoai", "seen_hosts", "contexts", "stale",
)  # fmt: skip


def settle(connection: duckdb.DuckDBPyConnection, progress: Progress = lambda done, of: None) -> None:
    """Joins every hour that is not joined as it stands, and keeps it. A run that dies leaves those hours to be joined.

    So does one whose memory is short, with the days that it is short for, or with all: what was written stands without
    their join, and a question makes it. `progress` is called with (days done, days in all).
    """
    with suppress(duckdb.OutOfMemoryException):
        store = stored(connection)
        stale = _sparing(connection, lambda: find_stale(connection, store))
        left = _keep_calls(connection, store, stale, progress) if stale else set()
        with _whole(connection):
            _keep_days(connection, store, [day for day in days_of(stale) if day not in left])
            connection.execute(f"DELETE FROM {store}.touched_hours")
            if left:
                connection.execute(f"INSERT INTO {store}.touched_hours {moments_as_rows(hours_of(left))}")
        _forget(connection)


def join_period(connection: duckdb.DuckDBPyConnection, period: Period, *, with_ids: bool = False) -> None:
    """Makes the temporary relations `callers`, `servers`, `marks`, `joined` (the calls), `unclaimed` and `others`.

    Days that are not joined as they stand are joined here, in memory; `with_ids` joins all of them, because the ids of
    calls are not kept: `joined` has the columns service and correlation_id then.
    """
    store = stored(connection)
    first, last = period.start.date(), (period.end - timedelta(microseconds=1)).date()
    stale = days_of(find_stale(connection, store))
    days = _days_between(connection, store, first, last) if with_ids else [day for day in stale if first <= day <= last]
    kept = f"NOT IN ({', '.join(map(literal, days))})" if days else "IS NOT NULL"
    if days:
        _start_in_memory(connection, store, with_ids)
        hours, held = sorted(hours_of(days)), held_long(connection, store)
        _far(connection, store, hours, held)
        for start, end in _spans(connection, store, hours, _CALLS_AT_ONCE_TO_READ):
            _join(connection, store, "temp.main", bounds(start, end, held), ids=with_ids)
    _forget(connection)
    source = "temp.main" if days else store
    start, end = period.start.replace(tzinfo=None), period.end.replace(tzinfo=None)
    first_hour, last_hour = hour_of(start + timedelta(hours=1, microseconds=-1)), hour_of(end)
    parts = {
        "store": store, "source": source, "kept": kept, "start": literal(start), "end": literal(end),
        "first_hour": literal(first_hour), "last_hour": literal(last_hour),
    }  # fmt: skip
    for name in ("calls", "attempts", "others"):
        parts[name] = f"UNION ALL BY NAME FROM temp.main.joined_{name}" if days else ""
    connection.execute(sql("joined").format(**parts))


def _keep_calls(
    connection: duckdb.DuckDBPyConnection, store: str, stale: Sequence[datetime], progress: Progress
) -> set[date]:
    """Joins these hours into the store. Returns the days that memory was short for, of which it may have a part."""
    with _whole(connection):
        connection.execute("DELETE FROM joined_hosts WHERE day IN (SELECT day FROM stale)")
        connection.execute("INSERT INTO joined_hosts FROM seen_hosts WHERE day IN (SELECT day FROM stale)")
        # That an hour has to be joined may follow from one that is joined before it, and be seen no more.
        connection.execute(f"INSERT INTO {store}.touched_hours {moments_as_rows(stale)}")
    days, held = len(days_of(stale)), held_long(connection, store)
    progress(0, days)
    _sparing(connection, lambda: _far(connection, store, stale, held))
    left: set[date] = set()
    for start, end in _spans(connection, store, stale, _CALLS_AT_ONCE):
        try:
            _sparing(connection, partial(_keep_span, connection, store, bounds(start, end, held)))
        except duckdb.OutOfMemoryException:
            left |= {hour.date() for hour in stale if start < hour + HOUR and hour < end}
        progress(days - len(days_of(hour for hour in stale if end < hour + HOUR)), days)
    return left


def _keep_span(connection: duckdb.DuckDBPyConnection, store: str, span: dict[str, str]) -> None:
    with _whole(connection):
        _join(connection, store, store, span, ids=False)


def _sparing(connection: duckdb.DuckDBPyConnection, work: Callable[[], Made]) -> Made:
    """What `work` gives with the memory that there is or, where that is short, with more, which stays allowed."""
    try:
        return work()
    except duckdb.OutOfMemoryException:
        connection.execute(f"SET memory_limit = '{_MORE_MEMORY}'")
        return work()


@contextmanager
def _whole(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """One transaction, of which nothing stays where memory is short."""
    connection.execute("BEGIN")
    try:
        yield
    except duckdb.OutOfMemoryException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _start_in_memory(connection: duckdb.DuckDBPyConnection, store: str, with_ids: bool) -> None:
    """The kept names, to which those of days joined here are added, and empty tables for the calls of these days."""
    for name in _TABLES:
        few = "" if name in ("callers", "servers", "marks") else "LIMIT 0"
        ids = ", NULL::VARCHAR AS service, NULL::UUID AS correlation_id" if with_ids and name == "calls" else ""
        kept = f"SELECT *{ids} FROM {store}.joined_{name} {few}"
        connection.execute(f"CREATE OR REPLACE TEMP TABLE joined_{name} AS {kept}")


def _days_between(connection: duckdb.DuckDBPyConnection, store: str, first: date, last: date) -> list[date]:
    rows = connection.execute(f"SELECT DISTINCT started_at::DATE FROM {store}.gateway").fetchall()
    days = {day for (day,) in rows} | attempt_days(connection, store)
    return sorted(day for day in days if first <= day <= last)


def _spans(
    connection: duckdb.DuckDBPyConnection, store: str, hours: Sequence[datetime], calls: int
) -> Iterator[tuple[datetime, datetime]]:
    """The time of these hours in order, as spans of about so many calls at most."""
    counts = dict(
        connection.execute(
            f"SELECT epoch(started_at)::BIGINT // {_SLOT_SECONDS}, count(*) FROM {store}.gateway"
            f" WHERE started_at >= {literal(hours[0])} AND started_at < {literal(hours[-1] + HOUR)} GROUP BY ALL"
        ).fetchall()
    )
    for first, end in _runs(hours, counts):
        start = moment = first
        size = 0
        while moment < end:
            count = counts.get(_slot(moment), 0)
            if size and size + count > calls:
                yield start, moment
                start, size = moment, 0
            size += count
            moment += timedelta(seconds=_SLOT_SECONDS)
        yield start, end


def _runs(hours: Sequence[datetime], counts: Mapping[int, int]) -> Iterator[tuple[datetime, datetime]]:
    """Start and end of hours that follow each other, or between which few calls are: a join has a price of its own."""
    start = end = hours[0]
    for hour in hours:
        if hour - end > _LONGEST_BETWEEN or (
            hour > end and sum(counts.get(slot, 0) for slot in range(_slot(end), _slot(hour))) > _CALLS_BETWEEN
        ):
            yield start, end
            start = hour
        end = hour + HOUR
    yield start, end


def _slot(moment: datetime) -> int:
    return int((moment - _EPOCH).total_seconds()) // _SLOT_SECONDS


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the store's instants have no zone


def _far(connection: duckdb.DuckDBPyConnection, store: str, stale: Sequence[datetime], held: Sequence[Held]) -> None:
    """What `_join` has to know of other times than that of the calls."""
    connection.execute(filled("join_far", bounds(stale[0], stale[-1] + HOUR, held), store=store))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE told_again AS FROM {store}.told_again")


def _join(
    connection: duckdb.DuckDBPyConnection, store: str, into: str, span: dict[str, str], *, ids: bool
) -> None:
    """Joins what began within the bounds of `span`, and writes it to the tables of the schema `into`."""
    ids_too = ("service", "correlation_id") if ids else ()
    text = filled(
        "join_days", span, store=store, into=into,
        callers=", ".join(CALLERS), servers=", ".join(SERVERS), marks=", ".join(MARKS),
        same_caller=" AND ".join(f"c.{name} = s.{name}" for name in CALLERS),
        same_server=" AND ".join(f"v.{name} = s.{name}" for name in SERVERS),
        same_mark=" AND ".join(f"m.{name} IS NOT DISTINCT FROM s.{name}" for name in MARKS),
        numbers=", ".join(_WRITTEN.get(name, f"s.{name}") for name in (*NUMBERS, *ids_too)),
    )  # fmt: skip
    connection.execute(text)
    for name in _AROUND:
        connection.execute(f"DROP VIEW temp.{name}")


def _keep_days(connection: duckdb.DuckDBPyConnection, store: str, days: Sequence[date]) -> None:
    """Notes that these days are joined, and on what that rests."""
    if not days:
        return
    connection.execute(f"CREATE OR REPLACE TEMP TABLE contexts AS {days_as_rows(days)}")
    found = contexts(connection, store, "contexts", seen="seen_hosts")
    rows = dict(
        connection.execute(
            f"SELECT started_at::DATE, count(*) FROM {store}.gateway WHERE started_at >= {literal(days[0])}"
            f" AND started_at < {literal(days[-1] + timedelta(days=1))} GROUP BY ALL"
        ).fetchall()
    )
    lines = ", ".join(f"({literal(day)}, {rows.get(day, 0)}, '{found[day]}')" for day in days)
    connection.execute(f"INSERT OR REPLACE INTO {store}.joined_days VALUES {lines}")


def _forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Drops what stood in for stored views."""
    for name in _PARTS:
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
