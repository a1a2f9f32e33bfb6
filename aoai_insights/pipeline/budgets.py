"""Budgets of a month against its chargeback, and a forecast from the weeks before."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from aoai_insights import budgets
from aoai_insights.config import Config
from aoai_insights.errors import UsageError
from aoai_insights.model import Chargeback, Period, Quality
from aoai_insights.pipeline.exchange import with_rates_back_to
from aoai_insights.pipeline.figures import open_facts
from aoai_insights.pricing import UnitPrice

HISTORY = timedelta(days=56)
"""Eight of every weekday: enough for an average, short enough to follow a trend."""

DailyCost = Mapping[tuple[str, str], Mapping[date, Decimal]]
"""(scope, name) -> cost by day."""


@dataclass(frozen=True, slots=True)
class BudgetFigures:
    """Every budget of the config in a month, the furthest used first."""

    period: Period
    currency: str
    alert_percent: int
    lines: tuple[budgets.BudgetLine, ...]
    quality: Quality

    @property
    def reached(self) -> tuple[budgets.BudgetLine, ...]:
        """Those at or above the alert threshold."""
        return tuple(line for line in self.lines if line.status in ("alert", "over"))


def configured(config: Config) -> list[budgets.Budget]:
    """The budgets of [[apps]] and [[cost_centers]]; of several entries of an app, the first that has one."""
    found: dict[tuple[str, str], budgets.Budget] = {}
    for app in config.apps:
        if app.budget:
            found.setdefault(("app", app.name), budgets.Budget("app", app.name, Decimal(app.budget)))
    for centre in config.cost_centers:
        if centre.budget:
            found["cost_center", centre.name] = budgets.Budget("cost_center", centre.name, Decimal(centre.budget))
    return list(found.values())


def compute_budgets(
    store: Path, config: Config, period: Period, *, now: datetime, prices: Iterable[UnitPrice]
) -> BudgetFigures:
    """How every budget stands in the month. Raises UsageError for a period that is no month, or without budgets."""
    if period.month is None:
        raise UsageError("a budget is of a calendar month", "give --month 2026-10, or: last, this")
    if not configured(config):
        raise UsageError("no budget is configured", 'write budget = "500.00" in an [[apps]] or [[cost_centers]] entry')
    rows = list(prices)
    month = _by_day(store, config, period, now, rows)
    lines = budget_lines(store, config, month, now=now, prices=rows)
    return BudgetFigures(period, config.currency, config.budgets.alert_percent, lines, month.quality)


def budget_lines(
    store: Path, config: Config, month: Chargeback, *, now: datetime, prices: Sequence[UnitPrice]
) -> tuple[budgets.BudgetLine, ...]:
    """Every budget of the config against a month's chargeback by day, app and cost_center, the furthest used first."""
    period, actuals = month.period, _daily(month)
    remaining = _remaining(period, now)
    earlier: DailyCost = {}
    known = set(month.quality.coverage.days_present)
    if remaining:
        past = Period(period.start - HISTORY, period.start)
        before = _by_day(store, with_rates_back_to(config, past.start.date()), past, now, prices)
        earlier = _daily(before)
        known |= set(before.quality.coverage.days_present)
    lines = []
    for budget in configured(config):
        key = (budget.scope, budget.name)
        spent = actuals.get(key, {})
        actual = sum(spent.values(), Decimal(0))
        history = _history({**earlier.get(key, {}), **spent}, known, now)
        lines.append(
            budgets.line(budget, actual, budgets.forecast(actual, history, remaining), config.budgets.alert_percent)
        )
    lines.sort(key=lambda line: (-line.used, line.budget.scope, line.budget.name))
    return tuple(lines)


def _by_day(store: Path, config: Config, period: Period, now: datetime, prices: Sequence[UnitPrice]) -> Chargeback:
    with open_facts(store, config, period, now, prices) as facts:
        return facts.chargeback(("day", "app", "cost_center"))


def _daily(chargeback: Chargeback) -> DailyCost:
    found: dict[tuple[str, str], dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in chargeback.rows:
        day = date.fromisoformat(row.key["day"])
        found["app", row.key["app"]][day] += row.cost
        found["cost_center", row.key["cost_center"]][day] += row.cost
    return found


def _history(costs: Mapping[date, Decimal], known: set[date], now: datetime) -> dict[date, Decimal]:
    """Whole days with records, from the first on which there was cost: before that the app did not exist."""
    first = min((day for day, cost in costs.items() if cost), default=None)
    today = now.astimezone(UTC).date()
    if first is None:
        return {}
    return {day: costs.get(day, Decimal(0)) for day in sorted(known) if first <= day < today}


def _remaining(period: Period, now: datetime) -> list[tuple[date, Decimal]]:
    """Days of the period that are still to come, today with the part of it that is."""
    found = []
    start = max(now.astimezone(UTC), period.start)
    day = start.date()
    while (midnight := datetime.combine(day, time(), UTC)) < period.end:
        left = midnight + timedelta(days=1) - max(midnight, start)
        found.append((day, Decimal(left // timedelta(seconds=1)) / 86_400))
        day += timedelta(days=1)
    return found
