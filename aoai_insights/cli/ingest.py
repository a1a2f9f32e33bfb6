"""aoai-insights ingest: log records into the store."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aoai_insights.cli import diagnostics, options

if TYPE_CHECKING:
    from datetime import datetime

    from aoai_insights.config import Config
    from aoai_insights.model import Period
    from aoai_insights.pipeline.ingest import IngestReport


def ingest(
    paths: Annotated[
        list[Path] | None,
        typer.Option("--from", metavar="PATH", help="File or folder of exported logs; may be repeated."),
    ] = None,
    more: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="More of them.")] = None,
    month: Annotated[
        str | None,
        typer.Option("--month", metavar="2026-10|last|this", help="From the workspaces: a calendar month, UTC."),
    ] = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    again: Annotated[
        bool, typer.Option("--again", help="From the workspaces: read also what is there, as after a change of rules.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", metavar="FILE", help="Write bad records here, one JSON object a line.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes that read and count (default: the cores).")
    ] = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Read logs into the store. Doing it twice, in another order, or after a crash gives the same figures.

    With --from it reads diagnostic-settings exports (PT1H.json), Event Hub captures (JSON, Avro), table exports (CSV,
    Parquet) and saved query responses, plain, .gz or .zst. With a period it asks the [[workspaces]] of the config for
    what is not there yet, and for rows that arrived late. Bodies are counted and dropped; no prompt text is kept.

    Example: aoai-insights ingest --from ./insights-logs-gatewaylogs --from ./insights-logs-gatewayllmlogs

    Example: aoai-insights ingest --last 7d
    """
    from aoai_insights.errors import UsageError
    from aoai_insights.pipeline.ingest import ingest as read_files

    files = [*(paths or []), *(more or [])]
    asked = month or since or until or last
    if bool(files) == bool(asked):
        raise UsageError(
            "files and a period are two sources" if files else "nothing says what to read",
            "give --from PATH, or one of --month, --since, --last for the workspaces of the config",
        )
    if files and again:
        raise UsageError("--again is for workspaces", "files are always read again")
    if asked and workers:
        raise UsageError("--workers is for files", "leave it out")
    if asked:
        now = options.now()
        period = options.period_of(month, since, until, last, now)
        _collect(period, now, again, rejects, *options.settings(config_file, store_file))
        return
    config, store = options.settings(config_file, store_file)
    with diagnostics.progress_bars("Ingesting") as (progress, joining):
        report = read_files(
            files,
            store=store,
            config=config,
            now=options.now(),
            workers=workers or _cores(),
            progress=progress,
            joining=joining,
        )
    if rejects is not None:
        write_rejects(report, rejects)
    for line in summary(report, rejects):
        diagnostics.note(line)


def _collect(
    period: "Period", now: "datetime", again: bool, rejects: Path | None, config: "Config", store: Path
) -> None:
    """Asks the workspaces. Exits with 3 where one could not be read now, with 4 where an answer is not whole."""
    from aoai_insights.errors import ExitCode
    from aoai_insights.pipeline.collect import collect

    report = collect(store, config, period, now=now, again=again, narrate=diagnostics.note)
    if rejects is not None:
        write_rejects(report, rejects)
    read, new = report.records, report.added
    diagnostics.note(
        f"{read['gateway']:,} gateway, {read['llm']:,} LLM log, {read['aoai']:,} AOAI records;"
        f" {sum(new.values()):,} new, {report.repeated:,} known before or twice"
    )
    for line in [*report.notes, *_rejected(report, rejects)]:
        diagnostics.note(line)
    for gap in report.gaps:
        diagnostics.note(f"aoai-insights: incomplete: {gap}")
    if report.error is not None:
        raise report.error
    if report.gaps:
        raise typer.Exit(ExitCode.INCOMPLETE)


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
    return lines + _rejected(report, rejects)


def _rejected(report: "IngestReport", rejects: Path | None) -> list[str]:
    lines = []
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
