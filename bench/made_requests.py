"""Made-up months of requests, as the store takes them: seeded, by SQL, a million in seconds.

What a busy tenant looks like to the store: 200 APIM subscriptions, 5 regions, 4 models; every call in all three logs;
2 % throttled, half of those with an earlier attempt at another resource, one call in 1,000 without its apim-request-id.
"""

from collections.abc import Iterator
from datetime import datetime

import duckdb
import pyarrow as pa

from aoai_insights.model import AOAI, GATEWAY, LLM, Kind

SCHEMAS: dict[Kind, pa.Schema] = {"gateway": GATEWAY, "llm": LLM, "aoai": AOAI}

_BASE = """
CREATE OR REPLACE TEMP TABLE base AS
SELECT
    i, md5('call' || i)::UUID::VARCHAR AS call_id, md5('attempt' || i)::UUID::VARCHAR AS attempt_id,
    TIMESTAMP '{start}' + to_microseconds(((i - {first}) * {span_us}::HUGEINT / {count})::BIGINT) AS moment,
    (hash(i) % 5)::INTEGER AS r, (hash(i + 7) % 4)::INTEGER AS m, (hash(i + 3) % 200)::INTEGER AS s,
    200 + (hash(i + 11) % 9000)::BIGINT AS ms, hash(i + 13) % 50 = 0 AS throttled,
    100 + (hash(i + 17) % 3000)::BIGINT AS prompt, 1 + (hash(i + 19) % 500)::BIGINT AS completion
FROM range({first}, {first} + {count}) AS numbers(i)
"""

_COLUMNS: dict[Kind, dict[str, str]] = {
    "gateway": {
        "service": "'apim'", "correlation_id": "call_id", "started_at": "moment", "api_id": "'aoai'",
        "product_id": "'product-' || (s % 20)", "apim_subscription": "'sub-' || s", "backend_id": "'pool'",
        "backend_host": "'res-' || r || '.openai.azure.com'", "deployment": "'dep-' || m", "api": "'chat'",
        "aoai_url": "true", "caller_ip": "'10.0.0.' || (s % 50)", "method": "'POST'",
        "status_code": "CASE WHEN throttled THEN 429 ELSE 200 END",
        "backend_status_code": "CASE WHEN throttled THEN 429 ELSE 200 END",
        "request_bytes": "prompt * 4 + 900", "response_bytes": "completion * 5 + 800", "total_ms": "ms",
        "backend_ms": "ms - 3", "client_ms": "1", "cache": "'none'",
        "apim_request_id": "CASE WHEN i % 1000 <> 0 THEN attempt_id END",
        "apim_request_id_from": "CASE WHEN i % 1000 <> 0 THEN 'header' END",
        "body_source": "'none'", "notes": "'no_body'",
    },
    "llm": {
        "service": "'apim'", "correlation_id": "call_id", "sequence_number": "0", "started_at": "moment",
        "deployment": "'dep-' || m",
        "model": "['gpt-4o-2024-11-20', 'gpt-4o-mini-2024-07-18', 'gpt-4.1-2025-04-14', 'o4-mini-2025-04-16'][m + 1]",
        "streamed": "false", "prompt_tokens": "prompt", "completion_tokens": "completion",
    },
    "aoai": {
        "resource": "'res-' || r", "correlation_id": "attempt_id", "category": "'RequestResponse'",
        "logged_at": "moment + INTERVAL 3 SECOND", "started_at": "moment + INTERVAL 5 MILLISECOND",
        "operation": "'ChatCompletions_Create'",
        "status_code": "CASE WHEN throttled THEN 429 ELSE 200 END", "duration_ms": "ms - 5",
        "region": "['swedencentral', 'eastus2', 'westus3', 'uksouth', 'francecentral'][r + 1]",
        "deployment": "'dep-' || m", "model": "['gpt-4o', 'gpt-4o-mini', 'gpt-4.1', 'o4-mini'][m + 1]",
        "model_version": "['2024-11-20', '2024-07-18', '2025-04-14', '2025-04-16'][m + 1]", "streamed": "false",
    },
}  # fmt: skip

_EARLIER = {
    **_COLUMNS["aoai"], "correlation_id": "md5('earlier' || i)::UUID::VARCHAR", "resource": "'res-' || ((r + 1) % 5)",
    "region": "['swedencentral', 'eastus2', 'westus3', 'uksouth', 'francecentral'][(r + 1) % 5 + 1]",
    "started_at": "moment + INTERVAL 1 MILLISECOND",
}  # fmt: skip


def requests(start: datetime, end: datetime, count: int, first: int = 0) -> Iterator[tuple[Kind, pa.RecordBatch]]:
    """`count` calls spread evenly over [start, end), in all three logs; calls are told apart by their number."""
    with duckdb.connect() as connection:
        span_us = int((end - start).total_seconds() * 1_000_000)
        connection.execute(
            _BASE.format(start=start.replace(tzinfo=None).isoformat(sep=" "), first=first, count=count, span_us=span_us)
        )
        for kind, columns in _COLUMNS.items():
            yield from _batches(connection, kind, columns, "true")
        yield from _batches(connection, "aoai", _EARLIER, "throttled AND i % 2 = 0")


def _batches(
    connection: duckdb.DuckDBPyConnection, kind: Kind, columns: dict[str, str], where: str
) -> Iterator[tuple[Kind, pa.RecordBatch]]:
    values = ", ".join(f"{columns.get(name, 'NULL')} AS {name}" for name in SCHEMAS[kind].names)
    rows = connection.sql(f"SELECT {values} FROM base WHERE {where} ORDER BY i").to_arrow_table()
    naive = pa.schema([f.with_type(pa.timestamp("us")) if pa.types.is_timestamp(f.type) else f for f in SCHEMAS[kind]])
    yield from ((kind, batch) for batch in rows.cast(naive).cast(SCHEMAS[kind]).to_batches(200_000))
