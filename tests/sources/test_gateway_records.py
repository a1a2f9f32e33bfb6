"""Every trap of ApiManagementGatewayLogs, one row each (research: log schemas, sections 0, 1, 3, 9)."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from aoai_insights.sources import GatewayOptions

from .conftest import ReadBytes
from .records import GATEWAY, changed, json_lines

GUID = "0e5a0002-0000-4000-8000-00000000abcd"
NO_HEADERS: dict[str, Any] = {"requestHeaders": ..., "backendResponseHeaders": ...}


def backend_headers(**headers: object) -> dict[str, Any]:
    return {"backendResponseHeaders": {name.replace("_", "-"): value for name, value in headers.items()}}


def test_an_export_record_becomes_the_row_that_model_py_promises(read_bytes: ReadBytes) -> None:
    [row] = read_bytes(json_lines(GATEWAY)).gateway
    assert {key: value for key, value in row.items() if value is not None} == {
        "service": "contoso-apim",
        "correlation_id": "6f1c0001-0000-4000-8000-000000000001",
        "started_at": datetime(2026, 10, 2, 6, 31, 31, 446590, UTC),
        "gateway_region": "eastus2",
        "api_id": "aoai",
        "operation_id": "ChatCompletions_Create",
        "product_id": "support",
        "apim_subscription": "sub-support",
        "user_id": "user-1",
        "backend_id": "pool-1",
        "backend_host": "aoai-eastus2.openai.azure.com",
        "deployment": "gpt-4o",
        "api": "chat",
        "aoai_url": True,
        "caller_ip": "10.1.2.3",
        "method": "POST",
        "status_code": 200,
        "backend_status_code": 200,
        "request_bytes": 536,
        "response_bytes": 1604,
        "total_ms": 812,
        "backend_ms": 800,
        "client_ms": 3,
        "cache_ms": 1,
        "cache": "none",
        "apim_request_id": "0e5a0001-0000-4000-8000-000000000001",
        "apim_request_id_from": "header",
        "aoai_region": "swedencentral",
        "caller_headers": '{"x-app-id":"support-bot"}',
        "request_body": '{"messages":[{"role":"user","content":"azure heron"}]}',
        "response_body": '{"usage":{"prompt_tokens":9,"completion_tokens":1}}',
        "response_content_type": "application/json",
    }


@pytest.mark.parametrize(
    ("top", "properties", "column", "value"),
    [
        pytest.param(
            {"resourceId": ...}, {}, "service", "", id="without a resource id the service is empty, not missing"
        ),
        pytest.param({"resourceId": ..., "ResourceId": "/a/service/X-1/"}, {}, "service", "x-1", id="a trailing slash"),
        pytest.param(
            {"resourceId": "/PROVIDERS/MICROSOFT.APIMANAGEMENT/SERVICE/A/WORKSPACES/W"},
            {},
            "service",
            "a",
            id="a workspace of a service is the service",
        ),
        pytest.param(
            {"resourceId": "/RESOURCEGROUPS/SERVICE/PROVIDERS/MICROSOFT.APIMANAGEMENT/SERVICE/A"},
            {},
            "service",
            "a",
            id="a resource group called service is not the service",
        ),
        pytest.param({"correlationId": "ABCD"}, {}, "correlation_id", "abcd", id="ids are compared in lower case"),
        pytest.param({"location": "swedencentral"}, {}, "gateway_region", "swedencentral", id="a region code stays"),
        pytest.param({"location": ...}, {}, "gateway_region", None, id="no region"),
        pytest.param({}, {"apiId": 7}, "api_id", "7", id="a number is a name too"),
        pytest.param({}, {"apiId": ["x"]}, "api_id", None, id="a list is no name"),
        pytest.param({}, {"responseCode": "429"}, "status_code", 429, id="numbers may be strings"),
        pytest.param({}, {"responseCode": 200.0}, "status_code", 200, id="numbers may be floats"),
        pytest.param({}, {"responseCode": 2**40}, "status_code", None, id="a number that does not fit is none"),
        pytest.param({}, {"responseSize": str(2**70)}, "response_bytes", None, id="nor one beyond 64 bits"),
        pytest.param({}, {"responseSize": "many"}, "response_bytes", None, id="nor a word"),
        pytest.param({}, {"responseSize": True}, "response_bytes", None, id="nor a bool"),
        pytest.param({}, {"backendTime": -1}, "backend_ms", None, id="nor a negative duration"),
        pytest.param({}, {"totalTime": 900}, "total_ms", 900, id="totalTime goes before durationMs"),
        pytest.param({}, {"cache": "HIT"}, "cache", "hit", id="cache in lower case"),
        pytest.param({}, {"lastErrorSource": "llm-token-limit"}, "error_source", "llm-token-limit", id="error source"),
        pytest.param(
            {}, {"lastError": {"source": "s", "reason": "Timeout"}}, "error_reason", "Timeout", id="a nested error"
        ),
        pytest.param({}, {"callerIpAddress": "1.1.1.1"}, "caller_ip", "10.1.2.3", id="the top goes before properties"),
        pytest.param({}, {"requestSize": 0}, "request_bytes", 0, id="zero is a value"),
        pytest.param(
            {"time": "2026-10-02T06:31:31"},
            {},
            "started_at",
            datetime(2026, 10, 2, 6, 31, 31, tzinfo=UTC),
            id="a time without zone is UTC",
        ),
        pytest.param(
            {"time": "2026-10-02T06:31:31.1Z"},
            {},
            "started_at",
            datetime(2026, 10, 2, 6, 31, 31, 100000, UTC),
            id="one fraction digit",
        ),
        pytest.param(
            {"time": "2026-10-02T06:31:31.1234567+02:00"},
            {},
            "started_at",
            datetime(2026, 10, 2, 4, 31, 31, 123456, UTC),
            id="seven digits and an offset",
        ),
        pytest.param(
            {"time": "11/4/2025, 2:03:59.946 AM"},
            {},
            "started_at",
            datetime(2025, 11, 4, 2, 3, 59, 946000, UTC),
            id="the portal's month first",
        ),
        pytest.param(
            {"time": "11/4/2025, 12:03:59\u202fPM"},
            {},
            "started_at",
            datetime(2025, 11, 4, 12, 3, 59, tzinfo=UTC),
            id="noon is 12 PM, and browsers write a narrow blank",
        ),
        pytest.param(
            {"time": "11/4/2025, 12:03:59.946 AM"},
            {},
            "started_at",
            datetime(2025, 11, 4, 0, 3, 59, 946000, UTC),
            id="midnight is 12 AM",
        ),
    ],
)
def test_fields(
    read_bytes: ReadBytes, top: dict[str, Any], properties: dict[str, Any], column: str, value: object
) -> None:
    [row] = read_bytes(json_lines(changed(GATEWAY, top, **properties))).gateway
    assert row[column] == value


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        pytest.param(
            {"backendUrl": "https://h.openai.azure.com/openai/deployments/gpt%204o%2Fx/embeddings?a=b"},
            ("h.openai.azure.com", "gpt 4o/x", "embeddings", True),
            id="the deployment is URL-decoded",
        ),
        pytest.param(
            {"backendUrl": "https://h.cognitiveservices.azure.com:443/openai/deployments/d/completions"},
            ("h.cognitiveservices.azure.com", "d", "completions", True),
            id="a port is no part of the host",
        ),
        pytest.param(
            {
                "backendUrl": "https://f.services.ai.azure.com/openai/v1/responses",
                "url": ...,
                "requestBody": '{"model":"gpt-5-mini","input":"azure heron"}',
            },
            ("f.services.ai.azure.com", "gpt-5-mini", "responses", True),
            id="under /openai/v1/ the body's model is the deployment",
        ),
        pytest.param(
            {
                "backendUrl": "https://f.services.ai.azure.com/openai/v1/responses",
                "url": ...,
                "requestBody": '{"model":"gpt-5-mini","input":"azure her',
            },
            ("f.services.ai.azure.com", "gpt-5-mini", "responses", True),
            id="of a cut body the model counts where it comes first",
        ),
        pytest.param(
            {
                "backendUrl": "https://f.services.ai.azure.com/openai/v1/responses",
                "url": ...,
                "requestBody": '{"input":"azure heron","model":"gpt-5-mi',
            },
            ("f.services.ai.azure.com", None, "responses", True),
            id="a cut body names no deployment",
        ),
        pytest.param(
            {"backendUrl": "https://h.openai.azure.us/openai/images/generations", "url": ...},
            ("h.openai.azure.us", None, "images", True),
            id="the US government's cloud",
        ),
        pytest.param(
            {"backendUrl": "https://h.openai.azure.cn/openai/deployments/w/audio/transcriptions"},
            ("h.openai.azure.cn", "w", "audio", True),
            id="the cloud in China",
        ),
        pytest.param(
            {"backendUrl": "https://test.openai.azure.com//openai/deployments/d/chat/completions"},
            ("test.openai.azure.com", "d", "chat", True),
            id="a doubled slash",
        ),
        pytest.param(
            {"backendUrl": ..., "url": "https://apim/openai/deployments/gpt-4o/chat/completions"},
            (None, "gpt-4o", "chat", True),
            id="a call the gateway stopped is told by the client's URL",
        ),
        pytest.param(
            {"backendUrl": "https://petstore.example/pets", "url": "https://apim/pets", "operationId": "listPets"},
            ("petstore.example", None, "other", False),
            id="another API is not Azure OpenAI",
        ),
        pytest.param(
            {"backendUrl": "https://x.openai.azure.com.evil.example/x", "url": "https://apim/x", "operationId": ...},
            ("x.openai.azure.com.evil.example", None, "other", False),
            id="a host that only looks like one is none",
        ),
        pytest.param(
            {"backendUrl": "https://proxy.example/x", "url": "https://apim/x", "operationId": "embeddings_create"},
            ("proxy.example", None, "embeddings", False),
            id="where no path says it the operation names the API",
        ),
        pytest.param(
            {"backendUrl": "https://h.openai.azure.com/x", "url": "https://apim/deployments/mine/chat/completions"},
            ("h.openai.azure.com", "mine", "chat", True),
            id="the deployment of the client's URL where the backend's has none",
        ),
        pytest.param(
            {"backendUrl": "http://[::1", "url": 12, "operationId": ...},
            (None, None, "other", False),
            id="a URL that is none",
        ),
    ],
)
def test_urls(read_bytes: ReadBytes, properties: dict[str, Any], expected: tuple[object, ...]) -> None:
    [row] = read_bytes(json_lines(changed(GATEWAY, **properties))).gateway
    assert (row["backend_host"] or None, row["deployment"], row["api"], row["aoai_url"]) == expected


def test_an_api_of_the_config_is_azure_openai_whatever_its_url(read_bytes: ReadBytes) -> None:
    record = changed(GATEWAY, backendUrl="https://proxy.example/x", url="https://apim/x", apiId="Corp-LLM;rev=3")
    [row] = read_bytes(json_lines(record), GatewayOptions(apis=frozenset({"CORP-llm"}))).gateway
    assert row["aoai_url"] is True


@pytest.mark.parametrize(
    "logged",
    [
        pytest.param({"apim-request-id": GUID}, id="an object"),
        pytest.param({"Apim-Request-Id": GUID.upper()}, id="any letter case"),
        pytest.param(orjson.dumps({"apim-request-id": GUID}).decode(), id="its JSON text"),
        pytest.param({"apim-request-id": [GUID, "second"]}, id="a list of values, first wins"),
        pytest.param([{"name": "apim-request-id", "value": GUID}], id="a list of name and value"),
        pytest.param([{"Name": "apim-request-id", "Value": [GUID]}], id="the same, capitalised, values as a list"),
        pytest.param([{"apim-request-id": GUID}], id="a list of objects"),
        pytest.param([f"apim-request-id: {GUID}"], id="a list of lines"),
        pytest.param([["apim-request-id", GUID]], id="a list of pairs"),
        pytest.param(
            [{"name": "apim-request-id", "value": GUID}, {"name": "apim-request-id", "value": "2"}],
            id="of a header twice the first wins",
        ),
    ],
)
@pytest.mark.parametrize("column", ["backendResponseHeaders", "responseHeaders"])
def test_headers_arrive_as(read_bytes: ReadBytes, column: str, logged: object) -> None:
    [row] = read_bytes(json_lines(changed(GATEWAY, **NO_HEADERS | {column: logged}))).gateway
    assert (row["apim_request_id"], row["apim_request_id_from"]) == (GUID, "header")


@pytest.mark.parametrize("logged", ["not json", 7, [], {}, [[]], [None], {"x": None}, {"x": []}, "[1]", True])
def test_headers_that_are_none_cost_no_record(read_bytes: ReadBytes, logged: object) -> None:
    properties: dict[str, Any] = dict.fromkeys(("requestHeaders", "responseHeaders", "backendResponseHeaders"), logged)
    reading = read_bytes(json_lines(changed(GATEWAY, **properties)))
    assert len(reading.gateway) == 1
    assert reading.gateway[0]["apim_request_id"] is None


def test_the_backends_headers_go_before_the_clients(read_bytes: ReadBytes) -> None:
    record = changed(
        GATEWAY,
        backendResponseHeaders={"apim-request-id": GUID},
        responseHeaders={"apim-request-id": "other", "x-ms-region": "West US"},
        requestHeaders={"x-app-id": "spoofed"},
        backendRequestHeaders={"X-App-Id": "set-by-policy"},
    )
    [row] = read_bytes(json_lines(record)).gateway
    assert (row["apim_request_id"], row["aoai_region"]) == (GUID, "westus")
    assert row["caller_headers"] == '{"x-app-id":"set-by-policy"}'


@pytest.mark.parametrize(
    "traces",
    [
        pytest.param([{"source": "s", "message": orjson.dumps({"aoai-correlation": GUID}).decode()}], id="JSON text"),
        pytest.param(orjson.dumps([{"message": f'{{"apim-request-id": "{GUID}"}}'}]).decode(), id="records as text"),
        pytest.param([{"message": {"apim-request-id": GUID.upper()}}], id="an object"),
        pytest.param([{"message": {"headers": {"apim-request-id": [GUID]}}}], id="an object in an object"),
        pytest.param([{"source": "aoai-correlation", "message": GUID}], id="a GUID under such a source"),
        pytest.param([{"source": "s", "message": f"apim-request-id: {GUID}"}], id="free text that names it"),
        pytest.param([{"message": "m", "metadata": [{"name": "apim-request-id", "value": GUID}]}], id="metadata"),
        pytest.param(
            [{"message": "{broken"}, {"message": f'{{"aoai-correlation":"{GUID}"}}'}], id="after a broken one"
        ),
        pytest.param(
            [{"message": '{"apim-request-id":"first-attempt"}'}, {"message": f'{{"apim-request-id":"{GUID}"}}'}],
            id="of several attempts the last",
        ),
    ],
)
def test_a_trace_record_names_the_request(read_bytes: ReadBytes, traces: object) -> None:
    [row] = read_bytes(json_lines(changed(GATEWAY, **NO_HEADERS, traceRecords=traces))).gateway
    assert (row["apim_request_id"], row["apim_request_id_from"]) == (GUID, "trace")


@pytest.mark.parametrize(
    "traces", [[{"message": GUID}], [{"source": "other", "message": GUID}], "[[[[[[[[1]]]]]]]]", 5, [None], "no"]
)
def test_a_trace_without_the_key_names_nothing(read_bytes: ReadBytes, traces: object) -> None:
    [row] = read_bytes(json_lines(changed(GATEWAY, **NO_HEADERS, traceRecords=traces))).gateway
    assert (row["apim_request_id"], row["apim_request_id_from"]) == (None, None)


TRACED_TTFT: list[tuple[str, object, int | None]] = [
    ("as the fragment writes it", [{"source": "aoai-insights", "severity": "information", "message": '{"ttft_ms":412}'}], 412),
    ("records as text", '[{"Source":"aoai-insights","Message":"{\\"ttft_ms\\":412}"}]', 412),
    ("a message as an object", [{"source": "aoai-insights", "message": {"ttft_ms": 412.9}}], 412),
    ("a log that keeps no source", [{"message": '{"ttft_ms":412}'}], 412),
    ("of several the last", [{"source": "aoai-insights", "message": f'{{"ttft_ms":{n}}}'} for n in (9, 412)], 412),
    ("beside other traces", [{"source": "s", "message": "hi"}, {"source": "aoai-insights", "message": '{"ttft_ms":0}'}], 0),
    ("another policy's", [{"source": "other", "message": '{"ttft_ms":412}'}], None),
    ("a negative one", [{"source": "aoai-insights", "message": '{"ttft_ms":-1}'}], None),
    ("one beyond a day", [{"source": "aoai-insights", "message": '{"ttft_ms":1e300}'}], None),
    ("a word", [{"source": "aoai-insights", "message": '{"ttft_ms":"soon"}'}], None),
    ("a truth", [{"source": "aoai-insights", "message": '{"ttft_ms":true}'}], None),
    ("a broken message", [{"source": "aoai-insights", "message": '{"ttft_ms":4'}], None),
    ("broken records", '[{"source":"aoai-insights","message":"{\\"ttft_ms\\":4', None),
    ("no message", [{"source": "aoai-insights"}, None, 7], None),
]  # fmt: skip


@pytest.mark.parametrize(("traces", "ms"), [case[1:] for case in TRACED_TTFT], ids=[case[0] for case in TRACED_TTFT])
def test_a_policy_traces_the_time_to_a_streams_head(read_bytes: ReadBytes, traces: object, ms: int | None) -> None:
    [row] = read_bytes(json_lines(changed(GATEWAY, traceRecords=traces))).gateway
    assert row["traced_ttft_ms"] == ms


def test_the_header_goes_before_the_trace(read_bytes: ReadBytes) -> None:
    traces = [{"message": f'{{"apim-request-id":"{GUID}"}}'}]
    [row] = read_bytes(json_lines(changed(GATEWAY, traceRecords=traces))).gateway
    assert row["apim_request_id_from"] == "header"


@pytest.mark.parametrize(
    ("headers", "column", "value"),
    [
        pytest.param({"retry-after": "12"}, "retry_after_s", 12, id="seconds"),
        pytest.param({"retry-after-ms": "1001"}, "retry_after_s", 2, id="milliseconds are rounded up"),
        pytest.param(
            {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "retry-after-ms": 500},
            "retry_after_s",
            1,
            id="a date says no seconds",
        ),
        pytest.param({"retry-after": "inf"}, "retry_after_s", None, id="nor does infinity"),
        pytest.param({"x-ms-is-spilled-over": "True"}, "spilled_over", True, id="spilled over"),
        pytest.param({"x-ms-is-spilled-over": "false"}, "spilled_over", False, id="not spilled over"),
        pytest.param({"x-ms-served-model": "gpt-4o-2024-11-20"}, "served_model", "gpt-4o-2024-11-20", id="model"),
        pytest.param({"azureai-processed-tier": "priority"}, "processed_tier", "priority", id="tier"),
    ],
)
def test_response_headers(read_bytes: ReadBytes, headers: dict[str, Any], column: str, value: object) -> None:
    [row] = read_bytes(json_lines(changed(GATEWAY, backendResponseHeaders=headers))).gateway
    assert row[column] == value


def test_the_deployment_header_counts_where_no_url_names_one(read_bytes: ReadBytes) -> None:
    record = changed(GATEWAY, backendUrl=..., url=..., **backend_headers(x_ms_deployment_name="gpt-4o-eu"))
    assert read_bytes(json_lines(record)).gateway[0]["deployment"] == "gpt-4o-eu"


@pytest.mark.parametrize(
    ("properties", "request_body", "response_body"),
    [
        pytest.param(
            {"backendRequestBody": "b", "backendResponseBody": "c"}, "b", "c", id="the backend's bodies first"
        ),
        pytest.param(
            {"backendRequestBody": "", "backendResponseBody": None},
            *(GATEWAY["properties"][key] for key in ("requestBody", "responseBody")),
            id="an empty one is not logged",
        ),
        pytest.param({"requestBody": {"a": [1]}, "responseBody": ...}, '{"a":[1]}', None, id="an object is its text"),
        pytest.param({"requestBody": 5, "responseBody": True}, None, None, id="a number is no body"),
    ],
)
def test_bodies(
    read_bytes: ReadBytes, properties: dict[str, Any], request_body: str | None, response_body: str | None
) -> None:
    [row] = read_bytes(json_lines(changed(GATEWAY, **properties))).gateway
    assert (row["request_body"], row["response_body"]) == (request_body, response_body)


def test_half_an_emoji_at_the_cut_costs_no_record(read_bytes: ReadBytes) -> None:
    line = json_lines(changed(GATEWAY, responseBody="heron HALF")).replace(b"HALF", b"\\ud83d")
    [row] = read_bytes(line).gateway
    assert row["response_body"] == "heron ?"


@pytest.mark.parametrize(
    ("headers", "size"),
    [
        pytest.param({"Content-Type": "a/b", "Content-Length": "5", "Date": "now"}, 19 + 19 + 19 + 11, id="full set"),
        pytest.param({"Content-Type": "a/b", "Transfer-Encoding": "c", "Date": "n"}, 19 + 19 + 22 + 9, id="chunked"),
        pytest.param({"Content-Type": "a/b", "apim-request-id": GUID}, None, id="a list of headers to log"),
        pytest.param({"Content-Length": "5"}, None, id="framing alone"),
    ],
)
def test_header_bytes_are_known_only_of_a_full_set(
    read_bytes: ReadBytes, headers: dict[str, str], size: int | None
) -> None:
    [row] = read_bytes(json_lines(changed(GATEWAY, responseHeaders=headers))).gateway
    assert row["response_header_bytes"] == size


@pytest.mark.parametrize(
    ("top", "properties", "reason"),
    [
        pytest.param({"correlationId": ...}, {}, "correlationId", id="no correlation id"),
        pytest.param({"correlationId": ""}, {}, "correlationId", id="an empty one"),
        pytest.param({"correlationId": {"a": 1}}, {}, "correlationId", id="one that is no text"),
        pytest.param({"time": ...}, {}, "time", id="no time"),
        pytest.param({"time": "2020-10-14T17:xx:xx.xx"}, {}, "time", id="an unreadable time"),
        pytest.param({"time": "13/40/2025, 2:03:59 AM"}, {}, "time", id="a month that is none"),
        pytest.param({"time": "11/4/2025, 22:03:59 AM"}, {}, "time", id="an hour that is none"),
        pytest.param({"time": "0001-01-01T00:00:00+10:00"}, {}, "time", id="a time before time"),
    ],
)
def test_key_fields_are_needed(
    read_bytes: ReadBytes, top: dict[str, Any], properties: dict[str, Any], reason: str
) -> None:
    reading = read_bytes(json_lines(GATEWAY, changed(GATEWAY, top, **properties), GATEWAY))
    assert len(reading.gateway) == 2
    [reject] = reading.rejects
    assert reason in reject.reason
    assert reject.line == 2
