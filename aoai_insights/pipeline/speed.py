"""Speed beyond percentiles for the report: one period in an open store, asked four questions."""

from zoneinfo import ZoneInfo

from aoai_insights.config import Config
from aoai_insights.latency import effects, throttling
from aoai_insights.pipeline.figures import Facts
from aoai_insights.pipeline.latency import TIMES, block_length
from aoai_insights.pipeline.routing import UTC, advices_on
from aoai_insights.reports.routing_figures import Distribution, RoutingFigures
from aoai_insights.routing.backend_pool import Rules
from aoai_insights.store import read_calls


def routing_figures(facts: Facts, config: Config, zone: ZoneInfo) -> RoutingFigures:
    """Distributions, comparison and failures with the hours of `zone`, advice with those of UTC."""
    asked = TIMES["end-to-end"], block_length(facts.period)
    facts.load_calls(UTC)
    calls = read_calls.latency_calls(facts.connection, *asked)
    advices, _ = advices_on(facts, config, Rules(), calls)
    facts.load_calls(zone)
    if zone.key != UTC.key:
        calls = read_calls.latency_calls(facts.connection, *asked)
    counts = read_calls.latency_counts(facts.connection, calls, "region")
    curves = read_calls.curves(facts.connection, "region")
    read_calls.load_attempts(facts.connection)
    failed = read_calls.throttling(facts.connection, ("backend",))
    (total,) = throttling.throttling_rows([throttling.together(failed)], ())
    return RoutingFigures(
        zone.key,
        tuple(Distribution(row["key"], row["requests"], tuple(zip(read_calls.CURVE_SHARES, row["ms"], strict=True)))
              for row in curves),
        effects.effects(counts), throttling.throttling_rows(failed, ("backend",)), total, advices,
    )  # fmt: skip
