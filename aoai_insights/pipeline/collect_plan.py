"""Which hours of a workspace's table to read: those that are not there, and those that got rows since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aoai_insights.config import Workspace
from aoai_insights.pipeline.collect_scope import Source
from aoai_insights.sources import answers, kql, slices

LATE_OVERLAP = timedelta(hours=1)
"""Rows become visible a little after their ingestion time, and not in its order."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a workspace, and who answers for it."""

    workspace: Workspace
    source: Source
    logs: answers.Engine

    @property
    def key(self) -> str:
        return self.workspace.key

    @property
    def place(self) -> str:
        return f"{self.workspace.name} {self.source.table}"

    def ask(self, text: kql.Query, values: Mapping[str, Any]) -> answers.Answer:
        return self.logs.ask(self.workspace.asked_as, kql.bind(text, values), self.workspace.name)


@dataclass(frozen=True, slots=True)
class Planned:
    """The hours to read, the rows of each as counted beforehand (None where nobody says), and the newest arrival."""

    wanted: set[datetime]
    expected: dict[datetime, int] | None
    newest: datetime | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Arrived:
    """Rows by hour, of those that arrived from a moment on. `rows` is None where the service does not say."""

    rows: dict[datetime, int] | None = None
    newest: datetime | None = None
    note: str = ""


def plan(
    table: Table, known: Mapping[datetime, bool], mark: datetime | None, asked: set[datetime], again: bool
) -> Planned:
    """`known` says of each hour whether it is whole, `mark` up to which ingestion time rows are there.

    Raises AbsentTableError, SourceError.
    """
    whole = {hour for hour, complete in known.items() if complete}
    fresh = asked if again else asked - whole
    first = _arrived(table, fresh, _EPOCH) if fresh else _Arrived({})
    since, late = _Arrived({}), set[datetime]()
    if whole - fresh:
        # Without a mark no row had come when these hours were read: whatever is there now is late.
        since = _arrived(table, whole, mark - LATE_OVERLAP if mark else _EPOCH)
        late = (asked if since.rows is None else set(since.rows)) & whole - fresh
    counts = first.rows if first.rows is not None else _counted_hours(table, fresh)
    if late and counts is not None:
        more = _counted_hours(table, late)
        counts = None if more is None else more | counts
    wanted = fresh | late
    expected = None if counts is None else {hour: counts.get(hour, 0) for hour in wanted}
    newest = max((moment for moment in (first.newest, since.newest) if moment), default=None)
    return Planned(wanted, expected, newest, tuple(dict.fromkeys(note for note in (first.note, since.note) if note)))


def _arrived(table: Table, among: set[datetime], since: datetime) -> _Arrived:
    values = {"start_time": min(among), "end_time": max(among) + slices.HOUR, "ingested_from": since}
    try:
        answer = table.ask(kql.query(table.source.arrivals), values)
    except (answers.SplitError, answers.RefusedError) as error:
        return _Arrived(note=f"{table.place}: what is new cannot be told ({error}), so all asked for is read")
    if answer.partial or answer.empty or len(answer.rows) >= table.logs.row_cap:
        return _Arrived()
    rows: dict[datetime, int] = {}
    newest = None
    for row in answer.records():
        rows[slices.hour_of(row["hour"])] = int(row["rows"])
        if isinstance(row["newest"], datetime) and (newest is None or row["newest"] > newest):
            newest = row["newest"]
    return _Arrived(rows, newest)


def _counted_hours(table: Table, among: set[datetime]) -> dict[datetime, int] | None:
    return counted_rows(table, slices.Slice(min(among), max(among) + slices.HOUR), slices.HOUR)


def counted_rows(table: Table, window: slices.Slice, grain: timedelta) -> dict[datetime, int] | None:
    """Rows by piece of time, as many as there are now; None where the service does not say."""
    values = {"start_time": window.start, "end_time": window.end, "grain": grain}
    try:
        answer = table.ask(kql.query(table.source.counts), values)
    except (answers.SplitError, answers.RefusedError):
        return None
    if answer.partial or answer.empty or len(answer.rows) >= table.logs.row_cap:
        return None
    return {row["begun"].astimezone(UTC): int(row["rows"]) for row in answer.records()}
