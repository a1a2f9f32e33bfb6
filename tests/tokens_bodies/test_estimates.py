"""How near an estimate of a cut body comes to the count of the whole one."""

from typing import Any

import pytest

from aoai_insights.tokens.count import Count, count_exchange
from aoai_insights.tokens.logged import Exchange

from .bodies import (
    RESPONSE_USAGE,
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

REQUEST = compact({"messages": [{"role": "user", "content": "Where do herons sleep?"}]})
RESPONSE_REQUEST = compact({"input": "Where do herons sleep?"})


def counted(api: Any, request: str, response: str, limit: int | None = None, **facts: Any) -> Count:
    body = response.encode()
    return count_exchange(
        Exchange(
            api=api,
            request=request.encode(),
            response=body[:limit],
            models=("gpt-4o",),
            response_total_bytes=len(body),
            **facts,
        ),
        use_usage=False,
    )


@pytest.mark.parametrize(
    ("api", "request_body", "response"),
    [
        pytest.param("chat", REQUEST, sse(text_chunks(words(150))), id="a chat stream"),
        pytest.param("chat", REQUEST, sse(text_chunks(words(150), USAGE)), id="a chat stream with a usage event"),
        pytest.param("chat", REQUEST, sse(text_chunks(words(1500))), id="a very long chat stream"),
        pytest.param("chat", REQUEST, sse(call_chunks(words(150))), id="a stream of a tool call"),
        pytest.param(
            "chat", REQUEST, sse(text_chunks(["".join(words(9))] * 40)), id="a stream of nine tokens an event"
        ),
        pytest.param("responses", RESPONSE_REQUEST, typed_sse(response_events(words(60))), id="a response stream"),
        pytest.param(
            "responses", RESPONSE_REQUEST, typed_sse(response_events(words(900))), id="a long response stream"
        ),
        pytest.param("chat", REQUEST, compact(chat_json("".join(words(4000)))), id="chat JSON"),
    ],
)
def test_an_estimate_is_near_the_count_of_the_whole(api: str, request_body: str, response: str) -> None:
    whole = counted(api, request_body, response)
    cut = counted(api, request_body, response, 8192)
    assert (whole.source, cut.source) == ("tokenized", "extrapolated")
    assert whole.completion_tokens is not None
    assert cut.completion_tokens == pytest.approx(whole.completion_tokens, rel=0.03)
    assert cut.completion_tokens_low is not None
    assert cut.completion_tokens_high is not None
    assert cut.completion_tokens_low <= whole.completion_tokens <= cut.completion_tokens_high


def test_the_text_of_a_response_that_is_closed_before_the_cut_is_known_to_the_token() -> None:
    response = typed_sse(response_events(words(12)))
    cut = response.index("event: response.content_part.done") + 40
    count = counted("responses", RESPONSE_REQUEST, response, cut)
    whole = counted("responses", RESPONSE_REQUEST, response)
    assert count.source == "extrapolated"
    assert count.completion_tokens == whole.completion_tokens == count.completion_tokens_low


def call_item(status: str, arguments: str, index: int) -> dict[str, Any]:
    names = {"id": f"fc_{index}" + "a" * 50, "type": "function_call", "status": status, "name": "wade"}
    return names | {"call_id": "call_" + "a" * 24, "arguments": arguments}


def response_of_calls(calls: int) -> str:
    arguments = '{"depth_in_centimetres":12,"water":"lake"}'
    opening = {"id": "resp_1", "object": "response", "model": "gpt-4o-2024-08-06", "output": [], "usage": None}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": opening},
        {"type": "response.in_progress", "response": opening},
    ]
    for i in range(calls):
        place = {"item_id": f"fc_{i}" + "a" * 50, "output_index": i}
        events.append({"type": "response.output_item.added", **place, "item": call_item("in_progress", "", i)})
        events += [
            {"type": "response.function_call_arguments.delta", **place, "delta": arguments[j : j + 4]}
            for j in range(0, len(arguments), 4)
        ]
        events.append({"type": "response.function_call_arguments.done", **place, "arguments": arguments})
        events.append({"type": "response.output_item.done", **place, "item": call_item("completed", arguments, i)})
    output = [call_item("completed", arguments, i) for i in range(calls)]
    events.append({"type": "response.completed", "response": opening | {"output": output, "usage": RESPONSE_USAGE}})
    return typed_sse(events)


@pytest.mark.parametrize("usage", [None, USAGE], ids=["without", "with"])
def test_the_usage_event_that_will_come_is_no_text(usage: dict[str, Any] | None) -> None:
    response = sse(text_chunks(words(26), usage))
    whole = counted("chat", REQUEST, response)
    assert counted("chat", REQUEST, response, 8192).completion_tokens == whole.completion_tokens


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_bytes_behind_a_closed_call_tell_how_many_calls_follow(calls: int) -> None:
    response = response_of_calls(calls)
    limit = response.index("event: response.output_item.done") + 20
    whole = counted("responses", RESPONSE_REQUEST, response)
    cut = counted("responses", RESPONSE_REQUEST, response, limit)
    assert cut.source == "extrapolated"
    assert cut.completion_tokens == pytest.approx(whole.completion_tokens, rel=0.15)


def test_reasoning_told_from_its_size_is_an_estimate_in_a_whole_body_too() -> None:
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA" + "x" * 3000}
    body = response_json("completed", [reasoning, message_item("In trees.")]) | {"model": "gpt-5-2025-08-07"}
    count = counted("responses", RESPONSE_REQUEST, compact(body))
    assert count.source == "extrapolated"
    assert count.reasoning_tokens
    assert count.completion_tokens_low is not None
    assert count.completion_tokens_high is not None
    assert count.completion_tokens is not None
    assert count.completion_tokens_low < count.completion_tokens < count.completion_tokens_high
    assert count.prompt_tokens_low == count.prompt_tokens == count.prompt_tokens_high


def test_an_uncertain_size_widens_the_interval() -> None:
    response = sse(text_chunks(words(150)))
    known = counted("chat", REQUEST, response, 8192)
    vague = counted("chat", REQUEST, response, 8192, response_spread_bytes=3000)
    assert known.completion_tokens == vague.completion_tokens
    assert vague.completion_tokens_high > known.completion_tokens_high  # type: ignore[operator]
    assert vague.completion_tokens_low < known.completion_tokens_low  # type: ignore[operator]


def test_more_missing_bytes_never_mean_fewer_tokens() -> None:
    response = sse(text_chunks(words(150))).encode()[:8192]
    estimates = []
    for total in range(8192, 80_000, 997):
        count = count_exchange(
            Exchange("chat", REQUEST.encode(), response, models=("gpt-4o",), response_total_bytes=total)
        )
        estimates.append(count.completion_tokens or 0)
    assert estimates == sorted(estimates)
    assert estimates[0] < estimates[-1]


@pytest.mark.parametrize("limit", [2048, 4096, 8192])
def test_a_cut_request_is_extended_by_its_own_bytes_per_token(limit: int) -> None:
    messages = [{"role": "user", "content": "".join(words(150))} for _ in range(20)]
    request = compact({"messages": messages}).encode()
    response = sse(text_chunks(words(5))).encode()
    facts: dict[str, Any] = {"api": "chat", "response": response, "models": ("gpt-4o",)}
    whole = count_exchange(Exchange(request=request, **facts))
    cut = count_exchange(Exchange(request=request[:limit], request_total_bytes=len(request), **facts))
    assert whole.prompt_tokens is not None
    assert cut.prompt_tokens == pytest.approx(whole.prompt_tokens, rel=0.03)
    assert cut.prompt_tokens_low is not None
    assert cut.prompt_tokens_high is not None
    assert cut.prompt_tokens_low <= whole.prompt_tokens <= cut.prompt_tokens_high


def test_a_request_cut_within_an_image_is_a_lower_bound() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "iVBORw0KGgo" * 2000}}
    request = compact({"messages": [{"role": "user", "content": [{"type": "text", "text": "See"}, image]}]}).encode()
    count = count_exchange(
        Exchange(
            "chat",
            request[:8192],
            sse(text_chunks(words(5))).encode(),
            models=("gpt-4o",),
            request_total_bytes=len(request),
        )
    )
    assert count.source == "lower_bound"
