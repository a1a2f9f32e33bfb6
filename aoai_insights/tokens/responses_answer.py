"""Completion tokens of the Responses API (docs/token-rules.md, rules 10 and 11)."""

from collections.abc import Mapping, Sequence
from typing import Any

from aoai_insights.tokens.content import read_content
from aoai_insights.tokens.encrypted import reasoning_size
from aoai_insights.tokens.exchange import Answer, Request
from aoai_insights.tokens.families import GPT_4, GPT_4O, family
from aoai_insights.tokens.offer import Offer, responses_offer
from aoai_insights.tokens.tally import Tally, mappings, text_of
from aoai_insights.tokens.tools import parallel_calls_text


def responses_answer(model: str, request: Request, answer: Answer) -> Tally:
    """Completion tokens of an answer's output items."""
    tally = Tally(model, family(model))
    offer = responses_offer(request)
    calls: list[Mapping[str, Any]] = []
    reasoning: list[Mapping[str, Any]] = []
    for item in answer.items:
        match item.get("type"):
            case "message":
                _add_message(tally, item, offer, bool(mappings(request.get("tools"))))
            case "function_call":
                calls.append(item)
            case "reasoning":
                reasoning.append(item)
            case _:
                tally.notes.append("hosted_item")
    _add_calls(tally, calls, offer)
    _add_reasoning(tally, reasoning)
    return tally


def _add_message(tally: Tally, item: Mapping[str, Any], offer: Offer, offers_tools: bool) -> None:
    content = read_content(tally.model, item.get("content"), api="responses")
    tally.text(content.text)
    if item.get("status") == "incomplete":
        tally.tokens += tally.family.responses.text - 1
        return
    is_gpt_4 = tally.family in (GPT_4, GPT_4O)
    tally.tokens += tally.family.responses.text + (1 if is_gpt_4 and offers_tools else 0)
    if offers_tools or not is_gpt_4:
        tally.tokens += offer.format_name_tokens(tally.model)


def _add_calls(tally: Tally, calls: Sequence[Mapping[str, Any]], offer: Offer) -> None:
    if len(calls) > 1:
        tally.tokens += tally.family.responses.answer_parallel
        tally.text(parallel_calls_text([(text_of(call.get("name")), text_of(call.get("arguments"))) for call in calls]))
    for call in calls if len(calls) == 1 else ():
        tally.text(text_of(call.get("arguments")))
        if offer.forced and tally.family in (GPT_4, GPT_4O):
            tally.tokens += 1
        else:
            tally.tokens += tally.family.responses.answer_call
            tally.text("functions." + text_of(call.get("name")))


def _add_reasoning(tally: Tally, items: Sequence[Mapping[str, Any]]) -> None:
    """Reasoning shows as items without text; its size follows from `encrypted_content` where that was asked for."""
    if not items:
        return
    tally.tokens += tally.family.responses.reasoned
    sizes = [reasoning_size(item) for item in items]
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        tally.notes.append("reasoning_not_visible")
    if known:
        tally.notes.append("reasoning_by_size")
        tally.reasoning_tokens = sum(known)
        tally.tokens += tally.reasoning_tokens
