"""Tokens of one exchange from its bodies: the body rungs of the token-source ladder.

    body_usage      the `usage` object of a JSON body
    stream_usage    the usage event of a stream
    tokenized       both bodies whole, counted
    extrapolated    a cut body, extended by its known total size
    lower_bound     a cut body of unknown size, or a part of the exchange that was not logged
    none            nothing to count from

The source of a count is that of its worse half.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from aoai_insights.tokens.answer import Body, read_body
from aoai_insights.tokens.completion import count_completion
from aoai_insights.tokens.cut import Rest, rest_of_text
from aoai_insights.tokens.cut_answer import as_if_finished, rest_of_answer
from aoai_insights.tokens.encoding import encoder
from aoai_insights.tokens.exchange import Answer, Api, Counted, TokenSource, Usage
from aoai_insights.tokens.families import reasons
from aoai_insights.tokens.prompt import count_prompt
from aoai_insights.tokens.request import RequestBody, glance, read_request

_COUNTABLE = ("chat", "completions", "embeddings", "responses")
"""APIs whose tokens follow from their bodies. Images and audio have tokens only where a usage says so."""

_WORST_LAST: Sequence[TokenSource] = ("tokenized", "extrapolated", "lower_bound")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call as it was logged. Bodies are UTF-8; None or empty where they were not logged."""

    api: Api
    request: bytes | None
    response: bytes | None
    streamed: bool | None = None
    """What the log says; what the bodies say goes before."""
    provider: Literal["azure", "openai"] = "azure"
    models: tuple[str, ...] = ()
    """What others than the bodies say the model is, most trusted first: the serving header, the config."""
    deployment: str | None = None
    sent_at: int | None = None
    """Unix time of the request: decides between dated rules where the answer does not say its own."""
    request_total_bytes: int | None = None
    """Size of the whole request body, which may have been cut; None where unknown."""
    response_total_bytes: int | None = None
    request_spread_bytes: int = 0
    response_spread_bytes: int = 0
    """Standard deviation of these two, where they were derived from sizes that include headers."""


@dataclass(frozen=True, slots=True)
class Count:
    """Tokens of one exchange with their source; the fields are those of GATEWAY_TOKENS (model.py)."""

    source: TokenSource
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    audio_prompt_tokens: int | None = None
    audio_completion_tokens: int | None = None
    prompt_tokens_low: int | None = None
    prompt_tokens_high: int | None = None
    completion_tokens_low: int | None = None
    completion_tokens_high: int | None = None
    counted_prompt_tokens: int | None = None
    counted_completion_tokens: int | None = None
    model: str | None = None
    requested_model: str | None = None
    response_id: str | None = None
    streamed: bool | None = None
    service_tier: str | None = None
    finish_reason: str | None = None
    content_filtered: bool | None = None
    max_tokens: int | None = None
    ttft_ms: int | None = None
    request_body_bytes: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Half:
    """Prompt or completion by our own count. `tokens` None: nothing can be said."""

    tokens: int | None
    source: TokenSource
    low: int | None = None
    high: int | None = None
    reasoning_tokens: int | None = None
    notes: tuple[str, ...] = ()


def count_exchange(
    exchange: Exchange, *, use_usage: bool = True, count_anyway: bool = False, reconstruct: bool = True
) -> Count:
    """Tokens of one exchange, by the best rung its bodies reach.

    `use_usage` False hides the usage that the service states; `count_anyway` counts beside it, for measuring our error.
    `reconstruct` False is for a call that failed: it has the tokens that a usage states, or none.
    """
    enough = use_usage and not count_anyway
    body = None
    if exchange.response:
        body = read_body(exchange.api, exchange.response, exchange.streamed, usage_is_enough=enough)
    answer = body.answer if body else None
    usage = answer.usage if answer and use_usage else None
    needed = reconstruct and (usage is None or count_anyway)
    request = (read_request if needed else glance)(exchange.request) if exchange.request else None
    facts = _facts(exchange, request, body)
    if usage is not None:
        source: TokenSource = "stream_usage" if body and body.form == "stream" else "body_usage"
        known = _with_usage(replace(facts, source=source), usage)
        return _counted_beside(known, exchange, request, body) if count_anyway and reconstruct else known
    return _counted(facts, exchange, request, body) if reconstruct else facts


def _facts(exchange: Exchange, request: RequestBody | None, body: Body | None) -> Count:
    answer = body.answer if body else Answer(complete=False)
    streamed = body.form == "stream" if body and body.form != "none" else None
    if streamed is None:
        streamed = request.streamed if request and request.streamed is not None else exchange.streamed
    return Count(
        source="none",
        model=answer.model,
        requested_model=request.model if request else None,
        response_id=answer.response_id,
        streamed=streamed,
        service_tier=answer.service_tier,
        finish_reason=next((choice.finish_reason for choice in answer.choices if choice.finish_reason), None),
        content_filtered=answer.content_filtered if body else None,
        max_tokens=request.max_tokens if request else None,
        ttft_ms=answer.ttft_ms,
        request_body_bytes=request.size if request and request.whole else None,
    )


def _with_usage(count: Count, usage: Usage) -> Count:
    return replace(
        count,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cached_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        audio_prompt_tokens=usage.audio_prompt_tokens,
        audio_completion_tokens=usage.audio_completion_tokens,
    )


def _counted_beside(known: Count, exchange: Exchange, request: RequestBody | None, body: Body | None) -> Count:
    """Our own count of what is whole, beside the usage; an estimate would measure nothing."""
    own = _counted(replace(known, source="none"), exchange, request, body)
    if own.source != "tokenized":
        return known
    return replace(
        known, counted_prompt_tokens=own.prompt_tokens, counted_completion_tokens=own.completion_tokens, notes=own.notes
    )


def _counted(facts: Count, exchange: Exchange, request: RequestBody | None, body: Body | None) -> Count:
    unreadable = (exchange.request and (request is None or request.value is None)) or (body and body.form == "none")
    notes = ("unreadable_body",) if unreadable else ()
    readable_request = request if request and request.value is not None else None
    readable_body = body if body and body.form != "none" else None
    if exchange.api not in _COUNTABLE:
        return replace(facts, notes=notes)
    if readable_request is None and readable_body is None:
        return replace(facts, notes=notes or ("no_body",))
    model = counting_model(exchange, readable_request, readable_body)
    if model is None:
        return replace(facts, notes=(*notes, "no_tokenizer"))
    prompt = _prompt(exchange, model, readable_request, readable_body)
    completion = _completion(exchange, model, readable_request, readable_body)
    return _joined(facts, prompt, completion, notes)


def _joined(facts: Count, prompt: _Half, completion: _Half, notes: tuple[str, ...]) -> Count:
    if prompt.tokens is None and completion.tokens is None:
        return replace(facts, notes=_unique((*notes, *prompt.notes, *completion.notes)))
    source = max(prompt.source, completion.source, key=_WORST_LAST.index)
    count = replace(
        facts,
        source=source,
        prompt_tokens=prompt.tokens,
        completion_tokens=completion.tokens,
        reasoning_tokens=completion.reasoning_tokens,
        notes=_unique((*notes, *prompt.notes, *completion.notes)),
    )
    if source == "tokenized":
        return count
    return replace(
        count,
        prompt_tokens_low=prompt.tokens if prompt.source == "tokenized" else prompt.low,
        prompt_tokens_high=prompt.tokens if prompt.source == "tokenized" else prompt.high,
        completion_tokens_low=completion.tokens if completion.source == "tokenized" else completion.low,
        completion_tokens_high=completion.tokens if completion.source == "tokenized" else completion.high,
    )


def counting_model(exchange: Exchange, request: RequestBody | None, body: Body | None) -> str | None:
    """The model whose tokenizer counts this exchange; None where no OpenAI tokenizer is known for it.

    The answer, the serving header and the config name models, so the first of them decides. A request or a deployment
    may carry any name a team has chosen, so there the first name that is a known model does.
    """
    said = next((name for name in (body.answer.model if body else None, *exchange.models) if name), None)
    if said is not None:
        return said if encoder(said) is not None else None
    names = (request.model if request else None, exchange.deployment)
    return next((name for name in names if name and encoder(name) is not None), None)


def _prompt(exchange: Exchange, model: str, request: RequestBody | None, body: Body | None) -> _Half:
    if request is None or request.value is None:
        return _Half(None, "lower_bound", notes=("request_missing",))
    created = (body.answer.created if body else None) or exchange.sent_at
    counted = count_prompt(exchange.api, model, request.value, created)
    half = _half_of(counted)
    if request.whole:
        return half
    notes = (*half.notes, "request_cut")
    total = None if request.cut_in_data else exchange.request_total_bytes
    if total is None or half.tokens is None or half.source == "lower_bound":
        return replace(half, source="lower_bound", low=half.tokens, notes=notes)
    left = total - request.size
    spread = REQUEST_WITH_REASONING_RATIO_SPREAD if "reasoning_item" in half.notes else REQUEST_RATIO_SPREAD
    rest = rest_of_text(half.tokens, request.size, left, exchange.request_spread_bytes, spread)
    return _extended(half.tokens, rest, notes)


REQUEST_RATIO_SPREAD = 0.25
REQUEST_WITH_REASONING_RATIO_SPREAD = 0.6
"""Relative standard deviation of tokens per byte between the visible and the missing part of a request."""


def _completion(exchange: Exchange, model: str, request: RequestBody | None, body: Body | None) -> _Half:
    if exchange.api == "embeddings":
        return _Half(0, "tokenized")
    if body is None:
        return _Half(None, "lower_bound", notes=("response_missing",))
    asked = request.value if request and request.whole else None
    notes = ("reasoning_not_visible",) if _hides_reasoning(model, body.answer) else ()
    if body.answer.complete:
        half = _half_of(count_completion(exchange.api, model, asked, body.answer, exchange.provider))
        return _with_sized_reasoning(replace(half, notes=(*notes, *half.notes)))
    half = _half_of(count_completion(exchange.api, model, asked, as_if_finished(body.answer), exchange.provider))
    notes = (*notes, *half.notes, "response_cut")
    rest = None
    total = exchange.response_total_bytes
    if half.source == "tokenized" and half.tokens is not None and exchange.response and total is not None:
        spread = exchange.response_spread_bytes
        visible = half.tokens - (half.reasoning_tokens or 0)
        rest = rest_of_answer(model, asked, body, exchange.response, visible, total, spread)
    if half.tokens is None or rest is None:
        return replace(half, source="lower_bound", low=half.tokens, high=None, notes=notes)
    extended = _extended(half.tokens, rest, notes)
    return _with_sized_reasoning(replace(extended, reasoning_tokens=half.reasoning_tokens))


def _with_sized_reasoning(half: _Half) -> _Half:
    """Reasoning whose size was told from its encrypted form is an estimate, however whole the body is."""
    if half.source == "lower_bound" or half.tokens is None or not half.reasoning_tokens:
        return half
    margin = round(1.645 * math.hypot(REASONING_SPREAD_TOKENS, REASONING_SPREAD * half.reasoning_tokens))
    low = half.low if half.low is not None else half.tokens
    high = half.high if half.high is not None else half.tokens
    visible = half.tokens - half.reasoning_tokens
    return replace(half, source="extrapolated", low=max(visible, low - margin), high=high + margin)


REASONING_SPREAD_TOKENS = 25
REASONING_SPREAD = 0.05
"""Standard deviation of reasoning sized from its encrypted form: so many tokens, and this share (docs/estimates.md)."""


def _hides_reasoning(model: str, answer: Answer) -> bool:
    if not reasons(model):
        return False
    reasoning = [item for item in answer.items if item.get("type") == "reasoning"]
    if answer.items:
        return any(not item.get("encrypted_content") for item in reasoning)
    return True


def _half_of(counted: Counted) -> _Half:
    if counted.tokens is not None:
        return _Half(counted.tokens, "tokenized", reasoning_tokens=counted.reasoning_tokens, notes=counted.notes)
    return _Half(counted.lower_bound, "lower_bound", low=counted.lower_bound, notes=counted.notes)


def _extended(visible: int, rest: Rest, notes: tuple[str, ...]) -> _Half:
    return _Half(visible + rest.tokens, "extrapolated", visible + rest.low, visible + rest.high, notes=notes)


def _unique(notes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(notes))
