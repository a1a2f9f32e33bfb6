"""No family of models, no API and no cut breaks the counting. A compiled module checks types that an interpreter ignores,
and what fails is counted as failed: a note, and no tokens."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aoai_insights.tokens.count import count_exchange
from aoai_insights.tokens.glance import glance
from aoai_insights.tokens.logged import Exchange
from aoai_insights.tokens.request import read_request

from .bodies import (
    REQUEST,
    USAGE,
    call_chunks,
    chat_json,
    compact,
    message_item,
    response_events,
    response_json,
    sse,
    text_chunks,
    typed_sse,
    words,
)

MODELS = ("gpt-35-turbo", "gpt-4", "gpt-4o", "gpt-4.1-mini", "o1-preview", "o3-mini", "gpt-5", "gpt-5.4", "gpt-oss-120b")
TOOL = {"type": "function", "function": {"name": "wade", "parameters": {"type": "object", "properties": {"deep": {"type": "boolean"}}}}}
BODIES = {
    ("chat", "JSON"): chat_json("grey heron", usage=None),
    ("chat", "with usage"): chat_json("grey heron"),
    ("chat", "stream"): sse(text_chunks(words(40))),
    ("chat", "short stream"): sse(text_chunks(["grey", " heron"])),
    ("chat", "stream of a call"): sse(call_chunks(["{", '"deep"', ":true}"])),
    ("responses", "JSON"): response_json("completed", [message_item("grey heron")]),
    ("responses", "stream"): typed_sse(response_events(["grey", " heron"], None)),
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("api", "form"), BODIES)
def test_no_cut_breaks_the_counting(api: str, form: str, model: str) -> None:
    body = BODIES[api, form]
    whole = (body if isinstance(body, str) else compact(body)).encode()
    asked = REQUEST | {"model": model, "tools": [TOOL]}
    request = compact(asked if api == "chat" else {"model": model, "input": "grey heron", "tools": [TOOL["function"] | {"type": "function"}]})
    for size in {*range(0, len(whole), 7), len(whole)}:
        for given_request in (request.encode(), request.encode()[: len(request) // 2], None):
            for stated in (True, False):
                exchange = Exchange(
                    api=api, request=given_request, response=whole[:size], models=(model,), response_total_bytes=len(whole)
                )
                count = count_exchange(exchange, use_usage=stated, count_anyway=stated)
                assert "counting_failed" not in count.notes, (size, count)


STRANGE = st.sampled_from([None, True, 1, 1.5, 0, "gpt-4o", "5", [], {}, [1], {"a": 1}])


@given(st.dictionaries(st.sampled_from(["model", "stream", "max_tokens", "max_completion_tokens", "max_output_tokens", "n"]), STRANGE))
def test_a_glance_sees_what_reading_the_whole_request_sees(request: dict[str, object]) -> None:
    body = json.dumps(request).encode()
    seen, read = glance(body), read_request(body)
    assert (seen.whole, seen.size, seen.model, seen.streamed) == (read.whole, read.size, read.model, read.streamed)
    assert seen.max_tokens == read.max_tokens


def test_usage_beside_a_request_of_odd_types_counts() -> None:
    body = compact(chat_json("grey heron")).encode()
    count = count_exchange(Exchange(api="chat", request=b'{"model":5,"stream":"yes","max_tokens":"7"}', response=body))
    assert (count.source, count.prompt_tokens, count.completion_tokens) == ("body_usage", USAGE["prompt_tokens"], USAGE["completion_tokens"])
    assert (count.requested_model, count.max_tokens) == (None, None)
