"""Prompt tokens of Chat Completions (docs/token-rules.md, rules 1 to 7)."""

from collections.abc import Mapping, Sequence
from typing import Any

from aoai_insights.tokens.content import read_content
from aoai_insights.tokens.encoding import text_tokens
from aoai_insights.tokens.exchange import Request
from aoai_insights.tokens.families import GPT_5, O1_PREVIEW, REASONING, family, is_2023, may_be_0301
from aoai_insights.tokens.offer import Offer, chat_offer
from aoai_insights.tokens.tally import Tally, mappings, text_of
from aoai_insights.tokens.tools import (
    TOOLS_HEADING,
    compact_arguments,
    functions_text,
    parallel_calls_text,
    parallel_results_text,
    response_format_text,
)

_RESULT = 5
"""A tool message, beside the function's name and the result; part of the family's `call` (rule 6)."""

_RESULTS = 9
"""The one message of parallel results; part of the family's `parallel_calls` (rule 6)."""

RAW_RESULTS_SINCE = 1772323200
"""2026-03-01: results of parallel calls are no longer ASCII-escaped (rule 6)."""

LAST_0301 = 1739404800
"""2025-02-13: gpt-35-turbo 0301 retired on Azure; until then the bare name may mean it (rule 1)."""


def chat_prompt(model: str, request: Request, created: int | None) -> Tally:
    """Prompt tokens of a chat request."""
    tally = Tally(model, family(model))
    messages = mappings(request.get("messages"))
    offer = chat_offer(request)
    tally.notes += offer.notes
    tally.tokens += tally.family.chat.reply_start
    sections = _sections(model, offer) if offer.functions or offer.format is not None else ""
    heads = bool(messages) and messages[0].get("role") in ("system", "developer")
    if sections and not heads:
        tally.tokens += tally.family.chat.message
        tally.text(sections)
    _add_constants(tally, offer)
    answer_name = offer.format_name_tokens(model)
    is_0301 = may_be_0301(model) and not offer.functions and created is not None and created < LAST_0301
    called: dict[str, str] = {}
    position = 0
    while position < len(messages):
        message = messages[position]
        calls = mappings(message.get("tool_calls"))
        if calls:
            position += 1 + _add_calls(tally, message, calls, messages[position + 1 :], called, created)
            continue
        if message.get("role") in ("tool", "function") or isinstance(message.get("function_call"), dict):
            _add_turn(tally, message, called)
        else:
            _add_message(tally, message, sections if heads and position == 0 else "", answer_name)
            tally.tokens += _name_tokens(model, message, is_0301) + is_0301
        position += 1
    return tally


def _sections(model: str, offer: Offer) -> str:
    """Tools and response format as they stand in the system message, or in a message of their own (rules 4, 5)."""
    parts = []
    if offer.functions:
        parts.append(TOOLS_HEADING + functions_text(offer.functions, as_of_2023=is_2023(model)))
    if offer.format is not None:
        parts.append(response_format_text(offer.format))
    return "\n\n".join(parts)


def _add_constants(tally: Tally, offer: Offer) -> None:
    if offer.functions:
        tally.tokens += tally.family.chat.tools
        if tally.family is GPT_5 and not offer.all_described:
            tally.tokens -= 1
        tally.tokens += tool_choice_tokens(tally, offer)
    elif tally.family not in REASONING:
        tally.tokens += offer.format_name_tokens(tally.model)


def tool_choice_tokens(tally: Tally, offer: Offer) -> int:
    """A forced function is named once more; o-series and GPT-5 do not see the choice (rule 4)."""
    if tally.family in REASONING:
        return 0
    if offer.forced:
        name = text_tokens(tally.model, offer.forced)
        return 4 + name if is_2023(tally.model) else 6 + text_tokens(tally.model, "functions." + offer.forced)
    return 1 if offer.choice == "none" else 0


def _add_message(tally: Tally, message: Mapping[str, Any], sections: str, answer_name: int) -> None:
    """A system, developer, user or assistant message of text and images (rules 1, 3, 4, 5).

    The models of o1-preview read their messages as an indented block: every line but the first starts with spaces.
    """
    content = read_content(tally.model, message.get("content"))
    tally.content(content)
    tally.tokens += tally.family.chat.message
    text = f"{tally.family.instructions_heading}{content.text}\n\n{sections}" if sections else content.text
    tally.text(text.replace("\n", "\n  ") + "\n" if tally.family is O1_PREVIEW else text)
    if message.get("role") == "assistant":
        tally.tokens += tally.family.chat.earlier_answer + answer_name


def _name_tokens(model: str, message: Mapping[str, Any], is_0301: bool = False) -> int:
    """`name` follows the role, or stands instead of it in gpt-3.5-turbo-0301 (rule 2)."""
    name = text_of(message.get("name"))
    if not name:
        return 0
    if is_0301:
        return text_tokens(model, name) - 1
    return 1 if name == message.get("role") else 1 + text_tokens(model, name)


def _add_turn(tally: Tally, message: Mapping[str, Any], called: Mapping[str, str]) -> None:
    """The result of a call, or a call in the form of 2023 (rule 6)."""
    content = read_content(tally.model, message.get("content"))
    tally.content(content)
    legacy = message.get("function_call")
    if isinstance(legacy, Mapping):
        if content.text:
            tally.tokens += tally.family.chat.message
            tally.text(content.text)
        tally.tokens += 7
        tally.text("functions." + text_of(legacy.get("name")))
        tally.text(compact_arguments(text_of(legacy.get("arguments"))))
        return
    name = text_of(message.get("name"))
    tally.tokens += _RESULT if message.get("role") == "tool" else tally.family.chat.message
    tally.text(called.get(text_of(message.get("tool_call_id"))) or name)
    tally.text(content.text)


def _add_calls(
    tally: Tally,
    message: Mapping[str, Any],
    calls: Sequence[Mapping[str, Any]],
    following: Sequence[Mapping[str, Any]],
    called: dict[str, str],
    created: int | None,
) -> int:
    """An assistant message that calls tools; returns how many of the following results were counted with it."""
    content = read_content(tally.model, message.get("content"))
    tally.content(content)
    if content.text:
        tally.tokens += tally.family.chat.message + tally.family.chat.earlier_answer
        tally.text(content.text)
    tally.tokens += _name_tokens(tally.model, message)
    named = [_called(call) for call in calls]
    called.update({text_of(call.get("id")): name for call, (name, _) in zip(calls, named, strict=True)})
    if len(calls) > 1:
        tally.tokens += tally.family.chat.parallel_calls - _RESULTS
        tally.text(parallel_calls_text(named))
        return _add_results(tally, calls, following, created)
    name, arguments = named[0]
    tally.tokens += tally.family.chat.call - _RESULT
    tally.text("functions." + name)
    tally.text(compact_arguments(arguments))
    return 0


def _add_results(
    tally: Tally, calls: Sequence[Mapping[str, Any]], following: Sequence[Mapping[str, Any]], created: int | None
) -> int:
    """The results of parallel calls, in the order of the calls: one message that holds a JSON list (rule 6)."""
    results: dict[str, str] = {}
    taken = 0
    for message in following:
        if message.get("role") != "tool":
            break
        content = read_content(tally.model, message.get("content"))
        tally.content(content)
        results[text_of(message.get("tool_call_id"))] = content.text
        taken += 1
    ordered = [results[text_of(call.get("id"))] for call in calls if text_of(call.get("id")) in results]
    if ordered:
        tally.tokens += _RESULTS
        tally.text(parallel_results_text(ordered, escaped=created is not None and created < RAW_RESULTS_SINCE))
    return taken


def _called(call: Mapping[str, Any]) -> tuple[str, str]:
    function = call.get("function")
    if not isinstance(function, Mapping):
        return "", ""
    return text_of(function.get("name")), text_of(function.get("arguments"))
