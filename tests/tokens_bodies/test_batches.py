"""Arrow batches: raw records in, counted records out."""

from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aoai_insights.model import GATEWAY, GATEWAY_FACTS, GATEWAY_RAW, GATEWAY_TOKENS, LLM, LLM_RAW
from aoai_insights.tokens.batch import count_gateway, count_llm, count_row
from aoai_insights.tokens.completion import message_tokens
from aoai_insights.tokens.count import Count

from .bodies import REQUEST, USAGE, chat_json, chunk, compact, response_json, sse, text_chunks, words

SAMPLED = next(f"call-{i}" for i in range(99) if crc32(f"call-{i}".encode()) % 8 == 0)
NOT_SAMPLED = next(f"call-{i}" for i in range(99) if crc32(f"call-{i}".encode()) % 8 != 0)

CALL: dict[str, Any] = {
    "service": "contoso",
    "correlation_id": NOT_SAMPLED,
    "started_at": datetime(2026, 10, 1, tzinfo=UTC),
    "backend_host": "aoai-eastus2.openai.azure.com",
    "deployment": "chat",
    "api": "chat",
    "method": "POST",
    "status_code": 200,
    "backend_status_code": 200,
    "request_bytes": 900,
    "response_bytes": 1600,
    "cache": "none",
    "request_body": compact(REQUEST | {"model": "chat"}),
    "response_body": compact(chat_json("grey heron")),
}
NO_USAGE = compact(chat_json("grey heron", usage=None))


def batch_of(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.RecordBatch:
    columns = [pa.array([row.get(field.name) for row in rows], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def gateway(models: dict[tuple[str, str], str] | None = None, **changes: Any) -> dict[str, Any]:
    counted = count_gateway(batch_of([CALL | changes], GATEWAY_RAW), {} if models is None else models)
    row: dict[str, Any] = counted.to_pylist()[0]
    return row


def test_facts_pass_and_bodies_end() -> None:
    raw = batch_of([CALL, CALL | {"correlation_id": "b", "response_body": None}], GATEWAY_RAW)
    counted = count_gateway(raw, {})
    assert counted.schema == GATEWAY
    assert not {"request_body", "response_body"} & set(counted.schema.names)
    assert counted.select(GATEWAY_FACTS.names).equals(raw.select(GATEWAY_FACTS.names))


def test_a_count_has_its_fields_in_the_order_of_the_columns() -> None:
    renamed = {"source": "body_source", "model": "body_model"}
    assert [renamed.get(name, name) for name in Count.__struct_fields__] == GATEWAY_TOKENS.names


BODIES = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.builds(
        lambda body, size, more: body[:size] + more,
        st.sampled_from([
            str(CALL["request_body"]), str(CALL["response_body"]), compact(response_json("grey heron")),
            sse([*text_chunks(words(30)), "[DONE]"]), '{"status":"queued","background" : true}',
        ]),
        st.integers(0, 4000),
        st.sampled_from(["", "\ufffd", "é", '"}', "\n\n"]),
    ),
)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(
    request=BODIES,
    response=BODIES,
    facts=st.fixed_dictionaries({
        "api": st.sampled_from([None, "chat", "responses", "embeddings", "images", "other"]),
        "method": st.sampled_from([None, "post", "GET"]),
        "cache": st.sampled_from([None, "hit"]),
        "started_at": st.sampled_from([None, datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), CALL["started_at"]]),
        "backend_status_code": st.sampled_from([None, 200, 429]),
        "response_bytes": st.sampled_from([None, 0, 700, 90_000]),
        "response_content_type": st.sampled_from([None, "text/event-stream"]),
        "response_header_bytes": st.sampled_from([None, 300]),
        "correlation_id": st.sampled_from([SAMPLED, NOT_SAMPLED]),
    }),
)  # fmt: skip
def test_a_row_is_counted_as_in_a_batch(request: str | None, response: str | None, facts: dict[str, Any]) -> None:
    call = CALL | {"request_body": request, "response_body": response} | facts
    row = count_row({}, tuple(call.get(name) for name in GATEWAY_RAW.names))
    counted = count_gateway(batch_of([call], GATEWAY_RAW), {})
    assert pa.RecordBatch.from_arrays(
        [pa.array([cell], field.type) for cell, field in zip(row, GATEWAY, strict=True)], schema=GATEWAY
    ).equals(counted)


def test_an_empty_batch_is_counted_to_an_empty_batch() -> None:
    assert count_gateway(batch_of([], GATEWAY_RAW), {}).num_rows == 0
    assert count_llm(batch_of([], LLM_RAW)).num_rows == 0


def test_usage_fills_the_columns() -> None:
    row = gateway()
    assert (row["body_source"], row["prompt_tokens"], row["completion_tokens"]) == ("body_usage", 20, 7)
    assert (row["cached_tokens"], row["reasoning_tokens"], row["body_model"]) == (4, 3, "gpt-4o-2024-08-06")
    assert row["notes"] is None


@pytest.mark.parametrize(
    ("changes", "source", "notes"),
    [
        pytest.param({"response_body": NO_USAGE}, "tokenized", None, id="a call that succeeded is counted"),
        pytest.param(
            {"response_body": NO_USAGE, "status_code": 500}, "tokenized", None, id="the backend's status goes first"
        ),
        pytest.param(
            {"response_body": NO_USAGE, "status_code": 200, "backend_status_code": 429},
            "none",
            None,
            id="a call that the backend refused is not",
        ),
        pytest.param(
            {"response_body": '{"error":{}}', "status_code": 401, "backend_status_code": None},
            "none",
            None,
            id="nor one that the gateway refused",
        ),
        pytest.param({"cache": "hit"}, "none", "gateway_cache_hit", id="the gateway's own cache bills nothing"),
        pytest.param({"cache": "miss"}, "body_usage", None, id="a cache miss is a call"),
        pytest.param({"method": "GET"}, "none", "no_inference", id="fetching a stored answer bills nothing"),
        pytest.param(
            {
                "method": "GET",
                "api": "responses",
                "response_body": compact(
                    response_json("completed", usage={"input_tokens": 3, "output_tokens": 4}) | {"background": True}
                ),
            },
            "body_usage",
            None,
            id="the answer of a background call has its usage nowhere else",
        ),
        pytest.param(
            {"api": "responses", "response_body": compact(response_json("queued") | {"background": True})},
            "none",
            "background_call",
            id="a background call that was only begun has no tokens yet",
        ),
        pytest.param({"request_body": None, "response_body": None}, "none", "no_body", id="no bodies were logged"),
        pytest.param({"api": None, "response_body": NO_USAGE}, "none", None, id="another API is not counted"),
    ],
)
def test_what_a_call_is_billed_for(changes: dict[str, Any], source: str, notes: str | None) -> None:
    row = gateway(**changes)
    assert (row["body_source"], row["notes"]) == (source, notes)


def test_usage_is_counted_beside_for_one_call_in_eight_and_always_the_same() -> None:
    assert gateway(correlation_id=NOT_SAMPLED)["counted_prompt_tokens"] is None
    sampled = gateway(correlation_id=SAMPLED)
    assert sampled["body_source"] == "body_usage"
    assert sampled["counted_prompt_tokens"] > 0
    assert sampled["counted_completion_tokens"] > 0
    rows = [CALL | {"correlation_id": f"call-{i}"} for i in range(64)]
    counted = count_gateway(batch_of(rows, GATEWAY_RAW), {}).to_pylist()
    for row in counted:
        in_sample = crc32(row["correlation_id"].encode()) % 8 == 0
        assert (row["counted_prompt_tokens"] is not None) is in_sample


@pytest.mark.parametrize(
    ("models", "served", "source"),
    [
        pytest.param({("aoai-eastus2.openai.azure.com", "chat"): "gpt-4o"}, None, "tokenized", id="by host"),
        pytest.param({("", "chat"): "gpt-4o"}, None, "tokenized", id="by deployment anywhere"),
        pytest.param(
            {("aoai-eastus2.openai.azure.com", "chat"): "gpt-4o", ("", "chat"): "grok-3"},
            None,
            "tokenized",
            id="host first",
        ),
        pytest.param({("", "chat"): "grok-3"}, "gpt-4o-2024-08-06", "tokenized", id="the serving header before both"),
        pytest.param({("", "other"): "gpt-4o"}, None, "none", id="another deployment says nothing"),
    ],
)
def test_the_config_names_the_model_of_a_deployment(
    models: dict[tuple[str, str], str], served: str | None, source: str
) -> None:
    body = sse([chunk({"content": "a"}, finish="stop", model="")])
    assert gateway(models, response_body=body, served_model=served)["body_source"] == source


def test_header_bytes_are_taken_off_the_size_before_it_extends_a_body() -> None:
    whole = sse(text_chunks(words(120)))
    exact = gateway(response_body=whole)["completion_tokens"]
    logged = gateway(response_body=whole[:8192], response_bytes=len(whole) + 900, response_header_bytes=900)
    usual = gateway(response_body=whole[:8192], response_bytes=len(whole) + 629)
    assert logged["body_source"] == usual["body_source"] == "extrapolated"
    assert logged["completion_tokens"] == usual["completion_tokens"] == pytest.approx(exact, abs=2)


def test_counts_do_not_depend_on_the_batch() -> None:
    rows = [
        CALL | {"correlation_id": f"call-{i}", "response_body": sse(text_chunks(words(i), USAGE))} for i in range(9)
    ]
    together = count_gateway(batch_of(rows, GATEWAY_RAW), {}).to_pylist()
    assert together == [count_gateway(batch_of([row], GATEWAY_RAW), {}).to_pylist()[0] for row in rows]


USER = {"role": "user", "content": "Where do herons sleep?"}
SYSTEM = {"role": "system", "content": "Be brief."}
ANSWER = {"role": "assistant", "content": "In trees."}
USER_TOKENS, SYSTEM_TOKENS = message_tokens("gpt-4o", USER), message_tokens("gpt-4o", SYSTEM)
SPLIT = compact([SYSTEM, USER])


def llm(*rows: dict[str, Any]) -> list[tuple[int | None, int | None, bool | None]]:
    usual = {"service": "contoso", "correlation_id": "a", "model": "gpt-4o-2024-08-06"}
    numbered = [usual | {"sequence_number": number} | row for number, row in enumerate(rows)]
    counted = count_llm(batch_of(numbered, LLM_RAW))
    assert counted.schema == LLM
    columns = ("counted_prompt_tokens", "counted_completion_tokens", "messages_whole")
    return list(zip(*(counted.column(name).to_pylist() for name in columns), strict=True))


@pytest.mark.parametrize(
    ("rows", "counted"),
    [
        pytest.param([{}], [(None, None, None)], id="a row without messages"),
        pytest.param([{"request_messages": ""}], [(None, None, None)], id="an empty string is no messages"),
        pytest.param([{"request_messages": compact([USER])}], [(USER_TOKENS, None, True)], id="an array"),
        pytest.param([{"request_messages": compact(USER)}], [(USER_TOKENS, None, True)], id="one message"),
        pytest.param(
            [{"request_messages": compact(compact([USER]))}], [(USER_TOKENS, None, True)], id="JSON in a string"
        ),
        pytest.param(
            [{"request_messages": compact([SYSTEM])}, {"request_messages": compact([USER])}],
            [(SYSTEM_TOKENS, None, True), (USER_TOKENS, None, True)],
            id="messages over two rows",
        ),
        pytest.param(
            [{"request_messages": SPLIT[:40]}, {"request_messages": SPLIT[40:]}],
            [(SYSTEM_TOKENS + USER_TOKENS, None, True), (0, None, True)],
            id="one message split over two rows is booked on the first",
        ),
        pytest.param(
            [
                {"sequence_number": 7, "request_messages": SPLIT[40:]},
                {"sequence_number": 3, "request_messages": SPLIT[:40]},
            ],
            [(0, None, True), (SYSTEM_TOKENS + USER_TOKENS, None, True)],
            id="pieces are joined in the order of their numbers",
        ),
        pytest.param(
            [{"request_messages": compact([USER]), "model": ""}, {"prompt_tokens": 9}],
            [(USER_TOKENS, None, True), (None, None, None)],
            id="another row of the call names the model",
        ),
        pytest.param(
            [{"request_messages": compact([USER]), "model": None, "deployment": "gpt-4o"}],
            [(USER_TOKENS, None, True)],
            id="a deployment named as its model",
        ),
        pytest.param(
            [{"request_messages": compact([USER]), "model": "grok-3"}],
            [(None, None, None)],
            id="no tokenizer, no count",
        ),
    ],
)
def test_messages_of_the_llm_log(rows: list[dict[str, Any]], counted: list[tuple[Any, Any, Any]]) -> None:
    assert llm(*rows) == counted


CALLED = {"tool_calls": [{"id": "c", "type": "function", "function": {"name": "wade", "arguments": "{}"}}]}


@pytest.mark.parametrize(
    "more",
    [{"role": "assistant", **CALLED}, {"role": "tool", "tool_call_id": "c", "content": "deep"},
     {"role": "function", "name": "wade", "content": "deep"},
     {"role": "assistant", "function_call": {"name": "wade", "arguments": "{}"}}],
    ids=["a call", "its result", "a result of 2023", "a call of 2023"],
)  # fmt: skip
def test_messages_that_show_tools_are_less_than_was_billed(more: dict[str, Any]) -> None:
    """The tools that were offered stand in no message."""
    ((plain, _, whole),) = llm({"request_messages": compact([USER])})
    ((tokens, _, shown),) = llm({"request_messages": compact([USER, more])})
    assert (whole, shown) == (True, False)
    assert tokens > plain
    assert llm({"response_messages": compact([{**ANSWER, **CALLED}])})[0][2] is False
    text = compact([USER, more])
    halves = llm({"request_messages": text[:40]}, {"request_messages": text[40:]})
    assert halves == [(tokens, None, False), (0, None, False)]


def test_pieces_of_other_calls_are_not_joined() -> None:
    (first, _, whole), (second, _, _) = llm(
        {"request_messages": SPLIT[:40]}, {"request_messages": SPLIT[40:], "correlation_id": "b"}
    )
    assert whole is False
    assert first
    assert second


def test_an_answer_costs_its_text_and_an_end_token() -> None:
    assert llm({"response_messages": compact([ANSWER])}) == [(None, 4, True)]
