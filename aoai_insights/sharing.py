"""Costs that no request carries by itself: amounts of days and hours, split among apps without losing a fraction.

A `CostItem` stands beside the usage of a statement: it has every key that a statement is grouped by, and no requests.
Amounts are multiples of `STEP`, far below any currency's smallest unit, so that parts sum to their whole exactly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from aoai_insights.allocation import UNALLOCATED
from aoai_insights.model import CostItem, Period
from aoai_insights.money import round_to, split

STEP = Decimal("1E-12")
DAY = timedelta(days=1)
Rule = Literal["even", "proportional", "fixed"]


@dataclass(frozen=True, slots=True)
class SharedCost:
    """A monthly amount that serves several apps, and how they share it."""

    name: str
    amount: Decimal
    rule: Rule
    shares: Mapping[str, Decimal]
    """App -> weight, of rule `fixed`."""
    first: date | None = None
    last: date | None = None

    def says(self, currency: str) -> str:
        """The rule in words."""
        how = {
            "even": "in equal parts among the apps of [[apps]]",
            "proportional": "in proportion to each app's own cost",
            "fixed": "by fixed shares (" + ", ".join(f"{app} {share}" for app, share in self.shares.items()) + ")",
        }[self.rule]
        return f"Shared cost {self.name}, {self.amount} {currency} a month, is split {how}"


@dataclass(frozen=True, slots=True)
class Payer:
    """Who takes a part: an app and its cost centre on the day."""

    app: str
    cost_center: str


def days_of(period: Period, until: datetime) -> list[tuple[date, datetime, datetime]]:
    """The days that the period touches before `until`: the day, and the start and end of its part inside."""
    end = min(period.end, until)
    found = []
    day = period.start.date()
    while (midnight := datetime.combine(day, time(), UTC)) < end:
        start, stop = max(midnight, period.start), min(midnight + DAY, end)
        if start < stop:
            found.append((day, start, stop))
        day += DAY
    return found


def fraction(amount: Decimal, part: timedelta, whole: timedelta) -> Decimal:
    """The part of `amount` that falls on `part` of `whole`, as a multiple of STEP."""
    micro = timedelta(microseconds=1)
    return round_to(amount * (part // micro) / (whole // micro), STEP)


def daily_amounts(cost: SharedCost, period: Period, until: datetime) -> list[tuple[date, Decimal]]:
    """What of the monthly amount falls on each day of the period: the days of a whole month sum to the amount exactly.

    A month is split over its days; days before `first` and after `last` cost nothing.
    """
    found = []
    months: dict[tuple[int, int], list[Decimal]] = {}
    for day, start, stop in days_of(period, until):
        if (cost.first and day < cost.first) or (cost.last and day > cost.last):
            continue
        month = (day.year, day.month)
        if month not in months:
            following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            months[month] = split(cost.amount, [1] * (following - day.replace(day=1)).days, STEP)
        found.append((day, fraction(months[month][day.day - 1], stop - start, DAY)))
    return found


def share_out(
    cost: SharedCost, period: Period, until: datetime, payers: Mapping[date, Sequence[Payer]],
    own_costs: Mapping[Payer, Decimal],
) -> list[CostItem]:  # fmt: skip
    """The cost of the period as items, one per day and payer; their sum is the sum of `daily_amounts`.

    even: among `payers` of the day (the apps of the config that are valid on it). fixed: by `shares`, among those of
    the day. proportional: by `own_costs` of the period, unallocated cost among them. Where nobody can take it, it
    stands as an app of its own.
    """
    whole = {payer: amount for payer, amount in own_costs.items() if amount > 0}
    items = []
    for day, amount in daily_amounts(cost, period, until):
        here = payers.get(day, ())
        if cost.rule == "proportional":
            weights = whole
        elif cost.rule == "even":
            weights = {payer: Decimal(1) for payer in here}
        else:
            weights = {payer: cost.shares[payer.app] for payer in here if payer.app in cost.shares}
        ordered = sorted(weights.items(), key=lambda item: (item[0].app, item[0].cost_center))
        name = f"(shared: {cost.name})"
        if not ordered:
            ordered = [(Payer(name, UNALLOCATED), Decimal(1))]
        parts = split(amount, [weight for _, weight in ordered], STEP)
        items += [
            CostItem("shared", payer.app, payer.cost_center, name, name, name, day, part)
            for (payer, _), part in zip(ordered, parts, strict=True)
            if part
        ]
    return items


def sum_of(items: Iterable[CostItem]) -> Decimal:
    """The exact sum."""
    return sum((item.amount for item in items), Decimal(0))
