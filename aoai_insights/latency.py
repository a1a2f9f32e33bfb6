"""Which region, hour, model, backend or app is slow. Percentiles come from requests, never from other percentiles."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aoai_insights.model import LatencyRow, Period


def latency_rows(rows: Sequence[Mapping[str, Any]], by: Sequence[str]) -> tuple[LatencyRow, ...]:
    """Rows of the latency query as figures, in the order of their keys."""
    made = [
        LatencyRow(
            key={name: row[f"key_{i}"] for i, name in enumerate(by)},
            requests=row["requests"],
            p50_ms=row["p50_ms"],
            p95_ms=row["p95_ms"],
            p99_ms=row["p99_ms"],
            error_rate=row["failed_requests"] / row["requests"],
            throttled_rate=row["throttled_requests"] / row["requests"],
        )
        for row in rows
    ]
    return tuple(sorted(made, key=lambda row: tuple(row.key.values())))


EMPTY = LatencyRow(key={}, requests=0, p50_ms=None, p95_ms=None, p99_ms=None, error_rate=0.0, throttled_rate=0.0)
"""The total of a period without requests."""


def utc_offsets(period: Period, zone: ZoneInfo) -> list[tuple[datetime, datetime, int]]:
    """The zone's offsets during the period as (first, until, seconds east of UTC), in order and without a gap.

    Clocks change on whole quarter hours of UTC everywhere, so an hourly look finds the hour and a finer one the moment.
    """
    segments: list[tuple[datetime, datetime, int]] = []
    start, moment, step = period.start, period.start, timedelta(minutes=15)
    offset = _offset(moment, zone)
    while moment < period.end:
        following = min(moment + step, period.end)
        if following < period.end and _offset(following, zone) != offset:
            segments.append((start, following, offset))
            start, offset = following, _offset(following, zone)
        moment = following
    segments.append((start, period.end, offset))
    return segments


def _offset(moment: datetime, zone: ZoneInfo) -> int:
    shifted = moment.astimezone(UTC).astimezone(zone).utcoffset()
    return int(shifted.total_seconds()) if shifted is not None else 0
