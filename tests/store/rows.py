"""Records in model/'s shapes from the few fields that a test is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from aoai_insights.model import AOAI, GATEWAY, LLM, Kind

T0 = datetime(2026, 10, 5, 10, 0, tzinfo=UTC)
SCHEMAS: dict[Kind, pa.Schema] = {"gateway": GATEWAY, "llm": LLM, "aoai": AOAI}
USUAL: dict[Kind, dict[str, Any]] = {
    "gateway": {"service": "apim", "started_at": T0, "aoai_url": True, "api": "chat", "method": "POST", "status_code": 200,
                "backend_status_code": 200, "total_ms": 1_000, "backend_host": "res-a.openai.azure.com",
                "deployment": "chat"},
    "llm": {"service": "apim", "started_at": T0, "sequence_number": 0},
    "aoai": {"resource": "res-a", "category": "RequestResponse", "logged_at": T0 + timedelta(seconds=2),
             "started_at": T0 + timedelta(milliseconds=20), "status_code": 200, "deployment": "chat",
             "region": "swedencentral"},
}  # fmt: skip


def batch(kind: Kind, *records: dict[str, Any]) -> pa.RecordBatch:
    """The records, each completed with what is usual for its kind."""
    schema = SCHEMAS[kind]
    full = [{**USUAL[kind], **record} for record in records]
    return pa.RecordBatch.from_pylist([{name: row.get(name) for name in schema.names} for row in full], schema=schema)
