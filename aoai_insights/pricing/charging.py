"""What a line of usage costs. Each token is charged once, at its most specific price; no price, no charge."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from aoai_insights.pricing.book import Found, PriceBook
from aoai_insights.pricing.unit_price import (
    EXACT,
    FxRate,
    Missing,
    NoMeter,
    UnitPrice,
    fine_tuned_base,
    model_and_version,
    plain,
)
from aoai_insights.pricing.usage_line import CLASSES, UsageLine, classes_of, contradiction

SCOPES = {
    "globalstandard": "global",
    "globalbatch": "global",
    "datazonestandard": "datazone",
    "datazonebatch": "datazone",
    "standard": "regional",
}
"""Deployment types that are billed by the token (ARM's sku.name, lower case)."""

DEVELOPER = "developertier"
"""Deployment type of a fine-tuned model that is tried out: global, on meters of its own, without hosting hours.
https://learn.microsoft.com/azure/ai-foundry/openai/how-to/fine-tuning-deploy"""

PROVISIONED = {
    "globalprovisionedmanaged": "global",
    "datazoneprovisionedmanaged": "datazone",
    "provisionedmanaged": "regional",
}
"""Deployment types that are billed by the PTU-hour (ARM's sku.name, lower case), and the scope of that meter."""

PAID_BY_HOUR = "provisioned"
"""Tier of usage whose deployment is charged by the PTU-hour."""

PIECES = {
    # kind: what it counts, direction, modality
    "image": ("the number, size and quality of its images", "output", "image"),
    "speech": ("the characters of its input", "input", "text"),
    "transcription": ("the seconds of its audio", "input", "audio"),
}
"""Kinds of meters that do not count tokens."""


@dataclass(frozen=True, slots=True)
class ChargePart:
    """Tokens of one class, or other units that its row counts, and the row that prices them. `amount` is exact."""

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
    """What `line` costs in `currency`; Missing where any of its tokens or pieces has no price or is not known.

    Tokens of each class (usage_line.classes_of) x the price of the class; reasoning is inside completion; images,
    spoken characters and seconds of audio by their own meters (research: pricing, 6).
    Usage of tier `provisioned` costs nothing by the token: the PTU-hours that served it are charged as such.
    """
    if line.tier == PAID_BY_HOUR:
        return Charge(Decimal(0), (), ("paid_by_ptu_hours",))
    if line.unmeasured:
        known = _despite_unmeasured(line, book)
        if isinstance(known, Missing):
            return known
        line = known
    line = _by_meters(line, book)
    if min(classes_of(line)) < 0:
        return Missing(contradiction(line))
    amount = Decimal(0)
    parts: list[ChargePart] = []
    flags: tuple[str, ...] = ()
    for units, found in _found(line, book, currency):
        if isinstance(found, Missing):
            return found
        part = EXACT.multiply(found.per_unit, units)
        amount = EXACT.add(amount, part)
        parts.append(ChargePart(found.price, units, part, found.fx))
        if found.flags:
            flags += tuple(flag for flag in found.flags if flag not in flags)
    return Charge(plain(amount), tuple(parts), flags)


def _found(line: UsageLine, book: PriceBook, currency: str) -> Iterator[tuple[int, Found | Missing]]:
    """The units of each class that the line has, with their price."""
    found_for = book.memo(
        (
            line.model, line.model_version, line.deployment_type, line.region, line.tier, line.long_context, line.day,
            currency,
        )
    )  # fmt: skip
    for of, tokens in zip(CLASSES, classes_of(line), strict=True):
        if tokens:
            found = found_for.get(of)
            if found is None:
                found = found_for[of] = _find(line, book, currency, *of)
            yield tokens, found
    pieces = ((line.images, "image"), (line.characters, "speech"), (line.audio_seconds, "transcription"))
    for units, kind in pieces:
        if units:
            yield units, _find_piece(line, book, currency, kind)


def _despite_unmeasured(line: UsageLine, book: PriceBook) -> UsageLine | Missing:
    """The line, where what no log says does not change its price."""
    kind = _kind(line)[0]
    if line.unmeasured == "quantity":
        sold = next((what for of, (what, *_) in PIECES.items() if book.sells(of, line.model)), "")
        return Missing(f"{line.model} is not charged by guess: no log says {sold or 'the tokens of the call'}")
    if line.unmeasured == "cached split":
        if book.discounts(kind, line.model):
            return Missing(f"no log says how many of the {line.model} tokens that came from the cache are text")
        return replace(line, cached_tokens=0, unmeasured="")
    for direction, tokens in (("input", line.prompt_tokens), ("output", line.completion_tokens)):
        found = sorted(book.modalities(kind, line.model, direction))
        if tokens and len(found) > 1:
            words = f"{', '.join(found[:-1])} and {found[-1]}"
            return Missing(f"no log says how the {direction} tokens of {line.model} divide into {words}")
    return line


def _by_meters(line: UsageLine, book: PriceBook) -> UsageLine:
    """The line as its model's meters tell tokens apart.

    Images that a chat model is shown are text to its meters; an answer that has one meter, of audio or images, is all
    of that (the output of gpt-4o-mini-tts and gpt-image-1).
    """
    kind = _kind(line)[0]
    if line.image_prompt_tokens and "image" not in book.modalities(kind, line.model, "input"):
        line = replace(line, image_prompt_tokens=0, cached_image_tokens=0)
    if not line.completion_tokens:
        return line
    answers = book.modalities(kind, line.model, "output")
    if answers == {"image"}:
        return replace(line, image_completion_tokens=line.completion_tokens - line.audio_completion_tokens)
    if answers == {"audio"}:
        return replace(line, audio_completion_tokens=line.completion_tokens - line.image_completion_tokens)
    return line


def _kind(line: UsageLine) -> tuple[str, str, str]:
    """Kind of the meters, and the model and version that they are named by."""
    base = fine_tuned_base(line.model)
    if base is None:
        return "inference", line.model, line.model_version
    model, version = model_and_version(base)
    kind = "ft_dev" if line.deployment_type.lower() == DEVELOPER else "ft_inference"
    return kind, model, version or line.model_version


def _scope(line: UsageLine) -> str | Missing:
    kind = line.deployment_type.lower()
    scope = "global" if kind == DEVELOPER and fine_tuned_base(line.model) else SCOPES.get(kind)
    if scope is not None:
        return scope
    why = (
        "is billed by the PTU-hour: say ptu = N in [[deployments]]"
        if kind in PROVISIONED
        else "is no deployment type with a price per token"
    )
    return Missing(f"no price per token for {line.model}: {line.deployment_type or '(type unknown)'} {why}")


def _tier(line: UsageLine) -> str:
    return "batch" if line.deployment_type.lower().endswith("batch") else line.tier


def _find_piece(line: UsageLine, book: PriceBook, currency: str, kind: str) -> Found | Missing:
    """The price of an image, a character or a second."""
    scope = _scope(line)
    if isinstance(scope, Missing):
        return scope
    _, direction, modality = PIECES[kind]
    if book.sells("inference", line.model) and not book.sells(kind, line.model):
        return Missing(f"{line.model} is charged by the token: no log says the tokens of the call")
    graded = kind == "image" and book.grades_images(line.model)
    if graded and not line.image_grade:
        return Missing(f"{line.model} is not charged by guess: no log says the size and quality of its images")
    return book.find(
        kind, line.model, line.model_version, direction, modality, "none", _tier(line), scope, line.region, line.day,
        currency, False, line.image_grade if graded else "",
    )  # fmt: skip


def _find(
    line: UsageLine, book: PriceBook, currency: str, direction: str, modality: str, cache: str
) -> Found | Missing:
    """The price of one class of tokens; cached and written tokens of a model without such a meter are plain input."""
    scope = _scope(line)
    if isinstance(scope, Missing):
        return scope
    kind, model, version = _kind(line)
    tier = _tier(line)

    def find(cache: str) -> Found | Missing:
        return book.find(
            kind, model, version, direction, modality, cache, tier, scope, line.region, line.day, currency,
            line.long_context,
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
