"""One record, written in every way that a tenant's logs reach a disk."""

import csv
import gzip
import io
from typing import Any

import fastavro
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from .records import AOAI, GATEWAY, LLM, Record, json_lines

GATEWAY_COLUMNS: Record = {
    "TenantId": "workspace",
    "TimeGenerated": "2026-10-02T06:31:31.4465902Z",
    "Category": "GatewayLogs",
    "Region": "East US 2",
    "CallerIpAddress": "10.1.2.3",
    "CorrelationId": GATEWAY["correlationId"],
    "IsRequestSuccess": True,
    "TotalTime": 812,
    "OperationName": "Microsoft.ApiManagement/GatewayLogs",
    **{key[0].upper() + key[1:]: value for key, value in GATEWAY["properties"].items()},
    "BackendRequestBody": "",
    "TraceRecords": None,
    "Type": "ApiManagementGatewayLogs",
    "_ResourceId": GATEWAY["resourceId"].lower(),
}

LLM_COLUMNS: Record = {
    "TimeGenerated": "2026-10-02T06:31:31.4465902Z",
    "CorrelationId": LLM["correlationId"],
    "Region": "East US 2",
    **{key[0].upper() + key[1:]: value for key, value in LLM["properties"].items()},
    "Type": "ApiManagementGatewayLlmLog",
    "_ResourceId": LLM["resourceId"].lower(),
}

AOAI_COLUMNS: Record = {
    "TimeGenerated": "2026-10-02T06:31:33.9910000Z",
    "ResourceId": AOAI["resourceId"],
    "Category": "RequestResponse",
    "ResourceProvider": "MICROSOFT.COGNITIVESERVICES",
    "Resource": "AOAI-EASTUS2",
    "OperationName": "ChatCompletions_Create",
    "ResultSignature": "200",
    "DurationMs": 798,
    "CallerIPAddress": "10.1.2.*",
    "CorrelationId": AOAI["correlationId"],
    "event_s": "ShoeboxCallResult",
    "location_s": "eastus2",
    "Tenant_s": "eastus2",
    "properties_s": orjson.dumps(AOAI["properties"]).decode(),
    "Type": "AzureDiagnostics",
    "_ResourceId": AOAI["resourceId"].lower(),
}

EXPORTED = {"gateway": GATEWAY, "llm": LLM, "aoai": AOAI}
COLUMNS = {"gateway": GATEWAY_COLUMNS, "llm": LLM_COLUMNS, "aoai": AOAI_COLUMNS}


def as_cell(value: object) -> str:
    """A value as Log Analytics writes it into CSV."""
    if value is None:
        return ""
    return (
        value if isinstance(value, str) else orjson.dumps(value).decode() if not isinstance(value, bool) else str(value)
    )


def as_csv(row: Record, delimiter: str = ",", time_column: str = "TimeGenerated") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow([time_column if name == "TimeGenerated" else name for name in row])
    writer.writerow([as_cell(value) for value in row.values()])
    return text.getvalue().encode()


def as_parquet(row: Record, compression: str = "zstd") -> bytes:
    """Times as timestamps, dynamic columns as JSON text, as a data export writes them."""
    columns: dict[str, Any] = {}
    for name, value in row.items():
        if name == "TimeGenerated":
            columns[name] = pa.array([value.rstrip("Z")]).cast(pa.timestamp("ns")).cast(pa.timestamp("ns", "UTC"))
        else:
            columns[name] = pa.array([as_cell(value) if isinstance(value, (dict, list)) else value])
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, compression=compression)
    return file.getvalue()


def as_nested_parquet(row: Record) -> bytes:
    """The same with dynamic columns as Arrow's own structs and lists."""
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row]), file)
    return file.getvalue()


def as_query_response(row: Record) -> bytes:
    """`dynamic` as the text of its JSON, as the query API sends it."""
    cells = [as_cell(value) if isinstance(value, (dict, list)) else value for value in row.values()]
    columns = [{"name": name, "type": "string"} for name in row]
    return orjson.dumps({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": [cells]}]})


def as_kusto_response(row: Record) -> bytes:
    columns = [{"ColumnName": name} for name in row]
    return orjson.dumps({"Tables": [{"TableName": "T", "Columns": columns, "Rows": [list(row.values())]}]})


CAPTURE = {
    "type": "record",
    "name": "EventData",
    "namespace": "Microsoft.ServiceBus.Messaging",
    "fields": [
        {"name": "SequenceNumber", "type": "long"},
        {"name": "Offset", "type": "string"},
        {"name": "EnqueuedTimeUtc", "type": "string"},
        {"name": "Body", "type": ["null", "bytes"]},
    ],
}


def as_capture(*bodies: bytes, codec: str = "deflate") -> bytes:
    events = [
        {"SequenceNumber": i, "Offset": str(i), "EnqueuedTimeUtc": "10/2/2026 6:31:33 AM", "Body": body}
        for i, body in enumerate(bodies)
    ]
    file = io.BytesIO()
    fastavro.writer(file, CAPTURE, events, codec=codec, sync_interval=1)
    return file.getvalue()


def indented(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)


def shapes(kind: str) -> dict[str, bytes]:
    """The record of a kind by the name of its shape."""
    record, row = EXPORTED[kind], COLUMNS[kind]
    line = json_lines(record)
    batch = {"records": [record]}
    return {
        "a line of an export": line,
        "a line without its end": line.rstrip(),
        "a line that ends as on Windows": line.replace(b"\n", b"\r\n"),
        "lines between empty lines": b"\n\n" + line + b"\n  \n",
        "a byte order mark": b"\xef\xbb\xbf" + line,
        "UTF-16": line.decode().encode("utf-16"),
        "UTF-16, big end first": b"\xfe\xff" + line.decode().encode("utf-16-be"),
        "gzip": gzip.compress(line),
        "gzip of two members": gzip.compress(line[:40]) + gzip.compress(line[40:]),
        "zstd": zstandard.compress(line),
        "zstd of two frames": zstandard.compress(line[:40]) + zstandard.compress(line[40:]),
        "an indented record": indented(record),
        "an indented array": indented([record]),
        "an array on one line": orjson.dumps([record]),
        "an array with a record a line": b"[\n" + line + b"]\n",
        "an array that begins with its record": b"[" + line.rstrip() + b"\n]\n",
        "an Event Hub batch": orjson.dumps(batch),
        "an indented Event Hub batch": indented(batch),
        "a batch over lines": b'{"records": [\n' + line + b"]}\n",
        "a batch with something before its records": indented({"count": 1, **batch}),
        "a list of batches": orjson.dumps([batch]),
        "an Avro capture": as_capture(orjson.dumps(batch)),
        "an uncompressed Avro capture": as_capture(orjson.dumps(batch), codec="null"),
        "a capture of a bare record": as_capture(line),
        "a gzipped capture": gzip.compress(as_capture(orjson.dumps(batch))),
        "table rows as JSON lines": json_lines(row),
        "CSV": as_csv(row),
        "CSV with semicolons": as_csv(row, delimiter=";"),
        "CSV with tabs": as_csv(row, delimiter="\t"),
        "CSV of the portal": b"\xef\xbb\xbf" + as_csv(row, time_column="TimeGenerated [UTC]"),
        "gzipped CSV": gzip.compress(as_csv(row)),
        "Parquet": as_parquet(row),
        "zstd around Parquet": zstandard.compress(as_parquet(row, "none")),
        "Parquet with nested columns": as_nested_parquet(row),
        "a query response": as_query_response(row),
        "an indented query response": indented(orjson.loads(as_query_response(row))),
        "a Kusto response": as_kusto_response(row),
    }
