"""Budgets of a month: what is used, where the month will end, and how sure that is."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from aoai_insights.money import round_to
from aoai_insights.sharing import STEP

BAND_Z = Decimal("1.645")
"""Standard deviations on either side of a 90 % band of normal errors."""

Status = Literal["ok", "forecast", "alert", "over"]


@dataclass(frozen=True, slots=True)
class Budget:
    """An amount a month, of an app or a cost centre."""

    scope: Literal["app", "cost_center"]
    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where the month ends. `low` and `high` hold 9 of 10 months if days vary as they did; `days` are known."""

    expected: Decimal
    low: Decimal
    high: Decimal
    method: Literal["actual", "weekday", "linear"]
    days: int


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """A budget and how it stands. `used` is actual / amount; `forecast` None: too few days are known."""

    budget: Budget
    actual: Decimal
    used: Decimal
    forecast: Forecast | None
    status: Status
    alert_percent: int


def forecast(
    actual: Decimal, history: Mapping[date, Decimal], remaining: Sequence[tuple[date, Decimal]]
) -> Forecast | None:
    """`actual` plus what the remaining days are expected to cost; None where fewer than 3 days are known.

    `history`: cost of days that are over. `remaining`: days to come, with the part of each that is still to come.
    A day is expected to cost what its weekday cost on the average; where a remaining weekday is known less than twice,
    every day is expected to cost the average day (method linear). The band is 1.645 standard errors of the sum: the
    scatter of single days around their average, and that of the averages themselves.
    """
    if not remaining:
        return Forecast(actual, actual, actual, "actual", 0)
    if len(history) < 3:
        return None
    by_weekday: dict[int, list[Decimal]] = defaultdict(list)
    for day, cost in history.items():
        by_weekday[day.weekday()].append(cost)
    weekly = all(len(by_weekday.get(day.weekday(), ())) >= 2 for day, _ in remaining)
    groups = by_weekday if weekly else {0: list(history.values())}
    means = {group: sum(costs, Decimal(0)) / len(costs) for group, costs in groups.items()}
    scatter = sum(((cost - means[group]) ** 2 for group, costs in groups.items() for cost in costs), Decimal(0))
    freedom = len(history) - len(groups)
    variance = scatter / freedom if freedom > 0 else Decimal(0)
    ahead: dict[int, Decimal] = defaultdict(Decimal)
    single = Decimal(0)
    for day, part in remaining:
        ahead[day.weekday() if weekly else 0] += part
        single += part**2
    to_come = sum((part * means[group] for group, part in ahead.items()), Decimal(0))
    of_means = sum((part**2 / len(groups[group]) for group, part in ahead.items()), Decimal(0))
    half = BAND_Z * (variance * (single + of_means)).sqrt()
    expected = round_to(actual + to_come, STEP)
    low, high = round_to(max(actual, expected - half), STEP), round_to(expected + half, STEP)
    return Forecast(expected, low, high, "weekday" if weekly else "linear", len(history))


def line(budget: Budget, actual: Decimal, found: Forecast | None, alert_percent: int) -> BudgetLine:
    """How the budget stands. Over and alert speak of what is used; forecast of where the month is expected to end."""
    used = actual / budget.amount if budget.amount else Decimal(1 if actual else 0)
    status: Status = "ok"
    if actual > budget.amount:
        status = "over"
    elif used * 100 >= alert_percent:
        status = "alert"
    elif found is not None and found.expected > budget.amount:
        status = "forecast"
    return BudgetLine(budget, actual, used, found, status, alert_percent)
