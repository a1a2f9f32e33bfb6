"""Where each record lies: storage blobs, Event Hub captures, tables of a workspace; and what is broken."""

import csv
import gzip
import io
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from fixture_tenant import wire
from fixture_tenant.ordinary import ordinary_calls
from fixture_tenant.records import (
    Record,
    aoai_records,
    audit_record,
    bypass_record,
    gateway_record,
    llm_records,
    other_api_record,
)
from fixture_tenant.tenant import GPT_4O_SWEDEN, Call, at, guid
from fixture_tenant.traps import BYPASSES, OTHER_API_CALLS, trap_calls

CAPTURE = "event-hub/gateway-2026-10-24.json"
TABLES = {
    "GatewayLogs": "log-analytics/ApiManagementGatewayLogs.csv",
    "GatewayLlmLogs": "log-analytics/ApiManagementGatewayLlmLog.csv",
    "RequestResponse": "log-analytics/AzureDiagnostics.csv",
}
COMPRESSED_UNTIL = "y=2026/m=10/d=10"
"""The gateway's blobs of the first days were compressed by whoever copied them."""

EVENT_HUB_FROM = datetime(2026, 10, 12, tzinfo=UTC)
"""From here on the Azure OpenAI resources sent their diagnostics to an Event Hub, captured once a week."""

_CONTAINERS = {
    "GatewayLogs": "insights-logs-gatewaylogs", "GatewayLlmLogs": "insights-logs-gatewayllmlogs",
    "RequestResponse": "insights-logs-requestresponse", "Audit": "insights-logs-audit",
    "AzureOpenAIRequestUsage": "insights-logs-azureopenairequestusage",
}  # fmt: skip


@dataclass(slots=True)
class Export:
    """Files by path under fixtures/logs, and what a reader must find in them."""

    lines: dict[str, list[tuple[datetime, Record | bytes]]] = field(default_factory=lambda: defaultdict(list))
    captured: list[Record] = field(default_factory=list)
    weekly: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    tables: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))


def all_calls() -> list[Call]:
    """Every gateway call of Azure OpenAI in the fixtures, in order of time."""
    return sorted([*ordinary_calls(), *trap_calls()], key=lambda call: call.at)


def export() -> Export:
    """Every record of the tenant in its place."""
    out = Export()
    for call in all_calls():
        _place(out, call)
    for name, moment, status in OTHER_API_CALLS:
        _to_blob(out, other_api_record(name, moment, status))
    for bypass in BYPASSES:
        _to_blob(out, bypass_record(bypass))
    _to_blob(out, audit_record(GPT_4O_SWEDEN, at(5, "08:03:00.000")))
    # A line that lost its end and gained bytes that are no UTF-8: nobody can say whose it was.
    rotten = b'{"time":"2026-10-08T11:10:10.0000000Z","category":"RequestResponse","correlationId":"' + bytes([255, 0])
    lost = {"time": "2026-10-08T11:10:10.0000000Z", "category": "RequestResponse",
            "resourceId": next(aoai_records(_named("llm-two-rows")))["resourceId"]}  # fmt: skip
    out.lines[_blob(lost, at(8, "11:10:10.000"))].append((at(8, "11:10:10.000"), rotten))
    return out


def files(out: Export) -> dict[str, bytes]:
    """The bytes of each file."""
    made: dict[str, bytes] = {}
    for path, placed in out.lines.items():
        lines = [r if isinstance(r, bytes) else wire.compact(r).encode() for _, r in sorted(placed, key=lambda p: p[0])]
        half = lines[-1].endswith(b"\0half")
        body = b"\n".join(line.removesuffix(b"\0half") for line in lines) + (b"" if half else b"\n")
        if "gatewayl" in path and "y=2026/m=10/d=01" <= path[path.index("y=2026") :] < COMPRESSED_UNTIL:
            path, body = f"{path}.gz", gzip.compress(body, 9, mtime=0)
        made[path] = body
    made[CAPTURE] = wire.compact({"records": out.captured}).encode()
    for path, records in out.weekly.items():
        batches = [records[i : i + 20] for i in range(0, len(records), 20)]
        text = "".join(wire.compact({"records": batch}) + "\n" for batch in batches)
        made[path] = gzip.compress(text.encode(), 9, mtime=0)
    for path, rows in out.tables.items():
        made[path] = _csv(rows)
    return made


def _place(out: Export, call: Call) -> None:
    records = [gateway_record(call), *llm_records(call), *aoai_records(call)]
    place = call.logged.place
    if place == "csv":
        for record in records:
            out.tables[TABLES[record["category"]]].append(_table_row(record))
        return
    if place in ("capture", "both", "half_line"):
        out.captured.extend(records)
    if place == "half_line":
        line = wire.compact(records[0]).encode()
        half = (datetime.max.replace(tzinfo=UTC), line[: len(line) // 2] + b"\0half")
        out.lines[_blob(records[0], call.at)].append(half)
    if place in ("capture", "half_line"):
        return
    for record in records:
        received = _written(record) + timedelta(seconds=20)
        if place == "next_day":
            received = call.at.replace(hour=0, minute=40) + timedelta(days=1)
        if call.logged.llm == "late" and record["category"] == "GatewayLlmLogs":
            received = call.at + timedelta(days=2)
        if place == "thin_first" and record["category"] == "GatewayLogs":
            _to_blob(out, gateway_record(_thin(call)), received)
            received += timedelta(hours=1)
        _to_blob(out, record, received)


def _thin(call: Call) -> Call:
    """The same call as the first, poorer record shows it: no bodies, no headers."""
    return replace(call, logged=replace(call.logged, request_body=False, response_body=False, headers="none"))


def _named(name: str) -> Call:
    return next(call for call in trap_calls() if call.name == name)


def _written(record: Record) -> datetime:
    return datetime.fromisoformat(record["time"][:26]).replace(tzinfo=UTC)


def _to_blob(out: Export, record: Record, received: datetime | None = None) -> None:
    received = received or _written(record) + timedelta(seconds=20)
    if "COGNITIVESERVICES" in record["resourceId"] and received >= EVENT_HUB_FROM:
        monday = received - timedelta(days=received.weekday())
        out.weekly[f"event-hub/aoai-week-of-{monday:%Y-%m-%d}.json.gz"].append(record)
        return
    out.lines[_blob(record, received)].append((received, record))


def _blob(record: Record, received: datetime) -> str:
    """A blob bears the hour in which its records were received, not the hour in which they were made."""
    hour = received.strftime("y=%Y/m=%m/d=%d/h=%H/m=00")
    return f"{_CONTAINERS[record['category']]}/resourceId={record['resourceId']}/{hour}/PT1H.json"


def _table_row(record: Record) -> Record:
    """The row of a Log Analytics table for an exported record: the table's column names, everything flat."""
    row: Record = {"TenantId": guid("workspace", "contoso"), "TimeGenerated": record["time"]}
    if record["category"] == "RequestResponse":
        parts = record["resourceId"].split("/")
        return row | {
            "ResourceId": record["resourceId"], "Category": record["category"], "ResourceGroup": parts[4],
            "SubscriptionId": parts[2].lower(), "ResourceProvider": parts[6], "Resource": parts[8],
            "ResourceType": parts[7], "OperationName": record["operationName"],
            "ResultSignature": record["resultSignature"], "DurationMs": record["durationMs"],
            "CallerIPAddress": record["callerIpAddress"], "CorrelationId": record["correlationId"],
            "event_s": record["event"], "location_s": record["location"], "Tenant_s": record["Tenant"],
            "properties_s": record["properties"], "Type": "AzureDiagnostics",
            "_ResourceId": record["resourceId"].lower(),
        }  # fmt: skip
    gateway = record["category"] == "GatewayLogs"
    row |= {"CorrelationId": record["correlationId"], "OperationName": record["operationName"],
            "Region": record["location"]}  # fmt: skip
    if gateway:
        row |= {"CallerIpAddress": record["callerIpAddress"], "TotalTime": record["durationMs"],
                "IsRequestSuccess": record["isRequestSuccess"], "Category": "GatewayLogs"}  # fmt: skip
    row |= {key[0].upper() + key[1:]: value for key, value in record["properties"].items()}
    table = "ApiManagementGatewayLogs" if gateway else "ApiManagementGatewayLlmLog"
    return row | {"Type": table, "_ResourceId": record["resourceId"].lower()}


def _csv(rows: list[Record]) -> bytes:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        cells = (row.get(column, "") for column in columns)
        writer.writerow([wire.compact(cell) if isinstance(cell, dict | list) else cell for cell in cells])
    return text.getvalue().encode()
