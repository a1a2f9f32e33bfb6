"""aoai-insights chargeback: who used what and what it costs."""

from typing import Annotated

import typer

from aoai_insights.cli import diagnostics, options
from aoai_insights.cli.options import Format

BY = ("app", "cost_center", "model", "region", "deployment", "day")


def chargeback(
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    by: Annotated[str, typer.Option("--by", metavar="COLUMNS", help=f"Any of {','.join(BY)}.")] = "app,cost_center",
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Who used what and what it costs.

    Per app, cost centre, model, region, deployment or day. Amounts are exact in JSON, CSV and Parquet; in the other
    formats they are rounded once, so that the rows add up to the total.

    Exits with 4 when the answer is incomplete (missing days, usage without a price); it is printed all the same.

    Example: aoai-insights chargeback --month 2026-10 --by app,model -f csv -o october.csv
    """
    from aoai_insights.cli import output, tables
    from aoai_insights.pipeline.figures import compute_chargeback

    columns = options.group_by(by, BY)
    now = options.now()
    period = options.period_of(month, since, until, last, now)
    config, store = options.settings(config_file, store_file)
    figures = compute_chargeback(store, config, period, columns, now=now, prices=options.prices(config))
    whole = chosen in (Format.CSV, Format.PARQUET)
    table = tables.chargeback_table(figures, whole=whole)
    output.show(table, tables.chargeback_json(figures), figures.currency, chosen, target)
    diagnostics.exit_for(figures.quality)
