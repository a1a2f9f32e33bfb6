"""A cut answer: how to count what is visible of it, and how much is missing."""

import json

from msgspec.structs import replace

from aoai_insights.tokens.answer import Body
from aoai_insights.tokens.cut import Rest, rest_of_text
from aoai_insights.tokens.cut_streams import rest_of_stream
from aoai_insights.tokens.encoding import text_tokens
from aoai_insights.tokens.exchange import Answer, Choice, Request
from aoai_insights.tokens.json_text import as_objects, as_text, escaped_size
from aoai_insights.tokens.request import asks_for_usage
from aoai_insights.tokens.stream import Stream

_WHOLE_CALL = {"name": "", "arguments": ""}

TEXT_RATIO_SPREAD = 0.12
"""Relative standard deviation of tokens per byte between the visible and the missing part of an answer in JSON."""

_TAIL_BYTES = {"filtered": 770, "plain": 550, "responses": 750}
"""What follows the text in a JSON body: ids, usage, Azure's filter verdicts (medians, docs/estimates.md)."""

_REPEATED = ("tools", "text", "metadata")
"""Members of a request that a response repeats behind its output."""


def as_if_finished(answer: Answer) -> Answer:
    """A cut answer with the end it will probably have: the tokens that close a text or a call are billed too."""
    return replace(
        answer,
        choices=tuple([replace(choice, finish_reason=_probable_end(choice)) for choice in answer.choices]),
        items=tuple(_WHOLE_CALL | dict(item) if item.get("type") == "function_call" else item for item in answer.items),
    )


def _probable_end(choice: Choice) -> str:
    if choice.finish_reason:
        return choice.finish_reason
    return "tool_calls" if choice.tool_calls else "function_call" if choice.function_call else "stop"


def rest_of_answer(
    model: str,
    request: Request | None,
    body: Body,
    response: bytes,
    visible_tokens: int,
    total_bytes: int,
    spread_bytes: float,
) -> Rest | None:
    """Tokens that a cut body of `total_bytes` leaves out; None where too little of it is visible for an estimate.

    `response` is what was logged of it and counts `visible_tokens`, reasoning apart. `request` is None where it was not
    logged whole.
    """
    stream = body.stream
    if stream is None:
        text, tail = _text_and_tail(response, body.answer, request)
        if not text:
            return None
        size = escaped_size(text, ascii_only=response.isascii())
        left = total_bytes - len(response) - tail
        return rest_of_text(text_tokens(model, text), size, left, spread_bytes, TEXT_RATIO_SPREAD)
    if asks_for_usage(request):
        stream = replace(stream, usage_expected=True)
    rest = rest_of_stream(stream)
    if rest is None:
        return None
    texts, text, size = _seen(stream)
    per_delta = text_tokens(model, text) / texts if texts else 1.0
    items = sum(1 for item in body.answer.items if item.get("type") in _BILLED_ITEMS)
    left = total_bytes - size
    return rest.tokens(left, spread_bytes, per_delta, visible_tokens / max(1, items), items)


def _seen(stream: Stream) -> tuple[int, str, int]:
    """Of the whole events: how many carried text, that text, and the bytes of all."""
    if stream.chat is not None:
        return stream.chat.texts, "".join(stream.chat.pieces), stream.chat.size
    texts = [event.text for event in stream.events if event.text]
    return len(texts), "".join(texts), sum(event.size for event in stream.events)


_BILLED_ITEMS = ("message", "function_call", "custom_tool_call")


def _text_and_tail(response: bytes, answer: Answer, request: Request | None) -> tuple[str, int]:
    """The visible text of a cut JSON answer, and the bytes that will follow its end."""
    if answer.items:
        parts = [part for item in answer.items for part in as_objects(item.get("content"))]
        texts = [as_text(part.get("text")) for part in parts]
        texts += [as_text(item.get("arguments")) for item in answer.items]
        repeated = {name: request[name] for name in _REPEATED if request.get(name)} if request else {}
        indent = 2 if response.lstrip().startswith((b"{\n", b"{\r")) else None
        return "".join(texts), _TAIL_BYTES["responses"] + len(json.dumps(repeated, indent=indent))
    tail = _TAIL_BYTES["filtered" if b'"content_filter_results"' in response else "plain"]
    return "".join(_text_of(choice) for choice in answer.choices), tail


def _text_of(choice: Choice) -> str:
    calls = (*choice.tool_calls, *((choice.function_call,) if choice.function_call else ()))
    return choice.text + choice.refusal + "".join(call.arguments for call in calls)
