"""Which rung of the token-source ladder the bodies of an exchange reach."""

from typing import Any

import pytest

from aoai_insights.tokens.count import count_exchange
from aoai_insights.tokens.logged import Exchange

from .bodies import (
    REQUEST,
    USAGE,
    chat_json,
    chunk,
    compact,
    message_item,
    response_events,
    response_json,
    sse,
    text_chunks,
    typed_sse,
    words,
)

WHOLE_REQUEST = compact(REQUEST)
LONG_REQUEST = compact({"messages": [{"role": "user", "content": "".join(words(3000))}]})
LONG_STREAM = sse(text_chunks(words(60)))
LONG_JSON = compact(chat_json("".join(words(2000)), usage=None))


def exchange(request: str | None, response: str | None, **facts: Any) -> Exchange:
    return Exchange(
        **{"api": "chat", "models": ("gpt-4o",)} | facts,  # type: ignore[arg-type]
        request=request.encode() if request else None,
        response=response.encode() if response else None,
    )


LADDER = [
    pytest.param(exchange(WHOLE_REQUEST, compact(chat_json("a"))), "body_usage", id="usage of a JSON body"),
    pytest.param(exchange(None, compact(chat_json("a"))), "body_usage", id="usage needs no request"),
    pytest.param(
        exchange(LONG_REQUEST[:8192], compact(chat_json("a"))), "body_usage", id="usage needs no whole request"
    ),
    pytest.param(
        exchange(WHOLE_REQUEST, sse(text_chunks(["a"], USAGE))), "stream_usage", id="the usage event of a stream"
    ),
    pytest.param(
        exchange(WHOLE_REQUEST, sse(text_chunks(["a"], USAGE), done=False)),
        "stream_usage",
        id="the usage event of a stream without its last line",
    ),
    pytest.param(
        exchange(WHOLE_REQUEST, typed_sse(response_events(["a"])), api="responses"),
        "stream_usage",
        id="the last event of a response",
    ),
    pytest.param(exchange(WHOLE_REQUEST, sse(text_chunks(["a"]))), "tokenized", id="a whole stream without usage"),
    pytest.param(exchange(WHOLE_REQUEST, compact(chat_json("a", usage=None))), "tokenized", id="whole bodies"),
    pytest.param(
        exchange(WHOLE_REQUEST, LONG_STREAM[:8192], response_total_bytes=len(LONG_STREAM)),
        "extrapolated",
        id="a cut stream of known size",
    ),
    pytest.param(exchange(WHOLE_REQUEST, LONG_STREAM[:8192]), "lower_bound", id="a cut stream of unknown size"),
    pytest.param(
        exchange(WHOLE_REQUEST, LONG_JSON[:8192], response_total_bytes=len(LONG_JSON)),
        "extrapolated",
        id="cut JSON of known size",
    ),
    pytest.param(exchange(WHOLE_REQUEST, LONG_JSON[:8192]), "lower_bound", id="cut JSON of unknown size"),
    pytest.param(
        exchange(LONG_REQUEST[:8192], sse(text_chunks(["a"])), request_total_bytes=len(LONG_REQUEST)),
        "extrapolated",
        id="a cut request of known size",
    ),
    pytest.param(
        exchange(LONG_REQUEST[:8192], sse(text_chunks(["a"]))), "lower_bound", id="a cut request of unknown size"
    ),
    pytest.param(
        exchange(LONG_REQUEST[:8192], LONG_STREAM[:8192], request_total_bytes=len(LONG_REQUEST)),
        "lower_bound",
        id="the source is that of the worse half",
    ),
    pytest.param(exchange(WHOLE_REQUEST, None), "lower_bound", id="a response that was not logged"),
    pytest.param(exchange(None, sse(text_chunks(["a"]))), "lower_bound", id="a request that was not logged"),
    pytest.param(exchange(None, None), "none", id="no bodies"),
    pytest.param(exchange("\x1f\x08\x00", "\x1f\x08\x00"), "none", id="unreadable bodies"),
    pytest.param(
        exchange(
            WHOLE_REQUEST, compact({"data": [], "usage": {"prompt_tokens": 3, "total_tokens": 3}}), api="embeddings"
        ),
        "body_usage",
        id="embeddings with usage",
    ),
    pytest.param(
        exchange(compact({"input": "grey heron"}), '{"data":[{"embedding":"AAAA', api="embeddings"),
        "tokenized",
        id="embeddings need no response",
    ),
    pytest.param(exchange(WHOLE_REQUEST, "{}", api="images"), "none", id="images have tokens by usage only"),
    pytest.param(
        exchange(WHOLE_REQUEST, compact({"usage": {"input_tokens": 3, "output_tokens": 9}}), api="images"),
        "body_usage",
        id="images with usage",
    ),
]


@pytest.mark.parametrize(("case", "source"), LADDER)
def test_the_source_is_the_rung_reached(case: Exchange, source: str) -> None:
    assert count_exchange(case).source == source


@pytest.mark.parametrize(("case", "source"), LADDER)
def test_an_interval_comes_with_every_estimate_and_only_there(case: Exchange, source: str) -> None:
    count = count_exchange(case)
    for tokens, low, high in (
        (count.prompt_tokens, count.prompt_tokens_low, count.prompt_tokens_high),
        (count.completion_tokens, count.completion_tokens_low, count.completion_tokens_high),
    ):
        if source not in ("extrapolated", "lower_bound"):
            assert low is high is None
        elif tokens is not None and high is not None:
            assert low is not None
            assert 0 <= low <= tokens <= high
        if source == "extrapolated":
            assert high is not None


def test_usage_is_taken_with_its_details() -> None:
    count = count_exchange(exchange(WHOLE_REQUEST, sse(text_chunks(["a"], USAGE))))
    assert (count.prompt_tokens, count.completion_tokens, count.cached_tokens, count.reasoning_tokens) == (20, 7, 4, 3)


@pytest.mark.parametrize(
    "response",
    [compact(chat_json("grey heron")), sse(text_chunks([" grey", " heron"], USAGE))],
    ids=["json", "stream"],
)
def test_a_hidden_usage_gives_the_count_of_a_body_without_one(response: str) -> None:
    hidden = count_exchange(exchange(WHOLE_REQUEST, response), use_usage=False)
    assert hidden.source == "tokenized"
    assert hidden.cached_tokens is None
    without = (
        compact(chat_json("grey heron", usage=None))
        if response.startswith("{")
        else sse(text_chunks([" grey", " heron"]))
    )
    bare = count_exchange(exchange(WHOLE_REQUEST, without))
    assert (hidden.prompt_tokens, hidden.completion_tokens) == (bare.prompt_tokens, bare.completion_tokens)


def test_a_count_beside_the_usage_measures_the_counter() -> None:
    response = compact(chat_json("grey heron"))
    beside = count_exchange(exchange(WHOLE_REQUEST, response), count_anyway=True)
    own = count_exchange(exchange(WHOLE_REQUEST, response), use_usage=False)
    assert (beside.source, beside.prompt_tokens, beside.completion_tokens) == ("body_usage", 20, 7)
    assert (beside.counted_prompt_tokens, beside.counted_completion_tokens) == (
        own.prompt_tokens,
        own.completion_tokens,
    )


def test_no_estimate_is_put_beside_a_usage() -> None:
    beside = count_exchange(exchange(LONG_REQUEST[:8192], compact(chat_json("a"))), count_anyway=True)
    assert beside.counted_prompt_tokens is beside.counted_completion_tokens is None


def test_a_call_that_failed_is_not_reconstructed() -> None:
    failed = count_exchange(exchange(WHOLE_REQUEST, '{"error":{"code":"content_filter"}}'), reconstruct=False)
    assert (failed.source, failed.prompt_tokens, failed.completion_tokens) == ("none", None, None)
    assert count_exchange(exchange(WHOLE_REQUEST, compact(chat_json("a"))), reconstruct=False).source == "body_usage"


@pytest.mark.parametrize(
    ("case", "notes"),
    [
        pytest.param(exchange(None, None), ("no_body",), id="nothing was logged"),
        pytest.param(exchange("\x1f\x08", "\x1f\x08"), ("unreadable_body",), id="unreadable"),
        pytest.param(exchange(WHOLE_REQUEST, None), ("response_missing",), id="no response"),
        pytest.param(exchange(None, sse(text_chunks(["a"]))), ("request_missing",), id="no request"),
        pytest.param(exchange(WHOLE_REQUEST, LONG_STREAM[:8192]), ("response_cut",), id="cut response"),
        pytest.param(exchange(LONG_REQUEST[:8192], sse(text_chunks(["a"]))), ("request_cut",), id="cut request"),
        pytest.param(
            exchange(WHOLE_REQUEST, sse([chunk({"content": "a"}, finish="stop", model="grok-3")])),
            ("no_tokenizer",),
            id="a model of another house",
        ),
        pytest.param(
            exchange(WHOLE_REQUEST, sse([chunk({"content": "a"}, finish="stop", model="o3-mini")])),
            ("reasoning_not_visible",),
            id="a model that reasons out of sight",
        ),
        pytest.param(
            exchange(
                compact(REQUEST | {"reasoning_effort": "none"}),
                sse([chunk({"content": "a"}, finish="stop", model="gpt-5.4")]),
            ),
            (),
            id="a model that was told not to reason",
        ),
    ],
)
def test_a_note_says_what_a_count_could_not_see(case: Exchange, notes: tuple[str, ...]) -> None:
    assert count_exchange(case).notes == notes


def test_reasoning_is_hidden_only_where_a_response_shows_a_reasoning_item() -> None:
    item = {"type": "reasoning", "id": "rs_1", "summary": []}
    for output, hidden in (([message_item("a")], False), ([item, message_item("a")], True)):
        body = compact(response_json("completed", output) | {"model": "gpt-5-2025-08-07"})
        notes = count_exchange(exchange(compact({"input": "a"}), body, api="responses")).notes
        assert ("reasoning_not_visible" in notes) is hidden


@pytest.mark.parametrize(
    ("said", "facts", "source"),
    [
        pytest.param("gpt-4o-2024-08-06", {"models": ("grok-3",)}, "tokenized", id="the answer's own word goes first"),
        pytest.param("", {"models": ("gpt-4o",)}, "tokenized", id="an empty model in the answer says nothing"),
        pytest.param("", {"models": ("grok-3",), "deployment": "gpt-4o"}, "none", id="the config's word is believed"),
        pytest.param(
            "", {"models": (), "deployment": "gpt-4o"}, "tokenized", id="a deployment may be named as its model"
        ),
        pytest.param("", {"models": (), "deployment": "team-blue"}, "none", id="or not"),
    ],
)
def test_the_model_that_counts(said: str, facts: dict[str, Any], source: str) -> None:
    request = compact({"messages": [{"role": "user", "content": "a"}], "model": "team-red"})
    body = sse([chunk({"content": "a"}, finish="stop", model=said)])
    assert count_exchange(exchange(request, body, **facts)).source == source


def test_facts_of_the_exchange_are_kept() -> None:
    request = compact(REQUEST | {"stream": True, "max_completion_tokens": 800})
    count = count_exchange(exchange(request, sse(text_chunks(["a"], USAGE))))
    assert (count.streamed, count.max_tokens, count.request_body_bytes) == (True, 800, len(request))
    assert (count.model, count.response_id, count.finish_reason) == ("gpt-4o-2024-08-06", "chatcmpl-heron", "stop")
    assert count.content_filtered is False
    assert count_exchange(exchange(LONG_REQUEST[:8192], None)).request_body_bytes is None
