"""aoai-insights prices: what a token costs, since when, and who says so."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aoai_insights.cli import diagnostics, options
from aoai_insights.cli.options import Format

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aoai_insights.pricing import UnitPrice
    from aoai_insights.pricing.history import Change

app = typer.Typer(help="What a token costs, since when, and who says so.", no_args_is_help=True, rich_markup_mode=None)

Day = Annotated[
    datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], metavar="DATE", help="Only what holds on this day.")
]


@app.command("list")
def list_prices(
    model: Annotated[str, typer.Option("--model", help="One model, or a beginning with a * behind it.")] = "",
    version: Annotated[str, typer.Option("--version", help="Rows that hold for this version.")] = "",
    scope: Annotated[str, typer.Option("--scope", help="global, datazone or regional.")] = "",
    region: Annotated[str, typer.Option("--region", help="Rows that hold in this region.")] = "",
    tier: Annotated[str, typer.Option("--tier", help="standard, batch, priority or flex.")] = "",
    day: Day = None,
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
) -> None:
    """Every price row, the strongest source first: your config, contract, refresh, shipped book.

    Example: aoai-insights prices list --model gpt-4o --scope global --day 2026-10-01
    """
    from aoai_insights.cli import output, tables
    from aoai_insights.pricing.check import select

    config, _ = options.settings(config_file, None)
    rows = select(
        options.prices(config), model=model, version=version, scope=scope, region=region, tier=tier,
        day=day.date() if day else None,
    )  # fmt: skip
    table = tables.price_table(rows, whole=chosen in (Format.CSV, Format.PARQUET))
    payload = {"schema": "aoai-insights/prices/1", "rows": [tables.price_fields(price) for price in rows]}
    output.show(table, payload, config.currency, chosen, target)


@app.command("check")
def check_prices(
    month: options.Month = None,
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Is there one sound price for everything that was used in a month?

    Exits with 4 when a price is missing or ambiguous. Old, assumed and second-hand prices are listed too.

    Example: aoai-insights prices check --month 2026-10
    """
    from aoai_insights.cli import output
    from aoai_insights.errors import ExitCode
    from aoai_insights.model import Column, Table
    from aoai_insights.pipeline.figures import check_prices

    now = options.now()
    period = options.period_of(month, None, None, None, now)
    config, store = options.settings(config_file, store_file)
    findings = check_prices(store, config, period, now=now, prices=options.prices(config))
    rows = tuple(
        {"kind": f.kind, "model": f.key.model, "version": f.key.version, "scope": f.key.scope, "region": f.key.region,
         "tier": f.key.tier, "finding": f.text}
        for f in findings
    )  # fmt: skip
    shown = ("kind", "finding") if chosen is Format.TABLE else tuple(rows[0]) if rows else ("kind", "finding")
    table = Table(
        title=f"Prices of what was used: {len(rows)} finding{'' if len(rows) == 1 else 's'}",
        columns=tuple(Column(name, name.capitalize() if chosen is Format.TABLE else name, "text") for name in shown),
        rows=rows,
    )
    output.show(table, {"schema": "aoai-insights/price-check/1", "rows": rows}, config.currency, chosen, target)
    if any(finding.kind in ("missing", "ambiguous") for finding in findings):
        raise typer.Exit(ExitCode.INCOMPLETE)


@app.command("refresh")
def refresh_prices(
    endpoint: Annotated[str, typer.Option("--endpoint", help="Another address of the price list.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, write nothing.")] = False,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Read today's public price list and append what changed; nothing is overwritten.

    A new price closes the old row the day before it begins. Months in the store that a change touches are named.

    Example: aoai-insights prices refresh --dry-run
    """
    from aoai_insights.pipeline.figures import months
    from aoai_insights.sources.prices import read_prices, shipped_book
    from aoai_insights.sources.retail_prices import ENDPOINT, fetch_items, months_touched, refresh

    config, store = options.settings(config_file, store_file)
    file = Path(config.price_files.retail)
    known = [*(read_prices(file) if file.exists() else []), *shipped_book()]
    found = refresh(known, fetch_items(endpoint=endpoint or ENDPOINT), options.now().date())
    _say_changes(found.changes, found.refused)
    touched = months_touched(found.changes, months(store)) if store.exists() else []
    if touched:
        diagnostics.note(f"months that these changes touch, compute them again: {', '.join(touched)}")
    _write(found.rows, file, dry_run)


@app.command("import")
def import_prices(
    sheet: Annotated[Path, typer.Argument(metavar="SHEET", help="An EA or MCA price sheet, CSV or Parquet.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, write nothing.")] = False,
    config_file: options.ConfigFile = None,
) -> None:
    """Take negotiated prices from a price sheet; they outrank every list price.

    Example: aoai-insights prices import Azure_Price_Sheet_EA_202610.csv
    """
    from aoai_insights.errors import UsageError
    from aoai_insights.sources.price_sheets import import_sheet, read_price_sheet
    from aoai_insights.sources.prices import read_prices

    config, _ = options.settings(config_file, None)
    file = Path(config.price_files.contract)
    if not sheet.exists():
        raise UsageError(f"no price sheet at {sheet}", "download it from Cost Management, then name it")
    read = read_price_sheet(sheet, options.now().date())
    rows, changes = import_sheet(read_prices(file) if file.exists() else [], read)
    diagnostics.note(
        f"{len(read.rows):,} prices of Azure OpenAI tokens; {read.left_out:,} lines of other things left out"
    )
    free = sorted({row.meter for row in read.rows if not row.price})
    if free:
        named = ", ".join(free[:3]) + (f" and {len(free) - 3} more" if len(free) > 3 else "")
        diagnostics.note(f"agreed at 0, so it costs nothing: {named}; is it not so, take the lines out of the sheet")
    _say_changes(changes, read.refused)
    _write(rows, file, dry_run)


@app.command("diff")
def diff_prices(
    before: Annotated[date | None, typer.Argument(parser=date.fromisoformat, metavar="FROM", help="First day.")],
    after: Annotated[date | None, typer.Argument(parser=date.fromisoformat, metavar="TO", help="Last day.")],
    model: Annotated[str, typer.Option("--model", help="One model, or a beginning with a * behind it.")] = "",
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
) -> None:
    """Which prices changed between two days, from what to what.

    Example: aoai-insights prices diff 2026-07-31 2026-10-01 --model "gpt-5*"
    """
    from aoai_insights.cli import output, tables

    assert before is not None
    assert after is not None
    config, _ = options.settings(config_file, None)
    table = tables.price_changes(options.prices(config), before, after, model)
    payload = {"schema": "aoai-insights/price-diff/1", "from": before, "to": after, "rows": table.rows}
    output.show(table, payload, config.currency, chosen, target)


def _say_changes(changes: "Iterable[Change]", refused: "Mapping[str, str]") -> None:
    counts: dict[str, int] = {}
    for change in changes:
        counts[change.kind] = counts.get(change.kind, 0) + 1
    diagnostics.note("prices: " + (", ".join(f"{n:,} {kind}" for kind, n in sorted(counts.items())) or "nothing new"))
    for label, why in list(refused.items())[:10]:
        diagnostics.note(f"not understood, so it prices nothing: {label}: {why}")
    if len(refused) > 10:
        diagnostics.note(f"… and {len(refused) - 10} more that were not understood")


def _write(rows: "Iterable[UnitPrice]", file: Path, dry_run: bool) -> None:
    from aoai_insights.sources.prices import write_prices

    if dry_run:
        diagnostics.note(f"nothing written (--dry-run); it would go to {file}")
        return
    write_prices(rows, file)
    diagnostics.note(f"written: {file}")
