"""The statement of one owner: the whole report's figures, cut down to that owner's rows and to the same cents."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from aoai_insights.budgets import BudgetLine
from aoai_insights.model import Chargeback, ChargeRow, Latency, LatencyRow, Quality, SourceShare, Unpriced, UsageFact
from aoai_insights.money import round_parts
from aoai_insights.reports import text
from aoai_insights.reports.budgets import budget_sections
from aoai_insights.reports.changes import moved_by_app, sentences
from aoai_insights.reports.charts import lengths
from aoai_insights.reports.content import Cell, DataTable, Heading, KeyNumber, Report, Row, Section, Trust
from aoai_insights.reports.costs import cost_sections, leader
from aoai_insights.reports.figures import Amounts, ReportFigures, fit
from aoai_insights.reports.gaps import gap_sections
from aoai_insights.reports.lines import SHOWN_ROWS
from aoai_insights.reports.rules import rule_sections
from aoai_insights.reports.speed import FEW_CALLS
from aoai_insights.reports.trust import trust
from aoai_insights.reports.view import METHOD, care, direction, headline, no_comparison

_OWN_FACTS = ("Days", "Without a price", "Prices", "Without tokens", "Failed calls")
"""What of the trust block is about one owner's calls; the rest is about the whole tenant's."""

Pair = tuple[str, str]
"""app, cost centre."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose statement it is: a cost centre, or the apps of one owner."""

    name: str
    owns: frozenset[Pair]
    budget: Decimal | None = None
    """Of a month, in the report's currency."""


def cut_down(
    figures: ReportFigures, whole: Amounts, scope: Scope, usage: Sequence[UsageFact],
    before: Sequence[UsageFact] | None,
) -> tuple[ReportFigures, Amounts]:  # fmt: skip
    """The figures of the scope. Its amounts are those that the whole report shows, so that both add up to the cent."""
    mine = [fact for fact in usage if (fact.app, fact.cost_center) in scope.owns]
    quality = _quality(figures.quality, mine)
    kept = [
        (row, amount)
        for row, amount in zip(figures.by_app.rows, whole.by_app, strict=True)
        if (row.key["app"], row.key["cost_center"]) in scope.owns
    ]
    total = sum((amount for _, amount in kept), Decimal(0)) if kept else Decimal(0).quantize(whole.step)

    def by(facts: Sequence[UsageFact], like: Chargeback, *fields: str) -> Chargeback:
        rows = rows_of(facts, fields)
        return Chargeback(like.period, like.currency, fields, rows, _row({}, facts), quality, like.rules)

    by_app = replace(by(mine, figures.by_app, "app", "cost_center"), rows=tuple(row for row, _ in kept))
    centres, models, days = (by(mine, figures.by_app, *f) for f in (("cost_center",), ("model", "region"), ("day",)))
    shown_by_centre = [
        sum((amount for row, amount in kept if row.key["cost_center"] == centre.key["cost_center"]), Decimal(0))
        for centre in centres.rows
    ]
    amounts = Amounts(
        step=whole.step,
        total=total,
        allocated=total,
        unallocated=Decimal(0).quantize(whole.step),
        by_cost_center=tuple(shown_by_centre),
        by_app=tuple(amount for _, amount in kept),
        by_model=tuple(fit([row.cost for row in models.rows], total, whole.step)),
        by_day=tuple(fit([row.cost for row in days.rows], total, whole.step)),
        by_source=tuple(_of_sources(quality, mine, total, whole.step)),
        before={pair: amount for pair, amount in whole.before.items() if pair in scope.owns},
    )
    own = replace(
        figures,
        title=f"Azure OpenAI statement, {text.name(scope.name, longest=40)}",
        by_app=by_app,
        by_model=models,
        by_cost_center=centres,
        by_day=days,
        by_app_model=by(mine, figures.by_app, "app", "model"),
        quality=quality,
        budgets=_own_budgets(figures, scope),
        previous_by_app=None,
        previous_by_app_model=None,
    )
    then = figures.comparable
    if figures.thin is not None and figures.previous_by_app is not None:
        # Whose logs are too thin to compare with is said; what is in them is not shown.
        thin = figures.previous_by_app
        own = replace(own, previous_by_app=replace(by((), thin, "app", "cost_center"), quality=thin.quality))
    if before is not None and then is not None:
        past = [fact for fact in before if (fact.app, fact.cost_center) in scope.owns]
        own = replace(
            own,
            previous_by_app=replace(by(past, then, "app", "cost_center"), quality=then.quality),
            previous_by_app_model=replace(by(past, then, "app", "model"), quality=then.quality),
        )
    return own, amounts


def _own_budgets(figures: ReportFigures, scope: Scope) -> tuple[BudgetLine, ...]:
    """Budgets of apps and cost centres that are wholly the scope's: of others it would show only a part as spent."""

    def wholly(line: BudgetLine) -> bool:
        field = line.budget.scope
        pairs = {(row.key["app"], row.key["cost_center"]) for row in figures.by_app.rows
                 if row.key[field] == line.budget.name}  # fmt: skip
        return bool(pairs) and pairs <= scope.owns

    return tuple(line for line in figures.budgets if wholly(line))


def statement(
    own: ReportFigures, amounts: Amounts, scope: Scope, latency_by_app: Latency, shown: int = SHOWN_ROWS
) -> Report:
    """The statement, worded and formatted, from what `cut_down` gives."""
    apps = {app for app, _ in scope.owns}
    speed = [row for row in latency_by_app.rows if row.key["app"] in apps]
    trusted = trust(own, amounts)
    trusted = replace(trusted, facts=tuple(fact for fact in trusted.facts if fact.label in _OWN_FACTS))
    question = f"{own.title}, {text.period(own.period)}"
    answer = text.money(amounts.total, own.currency, amounts.step) if own.by_app.total.requests else "no requests"
    then = own.comparable
    moved = headline(own) if amounts.total else ""
    return Report(
        lang="en",
        subject=f"{question}: {answer}{f', {moved}' if moved else ''}",
        question=question,
        answer=answer,
        moved=moved,
        leader=leader(own, amounts, "app" if len(own.by_app.rows) > 1 else "model"),
        standfirst=" · ".join(
            [
                *([text.name(own.tenant)] if own.tenant else []),
                text.counted(own.by_app.total.requests, "request"),
                f"made {text.instant(own.generated_at)}",
            ]
        ),
        numbers=(_cost(own, amounts), _budget(own, amounts, scope), _p95(speed)),
        changes_title=f"What changed since {text.period(then.period)}" if then else "",
        changes=_drivers(own, amounts),
        changes_note=care(own, own.previous_by_app_model) if own.previous_by_app_model else "",
        trust=trusted,
        sections=(
            *_costs(own, amounts, scope, shown),
            *budget_sections(own, amounts),
            *rule_sections(own),
            *_latency(speed),
            *_gaps(own, amounts, trusted),
        ),
        method=METHOD,
        footer=(
            f"aoai-insights {own.version}",
            f"Charge period {text.instant(own.period.start)} to {text.instant(own.period.end)}, end exclusive",
            *([text.sentence(own.quality.price_book)] if own.quality.price_book else []),
            "The amounts are those of the whole report; the statements of all owners and what nobody owns sum to it.",
        ),
    )


def rows_of(facts: Iterable[UsageFact], fields: Sequence[str]) -> tuple[ChargeRow, ...]:
    """Facts summed by some of their fields, in the order of the keys."""
    groups: dict[tuple[str, ...], list[UsageFact]] = {}
    for fact in facts:
        groups.setdefault(tuple(str(getattr(fact, field)) for field in fields), []).append(fact)
    return tuple(_row(dict(zip(fields, key, strict=True)), group) for key, group in sorted(groups.items()))


def _row(key: dict[str, str], facts: Sequence[UsageFact]) -> ChargeRow:
    def tokens(token_class: str) -> int:
        return sum(f.prompt_tokens + f.completion_tokens for f in facts if f.token_class == token_class)

    def beside(kind: str) -> Decimal:
        return sum((f.cost for f in facts if f.kind == kind), Decimal(0))

    return ChargeRow(
        key=key,
        requests=sum(f.requests for f in facts),
        prompt_tokens=sum(f.prompt_tokens for f in facts),
        cached_tokens=sum(f.cached_tokens for f in facts),
        completion_tokens=sum(f.completion_tokens for f in facts),
        reasoning_tokens=sum(f.reasoning_tokens for f in facts),
        cost=sum((f.cost for f in facts), Decimal(0)),
        unpriced_requests=sum(f.unpriced_requests for f in facts),
        measured_tokens=tokens("measured"),
        reconstructed_tokens=tokens("reconstructed"),
        estimated_tokens=tokens("estimated"),
        missing_requests=sum(f.missing_requests for f in facts),
        provisioned_cost=beside("provisioned"),
        shared_cost=beside("shared"),
        hosting_cost=beside("hosting"),
    )


def _quality(whole: Quality, mine: Sequence[UsageFact]) -> Quality:
    """How far the owner's figures can be trusted. Days are the tenant's: a day without logs lacks everybody's calls."""
    sources: dict[tuple[str, str], list[UsageFact]] = {
        (source.token_source, source.token_class): [] for source in whole.token_sources
    }
    unpriced: dict[tuple[str, str, str, str, str], list[UsageFact]] = {}
    for fact in mine:
        if not fact.token_source:
            continue  # a cost that follows no tokens rests on none
        sources.setdefault((fact.token_source, fact.token_class), []).append(fact)
        if fact.unpriced_requests:
            key = (fact.model, fact.model_version, fact.deployment_type, fact.region, fact.reason)
            unpriced.setdefault(key, []).append(fact)
    return replace(
        whole,
        requests=sum(fact.requests for fact in mine),
        failed_requests=sum(fact.failed_requests for fact in mine),
        token_sources=tuple(
            SourceShare(
                source,
                token_class,
                sum(f.requests for f in facts),
                sum(f.prompt_tokens + f.completion_tokens for f in facts),
                sum((f.cost for f in facts), Decimal(0)),
            )
            for (source, token_class), facts in sources.items()
        ),
        unpriced=tuple(
            Unpriced(
                *key,
                requests=sum(f.unpriced_requests for f in facts),
                tokens=sum(f.prompt_tokens + f.completion_tokens for f in facts),
            )
            for key, facts in unpriced.items()
        ),
        unallocated=(),
        unallocated_requests=0,
        unallocated_cost=Decimal(0),
        other_api_requests=0,
        bypass_requests=0,
        bypass_tokens=0,
        retried_attempts=0,
        doubtful_requests=0,
        assumptions=(),
    )


def _of_sources(quality: Quality, mine: Sequence[UsageFact], total: Decimal, step: Decimal) -> list[Decimal]:
    """Amounts by token source; where some cost rests on no tokens, they sum to less than the total."""
    parts = [source.cost for source in quality.token_sources]
    whole = sum(parts, Decimal(0))
    return fit(parts, total, step) if whole == sum((f.cost for f in mine), Decimal(0)) else round_parts(parts, step)


def _cost(own: ReportFigures, amounts: Amounts) -> KeyNumber:
    total, then = own.by_app.total, own.comparable
    tokens = text.roughly(total.prompt_tokens + total.completion_tokens)
    change = no_comparison(own)
    if then is not None:
        was = f"{text.money(amounts.total_before, then.currency, amounts.step)} in {text.period(then.period)}"
        moved = direction(total.cost, then.total.cost) if then.total.cost and then.quality.complete else ""
        was = was if then.quality.complete else f"{was}, which is incomplete"
        change = f"after {was}" if not moved or moved == "unchanged" else f"{moved}, after {was}"
    return KeyNumber(
        "Cost",
        text.money(amounts.total, own.currency, amounts.step),
        f"{text.counted(total.requests, 'request')}, {tokens} tokens",
        change,
    )


def _budget(own: ReportFigures, amounts: Amounts, scope: Scope) -> KeyNumber:
    if scope.budget is None or own.period.month is None:
        why = "no budget in the configuration" if scope.budget is None else "a budget is of a calendar month"
        return KeyNumber("Budget", text.NOTHING, why, "nothing to compare with")
    budget = text.money(scope.budget, own.currency, amounts.step)
    left = scope.budget - amounts.total
    used = text.share(text.ratio(amounts.total, scope.budget))
    room = text.money(abs(left), own.currency, amounts.step)
    return KeyNumber("Budget used", used, f"of {budget}", f"{room} {'left' if left >= 0 else 'over'}")


def _p95(speed: Sequence[LatencyRow]) -> KeyNumber:
    timed = [row for row in speed if row.p95_ms is not None]
    if not timed:
        return KeyNumber("p95 latency", text.NOTHING, "no successful call", "nothing to compare with")
    slowest = max(timed, key=lambda row: (row.requests >= FEW_CALLS, row.p95_ms or 0.0))
    label = "p95 latency" if len(timed) == 1 else f"p95 latency, {text.name(slowest.key['app'], longest=40)}"
    return KeyNumber(
        label,
        text.ms(slowest.p95_ms),
        f"19 of 20 calls were faster; half took under {text.ms(slowest.p50_ms)}",
        f"over {text.counted(slowest.requests, 'call')}" + (", the slowest of the apps" if len(timed) > 1 else ""),
    )


def _costs(own: ReportFigures, amounts: Amounts, scope: Scope, shown: int) -> tuple[Section, ...]:
    """The table of owners only where there is more than one line to tell apart."""
    sections = cost_sections(own, amounts, shown)
    return sections if len(scope.owns) > 1 else tuple(section for section in sections if section.anchor != "owners")


def _drivers(own: ReportFigures, amounts: Amounts) -> tuple[str, ...]:
    before = own.previous_by_app_model
    if before is None:
        return ()
    moved = sentences(own.by_app_model, before, moved_by_app(own, amounts), amounts.step)
    return moved or (f"No cost differs from {text.period(before.period)}.",)


def _latency(speed: Sequence[LatencyRow]) -> tuple[Section, ...]:
    rows = sorted(speed, key=lambda row: (row.p95_ms is None, -(row.p95_ms or 0.0), row.key["app"]))
    if not rows:
        return ()
    bars = lengths([row.p95_ms for row in rows])
    table = DataTable(
        "End-to-end latency of successful calls, slowest app first",
        (
            Heading("App"),
            Heading("p95", numeric=True),
            Heading("Beside the slowest", bar=True),
            Heading("p50", numeric=True, minor=True),
            Heading("Requests", numeric=True, minor=True),
            Heading("Errors", numeric=True),
            Heading("Throttled (429)", numeric=True),
        ),
        tuple(
            Row(
                (
                    Cell(text.name(row.key["app"]), code=True),
                    Cell(text.ms(row.p95_ms)),
                    Cell("", bar=bar),
                    Cell(text.ms(row.p50_ms)),
                    Cell(text.count(row.requests)),
                    Cell(text.share(row.error_rate)),
                    Cell(text.share(row.throttled_rate)),
                )
            )
            for row, bar in zip(rows, bars, strict=True)
        ),
    )
    return (Section("latency", "Latency by app", "", (table,)),)


def _gaps(own: ReportFigures, amounts: Amounts, trusted: Trust) -> tuple[Section, ...]:
    """Where the counts come from only where the answer is not plainly "measured"."""
    sections = gap_sections(own, amounts)
    return sections if trusted.alarms else tuple(section for section in sections if section.anchor != "sources")
