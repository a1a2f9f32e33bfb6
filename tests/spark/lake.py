"""Logs as a lake holds them, good and bad: the fixture tenant, one large file, and what strangers leave behind."""

import gzip
import io
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from aoai_insights.resources import resource_root
from bench import made_logs

CANARY = "the heron of Lipari waits at noon"
KNOWN_ID = "0ddba11c-0000-4000-8000-000000000001"
_SERVICE = "/SUBSCRIPTIONS/0/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.APIMANAGEMENT/SERVICE/APIM"


def gateway(number: int, **properties: object) -> dict[str, object]:
    """A call with bodies that hold the canary."""
    path = "/openai/deployments/chat/chat/completions?api-version=2024-10-21"
    answer = {"model": "gpt-4o-2024-11-20", "choices": [{"index": 0, "message": {"role": "assistant", "content": CANARY}}]}
    return {
        "time": f"2026-10-07T10:{number % 60:02d}:00Z", "resourceId": _SERVICE, "category": "GatewayLogs",
        "correlationId": f"0ddba11c-0000-4000-8000-{number:012x}", "callerIpAddress": "10.0.0.1", "durationMs": 900,
        "properties": {
            "method": "POST", "apiId": "aoai", "url": "https://apim.azure-api.net" + path, "responseCode": 200,
            "backendUrl": "https://aoai-1.openai.azure.com" + path, "backendResponseCode": 200, "backendTime": 850,
            "apimSubscriptionId": f"sub-{number % 3}", "requestSize": 700, "responseSize": 900,
            "backendRequestBody": json.dumps({"messages": [{"role": "user", "content": CANARY}]}),
            "backendResponseBody": json.dumps(answer), **properties,
        },
    }  # fmt: skip


def llm(number: int) -> dict[str, object]:
    messages = json.dumps([{"role": "user", "content": CANARY}])
    return {
        "time": f"2026-10-07T10:{number % 60:02d}:01Z", "resourceId": _SERVICE, "category": "GatewayLlmLogs",
        "correlationId": f"0ddba11c-0000-4000-8000-{number:012x}",
        "properties": {"sequenceNumber": 0, "modelName": "gpt-4o", "deploymentName": "chat", "promptTokens": 9,
                       "completionTokens": 8, "totalTokens": 17, "requestMessages": messages},
    }  # fmt: skip


def lines(*records: object) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def write(root: Path, *, large_rows: int) -> None:
    """`large_rows` of some 53 kB: more than 700 make a file that is cut at its lines."""
    shutil.copytree(resource_root("fixtures") / "logs", root / "tenant")
    write_odd(root)
    large(root / "y=2026 m=10" / "PT1H.json", large_rows)


def write_odd(root: Path) -> None:
    for path, content in odd().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def large(path: Path, rows: int) -> None:
    path.parent.mkdir(parents=True)
    made_logs.write(path.parent, rows, cut=False)
    made = sorted(path.parent.glob("0*.json"))
    parts = [part.read_bytes() for part in made]
    for part in made:
        part.unlink()
    early, late = lines(gateway(901)), lines(gateway(902))
    broken = b'{"category": "GatewayLogs", "correlationId": "0ddba11c-9999", "properties": {"backendRequestBody": "' + CANARY.encode() + b"\n"
    path.write_bytes(early.replace(b"\n", b"\r\n") + b"\n" + broken + b"".join(parts) + broken + b"\xff\xfe\n" + late.rstrip(b"\n"))


def odd() -> dict[str, bytes]:
    usage = {"usage": {"prompt_tokens": 21, "completion_tokens": 5, "total_tokens": 26}, "model": "gpt-4o-2024-11-20", "choices": []}
    fuller = gateway(1, backendResponseBody=json.dumps(usage))
    cells = {"CorrelationId": ["0ddba11c-0000-4000-8000-0000000000f1"], "TimeGenerated": ["2026-10-07T12:00:00Z"], "ApiId": ["aoai"],
             "BackendUrl": ["https://aoai-1.openai.azure.com/openai/deployments/chat/chat/completions"], "ResponseCode": [200]}  # fmt: skip
    table = io.BytesIO()
    pq.write_table(pa.table(cells), table)
    packed = gzip.compress(lines(*(gateway(number) for number in range(20, 40))))
    return {
        "odd/first.json": lines(gateway(1), gateway(2), llm(1), llm(2), {"category": "AuditLogs", "time": "2026-10-07T10:00:00Z"}),
        "odd/again/other version.json": lines(fuller, llm(1)),
        "odd/a[1] 100%.json": lines(gateway(3)),
        "odd/batch.json": json.dumps({"records": [gateway(4), gateway(5), 7]}, indent=1).encode(),
        "odd/sixteen.json": lines(gateway(6)).decode().encode("utf-16"),
        "odd/packed.json.gz": gzip.compress(lines(gateway(7))),
        "odd/packed.zst": zstandard.compress(lines(gateway(8))),
        "odd/damaged.json.gz": packed[: len(packed) // 2],
        "odd/broken.json": lines(gateway(9)) + b'{"category": "GatewayLogs", "x": "' + CANARY.encode() + b"\n" + lines(gateway(10)),
        "odd/table.parquet": table.getvalue(),
        "odd/empty.json": b"",
        "odd/readme.txt": CANARY.encode(),
    }  # fmt: skip
