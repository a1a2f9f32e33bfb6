"""aoai-insights budgets: what is used of each budget, and where the month will end."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from aoai_insights.cli import diagnostics, options
from aoai_insights.cli.options import Format
from aoai_insights.errors import ExitCode

if TYPE_CHECKING:
    from aoai_insights.budgets import BudgetLine
    from aoai_insights.model import Table
    from aoai_insights.pipeline.budgets import BudgetFigures

WORDS = {"ok": "ok", "forecast": "will be over", "alert": "alert", "over": "over"}


def budgets(
    month: options.Month = None,
    fail: Annotated[bool, typer.Option("--fail", help="Exit with 6 at or above an alert threshold.")] = False,
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Budgets of apps and cost centres in a month (default: this one).

    Actual cost, and a forecast to the end of the month: what each weekday cost on the average of the last eight weeks,
    with a band that holds 9 of 10 months if days vary as they did.

    Exits with 6 under --fail when a budget is used to its alert threshold; a forecast alone never fails.

    Example: aoai-insights budgets --month this --fail
    """
    from aoai_insights.cli import output
    from aoai_insights.pipeline.budgets import compute_budgets

    now = options.now()
    period = options.period_of(month or "this", None, None, None, now)
    config, store = options.settings(config_file, store_file)
    figures = compute_budgets(store, config, period, now=now, prices=options.prices(config))
    output.show(_table(figures), _json(figures), figures.currency, chosen, target)
    if fail and figures.reached:
        for line in figures.reached:
            diagnostics.note(f"aoai-insights: budget: {_said(line)}")
        raise typer.Exit(ExitCode.RECONCILIATION)
    diagnostics.exit_for(figures.quality)


def _table(figures: "BudgetFigures") -> "Table":
    from aoai_insights.model import Column, Table
    from aoai_insights.reports import text

    return Table(
        title=f"Budgets, {text.period(figures.period)}, {figures.currency}",
        columns=(
            Column("name", "Of", "text"),
            Column("scope", "Kind", "text"),
            Column("budget", "Budget", "money"),
            Column("actual", "Actual", "money"),
            Column("used", "Used", "share"),
            Column("forecast", "Forecast", "money"),
            Column("low", "Low", "money"),
            Column("high", "High", "money"),
            Column("status", "Status", "text"),
        ),
        rows=tuple(_row(line) for line in figures.lines),
        notes=_notes(figures),
    )


def _row(line: "BudgetLine") -> dict[str, Any]:
    found = line.forecast
    return {
        "name": line.budget.name, "scope": line.budget.scope, "budget": line.budget.amount, "actual": line.actual,
        "used": round(float(line.used), 4), "forecast": found.expected if found else None,
        "low": found.low if found else None, "high": found.high if found else None, "status": WORDS[line.status],
    }  # fmt: skip


def _notes(figures: "BudgetFigures") -> tuple[str, ...]:
    notes = [f"Alert from {figures.alert_percent}% of a budget on."]
    methods = {line.forecast.method for line in figures.lines if line.forecast}
    if methods & {"weekday", "linear"}:
        notes.append(
            "Forecast: actual, and for each day to come the average of its weekday over 8 weeks, or of all days"
            " where a weekday is known less than twice; low and high hold 9 of 10 months."
        )
    missing = len(figures.quality.coverage.days_missing)
    if missing:
        days = "1 day" if missing == 1 else f"{missing} days"
        notes.append(f"{days} without any record count as 0: use on them is in no figure here, nor in a forecast.")
    if any(line.forecast is None for line in figures.lines):
        notes.append("No forecast where fewer than 3 days are known.")
    return tuple(notes)


def _said(line: "BudgetLine") -> str:
    from aoai_insights.reports import text

    return f"{text.name(line.budget.name)} has used {text.share(float(line.used))} of {line.budget.amount}"


def _json(figures: "BudgetFigures") -> dict[str, Any]:
    from aoai_insights.cli import tables

    return {
        "schema": "aoai-insights/budgets/1",
        "period": tables.period_json(figures.period),
        "currency": figures.currency,
        "alert_percent": figures.alert_percent,
        "rows": [
            {**_row(line), "status": line.status, "method": line.forecast.method if line.forecast else None}
            for line in figures.lines
        ],
        "quality": tables.quality_json(figures.quality),
    }
