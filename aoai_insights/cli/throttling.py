"""aoai-insights throttling: 429s, failed and repeated attempts: who, where, and what was lost."""

from typing import Annotated

import typer

from aoai_insights.cli import diagnostics, options
from aoai_insights.cli.options import Format

BY = ("app", "backend", "region", "deployment", "model", "hour")


def throttling(
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    by: Annotated[str, typer.Option("--by", metavar="COLUMNS", help=f"Any of {','.join(BY)}.")] = "app",
    timezone: options.TimeZone = "UTC",
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Who was throttled or failed, by what, and the seconds and tokens that it cost.

    Attempts before the last one of a call are known where the Azure OpenAI log was read. max_tokens is how much of the
    room that callers asked for was used: the rate limit counts all of it.

    Exits with 4 when days are missing; the answer is printed all the same.

    Example: aoai-insights throttling --month last --by app,backend
    """
    from aoai_insights.cli import latency_tables, output
    from aoai_insights.pipeline import latency as use_case

    columns = options.group_by(by, BY)
    zone = options.zone_of(timezone)
    now = options.now()
    period = options.period_of(month, since, until, last, now)
    config, store = options.settings(config_file, store_file)
    figures = use_case.compute_throttling(
        store, config, period, columns, zone=zone, now=now, prices=options.prices(config)
    )
    table = latency_tables.throttling_table(figures, whole=chosen in (Format.CSV, Format.PARQUET))
    output.show(table, latency_tables.throttling_json(figures), config.currency, chosen, target)
    diagnostics.exit_for_days(figures.quality.coverage)
