"""aoai-insights quality: how far the figures of a period can be trusted."""

from aoai_insights.cli import diagnostics, options
from aoai_insights.cli.options import Format


def quality(
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """How far the figures can be trusted, and what to mend.

    Token sources, match rates, missing days, unpriced usage, and the callers that no rule claims.

    CSV and Parquet hold the token sources; JSON holds everything.

    Example: aoai-insights quality --month 2026-10
    """
    from aoai_insights.cli import output, tables
    from aoai_insights.pipeline.figures import compute_quality

    now = options.now()
    period = options.period_of(month, since, until, last, now)
    config, store = options.settings(config_file, store_file)
    figures = compute_quality(store, config, period, now=now, prices=options.prices(config))
    payload = {
        "schema": "aoai-insights/quality/1",
        "period": tables.period_json(period),
        "currency": config.currency,
        "rows": tables.source_rows(figures),
        "quality": tables.quality_json(figures),
    }
    shown = tables.quality_tables(figures, period, config.currency)
    if chosen in (Format.CSV, Format.PARQUET):
        shown = shown[:1]
    content = b"\n".join(output.render(table, payload, config.currency, chosen) for table in shown)
    output.emit(
        output.render(shown[0], payload, config.currency, chosen) if chosen is Format.JSON else content, chosen, target
    )
    diagnostics.exit_for(figures)
