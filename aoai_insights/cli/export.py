"""aoai-insights export: the figures for other programs to work on."""

from pathlib import Path
from typing import Annotated

import typer

from aoai_insights.cli import diagnostics, options

app = typer.Typer(no_args_is_help=True, help="The figures for other programs to work on.", rich_markup_mode=None)


@app.callback()
def _root() -> None:
    """The figures for other programs to work on."""


@app.command("parquet")
def parquet(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to put one file per table.")],
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Write a star schema as Parquet files, for Power BI and its like.

    fact_usage holds usage and exact cost by day, app, model, region, deployment and token source; dim_* say what its
    keys mean. Keys are the same in every export, so months can be appended. docs/power-bi.md draws the relations.

    Exits with 4 when the figures are incomplete.

    Example: aoai-insights export parquet ./star --month 2026-10
    """
    from aoai_insights.pipeline import star
    from aoai_insights.pipeline.figures import owner_figures

    now = options.now()
    asked = options.period_of(month, since, until, last, now)
    config, store = options.settings(config_file, store_file)
    prices, zone = options.prices(config), options.zone_of("UTC")
    usage, _, quality = owner_figures(store, config, asked, zone=zone, now=now, prices=prices)
    for written in star.write(star.tables(usage, config), folder):
        diagnostics.note(f"written: {written}")
    diagnostics.exit_for(quality)
