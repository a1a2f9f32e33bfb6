"""Reading calls for comparison, throttling and routing: each function runs one query of queries/*.sql."""

from collections.abc import Sequence
from typing import Any

import duckdb

from aoai_insights.errors import UsageError
from aoai_insights.latency.comparison import Counts
from aoai_insights.latency.throttling import CAUSES, ODD_RETRY_AFTER_S
from aoai_insights.store.read import LATENCY_COLUMNS, _dicts
from aoai_insights.store.statements import sql as _sql

NAME_BITS = 19
"""Of a key's 63 bits, those that are left for units and models together: 2,048 units of 256 models, or the like."""
BLOCKS = 4096


def latency_counts(
    connection: duckdb.DuckDBPyConnection, unit: str, time: str, block_seconds: int, where: str = "true"
) -> Counts:
    """Answered calls as the fair comparison reads them: `unit` and `time` are columns of `calls`.

    Raises UsageError where units, models or blocks are more than one key can tell apart.
    """
    asked = f"FROM calls WHERE outcome = 'answered' AND {time} IS NOT NULL AND ({unit}) IS NOT NULL AND {where}"
    seen = connection.execute(
        f"SELECT {unit} AS unit, model, min(epoch(started_at)::BIGINT // {block_seconds}) AS first,"
        f" max(epoch(started_at)::BIGINT // {block_seconds}) AS last {asked} GROUP BY ALL"
    ).fetchall()
    units, models = (tuple(sorted({row[place] for row in seen})) for place in (0, 1))
    model_bits = (len(models) - 1).bit_length() if models else 0
    unit_bits = (len(units) - 1).bit_length() if units else 0
    if model_bits + unit_bits > NAME_BITS:
        raise UsageError(f"{len(units)} backends of {len(models)} models are too many to compare at once",
                         "name the backends of a pool under [[pools]], or take a shorter period")  # fmt: skip
    if seen and max(row[3] for row in seen) - min(row[2] for row in seen) >= BLOCKS:
        raise UsageError(f"a period of more than {BLOCKS} blocks of {block_seconds} s", "take a shorter period")
    unit_shift = 44 + model_bits
    parts = {
        "unit_shift": str(unit_shift),
        "unit": unit, "time": time, "where": where, "block_seconds": str(block_seconds), "units": _names(units),
        "models": _names(models), "first_block": str(min((row[2] for row in seen), default=0)),
    }  # fmt: skip
    found = connection.execute(_sql("latency_counts").format(**parts)).fetchnumpy()
    key, number = found["key"].astype("int64"), found["calls"].astype("int64")
    return Counts(
        units=units, models=models, unit=key >> unit_shift,
        model=(key >> 44) & ((1 << model_bits) - 1), streamed=(key >> 43) & 1,
        prompt=((key >> 37) & 63) - 1, output=((key >> 30) & 127) - 1, hour=(key >> 25) & 31,
        weekday=(key >> 22) & 7, block=(key >> 10) & 4095, bin=key & 1023, calls=number,
    )  # fmt: skip


def _names(names: Sequence[str]) -> str:
    """Names as a list in SQL."""
    quoted = ", ".join("'" + name.replace("'", "''") + "'" for name in names)
    return f"[{quoted}]::VARCHAR[]"


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
