"""aoai-insights report: the HTML report of a period."""

from pathlib import Path
from typing import Annotated

import typer

from aoai_insights.cli import diagnostics, options


def report(
    target: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where to write the page.")] = Path(
        "report.html"
    ),
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    timezone: options.TimeZone = "UTC",
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Write the report as one HTML page.

    No script, nothing fetched, light and dark, fit for print.

    Exits with 4 when the answer is incomplete; the page says so on its first screen.

    Example: aoai-insights report --month 2026-10 -o october.html
    """
    from aoai_insights import __version__, pipeline
    from aoai_insights.cli import output, period
    from aoai_insights.reports.render import render_html
    from aoai_insights.reports.view import view

    now = options.now()
    asked = options.period_of(month, since, until, last, now)
    zone = options.zone_of(timezone)
    config, store = options.settings(config_file, store_file)
    figures = pipeline.report_figures(
        store,
        config,
        asked,
        period.before(asked),
        zone=zone,
        now=now,
        version=__version__,
        prices=options.prices(config),
    )
    output.write_whole(target, render_html(view(figures)).encode("utf-8", "replace"))
    diagnostics.note(f"report: {target}")
    diagnostics.exit_for(figures.quality)
