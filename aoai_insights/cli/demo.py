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
    keep: Annotated[
        Path | None,
        typer.Option(
            "--keep", metavar="FOLDER", help="Keep store and config in this new folder, to try commands there."
        ),
    ] = None,
) -> None:
    """Read a made-up tenant's logs, print its bill, write its report.

    Needs no Azure. The logs hold every difficulty that real ones do; the output names the gaps that they leave.
    """
    import tempfile

    if keep is None:
        with tempfile.TemporaryDirectory(prefix="aoai-insights-") as folder:
            _run(Path(folder) / "demo.duckdb", target)
    else:
        store = _new_folder(keep) / "aoai-insights.duckdb"
        _run(store, target)
        diagnostics.note(
            f"kept: {keep}; go on: cd {keep} && aoai-insights chargeback --month {MONTH} --by model,region"
        )


def _run(store: Path, target: Path) -> None:
    from aoai_insights import __version__
    from aoai_insights.cli import ingest, output, period, tables
    from aoai_insights.config import load_config
    from aoai_insights.pipeline.figures import report_figures
    from aoai_insights.pipeline.ingest import ingest as read_files
    from aoai_insights.reports.render import render_html
    from aoai_insights.reports.view import view
    from aoai_insights.resources import resource_root

    tenant = resource_root("fixtures")
    config = load_config(tenant / "aoai-insights.toml")
    now, month, zone = options.now(), period.month_period(MONTH), options.zone_of("UTC")
    prices = options.prices(config)
    with diagnostics.progress_bars("Reading the logs of the made-up tenant") as (progress, joining):
        ingested = read_files(
            [tenant / "logs"], store=store, config=config, now=now, progress=progress, joining=joining
        )
    for line in ingest.summary(ingested, None):
        diagnostics.note(line)
    figures = report_figures(store, config, month, None, zone=zone, now=now, version=__version__, prices=prices)
    for table in (
        tables.chargeback_table(figures.by_app, whole=False),
        tables.latency_table(figures.latency_by_region, whole=False),
    ):
        output.show(table, {}, config.currency, Format.TABLE, None)
    output.write_whole(target, render_html(view(figures)).encode("utf-8", "replace"))
    for gap in diagnostics.missing_parts(figures.quality):
        diagnostics.note(f"incomplete, on purpose: {gap}")
    diagnostics.note(f"report: {target.resolve()}")


def _new_folder(folder: Path) -> Path:
    """Makes the folder with the tenant's config in it. Raises UsageError where something is there already."""
    import shutil

    from aoai_insights.errors import UsageError
    from aoai_insights.resources import resource_root

    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}", "name a new folder") from None
    shutil.copy2(resource_root("fixtures") / "aoai-insights.toml", folder / "aoai-insights.toml")
    return folder
