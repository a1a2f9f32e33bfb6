"""aoai-insights latency: what is slow, where and when; and whether it is, for the same calls."""

from enum import StrEnum
from typing import Annotated

import typer

from aoai_insights.cli import diagnostics, options
from aoai_insights.cli.options import Format

BY = ("region", "hour", "hour_of_week", "model", "backend", "deployment", "api", "app", "streamed")
GROUPS = ("backend", "pace", "ttft", "rates")


class Unit(StrEnum):
    """What is compared with one another."""

    REGION = "region"
    BACKEND = "backend"
    DEPLOYMENT = "deployment"


class Clock(StrEnum):
    """Which of a call's times is compared."""

    END_TO_END = "end-to-end"
    BACKEND = "backend"


def latency(
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="COLUMNS", help=f"Any of {','.join(BY)} (default: region).")
    ] = None,
    measures: Annotated[
        str | None, typer.Option("--measures", metavar="GROUPS", help=f"Further columns: any of {','.join(GROUPS)}.")
    ] = None,
    cdf: Annotated[bool, typer.Option("--cdf", help="Whole distributions instead of three percentiles.")] = False,
    compare: Annotated[
        Unit | None, typer.Option("--compare", help="Compare these for the same mix of calls, with intervals.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", metavar="NAME", help="Compare with this one (default: the busiest).")
    ] = None,
    percentile: Annotated[
        float, typer.Option("--percentile", min=1, max=99, help="The percentile that --compare looks at.")
    ] = 95,
    clock: Annotated[Clock, typer.Option("--time", help="The time that --compare looks at.")] = Clock.END_TO_END,
    timezone: options.TimeZone = "UTC",
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Which region, hour, model, backend or app is slow or fails.

    Exact p50, p95 and p99 of end-to-end milliseconds over successful calls, and how often calls fail. By two columns,
    one of them hour, a table begins with a heat map. --compare asks whether a region is slower for the same calls.

    Exits with 4 when days are missing; the answer is printed all the same.

    Example: aoai-insights latency --last 7d --by region,hour -z Europe/Zurich

    Example: aoai-insights latency --month last --compare region
    """
    from aoai_insights.cli import latency_tables, output, tables
    from aoai_insights.errors import UsageError
    from aoai_insights.pipeline import latency as use_case
    from aoai_insights.pipeline.figures import compute_latency
    from aoai_insights.reports import text

    if compare is not None and (by or measures or cdf):
        raise UsageError("--compare stands alone", "leave out --by, --measures and --cdf")
    if compare is None and against is not None:
        raise UsageError("--against without --compare", "say what is compared, as --compare region")
    columns = options.group_by(by or "region", BY)
    groups = options.group_by(measures, GROUPS) if measures else ()
    zone = options.zone_of(timezone)
    now = options.now()
    period = options.period_of(month, since, until, last, now)
    config, store = options.settings(config_file, store_file)
    prices = options.prices(config)
    whole = chosen in (Format.CSV, Format.PARQUET)
    if groups and chosen is Format.HTML:
        raise UsageError("--measures makes several tables", "HTML holds one: choose another format")
    if compare is not None:
        compared = use_case.compare_latency(
            store, config, period, compare.value, reference=against, time=clock.value, percentile=percentile / 100,
            zone=zone, now=now, prices=prices,
        )  # fmt: skip
        table = latency_tables.comparison_table(compared, whole=whole)
        output.show(table, latency_tables.comparison_json(compared), config.currency, chosen, target)
        diagnostics.exit_for_days(compared.quality.coverage)
        return
    picture = ""
    if cdf:
        if len(columns) != 1 or groups:
            raise UsageError("--cdf draws one curve for each value of one column", "give one column in --by")
        curves, quality = use_case.latency_curves(store, config, period, columns[0], zone=zone, now=now, prices=prices)
        table = latency_tables.curve_table(curves, columns[0], text.period(period), whole=whole)
        payload, coverage = latency_tables.curve_json(curves, columns[0], period, quality), quality.coverage
        picture = latency_tables.curve_picture(curves)
    else:
        figures = compute_latency(
            store, config, period, columns, zone=zone, now=now, prices=prices,
            with_measures=bool(groups) or whole or chosen is Format.JSON, with_quality=chosen is Format.JSON,
        )  # fmt: skip
        table = tables.latency_table(figures, whole=whole)
        payload, coverage = tables.latency_json(figures), figures.coverage
        picture = latency_tables.heat_map(figures) if len(columns) == 2 and "hour" in columns else ""
    shown = latency_tables.measure_tables(table, columns, () if whole or chosen is Format.JSON else groups)
    parts = [output.render(one, payload, config.currency, chosen) for one in shown]
    if chosen is Format.TABLE:
        parts.insert(0, picture.encode("utf-8", "replace"))
    output.emit(b"".join(parts), chosen, target)
    diagnostics.exit_for_days(coverage)
