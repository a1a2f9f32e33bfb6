"""What a line of usage costs. Each token is charged once, at its most specific price; no price, no charge."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from aoai_insights.pricing.book import Found, PriceBook
from aoai_insights.pricing.unit_price import EXACT, FxRate, Missing, NoMeter, UnitPrice, plain

SCOPES = {
    "globalstandard": "global",
    "globalbatch": "global",
    "datazonestandard": "datazone",
    "datazonebatch": "datazone",
    "standard": "regional",
}
"""Deployment types that are billed by the token (ARM's sku.name, lower case)."""

CLASSES = (
    # direction, modality, cache
    ("input", "text", "none"),
    ("input", "text", "read"),
    ("input", "text", "write"),
    ("input", "audio", "none"),
    ("output", "text", "none"),
    ("output", "audio", "none"),
)
"""The classes of tokens that have a price of their own, the same order in which a line's tokens are told apart."""

PROVISIONED = {
    "globalprovisionedmanaged": "global",
    "datazoneprovisionedmanaged": "datazone",
    "provisionedmanaged": "regional",
}
"""Deployment types that are billed by the PTU-hour (ARM's sku.name, lower case), and the scope of that meter."""

PAID_BY_HOUR = "provisioned"
"""Tier of usage whose deployment is charged by the PTU-hour."""


@dataclass(frozen=True, slots=True)
class UsageLine:
    """Tokens of one day that are priced alike. cached, cache_write, audio ⊂ prompt; audio ⊂ completion."""

    day: date
    model: str
    model_version: str  # "" unknown
    deployment_type: str  # GlobalStandard, DataZoneStandard, Standard, GlobalBatch, ...
    region: str  # "" unknown
    tier: str  # standard | batch | priority | flex; provisioned: paid for by PTU-hours
    long_context: bool
    prompt_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    completion_tokens: int
    audio_prompt_tokens: int
    audio_completion_tokens: int


@dataclass(frozen=True, slots=True)
class ChargePart:
    """Tokens of one class and the row that prices them. `amount` is exact."""

    price: UnitPrice
    tokens: int
    amount: Decimal
    fx: FxRate | None = None
    """The exchange rate in `amount`, where the row is in another currency."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What a line costs, exact and not rounded, and why.

    `flags`: before_first_known_price, no_cached_price (cached tokens at the input price, the model has no cached
    meter), no_cache_write_price (likewise), version_unknown_same_price, region_unknown_same_price.
    """

    amount: Decimal
    parts: tuple[ChargePart, ...]
    flags: tuple[str, ...]


def scope_of(deployment_type: str) -> str | None:
    """The price scope of a deployment type; None for provisioned (no per-token price) and unknown types."""
    return SCOPES.get(deployment_type.lower())


def charge(line: UsageLine, book: PriceBook, currency: str) -> Charge | Missing:
    """What `line` costs in `currency`; Missing where any of its tokens has no price.

    (prompt - cached - write - audio) x input + cached x cached + write x write + audio x audio input
    + (completion - audio) x output + audio x audio output; reasoning is inside completion (research: pricing, 6).
    Usage of tier `provisioned` costs nothing by the token: the PTU-hours that served it are charged as such.
    """
    if line.tier == PAID_BY_HOUR:
        return Charge(Decimal(0), (), ("paid_by_ptu_hours",))
    tokens_of = (
        line.prompt_tokens - line.cached_tokens - line.cache_write_tokens - line.audio_prompt_tokens,
        line.cached_tokens,
        line.cache_write_tokens,
        line.audio_prompt_tokens,
        line.completion_tokens - line.audio_completion_tokens,
        line.audio_completion_tokens,
    )
    if min(tokens_of) < 0:
        return Missing(
            f"tokens of {line.model} do not add up: {line.cached_tokens} cached, {line.cache_write_tokens} written and "
            f"{line.audio_prompt_tokens} audio of {line.prompt_tokens} prompt tokens, "
            f"{line.audio_completion_tokens} audio of {line.completion_tokens} completion tokens"
        )
    found_for = book.memo(
        (
            line.model, line.model_version, line.deployment_type, line.region, line.tier, line.long_context, line.day,
            currency,
        )
    )  # fmt: skip
    amount = Decimal(0)
    parts: list[ChargePart] = []
    flags: tuple[str, ...] = ()
    for of, tokens in zip(CLASSES, tokens_of, strict=True):
        if not tokens:
            continue
        found = found_for.get(of)
        if found is None:
            found = found_for[of] = _find(line, book, currency, *of)
        if isinstance(found, Missing):
            return found
        part = EXACT.multiply(found.per_unit, tokens)
        amount = EXACT.add(amount, part)
        parts.append(ChargePart(found.price, tokens, part, found.fx))
        if found.flags:
            flags += tuple(flag for flag in found.flags if flag not in flags)
    return Charge(plain(amount), tuple(parts), flags)


def _find(
    line: UsageLine, book: PriceBook, currency: str, direction: str, modality: str, cache: str
) -> Found | Missing:
    """The price of one class of tokens; cached and written tokens of a model without such a meter are plain input."""
    kind = line.deployment_type.lower()
    scope = SCOPES.get(kind)
    if scope is None:
        why = (
            "is billed by the PTU-hour: say ptu = N in [[deployments]]"
            if kind in PROVISIONED
            else "is no deployment type with a price per token"
        )
        return Missing(f"no price per token for {line.model}: {line.deployment_type or '(type unknown)'} {why}")
    tier = "batch" if kind.endswith("batch") else line.tier

    def find(cache: str) -> Found | Missing:
        return book.find(
            "inference", line.model, line.model_version, direction, modality, cache, tier, scope, line.region, line.day,
            currency, line.long_context,
        )  # fmt: skip

    found = find(cache)
    if cache == "none":
        return found
    if isinstance(found, NoMeter) and not (cache == "write" and book.charges_cache_writes(line.model)):
        plain = find("none")
        flag = "no_cached_price" if cache == "read" else "no_cache_write_price"
        return plain if isinstance(plain, Missing) else replace(plain, flags=(*plain.flags, flag))
    if not isinstance(found, Missing) and "version_unknown_same_price" in found.flags:
        # A version without a cached meter has no row here, and would be billed otherwise than its siblings.
        plain = find("none")
        if isinstance(plain, Missing):
            return plain
    return found
