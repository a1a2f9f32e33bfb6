"""Writing records: staged as they come, merged by key in one transaction, so that nothing is lost or doubled.

A record that is already known is replaced only by a fuller version of itself. "Fuller" is a total order, so the outcome
does not depend on which version came first.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from aoai_insights import model
from aoai_insights.model import Kind
from aoai_insights.store import link

KEYS: dict[Kind, tuple[str, ...]] = {
    "gateway": ("service", "correlation_id"),
    "llm": ("service", "correlation_id", "sequence_number"),
    "aoai": ("resource", "correlation_id", "category"),
}
_TIME = {"gateway": "started_at", "llm": "started_at", "aoai": "logged_at"}
_IDS = ("correlation_id", "apim_request_id")
_COLUMNS: dict[Kind, list[str]] = {"gateway": model.GATEWAY.names, "llm": model.LLM.names, "aoai": model.AOAI.names}
_ORDERED = "['none', 'lower_bound', 'extrapolated', 'tokenized', 'stream_usage', 'body_usage']"


def stage(connection: duckdb.DuckDBPyConnection, kind: Kind, batch: pa.RecordBatch) -> None:
    """Adds a counted batch (model.GATEWAY, LLM or AOAI) to this connection's staging table; visible to nobody else."""
    connection.register("incoming", _without_zone(batch))
    _make_staging(connection, kind)
    columns = _COLUMNS[kind]
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
    connection.execute("BEGIN")
    before = {kind: _count(connection, kind) for kind in KEYS}
    for kind in KEYS:
        _make_staging(connection, kind)
        _replace_known(connection, kind)
    connection.execute("INSERT INTO llm SELECT * FROM better_llm ORDER BY started_at")
    link.insert_aoai(connection)
    link.update_calls(connection)
    link.insert_gateway(connection)
    link.claim(connection)
    added = {kind: _count(connection, kind) - before[kind] for kind in KEYS}
    for path, records, rejected, ignored in files:
        connection.execute(
            "INSERT OR REPLACE INTO ingested VALUES (?, ?, ?, ?, ?)",
            [path, records, rejected, ignored, finished_at.replace(tzinfo=None)],
        )
    also()
    connection.execute("COMMIT")
    for kind in KEYS:
        connection.execute(f"DROP TABLE staged_{kind}")
        connection.execute(f"DROP TABLE better_{kind}")
    for table in ("near_llm", "near_aoai", "replaced_ids"):
        connection.execute(f"DROP TABLE {table}")
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
    """The store's instants are UTC by convention."""
    naive = pa.timestamp("us")
    fields = [field.with_type(naive) if pa.types.is_timestamp(field.type) else field for field in batch.schema]
    return batch.cast(pa.schema(fields))


def _value(column: str) -> str:
    """Ids become UUIDs: a GUID is itself, whatever its letter case; any other text is hashed to one."""
    if column in _IDS:
        return f"coalesce(try_cast({column} AS UUID), md5({column})::UUID) AS {column}"
    if column == "sequence_number":
        return "coalesce(sequence_number, 0) AS sequence_number"
    if column in ("service", "resource", "category"):
        return f"coalesce({column}, '') AS {column}"
    return column


def _make_staging(connection: duckdb.DuckDBPyConnection, kind: Kind) -> None:
    columns = ", ".join(_COLUMNS[kind])
    connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS staged_{kind} AS SELECT {columns} FROM {kind} LIMIT 0")


def _replace_known(connection: duckdb.DuckDBPyConnection, kind: Kind) -> None:
    """Leaves in better_{kind} what the store lacks or knows less fully, and takes the lesser versions out of it."""
    facts = [column for column in _COLUMNS[kind] if column not in KEYS[kind]]
    keys = ", ".join(KEYS[kind])
    same = " AND ".join(f"known.{key} = better.{key}" for key in KEYS[kind])
    connection.execute(
        f"""
        CREATE TEMP TABLE better_{kind} AS
        SELECT * FROM staged_{kind}
        QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {_fullness(kind, facts, f"staged_{kind}")} DESC) = 1
        """
    )
    # Only the days that the new rows touch are read of the store: a day costs what the day costs. A margin of a day
    # covers versions of one record whose times were written with another precision.
    window = link.near(connection, f"known.{_TIME[kind]}", f"staged_{kind}", _TIME[kind], timedelta(days=1))
    connection.execute(
        f"""
        DELETE FROM better_{kind} AS better USING {kind} AS known
        WHERE {same} AND {window}
            AND {_fullness(kind, facts, "known")} >= {_fullness(kind, facts, "better")}
        """
    )
    if kind == "gateway":
        connection.execute(
            f"CREATE TEMP TABLE replaced_ids AS SELECT known.apim_request_id FROM gateway known, better_gateway better"
            f" WHERE {same} AND {window} AND known.apim_request_id IS NOT NULL"
        )
    connection.execute(f"DELETE FROM {kind} AS known USING better_{kind} AS better WHERE {same} AND {window}")


def _fullness(kind: Kind, facts: list[str], alias: str) -> str:
    """A total order over versions of one record: better token source, more fields known, then the values themselves."""
    filled = " + ".join(f"({alias}.{column} IS NOT NULL)::INTEGER" for column in facts)
    source = f"list_position({_ORDERED}, {alias}.body_source)" if kind == "gateway" else "0"
    values = ", ".join(f"{alias}.{column}" for column in facts)
    return f"row(coalesce({source}, 0), {filled}, {values})"


def _count(connection: duckdb.DuckDBPyConnection, kind: Kind) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {kind}").fetchall()[0][0])
