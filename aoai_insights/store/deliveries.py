"""The ledger of deliveries: written and committed before and after every step that cannot be taken back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import duckdb

from aoai_insights.errors import SourceError
from aoai_insights.model import Period
from aoai_insights.store import connect

State = Literal["claimed", "sending", "sent", "refused", "unknown"]

MAY_HAVE_ARRIVED: tuple[State, ...] = ("sending", "sent", "unknown")
"""States after which a reader may hold the message: what comes next is a revision of it."""


@dataclass(frozen=True, slots=True)
class Revision:
    """Figures of a report as they were handed out. `figures` is JSON that the next revision is compared with."""

    number: int
    digest: str
    figures: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one recipient. `receipt` is the other side's last word."""

    key: str
    report: str
    period: Period
    revision: int
    recipient: str
    transport: str
    state: State
    attempts: int
    receipt: str
    content_sha256: str
    updated_at: datetime


@contextmanager
def only_sender(store: Path) -> Iterator[None]:
    """Keeps every other send on this store out, without keeping readers and ingest out.

    The lock is the database's own on a small file beside the store; it ends with the process, however that ends.
    Raises SourceError while another send is under way.
    """
    beside = store.with_name(f"{store.name}.sending")
    try:
        connection = duckdb.connect(str(beside))
    except duckdb.IOException as error:
        if "lock" not in str(error):
            raise SourceError(f"{beside} cannot be made: {error}", "check the folder and its permissions") from None
        raise SourceError(f"another send is under way on {store}", "wait until it has finished") from None
    try:
        yield
    finally:
        connection.close()


def revisions(store: Path, report: str, period: Period) -> list[Revision]:
    """Every revision of the report of the period, the newest last."""
    with connect.open_for_reading(store) as connection:
        found = connection.execute(
            "SELECT revision, digest, figures FROM statements"
            " WHERE report = ? AND period_start = ? AND period_end = ? ORDER BY revision",
            [report, *_bounds(period)],
        ).fetchall()
    return [Revision(*row) for row in found]


def keep(store: Path, report: str, period: Period, revision: Revision, now: datetime) -> None:
    """Keeps a revision's figures; one of the same number that reached nobody is replaced."""
    with connect.open_for_writing(store) as connection:
        connection.execute(
            "INSERT OR REPLACE INTO statements VALUES (?, ?, ?, ?, ?, ?, ?)",
            [report, *_bounds(period), revision.number, revision.digest, revision.figures, _naive(now)],
        )


def deliveries(store: Path, period: Period | None = None) -> list[Delivery]:
    """The ledger, oldest first; of one period, or whole."""
    where, values = ("WHERE period_start = ? AND period_end = ?", _bounds(period)) if period else ("", [])
    with connect.open_for_reading(store) as connection:
        found = connection.execute(
            "SELECT key, report, period_start, period_end, revision, recipient, transport, state, attempts, receipt,"
            f" content_sha256, updated_at FROM deliveries {where} ORDER BY updated_at, key",
            values,
        ).fetchall()
    return [
        Delivery(key, report, Period(start, end), number, recipient, transport, state, attempts, receipt, digest, at)
        for key, report, start, end, number, recipient, transport, state, attempts, receipt, digest, at in found
    ]


def note(store: Path, delivery: Delivery, wait_seconds: float = connect.LOCK_WAIT_SECONDS) -> None:
    """Writes how far a delivery has come. Returns when it is on disk."""
    with connect.open_for_writing(store, wait_seconds) as connection:
        connection.execute(
            "INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                delivery.key,
                delivery.report,
                *_bounds(delivery.period),
                delivery.revision,
                delivery.recipient,
                delivery.transport,
                delivery.state,
                delivery.attempts,
                delivery.receipt,
                delivery.content_sha256,
                _naive(delivery.updated_at),
            ],
        )


def _bounds(period: Period) -> list[datetime]:
    return [_naive(period.start), _naive(period.end)]


def _naive(moment: datetime) -> datetime:
    """The store's instants are UTC by convention."""
    return moment.replace(tzinfo=None)
