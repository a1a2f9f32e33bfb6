"""Speed beyond percentiles for the report: one period in an open store, asked four questions."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aoai_insights.config import Config
from aoai_insights.latency import effects, throttling
from aoai_insights.latency.counts import Counts, Server, by_server
from aoai_insights.pipeline.figures import Facts
from aoai_insights.pipeline.latency import TIMES, block_length
from aoai_insights.pipeline.routing import UTC, AskedPool, advices_on, pools_of
from aoai_insights.reports.routing_figures import Distribution, RoutingFigures
from aoai_insights.routing.backend_pool import Advice, Rules
from aoai_insights.store import read_calls


@contextmanager
def aside() -> Iterator[Executor]:
    """One thread beside this one. Whoever fails here does not wait until it has finished."""
    executor = ThreadPoolExecutor(1)
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Compared:
    """Regions compared and pools advised on, while the database is asked other questions: arithmetic on one core."""

    regions: Future[tuple[effects.Effect, ...]]
    advices: Future[tuple[Advice, ...]]


def compare(facts: Facts, config: Config, zone: ZoneInfo, beside: Executor) -> Compared:
    """Begun in `beside`, which works on one thing at a time. Regions have the hours of `zone`, advice those of UTC."""
    asked = TIMES["end-to-end"], block_length(facts.period)
    facts.load_calls(UTC)
    pools, _ = pools_of(facts, config)
    regions = read_calls.servers_of(facts.connection, "region")
    calls = beside.submit(by_server, read_calls.latency_keys(facts.connection, *asked))
    advices = beside.submit(_advices, calls, pools)
    facts.load_calls(zone)
    if zone.key != UTC.key:
        calls = beside.submit(by_server, read_calls.latency_keys(facts.connection, *asked))
    return Compared(beside.submit(_effects, calls, regions), advices)


def _advices(calls: Future[Counts], pools: Sequence[AskedPool]) -> tuple[Advice, ...]:
    return advices_on(calls.result(), pools, Rules())


def _effects(calls: Future[Counts], regions: Sequence[Server]) -> tuple[effects.Effect, ...]:
    return effects.effects(calls.result().of_servers(regions))


def routing_figures(facts: Facts, zone: ZoneInfo, compared: Compared) -> RoutingFigures:
    """Distributions, comparison and failures with the hours of `zone`, and the advice."""
    facts.load_calls(zone)
    curves = read_calls.curves(facts.connection, "region")
    read_calls.load_attempts(facts.connection)
    failed = read_calls.throttling(facts.connection, ("backend",))
    (total,) = throttling.throttling_rows([throttling.together(failed)], ())
    return RoutingFigures(
        zone.key,
        tuple(Distribution(row["key"], row["requests"], tuple(zip(read_calls.CURVE_SHARES, row["ms"], strict=True)))
              for row in curves),
        compared.regions.result(), throttling.throttling_rows(failed, ("backend",)), total, compared.advices.result(),
    )  # fmt: skip
