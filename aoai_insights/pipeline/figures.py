"""Figures: a period's requests, with payer and price found for each, as chargeback, latency, quality and report."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aoai_insights import chargeback, deployments
from aoai_insights.config import Config, app_rules
from aoai_insights.model import Chargeback, Latency, Period, Quality, UsageFact
from aoai_insights.pipeline import exchange, money
from aoai_insights.pipeline.calls import Calls, claims, open_calls, servers
from aoai_insights.pipeline.money import Beside
from aoai_insights.pipeline.quality import assess
from aoai_insights.pipeline.rating import rated_usage
from aoai_insights.pipeline.usage import cost_fact, usage_fact
from aoai_insights.pricing import PriceBook, UnitPrice, scope_of
from aoai_insights.pricing.check import Finding, InUse, check, with_unpriced
from aoai_insights.store import connect, read
from aoai_insights.store.period import load_period

if TYPE_CHECKING:
    import duckdb

    from aoai_insights.reports.view import ReportFigures


def compute_chargeback(
    store: Path, config: Config, period: Period, by: Sequence[str], *, now: datetime, prices: Iterable[UnitPrice]
) -> Chargeback:
    """Who used what and what it costs in the period, by any of read.BY_COLUMNS."""
    with open_facts(store, config, period, now, prices) as facts:
        return facts.chargeback(by)


def compute_latency(
    store: Path, config: Config, period: Period, by: Sequence[str], *, zone: ZoneInfo, now: datetime,
    prices: Iterable[UnitPrice], with_measures: bool = True, with_quality: bool = True,
) -> Latency:  # fmt: skip
    """Percentiles in the period, by any of read.LATENCY_COLUMNS; hours are those of `zone`.

    `with_measures` False leaves out the percentiles of all times but the end-to-end one, which takes half the time.
    `with_quality` False says only which days are there: nothing is summed and priced that no percentile needs.
    """
    if with_quality:
        with open_facts(store, config, period, now, prices) as facts:
            return facts.latency(by, zone, with_measures=with_measures)
    known = {price.model for price in prices}
    with open_calls(store, config, period, now, known, with_payers="app" in by) as calls:
        return calls.latency(by, zone, with_measures=with_measures)


def compute_quality(
    store: Path, config: Config, period: Period, *, now: datetime, prices: Iterable[UnitPrice]
) -> Quality:
    """How far the period's figures can be trusted."""
    with open_facts(store, config, period, now, prices) as facts:
        return facts.quality


def report_figures(
    store: Path, config: Config, period: Period, previous: Period | None, *, zone: ZoneInfo, now: datetime,
    version: str, prices: Iterable[UnitPrice],
) -> "ReportFigures":  # fmt: skip
    """Everything the report shows; `previous` is compared with where the store holds requests of it."""
    from aoai_insights.pipeline.budgets import budget_lines, configured
    from aoai_insights.pipeline.speed import aside, compare, routing_figures
    from aoai_insights.reports.view import ReportFigures

    rows = list(prices)
    with open_facts(store, config, period, now, rows) as facts, aside() as beside:
        compared = compare(facts, config, zone, beside)
        figures = ReportFigures(
            title="Azure OpenAI chargeback",
            tenant=config.title,
            generated_at=now,
            version=version,
            period=period,
            currency=config.currency,
            by_app=facts.chargeback(("app", "cost_center")),
            by_model=facts.chargeback(("model", "region")),
            by_cost_center=facts.chargeback(("cost_center",)),
            by_day=facts.chargeback(("day",)),
            by_app_model=facts.chargeback(("app", "model")),
            latency_by_region=facts.latency(("region",), zone),
            latency_by_region_hour=facts.latency(("region", "hour"), zone, with_measures=False),
            routing=routing_figures(facts, zone, compared),
            quality=facts.quality,
        )
        daily = facts.chargeback(("day", "app", "cost_center")) if configured(config) and period.month else None
    if daily is not None:
        figures = replace(figures, budgets=budget_lines(store, config, daily, now=now, prices=rows))
    if previous is None:
        return figures
    with open_facts(store, config, previous, now, rows) as before:
        if before.quality.requests == 0:
            return figures
        return replace(
            figures,
            previous_by_app=before.chargeback(("app", "cost_center")),
            previous_by_app_model=before.chargeback(("app", "model")),
            previous_latency_by_region=before.latency(("region",), zone),
        )


def months(store: Path) -> list[str]:
    """The months ("2026-10") of which the store holds calls."""
    with connect.open_for_reading(store) as connection:
        return read.months(connection)


def check_prices(
    store: Path, config: Config, period: Period, *, now: datetime, prices: Iterable[UnitPrice]
) -> list[Finding]:
    """What is missing or doubtful about the prices of what was used in the period, as of its last day.

    Whatever the statement calls unpriced is in it, too: on any day, sold by the token, the piece or the hour.
    """
    with open_facts(store, config, period, now, prices) as facts:
        in_use = [
            InUse(model, version, scope_of(kind) or "", "" if region == deployments.UNKNOWN else region, tier, long)
            for model, version, kind, region, tier, long in read.in_use(facts.connection)
            if scope_of(kind)
        ]
        last = period.days[1]
        return with_unpriced(check(facts.book, in_use, last, config.currency), last, facts.quality.unpriced)


def owner_figures(
    store: Path, config: Config, period: Period, *, zone: ZoneInfo, now: datetime, prices: Iterable[UnitPrice]
) -> tuple[tuple[UsageFact, ...], Latency, Quality]:
    """What statements are made of: the period's usage at its finest grain, latency by app, and how far to trust it."""
    with open_facts(store, config, period, now, prices) as facts:
        return facts.usage(), facts.latency(("app",), zone), facts.quality


def query(store: Path, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and rows of one query on the read-only store. Raises UsageError with the database's own words."""
    with connect.open_for_reading(store) as connection:
        return read.ask(connection, sql)


@dataclass(slots=True)
class Facts:
    """A period's requests in an open store, with payer and price key found for each: all figures come from here."""

    connection: "duckdb.DuckDBPyConnection"
    period: Period
    currency: str
    book: PriceBook
    quality: Quality
    beside: Beside
    """Cost that is not tokens times price, shared among the apps."""
    calls: Calls

    def chargeback(self, by: Sequence[str]) -> Chargeback:
        rated = rated_usage(self.connection, [read.BY_COLUMNS[name] for name in by], self.book, self.currency)
        return Chargeback(
            period=self.period,
            currency=self.currency,
            by=tuple(by),
            rows=chargeback.rows(rated, by, self.beside.items),
            total=chargeback.total(rated, self.beside.items),
            quality=self.quality,
            rules=tuple(dict.fromkeys((*self.beside.rules, *exchange.fx_sentences(rated)))),
        )

    def usage(self) -> tuple[UsageFact, ...]:
        columns = ("app", "cost_center", "resource", "deployment")
        rated = rated_usage(self.connection, columns, self.book, self.currency)
        return (*(usage_fact(item) for item in rated), *(cost_fact(item) for item in self.beside.items))

    def load_calls(self, zone: ZoneInfo) -> None:
        """Makes `calls` with the hours of `zone`."""
        self.calls.load(zone)

    def latency(self, by: Sequence[str], zone: ZoneInfo, *, with_measures: bool = True) -> Latency:
        return self.calls.latency(by, zone, with_measures=with_measures)


@contextmanager
def open_facts(
    store: Path, config: Config, period: Period, now: datetime, prices: Iterable[UnitPrice], *, with_ids: bool = False
) -> Iterator[Facts]:
    """The period in an open store, joined once; for use-cases of this folder. `with_ids`: calls know their ids."""
    rows = list(prices)
    book = PriceBook(rows, exchange.fx_rates(config))
    until = min(period.end, now)
    with connect.open_for_reading(store) as connection:
        read.list_apis(connection, config.gateway.apis)
        load_period(connection, period, with_ids=with_ids)
        claimed = claims(config, period, read.callers(connection))
        named = servers(config, period, {price.model for price in rows}, partial(read.names, connection))
        costs = money.provisioned_costs(config, money.provisioned(config, named), period, until, book)
        named = money.paid_by_hour(named, costs.costed)
        read.load_facts(connection, claimed, named)
        beside = money.share_all(connection, config, costs, named, period, until, book, app_rules(config.apps))
        quality = assess(connection, period, now, config.currency, book, rows, named, beside)
        calls = Calls(connection, period, quality.coverage, quality)
        yield Facts(connection, period, config.currency, book, quality, beside, calls)
