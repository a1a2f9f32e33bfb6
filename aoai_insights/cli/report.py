"""aoai-insights report: the report of a period, in the form that the file's name asks for."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aoai_insights.cli import diagnostics, options

if TYPE_CHECKING:
    from collections.abc import Callable

    from aoai_insights.reports.content import Report
    from aoai_insights.reports.figures import ReportFigures

FORMS = (".html", ".xlsx", ".txt", ".eml")


def report(
    target: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Where to write it: .html, .xlsx, .txt or .eml.")
    ] = Path("report.html"),
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    timezone: options.TimeZone = "UTC",
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Write the report: a page, a workbook, a text or a mail.

    The page has no script, fetches nothing, reads in light and dark, and prints. The workbook has a sheet per table.
    The text is for terminals; the mail is what `send` would send, as a draft to nobody.

    Exits with 4 when the answer is incomplete; every form says so first. Where the figures differ from those that
    were sent, it says what changed.

    Example: aoai-insights report --month 2026-10 -o october.html
    """
    from aoai_insights import __version__
    from aoai_insights.cli import output, period
    from aoai_insights.errors import UsageError
    from aoai_insights.pipeline.figures import report_figures
    from aoai_insights.pipeline.revised import marked
    from aoai_insights.reports.lines import SHOWN_ROWS
    from aoai_insights.reports.view import view

    if target.suffix not in FORMS:
        raise UsageError(f"{target} names no form of the report", f"end it with one of {', '.join(FORMS)}")
    now = options.now()
    asked = options.period_of(month, since, until, last, now)
    zone = options.zone_of(timezone)
    config, store = options.settings(config_file, store_file)
    figures = report_figures(
        store,
        config,
        asked,
        period.before(asked),
        zone=zone,
        now=now,
        version=__version__,
        prices=options.prices(config),
    )

    def worded(shown: int = SHOWN_ROWS) -> "Report":
        return marked(view(figures, shown), store, config, figures)

    output.write_whole(target, _rendered(figures, worded, target.suffix))
    diagnostics.note(f"report: {target}")
    diagnostics.exit_for(figures.quality)


def _rendered(figures: "ReportFigures", worded: "Callable[..., Report]", form: str) -> bytes:
    if form == ".xlsx":
        from aoai_insights.reports.workbook import workbook

        return workbook(figures, worded())
    if form == ".txt":
        from aoai_insights.reports.plain import render_text

        return render_text(worded()).encode("utf-8", "replace")
    if form == ".eml":
        from aoai_insights.delivery.message import draft, on_the_wire
        from aoai_insights.reports.email import render_mail

        mail = render_mail(worded)
        return on_the_wire(draft(mail.subject, mail.text, mail.html))
    from aoai_insights.reports.render import render_html

    return render_html(worded()).encode("utf-8", "replace")
