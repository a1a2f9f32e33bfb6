"""How far to trust the figures: what is missing, what is estimated, what was assumed, in money and in tokens."""

from decimal import Decimal

from aoai_insights.model import Quality, SourceShare
from aoai_insights.reports import text
from aoai_insights.reports.charts import lengths
from aoai_insights.reports.content import Cell, DataTable, Fact, Heading, Part, Row, Status, Trust
from aoai_insights.reports.figures import Amounts, ReportFigures, disagreements
from aoai_insights.reports.rules import assumed

CLASSES = {
    "measured": "the service said how many tokens",
    "reconstructed": "counted from complete bodies with the model's tokenizer",
    "estimated": "extended from bodies that the log had cut",
    "missing": "nothing to count from: a failed call, or no log",
}
"""Token classes, best first, and what each rests on."""

ESTIMATED_CAUTION = 0.05
UNALLOCATED_CAUTION = 0.10
MISSING_CAUTION = 0.01
"""Shares above which a whole answer still deserves a caution: of cost estimated or without an owner, and of successful
requests without tokens."""


def trust(figures: ReportFigures, amounts: Amounts) -> Trust:
    """The trust block. Its alarms make an incomplete answer impossible to overlook; cautions ask for care."""
    gaps = _gaps(figures)
    cautions = _cautions(figures)
    status: Status = "incomplete" if gaps else "caution" if cautions else "complete"
    classes = [_class(name, figures, amounts) for name in CLASSES]
    return Trust(
        status=status,
        verdict=_verdict(status, len(gaps), figures),
        alarms=(*gaps, *cautions),
        split=_split(figures, amounts),
        parts=tuple(
            Part(name, share)
            for name, (_, _, share) in zip(CLASSES, classes, strict=True)
            if share is not None and share > 0
        ),
        facts=_facts(figures, amounts),
    )


def _gaps(figures: ReportFigures) -> tuple[str, ...]:
    """What makes the answer incomplete, one sentence each, the largest doubt first."""
    quality, gaps = figures.quality, list(disagreements(figures))
    absent = [d for d in quality.coverage.days_missing if d not in figures.days_to_come]
    every = len(quality.coverage.days_present) + len(quality.coverage.days_missing)
    if absent:
        are = "is" if len(absent) == 1 else "are"
        gaps.append(
            f"{len(absent)} of {text.counted(every, 'day')} {are} missing from the logs: {text.days(absent)}. "
            "What was used then is in no figure."
        )
    if figures.generated_at < figures.period.end:
        made = text.instant(figures.generated_at)
        gaps.append(f"{text.period(figures.period)} was not over when this report was made ({made}).")
    if quality.coverage.partial_queries:
        gaps.append(
            f"{text.counted(quality.coverage.partial_queries, 'query', 'queries')} to the logs returned only a part of "
            "the records."
        )
    if quality.unpriced:
        requests = sum(unpriced.requests for unpriced in quality.unpriced)
        tokens = sum(unpriced.tokens for unpriced in quality.unpriced)
        models = sorted({text.name(unpriced.model) for unpriced in quality.unpriced})
        names = models if len(models) <= 3 else [*models[:3], text.counted(len(models) - 3, "other model")]
        gaps.append(
            f"{text.counted(requests, 'request')} ({text.roughly(tokens)} tokens) have no price and are in no amount: "
            f"{text.listed(names)}."
            if requests != 1
            else f"1 request ({text.roughly(tokens)} tokens) has no price and is in no amount: {text.listed(names)}."
        )
    return tuple(gaps)


def _cautions(figures: ReportFigures) -> tuple[str, ...]:
    quality, cost, lost = figures.quality, figures.by_app.total.cost, figures.by_app.total.missing_requests
    cautions = []
    estimated = text.ratio(_cost(quality, "estimated"), cost)
    if estimated is not None and estimated > ESTIMATED_CAUTION:
        cautions.append(
            f"{text.share(estimated)} of the cost rests on estimated tokens: the log had cut those bodies and no usage "
            "was recorded."
        )
    unallocated = text.ratio(quality.unallocated_cost, cost)
    if unallocated is not None and unallocated > UNALLOCATED_CAUTION:
        cautions.append(f"{text.share(unallocated)} of the cost has no owner: no rule claims those calls.")
    share = text.ratio(lost, quality.requests - quality.failed_requests)
    if share is not None and share > MISSING_CAUTION:
        cautions.append(
            f"{text.counted(lost, 'successful request')} ({text.share(share)}) left no tokens to count and cost "
            "nothing here."
        )
    return tuple(cautions)


def _verdict(status: Status, gaps: int, figures: ReportFigures) -> str:
    if figures.quality.requests == 0 and status == "complete":
        return "Complete: every day of the period is in the logs, and there was nothing to count."
    if status == "incomplete":
        return (
            "Incomplete: do not bill from this report before this is settled."
            if gaps == 1
            else (f"Incomplete, for {gaps} reasons: do not bill from this report before they are settled.")
        )
    if status == "caution":
        return "Complete, but read with care."
    return "Complete: every day is in the logs and every request has a price."


def _of(quality: Quality, token_class: str) -> list[SourceShare]:
    return [source for source in quality.token_sources if source.token_class == token_class]


def _cost(quality: Quality, token_class: str) -> Decimal:
    return sum((source.cost for source in _of(quality, token_class)), Decimal(0))


def _class(name: str, figures: ReportFigures, amounts: Amounts) -> tuple[Decimal, Decimal, float | None]:
    """Shown amount, exact cost and share of the exact whole of one token class."""
    shown = sum(
        (
            part
            for source, part in zip(figures.quality.token_sources, amounts.by_source, strict=True)
            if source.token_class == name
        ),
        Decimal(0),
    )
    exact = _cost(figures.quality, name)
    whole = sum((source.cost for source in figures.quality.token_sources), Decimal(0))
    return shown, exact, text.ratio(exact, whole)


def _split(figures: ReportFigures, amounts: Amounts) -> DataTable:
    quality = figures.quality
    whole = sum(source.tokens for source in quality.token_sources)
    rows = []
    bars = lengths([_class(name, figures, amounts)[1] for name in CLASSES])
    attention = {
        "measured": False,
        "reconstructed": False,
        "estimated": any(source.requests for source in _of(quality, "estimated")),
        "missing": figures.by_app.total.missing_requests > 0,
    }
    for name, bar in zip(CLASSES, bars, strict=True):
        shown, _, share = _class(name, figures, amounts)
        sources = _of(quality, name)
        tokens, requests = sum(s.tokens for s in sources), sum(s.requests for s in sources)
        none = name == "missing" and not shown
        rows.append(
            Row(
                (
                    Cell(name.capitalize()),
                    Cell(text.NOTHING if none else text.amount(shown, amounts.step)),
                    Cell(text.NOTHING if none else text.share(share), bar=None if none else bar),
                    Cell(text.NOTHING if none else text.count(tokens)),
                    Cell(text.NOTHING if none else text.share(text.ratio(tokens, whole))),
                    Cell(text.count(requests)),
                    Cell(CLASSES[name]),
                ),
                tone="attention" if attention[name] else "",
            )
        )
    total = Row(
        (
            Cell("All"),
            Cell(text.amount(sum(amounts.by_source, Decimal(0)), amounts.step)),
            Cell(""),
            Cell(text.count(whole)),
            Cell(""),
            Cell(text.count(sum(source.requests for source in quality.token_sources))),
            Cell(""),
        ),
        tone="total",
    )
    return DataTable(
        caption=_rests_on(figures, amounts),
        headings=(
            Heading("Tokens are"),
            Heading(f"Cost, {figures.currency}", numeric=True),
            Heading("Share of cost", numeric=True, bar=True),
            Heading("Tokens", numeric=True, minor=True),
            Heading("Share of tokens", numeric=True, minor=True),
            Heading("Requests", numeric=True, minor=True),
            Heading("Because", minor=True),
        ),
        rows=tuple(rows),
        total=total,
    )


def _rests_on(figures: ReportFigures, amounts: Amounts) -> str:
    """What part is measured. Costs that no token decides (PTU, hosting, shared) are neither measured nor in doubt."""
    tokens = sum((source.cost for source in figures.quality.token_sources), Decimal(0))
    measured = text.ratio(_cost(figures.quality, "measured"), tokens)
    fixed = amounts.total - sum(amounts.by_source, Decimal(0))
    others = text.money(fixed, figures.currency, amounts.step)
    if measured is not None and fixed > 0:
        return f"{text.share(measured)} of the cost of tokens rests on measured ones; {others} rests on no tokens"
    if measured is not None:
        return f"{text.share(measured)} of the cost rests on measured tokens"
    if fixed > 0:
        return f"No token was charged; {others} rests on none"
    if figures.quality.coverage.days_missing:
        return "No use of this period is in the logs"
    return "Nothing was used in this period"


def _facts(figures: ReportFigures, amounts: Amounts) -> tuple[Fact, ...]:
    quality, supposed = figures.quality, assumed(figures)
    coverage = quality.coverage
    every = len(coverage.days_present) + len(coverage.days_missing)
    to_come = len(figures.days_to_come)
    present = (
        f"{len(coverage.days_present)} of {text.counted(every, 'day')} {'so far ' if to_come else ''}are in the logs"
    )
    lost = figures.by_app.total.missing_requests
    unpriced = sum(item.requests for item in quality.unpriced)
    return (
        Fact(
            "Days",
            f"{present}; {text.counted(to_come, 'day')} still to come" if to_come else present,
            attention=bool(coverage.days_missing or to_come),
        ),
        Fact(
            "Unallocated",
            f"{text.money(amounts.unallocated, figures.currency, amounts.step)} from "
            f"{text.counted(quality.unallocated_requests, 'request')}"
            if quality.unallocated_requests
            else "none",
            attention=quality.unallocated_requests > 0,
        ),
        Fact(
            "Without a price",
            text.counted(unpriced, "request") if unpriced else "none",
            attention=unpriced > 0,
        ),
        Fact(
            "Prices", text.sentence(quality.price_book) or "no price book was named", attention=not quality.price_book
        ),
        Fact("Matched", _matches(quality)),
        Fact(
            "Without tokens",
            f"{text.counted(lost, 'successful request')} left no tokens to count" if lost else "none",
            attention=lost > 0,
        ),
        Fact(
            "Failed calls",
            f"{text.count(quality.failed_requests)} of {text.counted(quality.requests, 'request')} "
            f"({text.share(text.ratio(quality.failed_requests, quality.requests))})"
            if quality.failed_requests
            else "none",
        ),
        Fact("Past the gateway", _bypass(quality), attention=quality.bypass_requests > 0),
        Fact(
            "Retries",
            f"{text.counted(quality.retried_attempts, 'further backend attempt')}, each part of a counted request"
            if quality.retried_attempts
            else "none known",
        ),
        Fact(
            "Other APIs",
            f"{text.counted(quality.other_api_requests, 'request')} to other APIs left out"
            if quality.other_api_requests
            else "none in the logs",
        ),
        Fact(
            "Assumptions",
            f"{text.counted(len(supposed), 'assumption')}, listed below" if supposed else "none",
            attention=bool(supposed),
        ),
    )


def _matches(quality: Quality) -> str:
    if not quality.requests:
        return "nothing to match"
    aoai = [
        f"{text.share(text.ratio(found, quality.requests))} by {how}"
        for how, found in quality.aoai_matched.items()
        if found
    ]
    in_llm_log = text.share(text.ratio(quality.llm_matched, quality.requests))
    return (
        f"{in_llm_log} of requests have a token row in the gateway's LLM log; Azure OpenAI's own diagnostics know "
        f"{text.listed(aoai) if aoai else 'none of them'}"
    )


def _bypass(quality: Quality) -> str:
    found = (
        f"{text.counted(quality.bypass_requests, 'call')} ({text.roughly(quality.bypass_tokens)} tokens) reached Azure "
        "OpenAI without the gateway and are in no amount"
        if quality.bypass_requests
        else "no call is known to have gone past the gateway"
    )
    doubtful = text.counted(quality.doubtful_requests, "call")
    return f"{found}; {doubtful} may have, or lack their request id in the log" if quality.doubtful_requests else found
