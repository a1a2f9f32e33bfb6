"""aoai-insights doctor: what keeps the figures from being better, what it costs, and what mends it."""

from pathlib import Path
from typing import Annotated

import typer

from aoai_insights.cli import options
from aoai_insights.cli.options import Format


def doctor(
    privacy: Annotated[
        bool, typer.Option("--privacy", help="Prove from the store file that it holds no prompt text; offline.")
    ] = False,
    show: Annotated[
        str, typer.Option("--show", metavar="FILE", help="Print one of the fixes that findings name, and exit.")
    ] = "",
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Look at the workspaces of the config and at the store: each finding with what it costs and how to mend it.

    Without a workspace only the store is looked at, without a store only the workspaces. The period is the last 7 days
    unless it is given. Exits with 4 when there is a problem; the findings are printed all the same.

    Example: aoai-insights doctor --month last

    Example: aoai-insights doctor --show include-usage.xml
    """
    if show:
        typer.echo(_fix(show), nl=False)
        return
    config, store = options.settings(config_file, store_file)
    if privacy:
        _privacy(store, chosen, target, config.currency)
        return
    from aoai_insights.cli import output
    from aoai_insights.errors import ExitCode, UsageError
    from aoai_insights.model import Column, Table
    from aoai_insights.pipeline import heartbeat
    from aoai_insights.pipeline.doctor import examine_store, examine_tokenizer
    from aoai_insights.pipeline.workspace_doctor import examine_workspaces
    from aoai_insights.tokens.tokenizer import tokenizer

    now = options.now()
    period = options.period_of(month, since, until, last or (None if month or since or until else "7d"), now)
    if not config.workspaces and not store.exists():
        raise UsageError(f"no [[workspaces]] in the config and no store at {store}", "there is nothing to look at yet")
    findings = [examine_tokenizer(tokenizer()), *examine_workspaces(config, period, now)]
    if store.exists():
        findings += examine_store(store, config, period, now, options.prices(config))
        findings += heartbeat.mail(store, config.email, now)
    rows = tuple({"state": f.state, "area": f.area, "finding": f.what, "cost": f.cost, "fix": f.fix} for f in findings)
    columns = tuple(Column(name, name.capitalize(), "text") for name in ("state", "area", "finding", "cost", "fix"))
    table = Table(f"{period.start:%Y-%m-%d} to {period.end:%Y-%m-%d}", columns, rows)
    payload = {"schema": "aoai-insights/doctor/1", "period": {"start": period.start, "end": period.end}, "rows": rows}
    if chosen is Format.TABLE:
        output.emit(_as_text(rows).encode("utf-8", "replace"), chosen, target)
    else:
        output.show(table, payload, config.currency, chosen, target)
    if any(finding.state == "problem" for finding in findings):
        raise typer.Exit(ExitCode.INCOMPLETE)


def _as_text(rows: tuple[dict[str, str], ...]) -> str:
    """A paragraph for each finding: sentences do not fit the cells of a table."""
    from aoai_insights.printable import printable

    lines: list[str] = []
    for row in rows:
        lines.append(f"{row['state']:<8} {row['area']}: {row['finding']}")
        lines += [f"{'':<9}costs: {row['cost']}"] if row["cost"] else []
        lines += [f"{'':<9}fix:   {row['fix']}"] if row["fix"] else []
    return printable("\n".join(lines)) + "\n"


def _privacy(store: Path, chosen: Format, target: Path | None, currency: str) -> None:
    from aoai_insights.cli import diagnostics, output
    from aoai_insights.errors import ExitCode
    from aoai_insights.model import Column, Table
    from aoai_insights.pipeline.doctor import examine_privacy

    found = examine_privacy(store)
    rows = tuple(
        {
            "table": c.table,
            "column": c.column,
            "type": c.kind,
            "values": c.values,
            "longest": c.longest,
            "most_words": c.most_words,
            "verdict": c.verdict or "ok",
        }
        for c in found
    )
    columns = (
        Column("table", "Table", "text"),
        Column("column", "Column", "text"),
        Column("type", "Type", "text"),
        Column("longest", "Longest", "count"),
        Column("most_words", "Words", "count"),
        Column("verdict", "Verdict", "text"),
    )
    suspect = [c for c in found if c.verdict]
    table = Table(f"{len(found)} columns of {store}", columns, rows)
    payload = {"schema": "aoai-insights/privacy/1", "rows": rows, "suspect": len(suspect)}
    output.show(table, payload, currency, chosen, target)
    for column in suspect:
        diagnostics.note(f"aoai-insights: may hold text: {column.table}.{column.column}: {column.verdict}")
    if suspect:
        raise typer.Exit(ExitCode.INCOMPLETE)
    diagnostics.note(f"No column of {store} can hold the text of a prompt or an answer.")


def _fix(name: str) -> str:
    """The text of a fix. Raises UsageError for a name that is none."""
    from importlib.resources import files

    from aoai_insights.errors import UsageError

    folder = files("aoai_insights.data") / "fixes"
    known = sorted(entry.name for entry in folder.iterdir())
    if name not in known:
        raise UsageError(f'no fix "{name}"', f"known: {', '.join(known)}")
    return (folder / name).read_text()
