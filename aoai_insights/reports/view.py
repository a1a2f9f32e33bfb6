"""Figures to sentences and tables. Pure: the same figures give the same words, whichever medium shows them."""

from decimal import Decimal

from aoai_insights.model import Chargeback
from aoai_insights.reports import text
from aoai_insights.reports.budgets import budget_sections
from aoai_insights.reports.changes import moved_by_app, sentences
from aoai_insights.reports.content import KeyNumber, Report, Section
from aoai_insights.reports.costs import cost_sections, leader
from aoai_insights.reports.figures import Amounts, ReportFigures, rounded
from aoai_insights.reports.gaps import gap_sections
from aoai_insights.reports.lines import SHOWN_ROWS
from aoai_insights.reports.routing_sections import routing_sections
from aoai_insights.reports.rules import rule_sections
from aoai_insights.reports.speed import latency_sections
from aoai_insights.reports.trust import trust

__all__ = ["ReportFigures", "view"]

METHOD = (
    "Every request to Azure OpenAI that the gateway logged counts once, with its tokens from the best source that "
    "knows them, at the unit price valid on its day for its model, version, deployment type and region.",
    "Costs are computed at unit prices, exactly, and rounded once for this page so that the rows of every table sum to "
    "its total; the invoice may differ by discounts, commitments and taxes that are not in the logs.",
    "Percentiles are exact, over the end-to-end times of successful calls; days are in UTC.",
)
"""How the figures are made."""


def view(figures: ReportFigures, shown: int = SHOWN_ROWS) -> Report:
    """The report of a period, worded and formatted; long tables fold behind `shown` rows."""
    amounts = rounded(figures)
    trusted = trust(figures, amounts)
    title = text.name(figures.title)
    when = text.period(figures.period)
    question = f"{title}, {when}"
    answer = (
        text.money(amounts.total, figures.currency, amounts.step) if figures.by_app.total.requests else "no requests"
    )
    moved = _moved(figures)
    state = " (incomplete)" if trusted.status == "incomplete" else ""
    whose = [text.name(figures.tenant)] if figures.tenant else []
    changes_title, changes, changes_note = _changes(figures, amounts)
    return Report(
        lang="en",
        subject=f"{question}: {answer}{f', {moved}' if moved else ''}{state}",
        question=question,
        answer=answer,
        moved=moved,
        leader=leader(figures, amounts),
        standfirst=" · ".join(
            [
                *whose,
                f"{text.counted(figures.by_app.total.requests, 'request')}",
                f"{text.roughly(figures.by_app.total.prompt_tokens + figures.by_app.total.completion_tokens)} tokens",
                f"made {text.instant(figures.generated_at)}",
            ]
        ),
        numbers=_numbers(figures, amounts),
        changes_title=changes_title,
        changes=changes,
        changes_note=changes_note,
        trust=trusted,
        sections=_sections(figures, amounts, shown),
        method=METHOD,
        footer=(
            f"aoai-insights {figures.version}",
            f"Made {text.instant(figures.generated_at)}",
            f"Charge period {text.instant(figures.period.start)} to {text.instant(figures.period.end)}, end exclusive",
            *([text.sentence(figures.quality.price_book)] if figures.quality.price_book else []),
        ),
    )


def _sections(figures: ReportFigures, amounts: Amounts, shown: int) -> tuple[Section, ...]:
    """What has something to show: that there were no requests is said once, above."""
    every = (
        *cost_sections(figures, amounts, shown),
        *budget_sections(figures, amounts),
        *rule_sections(figures),
        *latency_sections(figures),
        *gap_sections(figures, amounts),
        *routing_sections(figures.routing),
    )
    return tuple(s for s in every if s.tables or s.points or figures.by_app.total.requests)


def _moved(figures: ReportFigures) -> str:
    return headline(figures) if figures.by_app.total.requests else ""


def headline(figures: ReportFigures) -> str:
    """The change of the whole, or why there is none: a ratio to a part of a month is no news."""
    before = figures.previous_by_app
    if before is None or before.currency != figures.currency:
        return ""
    if not before.quality.complete:
        return f"not compared: {text.period(before.period)} is incomplete"
    if figures.comparable is None or not before.total.cost:
        return ""
    return direction(figures.by_app.total.cost, before.total.cost)


def no_comparison(figures: ReportFigures) -> str:
    """Why a figure has no change beside it."""
    if figures.thin is None:
        return "nothing earlier to compare with"
    period, coverage = figures.thin
    every = text.counted(len(coverage.days_present) + len(coverage.days_missing), "day")
    return f"not compared: {text.period(period)} has logs of {len(coverage.days_present)} of {every}"


def direction(now: Decimal, before: Decimal) -> str:
    """up 8.1%, down 3%, unchanged, 12 times as much."""
    if now == before:
        return "unchanged"
    percent = text.percent_change(now, before)
    return f"{percent} as much" if "times" in percent else f"{'up' if now > before else 'down'} {percent}"


def _numbers(figures: ReportFigures, amounts: Amounts) -> tuple[KeyNumber, ...]:
    return (_allocated(figures, amounts), _unallocated(figures, amounts), _p95(figures))


def _allocated(figures: ReportFigures, amounts: Amounts) -> KeyNumber:
    before = figures.comparable
    change = no_comparison(figures)
    if before is not None:
        then, now = amounts.allocated_before, amounts.allocated
        amount = f"{text.money(then, before.currency, amounts.step)} in {text.period(before.period)}"
        moved = direction(now, then) if then and now != then else ""
        change = f"{moved} {'as' if 'times' in moved else 'from'} {amount}" if moved else f"after {amount}"
        if not before.quality.complete:
            change = f"after {amount}, which is incomplete"
    return KeyNumber(
        "Allocated cost",
        text.money(amounts.allocated, figures.currency, amounts.step),
        f"of {text.money(amounts.total, figures.currency, amounts.step)} in all",
        change,
    )


def _unallocated(figures: ReportFigures, amounts: Amounts) -> KeyNumber:
    before = figures.comparable
    now = text.ratio(figures.quality.unallocated_cost, figures.by_app.total.cost)
    then = text.ratio(before.quality.unallocated_cost, before.total.cost) if before else None
    change = no_comparison(figures)
    if before is not None and now is not None and then is not None:
        points = abs(now - then) * 100
        when = text.period(before.period)
        moved = f"{points:.1f} points {'more' if now > then else 'less'} than in {when}"
        change = moved if points >= 0.05 else f"as in {when}"
    return KeyNumber(
        "Unallocated",
        text.share(now),
        f"{text.money(amounts.unallocated, figures.currency, amounts.step)} from "
        f"{text.counted(figures.quality.unallocated_requests, 'request')} without an owner"
        if figures.quality.unallocated_requests
        else "every request has an owner"
        if figures.by_app.total.requests
        else "nothing to allocate",
        change,
    )


def _p95(figures: ReportFigures) -> KeyNumber:
    total = figures.latency_by_region.total
    previous = figures.previous_latency_by_region
    change = no_comparison(figures)
    compared = figures.thin is None
    if compared and previous is not None and previous.total.p95_ms is not None and total.p95_ms is not None:
        now, then, when = total.p95_ms, previous.total.p95_ms, text.period(previous.period)
        by = round(abs(now - then))
        moved = (
            f"{text.ms(by)} {'slower' if now > then else 'faster'} than in {when} ({text.percent_change(now, then)})"
        )
        change = moved if by else f"as in {when}"
    return KeyNumber(
        "p95 latency",
        text.ms(total.p95_ms),
        f"19 of 20 calls were faster; half took under {text.ms(total.p50_ms)}"
        if total.p95_ms is not None
        else "no successful call",
        change,
    )


def _changes(figures: ReportFigures, amounts: Amounts) -> tuple[str, tuple[str, ...], str]:
    """Title, sentences and the note on how far the comparison holds; all empty without a period before."""
    before = figures.previous_by_app_model
    if before is None or before.currency != figures.currency:
        return "", (), ""
    title = f"What changed since {text.period(before.period)}"
    if figures.thin is not None:
        why = no_comparison(figures)
        return title, (f"{why[:1].upper()}{why[1:]}.",), ""
    said = sentences(figures.by_app_model, before, moved_by_app(figures, amounts), amounts.step)
    return title, said or (f"No app's cost differs from {text.period(before.period)}.",), care(figures, before)


def care(figures: ReportFigures, before: Chargeback) -> str:
    """A comparison with a hole in it is said to have one."""
    now_coverage, then_coverage = figures.quality.coverage, before.quality.coverage
    if now_coverage.days_missing or then_coverage.days_missing:
        return (
            f"Compare with care: {text.counted(len(now_coverage.days_present), 'day')} of this period are set against "
            f"{len(then_coverage.days_present)} of {text.period(before.period)}."
        )
    if not figures.quality.complete or not before.quality.complete:
        which = text.period(figures.period if not figures.quality.complete else before.period)
        return f"Compare with care: the figures of {which} are incomplete."
    return ""
