"""What the report shows of speed beyond percentiles: distributions, the fair comparison, failures, routing advice."""

from dataclasses import dataclass

from aoai_insights.latency.effects import Effect
from aoai_insights.latency.throttling import ThrottlingRow
from aoai_insights.routing.backend_pool import Advice


@dataclass(frozen=True, slots=True)
class Distribution:
    """The end-to-end times of one region's successful calls: exact (share of calls, ms at most), in their order."""

    region: str
    requests: int
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class RoutingFigures:
    """All of one period. Hours of `effects` are of `timezone`, those of `advices` of UTC, as a gateway reads them."""

    timezone: str
    distributions: tuple[Distribution, ...]
    effects: tuple[Effect, ...]
    throttling: tuple[ThrottlingRow, ...]
    """By backend."""
    throttling_total: ThrottlingRow
    advices: tuple[Advice, ...]
