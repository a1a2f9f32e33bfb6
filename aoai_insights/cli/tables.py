"""Figures as tables for people and as JSON for programs: one description of the columns for both."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from aoai_insights.model import Chargeback, ChargeRow, Column, Latency, LatencyRow, Measures, Period, Quality, Table
from aoai_insights.pricing import UnitPrice
from aoai_insights.reports import text

HEADINGS: Mapping[str, str] = {
    "app": "App",
    "cost_center": "Cost centre",
    "model": "Model",
    "region": "Region",
    "deployment": "Deployment",
    "day": "Day",
    "hour": "Hour",
    "hour_of_week": "Hour of week",
    "backend": "Backend",
    "api": "API",
    "streamed": "Streamed",
}

CHARGE_FIELDS = (
    "requests", "prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens", "cost", "unpriced_requests",
    "measured_tokens", "reconstructed_tokens", "estimated_tokens", "missing_requests", "provisioned_cost",
    "shared_cost", "hosting_cost",
)  # fmt: skip
MONEY_FIELDS = ("cost", "provisioned_cost", "shared_cost", "hosting_cost")


def chargeback_table(figures: Chargeback, *, whole: bool) -> Table:
    """One line per key. `whole`: every field, for CSV and Parquet; else those that fit 80 columns."""
    numbers = [Column("requests", "Calls", "count"), Column("prompt_tokens", "Prompt", "count")]
    if whole:
        numbers = [Column(name, name, "money" if name in MONEY_FIELDS else "count") for name in CHARGE_FIELDS]
    else:
        if len(figures.by) <= 2:
            numbers.append(Column("cached_tokens", "Cached", "count"))
        numbers.append(Column("completion_tokens", "Completion", "count"))
        numbers.append(Column("cost", f"Cost {figures.currency}", "money"))
        if figures.total.unpriced_requests and len(figures.by) == 1:
            numbers.append(Column("unpriced_requests", "Unpriced", "count"))
    keys = [Column(name, HEADINGS[name], "text") for name in figures.by]
    return Table(
        title=f"Chargeback, {text.period(figures.period)}",
        columns=(*keys, *numbers),
        rows=tuple(charge_fields(row) if whole else _shown_fields(row) for row in figures.rows),
        total=charge_fields(figures.total),
        notes=(*trust_notes(figures.quality, figures.currency), *(f"{rule}." for rule in figures.rules)),
    )


def latency_table(figures: Latency, *, whole: bool) -> Table:
    """One line per key: exact percentiles over successful calls, and how often calls fail."""
    names = ("requests", "p50_ms", "p95_ms", "p99_ms", "error_rate", "throttled_rate")
    headings = ("Calls", "p50 ms", "p95 ms", "p99 ms", "Errors", "429s")
    kinds = ("count", "ms", "ms", "ms", "share", "share")
    numbers = [
        Column(name, name if whole else heading, kind)  # type: ignore[arg-type]
        for name, heading, kind in zip(names, headings, kinds, strict=True)
    ]
    if whole:
        kinds_of = {field: "share" if field.endswith("_rate") else "count" if field.endswith("_requests") else "ms"
                    for field in Measures.__dataclass_fields__}  # fmt: skip
        numbers += [Column(field, field, kind) for field, kind in kinds_of.items()]  # type: ignore[arg-type]
    hours = f", hours of {figures.timezone}" if {"hour", "hour_of_week"} & set(figures.by) else ""
    return Table(
        title=f"End-to-end latency, {text.period(figures.period)}{hours}",
        columns=(*(Column(name, HEADINGS[name], "text") for name in figures.by), *numbers),
        rows=tuple(latency_fields(row) for row in figures.rows),
        total=latency_fields(figures.total),
        notes=("Percentiles are exact, over calls that succeeded; errors include 429s.",),
    )


def chargeback_json(figures: Chargeback) -> dict[str, Any]:
    """The payload aoai-insights/chargeback/1."""
    return {
        "schema": "aoai-insights/chargeback/1",
        "period": period_json(figures.period),
        "currency": figures.currency,
        "by": list(figures.by),
        "rows": [charge_fields(row) for row in figures.rows],
        "total": charge_fields(figures.total),
        "rules": list(figures.rules),
        "quality": quality_json(figures.quality),
    }


def latency_json(figures: Latency) -> dict[str, Any]:
    """The payload aoai-insights/latency/1."""
    return {
        "schema": "aoai-insights/latency/1",
        "period": period_json(figures.period),
        "timezone": figures.timezone,
        "by": list(figures.by),
        "rows": [latency_fields(row) for row in figures.rows],
        "total": latency_fields(figures.total),
        "quality": quality_json(figures.quality) if figures.quality else None,
    }


def quality_json(quality: Quality) -> dict[str, Any]:
    """How far the figures can be trusted, as the `quality` of every payload."""
    return {"complete": quality.complete, **asdict(quality)}


def period_json(period: Period) -> dict[str, Any]:
    """start inclusive, end exclusive, UTC."""
    return {
        "start": period.start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "end": period.end.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "month": period.month,
    }


def charge_fields(row: ChargeRow) -> dict[str, Any]:
    """Keys first, then the figures, flat."""
    return {**row.key, **{name: getattr(row, name) for name in CHARGE_FIELDS}}


def _shown_fields(row: ChargeRow) -> dict[str, Any]:
    """For people: a row of which nothing has a price shows no amount, rather than one of 0."""
    fields = charge_fields(row)
    return {**fields, "cost": None} if row.unpriced_requests and not row.cost else fields


def latency_fields(row: LatencyRow) -> dict[str, Any]:
    """Keys first, then the figures, flat."""
    fields = asdict(row)
    return {**fields.pop("key"), **(fields.pop("measures") or {}), **fields}


def trust_notes(quality: Quality, currency: str) -> tuple[str, ...]:
    """The two or three sentences under a chargeback that say how far to trust it."""
    tokens = sum(source.tokens for source in quality.token_sources)
    by_class = {
        name: sum(source.tokens for source in quality.token_sources if source.token_class == name)
        for name in ("measured", "reconstructed", "estimated")
    }
    split = ", ".join(f"{text.share(text.ratio(count, tokens))} {name}" for name, count in by_class.items())
    notes = [f"Tokens: {split}. Prices: {quality.price_book}."]
    if quality.unallocated_requests:
        notes.append(
            f"Unallocated: {text.money(quality.unallocated_cost, currency)} of"
            f" {text.counted(quality.unallocated_requests, 'call')}; see: aoai-insights quality"
        )
    return tuple(notes)


def source_rows(quality: Quality) -> list[dict[str, Any]]:
    """One row per token source, also for those that nothing rests on."""
    return [asdict(source) for source in quality.token_sources]


def quality_tables(quality: Quality, period: Period, currency: str) -> list[Table]:
    """Token sources first; then, where there are any, unpriced usage and unallocated callers."""
    sources = Table(
        title=f"What the figures rest on, {text.period(period)}",
        columns=(
            Column("token_source", "Token source", "text"),
            Column("token_class", "Class", "text"),
            Column("requests", "Calls", "count"),
            Column("tokens", "Tokens", "count"),
            Column("cost", f"Cost {currency}", "money"),
        ),
        rows=tuple(source_rows(quality)),
        notes=_coverage_notes(quality),
    )
    tables = [sources]
    if quality.counting_errors:
        tables.append(_counting_table(quality))
    if quality.unpriced:
        tables.append(
            Table(
                title="Without a price",
                columns=(
                    Column("model", "Model", "text"),
                    Column("deployment_type", "Type", "text"),
                    Column("region", "Region", "text"),
                    Column("reason", "Why", "text"),
                    Column("requests", "Calls", "count"),
                    Column("tokens", "Tokens", "count"),
                ),
                rows=tuple(asdict(item) for item in quality.unpriced),
            )
        )
    if quality.unallocated:
        tables.append(
            Table(
                title="Callers that no [[apps]] rule claims, the dearest first",
                columns=(
                    Column("apim_subscription", "APIM subscription", "text"),
                    Column("product", "Product", "text"),
                    Column("entra_app", "Entra app", "text"),
                    Column("caller_ip", "Caller IP", "text"),
                    Column("requests", "Calls", "count"),
                    Column("cost", f"Cost {currency}", "money"),
                ),
                rows=tuple(asdict(caller) for caller in quality.unallocated),
            )
        )
    return tables


def _counting_table(quality: Quality) -> Table:
    return Table(
        title="Our own count against the service's, where both are known",
        columns=(
            Column("model", "Model", "text"),
            Column("api", "API", "text"),
            Column("streamed", "Stream", "text"),
            Column("prompts", "Prompts", "count"),
            Column("prompt_exact", "exact", "share"),
            Column("prompt_error", "error", "share"),
            Column("completions", "Answers", "count"),
            Column("completion_exact", "exact", "share"),
            Column("completion_error", "error", "share"),
        ),
        rows=tuple({**asdict(e), "streamed": "yes" if e.streamed else "no"} for e in quality.counting_errors),
        notes=("error: sum counted / sum stated - 1. Reasoning is on neither side.",),
    )


def _coverage_notes(quality: Quality) -> tuple[str, ...]:
    matched = quality.aoai_matched
    answered = max(quality.requests, 1)
    missing = quality.coverage.days_missing
    days = text.days(missing) if missing else "none"
    reasons = ", ".join(f"{count} {reason}" for reason, count in quality.missing_reasons.items())
    return (
        f"Calls: {text.count(quality.requests)}, {text.count(quality.failed_requests)} of them failed;"
        f" {text.count(quality.other_api_requests)} calls of other APIs left out.",
        f"Found in the LLM log: {text.share(quality.llm_matched / answered)}. In the AOAI log:"
        f" {text.share(sum(matched.values()) / answered)} ({matched['header']:,} by header,"
        f" {matched['trace']:,} by trace, {matched['heuristic']:,} by heuristic).",
        f"AOAI rows without a gateway call: {quality.retried_attempts:,} retried attempts,"
        f" {quality.bypass_requests:,} bypassed the gateway ({text.count(quality.bypass_tokens)} tokens known),"
        f" {quality.doubtful_requests:,} doubtful.",
        *([f"Answered calls without tokens: {reasons}."] if reasons else []),
        f"Days without any record: {days}.",
        f"Prices: {quality.price_book}.",
        *(f"Assumed: {sentence}." for sentence in quality.assumptions),
    )


def price_fields(price: UnitPrice) -> dict[str, Any]:
    """A price row, flat, its regions as one text."""
    days = ("effective_from", "effective_to", "retrieved_at")
    fields = {name: day.isoformat() if (day := getattr(price, name)) else None for name in days}
    return {**asdict(price), **fields, "regions": " ".join(sorted(price.regions))}


def price_table(prices: Sequence[UnitPrice], *, whole: bool) -> Table:
    """Price rows as they are looked up."""
    names = tuple(UnitPrice.__dataclass_fields__)
    if whole:
        kinds = {"per": "count", "price": "number"}
        columns = tuple(Column(name, name, kinds.get(name, "text")) for name in names)  # type: ignore[arg-type]
    else:
        columns = (
            Column("model", "Model", "text"),
            Column("version", "Version", "text"),
            Column("scope", "Scope", "text"),
            Column("what", "What", "text"),
            Column("from", "From", "text"),
            Column("where", "Regions", "text"),
            Column("price_per_mtok", "Per 1M", "number"),
        )
    return Table(
        title=f"{len(prices):,} prices",
        columns=columns,
        rows=tuple({**price_fields(p), **_price_words(p)} for p in prices),
    )


def _price_words(price: UnitPrice) -> dict[str, Any]:
    kinds = {"ft_inference": "fine-tuned", "ft_dev": "fine-tuned, Developer", "ft_hosting": "fine-tuned hosting"}
    each = {"image": f"/{price.per}", "hour": "/h", "second": "/h" if price.per == 3600 else "/s"}.get(price.unit, "")
    shown = price.price if each else price.price * 1_000_000 / price.per
    parts = [
        kinds.get(price.kind, ""),
        price.grade,
        price.modality if price.modality != "text" else "",
        {"none": "", "read": "cached", "write": "cache write"}[price.cache],
        price.direction,
        price.tier if price.tier != "standard" else "",
        f"{price.context} context" if price.context == "long" else "",
    ]
    where = (
        "all"
        if not price.regions
        else min(price.regions)
        if len(price.regions) == 1
        else f"{len(price.regions)} regions"
    )
    return {
        "what": " ".join(part for part in parts if part),
        "from": price.effective_from.isoformat(),
        "where": where,
        "price_per_mtok": f"{price.currency} {shown.normalize():f}{each}",
    }


def price_changes(prices: Sequence[UnitPrice], before: date, after: date, model: str) -> Table:
    """Per key: the row that held on `before` and the one that holds on `after`, where their prices differ."""
    from aoai_insights.pricing.check import select
    from aoai_insights.pricing.history import dimensions

    held = {(p.source, *dimensions(p)): p for p in select(prices, model=model, day=before)}
    holds = {(p.source, *dimensions(p)): p for p in select(prices, model=model, day=after)}
    rows = []
    for key in sorted(held.keys() | holds.keys(), key=repr):
        old, new = held.get(key), holds.get(key)
        if (old and old.price) == (new and new.price):
            continue
        known = new or old
        assert known is not None
        words = _price_words(known)
        rows.append(
            {"model": known.model, "version": known.version, "scope": known.scope, "what": words["what"],
             "where": words["where"], "old": _price_words(old)["price_per_mtok"] if old else None,
             "new": words["price_per_mtok"] if new else None, "source": known.source,
             "effective_from": known.effective_from.isoformat()}
        )  # fmt: skip
    headings = {"model": "Model", "scope": "Scope", "what": "What", "where": "Regions", "effective_from": "From",
                "old": "Per 1M before", "new": "after"}  # fmt: skip
    return Table(
        title=f"Prices that changed between {before} and {after}: {len(rows)}",
        columns=tuple(Column(n, h, "number" if n in ("old", "new") else "text") for n, h in headings.items()),
        rows=tuple(rows),
    )
