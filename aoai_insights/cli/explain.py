"""aoai-insights explain: any figure of a chargeback, down to price rows, rules and requests."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aoai_insights.cli import diagnostics, options
from aoai_insights.cli.options import Format

if TYPE_CHECKING:
    from aoai_insights.explain import Line
    from aoai_insights.model import Table
    from aoai_insights.pipeline.explain import Explanation


def explain(
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    app: Annotated[str, typer.Option("--app", help="The row of this app.")] = "",
    cost_center: Annotated[str, typer.Option("--cost-center", help="The row of this cost centre.")] = "",
    model: Annotated[str, typer.Option("--model", help="The row of this model.")] = "",
    region: Annotated[str, typer.Option("--region", help="The row of this region.")] = "",
    deployment: Annotated[str, typer.Option("--deployment", help="The row of this deployment.")] = "",
    day: Annotated[str, typer.Option("--day", metavar="DATE", help="The row of this day.")] = "",
    requests: Annotated[bool, typer.Option("--requests", help="Also every request of the figure.")] = False,
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Where a figure of a chargeback comes from.

    Every price row with its meter, source and date, the tokens it was multiplied with, the entry of the config that
    says who pays, and the rounding. The lines sum to the figure exactly.

    CSV and Parquet hold the lines, or with --requests the requests; JSON holds both.

    Example: aoai-insights explain --month 2026-10 --app support-bot --model gpt-4o
    """
    from aoai_insights.cli import output
    from aoai_insights.pipeline.explain import compute_explanation

    now = options.now()
    period = options.period_of(month, since, until, last, now)
    config, store = options.settings(config_file, store_file)
    given = {
        "app": app,
        "cost_center": cost_center,
        "model": model,
        "region": region,
        "deployment": deployment,
        "day": day,
    }
    asked = {name: value for name, value in given.items() if value}
    found = compute_explanation(
        store, config, period, asked, calls=requests, now=now, prices=options.prices(config)
    )  # fmt: skip
    whole = chosen in (Format.CSV, Format.PARQUET)
    shown = [_lines(found, whole=whole)]
    if requests:
        terminal = chosen is Format.TABLE and target is None
        shown = [_requests(found)] if whole else [*shown, _requests(found, narrow=terminal)]
    payload = _json(found)
    if chosen is Format.JSON or whole:
        output.show(shown[0], payload, found.currency, chosen, target)
    else:
        content = b"\n".join(output.render(table, payload, found.currency, chosen) for table in shown)
        output.emit(content, chosen, target)
    diagnostics.exit_for(found.quality)


def _lines(found: "Explanation", *, whole: bool) -> "Table":
    from aoai_insights.model import Column, Table
    from aoai_insights.reports import text

    money = Column("amount", f"Cost {found.currency}", "money")
    if whole:
        kinds = {"requests": "count", "tokens": "count", "per": "count", "price": "number", "fx_rate": "number"}
        fields = tuple(asdict(found.lines[0])) if found.lines else ()
        columns = tuple(
            Column(name, name, "money" if name == "amount" else kinds.get(name, "text"))  # type: ignore[arg-type]
            for name in fields
        )
        rows = tuple(asdict(line) for line in found.lines)
    else:
        columns = (Column("what", "What", "text"), Column("tokens", "Tokens", "count"),
                   Column("unit_price", "Unit price", "text"), money)  # fmt: skip
        rows = tuple(
            {"what": _what(line), "tokens": line.tokens, "unit_price": _price(line),
             "amount": None if line.kind == "unpriced" else line.amount}
            for line in found.lines
        )  # fmt: skip
    named = ", ".join(found.asked.values()) or "everything"
    return Table(
        title=f"{text.name(named)}, {text.period(found.period)}: {text.money(found.cost, found.currency)}",
        columns=columns,
        rows=rows,
        total={"tokens": sum(line.tokens for line in found.lines), "amount": found.cost},
        notes=(*_allocation(found), *_sources(found), _rounding(found), *(f"{rule}." for rule in found.rules)),
    )


def _what(line: "Line") -> str:
    if line.kind not in ("tokens", "unpriced"):
        return line.token_class
    served = " ".join(word for word in (line.model, line.model_version, line.deployment_type, line.region) if word)
    days = f"{line.first}" if line.first == line.last else f"{line.first} to {line.last}"
    return f"{served}: {line.token_class}, {days}"


def _price(line: "Line") -> str:
    if line.price is None:
        return line.why
    per = {1_000_000: "1M", 1_000: "1K"}.get(line.per or 1, str(line.per))
    fx = f" x {line.fx_rate} ({line.fx_source})" if line.fx_rate else ""
    said = line.meter or line.price_id
    why = f"; {line.why.replace('_', ' ')}" if line.why else ""
    return (
        f"{line.price} {line.currency} per {per}{fx}: {said}, from {line.effective_from}, {line.source}{why}"
    )  # fmt: skip


def _allocation(found: "Explanation") -> list[str]:
    from aoai_insights.reports import text

    said = []
    for rule in found.allocated:
        calls = f"{text.counted(rule.requests, 'call')}, {text.money(rule.amount, found.currency)}"
        if rule.entry:
            who = f"{text.name(rule.app)} ({text.name(rule.cost_center)})"
            said.append(f"{calls}: entry {rule.entry} of [[apps]], {who}, by {text.name(rule.condition)}.")
        else:
            said.append(f"{calls}: unallocated, {rule.condition}.")
    return said


def _sources(found: "Explanation") -> list[str]:
    said = {(line.source, line.source_detail) for line in found.lines if line.source_detail}
    return [f"Prices of {source}: {detail}." for source, detail in sorted(said)]


def _rounding(found: "Explanation") -> str:
    exact = f"{found.cost.normalize():f}"
    return (
        f"Exact: {exact} {found.currency}; alone it rounds to {found.rounded}. In a statement the rows are rounded"
        " together (largest remainder), so that they add up; a row may then differ by one smallest unit."
    )


def _requests(found: "Explanation", *, narrow: bool = False) -> "Table":
    """The calls; `narrow`: what 80 columns have room for, where every other format has all."""
    from aoai_insights.model import Column, Table
    from aoai_insights.reports import text

    texts = ("started_at", "service", "correlation_id", "app", "cost_center", "deployment", "model", "region", "tier",
             "token_source")  # fmt: skip
    counts = ("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens")
    title = text.counted(len(found.calls), "request")
    if narrow:
        return Table(
            title=title,
            columns=(Column("at", "Started (UTC)", "text"), Column("correlation_id", "Correlation id", "text"),
                     Column("tokens", "Tokens", "count"), Column("cost", f"Cost {found.currency}", "money")),
            rows=tuple(
                {"at": call["started_at"][5:19].replace("T", " "), "correlation_id": call["correlation_id"],
                 "tokens": call["prompt_tokens"] + call["completion_tokens"], "cost": call["cost"]}
                for call in found.calls
            ),
            notes=("-f csv or -o FILE has their model, region, source and classes of tokens too.",),
        )  # fmt: skip
    return Table(
        title=title,
        columns=(*(Column(name, name, "text") for name in texts), *(Column(name, name, "count") for name in counts),
                 Column("cost", "cost", "money")),
        rows=tuple(found.calls),
    )  # fmt: skip


def _json(found: "Explanation") -> dict[str, Any]:
    from aoai_insights.cli import tables

    return {
        "schema": "aoai-insights/explain/1",
        "period": tables.period_json(found.period),
        "currency": found.currency,
        "asked": dict(found.asked),
        "requests": found.requests,
        "cost": found.cost,
        "rounded": found.rounded,
        "rows": [asdict(line) for line in found.lines],
        "allocated": [asdict(rule) for rule in found.allocated],
        "calls": [dict(call) for call in found.calls],
        "rules": list(found.rules),
        "quality": tables.quality_json(found.quality),
    }
