"""Server-sent events to an `Answer`: Chat Completions and Completions chunks, and the events of the Responses API.

A stream is read in one pass. In nearly all streams the events are alike but for the text of one delta; such a run is
stepped over text by text (repeated.py). Where they differ in more, one regular expression over the body finds the
deltas; whatever has another shape is decoded event by event. All ways give the same answer.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from aoai_insights.tokens.chunks import ChatChunks
from aoai_insights.tokens.exchange import Answer
from aoai_insights.tokens.json_text import decode
from aoai_insights.tokens.repeated import Run, repeated_events
from aoai_insights.tokens.response_events import FINAL_EVENTS, ResponseEvents, answer_of_response


class Event(Struct, frozen=True):
    """A whole event of a Responses API stream that was cut: its bytes and the text of the answer that it carried."""

    kind: str
    """The event's `type`."""
    size: int
    """Bytes on the wire, with the blank line that ends it."""
    text: str
    padding: int = 0
    """Bytes of the random `obfuscation` that evens out the size of deltas."""


@dataclass(slots=True)
class ChatEvents:
    """The whole events of a chat stream, as the estimate of what a cut leaves out needs them."""

    size: int = 0
    """Bytes of all of them."""
    role_size: int | None = None
    """Bytes of the first that names the role."""
    delta_sizes: list[int] = field(default_factory=list)
    """Bytes of each that carries text and nothing else, with the blank line that ends it."""
    size_between: int = 0
    """Bytes of those without text that came after the first delta."""
    texts: int = 0
    """How many carried text."""
    text: str = ""
    """All their text, in order."""

    def add(self, kind: str, size: int, text: str) -> None:
        if kind == "broken":
            return
        self.size += size
        if kind == "content":
            self.delta_sizes.append(size)
        elif self.delta_sizes:
            self.size_between += size
        if kind == "role" and self.role_size is None:
            self.role_size = size
        if text:
            self.texts += 1
            self.text += text

    def add_run(self, sizes: Sequence[int], texts: Sequence[bytes], text: str) -> None:
        """Deltas of one choice; those that are not empty carry `text` together."""
        self.size += sum(sizes)
        self.text += text
        if b"" not in texts:
            self.delta_sizes += sizes
            self.texts += len(texts)
            return
        begun = bool(self.delta_sizes)
        for size, carried in zip(sizes, texts, strict=True):
            if carried:
                self.delta_sizes.append(size)
                self.texts += 1
                begun = True
            elif begun:
                self.size_between += size


class Stream(Struct, frozen=True):
    """What a stream shows. The events are there only where the stream was cut, for the estimate of the rest."""

    answer: Answer
    events: tuple[Event, ...] = ()
    """Of a Responses API stream."""
    chat: ChatEvents | None = None
    """Of a chat stream."""
    usage_expected: bool = False
    """Chunks say `"usage":null`: a usage event was asked for and would have come last."""


_FINAL = tuple(b'"type":"%b"' % name.encode() for name in FINAL_EVENTS)

_STRING = rb'("[^"\\]*+(?:\\.[^"\\]*+)*+")'


@dataclass(frozen=True, slots=True)
class _Shape:
    """A delta that a stream repeats, written as services write it: the members around one string."""

    before: bytes
    indexes: int
    """How often `"index":0` stands in an event of this shape."""

    pattern: re.Pattern[bytes]


def _shape(before: bytes, after: bytes, indexes: int) -> _Shape:
    return _Shape(before, indexes, re.compile(re.escape(before) + _STRING + re.escape(after)))


_SHAPES = (
    _shape(b'"delta":{"content":', b"}", 1),
    _shape(b'"delta":{"tool_calls":[{"index":0,"function":{"arguments":', b"}}]}", 2),
    _shape(b'"delta":{"tool_calls":[{"function":{"arguments":', b'},"index":0}]}', 2),
)


def read_stream(body: bytes) -> Stream:
    """Read a stream, whole or cut; never raises."""
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not body.startswith(_CHAT_STARTS) and _is_response_stream(body[:4096]):
        answer = _final_response(body)
        return Stream(answer) if answer else _read_response_events(body)
    return (_read_common_chunks(body) if len(body) > _FEW_BYTES else None) or _read_chunks(body)


_CHAT_STARTS = (b'data: {"choices":[', b'data: {"id":"chatcmpl-')
_FEW_BYTES = 4096
"""So much is decoded event by event sooner than a run is found in it."""


def _is_response_stream(head: bytes) -> bool:
    return head.startswith(b"event: response.") or b'"type":"response.' in head or b'"type": "response.' in head


def read_usage_event(body: bytes) -> Answer | None:
    """The answer of a whole stream that ends with a usage event, without its text; None where it ends otherwise.

    Where the service states the tokens, nobody needs the deltas: the last events say all else.
    """
    text = body.rstrip()
    if not text.endswith(b"\n\ndata: [DONE]") or b'"usage":{' not in text[-2048:]:
        return None
    start = len(text)
    for _ in range(_EVENTS_AT_THE_END):
        start = max(0, text.rfind(b"\n\n", 0, start))
    chunks = ChatChunks()
    for _, data in decoded_events(text[start:]):
        chunks.add(data)
    answer = chunks.answer(filtered=_says_filtered(body))
    return answer if answer.usage and answer.choices else None


_EVENTS_AT_THE_END = 6
"""[DONE], usage, verdicts of filters that come late, finish: enough for a stream of one choice."""


def decoded_events(body: bytes) -> Iterator[tuple[int, object]]:
    """(bytes, decoded `data`) of each event. `[DONE]` decodes to the string itself, an undecodable event to None.

    An event is a block of lines up to a blank line (WHATWG HTML, 9.2 Server-sent events); comments and blocks without
    `data` yield nothing. A log may have lost the blank lines, so data lines that are no JSON together are tried apart.
    """
    for block in body.split(b"\n\n"):
        if block.startswith(b"data: {") and b"\n" not in block:
            if not block.rstrip().endswith(b"}"):  # the event that a cut went through
                yield len(block) + 2, None
                continue
            if (only := decode(block[6:])) is not None:
                yield len(block) + 2, only
                continue
        lines = [line[5:].strip() for line in block.split(b"\n") if line.startswith(b"data:")]
        size = len(block) + 2
        whole = decode(b"\n".join(lines)) if lines and lines[0] != b"[DONE]" else None
        if whole is not None:
            yield size, whole
            continue
        for line in lines:
            yield size // len(lines), "[DONE]" if line == b"[DONE]" else decode(line)


def _read_chunks(body: bytes) -> Stream:
    chunks, events = ChatChunks(), ChatEvents()
    _add_events(chunks, events, body)
    return _stream(chunks, events, body)


def _add_events(chunks: ChatChunks, events: ChatEvents, body: bytes) -> None:
    for size, data in decoded_events(body):
        kind, text = chunks.add(data)
        events.add(kind, size, text)


def _stream(chunks: ChatChunks, events: ChatEvents, body: bytes) -> Stream:
    answer = chunks.answer(filtered=_says_filtered(body))
    if answer.complete:
        return Stream(answer)
    return Stream(answer, chat=events, usage_expected=b'"usage":null' in body)


def _read_common_chunks(body: bytes) -> Stream | None:
    """The same of a stream whose events, but for the first and last few, are deltas of one shape and choice; else None.

    The texts are joined while still escaped and decoded once.
    """
    for shape in _SHAPES:
        if shape.before in body and (first := shape.pattern.search(body)):
            break
    else:
        return None
    run = repeated_events(body, *first.span(1))
    if run is not None and len(run.after) < _LONGEST_END and _is_common(run.head + run.tail, 1, shape):
        return _read_run(run)
    before = body.rfind(b"\n\n", 0, first.start())
    start = before + 2 if before >= 0 else 0
    end = _end_of_deltas(body, shape)
    middle = body[start:end]
    texts = shape.pattern.findall(middle)
    if not _is_common(middle, len(texts), shape):
        return None
    joined = b'"' + b"".join(text[1:-1] for text in texts) + b'"'
    head = middle.partition(b"\n\n")[0]
    place = head.find(shape.before) + len(shape.before)
    one = decode(head[6:place] + joined + head[place + len(texts[0]) :])
    if one is None:
        return None
    chunks, events = ChatChunks(), ChatEvents()
    _add_events(chunks, events, body[:start])
    sizes = [len(block) + 2 for block in middle.split(b"\n\n")]
    events.add_run(sizes, [text[1:-1] for text in texts], chunks.add(one)[1])
    _add_events(chunks, events, body[end + 2 :])
    return _stream(chunks, events, body)


_LONGEST_END = 8192
"""After a run of deltas stand a few events that end the answer; if more does, it was not all of the deltas."""


def _read_run(run: Run) -> Stream | None:
    """The same where the deltas are a run."""
    one = decode(run.head[6:] + b"".join(run.texts) + run.tail)
    if one is None:
        return None
    chunks, events = ChatChunks(), ChatEvents()
    _add_events(chunks, events, run.before)
    events.add_run(run.sizes, run.texts, chunks.add(one)[1])
    _add_events(chunks, events, run.after)
    others = b"".join((run.before, run.head, run.tail, run.after))  # no text holds a member: its quotes are escaped
    return _stream(chunks, events, others)


def _end_of_deltas(body: bytes, shape: _Shape) -> int:
    """Where the last whole event with such a delta ends, without its blank line; 0 where there is none."""
    place = body.rfind(b"\n\n")
    while place > 0 and (place := body.rfind(shape.before, 0, place)) >= 0:
        last = shape.pattern.match(body, place)
        if last and (end := body.find(b"\n\n", last.end())) >= 0:
            return end
    return 0


def _is_common(middle: bytes, deltas: int, shape: _Shape) -> bool:
    """Is this `deltas` events of the shape, each with the delta of choice 0 and nothing that only one of them says?

    A pattern with quotes finds members only, never text: in a JSON string a quote is escaped.
    """
    return (
        deltas > 0
        and middle.startswith(b"data: {")
        and middle.count(b"\n") == 2 * (deltas - 1) == 2 * middle.count(b"\n\ndata: {")
        and middle.count(b'"index":0') == shape.indexes * deltas
        and middle.count(b'"service_tier":') in (0, deltas)
        and b'"finish_reason":"' not in middle
        and b'"usage":{' not in middle
    )


def _says_filtered(body: bytes) -> bool:
    return b'"filtered":true' in body or b'"filtered": true' in body


def _final_response(body: bytes) -> Answer | None:
    """The answer as the last event repeats it, so that the deltas before it need not be read."""
    start = body.rfind(b"\ndata:", 0, len(body.rstrip()))
    last = body[start + 1 :]
    if not any(mark in last[:200] for mark in _FINAL):
        return None
    events = list(decoded_events(last))
    event = events[0][1] if len(events) == 1 else None
    response = event.get("response") if isinstance(event, dict) else None
    if not isinstance(response, dict) or not response.get("output"):
        return None
    return answer_of_response(response)


def _read_response_events(body: bytes) -> Stream:
    reading = ResponseEvents()
    events = []
    for size, data in decoded_events(body):
        if isinstance(data, dict):
            text = reading.add(data)
            padding = data.get("obfuscation")
            events.append(
                Event(str(data.get("type")), size, text, len(padding) + 19 if isinstance(padding, str) else 0)
            )
    answer = reading.answer()
    return Stream(answer) if answer.complete else Stream(answer, tuple(events))
