"""Tokens of one exchange from its bodies: the body rungs of the token-source ladder.

    body_usage      the `usage` object of a JSON body
    stream_usage    the usage event of a stream
    tokenized       both bodies whole, counted
    extrapolated    a cut body, extended by its known total size
    lower_bound     a cut body of unknown size, or a part of the exchange that was not logged
    none            nothing to count from

The source of a count is that of its worse half.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from aoai_insights.tokens.answer import Body, read_body
from aoai_insights.tokens.exchange import Answer, TokenSource, Usage
from aoai_insights.tokens.glance import glance
from aoai_insights.tokens.logged import Exchange
from aoai_insights.tokens.media import measure
from aoai_insights.tokens.own_count import Half, count_own_completion, count_own_prompt, counting_model
from aoai_insights.tokens.request import RequestBody, read_request

_COUNTABLE = ("chat", "completions", "embeddings", "responses")
"""APIs whose tokens follow from their bodies. Images and audio have tokens only where a usage says so; what else they
are sold by: media.py."""

_WORST_LAST: Sequence[TokenSource] = ("tokenized", "extrapolated", "lower_bound")


class Count(Struct, frozen=True):
    """Tokens of one exchange with their source; the fields are those of GATEWAY_TOKENS (model/), in the same order."""

    source: TokenSource
    model: str | None = None
    requested_model: str | None = None
    response_id: str | None = None
    streamed: bool | None = None
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    audio_prompt_tokens: int | None = None
    audio_completion_tokens: int | None = None
    prompt_tokens_low: int | None = None
    prompt_tokens_high: int | None = None
    completion_tokens_low: int | None = None
    completion_tokens_high: int | None = None
    counted_prompt_tokens: int | None = None
    counted_completion_tokens: int | None = None
    service_tier: str | None = None
    finish_reason: str | None = None
    content_filtered: bool | None = None
    max_tokens: int | None = None
    ttft_ms: int | None = None
    request_body_bytes: int | None = None
    notes: tuple[str, ...] = ()
    cached_audio_tokens: int | None = None
    image_prompt_tokens: int | None = None
    cached_image_tokens: int | None = None
    image_completion_tokens: int | None = None
    images: int | None = None
    image_grade: str | None = None
    characters: int | None = None
    audio_seconds: int | None = None


def count_exchange(
    exchange: Exchange, *, use_usage: bool = True, count_anyway: bool = False, reconstruct: bool = True
) -> Count:
    """Tokens of one exchange, by the best rung its bodies reach.

    `use_usage` False hides the usage that the service states; `count_anyway` counts beside it, for measuring our error.
    `reconstruct` False is for a call that failed: it has the tokens that a usage states, or none.
    Bodies are written by strangers: one that breaks the counting gives the source none and the note `counting_failed`
    with the kind of failure; `quality` counts them.
    """
    try:
        return _count(exchange, use_usage, count_anyway, reconstruct)
    except Exception as error:
        if count_anyway:  # a usage that is there must not be lost with the count beside it
            return count_exchange(exchange, use_usage=use_usage, reconstruct=reconstruct)
        return Count("none", notes=("counting_failed", type(error).__name__))


def _count(exchange: Exchange, use_usage: bool, count_anyway: bool, reconstruct: bool) -> Count:
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
        facts["source"] = "stream_usage" if body and body.form == "stream" else "body_usage"
        facts |= _stated(usage)
        if exchange.api == "images" and usage.image_completion_tokens is None:
            # "The number of image tokens in the output image" (API reference, Images, usage.output_tokens).
            facts["image_completion_tokens"] = usage.completion_tokens
        if count_anyway and reconstruct:
            facts |= _counted_beside(exchange, request, body)
    elif reconstruct:
        facts |= _counted(exchange, request, body)
    return Count(**facts)


_Facts = dict[str, Any]
"""Fields of a Count, gathered before it is made: it has many, and most rows of a log pass through here."""


def _facts(exchange: Exchange, request: RequestBody | None, body: Body | None) -> _Facts:
    answer = body.answer if body else Answer(complete=False)
    streamed = body.form == "stream" if body and body.form != "none" else None
    if streamed is None:
        streamed = request.streamed if request and request.streamed is not None else exchange.streamed
    return {
        "source": "none",
        "model": answer.model,
        "requested_model": request.model if request else None,
        "response_id": answer.response_id,
        "streamed": streamed,
        "service_tier": answer.service_tier,
        "finish_reason": _finish_reason(answer),
        "content_filtered": answer.content_filtered if body else None,
        "max_tokens": request.max_tokens if request else None,
        "ttft_ms": answer.ttft_ms,
        "request_body_bytes": request.size if request and request.whole else None,
    }


def _finish_reason(answer: Answer) -> str | None:
    for choice in answer.choices:
        if choice.finish_reason:
            return choice.finish_reason
    return None


def _stated(usage: Usage) -> _Facts:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "cached_tokens": usage.cached_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "audio_prompt_tokens": usage.audio_prompt_tokens,
        "audio_completion_tokens": usage.audio_completion_tokens,
        "cached_audio_tokens": usage.cached_audio_tokens,
        "image_prompt_tokens": usage.image_prompt_tokens,
        "cached_image_tokens": usage.cached_image_tokens,
        "image_completion_tokens": usage.image_completion_tokens,
    }


def _counted_beside(exchange: Exchange, request: RequestBody | None, body: Body | None) -> _Facts:
    """Our own count of what is whole, beside the usage; an estimate would measure nothing."""
    own = _counted(exchange, request, body)
    if own.get("source") != "tokenized":
        return {}
    return {
        "counted_prompt_tokens": own.get("prompt_tokens"),
        "counted_completion_tokens": own.get("completion_tokens"),
        "notes": own.get("notes", ()),
    }


def _counted(exchange: Exchange, request: RequestBody | None, body: Body | None) -> _Facts:
    unreadable = (exchange.request and (request is None or request.value is None)) or (body and body.form == "none")
    notes: tuple[str, ...] = ("unreadable_body",) if unreadable else ()
    readable_request = request if request and request.value is not None else None
    readable_body = body if body and body.form != "none" else None
    if exchange.api not in _COUNTABLE:
        media = measure(exchange, readable_request)
        if media is None:
            return {"notes": notes}
        return {
            "source": "body_usage" if media.stated else "tokenized",
            "images": media.images,
            "image_grade": media.image_grade,
            "characters": media.characters,
            "audio_seconds": media.audio_seconds,
        }
    if readable_request is None and readable_body is None:
        return {"notes": notes or ("no_body",)}
    model = counting_model(exchange, readable_request, readable_body)
    if model is None:
        return {"notes": (*notes, "no_tokenizer")}
    prompt = count_own_prompt(exchange, model, readable_request, readable_body)
    completion = count_own_completion(exchange, model, readable_request, readable_body)
    return _joined(prompt, completion, notes)


def _joined(prompt: Half, completion: Half, notes: tuple[str, ...]) -> _Facts:
    notes = tuple(dict.fromkeys((*notes, *prompt.notes, *completion.notes)))
    if prompt.tokens is None and completion.tokens is None:
        return {"notes": notes}
    source = prompt.source
    if completion.source != source:
        source = max(source, completion.source, key=_WORST_LAST.index)
    count = {
        "source": source,
        "prompt_tokens": prompt.tokens,
        "completion_tokens": completion.tokens,
        "reasoning_tokens": completion.reasoning_tokens,
        "notes": notes,
    }
    if source != "tokenized":
        count["prompt_tokens_low"], count["prompt_tokens_high"] = prompt.bounds
        count["completion_tokens_low"], count["completion_tokens_high"] = completion.bounds
    return count
