"""Reading calls for comparison, throttling and routing: each function runs one query of queries/*.sql."""

import duckdb

from aoai_insights.comparison import Counts
from aoai_insights.store.read import _sql


def latency_counts(
    connection: duckdb.DuckDBPyConnection, unit: str, time: str, block_seconds: int, where: str = "true"
) -> Counts:
    """Answered calls as the fair comparison reads them: `unit` and `time` are columns of `calls`."""
    parts = {"unit": unit, "time": time, "where": where, "block_seconds": str(block_seconds)}
    found = connection.execute(_sql("latency_counts").format(**parts)).fetchnumpy()
    key, number = found["key"].astype("int64"), found["calls"].astype("int64")
    named = {
        column: tuple(
            row[0]
            for row in connection.execute(
                f"SELECT DISTINCT {column} FROM calls"
                f" WHERE outcome = 'answered' AND {time} IS NOT NULL AND {where} ORDER BY 1"
            ).fetchall()
        )
        for column in (unit, "model")
    }
    return Counts(
        units=named[unit], models=named["model"], unit=key >> 52, model=(key >> 44) & 255, streamed=(key >> 43) & 1,
        prompt=((key >> 37) & 63) - 1, output=((key >> 30) & 127) - 1, hour=(key >> 25) & 31,
        weekday=(key >> 22) & 7, block=(key >> 10) & 4095, bin=key & 1023, calls=number,
    )  # fmt: skip
