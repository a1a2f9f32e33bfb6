"""Usage of the store with its price: the one place where the two meet."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aoai_insights import chargeback, deployments
from aoai_insights.errors import UsageError
from aoai_insights.pricing import Missing, PriceBook, UsageLine, charge
from aoai_insights.store import read

if TYPE_CHECKING:
    import duckdb


def rated_usage(
    connection: "duckdb.DuckDBPyConnection", columns: Sequence[str], book: PriceBook, currency: str,
    where: str = "true",
) -> list[chargeback.Rated]:  # fmt: skip
    """The period's usage by `columns` (SQL over `facts`), with its price."""
    return chargeback.rate(usage_groups(connection, columns, where), book, currency)


def rated_in_spans(
    connection: "duckdb.DuckDBPyConnection", columns: Sequence[str], book: PriceBook, currency: str, where: str,
    rated: Iterable[chargeback.Rated],
) -> list[chargeback.Rated]:  # fmt: skip
    """`rated_usage` without day and token source: days on which every price is the same are priced together.

    Cost is linear in tokens, so the sums are those of rated_usage, to the last digit; `columns` may tell hundreds of
    thousands of days of callers apart. `rated` is the period's usage without columns.
    """
    breaks, apart = _spans(rated, book, currency)
    rows = read.usage_by_spans(connection, columns, where, breaks, apart)
    return chargeback.rate((_usage_group(row, len(columns)) for row in rows), book, currency)


def _spans(rated: Iterable[chargeback.Rated], book: PriceBook, currency: str) -> tuple[list[date], list[str]]:
    """Days on which some price is another than before, and the models whose cost does not add up over days.

    Those have tokens without a price, or of kinds whose parts may contradict their whole: then a day has no cost.
    """
    apart: set[str] = set()
    days: dict[tuple[object, ...], dict[date, UsageLine]] = defaultdict(dict)
    for item in rated:
        line = item.usage.line
        key = (line.model, line.model_version, line.deployment_type, line.region, line.tier, line.long_context)
        days[key][line.day] = line
        others = (
            line.cache_write_tokens, line.audio_prompt_tokens, line.audio_completion_tokens, line.cached_audio_tokens,
            line.image_prompt_tokens, line.cached_image_tokens, line.image_completion_tokens, line.images,
            line.characters, line.audio_seconds,
        )  # fmt: skip
        if isinstance(item.charge, Missing) or line.unmeasured or any(others):
            apart.add(line.model)
    breaks: set[date] = set()
    for lines in days.values():
        before: tuple[Decimal, ...] | None = None
        for day in sorted(lines):
            if lines[day].model in apart:
                break
            prices = _unit_prices(lines[day], book, currency)
            if prices is None:
                apart.add(lines[day].model)
            elif before not in (None, prices):
                breaks.add(day)
            before = prices
    return sorted(breaks), sorted(apart)


def _unit_prices(line: UsageLine, book: PriceBook, currency: str) -> tuple[Decimal, ...] | None:
    """What one token of each plain class costs on the line's day; None where one of them has no price."""
    one_of_each = UsageLine(
        line.day, line.model, line.model_version, line.deployment_type, line.region, line.tier, line.long_context,
        prompt_tokens=2, cached_tokens=1, cache_write_tokens=0, completion_tokens=1, audio_prompt_tokens=0,
        audio_completion_tokens=0,
    )  # fmt: skip
    try:
        cost = charge(one_of_each, book, currency)
    except UsageError:  # no exchange rate for a class that nobody used: those that were used have been priced
        return None
    return None if isinstance(cost, Missing) else tuple(part.amount for part in cost.parts)


def usage_groups(
    connection: "duckdb.DuckDBPyConnection", columns: Sequence[str], where: str = "true"
) -> list[chargeback.UsageGroup]:
    """The period's usage by `columns`, not priced yet."""
    return [_usage_group(row, len(columns)) for row in read.usage(connection, columns, where)]


def _usage_group(row: Mapping[str, Any], keys: int) -> chargeback.UsageGroup:
    return chargeback.UsageGroup(
        key=tuple(row[f"key_{i}"] for i in range(keys)),
        line=UsageLine(
            day=row["price_day"],
            model=row["price_model"],
            model_version=row["model_version"],
            deployment_type=row["deployment_type"],
            region="" if row["price_region"] == deployments.UNKNOWN else row["price_region"],
            tier=row["tier"],
            long_context=row["long_context"],
            prompt_tokens=row["prompt_tokens"],
            cached_tokens=row["cached_tokens"],
            cache_write_tokens=row["cache_write_tokens"],
            completion_tokens=row["completion_tokens"],
            audio_prompt_tokens=row["audio_prompt_tokens"],
            audio_completion_tokens=row["audio_completion_tokens"],
            cached_audio_tokens=row["cached_audio_tokens"],
            image_prompt_tokens=row["image_prompt_tokens"],
            cached_image_tokens=row["cached_image_tokens"],
            image_completion_tokens=row["image_completion_tokens"],
            images=row["images"],
            image_grade=row["image_grade"],
            characters=row["characters"],
            audio_seconds=row["audio_seconds"],
            unmeasured=row["unmeasured"],
        ),
        token_source=row["token_source"],
        requests=row["requests"],
        failed_requests=row["failed_requests"],
        missing_requests=row["missing_requests"],
        billable_requests=row["billable_requests"],
        reasoning_tokens=row["reasoning_tokens"],
    )
