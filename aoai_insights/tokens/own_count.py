"""Prompt and completion by our own count: of whole bodies exact, of cut ones extended or a lower bound."""

import math

from msgspec import Struct
from msgspec.structs import replace

from aoai_insights.tokens.answer import Body
from aoai_insights.tokens.completion import count_completion
from aoai_insights.tokens.cut import Rest, rest_of_text
from aoai_insights.tokens.cut_answer import as_if_finished, rest_of_answer
from aoai_insights.tokens.exchange import Answer, Counted, TokenSource
from aoai_insights.tokens.families import encoding_name, reasons
from aoai_insights.tokens.logged import Exchange
from aoai_insights.tokens.prompt import count_prompt
from aoai_insights.tokens.request import RequestBody


class Half(Struct, frozen=True):
    """Prompt or completion by our own count. `tokens` None: nothing can be said."""

    tokens: int | None
    source: TokenSource
    low: int | None = None
    high: int | None = None
    reasoning_tokens: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def bounds(self) -> tuple[int | None, int | None]:
        """What is counted exactly is its own interval."""
        return (self.tokens, self.tokens) if self.source == "tokenized" else (self.low, self.high)


def counting_model(exchange: Exchange, request: RequestBody | None, body: Body | None) -> str | None:
    """The model whose tokenizer counts this exchange; None where no OpenAI tokenizer is known for it.

    The answer, the serving header and the config name models, so the first of them decides. A request or a deployment
    may carry any name a team has chosen, so there the first name that is a known model does.
    """
    said = body.answer.model if body else None
    said = said or next((name for name in exchange.models if name), None)
    if said is not None:
        return said if encoding_name(said) is not None else None
    names = (request.model if request else None, exchange.deployment)
    return next((name for name in names if name and encoding_name(name) is not None), None)


def count_own_prompt(exchange: Exchange, model: str, request: RequestBody | None, body: Body | None) -> Half:
    if request is None or request.value is None:
        return Half(None, "lower_bound", notes=("request_missing",))
    created = (body.answer.created if body else None) or exchange.sent_at
    counted = count_prompt(exchange.api, model, request.value, created, answer=body.answer if body else None)
    half = _half_of(counted)
    if request.whole:
        return half
    notes = (*half.notes, "request_cut")
    total = None if request.cut_in_data else exchange.request_total_bytes
    if total is None or half.tokens is None or half.source == "lower_bound":
        return replace(half, source="lower_bound", low=half.tokens, notes=notes)
    left = total - request.size
    spread = REQUEST_WITH_REASONING_RATIO_SPREAD if "reasoning_by_size" in half.notes else REQUEST_RATIO_SPREAD
    rest = rest_of_text(half.tokens, request.size, left, exchange.request_spread_bytes, spread)
    return _extended(half.tokens, rest, notes)


REQUEST_RATIO_SPREAD = 0.25
REQUEST_WITH_REASONING_RATIO_SPREAD = 0.6
"""Relative standard deviation of tokens per byte between the visible and the missing part of a request."""


def count_own_completion(exchange: Exchange, model: str, request: RequestBody | None, body: Body | None) -> Half:
    if exchange.api == "embeddings":
        return Half(0, "tokenized")
    if body is None:
        return Half(None, "lower_bound", notes=("response_missing",))
    asked = request.value if request and request.whole else None
    notes: tuple[str, ...] = ("reasoning_not_visible",) if _hides_reasoning(model, request, body.answer) else ()
    if body.answer.complete:
        half = _half_of(count_completion(exchange.api, model, asked, body.answer, exchange.provider))
        return _with_sized_reasoning(replace(half, notes=(*notes, *half.notes)) if notes else half)
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


def _with_sized_reasoning(half: Half) -> Half:
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


def _hides_reasoning(model: str, request: RequestBody | None, answer: Answer) -> bool:
    """May there be reasoning tokens that no body shows? Output items of the Responses API show whether it reasoned."""
    if not reasons(model):
        return False
    if answer.items:
        reasoning = [item for item in answer.items if item.get("type") == "reasoning"]
        return any(not item.get("encrypted_content") for item in reasoning)
    return (request.value if request and request.value else {}).get("reasoning_effort") != "none"


def _half_of(counted: Counted) -> Half:
    if counted.tokens is not None:
        return Half(counted.tokens, "tokenized", reasoning_tokens=counted.reasoning_tokens, notes=counted.notes)
    return Half(counted.lower_bound, "lower_bound", low=counted.lower_bound, notes=counted.notes)


def _extended(visible: int, rest: Rest, notes: tuple[str, ...]) -> Half:
    return Half(visible + rest.tokens, "extrapolated", visible + rest.low, visible + rest.high, notes=notes)
