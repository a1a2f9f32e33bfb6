"""What a report is made of, and its money rounded once, so that every table shows parts of the same whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from aoai_insights.allocation import UNALLOCATED
from aoai_insights.budgets import BudgetLine
from aoai_insights.model import Chargeback, ChargeRow, Coverage, Latency, Period, Quality
from aoai_insights.money import round_parts, round_to, split
from aoai_insights.reports import text
from aoai_insights.reports.routing_figures import RoutingFigures

COMPARED_DAYS = 0.9
"""Share of a period's days that must be in the logs: months differ by that much anyhow (28 days and 31)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigures:
    """Figures of one period, currency and store; `previous_*` are those of the period before."""

    title: str
    """What is reported, without the period: "Azure OpenAI chargeback"."""
    tenant: str
    """Whose it is: "Contoso"; may be empty."""
    generated_at: datetime
    """UTC."""
    version: str
    period: Period
    currency: str
    by_app: Chargeback
    """By app, cost_center."""
    by_model: Chargeback
    """By model, region."""
    by_cost_center: Chargeback
    """By cost_center."""
    by_day: Chargeback
    """By day, as YYYY-MM-DD."""
    by_app_model: Chargeback
    """By app, model: tells volume from mix from rate."""
    latency_by_region: Latency
    """By region."""
    latency_by_region_hour: Latency
    """By region, hour ("00" to "23" in the latency's timezone)."""
    quality: Quality
    budgets: tuple[BudgetLine, ...] = ()
    """Of the month, the furthest used first; empty where none is configured or the period is no month."""
    routing: RoutingFigures | None = None
    """None: not asked for."""
    previous_by_app: Chargeback | None = None
    """By app, cost_center. None: nothing to compare with."""
    previous_by_app_model: Chargeback | None = None
    """By app, model."""
    previous_latency_by_region: Latency | None = None
    """By region."""

    @property
    def days(self) -> tuple[date, ...]:
        """Every day that the period touches, in UTC."""
        first, last = self.period.start.date(), (self.period.end - timedelta(microseconds=1)).date()
        return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))

    @property
    def days_to_come(self) -> tuple[date, ...]:
        """Days of the period that had not ended when the report was made and of which no log is there yet."""
        today, present = self.generated_at.date(), frozenset(self.quality.coverage.days_present)
        return tuple(d for d in self.days if d >= today and d not in present)

    @property
    def comparable(self) -> Chargeback | None:
        """The chargeback to compare with. Amounts in another currency are none, nor is a month of a few days' logs."""
        previous = self.previous_by_app
        if previous is None or previous.currency != self.currency or self.thin is not None:
            return None
        return previous

    @property
    def thin(self) -> tuple[Period, Coverage] | None:
        """Which of the two periods has logs of too few days to be set against the other; the earlier one first."""
        previous = self.previous_by_app
        if previous is None:
            return None
        for period, coverage in ((previous.period, previous.quality.coverage), (self.period, self.quality.coverage)):
            present, absent = len(coverage.days_present), len(coverage.days_missing)
            if present < COMPARED_DAYS * (present + absent):
                return period, coverage
        return None


@dataclass(frozen=True, slots=True)
class Amounts:
    """Every amount that is shown, in the order of the rows it belongs to. All are multiples of `step`."""

    step: Decimal
    total: Decimal
    allocated: Decimal
    unallocated: Decimal
    by_cost_center: tuple[Decimal, ...]
    by_app: tuple[Decimal, ...]
    by_model: tuple[Decimal, ...]
    by_day: tuple[Decimal, ...]
    by_source: tuple[Decimal, ...]
    before: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    """By app, cost centre: the period before, as its own report shows it. Empty where there is nothing to compare."""

    @property
    def total_before(self) -> Decimal:
        return sum(self.before.values(), Decimal(0))

    @property
    def allocated_before(self) -> Decimal:
        return sum((amount for (app, _), amount in self.before.items() if app != UNALLOCATED), Decimal(0))


def rounded(figures: ReportFigures) -> Amounts:
    """The figures' money, rounded once: rows of a table sum to the total, apps to their cost centre."""
    step = text.step_for(figures.by_app.total.cost, figures.currency)
    total = round_to(figures.by_app.total.cost, step)
    centres = _fit([row.cost for row in figures.by_cost_center.rows], total, step)
    owners = [row.key["cost_center"] for row in figures.by_cost_center.rows]
    exact = [row.cost for row in figures.by_cost_center.rows]
    apps = _within(
        figures.by_app.rows, dict(zip(owners, exact, strict=True)), dict(zip(owners, centres, strict=True)), total, step
    )
    unallocated = sum(
        (shown for row, shown in zip(figures.by_app.rows, apps, strict=True) if row.key["app"] == UNALLOCATED),
        Decimal(0),
    )
    return Amounts(
        step=step,
        total=total,
        allocated=total - unallocated,
        unallocated=unallocated,
        by_cost_center=tuple(centres),
        by_app=tuple(apps),
        by_model=tuple(_fit([row.cost for row in figures.by_model.rows], total, step)),
        by_day=tuple(_fit([row.cost for row in figures.by_day.rows], total, step)),
        by_source=tuple(_fit([source.cost for source in figures.quality.token_sources], total, step)),
        before=_earlier(figures.comparable, step),
    )


def _earlier(before: Chargeback | None, step: Decimal) -> dict[tuple[str, str], Decimal]:
    """Rounded as that period's own report is: both reports and the difference between them agree to the cent."""
    if before is None:
        return {}
    exact: dict[str, Decimal] = {}
    for row in before.rows:
        exact[row.key["cost_center"]] = exact.get(row.key["cost_center"], Decimal(0)) + row.cost
    total = round_to(before.total.cost, step)
    shown = dict(zip(exact, _fit(list(exact.values()), total, step), strict=True))
    amounts = _within(before.rows, exact, shown, total, step)
    earlier: dict[tuple[str, str], Decimal] = {}
    for row, amount in zip(before.rows, amounts, strict=True):
        key = row.key["app"], row.key["cost_center"]
        earlier[key] = earlier.get(key, Decimal(0)) + amount
    return earlier


def disagreements(figures: ReportFigures) -> tuple[str, ...]:
    """Sentences on tables that do not describe the same whole: a defect upstream that a reader must not miss."""
    whole = figures.by_app.total
    found = []
    for label, chargeback in (
        ("app", figures.by_app),
        ("cost centre", figures.by_cost_center),
        ("model", figures.by_model),
        ("day", figures.by_day),
        ("app and model", figures.by_app_model),
    ):
        total = chargeback.total
        rows = sum((row.cost for row in chargeback.rows), Decimal(0))
        if chargeback.currency != figures.currency:
            found.append(f"The costs by {label} are in {chargeback.currency}, the report is in {figures.currency}.")
        elif total.cost != whole.cost or rows != whole.cost:
            found.append(
                f"The costs by {label} sum to {rows.normalize():f} {figures.currency}, "
                f"the whole is {whole.cost.normalize():f}."
            )
        elif total.requests != whole.requests or sum(row.requests for row in chargeback.rows) != whole.requests:
            found.append(f"The requests by {label} do not sum to the {text.count(whole.requests)} of the whole.")
    unallocated = sum((row.cost for row in figures.by_app.rows if row.key["app"] == UNALLOCATED), Decimal(0))
    if unallocated != figures.quality.unallocated_cost:
        found.append(
            f"Unallocated cost is {unallocated.normalize():f} {figures.currency} by app, but "
            f"{figures.quality.unallocated_cost.normalize():f} by caller."
        )
    return tuple(found)


def fit(parts: Sequence[Decimal], whole: Decimal, step: Decimal) -> list[Decimal]:
    """`parts` as multiples of `step` that sum to `whole`, which is their sum rounded elsewhere, up or down."""
    if not whole:
        return [round_to(Decimal(0), step)] * len(parts)
    return split(whole, parts, step) if sum(parts, Decimal(0)) > 0 else round_parts(parts, step)


def _fit(parts: Sequence[Decimal], total: Decimal, step: Decimal) -> list[Decimal]:
    """Parts of the total; parts that are of another whole keep their own sum, so that the fault stays visible."""
    own = round_to(sum(parts, Decimal(0)), step)
    return fit(parts, total, step) if own == total else round_parts(parts, step)


def _within(
    rows: Sequence[ChargeRow], exact: Mapping[str, Decimal], shown: Mapping[str, Decimal], total: Decimal, step: Decimal
) -> list[Decimal]:
    """Amounts of apps such that each cost centre's apps sum to the cost centre as it is shown."""
    members: dict[str, list[int]] = {}
    for position, row in enumerate(rows):
        members.setdefault(row.key["cost_center"], []).append(position)
    costs = [row.cost for row in rows]
    if {key: sum((costs[i] for i in at), Decimal(0)) for key, at in members.items()} != exact:
        return _fit(costs, total, step)
    amounts = [Decimal(0)] * len(costs)
    for key, at in members.items():
        for position, part in zip(at, fit([costs[i] for i in at], shown[key], step), strict=True):
            amounts[position] = part
    return amounts
