"""A record is the same record whichever way it was written."""

import gzip
from pathlib import Path

import orjson
import pytest

from aoai_insights.sources import Batch, GatewayOptions, Piece, json_text, read_piece
from aoai_insights.sources import read as read_module

from .conftest import ReadBytes
from .records import AOAI, GATEWAY, LLM, Record, changed, json_lines, read
from .shapes import AOAI_COLUMNS, COLUMNS, EXPORTED, GATEWAY_COLUMNS, as_capture, as_csv, as_query_response, shapes

CASES = [pytest.param(kind, shape, id=f"{kind}: {shape}") for kind in EXPORTED for shape in shapes(kind)]


@pytest.mark.parametrize(("kind", "shape"), CASES)
def test_the_same_row_from(read_bytes: ReadBytes, kind: str, shape: str) -> None:
    reading = read_bytes(shapes(kind)[shape], name="anything")
    expected = read_bytes(json_lines(EXPORTED[kind]))
    assert reading.rejects == []
    assert reading.ignored == {}
    assert reading.rows == expected.rows
    assert len(reading.rows) == 1


def without(row: Record, *names: str) -> Record:
    return {key: value for key, value in row.items() if key not in names}


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        pytest.param("gateway", without(GATEWAY_COLUMNS, "Category", "Type"), id="gateway columns without category"),
        pytest.param("gateway", without(GATEWAY_COLUMNS, "Category"), id="gateway by its type"),
        pytest.param("llm", without(COLUMNS["llm"], "Type"), id="llm columns without type"),
        pytest.param("aoai", without(AOAI_COLUMNS, "Category"), id="aoai by its event"),
        pytest.param("aoai", without(AOAI_COLUMNS, "Category", "event_s"), id="aoai by its properties"),
        pytest.param(
            "aoai",
            without(AOAI_COLUMNS, "properties_s", "location_s", "Tenant_s")
            | {
                "AdditionalFields": orjson.dumps(
                    {"properties_s": AOAI_COLUMNS["properties_s"], "location_s": "eastus2"}
                ).decode()
            },
            id="columns beyond the 500th",
        ),
        pytest.param("aoai", without(AOAI_COLUMNS, "_ResourceId", "ResourceId"), id="the resource's name alone"),
    ],
)
def test_the_kind_is_told_by(read_bytes: ReadBytes, kind: str, row: Record) -> None:
    expected = read_bytes(json_lines(EXPORTED[kind]))
    assert read_bytes(as_csv(row), name="x.csv").rows == expected.rows


def test_legacy_rows_of_the_gateway_in_azure_diagnostics(read_bytes: ReadBytes) -> None:
    properties = GATEWAY["properties"]
    row = {
        "TimeGenerated": GATEWAY["time"],
        "ResourceId": GATEWAY["resourceId"],
        "Category": "GatewayLogs",
        "ResourceProvider": "MICROSOFT.APIMANAGEMENT",
        "DurationMs": 812.0,
        "CallerIPAddress": "10.1.2.3",
        "CorrelationId": GATEWAY["correlationId"],
        "location_s": "East US 2",
        **{
            f"{key}_s" if isinstance(value, str) else f"{key}_d": value if isinstance(value, str) else float(value)
            for key, value in properties.items()
            if not isinstance(value, dict)
        },
        "requestHeaders_x_app_id_s": "support-bot",
        **{
            f"backendResponseHeaders_{name.replace('-', '_')}_s": value
            for name, value in properties["backendResponseHeaders"].items()
        },
        "lastError_reason_s": "Timeout",
        "Type": "AzureDiagnostics",
    }
    [expected] = read_bytes(json_lines(GATEWAY)).gateway
    [read_row] = read_bytes(as_csv(row)).gateway
    assert read_row == expected | {"error_reason": "Timeout"}


def test_a_capture_may_hold_one_record_a_line(read_bytes: ReadBytes) -> None:
    reading = read_bytes(as_capture(json_lines(GATEWAY, LLM), b"", json_lines(AOAI)))
    assert (len(reading.gateway), len(reading.llm), len(reading.aoai), reading.rejects) == (1, 1, 1, [])


def test_a_portal_export_in_another_zone_is_refused(read_bytes: ReadBytes) -> None:
    reading = read_bytes(as_csv(GATEWAY_COLUMNS, time_column="TimeGenerated [Local Time]"))
    assert reading.rows == []
    assert "UTC" in reading.rejects[0].reason


def test_a_partial_query_response_gives_its_rows_and_says_that_it_is_partial(read_bytes: ReadBytes) -> None:
    response = orjson.loads(as_query_response(GATEWAY_COLUMNS))
    response["error"] = {"code": "PartialError", "message": "azure heron"}
    reading = read_bytes(orjson.dumps(response))
    assert len(reading.gateway) == 1
    assert "PartialError" in reading.rejects[0].reason


def test_a_saved_error_is_no_answer(read_bytes: ReadBytes) -> None:
    reading = read_bytes(b'{"error":{"code":"InsufficientAccessError","message":"azure heron"}}')
    assert "InsufficientAccessError" in reading.rejects[0].reason


def test_kinds_may_be_mixed_in_one_file_and_outside_their_hour(read_bytes: ReadBytes) -> None:
    late = changed(GATEWAY, {"time": "2026-09-30T23:59:59.9999999Z"})
    reading = read_bytes(json_lines(AOAI, GATEWAY, late, LLM))
    assert [len(rows) for rows in (reading.gateway, reading.llm, reading.aoai)] == [2, 1, 1]
    assert reading.gateway[1]["started_at"].month == 9


@pytest.mark.parametrize("layout", ["array", "batch", "late batch", "documents", "one line"])
def test_a_long_array_is_cut_into_its_elements_with_their_lines(
    read_bytes: ReadBytes, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    """With chunks of a few bytes, as a file of many megabytes has them."""
    monkeypatch.setattr("aoai_insights.sources.unpack.CHUNK_BYTES", 37)
    monkeypatch.setattr(read_module, "_HEAD_BYTES", 300)
    nested = changed(GATEWAY, requestBody='}]"\\ {[', responseBody='a\\"]}')
    records = [nested, {"category": "GatewayLogs"}, GATEWAY]
    content = {
        "array": orjson.dumps(records, option=orjson.OPT_INDENT_2),
        "batch": orjson.dumps({"records": records}, option=orjson.OPT_INDENT_2),
        "late batch": b"\n" * 30 + orjson.dumps({"records": records}, option=orjson.OPT_INDENT_2),
        "documents": b"\n".join(orjson.dumps(record, option=orjson.OPT_INDENT_2) for record in records),
        "one line": orjson.dumps(records),
    }[layout]
    reading = read_bytes(content)
    assert [row["request_body"] for row in reading.gateway] == ['}]"\\ {[', GATEWAY["properties"]["requestBody"]]
    [reject] = reading.rejects
    before = content[: content.index(b'"category"', content.index(b'"time"'))].count(b"\n")
    assert reject.line == (1 if layout == "one line" else before)


def test_batches_are_cut_by_rows_and_by_the_size_of_bodies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "PT1H.json"
    path.write_bytes(json_lines(*[GATEWAY] * 25))
    assert read(Piece(str(path)), batch_rows=10).batch_sizes == [10, 10, 5]
    monkeypatch.setattr(read_module, "_BATCH_BODY_CHARS", 400)
    assert read(Piece(str(path))).batch_sizes == [4] * 6 + [1]


@pytest.mark.parametrize("apart", [1, 5], ids=["one after the other", "between those of other calls"])
def test_the_rows_that_the_llm_log_has_of_a_call_stay_together(tmp_path: Path, apart: int) -> None:
    """They are counted together: a row of messages seldom names its model."""
    rows = [
        LLM | {"correlationId": f"call-{call // apart * apart + i}", "sequence": number}
        for call in range(0, 1_000, apart) for number in range(3) for i in range(apart)
    ]  # fmt: skip
    path = tmp_path / "PT1H.json"
    path.write_bytes(json_lines(*rows))
    calls = [
        set(item.records.column("correlation_id").to_pylist())
        for item in read_piece(Piece(str(path)), GatewayOptions(), batch_rows=200) if isinstance(item, Batch)
    ]  # fmt: skip
    assert len(calls) > 10
    assert sum(map(len, calls)) == 1_000
    assert len(set.union(*calls)) == 1_000


def test_rows_of_the_llm_log_are_not_held_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "PT1H.json"
    path.write_bytes(json_lines(*[LLM] * 1_000))
    assert read(Piece(str(path)), batch_rows=100).batch_sizes == [100] * 10


def test_a_gzip_bomb_of_one_line_is_refused(read_bytes: ReadBytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "LONGEST_DOCUMENT_BYTES", 1 << 20)
    reading = read_bytes(gzip.compress(b'{"time":"' + b"x" * (4 << 20)))
    assert "longer than" in reading.rejects[0].reason
