"""Days of a period that are out of an app's own pattern of the eight weeks before."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from aoai_insights import anomalies
from aoai_insights.chargeback import Rated
from aoai_insights.config import Config
from aoai_insights.model import Period, Quality
from aoai_insights.pipeline.exchange import with_rates_back_to
from aoai_insights.pipeline.figures import open_facts
from aoai_insights.pipeline.rating import rated_usage
from aoai_insights.pricing import UnitPrice


@dataclass(frozen=True, slots=True)
class AnomalyFigures:
    """Odd days, the dearest deviation first, and how many app x model pairs were looked at."""

    period: Period
    currency: str
    found: tuple[anomalies.Anomaly, ...]
    looked_at: int
    quality: Quality


def compute_anomalies(
    store: Path, config: Config, period: Period, least: Decimal, *, now: datetime, prices: Iterable[UnitPrice]
) -> AnomalyFigures:
    """The odd days whose deviation is at least `least` in money. Days that are not over are not judged."""
    rows = list(prices)
    with open_facts(store, config, period, now, rows) as facts:
        quality = facts.quality
    whole = Period(period.start - anomalies.SPAN, period.end)
    uses: dict[tuple[str, str], dict[date, list[Rated]]] = defaultdict(lambda: defaultdict(list))
    with open_facts(store, with_rates_back_to(config, whole.start.date()), whole, now, rows) as facts:
        known = facts.quality.coverage.days_present
        for rated in rated_usage(facts.connection, ("app", "model"), facts.book, facts.currency):
            app, model = rated.usage.key
            uses[app, model][rated.usage.line.day].append(rated)
    today = now.astimezone(UTC).date()
    days = [day for day in known if period.start.date() <= day < min(period.end.date(), today)]
    found = [
        anomaly
        for (app, model), by_day in uses.items()
        for anomaly in anomalies.find(
            app, model, {day: anomalies.day_use(rated) for day, rated in by_day.items()}, days, known
        )
        if abs(anomaly.excess) >= least
    ]
    found.sort(key=lambda a: (-abs(a.excess), a.day, a.app, a.model))
    return AnomalyFigures(period, config.currency, tuple(found), len(uses), quality)
