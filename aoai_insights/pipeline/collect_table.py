"""One table of one workspace: which hours to read, in which slices, and what to do where an answer is not whole."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from aoai_insights.config import Config, Workspace
from aoai_insights.model import Period
from aoai_insights.pipeline.collect_scope import CollectReport, Source
from aoai_insights.pipeline.ingest import configured_models, counted, gateway_options
from aoai_insights.sources import Batch, Reject, kql, slices
from aoai_insights.sources import log_analytics as la
from aoai_insights.sources.rows import answer_batch
from aoai_insights.store import collected, write

if TYPE_CHECKING:
    import duckdb

ROWS_PER_SLICE = 20_000
"""What a slice should hold: some tens of megabytes, five of which are in memory at once, whatever the window holds."""

ROWS_PER_COMMIT = 100_000
"""Rows that are merged at once: a merge looks at the whole table."""

LONGEST_COUNTED, LONGEST_UNKNOWN = timedelta(days=31), timedelta(hours=6)
"""How much time a slice may span where its rows are known to be few, and where they are not."""

AT_ONCE_UNKNOWN = 2
"""Answers that may hold half a million rows are not asked for five at a time."""

LATE_OVERLAP = timedelta(hours=1)
"""Rows become visible a little after their ingestion time, and not in its order."""

EMPTY_TRIES = 3
FAILURES_IN_A_ROW = 3
"""After so many smallest slices that failed, one after the other, the table is given up for this run."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


_TIME = {"gateway": "started_at", "llm": "started_at", "aoai": "logged_at"}


@dataclass(frozen=True, slots=True)
class _Fetched:
    """An answer, normalised where it was received: batches take a tenth of the memory of rows."""

    items: Sequence[Batch | Reject] = ()
    rows: int = 0
    partial: str = ""
    empty: bool = False
    pieces: Sequence[slices.Slice] = ()
    """What to ask instead: the slice holds more than one answer should, and where in it is known now."""


@dataclass(slots=True)
class TableRun:
    """One table of one workspace, from plan to watermark."""

    connection: "duckdb.DuckDBPyConnection"
    config: Config
    workspace: Workspace
    source: Source
    logs: la.Engine
    now: datetime
    report: CollectReport
    expected: dict[datetime, int] | None = None
    """Rows of each hour that is to be read, as counted beforehand; None where nobody says."""
    outstanding: Counter[datetime] = field(default_factory=Counter)
    got: Counter[datetime] = field(default_factory=Counter)
    failed: dict[datetime, str] = field(default_factory=dict)
    empties: Counter[slices.Slice] = field(default_factory=Counter)
    failures_in_a_row: int = 0
    asked: int = 0
    newest: datetime | None = None
    finished: list[datetime] = field(default_factory=list)
    """Hours whose rows are staged and not yet merged."""
    staged: int = 0

    @property
    def place(self) -> str:
        return f"{self.workspace.name} {self.source.table}"

    @property
    def slice_rows(self) -> int:
        return min(ROWS_PER_SLICE, self.logs.row_cap - 1)

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
            wanted = self._plan(asked, again)
        except la.AbsentTableError:
            self.report.notes.append(f"{self.workspace.name} has no table {self.source.table}")
            return self.report.notes[-1]
        try:
            self._run(wanted)
        finally:
            self._commit()
        if self.expected is not None and not self.source.filtered:
            for hour in sorted(wanted - self.failed.keys()):
                self._compare(hour, self.expected.get(hour, 0))
        if self.failed:
            self.report.gaps.append(self._gap())
        else:
            collected.note_watermark(
                self.connection, (self.workspace.key, self.workspace.name), self.source.table, self.newest,
                self.now,
            )  # fmt: skip
        return f"{self.place}: {sum(self.got.values()):,} rows of {len(wanted):,} hours"

    def _plan(self, asked: set[datetime], again: bool) -> set[datetime]:
        """The hours to read; and the rows of each, as far as the service says."""
        known = collected.hours(self.connection, self.workspace.key, self.source.table)
        whole = {hour for hour, complete in known.items() if complete}
        mark = collected.watermark(self.connection, self.workspace.key, self.source.table)
        fresh = asked if again else asked - whole
        late: set[datetime] = set()
        counts = self._arrivals(fresh, _EPOCH) if fresh else {}
        if whole - fresh:
            new = self._arrivals(whole, mark - LATE_OVERLAP) if mark else None
            late = (asked if new is None else set(new)) & whole - fresh
        if counts is None:
            counts = self._counted(slices.Slice(min(fresh), max(fresh) + slices.HOUR), slices.HOUR)
        if late and counts is not None:
            more = self._counted(slices.Slice(min(late), max(late) + slices.HOUR), slices.HOUR)
            counts = None if more is None else more | counts
        wanted = fresh | late
        self.expected = None if counts is None else {hour: counts.get(hour, 0) for hour in wanted}
        over = [hour for hour in fresh - whole if hour + slices.HOUR <= self.now]
        self._note(collected.Hour(hour, False, 0, "not read to its end") for hour in over)
        return wanted

    def _arrivals(self, among: set[datetime], since: datetime) -> dict[datetime, int] | None:
        """Rows by hour of those ingested from `since` on; None where the service does not say."""
        values = {"start_time": min(among), "end_time": max(among) + slices.HOUR, "ingested_from": since}
        try:
            answer = self._ask(kql.query(self.source.arrivals), values)
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

    def _counted(self, window: slices.Slice, grain: timedelta) -> dict[datetime, int] | None:
        """Rows by piece of time; None where the service does not say."""
        values = {"start_time": window.start, "end_time": window.end, "grain": grain}
        try:
            answer = self._ask(kql.query(self.source.counts), values)
        except (la.SplitError, la.RefusedError):
            return None
        if answer.partial or answer.empty or len(answer.rows) >= self.logs.row_cap:
            return None
        return {row["begun"].astimezone(UTC): int(row["rows"]) for row in answer.records()}

    def _ask(self, text: kql.Query, values: dict[str, Any]) -> la.Answer:
        return self.logs.ask(self.workspace.asked_as, kql.bind(text, values), self.workspace.name)

    def _run(self, wanted: Iterable[datetime]) -> None:
        """Asks for every slice, as many at once as the service allows, and stores each as it comes."""
        counted = self.expected is not None
        longest = LONGEST_COUNTED if counted else LONGEST_UNKNOWN
        queue = deque(slices.pack(wanted, self.expected or {}, self.slice_rows, longest))
        for piece in queue:
            self.outstanding.update(slices.hours(piece.start, piece.end))
        text = kql.query(self.source.reads)
        running: dict[Future[_Fetched], slices.Slice] = {}
        at_once = la.AT_ONCE if counted else AT_ONCE_UNKNOWN
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
        if piece.length == slices.HOUR and (self.expected or {}).get(piece.start, 0) > self.slice_rows:
            seconds = self._counted(piece, slices.SECOND)
            if seconds:
                grid = [piece.start + n * slices.SECOND for n in range(3600)]
                pieces = tuple(slices.pack(grid, seconds, self.slice_rows, slices.HOUR, slices.SECOND))
                if len(pieces) > 1:
                    return _Fetched(pieces=pieces)
        values: dict[str, Any] = {"start_time": piece.start, "end_time": piece.end}
        if any(parameter.name == "apis" for parameter in text.parameters):
            values["apis"] = list(self.config.gateway.apis)
        answer = self._ask(text, values)
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
        elif answer.empty and any((self.expected or {}).get(hour) for hour in slices.hours(piece.start, piece.end)):
            self.empties[piece] += 1
            if self.empties[piece] < EMPTY_TRIES:
                return [piece]
            reason, floor = "an empty answer where there are rows", piece.length
        pieces = (slices.halves(piece, floor) or ()) if reason else answer.pieces
        if pieces:
            for part in pieces:
                self.outstanding.update(slices.hours(part.start, part.end))
            self.outstanding.subtract(slices.hours(piece.start, piece.end))
            return pieces
        self.failures_in_a_row = self.failures_in_a_row + 1 if reason else 0
        self._store(piece, answer, reason)
        return ()

    def _store(self, piece: slices.Slice, answer: _Fetched, reason: str) -> None:
        """Counts and stages an answer, and merges what is staged once it is much."""
        models = configured_models(self.config)
        for item in answer.items:
            if isinstance(item, Reject):
                self.report.rejects.append(item)
                continue
            batch = counted(item, models)
            write.stage(self.connection, self.source.kind, batch)
            self.staged += batch.num_rows
            self.report.records[self.source.kind] += batch.num_rows
            self.got.update(_hours_of(batch.column(_TIME[self.source.kind])))
        touched = list(slices.hours(piece.start, piece.end))
        self.outstanding.subtract(touched)
        for hour in touched if reason else ():
            self.failed.setdefault(hour, reason)  # what failed first tells more than what was then not asked
        # An hour that is not over yet is read again next time: the ledger does not hold it.
        self.finished += [hour for hour in touched if self.outstanding[hour] <= 0 and hour + slices.HOUR <= self.now]
        if self.staged >= ROWS_PER_COMMIT:
            self._commit()

    def _commit(self) -> None:
        """Merges what is staged, together with the hours that are now done."""
        done = [
            collected.Hour(hour, hour not in self.failed, self.got[hour], self.failed.get(hour), self._others(hour))
            for hour in self.finished
        ]
        added = write.commit(self.connection, (), self.now, lambda: self._note(done))
        self.finished, self.staged = [], 0
        for kind, count in added.items():
            self.report.added[kind] += count

    def _others(self, hour: datetime) -> int | None:
        """Rows that the workspace counted and the reading query left out: calls of other APIs."""
        if not self.source.filtered or self.expected is None or hour in self.failed:
            return None
        return max(0, self.expected[hour] - self.got[hour])

    def _compare(self, hour: datetime, stated: int) -> None:
        """The rows that came against those that the workspace counted a moment before."""
        if self.got[hour] < stated and not self.report.rejects:
            self.failed[hour] = f"{self.got[hour]:,} rows of {stated:,}"
            self._note([collected.Hour(hour, False, self.got[hour], self.failed[hour])])

    def _note(self, noted: Iterable[collected.Hour]) -> None:
        collected.note_hours(self.connection, self.workspace.key, self.source.table, noted, self.now)

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
