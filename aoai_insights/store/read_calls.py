"""Reading calls for comparison, throttling and routing: each function runs one query of queries/*.sql."""

from collections.abc import Sequence
from typing import Any

import duckdb

from aoai_insights.errors import UsageError
from aoai_insights.latency.counts import BLOCKS, SERVERS, Ints, Server
from aoai_insights.latency.throttling import CAUSES, ODD_RETRY_AFTER_S
from aoai_insights.store.read import LATENCY_COLUMNS, _dicts
from aoai_insights.store.statements import sql as _sql


def latency_keys(connection: duckdb.DuckDBPyConnection, time: str, block_seconds: int) -> Ints:
    """Answered calls as the fair comparison reads them: one key each (counts.KEY_BITS), in no order.

    `time` is a column of `calls`. Raises UsageError where servers or blocks are more than one key can tell apart.
    """
    asked = f"FROM calls WHERE outcome = 'answered' AND {time} IS NOT NULL AND serving_id IS NOT NULL"
    block = f"epoch({{}}(started_at))::BIGINT // {block_seconds}"
    ((first, last, servers),) = connection.execute(
        f"SELECT {block.format('min')}, {block.format('max')}, max(serving_id) {asked}"
    ).fetchall()
    if (servers or 0) >= SERVERS:
        raise UsageError(f"{servers} deployments and hosts are too many to compare at once", "take a shorter period")
    if (last or 0) - (first or 0) >= BLOCKS:
        raise UsageError(f"a period of more than {BLOCKS} blocks of {block_seconds} s", "take a shorter period")
    parts = {"time": time, "block_seconds": str(block_seconds), "first_block": str(first or 0), "asked": asked}
    return connection.execute(_sql("latency_keys").format(**parts)).fetchnumpy()["key"].astype("int64")


def servers_of(connection: duckdb.DuckDBPyConnection, unit: str, where: str = "true") -> list[Server]:
    """The servers whose `unit` is not null; `unit` and `where` are SQL over `served_by`."""
    return connection.execute(
        f"SELECT serving_id, {unit} AS unit, model FROM served_by WHERE ({unit}) IS NOT NULL AND {where}"
    ).fetchall()


THROTTLING_COLUMNS = {
    **{name: name for name in ("app", "backend", "region", "deployment", "model")},
    "hour": "printf('%02d', hour_number)",
}
"""What throttling can be grouped by, and the column of `attempts` that says it."""


def load_attempts(connection: duckdb.DuckDBPyConnection) -> None:
    """Every attempt of the period, after period.calls_at and read.match_counts."""
    connection.execute(_sql("throttling_attempts"))


def throttling(connection: duckdb.DuckDBPyConnection, by: Sequence[str]) -> list[dict[str, Any]]:
    """Attempts, failures by cause and losses by the THROTTLING_COLUMNS named in `by`, after load_attempts."""
    aliased = "".join(f"{THROTTLING_COLUMNS[column]} AS key_{i}, " for i, column in enumerate(by))
    causes = ",\n    ".join(f"count(*) FILTER (WHERE cause = '{cause}') AS {cause}" for cause in CAUSES)
    text = _sql("throttling").format(by=aliased, causes=causes).replace("$odd_retry_after_s", str(ODD_RETRY_AFTER_S))
    return _dicts(connection.execute(text))


CURVE_SHARES = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


def curves(connection: duckdb.DuckDBPyConnection, column: str) -> list[dict[str, Any]]:
    """Exact percentiles at CURVE_SHARES of end-to-end milliseconds over successful calls, by one LATENCY_COLUMN."""
    return _dicts(
        connection.execute(_sql("latency_curves").format(by=LATENCY_COLUMNS[column], shares=list(CURVE_SHARES)))
    )


def routing_backends(connection: duckdb.DuckDBPyConnection, pool: str, unit: str) -> list[dict[str, Any]]:
    """The backends of pools as they were seen; `pool` and `unit` are SQL over `calls`, null for a call in none."""
    return _dicts(connection.execute(_sql("routing_backends").format(pool=pool, unit=unit)))
