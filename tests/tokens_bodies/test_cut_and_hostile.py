"""Bodies that end anywhere, and bodies written to break a reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aoai_insights.tokens.answer import read_answer, read_body
from aoai_insights.tokens.count import count_exchange
from aoai_insights.tokens.json_text import decode_cut, drop_half_character
from aoai_insights.tokens.logged import Exchange
from aoai_insights.tokens.request import read_request

from .bodies import REQUEST, USAGE, chat_json, chunk, compact, response_events, sse, text_chunks, typed_sse

TEXT = 'The grey heron\nsaid "é漢🐦" \\ and flew'
JSON_BODY = compact(chat_json(TEXT)).encode()
STREAM = sse(text_chunks([" grey", " hér🐦on", ' "x"'], USAGE)).encode()
RESPONSE_STREAM = typed_sse(response_events([" grey", " hér🐦on"])).encode()


def text_of(body: bytes) -> str:
    answer = read_body("chat", body).answer
    items = [part["text"] for item in answer.items for part in item.get("content", [])]
    return "".join(choice.text for choice in answer.choices) + "".join(items)


@pytest.mark.parametrize("whole", [JSON_BODY, STREAM, RESPONSE_STREAM], ids=["json", "stream", "response stream"])
def test_of_a_body_cut_anywhere_the_text_seen_begins_the_whole_text(whole: bytes) -> None:
    full = text_of(whole)
    for end in range(len(whole) - 1):
        assert full.startswith(text_of(whole[:end])), end


def test_the_usage_of_a_cut_json_body_counts_only_once_all_of_it_was_seen() -> None:
    body = compact({"usage": USAGE} | chat_json(TEXT, usage=None)).encode()
    closes = body.index(b'"choices"') - 1
    for end in range(1, len(body)):
        answer = read_body("chat", body[:end]).answer
        assert not answer.complete
        assert (answer.usage is not None) == (end >= closes), end


def test_the_usage_event_of_a_cut_stream_counts_only_once_all_of_it_was_seen() -> None:
    end = STREAM.index(b"data: [DONE]")
    assert read_body("chat", STREAM[: end - 3]).answer.usage is None
    assert read_body("chat", STREAM[: end - 2]).answer.usage is not None


def test_a_stream_without_its_last_line_is_whole_when_every_choice_is_finished() -> None:
    body = sse(text_chunks([" grey", " heron"]), done=False)
    assert read_answer("chat", body).complete
    assert not read_answer("chat", body[: body.rindex("data:")]).complete
    two = [chunk({"content": "a"}), chunk({"content": "b"}, index=1), chunk({}, finish="stop")]
    assert not read_answer("chat", sse(two, done=False)).complete
    assert read_answer("chat", sse([*two, chunk({}, index=1, finish="stop")], done=False)).complete


@pytest.mark.parametrize(
    ("body", "left"),
    [
        pytest.param(b"gr\xc3", b"gr", id="half of two bytes"),
        pytest.param(b"gr\xe6\xbc", b"gr", id="two of three bytes"),
        pytest.param(b"gr\xf0\x9f\x90", b"gr", id="three of four bytes"),
        pytest.param("gr\ufffd".encode(), b"gr", id="a replacement character"),
        pytest.param("gré".encode(), "gré".encode(), id="a whole character stays"),
        pytest.param(b"", b"", id="nothing"),
    ],
)
def test_the_character_at_the_cut_is_dropped(body: bytes, left: bytes) -> None:
    assert drop_half_character(body) == left


def test_half_a_surrogate_pair_at_the_cut_is_dropped() -> None:
    assert decode_cut(b'{"a":"x \\ud83d') == {"a": "x "}


HOSTILE = [
    pytest.param(b"[" * 100_000, id="a hundred thousand brackets"),
    pytest.param(b'{"a":' * 100_000, id="a hundred thousand objects"),
    pytest.param(b'{"choices":' + b"[" * 5_000 + b"]" * 5_000 + b"}", id="deep but balanced"),
    pytest.param(b"data: " + b"[" * 100_000 + b"\n\n", id="a stream of brackets"),
    pytest.param(b"data: " + b"x" * 1_000_000 + b"\n\ndata: [DONE]\n\n", id="a line of a megabyte"),
    pytest.param(b"data: \n\n" * 20_000, id="twenty thousand empty events"),
    pytest.param(b'data: {"delta":{"content":"' * 20_000, id="twenty thousand openings"),
    pytest.param(b'data: {"delta":{"content":"x"}' * 20_000 + b"\n\n", id="twenty thousand deltas in one event"),
    pytest.param(b'data: {"delta":{"content":"x"}\n\n' * 20_000, id="twenty thousand events that are no JSON"),
    pytest.param(b'{"usage":{' * 20_000, id="twenty thousand usages"),
    pytest.param(b'{"usage":{"prompt_tokens":NaN,"completion_tokens":Infinity}}', id="not a number"),
    pytest.param(b'{"choices":[{"message":{"content":"\\ud800"},"finish_reason":"stop"}]}', id="half a surrogate pair"),
    pytest.param(b'{"choices":[{"index":1e400,"delta":{"content":7}}],"created":1e99,"model":[]}', id="wrong types"),
    pytest.param(b'{"choices":{"a":1},"usage":[1],"output":"x"}', id="objects for arrays"),
    pytest.param(b'data: {"choices":[{"index":-5,"delta":[]}, null, 3]}\n\n', id="wrong types in a stream"),
    pytest.param(
        b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta",'
        b'"output_index":9007199254740990,"content_index":9007199254740990,"delta":"x"}\n\n',
        id="an index beyond memory",
    ),
    pytest.param(b"\x1f\xef\xbf\xbd\x08\x00\xef\xbf\xbd", id="gzip forced into a string"),
    pytest.param(b"\x00" * 5_000, id="zero bytes"),
    pytest.param(b"<html>Bad gateway</html>", id="a page of HTML"),
    pytest.param(b'{"messages":"x","model":{"a":1},"stream":"yes","max_tokens":"many"}', id="a request of wrong types"),
]


@pytest.mark.parametrize("body", HOSTILE)
def test_no_body_breaks_the_reader(body: bytes) -> None:
    read_body("chat", body)
    read_request(body)
    exchange = Exchange(api="chat", request=compact(REQUEST).encode(), response=body, models=("gpt-4o",))
    assert count_exchange(exchange).source in ("tokenized", "lower_bound", "none")


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"data: ", b"{", b'data: {"choices":[', b'{"choices":[{"message":'])
)
def test_no_bytes_break_the_reader(tail: bytes, head: bytes) -> None:
    read_body("chat", head + tail)
    read_request(head + tail)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    read_answer("responses", text, streamed=True)
