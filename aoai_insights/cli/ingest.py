"""aoai-insights ingest: log records into the store."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aoai_insights.cli import diagnostics, options

if TYPE_CHECKING:
    from aoai_insights.pipeline import IngestReport


def ingest(
    paths: Annotated[
        list[Path], typer.Option("--from", metavar="PATH", help="File or folder of exported logs; may be repeated.")
    ],
    more: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="More of them.")] = None,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", metavar="FILE", help="Write bad records here, one JSON object a line.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes that read and count (default: the cores).")
    ] = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Read exported logs into the store. Doing it twice, in another order, or after a crash gives the same figures.

    Reads diagnostic-settings exports (PT1H.json), Event Hub captures (JSON, Avro), table exports (CSV, Parquet) and
    saved query responses, plain, .gz or .zst. Bodies are counted and dropped; no prompt text is kept.

    Example: aoai-insights ingest --from ./insights-logs-gatewaylogs --from ./insights-logs-gatewayllmlogs
    """
    from aoai_insights import pipeline

    config, store = options.settings(config_file, store_file)
    with diagnostics.progress_bar("Ingesting") as progress:
        report = pipeline.ingest(
            [*paths, *(more or [])],
            store=store,
            config=config,
            now=options.now(),
            workers=workers or _cores(),
            progress=progress,
        )
    if rejects is not None:
        write_rejects(report, rejects)
    for line in summary(report, rejects):
        diagnostics.note(line)


def summary(report: "IngestReport", rejects: Path | None) -> list[str]:
    """What was read and what became of it, in lines for people."""
    read, new = report.records, report.added
    lines = [
        f"{report.files} files: {read['gateway']:,} gateway, {read['llm']:,} LLM log, {read['aoai']:,} AOAI records;"
        f" {sum(new.values()):,} new, {report.repeated:,} known before or twice"
    ]
    if report.ignored:
        named = ", ".join(f"{count:,} {category}" for category, count in sorted(report.ignored.items()))
        lines.append(f"left out: {named}")
    if report.rejects:
        first = report.rejects[0]
        where = f"all are in {rejects}" if rejects else "keep them with --rejects FILE"
        lines.append(f"{len(report.rejects):,} records could not be read and are in no figure; {where}; the first:")
        lines.append(f"  {first.path}:{first.line}: {first.reason}")
    return lines


def write_rejects(report: "IngestReport", target: Path) -> None:
    """One JSON object a line: path, line, reason, and what may be kept of the record. Holds no prompt text."""
    import json
    from dataclasses import asdict

    from aoai_insights.cli import output

    lines = [json.dumps(asdict(reject), ensure_ascii=True) for reject in report.rejects]
    output.write_whole(target, ("\n".join(lines) + "\n").encode() if lines else b"")


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
