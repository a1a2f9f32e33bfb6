"""One table of one workspace: its hours in slices, and what to do where an answer is not whole."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from aoai_insights.config import Config
from aoai_insights.model import Period
from aoai_insights.pipeline.collect_plan import Planned, Table, counted_rows, plan
from aoai_insights.pipeline.collect_scope import CollectReport, Source
from aoai_insights.pipeline.ingest import configured_models, counted, gateway_options
from aoai_insights.sources import Batch, Reject, answers, kql, slices
from aoai_insights.sources.rows import answer_batch
from aoai_insights.store import collected, write

if TYPE_CHECKING:
    import duckdb

ROWS_PER_SLICE = 10_000
"""What a slice should hold: some tens of megabytes, five of which are in memory at once, whatever the window holds."""

LONGEST_COUNTED, LONGEST_UNKNOWN = timedelta(days=31), timedelta(hours=6)
"""How much time a slice may span where its rows are known to be few, and where they are not."""

AT_ONCE_UNKNOWN = 2
"""Answers that may hold half a million rows are not asked for five at a time."""

EMPTY_TRIES = 3
FAILURES_IN_A_ROW = 3
"""After so many smallest slices that failed, one after the other, the table is given up for this run."""

NOT_READ = "not read to its end"

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
    table: Table
    now: datetime
    report: CollectReport
    expected: dict[datetime, int] | None = None
    """Rows of each hour that is to be read, as counted beforehand; None where nobody says."""
    outstanding: Counter[datetime] = field(default_factory=Counter)
    got: Counter[datetime] = field(default_factory=Counter)
    failed: dict[datetime, str] = field(default_factory=dict)
    empties: Counter[slices.Slice] = field(default_factory=Counter)
    failures_in_a_row: int = 0
    rejected: int = 0
    finished: list[datetime] = field(default_factory=list)
    """Hours whose rows are staged and not yet merged."""
    staged: int = 0

    @property
    def source(self) -> Source:
        return self.table.source

    @property
    def place(self) -> str:
        return self.table.place

    @property
    def slice_rows(self) -> int:
        return min(ROWS_PER_SLICE, self.table.logs.row_cap - 1)

    def announce(self, period: Period) -> None:
        """Notes every hour that is to be asked for as not read, so that whoever dies now leaves no whole period."""
        known = collected.hours(self.connection, self.table.key, self.source.table)
        over = [hour for hour in self._asked(period) if hour not in known and hour + slices.HOUR <= self.now]
        self._note(collected.Hour(hour, False, 0, NOT_READ) for hour in over)

    def read(self, period: Period, again: bool) -> str:
        """Everything of the period that is not there, and every hour that got late rows. Returns what came of it."""
        known = collected.hours(self.connection, self.table.key, self.source.table)
        mark = collected.watermark(self.connection, self.table.key, self.source.table)
        try:
            planned = plan(self.table, known, mark, self._asked(period), again)
        except answers.AbsentTableError:
            collected.forget_unread(self.connection, self.table.key, self.source.table)
            self.report.notes.append(f"{self.table.workspace.name} has no table {self.source.table}")
            return self.report.notes[-1]
        self.report.notes += planned.notes
        self.expected = planned.expected
        try:
            self._run(planned.wanted)
        finally:
            self._commit()
        self._finish(planned)
        return f"{self.place}: {sum(self.got.values()):,} rows of {len(planned.wanted):,} hours"

    def unread(self, period: Period) -> str:
        """In words, the hours that were asked for and are not there."""
        known = collected.hours(self.connection, self.table.key, self.source.table)
        missing = [hour for hour in self._asked(period) if not known.get(hour)]
        return hours_in_words(missing) if missing else "late rows"

    def _asked(self, period: Period) -> set[datetime]:
        return set(slices.hours(period.start, min(period.end + self.source.aftermath, self.now)))

    def _finish(self, planned: Planned) -> None:
        """Compares what came with what was counted, and moves the watermark where all is whole."""
        if self.expected is not None and not self.source.filtered:
            for hour in sorted(planned.wanted - self.failed.keys()):
                self._compare(hour, self.expected.get(hour, 0))
        if self.failed:
            self.report.gaps.append(self._gap())
            return
        workspace = (self.table.key, self.table.workspace.name)
        collected.note_watermark(self.connection, workspace, self.source.table, planned.newest, self.now)

    def _run(self, wanted: Iterable[datetime]) -> None:
        """Asks for every slice, as many at once as the service allows, and stores each as it comes."""
        counted = self.expected is not None
        longest = LONGEST_COUNTED if counted else LONGEST_UNKNOWN
        queue = deque(slices.pack(wanted, self.expected or {}, self.slice_rows, longest))
        for piece in queue:
            self.outstanding.update(slices.hours(piece.start, piece.end))
        text = kql.query(self.source.reads)
        running: dict[Future[_Fetched], slices.Slice] = {}
        at_once = answers.AT_ONCE if counted else AT_ONCE_UNKNOWN
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
            seconds = counted_rows(self.table, piece, slices.SECOND)
            if seconds:
                grid = [piece.start + n * slices.SECOND for n in range(3600)]
                pieces = tuple(slices.pack(grid, seconds, self.slice_rows, slices.HOUR, slices.SECOND))
                if len(pieces) > 1:
                    return _Fetched(pieces=pieces)
        values: dict[str, Any] = {"start_time": piece.start, "end_time": piece.end}
        if any(parameter.name == "apis" for parameter in text.parameters):
            values["apis"] = list(self.config.gateway.apis)
        answer = self.table.ask(text, values)
        options = gateway_options(self.config)
        items = list(answer_batch(self.source.kind, answer.records(), self.place, options))
        return _Fetched(items, len(answer.rows), answer.partial, answer.empty)

    def _settle(self, piece: slices.Slice, future: "Future[_Fetched]") -> Sequence[slices.Slice]:
        """Stores an answer that is whole. Returns what must be asked instead where it is not."""
        answer, reason, floor = _Fetched(), "", slices.FLOOR
        try:
            answer = future.result()
        except answers.SplitError as error:
            reason = error.reason
            floor = slices.SLOW_FLOOR if error.reason == "timed out" else slices.FLOOR
        if answer.partial:
            reason = f"partial answer ({answer.partial})"
        elif answer.rows >= self.table.logs.row_cap:
            reason = f"{self.table.logs.row_cap:,} rows and more"
        elif answer.empty and (doubt := self._doubt(piece)):
            self.empties[piece] += 1
            if self.empties[piece] < EMPTY_TRIES:
                return [piece]
            reason, floor = doubt, piece.length
        pieces = (slices.halves(piece, floor) or ()) if reason else answer.pieces
        if pieces:
            for part in pieces:
                self.outstanding.update(slices.hours(part.start, part.end))
            self.outstanding.subtract(slices.hours(piece.start, piece.end))
            return pieces
        self.failures_in_a_row = self.failures_in_a_row + 1 if reason else 0
        self._store(piece, answer, reason)
        return ()

    def _doubt(self, piece: slices.Slice) -> str:
        """Why no table at all is no answer here; "" where no row was counted."""
        if self.expected is None:
            return "an empty answer, and no count to hold it against"
        rows = any(self.expected.get(hour) for hour in slices.hours(piece.start, piece.end))
        return "an empty answer where there are rows" if rows else ""

    def _store(self, piece: slices.Slice, answer: _Fetched, reason: str) -> None:
        """Counts and stages an answer, and merges what is staged once it is much."""
        models = configured_models(self.config)
        for item in answer.items:
            if isinstance(item, Reject):
                self.report.rejects.append(item)
                self.rejected += 1
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
        if self.staged >= write.ROWS_PER_COMMIT:
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
        if self.got[hour] + self.rejected < stated:
            self.failed[hour] = f"{self.got[hour]:,} rows of {stated:,}"
            self._note([collected.Hour(hour, False, self.got[hour], self.failed[hour])])

    def _note(self, noted: Iterable[collected.Hour]) -> None:
        collected.note_hours(self.connection, self.table.key, self.source.table, noted, self.now)

    def _gap(self) -> str:
        reasons = "; ".join(sorted(set(self.failed.values())))
        return f"{self.place}: {hours_in_words(self.failed)} are not whole: {reasons}"


def hours_in_words(hours: Iterable[datetime]) -> str:
    every = sorted(hours)
    return f"{len(every)} hours between {every[0]:%Y-%m-%d %H:%M} and {every[-1] + slices.HOUR:%Y-%m-%d %H:%M} UTC"


def _hours_of(times: pa.Array) -> list[datetime]:
    microseconds = 3_600_000_000
    values = times.cast(pa.int64()).to_pylist()
    return [_EPOCH + slices.HOUR * (value // microseconds) for value in values if value is not None]
