"""Provisioned deployments: PTU-hours that are paid busy or idle, shared among the apps that used them.

A PTU costs by the hour it is deployed, pro rata, at the same rate for every model.
https://learn.microsoft.com/azure/foundry/openai/how-to/provisioned-throughput-onboarding (research: pricing, 4)
Shares follow the load: (prompt - cached) + ratio x completion tokens, hour by hour.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from aoai_insights.model import CostItem, Period
from aoai_insights.money import round_to, split
from aoai_insights.pricing import FxRate, Missing, PriceBook, UnitPrice
from aoai_insights.ptu.capacity import PtuModel
from aoai_insights.sharing import STEP, Payer, days_of, fraction

HOUR = timedelta(hours=1)
IDLE = "(idle)"
"""App and cost centre of PTU-hours that nobody used and no owner takes."""

Policy = Literal["absorb", "used+idle", "entitlement"]
POLICIES: tuple[Policy, ...] = ("absorb", "used+idle", "entitlement")

POLICY_SENTENCES: Mapping[Policy, str] = {
    "absorb": "each hour is paid by the apps that used it, by their load; an hour that nobody used is paid by the"
    " deployment's owner, else by its users in proportion to their load of the whole period",
    "used+idle": "each hour's utilised part is paid by the apps that used it, by their load; the idle part by the"
    " deployment's owner, else it stands as (idle)",
    "entitlement": "each app pays the PTUs reserved for it, used or not; what is not reserved is paid by the"
    " deployment's owner, else it stands as (idle)",
}


@dataclass(frozen=True, slots=True)
class Provisioned:
    """A provisioned deployment as the config has it. `first` and `last` are the days it exists, both inclusive."""

    resource: str
    deployment: str
    scope: str
    region: str
    model: str
    ptu: int
    first: date | None = None
    last: date | None = None
    owner: str = ""
    reserved: Mapping[str, int] | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.resource.lower(), self.deployment.lower()

    @property
    def entry(self) -> tuple[str, str, date]:
        """Tells apart the entries of a deployment that holds other PTUs on other days."""
        return *self.key, self.first or date.min

    @property
    def name(self) -> str:
        """For people: resource, deployment, and the days where it is not every day."""
        days = (f" from {self.first}" if self.first else "") + (f" to {self.last}" if self.last else "")
        return f"{self.resource}/{self.deployment}{days}"

    def exists_on(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class HourCost:
    """What an hour of the deployment costs. `length` is shorter than an hour at the edges of a period."""

    hour: datetime
    length: timedelta
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Rate:
    """A price of a PTU-hour that was used, with the exchange rate in it and what had to be assumed to choose it."""

    price: UnitPrice
    fx: FxRate | None
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """Tokens of one hour on a provisioned deployment, by everything a statement tells apart. `load`: see PtuModel."""

    hour: datetime
    app: str
    cost_center: str
    model: str
    region: str
    token_source: str
    requests: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    load: Decimal


@dataclass(frozen=True, slots=True)
class Billed:
    """An amortised cost row of a day, of one deployment, in the statement's currency."""

    day: date
    amount: Decimal


def hours_of(deployment: Provisioned, period: Period, until: datetime) -> list[tuple[datetime, timedelta]]:
    """The hours of the period before `until` on which the deployment exists, and how much of each lies inside."""
    found = []
    for day, start, stop in days_of(period, until):
        if not deployment.exists_on(day):
            continue
        hour = start.replace(minute=0, second=0, microsecond=0)
        while hour < stop:
            found.append((hour, min(hour + HOUR, stop) - max(hour, start)))
            hour += HOUR
    return found


def list_cost(
    deployment: Provisioned, hours: Iterable[tuple[datetime, timedelta]], book: PriceBook, currency: str
) -> tuple[list[HourCost], list[Rate]] | Missing:
    """PTUs x hours x the price of a PTU-hour on the day; Missing where a day has no price."""
    costs, rates = [], {}
    for hour, length in hours:
        found = book.find_ptu_hour(deployment.scope, deployment.region, hour.date(), currency)
        if isinstance(found, Missing):
            return found
        rates[found.price.id, found.fx] = Rate(found.price, found.fx, found.flags)
        whole = found.per_unit * deployment.ptu
        costs.append(HourCost(hour, length, round_to(whole, STEP) if length == HOUR else fraction(whole, length, HOUR)))
    return costs, list(rates.values())


def billed_cost(hours: Sequence[tuple[datetime, timedelta]], billed: Iterable[Billed]) -> list[HourCost]:
    """Each day's amortised cost over that day's hours, so that they sum to it; a day without hours is left out.

    A day of which the period has only a part takes that part of the cost.
    """
    by_day: dict[date, list[tuple[datetime, timedelta]]] = defaultdict(list)
    for hour, length in hours:
        by_day[hour.date()].append((hour, length))
    amounts: dict[date, Decimal] = defaultdict(Decimal)
    for row in billed:
        amounts[row.day] += row.amount
    costs = []
    for day, inside in by_day.items():
        if day not in amounts:
            continue
        covered = sum((length for _, length in inside), timedelta())
        midnight = datetime.combine(day, time(), UTC)
        edges = inside[0][0] > midnight or inside[-1][0] + HOUR < midnight + timedelta(days=1)
        partial = edges or covered < len(inside) * HOUR
        amount = fraction(amounts[day], covered, timedelta(days=1)) if partial else round_to(amounts[day], STEP)
        parts = split(amount, [length // timedelta(microseconds=1) for _, length in inside], STEP)
        costs += [HourCost(hour, length, part) for (hour, length), part in zip(inside, parts, strict=True)]
    return costs


def utilisation(load: Decimal, capacity: PtuModel, ptu: int, length: timedelta) -> Decimal | None:
    """Load / what the PTUs take in that time; None where a PTU's tokens a minute are not published. May exceed 1."""
    if capacity.input_tpm is None or not ptu or not length:
        return None
    minutes = Decimal(length // timedelta(microseconds=1)) / 60_000_000
    return load / (Decimal(ptu) * capacity.input_tpm * minutes)


def share(
    deployment: Provisioned,
    costs: Iterable[HourCost],
    uses: Iterable[Use],
    policy: Policy,
    capacity: PtuModel,
    center_of: Callable[[str, date], str],
) -> list[CostItem]:
    """The deployment's cost as items that sum to it exactly, in the same order for the same input in any order.

    `center_of` gives the cost centre of an app (owner, entitled) on a day. Raises ValueError for policy used+idle where
    the capacity is not known: the caller must have asked for it.
    """
    by_hour: dict[datetime, list[Use]] = defaultdict(list)
    for use in sorted(uses, key=_order):
        by_hour[use.hour].append(use)
    found: dict[tuple[Payer, str, str, date, str], Decimal] = defaultdict(Decimal)
    unused: dict[date, Decimal] = defaultdict(Decimal)

    def give(payers: Sequence[tuple[Payer, str, str, str, Decimal]], amount: Decimal, day: date) -> None:
        parts = split(amount, [weight for *_, weight in payers], STEP)
        for (payer, model, region, source, _), part in zip(payers, parts, strict=True):
            found[payer, model, region, day, source] += part

    for cost in sorted(costs, key=lambda c: c.hour):
        day = cost.hour.date()
        users = _weights(by_hour.get(cost.hour, ()))
        if policy == "entitlement":
            give(_entitled(deployment, day, center_of), cost.amount, day)
        elif not users:
            unused[day] += cost.amount
        elif policy == "absorb":
            give(users, cost.amount, day)
        else:
            load = sum((weight for *_, weight in users), Decimal(0))
            busy = utilisation(load, capacity, deployment.ptu, cost.length)
            if busy is None:
                raise ValueError(f"the capacity of a PTU of {capacity.model} is not known")
            used = round_to(cost.amount * min(busy, Decimal(1)), STEP)
            give(users, used, day)
            unused[day] += cost.amount - used
    everyone = _weights([use for hour in sorted(by_hour) for use in by_hour[hour]])
    for day, amount in unused.items():
        if deployment.owner:
            give([(Payer(deployment.owner, center_of(deployment.owner, day)), *_place(deployment), "", Decimal(1))],
                 amount, day)  # fmt: skip
        elif policy == "absorb" and everyone:
            give(everyone, amount, day)
        else:
            give([(Payer(IDLE, IDLE), *_place(deployment), "", Decimal(1))], amount, day)
    return [
        CostItem(
            "provisioned",
            p.app,
            p.cost_center,
            model,
            region,
            deployment.deployment,
            day,
            amount,
            source,
            deployment.resource,
        )
        for (p, model, region, day, source), amount in sorted(found.items(), key=lambda item: repr(item[0]))
        if amount
    ]


def _weights(uses: Iterable[Use]) -> list[tuple[Payer, str, str, str, Decimal]]:
    """Load by payer, model, region and token source; without those that put no load on the deployment."""
    loads: dict[tuple[Payer, str, str, str], Decimal] = defaultdict(Decimal)
    for use in uses:
        loads[Payer(use.app, use.cost_center), use.model, use.region, use.token_source] += use.load
    return [(*of, load) for of, load in sorted(loads.items(), key=lambda item: repr(item[0])) if load > 0]


def _entitled(
    deployment: Provisioned, day: date, center_of: Callable[[str, date], str]
) -> list[tuple[Payer, str, str, str, Decimal]]:
    reserved = deployment.reserved or {}
    payers = [
        (Payer(app, center_of(app, day)), *_place(deployment), "", Decimal(ptu))
        for app, ptu in sorted(reserved.items())
        if ptu
    ]
    rest = Decimal(deployment.ptu - sum(reserved.values()))
    if rest:
        owner = deployment.owner
        payer = Payer(owner, center_of(owner, day)) if owner else Payer(IDLE, IDLE)
        payers.append((payer, *_place(deployment), "", rest))
    return payers


def _place(deployment: Provisioned) -> tuple[str, str]:
    """Model and region of cost that follows no usage."""
    return deployment.model or IDLE, deployment.region or IDLE


def _order(use: Use) -> tuple[object, ...]:
    return use.hour, use.app, use.cost_center, use.model, use.region, use.token_source, use.load
