"""Which region, hour, model, backend or app is slow. Percentiles come from requests, never from other percentiles."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aoai_insights.model import LatencyRow, Measures, Period

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def latency_rows(rows: Sequence[Mapping[str, Any]], by: Sequence[str]) -> tuple[LatencyRow, ...]:
    """Rows of the latency query as figures, in the order of their keys; hours of the week begin on Monday."""
    made = [
        LatencyRow(
            key={name: row[f"key_{i}"] for i, name in enumerate(by)},
            requests=row["requests"],
            p50_ms=_nth(row["total_ms"], 0),
            p95_ms=_nth(row["total_ms"], 2),
            p99_ms=_nth(row["total_ms"], 3),
            error_rate=_share(row["failed_requests"], row["requests"]),
            throttled_rate=_share(row["throttled_requests"], row["requests"]),
            measures=_measures(row) if "answered_requests" in row else None,
        )
        for row in rows
    ]
    return tuple(sorted(made, key=lambda row: tuple(_rank(*item) for item in row.key.items())))


def _measures(row: Mapping[str, Any]) -> Measures:
    backend, overhead, pace = row["backend_ms"], row["overhead_ms"], row["ms_per_output_token"]
    return Measures(
        answered_requests=row["answered_requests"],
        cached_requests=row["cached_requests"],
        cancelled_requests=row["cancelled_requests"],
        content_filter_rate=_share(row["content_filtered_requests"], row["requests"]),
        p90_ms=_nth(row["total_ms"], 1),
        backend_p50_ms=_nth(backend, 0),
        backend_p90_ms=_nth(backend, 1),
        backend_p95_ms=_nth(backend, 2),
        backend_p99_ms=_nth(backend, 3),
        overhead_p50_ms=_nth(overhead, 0),
        overhead_p95_ms=_nth(overhead, 1),
        ms_per_output_token_p50=_nth(pace, 0),
        ms_per_output_token_p95=_nth(pace, 1),
        ttft_requests=row["ttft_requests"],
        ttft_p50_ms=_nth(row["ttft_ms"], 0),
        ttft_p95_ms=_nth(row["ttft_ms"], 1),
        ttft_traced_requests=row["ttft_traced_requests"],
        ttft_traced_p50_ms=_nth(row["ttft_traced_ms"], 0),
        ttft_traced_p95_ms=_nth(row["ttft_traced_ms"], 1),
        ttft_proxy_requests=row["ttft_proxy_requests"],
        ttft_proxy_p50_ms=_nth(row["ttft_proxy_ms"], 0),
        ttft_proxy_p95_ms=_nth(row["ttft_proxy_ms"], 1),
    )


def _nth(percentiles: Sequence[float] | None, place: int) -> float | None:
    return None if percentiles is None else percentiles[place]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _rank(name: str, value: str) -> tuple[int, str]:
    return (WEEKDAYS.index(value[:3]), value) if name == "hour_of_week" else (0, value)


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
