"""A cut answer: how to count what is visible of it, and how much is missing."""

from dataclasses import replace

from aoai_insights.tokens.answer import Body
from aoai_insights.tokens.cut import Rest, rest_of_stream, rest_of_text
from aoai_insights.tokens.encoding import text_tokens
from aoai_insights.tokens.exchange import Answer, Choice, Request
from aoai_insights.tokens.json_text import as_objects, as_text, escaped_size
from aoai_insights.tokens.request import asks_for_usage

_WHOLE_CALL = {"name": "", "arguments": ""}

TEXT_RATIO_SPREAD = 0.12
"""Relative standard deviation of tokens per byte between the visible and the missing part of an answer in JSON."""

_TAIL_BYTES = {"azure": 800, "openai": 640, "responses": 1100}
"""What follows the text in a JSON body: filter verdicts, ids, usage (medians of real bodies, docs/estimates.md)."""


def as_if_finished(answer: Answer) -> Answer:
    """A cut answer with the end it will probably have: the tokens that close a text or a call are billed too."""
    return replace(
        answer,
        choices=tuple(replace(choice, finish_reason=_probable_end(choice)) for choice in answer.choices),
        items=tuple(_WHOLE_CALL | dict(item) if item.get("type") == "function_call" else item for item in answer.items),
    )


def _probable_end(choice: Choice) -> str:
    if choice.finish_reason:
        return choice.finish_reason
    return "tool_calls" if choice.tool_calls else "function_call" if choice.function_call else "stop"


def rest_of_answer(
    model: str, request: Request | None, body: Body, response: bytes, total_bytes: int, spread_bytes: float
) -> Rest | None:
    """Tokens that a cut body of `total_bytes` leaves out; None where too little of it is visible for an estimate.

    `response` is what was logged of it; `request` is None where it was not logged whole.
    """
    stream = body.stream
    if stream is None:
        text, left = _open_text(response, body.answer, total_bytes)
        if not text:
            return None
        size = escaped_size(text, ascii_only=response.isascii())
        return rest_of_text(text_tokens(model, text), size, left, spread_bytes, TEXT_RATIO_SPREAD)
    if asks_for_usage(request):
        stream = replace(stream, usage_expected=True)
    texts = [event.text for event in stream.events if event.text]
    per_event = text_tokens(model, "".join(texts)) / len(texts) if texts else 1.0
    return rest_of_stream(stream, per_event, total_bytes, spread_bytes)


def _open_text(response: bytes, answer: Answer, total_bytes: int) -> tuple[str, float]:
    """The text of a cut JSON answer and how many bytes of text are missing."""
    left = float(total_bytes - len(response))
    if answer.items:
        parts = [part for item in answer.items for part in as_objects(item.get("content"))]
        texts = [as_text(part.get("text")) for part in parts]
        texts += [as_text(item.get("arguments")) for item in answer.items]
        return "".join(texts), left - _TAIL_BYTES["responses"]
    alphabetical = response.lstrip()[:12].replace(b" ", b"").startswith(b'{"choices"')
    text = "".join(_text_of(choice) for choice in answer.choices)
    return text, left - _TAIL_BYTES["azure" if alphabetical else "openai"]


def _text_of(choice: Choice) -> str:
    calls = (*choice.tool_calls, *((choice.function_call,) if choice.function_call else ()))
    return choice.text + choice.refusal + "".join(call.arguments for call in calls)
