"""One row of a price book, and what a look-up says when there is none."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from functools import cache

ANY = "*"
EXACT = Context(prec=60)
"""Digits enough that no product or sum of prices and tokens is ever rounded."""
SOURCES = ("config", "price_sheet", "retail", "book")
"""Where rows come from, strongest first: a stronger source that knows a key on a day wins whole."""


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What `per` units cost from one day to another, and who says so. An empty `regions` means all of the scope."""

    id: str
    model: str
    version: str  # "*": any version
    kind: str  # see meters.Meter
    direction: str  # input | output; "" for an hour
    modality: str  # text | audio | image; "" for an hour
    cache: str  # none | read | write
    tier: str  # standard | batch | priority | flex
    scope: str  # global | datazone | regional
    context: str | None  # short | long; None: any length, or short where the model has long rows
    regions: frozenset[str]
    unit: str  # token | hour | image | character | second
    per: int
    price: Decimal
    currency: str
    effective_from: date
    effective_to: date | None  # inclusive last day
    meter_id: str
    meter: str
    product: str
    source: str  # config | price_sheet | retail | book
    source_detail: str
    retrieved_at: date | None
    confidence: str  # retail | secondary | contract | user
    grade: str = ""  # size and quality of an image; "" where they do not decide

    def valid_on(self, day: date) -> bool:
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)

    def said_by(self) -> str:
        """The row as an error names it."""
        name = f"meter {self.meter!r}" if self.meter else f"row {self.id!r}"
        return f"{name} ({self.source}: {self.price} {self.currency} per {self.per} from {self.effective_from})"


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no price. `reason` is one sentence that names the key that was looked up."""

    reason: str


@dataclass(frozen=True, slots=True)
class NoMeter(Missing):
    """There is no price on any day: the list has no such meter."""


@dataclass(frozen=True, slots=True)
class Ambiguous(Missing):
    """Two meters of the price list claim the key at different prices; the list is not ours to mend."""


@dataclass(frozen=True, slots=True)
class FxRate:
    """One unit of `base` is `rate` of `quote` from a day on, until a later one begins. `source` says who says so."""

    base: str
    quote: str
    rate: Decimal
    effective_from: date
    source: str


def is_sovereign(region: str) -> bool:
    """Government and China clouds: their prices differ, so a row for "all regions" of the public list is not theirs."""
    return region.startswith(("usgov", "usdod", "china"))


_OPENAI_NAMES = {"whisper-1": "whisper", "tts-1": "tts", "tts-1-hd": "tts-hd"}


def model_key(model: str) -> str:
    """The Azure spelling of a model's name: `gpt-3.5-turbo` is `gpt-35-turbo` to Azure, `whisper-1` is `whisper`."""
    name = model.lower().replace("gpt-3.5", "gpt-35")
    return _OPENAI_NAMES.get(name, name)


def model_and_version(name: str) -> tuple[str, str]:
    """("gpt-4o", "2024-11-20") of "gpt-4o-2024-11-20", as responses name a model; version "" where there is none."""
    found = re.fullmatch(r"(gpt-4)-(turbo-2024-04-09|\d{4}-preview|turbo-vision-preview|vision-preview)", name)
    if found:
        return found[1], found[2].replace("turbo-vision", "vision")
    found = re.fullmatch(r"(.+?)-(\d{4}-\d{2}-\d{2}|\d{4})", name)
    return (found[1], found[2]) if found else (name, "")


_FINE_TUNED = re.compile(r"ft:(?P<openai>[^:]+):.*|(?:ft:)?(?P<azure>[^:]+?)\.ft-[\w.:-]+")


@cache
def fine_tuned_base(model: str) -> str | None:
    """The base of a fine-tuned model, "gpt-4o-mini-2024-07-18" of "gpt-4o-mini-2024-07-18.ft-5f2c…"; None for others.

    https://learn.microsoft.com/azure/ai-foundry/openai/how-to/fine-tuning-deploy (`.ft-`); OpenAI's `ft:base:org::id`.
    """
    found = _FINE_TUNED.fullmatch(model.lower())
    return found["openai"] or found["azure"] if found else None


def plain(amount: Decimal) -> Decimal:
    """`amount` without trailing zeros and without a positive exponent."""
    amount = amount.normalize(EXACT)
    return amount.quantize(Decimal(1), context=EXACT) if int(amount.as_tuple().exponent) > 0 else amount
