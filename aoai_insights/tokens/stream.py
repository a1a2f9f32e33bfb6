"""Server-sent events to an `Answer`: Chat Completions and Completions chunks, and the events of the Responses API.

A stream is read in one pass. In nearly all streams the events are alike but for the text of one delta; such a run is
split at what its events repeat (repeated.py). Other events are decoded each by itself: one that says a text and nothing
else into what it says, any other into all that it holds. All ways give the same answer.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from msgspec import Struct
from stringzilla import find

from aoai_insights.tokens.chunks import ChatChunks
from aoai_insights.tokens.exchange import Answer
from aoai_insights.tokens.json_text import decode
from aoai_insights.tokens.lone_delta import DELTA, is_lone_delta
from aoai_insights.tokens.repeated import Run, end_of_string, repeated_events
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
    pieces: list[str] = field(default_factory=list)
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
            self.pieces.append(text)

    def add_run(self, sizes: Sequence[int], texts: Sequence[bytes], text: str, *, with_role: bool) -> None:
        """Deltas of one choice; those that are not empty carry `text` together. `with_role`: each names the role."""
        self.size += sum(sizes)
        self.pieces.append(text)
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
                continue
            if begun:
                self.size_between += size
            if with_role and self.role_size is None:
                self.role_size = size


class Stream(Struct, frozen=True):
    """What a stream shows. The events are there only where the stream was cut, for the estimate of the rest."""

    answer: Answer
    events: tuple[Event, ...] = ()
    """Of a Responses API stream."""
    chat: ChatEvents | None = None
    """Of a chat stream."""
    usage_expected: bool = False
    """Chunks say `"usage":null`: a usage event was asked for and would have come last."""


_FINAL = tuple(b'"type":%b"%b"' % (blank, name.encode()) for name in FINAL_EVENTS for blank in (b"", b" "))


def read_stream(body: bytes) -> Stream:
    """Read a stream, whole or cut; never raises."""
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not body.startswith(_CHAT_STARTS) and _is_response_stream(body[:4096]):
        answer = _final_response(body)
        return Stream(answer) if answer else _read_response_events(body)
    return _read_chunks(body)


_CHAT_STARTS = (b'data: {"choices":[', b'data: {"id":"chatcmpl-')


def _is_response_stream(head: bytes) -> bool:
    return head.startswith(b"event: response.") or b'"type":"response.' in head or b'"type": "response.' in head


def read_usage_event(body: bytes) -> Answer | None:
    """The answer of a whole stream that ends with a usage event, without its text; None where it ends otherwise.

    Where the service states the tokens, nobody needs the deltas: the first and last events say all else.
    """
    text = body.rstrip()
    end = text[-2048:]
    if not end.endswith(b"\n\ndata: [DONE]") or (b'"usage":{' not in end and b'"usage": {' not in end):
        return None
    start = len(text)
    for _ in range(_EVENTS_AT_THE_END):
        start = max(0, text.rfind(b"\n\n", 0, start))
    if _ANOTHER_CHOICE.search(text, start):
        return None  # the first may have ended before
    chunks = ChatChunks()
    for _, data in decoded_events(b"\n\n".join((*text[:start].split(b"\n\n", 2)[:2], text[start:]))):
        chunks.add(data)
    answer = chunks.answer(filtered=_says_filtered(body))
    ended = answer.choices and answer.choices[0].finish_reason
    return answer if answer.usage and ended and answer.model and answer.response_id else None


_ANOTHER_CHOICE = re.compile(rb'"index": ?[1-9]')
_EVENTS_AT_THE_END = 6
"""[DONE], usage, verdicts of filters that come late, finish: enough for a stream of one choice. What is said once only
is said here or in the first two events."""


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
    """Runs of deltas at once, what stands between them event by event."""
    chunks, events = ChatChunks(), ChatEvents()
    others, done = [], 0
    while len(body) - done > _FEW_BYTES and (found := _next_run(body, done)) is not None:
        run, one = found
        between = body[done : run.start]
        _add_events(chunks, events, between)
        _, text = chunks.add(one)
        events.add_run(run.sizes, run.texts, text, with_role="role" in one["choices"][0]["delta"])
        others += [between, run.head, run.tail]
        done = run.start + sum(run.sizes)
    rest = body[done:]
    (_add_texts if len(rest) > _FEW_BYTES else _add_events)(chunks, events, rest)
    others.append(rest)
    return _stream(chunks, events, b"".join(others))  # no text holds a member: its quotes are escaped


_FEW_BYTES = 4096
"""So much is decoded into all that it holds sooner than runs or texts are found in it."""


def _next_run(body: bytes, start: int) -> tuple[Run, Any] | None:
    """A run that begins soon behind `start`, and one decoded event that says what it says; None where there is none."""
    for delta in islice(DELTA.finditer(body, start), 0 if start else 1, _TRIED):
        end = end_of_string(body, delta.end()) + 1
        run = repeated_events(body, delta.end() - 1, end) if end else None
        if run is not None and len(run.texts) >= _SHORTEST_RUN and is_lone_delta(run.head[6:], run.tail):
            one = decode(run.head[6:] + b"".join(run.texts) + run.tail)
            return None if one is None else (run, one)  # None of texts that are no JSON strings
    return None


_TRIED = 3
"""Deltas that a run may begin with. The first of a stream names the role and is not like the others."""
_SHORTEST_RUN = 12
"""So many events by themselves take the time of a run."""


def _add_events(chunks: ChatChunks, events: ChatEvents, body: bytes) -> None:
    for size, data in decoded_events(body):
        kind, text = chunks.add(data)
        events.add(kind, size, text)


def _add_texts(chunks: ChatChunks, events: ChatEvents, body: bytes) -> None:
    """The same where most events go on with a text and say nothing else."""
    for block in body.split(b"\n\n"):
        if block.startswith(b"data: {") and b"\n" not in block and (text := chunks.add_text(block[6:])) is not None:
            events.add("content", len(block) + 2, text)
        else:
            _add_events(chunks, events, block)


def _stream(chunks: ChatChunks, events: ChatEvents, body: bytes) -> Stream:
    answer = chunks.answer(filtered=_says_filtered(body))
    if answer.complete:
        return Stream(answer)
    return Stream(answer, chat=events, usage_expected=_holds(body, b'"usage":null', b'"usage": null'))


def _says_filtered(body: bytes) -> bool:
    return _holds(body, b'"filtered":true', b'"filtered": true')


def _holds(body: bytes, *marks: bytes) -> bool:
    return any(find(body, mark) >= 0 for mark in marks)  # a tenth of the time of `in`


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
