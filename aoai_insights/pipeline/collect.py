"""Ingest from workspaces: what is asked for and not yet there, and what arrived late, in slices that come out whole.

A run notes every hour of every table before it asks for it and ticks it off in the transaction that stores its rows.
So a run that dies keeps what it finished, and nobody takes the rest for whole.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

from aoai_insights.config import Config
from aoai_insights.errors import SourceError, UsageError
from aoai_insights.model import Period
from aoai_insights.pipeline.collect_plan import Table
from aoai_insights.pipeline.collect_scope import SOURCES, CollectReport
from aoai_insights.pipeline.collect_table import TableRun
from aoai_insights.pipeline.engines import Engines
from aoai_insights.sources import answers
from aoai_insights.store import collected, connect, write

if TYPE_CHECKING:
    from pathlib import Path


def collect(
    store: "Path",
    config: Config,
    period: Period,
    *,
    now: datetime,
    logs: answers.Engine | None = None,
    again: bool = False,
    narrate: Callable[[str], None] = lambda line: None,
) -> CollectReport:
    """Reads the period from every configured workspace into the store. Doing it twice changes nothing.

    Hours already there are not read again, except those that got late rows and, with `again`, all. Raises UsageError
    where no workspace is configured, SourceError where the store is held; whatever the service does is in the report.
    """
    if not config.workspaces:
        raise UsageError("no [[workspaces]] in the config", "add one, or ingest files with --from")
    if period.start >= now:
        raise UsageError(f"the period begins in the future ({period.start:%Y-%m-%d %H:%M})", "ask for one that began")
    engines = Engines(config, logs)
    report = CollectReport()
    with connect.open_for_writing(store) as connection:
        write.list_apis(connection, config.gateway.apis)
        collected.forget_never_read(connection, [workspace.key for workspace in config.workspaces])
        jobs = [
            [
                TableRun(connection, config, Table(workspace, source, engines.of(workspace)), now, report)
                for source in SOURCES
            ]
            for workspace in config.workspaces
        ]
        for job in chain.from_iterable(jobs):
            job.announce(period)
        for tables in jobs:
            _read_workspace(tables, period, again, report, narrate)
    report.gaps += _absent_gateway(report, config)
    return report


def _read_workspace(
    tables: Sequence[TableRun], period: Period, again: bool, report: CollectReport, narrate: Callable[[str], None]
) -> None:
    """One table after the other, up to the first that cannot be read now."""
    for number, job in enumerate(tables):
        try:
            narrate(job.read(period, again))
        except SourceError as error:
            report.error = report.error or error
            rest = "".join(f", {later.source.table}" for later in tables[number + 1 :])
            report.gaps.append(f"{job.place}{rest}: {job.unread(period)} are not read: {error.message}")
            return


def _absent_gateway(report: CollectReport, config: Config) -> list[str]:
    """Without a gateway log anywhere there is nothing to charge; other tables may be missing by choice."""
    gateway = SOURCES[0].table
    missing = [note for note in report.notes if note.endswith(f"has no table {gateway}")]
    if len(missing) < len(config.workspaces):
        return []
    return [f"no workspace has the table {gateway}: send the gateway's logs there, resource-specific (see doctor)"]
