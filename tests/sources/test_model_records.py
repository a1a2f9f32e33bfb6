"""Every trap of the LLM log and of the Azure OpenAI diagnostics (research: log schemas, sections 2 and 4)."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from .conftest import ReadBytes
from .records import ACCOUNT_ID, AOAI, LLM, changed, json_lines


def test_an_llm_record_becomes_the_row_that_model_py_promises(read_bytes: ReadBytes) -> None:
    assert read_bytes(json_lines(LLM)).llm == [
        {
            "service": "contoso-apim",
            "correlation_id": "6f1c0001-0000-4000-8000-000000000001",
            "sequence_number": 0,
            "started_at": datetime(2026, 10, 2, 6, 31, 31, 446590, UTC),
            "response_id": "chatcmpl-1",
            "gateway_region": "eastus2",
            "deployment": "gpt-4o",
            "model": "gpt-4o-2024-11-20",
            "streamed": True,
            "prompt_tokens": 120,
            "completion_tokens": 35,
            "request_messages": '[{"role":"user","content":"azure heron"}]',
            "response_messages": None,
        }
    ]


@pytest.mark.parametrize(
    ("properties", "column", "value"),
    [
        pytest.param({"sequenceNumber": "2"}, "sequence_number", 2, id="a sequence number as text"),
        pytest.param({"sequenceNumber": ...}, "sequence_number", 0, id="none is the first"),
        pytest.param({"deploymentName": ""}, "deployment", None, id="message rows have no deployment"),
        pytest.param({"isStreamCompletion": "false"}, "streamed", False, id="a flag as text"),
        pytest.param({"promptTokens": 0}, "prompt_tokens", 0, id="zero stays zero"),
        pytest.param({"requestMessages": '[{"role":"u'}, "request_messages", '[{"role":"u', id="half a message stays"),
        pytest.param({"requestMessages": []}, "request_messages", None, id="an empty list is no message"),
        pytest.param({"requestMessages": "[]"}, "request_messages", None, id="nor is its text"),
        pytest.param(
            {"responseMessages": {"role": "assistant"}},
            "response_messages",
            '{"role":"assistant"}',
            id="a single message",
        ),
    ],
)
def test_llm_fields(read_bytes: ReadBytes, properties: dict[str, Any], column: str, value: object) -> None:
    assert read_bytes(json_lines(changed(LLM, **properties))).llm[0][column] == value


def test_an_llm_record_without_time_stays(read_bytes: ReadBytes) -> None:
    [row] = read_bytes(json_lines(changed(LLM, {"time": ...}))).llm
    assert row["started_at"] is None


def test_an_aoai_record_becomes_the_row_that_model_py_promises(read_bytes: ReadBytes) -> None:
    assert read_bytes(json_lines(AOAI)).aoai == [
        {
            "resource": "aoai-eastus2",
            "correlation_id": "0e5a0001-0000-4000-8000-000000000001",
            "category": "RequestResponse",
            "logged_at": datetime(2026, 10, 2, 6, 31, 33, 991000, UTC),
            "started_at": datetime(2025, 11, 4, 2, 3, 47, 784753, UTC),
            "operation": "ChatCompletions_Create",
            "status_code": 200,
            "duration_ms": 798,
            "caller_ip": "10.1.2.*",
            "region": "eastus2",
            "request_bytes": 95,
            "response_bytes": 977,
            "object_id": None,
            "streamed": False,
            "deployment": "gpt-4o",
            "model": "gpt-4o",
            "model_version": "2024-11-20",
            "prompt_tokens": None,
            "cached_tokens": None,
            "completion_tokens": None,
        }
    ]


START = datetime(2025, 11, 4, 2, 3, 47, 784753, UTC)


@pytest.mark.parametrize(
    ("top", "properties", "column", "value"),
    [
        pytest.param({}, {"requestTime": "638978186277847539"}, "started_at", START, id="ticks as text"),
        pytest.param(
            {}, {"requestTime": 6.38978e17}, "started_at", None, id="ticks that went through a float are lost"
        ),
        pytest.param({}, {"requestTime": "6.38978E+17"}, "started_at", None, id="also as a spreadsheet writes them"),
        pytest.param({}, {"requestTime": 10**18 * 9}, "started_at", None, id="ticks beyond year 9999"),
        pytest.param({"resultSignature": 429}, {}, "status_code", 429, id="the status as a number"),
        pytest.param({"resultSignature": "None"}, {}, "status_code", None, id="a status that is none"),
        pytest.param({"durationMs": -798}, {}, "duration_ms", 798, id="a negative duration is read from the ticks"),
        pytest.param({"durationMs": -1}, {"responseTime": ...}, "duration_ms", None, id="or stays out"),
        pytest.param(
            {"durationMs": -1},
            {"responseTime": 638978186277847538 - 10_000},
            "duration_ms",
            None,
            id="also where the ticks run backwards",
        ),
        pytest.param({"durationMs": ...}, {}, "duration_ms", 798, id="a missing one is read from the ticks"),
        pytest.param({}, {"streamType": "Streaming"}, "streamed", True, id="a stream"),
        pytest.param({}, {"streamType": ...}, "streamed", None, id="no stream type"),
        pytest.param({}, {"objectId": "o-1"}, "object_id", "o-1", id="an object id"),
        pytest.param({}, {"callerObjectId": "o-2"}, "object_id", "o-2", id="the key of 2026"),
        pytest.param({}, {"promptTokens": 7, "completionTokens": 3}, "completion_tokens", 3, id="token keys of 2026"),
        pytest.param(
            {"location": ..., "Tenant": "swedencentral"}, {}, "region", "swedencentral", id="region by tenant"
        ),
        pytest.param({"time": "nonsense"}, {}, "logged_at", None, id="an unreadable log time costs no record"),
        pytest.param(
            {"resourceId": ACCOUNT_ID + "/PROJECTS/P"}, {}, "resource", "aoai-eastus2", id="a project's account"
        ),
    ],
)
def test_aoai_fields(
    read_bytes: ReadBytes, top: dict[str, Any], properties: dict[str, Any], column: str, value: object
) -> None:
    assert read_bytes(json_lines(changed(AOAI, top, **properties))).aoai[0][column] == value


def test_properties_may_be_a_json_string_and_ticks_keep_their_last_digit(read_bytes: ReadBytes) -> None:
    as_text = AOAI | {"properties": orjson.dumps(AOAI["properties"]).decode()}
    reading = read_bytes(json_lines(AOAI, as_text))
    assert reading.aoai[0] == reading.aoai[1]
    assert reading.aoai[1]["started_at"].microsecond == 784753


@pytest.mark.parametrize("properties", ['{"half', "null", "", 7, []], ids=repr)
def test_properties_that_are_no_object_leave_the_columns_empty(read_bytes: ReadBytes, properties: object) -> None:
    [row] = read_bytes(json_lines(AOAI | {"properties": properties})).aoai
    assert (row["status_code"], row["model"]) == (200, None)


@pytest.mark.parametrize(
    ("prompt", "tokens"),
    [
        pytest.param([120], 120, id="an array of one"),
        pytest.param(120, 120, id="a scalar"),
        pytest.param("[120]", 120, id="the text of an array"),
        pytest.param([], None, id="an empty array"),
        pytest.param(["x"], None, id="an array of something else"),
    ],
)
def test_request_usage_counts(read_bytes: ReadBytes, prompt: object, tokens: int | None) -> None:
    usage = AOAI | {
        "category": "AzureOpenAIRequestUsage",
        "event": "ShoeboxAzureOpenAIRequestUsage",
        "properties": {"promptTokens": prompt, "cachedTokens": [64], "generatedTokens": [35]},
    }
    [row] = read_bytes(json_lines(usage)).aoai
    assert row["category"] == "AzureOpenAIRequestUsage"
    assert (row["prompt_tokens"], row["cached_tokens"], row["completion_tokens"]) == (tokens, 64, 35)


@pytest.mark.parametrize("record", [LLM, AOAI], ids=["llm", "aoai"])
def test_a_correlation_id_is_needed(read_bytes: ReadBytes, record: dict[str, Any]) -> None:
    reading = read_bytes(json_lines(changed(record, {"correlationId": ...})))
    assert (len(reading.rows), len(reading.rejects)) == (0, 1)


@pytest.mark.parametrize(
    ("record", "category"),
    [
        pytest.param({"category": "Audit", "operationName": "ListKey", "time": "t"}, "Audit", id="audit"),
        pytest.param({"category": "WebSocketConnectionLogs"}, "WebSocketConnectionLogs", id="web sockets"),
        pytest.param({"count": 1, "metricName": "Requests", "time": "t"}, "metrics", id="platform metrics"),
        pytest.param({"Type": "AppRequests", "TimeGenerated": "t"}, "AppRequests", id="a row of another table"),
        pytest.param(
            {"category": "RequestResponse", "resourceId": "/SUBSCRIPTIONS/S/PROVIDERS/MICROSOFT.SEARCH/X/Y"},
            "RequestResponse of another service",
            id="another service's requests",
        ),
    ],
)
def test_categories_without_use_are_counted(read_bytes: ReadBytes, record: dict[str, Any], category: str) -> None:
    reading = read_bytes(json_lines(record, record, AOAI))
    assert (reading.ignored, len(reading.aoai), reading.rejects) == ({category: 2}, 1, [])
