"""Exported records as the rows of a workspace's tables, the way Azure Monitor would have put them there."""

import csv
import gzip
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.kql.engine import INGESTED, TABLES

AOAI_COLUMNS = {"location_s": "string", "Tenant_s": "string"}
"""What AzureDiagnostics has only where a record of Azure OpenAI brought it."""

Tables = dict[str, list[dict[str, Any]]]
_TABLE_OF = {"GatewayLogs": "ApiManagementGatewayLogs", "GatewayLlmLogs": "ApiManagementGatewayLlmLog"}
_HEADERS = ("requestHeaders", "responseHeaders", "backendRequestHeaders", "backendResponseHeaders")
_DELAY = timedelta(minutes=4)


def workspace_rows(logs: Path) -> Tables:
    """Every record under `logs` that can be read, in the table where a workspace would hold it."""
    tables: Tables = {"ApiManagementGatewayLogs": [], "ApiManagementGatewayLlmLog": [], "AzureDiagnostics": []}
    for record in _records(logs):
        table, row = table_row(record)
        tables[table].append(row)
    for path in logs.rglob("*.csv"):
        with path.open(newline="") as file:
            for cells in csv.DictReader(file):
                row = {name: _typed(path.stem, name, cell) for name, cell in cells.items() if cell != ""}
                tables[path.stem].append(_arrived(row))
    return tables


def table_row(record: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """One exported record as a row: flat, columns spelled as the table spells them."""
    resource_id = record["resourceId"]
    common = {
        "TimeGenerated": record["time"],
        "CorrelationId": record.get("correlationId"),
        "_ResourceId": resource_id.lower(),
    }
    properties = record.get("properties") or {}
    table = _TABLE_OF.get(record["category"])
    if table is None:
        parts = resource_id.split("/")
        row = {"Category": record["category"], "ResourceProvider": parts[6], "ResourceType": parts[7], "Resource": parts[8],
               "OperationName": record.get("operationName"), "ResultSignature": record.get("resultSignature"),
               "DurationMs": record.get("durationMs"), "CallerIPAddress": record.get("callerIpAddress"),
               "event_s": record.get("event"), "location_s": record.get("location"), "Tenant_s": record.get("Tenant"),
               "properties_s": properties if isinstance(properties, str) else json.dumps(properties)}  # fmt: skip
        return "AzureDiagnostics", _arrived(common | row)
    if isinstance(properties, str):
        properties = json.loads(properties)
    row = {"Region": record.get("location"), "Category": record["category"], "CallerIpAddress": record.get("callerIpAddress"),
           "TotalTime": record.get("durationMs"), "IsRequestSuccess": record.get("isRequestSuccess")}  # fmt: skip
    error = properties.pop("lastError", None) or {}
    row |= {f"LastError{key[0].upper()}{key[1:]}": value for key, value in error.items()}
    row |= {key[0].upper() + key[1:]: value for key, value in properties.items()}
    return table, _arrived({name: value for name, value in (common | row).items() if name in TABLES[table]})


def _records(logs: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(p for p in logs.rglob("*") if p.is_file() and p.suffix != ".csv"):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for line in data.splitlines():
            try:
                document = json.loads(line)
            except ValueError:
                continue  # half a line: what it held stands elsewhere, or is lost to everybody
            for record in document.get("records", [document]):
                if record.get("category") != "Audit":
                    yield record


def _typed(table: str, name: str, cell: str) -> Any:
    return cell == "True" if TABLES[table].get(name) == "bool" else cell


def _arrived(row: dict[str, Any]) -> dict[str, Any]:
    moment = datetime.fromisoformat(row["TimeGenerated"])
    return {**row, INGESTED: moment + _DELAY}
