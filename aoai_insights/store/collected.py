"""The ledger of what was read from workspaces: hours of tables, and watermarks of ingestion time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import duckdb
import pyarrow as pa

from aoai_insights.model import Period

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of one table, read wholly or not."""

    hour: datetime
    complete: bool
    records: int = 0
    reason: str | None = None
    other_records: int | None = None
    """Rows that the reading query left out; None where nobody counted."""


@dataclass(frozen=True, slots=True)
class TableStatus:
    """What is known of one workspace's table. Days are whole ones, UTC."""

    workspace: str
    source_table: str
    succeeded_at: datetime | None
    ingested_until: datetime | None
    records: int
    days_complete: tuple[date, ...]
    days_missing: tuple[date, ...]
    incomplete_hours: int
    reason: str | None


def hours(connection: duckdb.DuckDBPyConnection, workspace_id: str, source_table: str) -> dict[datetime, bool]:
    """Every hour that was ever asked for, and whether it is complete."""
    found = connection.execute(
        "SELECT hour, complete FROM collected_hours WHERE workspace_id = ? AND source_table = ?",
        [workspace_id, source_table],
    ).fetchall()
    return {hour.replace(tzinfo=UTC): complete for hour, complete in found}


def note_hours(
    connection: duckdb.DuckDBPyConnection, workspace_id: str, source_table: str, noted: Iterable[Hour], now: datetime
) -> None:
    """Replaces what the ledger says of these hours."""
    items = list(noted)
    table = pa.table(
        {
            "hour": pa.array([_naive(item.hour) for item in items], pa.timestamp("us")),
            "complete": pa.array([item.complete for item in items], pa.bool_()),
            "records": pa.array([item.records for item in items], pa.int64()),
            "reason": pa.array([item.reason for item in items], pa.string()),
            "other_records": pa.array([item.other_records for item in items], pa.int64()),
        }
    )
    connection.register("noted", table)
    connection.execute(
        "INSERT OR REPLACE INTO collected_hours"
        " SELECT ?, ?, hour, complete, records, reason, ?, other_records FROM noted",
        [workspace_id, source_table, _naive(now)],
    )
    connection.unregister("noted")


def forget_unread(connection: duckdb.DuckDBPyConnection, workspace_id: str, source_table: str) -> None:
    """Takes back what was noted to be asked for: there is no such table."""
    connection.execute(
        "DELETE FROM collected_hours WHERE workspace_id = ? AND source_table = ? AND NOT complete",
        [workspace_id, source_table],
    )


def forget_never_read(connection: duckdb.DuckDBPyConnection, configured: Sequence[str]) -> None:
    """Takes back the hours of workspaces that never gave anything and are configured no more, as a mistyped id."""
    connection.execute(
        """
        DELETE FROM collected_hours
        WHERE NOT list_contains($configured, workspace_id)
            AND workspace_id NOT IN (SELECT workspace_id FROM watermarks)
            AND workspace_id NOT IN (SELECT workspace_id FROM collected_hours WHERE complete)
        """,
        {"configured": list(configured)},
    )


def watermark(connection: duckdb.DuckDBPyConnection, workspace_id: str, source_table: str) -> datetime | None:
    rows = connection.execute(
        "SELECT ingested_until FROM watermarks WHERE workspace_id = ? AND source_table = ?",
        [workspace_id, source_table],
    ).fetchall()
    return rows[0][0].replace(tzinfo=UTC) if rows and rows[0][0] else None


def note_watermark(
    connection: duckdb.DuckDBPyConnection, workspace: tuple[str, str], source_table: str, until: datetime | None,
    now: datetime,
) -> None:  # fmt: skip
    """Notes a success of (workspace id, name); `until` None leaves the watermark where it is."""
    known = watermark(connection, workspace[0], source_table)
    newest = max((moment for moment in (known, until) if moment), default=None)
    connection.execute(
        "INSERT OR REPLACE INTO watermarks VALUES (?, ?, ?, ?, ?)",
        [workspace[0], source_table, workspace[1], _naive(newest) if newest else None, _naive(now)],
    )


def whole_days(connection: duckdb.DuckDBPyConnection, period: Period, source_table: str) -> tuple[date, ...]:
    """Days of which every workspace that has the table was read from 0 to 24 h, whether or not there was a row."""
    found = connection.execute(
        """
        WITH days AS (
            SELECT workspace_id, hour::DATE AS day, count(*) FILTER (WHERE complete) = 24 AS whole
            FROM collected_hours
            WHERE source_table = $source_table AND hour >= $start AND hour < $end
            GROUP BY ALL
        )
        SELECT day FROM days GROUP BY day
        HAVING bool_and(whole) AND count(*) = (
            SELECT count(DISTINCT workspace_id) FROM collected_hours WHERE source_table = $source_table
        )
        ORDER BY day
        """,
        {"source_table": source_table, "start": _naive(period.start), "end": _naive(period.end)},
    ).fetchall()
    return tuple(row[0] for row in found)


def gaps(connection: duckdb.DuckDBPyConnection, period: Period) -> int:
    """Stretches of consecutive hours of the period that were asked for, of any table, and are not whole."""
    rows = connection.execute(
        """
        SELECT hour FROM collected_hours
        WHERE NOT complete AND hour >= ? AND hour < ?
        QUALIFY hour - lag(hour) OVER (PARTITION BY workspace_id, source_table ORDER BY hour)
            IS DISTINCT FROM INTERVAL 1 HOUR
        """,
        [_naive(period.start), _naive(period.end)],
    ).fetchall()
    return len(rows)


def status(connection: duckdb.DuckDBPyConnection) -> tuple[TableStatus, ...]:
    """Every workspace's tables; a day is missing that lies between the first and the last read and is not whole."""
    tables = connection.execute(
        """
        SELECT coalesce(w.workspace_name, h.workspace_id), h.source_table, w.succeeded_at, w.ingested_until, h.records,
            h.incomplete, h.reason, h.workspace_id
        FROM (
            SELECT workspace_id, source_table, sum(records)::BIGINT AS records,
                count(*) FILTER (WHERE NOT complete) AS incomplete,
                max(reason) FILTER (WHERE NOT complete) AS reason
            FROM collected_hours GROUP BY ALL
        ) h
        LEFT JOIN watermarks w ON w.workspace_id = h.workspace_id AND w.source_table = h.source_table
        ORDER BY 1, 2
        """
    ).fetchall()
    return tuple(
        TableStatus(name, table, succeeded, until, records, *_days(hours(connection, workspace_id, table)),
                    incomplete, reason)
        for name, table, succeeded, until, records, incomplete, reason, workspace_id in tables
    )  # fmt: skip


def _days(known: Mapping[datetime, bool]) -> tuple[tuple[date, ...], tuple[date, ...]]:
    counts: dict[date, int] = {}
    for hour, complete in known.items():
        counts[hour.date()] = counts.get(hour.date(), 0) + complete
    if not counts:
        return (), ()
    first, last = min(counts), max(counts)
    every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    # The days at the ends may have been asked for in part; they miss only what was asked for and is not there.
    cut = {day for day in (first, last) if all(whole for hour, whole in known.items() if hour.date() == day)}
    whole = tuple(day for day in every if counts.get(day) == 24)
    return whole, tuple(day for day in every if counts.get(day) != 24 and day not in cut)


def _naive(moment: datetime) -> datetime:
    """The store's instants are UTC without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)
