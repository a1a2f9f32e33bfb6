"""Completion tokens of an answer (docs/token-rules.md, rules 8, 10 and 11)."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from aoai_insights.tokens.chat import chat_prompt
from aoai_insights.tokens.encoding import text_tokens
from aoai_insights.tokens.exchange import Answer, Api, Choice, Counted, Request, ToolCall
from aoai_insights.tokens.families import GPT_4, GPT_4O, O_SERIES, encoding_name, family, is_2023, reasons_at
from aoai_insights.tokens.offer import Offer, chat_offer
from aoai_insights.tokens.responses_answer import responses_answer
from aoai_insights.tokens.tally import Tally
from aoai_insights.tokens.tools import is_spaced, parallel_calls_text

Provider = Literal["azure", "openai"]

_NEVER = 2**63

END_TOKEN_BILLED: Mapping[Provider, tuple[int, int]] = {
    "azure": (1742256000, _NEVER),  # 2025-03-18: not yet on 2025-03-13, every answer since 2025-08-19
    "openai": (1738368000, 1747353600),  # 2025-02-01 to 2025-05-16: seen from 2025-02-04 to 2025-05-13
}
"""When the token that ends an answer was billed (rule 8): Unix times, end exclusive."""

_UNENDED = (None, "length", "content_filter")


def count_completion(
    api: Api, model: str, request: Request | None, answer: Answer, provider: Provider = "azure"
) -> Counted:
    """Completion tokens of one complete answer.

    Reasoning is not in the body of a chat answer: `tokens` lacks it, and the note `reasoning_not_visible` says so.
    """
    if encoding_name(model) is None:
        return Counted(None, ("no_tokenizer",))
    if api == "chat":
        return _chat_answer(model, request or {}, answer, provider).counted()
    if api == "responses":
        return responses_answer(model, request or {}, answer).counted()
    if api == "completions":
        return Counted(sum(text_tokens(model, choice.text) for choice in answer.choices))
    if api == "embeddings":
        return Counted(0)
    return Counted(None, (f"{api}_api",))


def _chat_answer(model: str, request: Request, answer: Answer, provider: Provider) -> Tally:
    tally = Tally(model, family(model))
    offer = chat_offer(request)
    modalities = request.get("modalities")
    if isinstance(modalities, list) and "audio" in modalities:
        tally.notes.append("audio")
    reasoned = reasons_at(model, request.get("reasoning_effort"))
    for choice in answer.choices:
        _add_choice(tally, choice, offer)
        ended = choice.finish_reason not in _UNENDED
        if ended and bills_end_token(provider, answer.created):
            tally.tokens += 1
        if reasoned:
            tally.tokens += tally.family.chat.reasoned
            tally.notes.append("reasoning_not_visible")
    return tally


def bills_end_token(provider: Provider, created: int | None) -> bool:
    """Is the token that ends an answer billed? An unknown date is now."""
    since, until = END_TOKEN_BILLED[provider]
    return until == _NEVER if created is None else since <= created < until


def _add_choice(tally: Tally, choice: Choice, offer: Offer) -> None:
    tally.text(choice.text)
    if choice.tool_calls:
        _add_calls(tally, choice.tool_calls, offer)
    elif choice.function_call:
        tally.text(choice.function_call.arguments)
        if not offer.forced:
            tally.tokens += 7 + text_tokens(tally.model, choice.function_call.name)
    else:
        tally.text(choice.refusal)
        if choice.finish_reason != "length":
            _add_ending(tally, choice, offer)


def _add_ending(tally: Tally, choice: Choice, offer: Offer) -> None:
    """What stands around a text answer that ended by itself: recipient, channel, format (rule 8)."""
    is_gpt_4 = tally.family in (GPT_4, GPT_4O)
    offers_tools = bool(offer.functions) and offer.choice != "none"
    tally.tokens += tally.family.chat.text + (1 if choice.refusal else 0) + (1 if is_gpt_4 and offers_tools else 0)
    if offers_tools or not is_gpt_4:
        tally.tokens += offer.format_name_tokens(tally.model)


def _add_calls(tally: Tally, calls: Sequence[ToolCall], offer: Offer) -> None:
    rules = tally.family.chat
    if len(calls) > 1 or (not offer.forced and tally.family is not O_SERIES and is_spaced(calls[0].arguments)):
        tally.tokens += rules.answer_parallel
        tally.text(parallel_calls_text([(call.name, call.arguments) for call in calls]))
        return
    call = calls[0]
    tally.text(call.arguments)
    if offer.forced and tally.family in (GPT_4, GPT_4O):
        return
    if is_2023(tally.model):
        tally.tokens += 4 + text_tokens(tally.model, call.name)
    else:
        tally.tokens += rules.answer_call + text_tokens(tally.model, "functions." + call.name)


def message_tokens(model: str, message: Mapping[str, Any]) -> int:
    """One chat message's own tokens, without the per-request constant: for logs that hold only messages.

    A tool message that does not name its function is counted without the name; results of parallel calls are counted
    one by one. 0 where the model has no OpenAI tokenizer.
    """
    if encoding_name(model) is None:
        return 0
    whole = chat_prompt(model, {"messages": [message]}, None)
    return whole.tokens - whole.family.chat.reply_start
