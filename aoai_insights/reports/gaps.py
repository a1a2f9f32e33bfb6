"""What the figures rest on and what they lack: token sources, callers without an owner, usage without a price."""

import json
from decimal import Decimal

from aoai_insights.model import Caller
from aoai_insights.reports import text
from aoai_insights.reports.charts import lengths
from aoai_insights.reports.content import Cell, DataTable, Heading, Row, Section
from aoai_insights.reports.figures import Amounts, ReportFigures, fit
from aoai_insights.reports.rules import assumed

SOURCES = {
    "llm_log": "the gateway's LLM log states the usage",
    "aoai_log": "Azure OpenAI's own diagnostics state the usage",
    "body_usage": "the usage in a complete response body",
    "stream_usage": "the usage event of a stream",
    "tokenized": "complete bodies, counted with the model's tokenizer",
    "extrapolated": "a cut body, extended by its known total size",
    "lower_bound": "a cut body of unknown total size: at least this many",
    "none": "nothing to count from",
}
"""Token sources, best first."""

_RULE_FIELDS = ("apim_subscription", "entra_app", "product", "caller_ip")
"""What a rule can match, the most telling first."""


def gap_sections(figures: ReportFigures, amounts: Amounts) -> tuple[Section, ...]:
    """Token sources always; callers, prices and assumptions only where there is something to do."""
    return (
        _sources(figures, amounts),
        *_callers(figures, amounts),
        *_unpriced(figures),
        *_assumptions(figures),
    )


def _sources(figures: ReportFigures, amounts: Amounts) -> Section:
    sources = figures.quality.token_sources
    title = "Where the token counts come from"
    if not sources:
        return Section("sources", title, "No requests in this period.")
    order = {name: rank for rank, name in enumerate(SOURCES)}
    unused = [source.token_source for source in sources if not source.requests]
    lines = sorted(
        (line for line in zip(sources, amounts.by_source, strict=True) if line[0].requests),
        key=lambda line: (order.get(line[0].token_source, len(order)), line[0].token_source),
    )
    whole = sum((source.cost for source in sources), Decimal(0))
    bars = lengths([source.cost for source, _ in lines])
    rows = [
        Row(
            (
                Cell(source.token_source, code=True),
                Cell(source.token_class),
                Cell(text.amount(cost, amounts.step) if source.tokens else text.NOTHING),
                Cell(text.share(text.ratio(source.cost, whole)) if source.tokens else text.NOTHING, bar=bar),
                Cell(text.count(source.tokens) if source.tokens else text.NOTHING),
                Cell(text.count(source.requests)),
                Cell(SOURCES.get(source.token_source, "")),
            ),
            tone="attention" if source.token_class == "estimated" else "",
        )
        for (source, cost), bar in zip(lines, bars, strict=True)
    ]
    total = Row(
        (
            Cell("All"),
            Cell(""),
            Cell(text.amount(sum(amounts.by_source, Decimal(0)), amounts.step)),
            Cell(""),
            Cell(text.count(sum(source.tokens for source in sources))),
            Cell(text.count(sum(source.requests for source in sources))),
            Cell(""),
        ),
        tone="total",
    )
    headings = (
        Heading("Token source"),
        Heading("Class", minor=True),
        Heading(f"Cost, {figures.currency}", numeric=True),
        Heading("Share", numeric=True, bar=True),
        Heading("Tokens", numeric=True, minor=True),
        Heading("Requests", numeric=True, minor=True),
        Heading("Meaning", minor=True),
    )
    return Section(
        "sources",
        title,
        "Every request takes its counts from the best source that knows them.",
        (DataTable("Token sources, best first", headings, tuple(rows), total),) if rows else (),
        (f"Nothing rests on {text.listed(unused)}.",) if unused else (),
    )


def _callers(figures: ReportFigures, amounts: Amounts) -> tuple[Section, ...]:
    quality = figures.quality
    if not quality.unallocated_requests and not quality.unallocated:
        return ()
    callers = sorted(quality.unallocated, key=lambda caller: (-caller.cost, -caller.requests))
    rest = quality.unallocated_cost - sum((caller.cost for caller in callers), Decimal(0))
    rest_requests = quality.unallocated_requests - sum(caller.requests for caller in callers)
    shown = fit([*(caller.cost for caller in callers), rest], amounts.unallocated, amounts.step)
    bars = lengths([caller.cost for caller in callers])
    rows = [
        Row(
            (
                Cell(text.name(caller.apim_subscription), code=True),
                Cell(text.name(caller.product), code=True),
                Cell(text.name(caller.entra_app), code=True),
                Cell(text.name(caller.caller_ip), code=True),
                Cell(text.amount(cost, amounts.step)),
                Cell("", bar=bar),
                Cell(text.count(caller.tokens)),
                Cell(text.count(caller.requests)),
            )
        )
        for caller, cost, bar in zip(callers, shown[:-1], bars, strict=True)
    ]
    if rest_requests > 0 or rest:
        others = (
            Cell("all other callers"),
            *[Cell("")] * 3,
            Cell(text.amount(shown[-1], amounts.step)),
            Cell(""),
            Cell(""),
            Cell(text.count(rest_requests)),
        )
        rows.append(Row(others))
    total = Row(
        (
            Cell("All unallocated"),
            *[Cell("")] * 3,
            Cell(text.amount(amounts.unallocated, amounts.step)),
            Cell(""),
            Cell(""),
            Cell(text.count(quality.unallocated_requests)),
        ),
        tone="total",
    )
    headings = (
        Heading("APIM subscription"),
        Heading("Product", minor=True),
        Heading("Entra app"),
        Heading("Caller IP"),
        Heading(f"Cost, {figures.currency}", numeric=True),
        Heading("Beside the highest", bar=True, minor=True),
        Heading("Tokens", numeric=True, minor=True),
        Heading("Requests", numeric=True, minor=True),
    )
    return (
        Section(
            "unallocated",
            "Unallocated callers",
            "No rule in aoai-insights.toml claims these callers. Give each an app and a cost centre.",
            (DataTable("Unallocated callers, highest cost first", headings, tuple(rows), total),),
            _next_rule(callers),
        ),
    )


def _next_rule(callers: list[Caller]) -> tuple[str, ...]:
    """The `match` of the costliest caller that one value tells apart, ready to be copied."""
    for caller in callers:
        for field in _RULE_FIELDS:
            value: str = getattr(caller, field)
            # A value with hidden characters is not copied from a page without loss.
            if value and text.name(value) == value:
                return (f"The next rule: match = [ {{{field} = {json.dumps(value, ensure_ascii=False)}}} ]",)
    return ()


def _unpriced(figures: ReportFigures) -> tuple[Section, ...]:
    unpriced = sorted(figures.quality.unpriced, key=lambda item: (-item.tokens, -item.requests, item.model))
    if not unpriced:
        return ()
    rows = tuple(
        Row(
            (
                Cell(text.name(item.model, "(unknown)"), code=True),
                Cell(text.name(item.model_version, "(unknown)"), code=True),
                Cell(text.name(item.deployment_type, "(unknown)"), code=True),
                Cell(text.name(item.region, "(unknown)"), code=True),
                Cell(text.count(item.tokens)),
                Cell(text.count(item.requests)),
                Cell(text.sentence(item.reason) or "no price row fits"),
            )
        )
        for item in unpriced
    )
    total = Row(
        (
            Cell("All without a price"),
            *[Cell("")] * 3,
            Cell(text.count(sum(item.tokens for item in unpriced))),
            Cell(text.count(sum(item.requests for item in unpriced))),
            Cell(""),
        ),
        tone="total",
    )
    headings = (
        Heading("Model"),
        Heading("Version", minor=True),
        Heading("Deployment type", minor=True),
        Heading("Region"),
        Heading("Tokens", numeric=True),
        Heading("Requests", numeric=True, minor=True),
        Heading("Why"),
    )
    return (
        Section(
            "unpriced",
            "Usage without a price",
            "This usage is in no amount of this report. Add a [[prices]] entry for each line to aoai-insights.toml.",
            (DataTable("Usage without a price, most tokens first", headings, rows, total),),
        ),
    )


def _assumptions(figures: ReportFigures) -> tuple[Section, ...]:
    if not assumed(figures):
        return ()
    points = tuple(text.sentence(assumption) for assumption in assumed(figures))
    return (
        Section("assumptions", "Assumptions", "What the logs do not say and the figures had to suppose.", (), points),
    )
