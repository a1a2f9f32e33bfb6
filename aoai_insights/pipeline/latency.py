"""Latency beyond percentiles: the fair comparison of regions, and who was throttled and what that cost."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from aoai_insights import effects
from aoai_insights.config import Config
from aoai_insights.errors import UsageError
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
        counts = read_calls.latency_counts(facts.connection, unit, TIMES[time], block_seconds)
        if reference is not None and reference not in counts.units:
            raise UsageError(f'no answered call of {unit} "{reference}"', f"known: {', '.join(counts.units) or 'none'}")
        found = effects.effects(counts, reference=reference, percentile=percentile, seed=seed)
        return Comparison(period, unit, time, zone.key, percentile, block_seconds // 3600, found, facts.quality)


def block_length(period: Period) -> int:
    """Seconds of the blocks that are resampled together: the longest of a day, 6 hours and 1 hour that gives 14."""
    for hours in (24, 6, 1):
        if period.end - period.start >= timedelta(hours=14 * hours):
            return hours * 3600
    return 3600
