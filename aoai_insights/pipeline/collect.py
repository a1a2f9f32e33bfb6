"""Ingest from workspaces: what is asked for and not yet there, and what arrived late, in slices that come out whole.

A run notes every hour of every table before it asks for it and ticks it off in the transaction that stores its rows.
So a run that dies keeps what it finished, and nobody takes the rest for whole.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from aoai_insights.config import Config, Workspace
from aoai_insights.errors import SourceError, UsageError
from aoai_insights.model import Kind, Period
from aoai_insights.pipeline.ingest import IngestReport, configured_models, counted, gateway_options
from aoai_insights.sources import Batch, Reject, kql, slices
from aoai_insights.sources import log_analytics as la
from aoai_insights.sources.rows import answer_batch
from aoai_insights.store import collected, connect, write

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

ROWS_PER_SLICE = 50_000
"""What a slice should hold: an answer of this size is parsed and merged in seconds and fits in memory five times."""

LONGEST_COUNTED, LONGEST_UNKNOWN = timedelta(days=31), timedelta(days=7)
"""How much time a slice may span where its rows are known to be few, and where they are not."""

AT_ONCE_UNKNOWN = 2
"""Answers that may hold half a million rows are not asked for five at a time."""

LATE_OVERLAP = timedelta(hours=1)
"""Rows become visible a little after their ingestion time, and not in its order."""

AFTERMATH = timedelta(hours=1)
"""Other logs of a call are written after it began: AOAI's when the answer has ended (research: log schemas, 0.9)."""

EMPTY_TRIES = 3
FAILURES_IN_A_ROW = 3
"""After so many smallest slices that failed, one after the other, the table is given up for this run."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Source:
    """A table of a workspace, the query that reads it and the one that says what is new in it."""

    kind: Kind
    table: str
    reads: str
    arrivals: str
    aftermath: timedelta
    filtered: bool
    """The reading query leaves rows out that the other one counts."""


SOURCES = (
    Source("gateway", "ApiManagementGatewayLogs", "gateway_requests", "gateway_arrivals", timedelta(0), True),
    Source("llm", "ApiManagementGatewayLlmLog", "llm_usage", "llm_arrivals", AFTERMATH, False),
    Source("aoai", "AzureDiagnostics", "aoai_requests", "aoai_arrivals", AFTERMATH, False),
)
_TIME = {"gateway": "started_at", "llm": "started_at", "aoai": "logged_at"}


@dataclass(slots=True)
class CollectReport(IngestReport):
    """What a run read from workspaces, and in words what it could not."""

    gaps: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: SourceError | None = None
    """The first that stopped a workspace; what other workspaces gave is in the store."""


def collect(
    store: "Path",
    config: Config,
    period: Period,
    *,
    now: datetime,
    logs: la.Logs | None = None,
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
    logs = logs or la.connect(config.azure.cloud, config.azure.endpoint, config.azure.timeout_seconds)
    report = CollectReport()
    with connect.open_for_writing(store) as connection:
        write.list_apis(connection, config.gateway.apis)
        for workspace in config.workspaces:
            for source in SOURCES:
                job = _Job(connection, config, workspace, source, logs, now, report)
                try:
                    narrate(job.read(period, again))
                except SourceError as error:
                    report.error = report.error or error
                    report.gaps.append(f"{job.place}: {job.unread} hours are not read: {error.message}")
                    break
    report.gaps += _absent_gateway(report, config)
    return report


def store_status(store: "Path") -> tuple[collected.TableStatus, ...]:
    """What the store holds of each workspace's tables."""
    with connect.open_for_reading(store) as connection:
        return collected.status(connection)


def _absent_gateway(report: CollectReport, config: Config) -> list[str]:
    """Without a gateway log anywhere there is nothing to charge; other tables may be missing by choice."""
    gateway = SOURCES[0].table
    missing = [note for note in report.notes if note.endswith(f"has no table {gateway}")]
    if len(missing) < len(config.workspaces):
        return []
    return [f"no workspace has the table {gateway}: send the gateway's logs there, resource-specific (see doctor)"]


@dataclass(frozen=True, slots=True)
class _Fetched:
    """An answer, normalised where it was received: batches take a tenth of the memory of rows."""

    items: Sequence[Batch | Reject] = ()
    rows: int = 0
    partial: str = ""
    empty: bool = False


@dataclass(slots=True)
class _Job:
    """One table of one workspace, from plan to watermark."""

    connection: "duckdb.DuckDBPyConnection"
    config: Config
    workspace: Workspace
    source: Source
    logs: la.Logs
    now: datetime
    report: CollectReport
    expected: dict[datetime, int] = field(default_factory=dict)
    outstanding: Counter[datetime] = field(default_factory=Counter)
    got: Counter[datetime] = field(default_factory=Counter)
    failed: dict[datetime, str] = field(default_factory=dict)
    empties: Counter[slices.Slice] = field(default_factory=Counter)
    failures_in_a_row: int = 0
    asked: int = 0
    newest: datetime | None = None

    @property
    def place(self) -> str:
        return f"{self.workspace.name} {self.source.table}"

    @property
    def unread(self) -> int:
        """Hours that were planned and are not done; all that were asked for where it did not come to a plan."""
        return sum(count > 0 for count in self.outstanding.values()) or self.asked

    def read(self, period: Period, again: bool) -> str:
        """Everything of the period that is not there, and every hour that got late rows. Returns what came of it."""
        end = min(period.end + self.source.aftermath, self.now)
        asked = set(slices.hours(period.start, end))
        self.asked = len(asked)
        try:
            wanted, sure = self._plan(asked, again)
        except la.AbsentTableError:
            self.report.notes.append(f"{self.workspace.name} has no table {self.source.table}")
            return self.report.notes[-1]
        self._run(wanted)
        for hour in sorted(wanted):
            if sure and not self.source.filtered and hour not in self.failed:
                self._compare(hour)
        if self.failed:
            self.report.gaps.append(self._gap())
        else:
            collected.note_watermark(
                self.connection, (self.workspace.workspace_id, self.workspace.name), self.source.table, self.newest,
                self.now,
            )  # fmt: skip
        return f"{self.place}: {sum(self.got.values()):,} rows of {len(wanted):,} hours"

    def _plan(self, asked: set[datetime], again: bool) -> tuple[set[datetime], bool]:
        """The hours to read, and whether the rows of each are known beforehand."""
        known = collected.hours(self.connection, self.workspace.workspace_id, self.source.table)
        whole = {hour for hour, complete in known.items() if complete}
        mark = collected.watermark(self.connection, self.workspace.workspace_id, self.source.table)
        fresh = asked if again else asked - whole
        late: set[datetime] = set()
        sure = True
        if fresh:
            counts = self._arrivals(fresh, _EPOCH)
            sure = counts is not None
            self.expected = {hour: rows for hour, rows in (counts or {}).items() if hour in fresh}
        if whole - fresh:
            counts = self._arrivals(whole, mark - LATE_OVERLAP) if mark else None
            late = (asked if counts is None else set(counts)) & whole - fresh
        over = [hour for hour in fresh - whole if hour + slices.HOUR <= self.now]
        self._note(collected.Hour(hour, False, 0, "not read to its end") for hour in over)
        return fresh | late, sure

    def _arrivals(self, among: set[datetime], since: datetime) -> dict[datetime, int] | None:
        """Rows by hour of those ingested from `since` on; None where the service does not say."""
        values = {"start_time": min(among), "end_time": max(among) + slices.HOUR, "ingested_from": since}
        try:
            answer = self.logs.ask(self.workspace.workspace_id, kql.bind(kql.query(self.source.arrivals), values),
                                   self.workspace.name)  # fmt: skip
        except (la.SplitError, la.RefusedError) as error:
            self.report.notes.append(f"{self.place}: what is new cannot be told ({error}), so all asked for is read")
            return None
        if answer.partial or answer.empty or len(answer.rows) >= self.logs.row_cap:
            return None
        counts: dict[datetime, int] = {}
        for row in answer.records():
            counts[slices.hour_of(row["hour"])] = int(row["rows"])
            newest = row["newest"]
            if isinstance(newest, datetime) and (self.newest is None or newest > self.newest):
                self.newest = newest
        return counts

    def _run(self, wanted: Iterable[datetime]) -> None:
        """Asks for every slice, as many at once as the service allows, and stores each as it comes."""
        longest = LONGEST_COUNTED if self.expected else LONGEST_UNKNOWN
        queue = deque(slices.pack(wanted, self.expected, ROWS_PER_SLICE, longest))
        for piece in queue:
            self.outstanding.update(slices.hours(piece.start, piece.end))
        text = kql.query(self.source.reads)
        running: dict[Future[_Fetched], slices.Slice] = {}
        at_once = la.AT_ONCE if self.expected else AT_ONCE_UNKNOWN
        pool = ThreadPoolExecutor(at_once)
        try:
            while queue or running:
                while queue and len(running) < at_once:
                    piece = queue.popleft()
                    running[pool.submit(self._fetch, text, piece)] = piece
                for future in wait(running, return_when=FIRST_COMPLETED)[0]:
                    piece = running.pop(future)
                    queue.extendleft(reversed(self._settle(piece, future)))
                while queue and self.failures_in_a_row >= FAILURES_IN_A_ROW:
                    self._store(queue.popleft(), _Fetched(), "not asked, because the slices before failed")
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _fetch(self, text: kql.Query, piece: slices.Slice) -> _Fetched:
        values: dict[str, Any] = {"start_time": piece.start, "end_time": piece.end}
        if any(parameter.name == "apis" for parameter in text.parameters):
            values["apis"] = list(self.config.gateway.apis)
        answer = self.logs.ask(self.workspace.workspace_id, kql.bind(text, values), self.workspace.name)
        options = gateway_options(self.config)
        items = list(answer_batch(self.source.kind, answer.records(), self.place, options))
        return _Fetched(items, len(answer.rows), answer.partial, answer.empty)

    def _settle(self, piece: slices.Slice, future: "Future[_Fetched]") -> Sequence[slices.Slice]:
        """Stores an answer that is whole. Returns what must be asked instead where it is not."""
        answer, reason, floor = _Fetched(), "", slices.FLOOR
        try:
            answer = future.result()
        except la.SplitError as error:
            reason = error.reason
            floor = slices.SLOW_FLOOR if error.reason == "timed out" else slices.FLOOR
        if answer.partial:
            reason = f"partial answer ({answer.partial})"
        elif answer.rows >= self.logs.row_cap:
            reason = f"{self.logs.row_cap:,} rows and more"
        elif answer.empty and any(self.expected.get(hour) for hour in slices.hours(piece.start, piece.end)):
            self.empties[piece] += 1
            if self.empties[piece] < EMPTY_TRIES:
                return [piece]
            reason, floor = "an empty answer where there are rows", piece.length
        pieces = slices.halves(piece, floor) if reason else None
        if pieces:
            for half in pieces:
                self.outstanding.update(slices.hours(half.start, half.end))
            self.outstanding.subtract(slices.hours(piece.start, piece.end))
            return pieces
        self.failures_in_a_row = self.failures_in_a_row + 1 if reason else 0
        self._store(piece, answer, reason)
        return ()

    def _store(self, piece: slices.Slice, answer: _Fetched, reason: str) -> None:
        """Counts, stages and commits an answer, together with the hours that are now done."""
        models = configured_models(self.config)
        for item in answer.items:
            if isinstance(item, Reject):
                self.report.rejects.append(item)
                continue
            batch = counted(item, models)
            write.stage(self.connection, self.source.kind, batch)
            self.report.records[self.source.kind] += batch.num_rows
            self.got.update(_hours_of(batch.column(_TIME[self.source.kind])))
        touched = list(slices.hours(piece.start, piece.end))
        self.outstanding.subtract(touched)
        for hour in touched if reason else ():
            self.failed.setdefault(hour, reason)  # what failed first tells more than what was then not asked
        # An hour that is not over yet is read again next time: the ledger does not hold it.
        over = [hour for hour in touched if self.outstanding[hour] <= 0 and hour + slices.HOUR <= self.now]
        done = [collected.Hour(h, h not in self.failed, self.got[h], self.failed.get(h)) for h in over]
        added = write.commit(self.connection, (), self.now, lambda: self._note(done))
        for kind, count in added.items():
            self.report.added[kind] += count

    def _compare(self, hour: datetime) -> None:
        """The rows that came against those that the workspace counted a moment before."""
        stated = self.expected.get(hour, 0)
        if self.got[hour] < stated and not self.report.rejects:
            self.failed[hour] = f"{self.got[hour]:,} rows of {stated:,}"
            self._note([collected.Hour(hour, False, self.got[hour], self.failed[hour])])

    def _note(self, noted: Iterable[collected.Hour]) -> None:
        collected.note_hours(self.connection, self.workspace.workspace_id, self.source.table, noted, self.now)

    def _gap(self) -> str:
        first, last = min(self.failed), max(self.failed)
        reasons = "; ".join(sorted(set(self.failed.values())))
        return (
            f"{self.place}: {len(self.failed)} hours between {first:%Y-%m-%d %H:%M} and"
            f" {last + slices.HOUR:%Y-%m-%d %H:%M} UTC are not whole: {reasons}"
        )


def _hours_of(times: pa.Array) -> list[datetime]:
    microseconds = 3_600_000_000
    values = times.cast(pa.int64()).to_pylist()
    return [_EPOCH + slices.HOUR * (value // microseconds) for value in values if value is not None]
