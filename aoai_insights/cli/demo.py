"""aoai-insights demo: the fixture tenant from log files to report, without Azure."""

from pathlib import Path
from typing import Annotated

import typer

from aoai_insights.cli import diagnostics, options
from aoai_insights.cli.options import Format

MONTH = "2026-10"


def demo(
    target: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where to write the report.")] = Path(
        "aoai-insights-demo.html"
    ),
    store_file: Annotated[
        Path | None, typer.Option("--store", metavar="FILE", help="Keep the store here (default: a temporary one).")
    ] = None,
) -> None:
    """Read the logs of a small made-up tenant, print its chargeback and latency, and write its report. No Azure needed.

    The tenant's logs hold every difficulty that real ones do; see the gaps that the output names.
    """
    import tempfile

    with tempfile.TemporaryDirectory(prefix="aoai-insights-") as folder:
        _run(store_file or Path(folder) / "demo.duckdb", target, kept=store_file is not None)


def _run(store: Path, target: Path, *, kept: bool) -> None:
    from aoai_insights import __version__, pipeline
    from aoai_insights.cli import ingest, output, period, tables
    from aoai_insights.config import load_config
    from aoai_insights.reports.render import render_html
    from aoai_insights.reports.view import view
    from aoai_insights.resources import resource_root

    tenant = resource_root("fixtures")
    config = load_config(tenant / "aoai-insights.toml")
    now, month, zone = options.now(), period.month_period(MONTH), options.zone_of("UTC")
    prices = options.prices(config)
    with diagnostics.progress_bar("Reading the logs of the made-up tenant") as progress:
        ingested = pipeline.ingest([tenant / "logs"], store=store, config=config, now=now, progress=progress)
    for line in ingest.summary(ingested, store, None):
        diagnostics.note(line)
    figures = pipeline.report_figures(
        store, config, month, None, zone=zone, now=now, version=__version__, prices=prices
    )
    shown = (
        tables.chargeback_table(figures.by_app, whole=False),
        tables.latency_table(figures.latency_by_region, whole=False),
    )
    for table in shown:
        output.show(table, {}, config.currency, Format.TABLE, None)
    output.write_whole(target, render_html(view(figures)).encode("utf-8", "replace"))
    for gap in diagnostics.missing_parts(figures.quality):
        diagnostics.note(f"incomplete, on purpose: {gap}")
    diagnostics.note(f"report: {target.resolve()}")
    if kept:
        diagnostics.note(f"store: {store}; ask it: aoai-insights chargeback --month {MONTH} --store {store}"
                         f" --config {tenant / 'aoai-insights.toml'}")  # fmt: skip
