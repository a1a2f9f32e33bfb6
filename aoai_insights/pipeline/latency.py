"""Latency beyond percentiles: the fair comparison of regions, and who was throttled and what that cost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from aoai_insights.config import Config
from aoai_insights.errors import UsageError
from aoai_insights.latency import effects, throttling
from aoai_insights.latency.counts import by_server
from aoai_insights.model import Period, Quality
from aoai_insights.pipeline.figures import open_facts
from aoai_insights.pricing import UnitPrice
from aoai_insights.store import read_calls

TIMES = {"end-to-end": "total_ms", "backend": "backend_ms"}
UNITS = ("region", "backend", "deployment")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every unit of a period against the reference, for the same calls."""

    period: Period
    unit: str
    time: str
    timezone: str
    percentile: float
    block_hours: int
    effects: tuple[effects.Effect, ...]
    quality: Quality


def compare_latency(
    store: Path, config: Config, period: Period, unit: str, *, reference: str | None, time: str, percentile: float,
    zone: ZoneInfo, now: datetime, prices: Iterable[UnitPrice], seed: int = 1,
) -> Comparison:  # fmt: skip
    """Regions, backends or deployments under the same mix of calls. Raises UsageError for an unknown reference."""
    block_seconds = block_length(period)
    with open_facts(store, config, period, now, prices) as facts:
        facts.load_calls(zone)
        calls = by_server(read_calls.latency_keys(facts.connection, TIMES[time], block_seconds))
        counts = calls.of_servers(read_calls.servers_of(facts.connection, unit))
        if reference is not None and reference not in counts.units:
            raise UsageError(f'no answered call of {unit} "{reference}"', f"known: {', '.join(counts.units) or 'none'}")
        found = effects.effects(counts, reference=reference, percentile=percentile, seed=seed)
        return Comparison(period, unit, time, zone.key, percentile, block_seconds // 3600, found, facts.quality)


@dataclass(frozen=True, slots=True)
class Curve:
    """The distribution of one region, model or the like: (share of calls, ms at most), exact."""

    key: str
    requests: int
    points: tuple[tuple[float, float], ...]


def latency_curves(
    store: Path, config: Config, period: Period, column: str, *, zone: ZoneInfo, now: datetime,
    prices: Iterable[UnitPrice],
) -> tuple[tuple[Curve, ...], Quality]:  # fmt: skip
    """The cumulative distribution of end-to-end time over successful calls, by one of read.LATENCY_COLUMNS."""
    with open_facts(store, config, period, now, prices) as facts:
        facts.load_calls(zone)
        made = tuple(
            Curve(row["key"], row["requests"], tuple(zip(read_calls.CURVE_SHARES, row["ms"], strict=True)))
            for row in read_calls.curves(facts.connection, column)
        )
        return made, facts.quality


@dataclass(frozen=True, slots=True)
class Throttling:
    """Who was throttled or failed in a period, and what it cost."""

    period: Period
    by: tuple[str, ...]
    timezone: str
    rows: tuple[throttling.ThrottlingRow, ...]
    total: throttling.ThrottlingRow
    quality: Quality


def compute_throttling(
    store: Path, config: Config, period: Period, by: Sequence[str], *, zone: ZoneInfo, now: datetime,
    prices: Iterable[UnitPrice],
) -> Throttling:  # fmt: skip
    """Attempts, failures by cause and losses, by any of read_calls.THROTTLING_COLUMNS."""
    with open_facts(store, config, period, now, prices) as facts:
        facts.load_calls(zone)
        read_calls.load_attempts(facts.connection)
        failed = read_calls.throttling(facts.connection, by)
        (total,) = throttling.throttling_rows([throttling.together(failed)], ())
        rows = throttling.throttling_rows(failed, by)
        return Throttling(period, tuple(by), zone.key, rows, total, facts.quality)


def block_length(period: Period) -> int:
    """Seconds of the blocks that are resampled together: the longest of a day, 6 hours and 1 hour that gives 14."""
    for hours in (24, 6, 1):
        if period.end - period.start >= timedelta(hours=14 * hours):
            return hours * 3600
    return 3600
