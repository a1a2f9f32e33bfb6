"""Bodies, JSON and streams, to what they show."""

import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aoai_insights.tokens import stream as streams
from aoai_insights.tokens.answer import read_answer, read_body
from aoai_insights.tokens.chunks import ChatChunks
from aoai_insights.tokens.exchange import Choice, ToolCall, Usage

from .bodies import (
    FILTERS,
    RESPONSE_USAGE,
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
)

READ_USAGE = Usage(20, 7, 4, None, 3, 0, 0)


def call_delta(index: int, **function: str) -> dict[str, Any]:
    return {"tool_calls": [{"index": index, "id": "call_1", "type": "function", "function": function}]}


@pytest.mark.parametrize(
    ("body", "choices"),
    [
        pytest.param(
            sse(text_chunks([" grey", " heron"])), [Choice(" grey heron", finish_reason="stop")], id="text deltas"
        ),
        pytest.param(
            sse(text_chunks([" grey", " heron"]), newline="\r\n"),
            [Choice(" grey heron", finish_reason="stop")],
            id="lines that end in CRLF",
        ),
        pytest.param(
            sse(text_chunks([" grey", " heron"])).replace("\n\n", "\n\n: keep-alive\n\n"),
            [Choice(" grey heron", finish_reason="stop")],
            id="keep-alive comments",
        ),
        pytest.param(
            sse(text_chunks([" grey", " heron"])).replace("data: ", "event: message\ndata: "),
            [Choice(" grey heron", finish_reason="stop")],
            id="named events",
        ),
        pytest.param(
            sse(text_chunks([" grey", " heron"])).replace("\n\n", "\n"),
            [Choice(" grey heron", finish_reason="stop")],
            id="a log that lost the blank lines",
        ),
        pytest.param(
            sse(text_chunks([" grey", " heron"])).replace("data: ", "data:"),
            [Choice(" grey heron", finish_reason="stop")],
            id="no space after the colon",
        ),
        pytest.param(
            sse([chunk({"content": " a"}), chunk({}), chunk({"content": ""}), chunk({"content": " b"}, finish="stop")]),
            [Choice(" a b", finish_reason="stop")],
            id="empty deltas, and text in the event that finishes",
        ),
        pytest.param(
            sse([chunk({"content": " a"}), chunk({"content": " b"}), chunk({"content": " c"}, finish="length")]),
            [Choice(" a b c", finish_reason="length")],
            id="nothing but text, the last with the finish",
        ),
        pytest.param(
            sse([chunk({"content": " a"}), chunk({"content": " x"}, index=1), chunk({"content": " b"})]),
            [Choice(" a b"), Choice(" x")],
            id="two choices interleaved",
        ),
        pytest.param(
            sse(
                [
                    chunk({"role": "assistant"} | call_delta(0, name="wade", arguments="")),
                    chunk(call_delta(0, arguments='{"depth')),
                    chunk(call_delta(1, name="fly", arguments="")),
                    chunk(call_delta(0, arguments='":1}')),
                    chunk(call_delta(1, arguments="{}")),
                    chunk({}, finish="tool_calls"),
                ]
            ),
            [Choice(tool_calls=(ToolCall("wade", '{"depth":1}'), ToolCall("fly", "{}")), finish_reason="tool_calls")],
            id="parallel tool calls",
        ),
        pytest.param(
            sse(
                [
                    chunk({"function_call": {"name": "wade", "arguments": ""}}),
                    chunk({"function_call": {"arguments": "{}"}}, finish="function_call"),
                ]
            ),
            [Choice(function_call=ToolCall("wade", "{}"), finish_reason="function_call")],
            id="the older function call",
        ),
        pytest.param(
            sse([chunk({"refusal": "I can"}), chunk({"refusal": "not"}, finish="stop")]),
            [Choice(refusal="I cannot", finish_reason="stop")],
            id="a refusal",
        ),
        pytest.param(
            sse([{"id": "cmpl-1", "choices": [{"index": 0, "text": " a", "finish_reason": None}]}]),
            [Choice(" a")],
            id="a stream of Completions",
        ),
        pytest.param(
            sse(text_chunks(['"}},{"delta":{"content":"', "\\", "\n\ndata: {", "é漢🐦"])),
            [Choice('"}},{"delta":{"content":"\\\n\ndata: {é漢🐦', finish_reason="stop")],
            id="text that looks like the protocol",
        ),
        pytest.param(
            sse(text_chunks([" a", '"finish_reason":"stop"', '"index":1'])),
            [Choice(' a"finish_reason":"stop""index":1', finish_reason="stop")],
            id="text that names fields of the protocol",
        ),
        pytest.param(compact(chat_json("grey heron")), [Choice("grey heron", finish_reason="stop")], id="JSON"),
        pytest.param(
            compact(
                chat_json(None, tool_calls=[{"function": {"name": "wade", "arguments": "{}"}}], finish="tool_calls")
            ),
            [Choice(tool_calls=(ToolCall("wade", "{}"),), finish_reason="tool_calls")],
            id="JSON with a tool call",
        ),
        pytest.param(
            json.dumps({"choices": [{"text": "a", "index": 0}, {"text": "b", "index": 1}]}, indent=2),
            [Choice("a"), Choice("b")],
            id="JSON of Completions, indented",
        ),
        pytest.param('{"error":{"code":"429"}}', [], id="an error has no choices"),
    ],
)
def test_choices_are_read(body: str, choices: list[Choice]) -> None:
    answer = read_answer("chat", body)
    assert answer.complete
    assert list(answer.choices) == choices


@pytest.mark.parametrize(
    ("body", "usage"),
    [
        pytest.param(sse(text_chunks([" a", " b"], USAGE)), READ_USAGE, id="the usage event of a stream"),
        pytest.param(sse([*text_chunks([" a", " b"]), chunk({}, usage=None)]), None, id="usage null is no usage"),
        pytest.param(
            sse([chunk({"content": " a"}, usage={"prompt_tokens": 1}), chunk({"content": " b"}, usage=USAGE)]),
            READ_USAGE,
            id="of several usages in a whole stream the last",
        ),
        pytest.param(
            sse([chunk({"content": " a"}, usage={"prompt_tokens": 1}), chunk({"content": " b"})], done=False),
            None,
            id="the usage so far of a cut stream is not the call's",
        ),
        pytest.param(
            sse(text_chunks([" a"], USAGE)[-1:], done=False), READ_USAGE, id="a usage event counts in a cut stream too"
        ),
        pytest.param(typed_sse(response_events([" a", " b"])), Usage(30, 9, 0, None, 0), id="response.completed"),
        pytest.param(
            typed_sse(response_events([" a"])).replace("response.completed", "response.incomplete"),
            Usage(30, 9, 0, None, 0),
            id="response.incomplete",
        ),
        pytest.param(
            compact(response_json("completed", [message_item("a")], RESPONSE_USAGE)),
            Usage(30, 9, 0, None, 0),
            id="a response in JSON",
        ),
    ],
)
def test_a_usage_that_is_there_wins(body: str, usage: Usage | None) -> None:
    assert read_answer("chat", body).usage == usage


def test_facts_beside_the_text_are_read() -> None:
    events = text_chunks([" a", " b"], USAGE)
    events[-1]["latency_checkpoint"] = {"engine_ttft_ms": 90, "user_visible_ttft_ms": 123.4}
    events[3]["service_tier"] = "priority"
    events[4]["choices"][0]["content_filter_results"] = FILTERS | {"hate": {"filtered": True, "severity": "high"}}
    answer = read_answer("chat", sse(events))
    assert (answer.model, answer.response_id, answer.created) == ("gpt-4o-2024-08-06", "chatcmpl-heron", 1760000000)
    assert (answer.ttft_ms, answer.service_tier, answer.content_filtered) == (123, "priority", True)


@pytest.mark.parametrize(
    ("code", "filtered"), [("content_filter", True), ("content_policy_violation", True), ("429", False), (["x"], False)]
)
def test_a_refused_prompt_is_known_by_the_code_of_its_error(code: object, filtered: bool) -> None:
    body = json.dumps({"error": {"code": code, "message": "The response was filtered", "param": "prompt"}})
    assert read_answer("chat", body).content_filtered is filtered


def test_items_of_a_response_that_was_cut_are_what_its_deltas_say() -> None:
    body = typed_sse(response_events([" grey", " heron"])[:6])
    answer = read_answer("responses", body)
    assert not answer.complete
    assert [item["content"][0]["text"] for item in answer.items] == [" grey heron"]


def test_reasoning_that_was_cut_has_no_size() -> None:
    item = {"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAAA" * 300}
    events = [*response_events([])[:2], {"type": "response.output_item.added", "output_index": 0, "item": item}]
    assert "encrypted_content" not in read_answer("responses", typed_sse(events)).items[0]
    events.append({"type": "response.output_item.done", "output_index": 0, "item": item})
    assert "encrypted_content" in read_answer("responses", typed_sse(events)).items[0]


def test_a_chat_about_the_other_api_is_a_chat() -> None:
    body = sse([chunk({"content": '{"type":"response.completed"}'}), chunk({}, finish="stop")])
    assert read_answer("chat", body).choices[0].text == '{"type":"response.completed"}'


def test_items_of_a_whole_response_are_those_of_its_last_event() -> None:
    events = response_events([" grey", " heron"])
    answer = read_answer("responses", typed_sse(events))
    assert answer.items == (message_item(" grey heron"),)
    events[-1]["response"]["output"] = []
    assert read_answer("responses", typed_sse(events)).items == (message_item(" grey heron"),)


pieces = st.lists(st.text(max_size=12), min_size=1, max_size=30)
FEW = [
    " heron", ' "quoted"', " wades", "\\", " in", " the", " reeds", " and", " grey", " mud", " is", " not", " far", " near", " a", " weir",
]  # fmt: skip
ODDITIES = [
    chunk({}),
    chunk({"content": None}),
    chunk({"content": ""}),
    chunk({"refusal": "no"}),
    chunk({"content": "x"}, index=1),
    chunk({"content": "y"}, finish="length"),
    chunk({"content": "z"}, usage=USAGE),
    chunk(call_delta(0, name="wade", arguments="{}")),
    chunk({"content": "w", "role": "assistant"}),
    {"choices": [], "model": "", "id": ""},
    {"error": {"message": "overloaded"}},
    {"choices": [{"delta": {"content": "v"}, "index": 0, "finish_reason": None}]},
    {"choices": [{"delta": {"content": "u"}, "index": 1.0}], "id": 7, "created": None},
    {"choices": [{"delta": {"content": "t"}}], "model": "another"},
    chunk({"content": "s", "function_call": {}}),
    chunk({"content": "l", "refusal": "no"}),
    chunk({"content": "k"} | {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}),
    chunk({"content": "r", "tool_calls": []}, usage={}),
    chunk({"content": [{"type": "text", "text": "q"}]}),
    chunk({"content": "p"}, service_tier="flex", latency_checkpoint={"engine_ttft_ms": 90}),
    {"choices": [chunk({"content": "o"})["choices"][0], chunk({"content": "n"}, index=1)["choices"][0]]},
    {"choices": [{"delta": {}, "message": {"content": "m"}, "index": 0}]},
]
oddities = st.sampled_from(ODDITIES)
writers = st.sampled_from(
    [compact, json.dumps, lambda event: json.dumps(event, separators=(",", ":")), lambda event: json.dumps(event, ensure_ascii=False)]
)


def shown(stream: streams.Stream | None) -> streams.Stream | None:
    """The same whatever the pieces are in which its text was read."""
    if stream is None or stream.chat is None:
        return stream
    return replace(stream, chat=dataclasses.replace(stream.chat, pieces=["".join(stream.chat.pieces)]))


def event_by_event(body: bytes) -> streams.Stream | None:
    """The stream as it is when every event is decoded into all that it holds."""
    return read_with(streams._add_events, body)


def by_texts(body: bytes) -> streams.Stream | None:
    """The stream as it is when no run is looked for."""
    return read_with(streams._add_texts, body)


def read_with(add: Callable[[ChatChunks, streams.ChatEvents, bytes], None], body: bytes) -> streams.Stream | None:
    chunks, events = ChatChunks(), streams.ChatEvents()
    add(chunks, events, body)
    return shown(streams._stream(chunks, events, body))


def assert_all_ways_agree(events: list[dict[str, Any]], write: Callable[[object], str]) -> None:
    body = sse(events, write=write).encode()
    for end in (len(body), len(body) * 2 // 3):
        assert event_by_event(body[:end]) == by_texts(body[:end]) == shown(streams._read_chunks(body[:end]))


@given(
    texts=pieces, odd=st.lists(st.tuples(st.integers(0, 34), oddities), max_size=3), with_usage=st.booleans(),
    with_role=st.booleans(), write=writers,
)  # fmt: skip
def test_all_ways_to_read_a_stream_agree(
    texts: list[str], odd: list[tuple[int, dict[str, Any]]], with_usage: bool, with_role: bool, write: Callable[[object], str]
) -> None:
    events = text_chunks(texts, USAGE if with_usage else None)
    if with_role:
        events[2:-1] = [chunk({"role": "assistant", "content": text}) for text in texts]
    for place, event in odd:
        events.insert(place, event)
    assert_all_ways_agree(events, write)


@pytest.mark.parametrize("place", [2, 4, 6])
@pytest.mark.parametrize("odd", ODDITIES, ids=str)
def test_all_ways_agree_on_each_oddity(odd: dict[str, Any], place: int) -> None:
    events = text_chunks(["grey", *FEW])
    events.insert(place, odd)
    assert_all_ways_agree(events, compact)


def arguments_delta(arguments: str, call_index_last: bool) -> dict[str, Any]:
    call = {"index": 0, "function": {"arguments": arguments}}
    return chunk({"tool_calls": [dict(reversed(call.items())) if call_index_last else call]})


def arguments_chunks(texts: list[str], call_index_last: bool) -> list[dict[str, Any]]:
    deltas = [arguments_delta(text, call_index_last) for text in texts]
    return [
        chunk({"role": "assistant"} | call_delta(0, name="wade", arguments="")),
        *deltas,
        chunk({}, finish="tool_calls"),
    ]


@given(
    texts=pieces, odd=st.lists(st.tuples(st.integers(0, 34), oddities), max_size=3), call_index_last=st.booleans(),
    parallel=st.booleans(), write=writers,
)  # fmt: skip
def test_all_ways_to_read_a_stream_of_arguments_agree(
    texts: list[str], odd: list[tuple[int, dict[str, Any]]], call_index_last: bool, parallel: bool, write: Callable[[object], str]
) -> None:
    events = arguments_chunks(texts, call_index_last)
    if parallel:
        events[-1:-1] = [chunk(call_delta(1, name="fly", arguments="")), chunk(call_delta(1, arguments="{}"))]
    for place, event in odd:
        events.insert(place, event)
    assert_all_ways_agree(events, write)


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(text_chunks(["grey", *FEW], USAGE), id="text"),
        pytest.param(arguments_chunks(["grey", *FEW, "}"], False), id="arguments"),
        pytest.param(arguments_chunks(["grey", *FEW, "}"], True), id="arguments before the call's index"),
        pytest.param([chunk({"role": "assistant", "content": text}) for text in ["", "grey", *FEW]], id="the role in each"),
    ],
)
@pytest.mark.parametrize("write", [compact, json.dumps], ids=["as services write", "with blanks between"])
def test_the_usual_stream_takes_the_quick_way(events: list[dict[str, Any]], write: Callable[[object], str]) -> None:
    body = sse(events, write=write).encode()
    for end in range(body.index(b" near"), len(body), 7):
        assert streams._next_run(body[:end], 0) is not None
        assert shown(streams._read_chunks(body[:end])) == event_by_event(body[:end])


def test_a_stream_may_have_several_runs() -> None:
    verdict = {"choices": [{"content_filter_offsets": {"end_offset": 7}, "finish_reason": None, "index": 0}]}
    texts = [chunk({"content": text}) for text in ["grey", *FEW] if text]
    events = [*text_chunks(["x"])[:2], *texts, verdict, *texts, verdict, verdict, *texts, chunk({}, finish="stop")]
    body = sse(events).encode()
    starts, done = [], 0
    while (found := streams._next_run(body, done)) is not None:
        starts.append(found[0].start)
        done = found[0].start + sum(found[0].sizes)
    assert len(starts) == 3
    for end in range(0, len(body), 97):
        assert shown(streams._read_chunks(body[:end])) == event_by_event(body[:end])


def test_the_role_that_an_empty_delta_of_a_run_names_is_seen() -> None:
    events = [chunk({"role": "assistant", "content": text}) for text in ["grey", "", *FEW]]
    for event in events:
        event["choices"][0]["content_filter_results"] = {}
    body = sse(events, done=False).encode()
    assert streams._next_run(body, 0) is not None
    stream = streams._read_chunks(body)
    assert stream.chat is not None
    assert stream.chat.role_size == len(sse(events[1:2], done=False))
    assert shown(stream) == event_by_event(body)


def test_a_line_feed_inside_an_event_breaks_it() -> None:
    body = sse(text_chunks(["grey", " heron", " wades"])).replace('"content":" heron"', '"content":\n" heron"').encode()
    expected = event_by_event(body)
    assert expected is not None
    assert expected.answer.choices[0].text == "grey wades"
    assert expected == by_texts(body) == shown(streams._read_chunks(body))


def test_an_event_whose_string_never_ends_is_no_part_of_a_run() -> None:
    body = sse(text_chunks([" grey", " heron", " wades", "n", " fish"])).encode().replace(b" wades", b" wades\\")
    for end in range(body.index(b" fish"), len(body), 7):
        assert shown(streams._read_chunks(body[:end])) == event_by_event(body[:end])


def test_events_are_padded_each_by_itself() -> None:
    """What one lacks another cannot have twice: their lengths are such that together they look like two of the usual."""
    head, middle, closing = b'data: {"choices":[{"index":0,"delta":{"content":"', b'"},"finish_reason":null}],"obfuscation":"', b'"}\n\n'
    usual = head + b"hello" + middle + b"ab" + closing
    lost = b"LOST\ny\n" + b"q" * (len(middle) - 2)
    body = usual * 60 + head + lost + closing + head + b"zzz" + closing + usual + b"data: [DONE]\n\n"
    assert streams.read_stream(body).answer.choices[0].text == "hello" * 61


@pytest.mark.parametrize("write", [compact, json.dumps], ids=["as services write", "with blanks between"])
def test_the_usual_response_is_read_from_its_last_event(write: Callable[[object], str]) -> None:
    body = typed_sse(response_events([" a"]), write=write).encode()
    assert streams._final_response(body) == streams._read_response_events(body).answer


@given(pieces, st.lists(st.tuples(st.integers(0, 34), oddities), max_size=3), writers)
def test_a_stream_that_states_its_usage_need_not_be_read_for_the_rest(
    texts: list[str], odd: list[tuple[int, dict[str, Any]]], write: Callable[[object], str]
) -> None:
    events = text_chunks(texts)
    for place, event in odd:
        events.insert(place, event)
    body = sse([*events[:-1], chunk({}, finish="stop"), chunk(None, usage=USAGE)], write=write).encode()
    stated, whole = streams.read_usage_event(body), streams._read_chunks(body).answer
    if stated is None:
        assert re.search(rb'"index": ?[1-9]', body)  # of several choices all is read
        return
    assert (stated.usage, stated.model, stated.response_id) == (whole.usage, whole.model, whole.response_id)
    assert stated.choices[0].finish_reason == whole.choices[0].finish_reason


def test_what_only_the_first_events_of_a_stream_with_usage_say_is_read() -> None:
    events = [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in ["grey", *FEW]]
    events[0] |= {"id": "chatcmpl-7", "model": "gpt-4o", "service_tier": "flex", "latency_checkpoint": {"engine_ttft_ms": 90}}
    events += [chunk({}, finish="stop"), {"choices": [], "usage": USAGE}]
    events[-2] = {"choices": events[-2]["choices"]}
    body = sse(events).encode()
    stated, whole = streams.read_usage_event(body), streams._read_chunks(body).answer
    assert stated is not None
    facts = ("chatcmpl-7", "gpt-4o", "flex", 90, "stop")
    for answer in (stated, whole):
        assert (answer.response_id, answer.model, answer.service_tier, answer.ttft_ms, answer.choices[0].finish_reason) == facts


def test_of_several_choices_the_first_says_how_it_ended() -> None:
    ends = [chunk({}, index=i, finish="stop" if i else "length") for i in range(7)]
    body = sse([chunk({"content": "x"}, index=i) for i in range(7)] + ends + [chunk(None, usage=USAGE)])
    answer = read_body("chat", body.encode(), usage_is_enough=True).answer
    assert (answer.usage, answer.choices[0].finish_reason) == (READ_USAGE, "length")


def test_bytes_that_are_no_text_break_their_events_alone() -> None:
    body = sse([chunk({"content": "grey"})] * 90).encode().replace(b"grey", b"\xff").replace(b"\xff", b"grey", 9)
    assert read_body("chat", body).answer.choices[0].text.replace("\ufffd", "") == "grey" * 9


@given(pieces, st.booleans())
def test_both_ways_to_read_a_response_agree(texts: list[str], with_usage: bool) -> None:
    body = typed_sse(response_events(texts, RESPONSE_USAGE if with_usage else None)).encode()
    quick = streams._final_response(body)
    assert quick == streams._read_response_events(body).answer


def test_a_body_marked_as_a_stream_is_read_by_what_it_is() -> None:
    body = compact(chat_json("grey heron"))
    assert read_answer("chat", body, streamed=True) == read_answer("chat", body)


def test_a_byte_order_mark_and_blank_lines_before_the_body_do_not_matter() -> None:
    body = compact(chat_json("grey heron"))
    assert read_answer("chat", "\ufeff\r\n " + body) == read_answer("chat", body)


def test_a_model_that_is_no_name_is_not_kept() -> None:
    answer = read_answer("chat", compact(chat_json("a") | {"model": "x" * 5000}))
    assert answer == replace(read_answer("chat", compact(chat_json("a"))), model=None)


@pytest.mark.parametrize(
    ("last", "known"),
    [
        ('event: response.completed\ndata: {"type":"response.completed","response":{"usage":%s,"metad', True),
        ('data: {"choices":[],"usage":%s,"mod', True),
        ('data: {"choices":[],"usage":%s', True),
        ('data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tok', False),
    ],
    ids=["in a Responses stream", "in a chat stream", "right behind it", "within it: not known"],
)
def test_a_stream_that_was_cut_behind_its_usage_states_it(last: str, known: bool) -> None:
    usage = '{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12}'
    text = 'data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n' + last.replace("%s", usage)
    answer = read_answer("chat", text)
    assert (answer.usage is not None) == known
    assert not answer.complete
