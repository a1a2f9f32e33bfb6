"""Where an amount comes from: the price rows, the tokens they were multiplied with, and the rule that says who pays.

The lines of a figure sum to it exactly; a request's own amounts sum to the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from aoai_insights.allocation import AppRule, CallerKey, Condition, claimant
from aoai_insights.chargeback import Rated
from aoai_insights.model import CostItem
from aoai_insights.pricing import PAID_BY_HOUR, ChargePart, Missing


@dataclass(frozen=True, slots=True)
class Line:
    """One product of the sum: tokens of a class x the price row of its days; or cost that is no tokens x price."""

    kind: str  # tokens | unpriced | provisioned | shared
    model: str
    model_version: str
    deployment_type: str
    region: str
    token_class: str  # "input", "cached input", "audio output", …; of a kind without classes what it is
    first: date
    last: date
    requests: int
    """Calls that these tokens are of; a call with several classes of tokens is in several lines."""
    tokens: int
    price: Decimal | None
    per: int | None
    currency: str
    fx_rate: Decimal | None
    fx_source: str
    amount: Decimal
    meter: str
    meter_id: str
    price_id: str
    effective_from: date | None
    source: str
    source_detail: str
    why: str
    """Flags of the price, or why there is none."""


@dataclass(frozen=True, slots=True)
class Allocated:
    """The entry of [[apps]] and its condition that claimed calls; entry 0: none did."""

    entry: int
    app: str
    cost_center: str
    condition: str
    requests: int
    amount: Decimal


def token_lines(rated: Iterable[Rated]) -> list[Line]:
    """The products that the cost of usage is the sum of, the largest first; usage without a price last."""
    priced: dict[tuple[object, ...], list[tuple[Rated, ChargePart]]] = {}
    unpriced: dict[tuple[object, ...], list[Rated]] = {}
    hourly: dict[tuple[object, ...], list[Rated]] = {}
    for item in rated:
        line = item.usage.line
        served = (line.model, line.model_version, line.deployment_type, line.region)
        if isinstance(item.charge, Missing):
            if item.unpriced_requests:
                unpriced.setdefault((*served, _undated(item.charge.reason, line.day)), []).append(item)
        elif line.tier == PAID_BY_HOUR:
            hourly.setdefault(served, []).append(item)
        else:
            for part in item.charge.parts:
                row = part.price
                meter = (row.direction, row.cache, row.modality, row.id, row.meter, row.effective_from, row.source)
                key = (*served, *meter, part.fx, item.charge.flags)
                priced.setdefault(key, []).append((item, part))
    made = [_priced(found) for found in priced.values()]
    made.sort(key=lambda line: (-line.amount, line.model, line.model_version, line.token_class, line.first, line.meter))
    served_by_hour = [
        _without_price("tokens", found, "no price by the token: see the PTU-hours") for found in hourly.values()
    ]
    return made + served_by_hour + [_without_price("unpriced", found, str(key[-1])) for key, found in unpriced.items()]


_BESIDE = {"provisioned": "PTU-hours", "hosting": "Hosting hours"}


def item_lines(items: Iterable[CostItem], every: Iterable[CostItem]) -> list[Line]:
    """PTU-hours, hosting hours and shared costs, one line each deployment or cost; `every`: what they are a part of."""
    wholes: dict[tuple[str, ...], Decimal] = {}
    for item in every:
        of = (item.kind, item.resource, item.deployment)
        wholes[of] = wholes.get(of, Decimal(0)) + item.amount
    grouped: dict[tuple[str, ...], list[CostItem]] = {}
    for item in items:
        grouped.setdefault((item.kind, item.resource, item.deployment, item.model, item.region), []).append(item)
    return [
        Line(
            kind=kind, model=model, model_version="", deployment_type="", region=region,
            token_class=f"{_BESIDE.get(kind, kind)} of {resource}/{deployment}" if resource else deployment,
            first=min(item.day for item in found), last=max(item.day for item in found), requests=0, tokens=0,
            price=None, per=None, currency="", fx_rate=None, fx_source="",
            amount=sum((item.amount for item in found), Decimal(0)), meter="", meter_id="", price_id="",
            effective_from=None, source="", source_detail="",
            why=_part(sum((item.amount for item in found), Decimal(0)), wholes[kind, resource, deployment]),
        )
        for (kind, resource, deployment, model, region), found in sorted(grouped.items())
    ]  # fmt: skip


def _part(amount: Decimal, whole: Decimal) -> str:
    """How much of the whole it is; the rule of sharing says why."""
    if not whole or amount == whole:
        return "all of it: see the rule"
    return f"{100 * amount / whole:.2f}% of {whole.quantize(Decimal('0.01')):,}: see the rule"


def allocated(by_caller: Iterable[tuple[CallerKey, date, Rated]], rules: Sequence[AppRule]) -> list[Allocated]:
    """Which entry and condition claimed the calls, the dearest first."""
    found: dict[tuple[int, str, str, str], list[Rated]] = {}
    for caller, day, rated in by_caller:
        claim = claimant(caller, rules, day)
        if claim is None:
            key = (0, "", "", "no [[apps]] entry matches")
        else:
            number, condition = claim
            key = (number, rules[number - 1].name, rules[number - 1].cost_center, condition_text(condition))
        found.setdefault(key, []).append(rated)
    made = [
        Allocated(*key, requests=sum(r.usage.requests for r in group), amount=sum((r.cost for r in group), Decimal(0)))
        for key, group in found.items()
    ]
    return sorted(made, key=lambda a: (-a.amount, a.entry, a.condition))


def condition_text(condition: Condition) -> str:
    """A condition as the config writes it."""
    said = [f'{f.name} = "{getattr(condition, f.name)}"' for f in fields(condition) if getattr(condition, f.name)]
    return "{" + ", ".join(said) + "}"


def holds(item: CostItem, asked: Mapping[str, str]) -> bool:
    """Whether an item belongs to the figure that the filters name."""
    return all(str(getattr(item, name)) == value for name, value in asked.items())


def _priced(found: Sequence[tuple[Rated, ChargePart]]) -> Line:
    first_item, first_part = found[0]
    line, row, fx = first_item.usage.line, first_part.price, first_part.fx
    flags = first_item.charge.flags if not isinstance(first_item.charge, Missing) else ()
    cache = {"none": "", "read": "cached", "write": "cache-write"}[row.cache]
    words = ("" if row.modality == "text" else row.modality, cache, row.direction,
             "" if row.tier == "standard" else f"({row.tier})",
             "(long context)" if row.context == "long" else "")  # fmt: skip
    days = [item.usage.line.day for item, _ in found]
    return Line(
        kind="tokens", model=line.model, model_version=line.model_version, deployment_type=line.deployment_type,
        region=line.region, token_class=" ".join(word for word in words if word), first=min(days), last=max(days),
        requests=sum(item.usage.billable_requests for item, _ in found), tokens=sum(part.tokens for _, part in found),
        price=row.price, per=row.per, currency=row.currency, fx_rate=fx.rate if fx else None,
        fx_source=fx.source if fx else "", amount=sum((part.amount for _, part in found), Decimal(0)), meter=row.meter,
        meter_id=row.meter_id, price_id=row.id, effective_from=row.effective_from, source=row.source,
        source_detail=row.source_detail, why=" ".join(flags),
    )  # fmt: skip


def _without_price(kind: str, found: Sequence[Rated], why: str) -> Line:
    line = found[0].usage.line
    days = [item.usage.line.day for item in found]
    return Line(
        kind=kind, model=line.model, model_version=line.model_version, deployment_type=line.deployment_type,
        region=line.region, token_class="all tokens", first=min(days), last=max(days),
        requests=sum(item.usage.billable_requests for item in found), tokens=sum(item.usage.tokens for item in found),
        price=None, per=None, currency="", fx_rate=None, fx_source="", amount=Decimal(0), meter="", meter_id="",
        price_id="", effective_from=None, source="", source_detail="", why=why,
    )  # fmt: skip


def _undated(reason: str, day: date) -> str:
    return reason.replace(f" on {day.isoformat()}", "")
