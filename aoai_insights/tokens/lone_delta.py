"""An event of a chat stream that says one thing: a piece of text, of an answer or of the arguments of a call.

Nearly all events of nearly all streams are such. A run of them is read together (repeated.py) or left out together
(squeeze.py); where the text stands is told by the bytes before it, and that the event says nothing else, by decoding it
once with a sample in its place. So neither the order of its members nor the blanks between them matter.
"""

import re
from typing import Any

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder

_BEFORE_TEXT = (
    rb'"delta": ?\{(?:"role": ?"assistant", ?)?'
    rb'(?:"content"|"tool_calls": ?\[\{(?:"index": ?0, ?)?"function": ?\{"arguments"): ?"'
)
DELTA = re.compile(_BEFORE_TEXT)
"""A delta up to its text, with the opening quote."""
QUOTED_DELTA = re.compile(_BEFORE_TEXT.replace(b'"', rb'\\"'))
"""The same in a stream that is a string of a log record."""


class _Function(Struct):
    arguments: str | None = None
    name: str | None = None
    input: Any = None


class _Call(Struct):
    function: _Function
    index: int = 0


class _Delta(Struct):
    content: str | None = None
    refusal: Any = None
    tool_calls: list[_Call] | None = None
    function_call: Any = None


class _Choice(Struct):
    delta: _Delta
    index: int = 0
    finish_reason: Any = None


class Chunk(Struct):
    """The members of a chunk that count; any other is read over."""

    choices: list[_Choice]
    usage: Any = None
    id: str | None = None
    model: str | None = None
    created: Any = None
    service_tier: str | None = None
    latency_checkpoint: Any = None


_read = Decoder(Chunk).decode


def read_lone_delta(raw: bytes) -> tuple[Chunk, str] | None:
    """The chunk that is `raw`, and its text; None of one that says more, or other, or is not written as services do."""
    try:
        chunk = _read(raw)
    except (MsgspecError, ValueError, RecursionError):
        return None
    if len(chunk.choices) != 1 or chunk.usage is not None:
        return None
    choice = chunk.choices[0]
    delta = choice.delta
    if choice.finish_reason or delta.refusal or delta.function_call is not None:
        return None
    text = delta.content
    if delta.tool_calls:
        function = delta.tool_calls[0].function
        text = None if text or function.name or function.input or len(delta.tool_calls) != 1 else function.arguments
    return None if text is None else (chunk, text)


_SAMPLE = b"~ what the delta says ~"
_SAMPLE_TEXT = _SAMPLE.decode()


def is_lone_delta(head: bytes, tail: bytes) -> bool:
    """Is the string between `head` and `tail` all that the event says? Then the texts of several that are alike, put
    together into one of them, say what these events say.

    `head` begins with the event's JSON and ends with the string's opening quote, `tail` begins with its closing quote.
    """
    if _SAMPLE in head or _SAMPLE in tail:
        return False
    found = read_lone_delta(head + _SAMPLE + tail)
    return found is not None and found[1] == _SAMPLE_TEXT
