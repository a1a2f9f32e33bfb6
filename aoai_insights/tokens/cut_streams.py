"""How the rest of a cut stream is made, told from its visible events.

The byte constants are medians of real streams; they vary by a few bytes only (docs/estimates.md).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from aoai_insights.tokens.cut import RestOfStream, mean_and_spread
from aoai_insights.tokens.json_text import escaped_size
from aoai_insights.tokens.stream import ChatEvents, Event, Stream


def rest_of_stream(stream: Stream) -> RestOfStream | None:
    """What comes after the last whole event; None where the visible part does not tell."""
    if stream.chat is None:
        return _rest_of_response(stream.events)
    return _rest_of_chat(stream, stream.chat)


# Chat: deltas, one finish event per choice, one usage event where asked for, [DONE].

_DONE_BYTES = 14
_FINISH_LESS_THAN_DELTA = 16
_FINISH_LESS_THAN_ROLE = 48
_USAGE_MORE_THAN_FINISH = 190
_DELTA_LESS_THAN_ROLE = 32
_CHAT_SPREAD_BYTES = 60
_UNSEEN_SPREAD = 0.3
"""Relative standard deviation of a delta's size where none was seen."""


def _rest_of_chat(stream: Stream, seen: ChatEvents) -> RestOfStream | None:
    role = None if seen.role_size is None else float(seen.role_size)
    sizes = seen.delta_sizes
    if sizes:
        mean, spread = mean_and_spread(sizes)
        finish = min(mean - _FINISH_LESS_THAN_DELTA, (role or mean) - _FINISH_LESS_THAN_ROLE)
        # Filter verdicts and empty deltas that come between the deltas go on coming at the same rate.
        mean += seen.size_between / len(sizes)
        visible = len(sizes)
    elif role is not None:
        mean, visible = role - _DELTA_LESS_THAN_ROLE, 0
        spread = _UNSEEN_SPREAD * mean
        finish = role - _FINISH_LESS_THAN_ROLE
    else:
        return None
    open_choices = sum(1 for choice in stream.answer.choices if not choice.finish_reason) or 1
    ending = finish * open_choices + _DONE_BYTES
    if stream.usage_expected:
        ending += finish + _USAGE_MORE_THAN_FINISH
    return RestOfStream(ending, _CHAT_SPREAD_BYTES, mean, spread, visible)


# Responses API: deltas, then the text again in the events that close it, then everything again in the last event.

_ITEM_ADDED = "response.output_item.added"
_ITEM_DONE = "response.output_item.done"
_PART_ADDED = "response.content_part.added"
_PART_DONE = "response.content_part.done"
_OPENINGS = ("response.created", "response.in_progress")
_TEXT_DELTAS = {
    "response.output_text.delta": "response.output_text.done",
    "response.refusal.delta": "response.refusal.done",
}
_DELTAS = _TEXT_DELTAS | {
    "response.function_call_arguments.delta": "response.function_call_arguments.done",
    "response.custom_tool_call_input.delta": "response.custom_tool_call_input.done",
    "response.mcp_call_arguments.delta": "response.mcp_call_arguments.done",
    "response.code_interpreter_call_code.delta": "response.code_interpreter_call_code.done",
}
"""The event that closes such deltas and repeats their text (OpenAI API reference, streaming events)."""

_ITEM_WRAPPER_BYTES = 123
_PART_IN_ITEM_BYTES = 61
_FINAL_MORE_THAN_OPENING = 146
_RESPONSE_SPREAD_BYTES = 25
_UNSEEN_RESPONSE_SPREAD_BYTES = 350

_UNSEEN_ITEM_BYTES = 250.0
_UNSEEN_PART_BYTES = 274.0
_UNSEEN_DELTA = Event("response.output_text.delta", 260, " fish", padding=28)


@dataclass(frozen=True, slots=True)
class _OpenItem:
    """The output item that the cut went through, or the one that is expected where none was begun."""

    seen: frozenset[str]
    """Kinds of its events that were visible."""
    deltas: Sequence[Event]
    added_bytes: float
    part_bytes: float

    @property
    def is_text(self) -> bool:
        return not self.deltas or self.deltas[0].kind in _TEXT_DELTAS

    @property
    def json_bytes(self) -> float:
        """Of the finished item without its text, as the last events repeat it."""
        return self.added_bytes - _ITEM_WRAPPER_BYTES + (_PART_IN_ITEM_BYTES if self.is_text else 0)

    def closing_bytes(self) -> dict[str, float]:
        """Of each event that closes the item, without the text that each repeats."""
        delta = self.deltas[0] if self.deltas else _UNSEEN_DELTA
        done = float(delta.size - escaped_size(delta.text, ascii_only=False) - delta.padding)
        closing = {_DELTAS[delta.kind]: done, _ITEM_DONE: self.json_bytes + _ITEM_WRAPPER_BYTES}
        return closing | {_PART_DONE: self.part_bytes} if self.is_text else closing


def _open_item(events: Sequence[Event]) -> _OpenItem:
    start = max((i for i, event in enumerate(events) if event.kind == _ITEM_ADDED), default=len(events))
    own = events[start:]
    deltas = [event for event in own if event.kind in _DELTAS]
    if not deltas and any(event.kind == _ITEM_DONE for event in own):
        own = ()  # a reasoning item or a hosted tool's: the text of the answer is still to come
    is_text = not deltas or deltas[0].kind in _TEXT_DELTAS
    part = next((float(event.size) for event in own if event.kind == _PART_ADDED), _UNSEEN_PART_BYTES)
    return _OpenItem(
        seen=frozenset(event.kind for event in own),
        deltas=deltas,
        added_bytes=float(own[0].size) if own else _UNSEEN_ITEM_BYTES,
        part_bytes=part if is_text else 0.0,
    )


def _rest_of_response(events: Sequence[Event]) -> RestOfStream | None:
    openings = [event.size for event in events if event.kind in _OPENINGS]
    if not openings:
        return None
    final = openings[-1] + _FINAL_MORE_THAN_OPENING
    final += sum(event.size - _ITEM_WRAPPER_BYTES for event in events if event.kind == _ITEM_DONE)
    other = float(final + openings[-1] * (len(_OPENINGS) - min(len(_OPENINGS), len(openings))))

    item = _open_item(events)
    closing = item.closing_bytes()
    missing = [size for kind, size in closing.items() if kind not in item.seen]
    closed = len(missing) < len(closing)
    deltas = item.deltas or (_UNSEEN_DELTA,)
    texts = [float(escaped_size(event.text, ascii_only=False)) for event in deltas]
    text_so_far = sum(texts) if item.deltas else 0.0

    other += sum(missing) + len(missing) * text_so_far
    if _ITEM_DONE not in item.seen:
        other += item.json_bytes + text_so_far  # its copy in the last event
    if _ITEM_ADDED not in item.seen:
        other += item.added_bytes
    if item.is_text and _PART_ADDED not in item.seen and not item.deltas:
        other += item.part_bytes

    copies = len(closing) + 1
    sizes = [event.size + copies * text for event, text in zip(deltas, texts, strict=True)]
    mean, spread = mean_and_spread(sizes)
    item_bytes = item.added_bytes + item.part_bytes + sum(closing.values()) + item.json_bytes + sum(sizes)
    return RestOfStream(
        other_bytes=other,
        other_spread_bytes=_RESPONSE_SPREAD_BYTES if item.deltas else _UNSEEN_RESPONSE_SPREAD_BYTES,
        delta_bytes=mean,
        delta_spread_bytes=spread if item.deltas else _UNSEEN_SPREAD * mean,
        visible_deltas=len(item.deltas),
        # After a call there may be another one; a message is the last item.
        closed_item_bytes=(math.inf if item.is_text else item_bytes) if closed else None,
    )
