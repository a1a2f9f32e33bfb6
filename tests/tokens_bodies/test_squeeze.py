"""Streams that are shortened inside their log records say what they said before."""

import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aoai_insights.tokens.answer import read_body
from aoai_insights.tokens.squeeze import squeeze

from .bodies import USAGE, chunk, compact, sse, text_chunks
from .test_answers import arguments_chunks, oddities, writers

TEXTS = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(["", '"', "\\", '\\"', '"}', "\n\n", '\\\\"', "data: {", '"},"finish_reason":null', "\u2028", "😀", "é"]),
    ),
    min_size=1,
    max_size=40,
)
PADS = st.lists(st.text("abcXYZ019", max_size=9), min_size=50, max_size=50)


def line_of(body: str, ascii_only: bool = False, after: str = "") -> bytes:
    record = {"category": "GatewayLogs", "properties": {"backendRequestBody": "{" + " " * 25_000, "backendResponseBody": body}}
    return json.dumps(record | {"note": after}, ensure_ascii=ascii_only).encode("utf-8", "replace")


def body_of(line: bytes) -> str:
    body: str = json.loads(line)["properties"]["backendResponseBody"]
    return body


def assert_says_the_same(body: str, ascii_only: bool = False, after: str = "") -> bytes:
    line = line_of(body, ascii_only, after)
    short = squeeze(line)
    assert json.loads(short)["properties"]["backendRequestBody"] == "{" + " " * 25_000
    was, now = (read_body("chat", body_of(one).encode("utf-8", "replace")) for one in (line, short))
    assert (now.form, now.answer) == (was.form, was.answer)
    if not was.answer.complete:
        assert now.stream == was.stream
    return short


def padded(events: list[dict[str, Any]], pads: list[str]) -> list[dict[str, Any]]:
    return [event | {"obfuscation": pad} for event, pad in zip(events, pads, strict=False)] + events[len(pads) :]


@settings(deadline=None, max_examples=300)
@given(
    texts=TEXTS, odd=st.lists(st.tuples(st.integers(0, 40), oddities), max_size=3), usage=st.booleans(), pads=st.none() | PADS,
    arguments=st.booleans(), write=writers, ascii_only=st.booleans(), share=st.sampled_from([1.0, 1.0, 0.9, 0.5]),
    after=st.sampled_from(["", "\n\ndata: [DONE]\n\n"]),
)  # fmt: skip
def test_a_shortened_stream_says_the_same(
    texts: list[str], odd: list[tuple[int, Any]], usage: bool, pads: list[str] | None, arguments: bool, write: Callable[[object], str],
    ascii_only: bool, share: float, after: str,
) -> None:  # fmt: skip
    events = arguments_chunks(texts, False) if arguments else text_chunks(texts, USAGE if usage else None)
    for place, event in odd:
        events.insert(place, event)
    body = sse(events if pads is None else padded(events, pads), write=write)
    assert_says_the_same(body[: round(len(body) * share)], ascii_only, after)


def two_choices(word: str) -> dict[str, Any]:
    return chunk({}) | {"choices": [*chunk({"content": word})["choices"], *chunk({"content": "x"}, index=1)["choices"]]}


def named_call(arguments: str) -> dict[str, Any]:
    return chunk({"tool_calls": [{"index": 0, "function": {"arguments": arguments, "name": "x"}}]})


WORDS = [f" word{i % 7}" for i in range(100)]
MANY_WORDS = WORDS * 12
"""Their events are more than is searched at once."""


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(text_chunks(WORDS), id="text"),
        pytest.param(text_chunks(MANY_WORDS), id="a long text"),
        pytest.param(padded(text_chunks(MANY_WORDS), ["x" * (i % 11) for i in range(1200)]), id="a long text with padding"),
        pytest.param(text_chunks(['"' + word + "\\" for word in WORDS]), id="text with quotes and backslashes"),
        pytest.param(text_chunks(WORDS, USAGE), id="text, and its usage"),
        pytest.param(padded(text_chunks(WORDS), ["x" * (i % 11) for i in range(99)]), id="text with random padding"),
        pytest.param(arguments_chunks(WORDS, False), id="arguments of a call"),
        pytest.param(arguments_chunks(WORDS, True), id="arguments of a call before its index"),
        pytest.param([chunk({"role": "assistant", "content": word}) for word in WORDS], id="the role in every event"),
    ],
)
@pytest.mark.parametrize("write", [compact, json.dumps], ids=["as services write", "with blanks between"])
def test_the_usual_streams_become_short(events: list[dict[str, Any]], write: Callable[[object], str]) -> None:
    body = sse(events, write=write)
    assert len(body_of(assert_says_the_same(body)).encode()) < 0.2 * len(body.encode())


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(sse(text_chunks(WORDS))[:8192], id="a stream that was cut"),
        pytest.param(sse([chunk({"content": word}, index=i % 2) for i, word in enumerate(WORDS)]), id="choices that alternate"),
        pytest.param(sse([chunk({"content": word}, finish="stop") for word in WORDS]), id="a finish in every event"),
        pytest.param(sse([chunk({"content": word}, usage=USAGE) for word in WORDS]), id="a usage in every event"),
        pytest.param(sse([chunk({"content": word, "refusal": "no"}) for word in WORDS]), id="a refusal beside each text"),
        pytest.param(sse([chunk({"content": word, "tool_calls": [{}]}) for word in WORDS]), id="a call beside each text"),
        pytest.param(sse([two_choices(word) for word in WORDS]), id="two choices in every event"),
        pytest.param(sse([named_call(word) for word in WORDS]), id="a name beside all arguments"),
        pytest.param(json.dumps({"text": sse(text_chunks(WORDS))}), id="a stream quoted in a JSON answer"),
        pytest.param("no stream at all " * 500, id="no stream"),
    ],
)
def test_what_is_no_whole_run_stays_as_it_is(body: str) -> None:
    assert squeeze(line_of(body)) == line_of(body)


@pytest.mark.parametrize("key", ["content", "requestBody", "backendRequestBody", "myResponseBodyText", "text"])
@pytest.mark.parametrize("write", [compact, json.dumps], ids=["as services write", "with blanks between"])
def test_a_stream_that_is_quoted_stays_as_it_is(key: str, write: Callable[[object], str]) -> None:
    """Whoever asks a model about a stream pays for its text."""
    said = [{"role": "user", key: sse(text_chunks(WORDS), write=write)}]
    line = json.dumps({"properties": {"backendRequestBody": {"messages": said}, "note": " " * 25_000}}).encode()
    assert squeeze(line) == line
    inside = said[0][key].replace("word3", '\n\n"data: [DONE]')
    line = json.dumps({"properties": {"backendResponseBody": {"choices": [{"message": inside}]}, "note": " " * 25_000}}).encode()
    assert squeeze(line) == line


@pytest.mark.parametrize("key", ["backendResponseBody", "responseBody", "BackendResponseBody", "backendResponseBody_s"])
def test_the_stream_of_a_response_body_becomes_short_whatever_its_source_calls_it(key: str) -> None:
    body = sse(text_chunks(WORDS))
    for line in (json.dumps({key: body, "note": " " * 9_000}), json.dumps({key: body, "note": 1}, separators=(",", ":"))):
        assert len(squeeze(line.encode())) < len(line) - 0.8 * len(body)


@pytest.mark.parametrize("behind", ["n", "\\", "\n\nx", '"'])
def test_a_stream_that_goes_on_behind_its_end_stays_as_it_is(behind: str) -> None:
    line = line_of(sse(text_chunks(WORDS)).rstrip() + behind)
    assert squeeze(line) == line


def test_a_quote_inside_a_run_that_ends_the_body_costs_no_more_than_other_text() -> None:
    head, closing = 'data: {\\"choices\\":[{\\"index\\":0,\\"delta\\":{\\"content\\":\\"', '\\"}}]}\\n\\n'
    line = ('{"category":"GatewayLogs","responseBody":"' + head + "q" + closing + (head + 'a","k":"b' + closing) * 10_000 + '"}').encode()
    json.loads(line)
    assert splits_of(line) < 100


def splits_of(line: bytes) -> int:
    """How often a window of the line was split while it was read."""
    splits = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal splits
        splits += event == "call" and frame.f_code.co_name == "_strings"

    sys.setprofile(count)
    try:
        assert squeeze(line) == line
    finally:
        sys.setprofile(None)
    return splits


@pytest.mark.parametrize(
    "after",
    [
        pytest.param('", "note": "the stream ends with\\n\\ndata: [DONE]\\n\\n"}', id="another field of its record"),
        pytest.param('"}, ' + json.dumps({"body": sse(text_chunks(["no"]))}), id="the next record of its batch"),
    ],
)
def test_a_cut_stream_stays_as_it_is_whatever_stands_behind_it(after: str) -> None:
    cut = json.dumps(sse(text_chunks(WORDS))[:20_000])[:-1]
    line = ("[{" + " " * 25_000 + '"body": ' + cut + after + "]").encode()
    assert squeeze(line) == line
    json.loads(line)


@pytest.mark.parametrize("broken", ["\x01", "\\x", "\\ud83d", "\n"])
def test_a_stream_with_an_event_that_is_no_json_loses_that_event_alone(broken: str) -> None:
    good, other = (sse([chunk({"content": word}) for word in WORDS]) for _ in range(2))
    ended = sse([chunk({}, finish="stop")])
    spoilt = good.partition("data: [DONE]")[0].replace(" word3", broken, 1) + other.partition("data: [DONE]")[0] + ended
    assert "data: [DONE]" in spoilt
    assert_says_the_same(spoilt)
    body = body_of(squeeze(line_of(spoilt)))
    answer = read_body("chat", body.encode("utf-8", "replace")).answer
    assert len(answer.choices[0].text) >= 6 * (2 * len(WORDS) - 1)


def test_every_stream_of_a_batch_becomes_short() -> None:
    body = sse(text_chunks(WORDS))
    batch = b'{"records": [' + b",".join([line_of(body)] * 3) + b"]}"
    records = json.loads(squeeze(batch))["records"]
    assert [len(body_of(json.dumps(record).encode())) for record in records] == [len(body_of(squeeze(line_of(body))))] * 3


def test_the_bytes_of_no_record_are_left_alone() -> None:
    line = line_of(sse(text_chunks(WORDS)))
    assert squeeze(line[:24_000]) == line[:24_000]
    for end in range(26_000, len(line), 997):
        with pytest.raises(ValueError, match=r".*"):
            json.loads(squeeze(line[:end]))
