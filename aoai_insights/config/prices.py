"""What things cost: prices, exchange rates, provisioned throughput, shared costs, budgets."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

import msgspec

from aoai_insights.config.place import ConfigFile, nearest

PTU_POLICIES = ("absorb", "used+idle", "entitlement")
SHARING_RULES = ("even", "proportional", "fixed")
WORDS = {
    "kind": ("inference", "ft_inference", "ft_dev", "ft_hosting", "ptu", "image", "speech", "transcription"),
    "direction": ("", "input", "output"),
    "cache": ("none", "read", "write"),
    "tier": ("standard", "batch", "priority", "flex"),
    "scope": ("global", "datazone", "regional"),
    "modality": ("text", "audio", "image"),
    "context": ("", "short", "long"),
}
"""The known words of a price's columns."""

PIECES = {
    # kind: unit, direction, modality, how many units its price is for where `per` is left out
    "ft_hosting": ("hour", "", "", 1),
    "ptu": ("hour", "", "", 1),
    "image": ("image", "output", "image", 1),
    "speech": ("character", "input", "text", 1_000_000),
    "transcription": ("second", "input", "audio", 3600),
}
"""Kinds that are not sold by the token, as the rows of the price book have them."""
IMAGE_GRADES = ("", "standard low", "standard high", "hd low", "hd high")

_AMOUNT = re.compile(r"\d+(\.\d+)?")


class Price(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The columns of a price book row; `price` is a string because money is never a float."""

    price: str
    effective_from: date
    model: str = ""
    kind: str = "inference"
    """What is sold; the kinds of `prices list`. All but tokens are `PIECES` and need no direction."""
    direction: str = ""
    version: str = "*"
    scope: str = "global"
    cache: str = "none"
    tier: str = "standard"
    modality: str = "text"
    context: str = ""
    regions: list[str] = []
    per: int | None = None
    """None: 1,000,000 tokens, or what `PIECES` says of the kind."""
    currency: str = ""
    effective_to: date | None = None
    grade: str = ""
    """Of an image: quality and size, as "hd high"."""

    @property
    def units(self) -> int:
        if self.per is not None:
            return self.per
        return PIECES[self.kind][3] if self.kind in PIECES else 1_000_000

    @property
    def sold(self) -> tuple[str, str, str]:
        """Unit, direction and modality, as a row of the price book has them."""
        return PIECES[self.kind][:3] if self.kind in PIECES else ("token", self.direction, self.modality)


class Fx(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename={"base": "from", "quote": "to"}):
    """One unit of `from` is `rate` of `to`, from a day on until a later entry begins."""

    base: str
    quote: str
    rate: str
    effective_from: date
    source: str


class PtuSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    policy: str = "absorb"
    amortized_cost: list[str] = []
    """Cost exports (amortised or FOCUS; CSV, CSV.gz, Parquet) whose PTU rows go before the list price."""


class PtuCapacity(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What one PTU of a model carries, where the shipped table does not say it or is out of date."""

    model: str
    input_tpm: int
    output_ratio: str
    effective_from: date


class Shared(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    amount: str
    rule: str
    shares: dict[str, int] = {}
    """App -> percent, of the rule fixed."""
    valid_from: date | None = None
    valid_to: date | None = None


class BudgetSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    alert_percent: int = 80
    """Share of a budget from which `budgets` raises an alert."""


class PriceFiles(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Prices that this installation read itself; a file that is not there is none."""

    retail: str = "retail-prices.csv.gz"
    """Written by `prices refresh`."""
    contract: str = "contract-prices.csv.gz"
    """Written by `prices import`."""


def check_prices(prices: Sequence[Price], file: ConfigFile) -> None:
    """Known words, amounts that are amounts, days in their order."""
    for i, price in enumerate(prices):
        for key_name, known in WORDS.items():
            value = getattr(price, key_name)
            if value not in known:
                raise file.fails_at("prices", i, key_name, f'"{value}" is not known', nearest(value, known))
        try:
            amount = Decimal(price.price)
        except InvalidOperation:
            raise file.fails_at("prices", i, "price", f'"{price.price}" is no amount',
                                'write a decimal such as "2.50"') from None  # fmt: skip
        if not amount.is_finite() or amount < 0:
            raise file.fails_at("prices", i, "price", f'"{price.price}" is no price', "a price is 0 or more")
        _check_kind(price, i, file)
        if price.units <= 0:
            raise file.fails_at("prices", i, "per", f"{price.per} units", "write 1_000_000 or 1_000")
        if price.effective_to and price.effective_to < price.effective_from:
            raise file.fails_at("prices", i, "effective_to", f"{price.effective_to} is before effective_from",
                                "swap them")  # fmt: skip


def _check_kind(price: Price, i: int, file: ConfigFile) -> None:
    """An entry that could never apply is an error: it would leave the list price in force without a word."""
    unit, direction, modality = price.sold
    if price.kind == "ptu" and price.model not in ("", "*"):
        raise file.fails_at("prices", i, "model", "a PTU-hour costs the same for every model", "take the line out")
    if price.kind != "ptu" and not price.model:
        raise file.fails_at("prices", i, "model", "whose price it is, is not said", 'write model = "gpt-4o"')
    if price.model.lower().startswith("ft:") or ".ft-" in price.model.lower():
        raise file.fails_at("prices", i, "model", f'"{price.model}" is sold under the name of its base model',
                            'name that one, with kind = "ft_inference", "ft_dev" or "ft_hosting"')  # fmt: skip
    if unit == "token" and not price.direction:
        raise file.fails_at("prices", i, "direction", "of which tokens, is not said", 'write "input" or "output"')
    if price.kind in PIECES:
        for key, value, usual in (("direction", price.direction, direction), ("modality", price.modality, modality),
                                  ("cache", price.cache, "none"), ("context", price.context, "")):  # fmt: skip
            if value not in (usual, "text" if key == "modality" else "", "none" if key == "cache" else ""):
                raise file.fails_at("prices", i, key, f'{price.kind} has no {key} "{value}"', "take the line out")
    if price.grade not in IMAGE_GRADES or (price.grade and price.kind != "image"):
        raise file.fails_at("prices", i, "grade", f'"{price.grade}" is no grade of {price.kind}',
                            "images of dall-e-3 have one: " + ", ".join(IMAGE_GRADES[1:]))  # fmt: skip
    if price.kind == "image" and price.model.lower() == "dall-e-3" and not price.grade:
        raise file.fails_at("prices", i, "grade", "images of dall-e-3 cost by quality and size",
                            "say which one: " + ", ".join(IMAGE_GRADES[1:]))  # fmt: skip


def check_rates(rates: Sequence[Fx], file: ConfigFile) -> None:
    """One rate a day and pair, each with the one who says so."""
    for i, rate in enumerate(rates):
        if not _AMOUNT.fullmatch(rate.rate) or not Decimal(rate.rate):
            raise file.fails_at("fx", i, "rate", f'"{rate.rate}" is no rate', 'write a decimal such as "0.92"')
        if not rate.source.strip():
            raise file.fails_at("fx", i, "source", "nobody is named for the rate",
                                'write who says so: "ECB, 1 October 2026"')  # fmt: skip
        if any((r.base, r.quote, r.effective_from) == (rate.base, rate.quote, rate.effective_from)
               for r in rates[:i]):  # fmt: skip
            raise file.fails_at("fx", i, "effective_from", f"two rates from {rate.effective_from}", "remove one")


def check_ptu(ptu: PtuSection, capacities: Sequence[PtuCapacity], file: ConfigFile) -> None:
    """A known policy, and capacities that are numbers."""
    if ptu.policy not in PTU_POLICIES:
        raise file.fails(f'ptu.policy = "{ptu.policy}" is not known', nearest(ptu.policy, PTU_POLICIES))
    for i, capacity in enumerate(capacities):
        if capacity.input_tpm <= 0 or not _AMOUNT.fullmatch(capacity.output_ratio):
            found = f'{capacity.input_tpm} tokens a minute, ratio "{capacity.output_ratio}"'
            raise file.fails_at("ptu_models", i, "output_ratio", found,
                                'write input_tpm = 2500 and output_ratio = "4"')  # fmt: skip


def check_shared(costs: Sequence[Shared], apps: Sequence[str], file: ConfigFile) -> None:
    """Names told apart, a known rule, and shares that make a whole."""
    seen: set[str] = set()
    for i, cost in enumerate(costs):
        if not cost.name.strip() or cost.name in seen:
            raise file.fails_at("shared_costs", i, "name", f'"{cost.name}" is empty or listed twice',
                                "names are told apart")  # fmt: skip
        seen.add(cost.name)
        if not _AMOUNT.fullmatch(cost.amount):
            raise file.fails_at("shared_costs", i, "amount", f'"{cost.amount}" is no amount',
                                'write a decimal such as "700.00"')  # fmt: skip
        if cost.rule not in SHARING_RULES:
            raise file.fails_at("shared_costs", i, "rule", f'"{cost.rule}" is not known',
                                nearest(cost.rule, SHARING_RULES))  # fmt: skip
        if (cost.rule == "fixed") != bool(cost.shares):
            raise file.fails_at("shared_costs", i, "shares", "the rule fixed has shares, other rules have none",
                                "write shares = {app = 60, other = 40}")  # fmt: skip
        for app in cost.shares:
            if app not in apps:
                raise file.fails_at("shared_costs", i, "shares", f'no [[apps]] entry "{app}"',
                                    nearest(app, sorted(apps)))  # fmt: skip
        if cost.shares and (sum(cost.shares.values()) != 100 or min(cost.shares.values()) < 0):
            raise file.fails_at("shared_costs", i, "shares", f"they sum to {sum(cost.shares.values())} %",
                                "make them sum to 100")  # fmt: skip


def check_budgets(section: BudgetSection, budgets: Sequence[tuple[str, int, str]], file: ConfigFile) -> None:
    """`budgets`: (section, index, amount or nothing) of each app and cost centre."""
    for name, i, budget in budgets:
        if budget and not _AMOUNT.fullmatch(budget):
            raise file.fails_at(name, i, "budget", f'"{budget}" is no amount', 'write a decimal such as "500.00"')
    if not 0 < section.alert_percent <= 100:
        raise file.fails(f"budgets.alert_percent = {section.alert_percent}", "write 1 to 100")
