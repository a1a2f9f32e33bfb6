"""Invented tenants: calls are drawn from a seed and summed here, so that every table describes the same whole."""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from aoai_insights.model import (
    Caller,
    Chargeback,
    ChargeRow,
    Coverage,
    Latency,
    LatencyRow,
    Period,
    Quality,
    SourceShare,
    Unpriced,
)
from aoai_insights.reports.view import ReportFigures

OCTOBER = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "2026-10")
SEPTEMBER = Period(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC), "2026-09")
CLASS_OF = {
    "llm_log": "measured",
    "body_usage": "measured",
    "stream_usage": "measured",
    "tokenized": "reconstructed",
    "extrapolated": "estimated",
    "lower_bound": "estimated",
    "none": "missing",
}
PRICE = {  # per token: prompt, cached, completion
    "gpt-4o": (Decimal("0.0000025"), Decimal("0.00000125"), Decimal("0.00001")),
    "gpt-4.1-mini": (Decimal("0.0000004"), Decimal("0.0000001"), Decimal("0.0000016")),
    "o4-mini": (Decimal("0.0000011"), Decimal("0.000000275"), Decimal("0.0000044")),
    "text-embedding-3-small": (Decimal("0.00000002"), Decimal("0.00000002"), Decimal(0)),
}


@dataclass(frozen=True, slots=True)
class Use:
    """Calls that are alike."""

    app: str
    cost_center: str
    model: str = "gpt-4o"
    region: str = "swedencentral"
    day: date = date(2026, 10, 1)
    requests: int = 1
    prompt: int = 1000
    cached: int = 0
    completion: int = 200
    source: str = "llm_log"
    priced: bool = True

    @property
    def cost(self) -> Decimal:
        if not self.priced or self.source == "none":
            return Decimal(0)
        prompt, cached, completion = PRICE[self.model]
        return (self.prompt - self.cached) * prompt + self.cached * cached + self.completion * completion


def days_of(period: Period) -> list[date]:
    return [period.start.date() + timedelta(days=n) for n in range((period.end - period.start).days)]


def chargeback(uses: Iterable[Use], by: tuple[str, ...], quality: Quality, period: Period, currency: str) -> Chargeback:
    groups: dict[tuple[str, ...], list[Use]] = defaultdict(list)
    every = list(uses)
    for use in every:
        groups[tuple(str(getattr(use, field)) for field in by)].append(use)
    rows = tuple(_row(dict(zip(by, key, strict=True)), group) for key, group in sorted(groups.items()))
    return Chargeback(period, currency, by, rows, _row({}, every), quality)


def _row(key: dict[str, str], uses: list[Use]) -> ChargeRow:
    def tokens(token_class: str) -> int:
        return sum(use.prompt + use.completion for use in uses if CLASS_OF[use.source] == token_class)

    return ChargeRow(
        key=key,
        requests=sum(use.requests for use in uses),
        prompt_tokens=sum(use.prompt for use in uses),
        cached_tokens=sum(use.cached for use in uses),
        completion_tokens=sum(use.completion for use in uses),
        reasoning_tokens=0,
        cost=sum((use.cost for use in uses), Decimal(0)),
        unpriced_requests=sum(use.requests for use in uses if not use.priced),
        measured_tokens=tokens("measured"),
        reconstructed_tokens=tokens("reconstructed"),
        estimated_tokens=tokens("estimated"),
        missing_requests=sum(use.requests for use in uses if use.source == "none"),
    )


def quality_of(uses: list[Use], missing: Iterable[date], period: Period, failed: int = 0) -> Quality:
    absent = tuple(sorted(missing))
    sources: dict[str, list[Use]] = defaultdict(list)
    unpriced: dict[tuple[str, str], list[Use]] = defaultdict(list)
    for use in uses:
        sources[use.source].append(use)
        if not use.priced:
            unpriced[use.model, use.region].append(use)
    nobody = [use for use in uses if use.app == "(unallocated)"]
    requests = sum(use.requests for use in uses)
    # Three callers share two thirds of the unallocated calls by regions; the rest is "all other callers".
    callers = tuple(
        Caller(subscription, "starter", "", f"10.1.{n}.7", part[0], part[1], part[2])
        for n, (subscription, part) in enumerate(
            (
                f"sub-{region}",
                (
                    sum(use.requests for use in nobody if use.region == region),
                    sum(use.prompt + use.completion for use in nobody if use.region == region),
                    sum((use.cost for use in nobody if use.region == region), Decimal(0)),
                ),
            )
            for region in sorted({use.region for use in nobody})[:2]
        )
    )
    return Quality(
        coverage=Coverage(tuple(d for d in days_of(period) if d not in absent), absent),
        requests=requests,
        failed_requests=failed,
        llm_matched=requests * 97 // 100,
        aoai_matched={"header": requests * 94 // 100, "trace": requests // 100, "heuristic": requests // 500},
        token_sources=tuple(
            SourceShare(
                source,
                CLASS_OF[source],
                sum(use.requests for use in group),
                sum(use.prompt + use.completion for use in group),
                sum((use.cost for use in group), Decimal(0)),
            )
            for source, group in sources.items()
        ),
        unpriced=tuple(
            Unpriced(
                model,
                "",
                "GlobalStandard",
                region,
                f"no price for {model} in scope global on any day of the period",
                sum(use.requests for use in group),
                sum(use.prompt + use.completion for use in group),
            )
            for (model, region), group in unpriced.items()
        ),
        unallocated=callers,
        unallocated_requests=sum(use.requests for use in nobody),
        unallocated_cost=sum((use.cost for use in nobody), Decimal(0)),
        other_api_requests=requests // 9,
        bypass_requests=requests // 400,
        bypass_tokens=requests // 400 * 900,
        retried_attempts=requests // 60,
        assumptions=("2 deployments have no type in the config: priced as GlobalStandard",) if requests else (),
        price_book="Retail prices of 11 August 2026 from the shipped price book, and 2 contract prices from the config",
    )


def latency(regions: Iterable[str], by: tuple[str, ...], period: Period, seed: int, quality: Quality) -> Latency:
    """A region's p95 swells in the afternoon; two hours of the first region are silent, some hours have few calls."""
    draw = random.Random(seed)
    rows = []
    for number, region in enumerate(sorted(regions)):
        base = 900 + 700 * number
        if by == ("region",):
            rows.append(_latency_row({"region": region}, 40_000 // (number + 1), base * 1.6))
            continue
        for hour in range(24):
            silent = number == 0 and hour in (2, 3)
            swell = 1 + (1.8 if 13 <= hour <= 17 and number == 1 else 0.35) * max(0, 1 - abs(hour - 14.5) / 6)
            few = hour % 11 == 4
            p95 = None if silent else base * swell * draw.uniform(0.95, 1.05)
            key = {"region": region, "hour": f"{hour:02}"}
            rows.append(_latency_row(key, 0 if silent else 7 if few else 900, p95))
    total = _latency_row({}, sum(row.requests for row in rows), 2400.0 + seed * 10 if rows else None)
    return Latency(period, by, "UTC", tuple(rows), total, quality.coverage, quality)


def _latency_row(key: dict[str, str], requests: int, p95: float | None) -> LatencyRow:
    if p95 is None:
        return LatencyRow(key, requests, None, None, None, 0.0, 0.0)
    return LatencyRow(key, requests, p95 * 0.4, p95, p95 * 1.9, 0.0123, 0.0041)


def figures(
    uses: list[Use],
    before: list[Use] | None = None,
    missing: Iterable[date] = (),
    currency: str = "USD",
    tenant: str = "Contoso",
) -> ReportFigures:
    quality = quality_of(uses, missing, OCTOBER)

    def by(*fields: str) -> Chargeback:
        return chargeback(uses, fields, quality, OCTOBER, currency)

    regions = {use.region for use in uses}
    whole = ReportFigures(
        title="Azure OpenAI chargeback",
        tenant=tenant,
        generated_at=datetime(2026, 11, 2, 6, 17, tzinfo=UTC),
        version="0.1.0",
        period=OCTOBER,
        currency=currency,
        by_app=by("app", "cost_center"),
        by_model=by("model", "region"),
        by_cost_center=by("cost_center"),
        by_day=by("day"),
        by_app_model=by("app", "model"),
        latency_by_region=latency(regions, ("region",), OCTOBER, 3, quality),
        latency_by_region_hour=latency(regions, ("region", "hour"), OCTOBER, 3, quality),
        quality=quality,
    )
    if before is None:
        return whole
    earlier = quality_of(before, (), SEPTEMBER)
    return replace(
        whole,
        previous_by_app=chargeback(before, ("app", "cost_center"), earlier, SEPTEMBER, currency),
        previous_by_app_model=chargeback(before, ("app", "model"), earlier, SEPTEMBER, currency),
        previous_latency_by_region=latency(regions, ("region",), SEPTEMBER, 9, earlier),
    )


def drawn(
    period: Period, apps: list[tuple[str, str]], seed: int, absent: Iterable[date] = (), size: int = 1
) -> list[Use]:
    """A month of calls of the apps, weekdays busier, drawn from a seed."""
    draw = random.Random(seed)
    models = ("gpt-4o", "gpt-4.1-mini", "o4-mini", "text-embedding-3-small")
    regions = ("eastus2", "francecentral", "swedencentral")
    sources = ("llm_log",) * 16 + ("stream_usage", "body_usage", "body_usage", "tokenized", "extrapolated", "none")
    skip = set(absent)
    uses = []
    for rank, (app, centre) in enumerate(apps):
        home = models[rank % 4], models[(rank + 1) % 4]
        for day in days_of(period):
            if day in skip:
                continue
            busy = 3 if day.weekday() < 5 else 1
            for model in home:
                requests = draw.randint(20, 60) * busy * size // (rank + 1) + 1
                prompt = requests * draw.randint(600, 2400)
                source = draw.choice(sources)
                completion = 0 if "embedding" in model else requests * draw.randint(80, 420)
                none = source == "none"
                uses.append(
                    Use(
                        app=app,
                        cost_center=centre,
                        model=model,
                        region=draw.choice(regions),
                        day=day,
                        requests=requests // 50 + 1 if none else requests,
                        prompt=0 if none else prompt,
                        cached=0 if none or "embedding" in model else prompt * draw.randint(0, 40) // 100,
                        completion=0 if none else completion,
                        source=source,
                    )
                )
    return uses


APPS = [
    ("support-bot", "CC-1001"),
    ("search-index", "CC-1002"),
    ("report-writer", "CC-1003"),
    ("fraud-check", "CC-1003"),
    ("(unallocated)", "(unallocated)"),
    ("contract-reader", "CC-1004"),
    ("intranet-assistant", "CC-1005"),
    ("translation", "CC-1005"),
    ("code-review", "CC-1006"),
    ("meeting-notes", "CC-1006"),
]

HOSTILE = [
    ("<img src=x onerror=alert(1)>", "CC-1"),
    ("</style></title><script>alert(1)</script>", "CC-1"),
    ("\"><svg onload=alert(1)> ' {{ 7*7 }} {% raw %}", "CC-2"),
    ('=HYPERLINK("http://evil.example","click")', "CC-2"),
    ("invoice\u202etxt.exe", "CC-3"),
    ("two\nlines\x00and\x1b[31mred", "CC-3"),
    ("a" * 4000, "CC-4"),
    ("https://" + "very-long-host-name." * 6 + "example/" + "path/" * 4, "CC-4"),
    ("🐙 octopus 👩‍💻", "CC-5"),
    ("مساعد الدعم", "CC-5"),
    ("Z" + "\u0317\u0310" * 60 + "algo", "CC-6"),
    ("sup\u200bport-bot", "CC-6"),
    ("lone \ud800 surrogate", "CC-7"),
    ("   ", "CC-7"),
    ("", ""),
    ("(unallocated)", "(unallocated)"),
]


def big(absent: Iterable[date] = ()) -> ReportFigures:
    return figures(drawn(OCTOBER, APPS, 7, absent, 200), drawn(SEPTEMBER, APPS[:-1], 11, (), 190), absent)


def tiny() -> ReportFigures:
    return figures([Use("notebook", "CC-1", requests=3, prompt=2100, completion=350)])


def many() -> ReportFigures:
    apps = [(f"app-{n:03}", f"CC-{n % 40:04}") for n in range(299)] + [("(unallocated)", "(unallocated)")]
    return figures(drawn(OCTOBER, apps, 5, (), 300), drawn(SEPTEMBER, apps, 6, (), 300))


def empty() -> ReportFigures:
    return figures([])


def doubtful() -> ReportFigures:
    """40 % of the cost is estimated, days are missing, a model has no price."""
    absent = [date(2026, 10, 3), date(2026, 10, 4), date(2026, 10, 17)]
    uses = drawn(OCTOBER, APPS, 7, absent, 40)
    uses = [replace(use, source="extrapolated" if n % 5 < 2 else "llm_log") for n, use in enumerate(uses)]
    uses += [Use("fraud-check", "CC-1003", "gpt-4o", "eastus2", date(2026, 10, 9), 31, 90_000, 0, 30_000, priced=False)]
    uses[-1] = replace(uses[-1], model="contoso-experimental-1")
    return figures(uses, drawn(SEPTEMBER, APPS, 11, (), 40), absent)


def hostile() -> ReportFigures:
    return figures(
        drawn(OCTOBER, HOSTILE, 3, (), 50), drawn(SEPTEMBER, HOSTILE[:-3], 4, (), 50), tenant="<b>&amp;\u202e"
    )


TENANTS = {"big": big, "tiny": tiny, "many": many, "empty": empty, "doubtful": doubtful, "hostile": hostile}
