"""A period's calls in an open store, with who pays and what served known of each: what latency is made of."""

import json
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aoai_insights import allocation, deployments
from aoai_insights.config import Config, app_rules
from aoai_insights.latency import measures
from aoai_insights.model import Coverage, Latency, LatencyRow, Period, Quality
from aoai_insights.store import collected, connect, read
from aoai_insights.store.period import calls_at, load_calls, load_joined
from aoai_insights.validity import spans

if TYPE_CHECKING:
    import duckdb

GATEWAY_TABLE = "ApiManagementGatewayLogs"
"""The table that says of which hours the calls of a workspace are known."""

NamedServer = tuple[deployments.Names, deployments.Served, int]
"""What the logs call a server, what it was found to be, and how many calls with tokens it answered."""


@dataclass(slots=True)
class Calls:
    """A period's calls in an open store, to be asked how long they took."""

    connection: "duckdb.DuckDBPyConnection"
    period: Period
    coverage: Coverage
    quality: Quality | None = None
    """None where nobody asked for it: it takes longer than the percentiles."""
    zone: str = ""
    """Time zone of the hours of `calls`; empty while there are none."""
    total: LatencyRow | None = None
    """The latency of all calls, which no time zone changes; None until somebody asks."""

    def load(self, zone: ZoneInfo) -> None:
        """Makes `calls` with the hours of `zone`; the calls themselves are joined once."""
        if not self.zone:
            load_calls(self.connection)
        if self.zone != zone.key:
            calls_at(self.connection, measures.utc_offsets(self.period, zone))
            self.zone = zone.key

    def latency(self, by: Sequence[str], zone: ZoneInfo, *, with_measures: bool = True) -> Latency:
        self.load(zone)
        total = self.total
        if total is not None and with_measures and total.requests and total.measures is None:
            total = None
        rows = read.latency(self.connection, by, with_measures=with_measures, with_total=total is None)
        if total is None:
            whole = measures.latency_rows([row for row in rows if row["over_all"]], ())
            total = self.total = whole[0] if whole and whole[0].requests else measures.EMPTY
        return Latency(
            period=self.period,
            by=tuple(by),
            timezone=zone.key,
            rows=measures.latency_rows([row for row in rows if not (by and row["over_all"])], by),
            total=total,
            coverage=self.coverage,
            quality=self.quality,
        )


@contextmanager
def open_calls(
    store: Path, config: Config, period: Period, now: datetime, known_models: Container[str], *, with_payers: bool
) -> Iterator[Calls]:
    """The period in an open store, none of it summed or priced. `with_payers`: calls know their apps."""
    with connect.open_for_reading(store) as connection:
        read.list_apis(connection, config.gateway.apis)
        load_joined(connection, period)
        named = servers(config, period, known_models, lambda *_: read.all_names(connection))
        callers = read.all_callers(connection) if with_payers else ()
        read.load_payers(connection, claims(config, period, callers), named)
        yield Calls(connection, period, coverage(connection, period, now))


def claims(
    config: Config, period: Period, callers: Iterable[read.CallerRow]
) -> list[tuple[read.CallerRow, allocation.Claim]]:
    """Who pays for each caller, on each day of the period."""
    rules, days = app_rules(config.apps), period.days
    return [(caller, claim) for caller in callers for claim in allocation.claims(_key(caller), rules, *days)]


def _key(row: read.CallerRow) -> allocation.CallerKey:
    apim_subscription, product, entra_app, caller_ip, headers = row
    return allocation.CallerKey(
        apim_subscription, product, entra_app, caller_ip, json.loads(headers) if headers else None
    )


def servers(
    config: Config, period: Period, known_models: Container[str],
    names: Callable[[date, date], Iterable[tuple[deployments.Names, int]]],
) -> list[NamedServer]:  # fmt: skip
    """What each server was found to be; `names` says what served from one day to another."""
    configured = _configured(config)
    return [
        (name, deployments.served(name, configured, known_models, *days), calls)
        for days in spans((e for entries in configured.values() for e in entries), *period.days)
        for name, calls in names(*days)
    ]


def _configured(config: Config) -> dict[tuple[str, str], list[deployments.ConfiguredDeployment]]:
    """The [[deployments]] entries by resource and deployment in lower case."""
    found: dict[tuple[str, str], list[deployments.ConfiguredDeployment]] = defaultdict(list)
    for d in config.deployments:
        entry = deployments.ConfiguredDeployment(d.type, d.model, d.model_version, d.region, d.valid_from, d.valid_to)
        found[d.resource.lower(), d.deployment.lower()].append(entry)
    return found


def coverage(connection: "duckdb.DuckDBPyConnection", period: Period, now: datetime) -> Coverage:
    """The days of the period of which the logs were read, and those that nobody saw."""
    quiet = collected.whole_days(connection, period, GATEWAY_TABLE)  # read from 0 to 24 h, though nobody called
    present = tuple(sorted({*read.days_present(connection, period), *quiet}))
    return Coverage(present, _missing_days(period, now, present), collected.gaps(connection, period))


def _missing_days(period: Period, now: datetime, present: Sequence[date]) -> tuple[date, ...]:
    """Whole days of the period that are over and on which no record was written."""
    over = min(period.end, now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0))
    days = (over - period.start) // timedelta(days=1)
    every = (period.start.date() + timedelta(days=n) for n in range(max(days, 0)))
    return tuple(day for day in every if day not in set(present))
