"""Writing records: staged as they come, merged by key in one transaction, so that nothing is lost or doubled.

A record that is already known is replaced only by a fuller version of itself. "Fuller" is a total order, so the outcome
does not depend on which version came first.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from aoai_insights.model import Kind
from aoai_insights.store.statements import LONGEST_CALL, MARGIN, MILLISECOND

ROWS_PER_COMMIT = 25_000
"""Staged rows are merged at this many: few enough to stay in memory, enough to make one merge worth its scan."""

KEYS: dict[Kind, tuple[str, ...]] = {
    "gateway": ("service", "correlation_id"),
    "llm": ("service", "correlation_id", "sequence_number"),
    "aoai": ("resource", "correlation_id", "category"),
}
_TIME = {"gateway": "started_at", "llm": "started_at", "aoai": "logged_at"}
_CONCERNED: dict[Kind, tuple[tuple[str, str, timedelta], ...]] = {
    "gateway": (
        (
            "started_at",
            f"started_at + to_milliseconds(least(coalesce(total_ms, 0), {LONGEST_CALL // MILLISECOND}))",
            MARGIN,
        ),
    ),
    "llm": (("started_at", "started_at", 3 * MARGIN),),
    "aoai": (("logged_at", "logged_at", 3 * MARGIN), ("started_at", "started_at", MARGIN)),
}
"""The time that a record concerns: from when to when it says it was, and how far around that. A call may be what was
asked at any moment while it was held, and those that began an hour before may have been asked the same, or what was
asked an hour after. A row of another log stands within an hour of its call, and of another row of its id, which may
have been logged an hour after it began: around that are those again."""

_IDS = ("correlation_id", "apim_request_id")
_ORDERED = "['none', 'lower_bound', 'extrapolated', 'tokenized', 'stream_usage', 'body_usage']"


def stage(connection: duckdb.DuckDBPyConnection, kind: Kind, batch: pa.RecordBatch) -> None:
    """Adds a counted batch (model.GATEWAY, LLM or AOAI) to this connection's staging table; visible to nobody else."""
    connection.register("incoming", _without_zone(batch))
    connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS staged_{kind} AS SELECT * FROM {kind} LIMIT 0")
    columns = [row[0] for row in connection.execute(f"DESCRIBE {kind}").fetchall()]
    values = ", ".join(_value(column) for column in columns)
    connection.execute(f"INSERT INTO staged_{kind} ({', '.join(columns)}) SELECT {values} FROM incoming")
    connection.unregister("incoming")


def commit(
    connection: duckdb.DuckDBPyConnection, files: Iterable[tuple[str, int, int, int]], finished_at: datetime,
    also: Callable[[], None] = lambda: None,
) -> dict[Kind, int]:  # fmt: skip
    """Merges what is staged and notes the files it came from, in one transaction. Returns the new records by kind.

    `files` are (path, records, rejected, ignored); `also` notes more in the same transaction. After a crash the store
    holds either all of this or none of it.
    """
    added: dict[Kind, int] = {}
    connection.execute("BEGIN")
    for kind in KEYS:
        added[kind] = _merge(connection, kind)
    lines = list(zip(*files, strict=True))
    if lines:
        connection.execute(
            "INSERT OR REPLACE INTO ingested SELECT unnest(?), unnest(?), unnest(?), unnest(?), ?",
            [*map(list, lines), finished_at.replace(tzinfo=None)],
        )
    also()
    connection.execute("COMMIT")
    for kind in KEYS:
        connection.execute(f"DROP TABLE IF EXISTS staged_{kind}")
    return added


def list_apis(connection: duckdb.DuckDBPyConnection, apis: Iterable[str]) -> None:
    """Replaces the ApiIds that the config names as Azure OpenAI traffic."""
    connection.execute("BEGIN")
    connection.execute("DELETE FROM listed_apis")
    for api in sorted(set(apis)):
        connection.execute("INSERT INTO listed_apis VALUES (?)", [api])
    connection.execute("COMMIT")


def absolute(path: str) -> str:
    """The name under which a file stands in the ledger."""
    return str(Path(path).resolve())


def _without_zone(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The store's instants are UTC by convention: the same numbers, read as another type."""
    naive = pa.timestamp("us")
    columns = [column.view(naive) if pa.types.is_timestamp(column.type) else column for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _value(column: str) -> str:
    """Ids become UUIDs: a GUID is itself, whatever its letter case; any other text is hashed to one."""
    if column in _IDS:
        return f"coalesce(try_cast({column} AS UUID), md5({column})::UUID) AS {column}"
    if column == "sequence_number":
        return "coalesce(sequence_number, 0) AS sequence_number"
    if column in ("service", "resource", "category"):
        return f"coalesce({column}, '') AS {column}"
    return column


def _merge(connection: duckdb.DuckDBPyConnection, kind: Kind) -> int:
    staged = connection.execute(
        "SELECT count(*) FROM information_schema.tables WHERE table_name = ?", [f"staged_{kind}"]
    ).fetchall()
    if staged == [(0,)]:
        return 0
    before = _count(connection, kind)
    columns = [row[0] for row in connection.execute(f"DESCRIBE {kind}").fetchall()]
    facts = [column for column in columns if column not in KEYS[kind]]
    connection.execute(f"ALTER TABLE staged_{kind} RENAME TO better_{kind}")
    window = _window(connection, kind)
    _drop_repeated(connection, kind, facts)
    _replace_known(connection, kind, facts, window)
    connection.execute(f"INSERT INTO touched_hours {_touched(kind, f'FROM better_{kind}')}")
    connection.execute(f"INSERT INTO {kind} SELECT * FROM better_{kind} ORDER BY {_TIME[kind]}")
    connection.execute(f"DROP TABLE better_{kind}")
    return _count(connection, kind) - before


def _drop_repeated(connection: duckdb.DuckDBPyConnection, kind: Kind, facts: list[str]) -> None:
    """Of several new versions of one record the fullest stays. Most records are new once, so those are not sorted."""
    keys = ", ".join(KEYS[kind])
    connection.execute(
        f"""
        DELETE FROM better_{kind} WHERE rowid IN (
            SELECT rowid FROM better_{kind} AS better
            SEMI JOIN (SELECT {keys} FROM better_{kind} GROUP BY ALL HAVING count(*) > 1) AS repeated USING ({keys})
            QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {_fullness(kind, facts, "better")} DESC) > 1
        )
        """
    )


def _window(connection: duckdb.DuckDBPyConnection, kind: Kind) -> str:
    """Which `known` records the new ones may be versions of, the less full of them too.

    Only the days that they touch are read of the store: a day costs what the day costs. A margin of a day covers
    versions of one record whose times were written with another precision.
    """
    time = _TIME[kind]
    first, last = connection.execute(
        f"SELECT (min({time}) - INTERVAL 1 DAY)::VARCHAR, (max({time}) + INTERVAL 1 DAY)::VARCHAR FROM better_{kind}"
    ).fetchall()[0]
    return "true" if first is None else f"(known.{time} BETWEEN '{first}' AND '{last}' OR known.{time} IS NULL)"


def _replace_known(connection: duckdb.DuckDBPyConnection, kind: Kind, facts: list[str], window: str) -> None:
    """Of a record that the store has, the fuller version stays: the known one, or the new one in its place."""
    same = " AND ".join(f"known.{key} = better.{key}" for key in KEYS[kind])
    met = f"FROM {kind} AS known SEMI JOIN better_{kind} AS better ON {same} WHERE {window}"
    if connection.execute(f"SELECT count(*) {met}").fetchall() == [(0,)]:
        return
    connection.execute(
        f"""
        DELETE FROM better_{kind} AS better USING {kind} AS known
        WHERE {same} AND {window}
            AND {_fullness(kind, facts, "known")} >= {_fullness(kind, facts, "better")}
        """
    )
    connection.execute(f"INSERT INTO touched_hours {_touched(kind, met)}")
    if kind == "gateway":
        # By its former ids a call may have been the partner of records of any day.
        former = " OR ".join(
            f"(known.{column} IS NOT NULL AND known.{column} IS DISTINCT FROM better.{column})"
            for column in ("apim_request_id", "response_id")
        )
        connection.execute(
            f"INSERT INTO touched_hours SELECT DISTINCT NULL::TIMESTAMP FROM gateway AS known"
            f" JOIN better_gateway AS better ON {same} WHERE {window} AND ({former})"
        )
    connection.execute(f"DELETE FROM {kind} AS known USING better_{kind} AS better WHERE {same} AND {window}")


def _touched(kind: Kind, records: str) -> str:
    """The hours around `records`, which have to be joined again; an empty one for a record that may be of any."""
    spans = [
        (f"{first} - INTERVAL {margin.seconds} SECOND", f"{last} + INTERVAL {margin.seconds} SECOND")
        for first, last, margin in _CONCERNED[kind]
    ]
    named = ", ".join(
        f"date_trunc('hour', {first}) AS first_{i}, date_trunc('hour', {last}) AS last_{i}"
        for i, (first, last) in enumerate(spans)
    )
    hours = " UNION ".join(
        f"SELECT unnest(generate_series(first_{i}, last_{i}, INTERVAL 1 HOUR)) FROM moments" for i in range(len(spans))
    )
    return f"""
        WITH moments AS MATERIALIZED (SELECT DISTINCT {named} FROM ({records}))
        {hours}
        UNION SELECT NULL FROM moments WHERE first_0 IS NULL
    """


def _fullness(kind: Kind, facts: list[str], alias: str) -> str:
    """A total order over versions of one record: better token source, more fields known, then the values themselves."""
    filled = " + ".join(f"({alias}.{column} IS NOT NULL)::INTEGER" for column in facts)
    source = f"list_position({_ORDERED}, {alias}.body_source)" if kind == "gateway" else "0"
    values = ", ".join(f"{alias}.{column}" for column in facts)
    return f"row(coalesce({source}, 0), {filled}, {values})"


def _count(connection: duckdb.DuckDBPyConnection, kind: Kind) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {kind}").fetchall()[0][0])
