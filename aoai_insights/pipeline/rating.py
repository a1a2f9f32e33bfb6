"""Usage of the store with its price: the one place where the two meet."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aoai_insights import chargeback, deployments
from aoai_insights.pricing import PriceBook, UsageLine
from aoai_insights.store import read

if TYPE_CHECKING:
    import duckdb


def rated_usage(
    connection: "duckdb.DuckDBPyConnection", columns: Sequence[str], book: PriceBook, currency: str,
    where: str = "true",
) -> list[chargeback.Rated]:  # fmt: skip
    """The period's usage by `columns` (SQL over `facts`), with its price."""
    return chargeback.rate(usage_groups(connection, columns, where), book, currency)


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
