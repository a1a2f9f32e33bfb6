"""Usage x dated unit price -> cost. Pure: the rows are an argument; sources/prices.py says where they come from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """One row of a price book: what `per` units cost from one day to another, and who says so."""

    id: str
    model: str
    version: str  # "*": any version
    kind: str  # inference | ptu | ...
    direction: str  # input | output
    modality: str  # text | audio | image
    cache: str  # none | read | write
    tier: str  # standard | batch | priority | flex
    scope: str  # global | datazone | regional
    context: str | None  # None | short | long
    regions: frozenset[str]  # empty: every region of the scope
    unit: str
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
    confidence: str


@dataclass(frozen=True, slots=True)
class UsageLine:
    """Tokens of one day that are priced alike. cached, cache_write, audio ⊂ prompt; audio ⊂ completion."""

    day: date
    model: str
    model_version: str  # "" unknown
    deployment_type: str  # GlobalStandard, DataZoneStandard, Standard, GlobalBatch, ...
    region: str  # "" unknown
    tier: str  # standard | batch | priority | flex
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


@dataclass(frozen=True, slots=True)
class Charge:
    """What a line costs, exact, and why. `flags`: before_first_known_price, no_cached_price, ..."""

    amount: Decimal
    parts: tuple[ChargePart, ...]
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no price. `reason` is one sentence that names the key that was looked up."""

    reason: str


class PriceBook:
    """Price rows, indexed by what they apply to; look-ups are memoised. Built once, never changed."""

    def __init__(self, rows: Iterable[UnitPrice]) -> None:
        self._rows = tuple(rows)

    def price(
        self,
        *,
        model: str,
        version: str,
        scope: str,
        region: str,
        day: date,
        currency: str,
        direction: str,
        cache: str = "none",
        modality: str = "text",
        tier: str = "standard",
        long_context: bool = False,
    ) -> UnitPrice | Missing:
        raise NotImplementedError


def charge(line: UsageLine, book: PriceBook, currency: str) -> Charge | Missing:
    """What `line` costs in `currency`."""
    raise NotImplementedError


def scope_of(deployment_type: str) -> str | None:
    """The price scope of a deployment type; None for provisioned (no per-token price) and unknown types."""
    raise NotImplementedError
