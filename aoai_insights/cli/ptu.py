"""aoai-insights ptu: what provisioned deployments cost, how full they are, and whether they pay."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aoai_insights.cli import diagnostics, options
from aoai_insights.cli.options import Format

if TYPE_CHECKING:
    from aoai_insights.model import Table
    from aoai_insights.pipeline.provisioned import PtuFigures
    from aoai_insights.ptu.worth import PtuWorth


def ptu(
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Provisioned deployments: who pays, utilisation, break-even, spill-over.

    One row per deployment and app that used it, paid for it, or was spilled over to the standard deployment.
    Utilisation is from the tokens that were logged; 100% is as many tokens a minute as Azure publishes for the PTUs.

    Example: aoai-insights ptu --month 2026-10
    """
    from aoai_insights.cli import output
    from aoai_insights.pipeline.provisioned import compute_ptu

    now = options.now()
    period = options.period_of(month, since, until, last, now)
    config, store = options.settings(config_file, store_file)
    figures = compute_ptu(store, config, period, now=now, prices=options.prices(config))
    whole = chosen in (Format.CSV, Format.PARQUET)
    output.show(_table(figures, whole=whole), _json(figures), figures.currency, chosen, target)
    diagnostics.exit_for(figures.quality)


def _table(figures: "PtuFigures", *, whole: bool) -> "Table":
    from aoai_insights.model import Column, Table
    from aoai_insights.reports import text

    money = f"Cost {figures.currency}"
    columns = [
        Column("resource", "Resource", "text"),
        Column("deployment", "Deployment", "text"),
        Column("app", "App", "text"),
        Column("cost_center", "Cost centre", "text"),
        Column("requests", "Calls", "count"),
        Column("load_share", "Load", "share"),
        Column("used_ptu", "PTUs used", "number"),
        Column("reserved_ptu", "Reserved", "count"),
        Column("cost", money, "money"),
        Column("spilled_requests", "Spilled", "count"),
        Column("spilled_tokens", "Spilled tokens", "count"),
        Column("spilled_cost", "Spill cost", "money"),
        Column("spill_caused", "Caused", "share"),
    ]
    shown = ("deployment", "app", "requests", "load_share", "cost", "spilled_requests", "spilled_cost", "spill_caused")
    if not whole:
        columns = [column for column in columns if column.name in shown]
    rows = tuple(row for item in figures.deployments for row in _rows(item))
    total = {
        name: sum((row[name] for row in rows), type(rows[0][name])(0))
        for name in ("requests", "cost", "spilled_requests", "spilled_cost")
    } if rows else None  # fmt: skip
    return Table(
        title=f"Provisioned deployments, {text.period(figures.period)}",
        columns=tuple(columns),
        rows=rows,
        total=total,
        notes=(*(_sentence(item, figures.currency) for item in figures.deployments),
               *(f"{rule}." for rule in figures.rules))
        or ("No [[deployments]] entry has PTUs.",),
    )  # fmt: skip


def _rows(item: "PtuWorth") -> list[dict[str, Any]]:
    at = {"resource": item.deployment.resource, "deployment": item.deployment.deployment}
    return [{**at, **_plain(asdict(app))} for app in item.apps]


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Shares and PTUs to four places: they are ratios, no money."""
    ratios = ("load_share", "spill_caused", "used_ptu", "utilisation", "peak_utilisation", "break_even_utilisation")
    return {k: round(float(v), 4) if k in ratios and v is not None else v for k, v in fields.items()}


def _sentence(item: "PtuWorth", currency: str) -> str:
    """Is it full, and would pay-as-you-go be cheaper?"""
    from aoai_insights.reports import text

    name = item.deployment.name
    if item.utilisation is None:
        busy = f"utilisation is not known: the capacity of a PTU of {item.capacity.model} is not published"
    else:
        busy = f"{text.share(float(item.utilisation))} utilised"
        if item.peak_hour and item.peak_utilisation is not None:
            busy += (
                f", {text.share(float(item.peak_utilisation))} in the busiest hour ({item.peak_hour:%Y-%m-%d %H:00})"
            )
    if item.pay_as_you_go is None:
        else_ = "not all of its tokens have a pay-as-you-go price"
    else:
        else_ = f"the same tokens cost {text.money(item.pay_as_you_go, currency)} pay-as-you-go"
        if item.break_even_utilisation is not None:
            even = text.share(float(item.break_even_utilisation))
            else_ += f"; break-even is at {even} utilisation"
            if item.break_even_utilisation > 1:
                else_ += ", so PTUs never pay with this mix of tokens"
    spill = f"; calls spilled over in {text.counted(item.spilled_hours, 'hour')}" if item.spilled_hours else ""
    return f"{name}: {busy}; {else_}{spill}."


def _json(figures: "PtuFigures") -> dict[str, Any]:
    from aoai_insights.cli import tables

    return {
        "schema": "aoai-insights/ptu/1",
        "period": tables.period_json(figures.period),
        "currency": figures.currency,
        "policy": figures.policy,
        "deployments": [
            {
                **_plain({k: v for k, v in asdict(item).items() if k not in ("deployment", "capacity", "apps")}),
                "resource": item.deployment.resource,
                "deployment": item.deployment.deployment,
                "model": item.deployment.model,
                "ptu": item.deployment.ptu,
                "valid_from": item.deployment.first,
                "valid_to": item.deployment.last,
                "input_tpm_per_ptu": item.capacity.input_tpm,
                "output_ratio": item.capacity.ratio,
                "capacity_source": item.capacity.source,
            }
            for item in figures.deployments
        ],
        "rows": [row for item in figures.deployments for row in _rows(item)],
        "rules": list(figures.rules),
        "quality": tables.quality_json(figures.quality),
    }
