"""aoai-insights latency: which region, hour, model, backend or app is slow."""

from typing import Annotated

import typer

from aoai_insights.cli import diagnostics, options
from aoai_insights.cli.options import Format

BY = ("region", "hour", "model", "backend", "app")


def latency(
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    by: Annotated[str, typer.Option("--by", metavar="COLUMNS", help=f"Any of {','.join(BY)}.")] = "region",
    timezone: options.TimeZone = "UTC",
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Which region, hour, model, backend or app is slow or fails.

    Exact p50, p95 and p99 of end-to-end milliseconds over successful calls, and how often calls fail.

    Exits with 4 when days are missing; the answer is printed all the same.

    Example: aoai-insights latency --last 7d --by region,hour -z Europe/Zurich
    """
    from aoai_insights import pipeline
    from aoai_insights.cli import output, tables

    columns = options.group_by(by, BY)
    zone = options.zone_of(timezone)
    now = options.now()
    period = options.period_of(month, since, until, last, now)
    config, store = options.settings(config_file, store_file)
    figures = pipeline.compute_latency(
        store, config, period, columns, zone=zone, now=now, prices=options.prices(config)
    )
    table = tables.latency_table(figures, whole=chosen in (Format.CSV, Format.PARQUET))
    output.show(table, tables.latency_json(figures), config.currency, chosen, target)
    diagnostics.exit_for_days(figures.quality)
