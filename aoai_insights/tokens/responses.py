"""Prompt tokens of the Responses API (docs/token-rules.md, rule 9)."""

from collections.abc import Mapping, Sequence
from typing import Any

from aoai_insights.tokens.chat import tool_choice_tokens
from aoai_insights.tokens.content import Content, read_content
from aoai_insights.tokens.encoding import text_tokens
from aoai_insights.tokens.encrypted import reasoning_size
from aoai_insights.tokens.exchange import Answer, Request
from aoai_insights.tokens.families import GPT_4, GPT_4O, GPT_5, base_name, family, is_2023
from aoai_insights.tokens.offer import Offer, responses_offer
from aoai_insights.tokens.schema import literal
from aoai_insights.tokens.tally import Tally, mappings, text_of
from aoai_insights.tokens.tools import functions_text, parallel_calls_text, response_format_text

_ITEM_ID = 3
"""An earlier call that is sent with its item id (`fc_...`)."""

_NEW_CALLS = ("gpt-5.4", "gpt-5.6")
"""3 more per earlier call than other GPT-5 models, and parallel calls are shown in their wrapper."""

_WRAPPED_CALLS = 28

_REASONING = 10
"""A reasoning item of this turn, beside its content: the mean of recorded prompts."""

_SERVER_SIDE = ("previous_response_id", "conversation", "prompt")
"""Context that the service holds and the request only points to."""

# The first weeks of the API (announced 2025-03-11) were billed differently; recorded exchanges show until when.
_HEADED_UNTIL = 1742860800  # 2025-03-25
_HEADED = 18
_TOOLS_HEADED_UNTIL = 1743465600  # 2025-04-01
_TOOLS_HEADED = 216

_SHARED_SINCE = 1756684800
"""2025-09-01: between the last recorded prompt of its kind billed whole (2025-08-05) and the first that was not
(2025-10-03)."""


def responses_prompt(model: str, request: Request, created: int | None, answer: Answer | None = None) -> Tally:
    """Prompt tokens of a Responses API request."""
    tally = Tally(model, family(model))
    rules = tally.family.responses
    offer = responses_offer(request)
    tally.tokens += rules.reply_start + _early_tokens(request, created)
    tally.notes += offer.notes
    if any(request.get(key) for key in _SERVER_SIDE):
        tally.notes.append("server_side_context")
    reasoning = request.get("reasoning")
    if isinstance(reasoning, Mapping) and reasoning.get("mode") == "pro":
        tally.notes.append("pro_mode")
    if offer.functions:
        _add_functions(tally, offer)
    if offer.format is not None:
        tally.tokens += rules.schema
        tally.text(response_format_text(offer.format))
    if text_of(request.get("instructions")):
        tally.tokens += tally.family.chat.message
        tally.text(text_of(request.get("instructions")))
    given = request.get("input")
    if isinstance(given, str):
        tally.tokens += tally.family.chat.message
        tally.text(given)
    _add_items(tally, mappings(given))
    tally.tokens //= _billed_once_in(tally, answer, created)
    return tally


def _early_tokens(request: Request, created: int | None) -> int:
    if created is None:
        return 0
    if request.get("tools"):
        return _TOOLS_HEADED if created < _TOOLS_HEADED_UNTIL else 0
    return _HEADED if created < _HEADED_UNTIL else 0


def _billed_once_in(tally: Tally, answer: Answer | None, created: int | None) -> int:
    """A prompt that GPT-4 models answer with parallel calls is billed divided by the number of calls, rounded down.

    Recorded for two calls, six times of six since autumn 2025; not for GPT-5 models and not in Chat Completions.
    """
    calls = sum(item.get("type") == "function_call" for item in answer.items) if answer else 0
    recent = created is None or created >= _SHARED_SINCE
    return max(1, calls) if recent and tally.family in (GPT_4, GPT_4O) else 1


def _add_functions(tally: Tally, offer: Offer) -> None:
    """The tools section: its own message, never joined with the instructions."""
    tally.tokens += tally.family.responses.tools + tool_choice_tokens(tally, offer)
    if tally.family is GPT_5 and not offer.all_described:
        tally.tokens -= 1
    tally.text(functions_text(offer.functions, as_of_2023=is_2023(tally.model)))


def _add_items(tally: Tally, items: Sequence[Mapping[str, Any]]) -> None:
    last_question = max((at for at, item in enumerate(items) if item.get("role") == "user"), default=-1)
    position = 0
    while position < len(items):
        run = 1
        kind = items[position].get("type", "message")
        if kind == "function_call":
            while position + run < len(items) and items[position + run].get("type") == "function_call":
                run += 1
            _add_calls(tally, items[position : position + run])
        elif kind == "reasoning":
            if position > last_question:
                _add_reasoning(tally, items[position])
        else:
            _add_item(tally, kind, items[position])
        position += run


def _add_item(tally: Tally, kind: Any, item: Mapping[str, Any]) -> None:
    if kind == "message":
        content = read_content(tally.model, item.get("content"), api="responses")
        _add_content(tally, content)
        tally.tokens += tally.family.chat.message
        if item.get("role") == "assistant":
            tally.tokens += tally.family.chat.earlier_answer
    elif kind == "function_call_output":
        output = item.get("output")
        shown = output if isinstance(output, str | list) else literal(output)
        _add_content(tally, read_content(tally.model, shown, api="responses"))
    else:
        tally.notes.append("hosted_item")


def _add_reasoning(tally: Tally, item: Mapping[str, Any]) -> None:
    """Reasoning of the turn that is going on; the service drops that of earlier turns, which costs nothing."""
    size = reasoning_size(item)
    if size is None:
        tally.notes.append("reasoning_item")
        return
    tally.notes.append("reasoning_by_size")
    tally.tokens += _REASONING + size


def _add_content(tally: Tally, content: Content) -> None:
    tally.content(content)
    tally.text(content.text)
    if content.image_tokens and not content.text:
        tally.tokens += 1


def _add_calls(tally: Tally, calls: Sequence[Mapping[str, Any]]) -> None:
    """Calls that follow each other: one message each, names twice since the output's message names the function."""
    is_new = tally.family is GPT_5 and base_name(tally.model).startswith(_NEW_CALLS)
    for call in calls:
        name = "functions." + text_of(call.get("name"))
        tally.tokens += tally.family.responses.call + text_tokens(tally.model, name)
        tally.tokens += _ITEM_ID if call.get("id") else 0
    if is_new and len(calls) > 1:
        tally.tokens += _WRAPPED_CALLS - tally.family.responses.call * len(calls)
        tally.text(parallel_calls_text([_called(call) for call in calls]))
        return
    for call in calls:
        name, arguments = _called(call)
        tally.tokens += 3 if is_new else 0
        tally.text("functions." + name)
        tally.text(arguments)


def _called(call: Mapping[str, Any]) -> tuple[str, str]:
    return text_of(call.get("name")), text_of(call.get("arguments"))
