"""aoai-insights anomalies: days that cost an app otherwise than its own pattern."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aoai_insights.cli import diagnostics, options
from aoai_insights.cli.options import Format

if TYPE_CHECKING:
    from aoai_insights.anomalies import Anomaly
    from aoai_insights.model import Table
    from aoai_insights.pipeline.anomalies import AnomalyFigures


def anomalies(
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    least: Annotated[str, typer.Option("--least", metavar="AMOUNT", help="Leave out smaller deviations.")] = "1",
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Days on which an app's cost of a model was out of its own pattern, the dearest deviation first.

    Each day is compared with the working days or the weekend days of the eight weeks before (median and MAD; 3.5 and
    more is odd). The driver is what changed most in money: volume, mix of prompt and completion, cache rate, or price.
    Cost by the token only: PTU-hours and shared costs have no pattern of their own.

    Example: aoai-insights anomalies --last 7d --least 20
    """
    from decimal import Decimal, InvalidOperation

    from aoai_insights.cli import output
    from aoai_insights.errors import UsageError
    from aoai_insights.pipeline.anomalies import compute_anomalies

    try:
        smallest = Decimal(least)
    except InvalidOperation:
        raise UsageError(f'--least "{least}" is no amount', "write a decimal such as 20 or 0.50") from None
    if not smallest.is_finite() or smallest < 0:
        raise UsageError(f"--least {least} is no amount", "write 0 or more")
    now = options.now()
    period = options.period_of(month, since, until, last, now)
    config, store = options.settings(config_file, store_file)
    figures = compute_anomalies(store, config, period, smallest, now=now, prices=options.prices(config))
    whole = chosen in (Format.CSV, Format.PARQUET)
    output.show(_table(figures, whole=whole), _json(figures), figures.currency, chosen, target)
    diagnostics.exit_for(figures.quality)


def _table(figures: "AnomalyFigures", *, whole: bool) -> "Table":
    from aoai_insights.model import Column, Table
    from aoai_insights.reports import text

    columns = [
        Column("day", "Day", "text"),
        Column("app", "App", "text"),
        Column("model", "Model", "text"),
        Column("cost", f"Cost {figures.currency}", "money"),
        Column("usual", "Usual", "money"),
        Column("excess", "More", "money"),
        Column("driver", "Driver", "text"),
    ]
    if whole:
        columns.append(Column("score", "score", "number"))
        columns += [Column(name, name, "money") for name in ("volume", "mix", "cache_rate", "price")]
        columns.append(Column("compared_days", "compared_days", "count"))
    return Table(
        title=f"Days out of the pattern, {text.period(figures.period)}",
        columns=tuple(columns),
        rows=tuple(_row(anomaly) for anomaly in figures.found),
        notes=(
            f"{text.counted(len(figures.found), 'odd day')}; looked at {figures.looked_at} pairs of app and model."
            " Usual is the median of the days compared; the driver is what moved the cost most in that direction.",
        ),
    )


def _row(anomaly: "Anomaly") -> dict[str, Any]:
    fields = asdict(anomaly)
    effects = {name.replace(" ", "_"): amount for name, amount in fields.pop("effects").items()}
    return {**fields, "day": anomaly.day.isoformat(), "score": round(float(anomaly.score), 2), **effects}


def _json(figures: "AnomalyFigures") -> dict[str, Any]:
    from aoai_insights.cli import tables

    return {
        "schema": "aoai-insights/anomalies/1",
        "period": tables.period_json(figures.period),
        "currency": figures.currency,
        "rows": [_row(anomaly) for anomaly in figures.found],
        "looked_at": figures.looked_at,
        "quality": tables.quality_json(figures.quality),
    }
