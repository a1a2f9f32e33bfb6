"""What a cut body leaves out: an estimate from its known total size, with a 90 % interval.

The gateway logs at most 8,192 bytes of a body, but it logs the size of the whole. A stream is uniform: each delta event
takes nearly the same bytes, and what follows the last delta can be told from the events before it. So the missing bytes
say how many deltas are missing (research: logs, facts 5 and 6). docs/estimates.md explains the method and its accuracy.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from aoai_insights.tokens.json_text import escaped_size
from aoai_insights.tokens.stream import Event, Stream

REQUEST_HEADER_BYTES = 441
RESPONSE_HEADER_BYTES = 629
"""What RequestSize and ResponseSize hold beside the body, where headers were not logged (research: logs, section 1)."""

HEADER_BYTES_SPREAD = 120
"""Standard deviation of these two between gateways."""

_Z90 = 1.645


@dataclass(frozen=True, slots=True)
class Rest:
    """Tokens that a cut body leaves out, with the 90 % interval."""

    tokens: int
    low: int
    high: int


def rest_of_stream(stream: Stream, tokens_per_event: float, total_bytes: float, spread_bytes: float) -> Rest | None:
    """Tokens after the last whole event of a cut stream; None where too little of the stream is visible.

    `tokens_per_event` is that of the visible deltas; `total_bytes` is the size of the whole body, known to within
    `spread_bytes` (one standard deviation).
    """
    plan = _responses_plan(stream.events) if _is_responses(stream.events) else _chat_plan(stream)
    if plan is None:
        return None
    left = total_bytes - sum(event.size for event in stream.events) - plan.other_bytes
    return plan.rest(left, tokens_per_event, spread_bytes)


def rest_of_text(
    visible_tokens: int, visible_bytes: int, left_bytes: float, spread_bytes: float, spread_ratio: float
) -> Rest:
    """Tokens in `left_bytes` more of a text whose visible part has so many tokens in so many bytes.

    `spread_ratio` is the relative standard deviation of tokens per byte between the visible and the missing part.
    """
    per_byte = visible_tokens / visible_bytes if visible_bytes and visible_tokens else _TOKENS_PER_BYTE
    tokens = max(0.0, left_bytes) * per_byte
    half = _Z90 * math.hypot(tokens * spread_ratio, spread_bytes * per_byte)
    return _rounded(tokens, half)


_TOKENS_PER_BYTE = 0.25


def _rounded(tokens: float, half: float) -> Rest:
    return Rest(round(tokens), max(0, math.floor(tokens - half + 0.5)), math.ceil(tokens + half - 0.5))


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the rest of a stream is made: bytes that are no deltas, and what one more delta costs in bytes."""

    other_bytes: float
    event_bytes: float
    """With every copy of the delta's text that later events repeat."""
    event_spread: float
    """Standard deviation of that between the visible deltas."""
    visible: int
    """Deltas that were seen."""
    other_spread: float
    finished: bool = False
    """The text that was open is closed: only a further item could add tokens."""
    next_item_bytes: float = 0.0
    """What a further output item costs before its first delta."""

    def rest(self, left: float, tokens_per_event: float, spread_bytes: float) -> Rest:
        if self.finished:
            left -= self.next_item_bytes
            if left < -0.2 * self.next_item_bytes:
                return Rest(0, 0, 0)
        events = max(0.0, left) / self.event_bytes
        seen = max(1, self.visible)
        of_events = self.event_spread / self.event_bytes * math.sqrt(events * (1 + events / seen))
        of_bytes = math.hypot(spread_bytes, self.other_spread) / self.event_bytes
        of_ratio = events * _RATIO_SPREAD / math.sqrt(seen)
        half = _Z90 * math.hypot(of_events, of_bytes, of_ratio) * tokens_per_event
        rest = _rounded(events * tokens_per_event, half)
        return Rest(rest.tokens, 0 if self.finished else rest.low, rest.high)


_RATIO_SPREAD = 0.15
"""Relative standard deviation of tokens in one delta event (measured, docs/estimates.md)."""


def _mean_and_spread(sizes: Sequence[float]) -> tuple[float, float]:
    mean = sum(sizes) / len(sizes)
    return mean, math.sqrt(sum((size - mean) ** 2 for size in sizes) / len(sizes))


# Chat: deltas, one finish event per choice, one usage event where asked for, [DONE].

_DONE_BYTES = 14
_FINISH_LESS_THAN_DELTA = 16
_FINISH_LESS_THAN_ROLE = 48
_USAGE_MORE_THAN_FINISH = 190
_DELTA_MORE_THAN_ROLE = -32
_FILTER_BYTES = 230


def _chat_plan(stream: Stream) -> _Plan | None:
    first = next((i for i, event in enumerate(stream.events) if event.kind == "content"), None)
    role = next((event.size for event in stream.events if event.kind == "role"), None)
    if first is not None:
        deltas = [float(event.size) for event in stream.events if event.kind == "content"]
        # Filter verdicts and empty deltas that come between the deltas go on coming at the same rate.
        between = sum(event.size for event in stream.events[first:]) - sum(deltas)
        mean, spread = _mean_and_spread(deltas)
        delta_bytes, visible = mean + between / len(deltas), len(deltas)
        finish = min(mean - _FINISH_LESS_THAN_DELTA, (role or mean) - _FINISH_LESS_THAN_ROLE)
    elif role is not None:
        delta_bytes, visible, spread = role + _DELTA_MORE_THAN_ROLE, 0, role * 0.3
        finish = role - _FINISH_LESS_THAN_ROLE
    else:
        return None
    open_choices = sum(1 for choice in stream.answer.choices if not choice.finish_reason) or 1
    other = finish * open_choices + _DONE_BYTES
    if stream.usage_expected:
        other += finish + _USAGE_MORE_THAN_FINISH
    return _Plan(other, delta_bytes, spread, visible, other_spread=60)


# Responses API: deltas, then the text again in the events that close it, then everything again in the last event.

_COPIES = {
    # Events that repeat the text of such a delta; output_item.done and response.completed always do.
    "response.output_text.delta": ("response.output_text.done", "response.content_part.done"),
    "response.refusal.delta": ("response.refusal.done", "response.content_part.done"),
    "response.function_call_arguments.delta": ("response.function_call_arguments.done",),
    "response.custom_tool_call_input.delta": ("response.custom_tool_call_input.done",),
    "response.mcp_call_arguments.delta": ("response.mcp_call_arguments.done",),
    "response.code_interpreter_call_code.delta": ("response.code_interpreter_call_code.done",),
}
_ITEM_DONE = "response.output_item.done"
_ITEM_ADDED = "response.output_item.added"
_ITEM_WRAPPER_BYTES = 123
_FINAL_MORE_THAN_OPENING = 146
_PART_IN_ITEM_BYTES = 61
_TYPICAL = {"delta": 260.0, "text": 4.5, _ITEM_ADDED: 250.0, "response.content_part.added": 274.0}
_TYPICAL_PADDING = 28
"""Bytes of events that were not visible yet (medians of real streams, docs/estimates.md)."""


def _is_responses(events: Sequence[Event]) -> bool:
    return any(event.kind.startswith("response.") for event in events)


def _responses_plan(events: Sequence[Event]) -> _Plan | None:
    openings = [event.size for event in events if event.kind in ("response.created", "response.in_progress")]
    if not openings:
        return None
    opening = openings[-1]
    other = float((2 - min(2, len(openings))) * opening + opening + _FINAL_MORE_THAN_OPENING)
    other += sum(event.size - _ITEM_WRAPPER_BYTES for event in events if event.kind == _ITEM_DONE)

    start = max((i for i, event in enumerate(events) if event.kind == _ITEM_ADDED), default=len(events))
    item = events[start:]
    deltas = [event for event in item if event.kind in _COPIES]
    if not deltas and any(event.kind == _ITEM_DONE for event in item):
        item = ()  # a reasoning item or a hosted tool's: the text of the answer is still to come
    kind = deltas[0].kind if deltas else "response.output_text.delta"
    closing = _COPIES[kind]
    seen = {event.kind for event in item}
    is_message = len(closing) == 2

    texts = [float(escaped_size(event.text, ascii_only=False)) for event in deltas] or [_TYPICAL["text"]]
    sizes = [float(event.size) for event in deltas] or [_TYPICAL["delta"]]
    base = sizes[0] - texts[0] - (deltas[0].padding if deltas else _TYPICAL_PADDING)
    added = float(item[0].size) if item else _TYPICAL[_ITEM_ADDED]
    part = next((float(e.size) for e in item if e.kind == "response.content_part.added"), 0.0)
    if is_message and not part:
        part = _TYPICAL["response.content_part.added"]
    item_json = added - _ITEM_WRAPPER_BYTES + (_PART_IN_ITEM_BYTES if is_message else 0)

    text_so_far = sum(texts) if deltas else 0.0
    copy_bytes = {closing[0]: base, _ITEM_DONE: item_json + _ITEM_WRAPPER_BYTES}
    if is_message:
        copy_bytes["response.content_part.done"] = part
    missing = [size for name, size in copy_bytes.items() if name not in seen]
    finished = closing[0] in seen or _ITEM_DONE in seen
    copies = 1 + len(missing)
    if _ITEM_DONE not in seen:
        other += item_json + text_so_far  # its copy in the last event
    other += sum(missing) + len(missing) * text_so_far
    if not item:
        other += added
    if is_message and "response.content_part.added" not in seen and not deltas and not finished:
        other += part

    per_event = [
        size + (copies if not finished else len(copy_bytes) + 1) * text for size, text in zip(sizes, texts, strict=True)
    ]
    mean, spread = _mean_and_spread(per_event)
    if not deltas:
        spread = mean * 0.3
    next_item = added + part + sum(copy_bytes.values()) + item_json
    return _Plan(
        other,
        mean,
        spread,
        len(deltas),
        other_spread=25 if deltas else 120,
        finished=finished,
        next_item_bytes=next_item,
    )
