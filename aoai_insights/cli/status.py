"""aoai-insights status: what was read from which workspace, up to when, and what is missing."""

import typer

from aoai_insights.cli import diagnostics, options
from aoai_insights.cli.options import Format


def status(
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Per workspace and table: the last success, rows, whole days, missing days. JSON names the days.

    Exits with 4 when days are missing; the answer is printed all the same.

    Example: aoai-insights status
    """
    from aoai_insights.cli import output
    from aoai_insights.errors import ExitCode
    from aoai_insights.model import Column, Table
    from aoai_insights.pipeline.status import store_status

    config, store = options.settings(config_file, store_file)
    found = store_status(store)
    rows = tuple(
        {
            "workspace": item.workspace,
            "table": item.source_table,
            "last_success": _moment(item.succeeded_at),
            "rows": item.records,
            "days_complete": len(item.days_complete),
            "days_missing": len(item.days_missing),
            "incomplete_hours": item.incomplete_hours,
        }
        for item in found
    )
    details = [
        {
            **row,
            "ingested_until": _moment(item.ingested_until),
            "days_complete": item.days_complete,
            "days_missing": item.days_missing,
            "reason": item.reason,
        }
        for row, item in zip(rows, found, strict=True)
    ]
    columns = (
        Column("workspace", "Workspace", "text"),
        Column("table", "Table", "text"),
        Column("last_success", "Last success", "text"),
        Column("rows", "Rows", "count"),
        Column("days_complete", "Days", "count"),
        Column("days_missing", "Missing", "count"),
        Column("incomplete_hours", "Hours not whole", "count"),
    )
    notes = () if rows else ("Nothing was read from a workspace yet: aoai-insights ingest --last 7d",)
    table = Table("What was read from workspaces", columns, rows, notes=notes)
    output.show(table, {"schema": "aoai-insights/status/1", "rows": details}, config.currency, chosen, target)
    missing = [item for item in found if item.days_missing or item.incomplete_hours]
    for item in missing:
        days = ", ".join(day.isoformat() for day in item.days_missing[:5]) + (
            " …" if len(item.days_missing) > 5 else ""
        )
        diagnostics.note(
            f"aoai-insights: incomplete: {item.workspace} {item.source_table}: {len(item.days_missing)} days missing"
            f" ({days or 'none'}), {item.incomplete_hours} hours not whole ({item.reason or 'never asked for'});"
            " run ingest for them again"
        )
    if missing:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _moment(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M}Z" if value else ""
