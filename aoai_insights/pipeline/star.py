"""The star schema for Power BI and its like: one fact table, one table per dimension, keys that join.

A key is the same in every export: 63 bits of the SHA-256 of the natural key. Months can be appended to each other.
"""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from aoai_insights.chargeback import TOKEN_CLASS
from aoai_insights.config import Config
from aoai_insights.errors import UsageError
from aoai_insights.model import UsageFact
from aoai_insights.money import round_parts

MONEY = pl.Decimal(38, 15)
_STEP = Decimal("1e-15")
_MEASURES = (
    "requests", "failed_requests", "missing_requests", "unpriced_requests", "prompt_tokens", "cached_tokens",
    "completion_tokens", "reasoning_tokens",
)  # fmt: skip
_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "app": ("app", "cost_center"),
    "model": ("model", "model_version"),
    "region": ("region",),
    "deployment": ("resource", "deployment", "deployment_type", "tier"),
    "token_source": ("token_source", "token_class"),
}


def tables(usage: Sequence[UsageFact], config: Config) -> dict[str, pl.DataFrame]:
    """fact_usage and dim_*. Every fact finds exactly one row of every dimension; costs sum to the exact total."""
    owners = {(app.name, app.cost_center): app.owner for app in config.apps}
    sums: dict[tuple[Any, ...], list[UsageFact]] = {}
    seen: dict[str, dict[int, tuple[str, ...]]] = {name: {} for name in _DIMENSIONS}
    for fact in usage:
        keys = []
        for name, fields in _DIMENSIONS.items():
            natural = tuple(str(getattr(fact, field)) for field in fields)
            number = key(name, natural)
            seen[name][number] = natural
            keys.append(number)
        sums.setdefault((fact.day, *keys, fact.kind), []).append(fact)
    ordered = sorted(sums)
    costs = round_parts([sum((f.cost for f in sums[at]), Decimal(0)) for at in ordered], _STEP)
    names = ("date", *(f"{name}_key" for name in _DIMENSIONS), "kind")
    facts = pl.DataFrame(
        [
            (*at, *(sum(getattr(f, m) for f in sums[at]) for m in _MEASURES), cost)
            for at, cost in zip(ordered, costs, strict=True)
        ],
        schema={
            **{name: pl.Date if name == "date" else pl.String if name == "kind" else pl.Int64 for name in names},
            **dict.fromkeys(_MEASURES, pl.Int64),
            "cost": MONEY,
        },
        orient="row",
    ).with_columns(pl.lit(config.currency).alias("currency"))
    made = {"fact_usage": facts}
    for name, fields in _DIMENSIONS.items():
        rows = [(number, *natural) for number, natural in sorted(seen[name].items(), key=lambda item: item[1])]
        made[f"dim_{name}"] = pl.DataFrame(
            rows, schema={f"{name}_key": pl.Int64, **dict.fromkeys(fields, pl.String)}, orient="row"
        )
    apps = made["dim_app"]
    made["dim_app"] = apps.with_columns(
        pl.Series("owner", [owners.get((app, centre), "") for _, app, centre in apps.rows()], dtype=pl.String)
    )
    order = {source: rank for rank, source in enumerate(TOKEN_CLASS, 1)}
    sources = made["dim_token_source"]
    made["dim_token_source"] = sources.with_columns(
        pl.Series("rank", [order.get(source) for _, source, _ in sources.rows()], dtype=pl.Int64)
    )
    made["dim_date"] = _dates(facts)
    return made


def key(dimension: str, natural: Sequence[str]) -> int:
    """The key of a dimension's row; different rows have different keys, in every export."""
    digest = hashlib.sha256("\x1f".join((dimension, *natural)).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def write(made: Mapping[str, pl.DataFrame], folder: Path) -> list[Path]:
    """One Parquet file per table. Raises UsageError where the folder cannot be written."""
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in made.items():
            partial, target = folder / f".{name}.partial", folder / f"{name}.parquet"
            frame.write_parquet(partial)
            partial.replace(target)
            written.append(target)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}", "name another folder") from None
    return written


def _dates(facts: pl.DataFrame) -> pl.DataFrame:
    """Every day from the first to the last fact: a calendar without holes, as time functions need it."""
    days = facts["date"]
    first, last = days.min(), days.max()
    every = pl.date_range(first, last, eager=True) if len(days) else pl.Series([], dtype=pl.Date)  # type: ignore[arg-type]
    return pl.DataFrame({"date": every}).with_columns(
        pl.col("date").dt.year().cast(pl.Int64).alias("year"),
        pl.col("date").dt.month().cast(pl.Int64).alias("month"),
        pl.col("date").dt.strftime("%Y-%m").alias("year_month"),
        pl.col("date").dt.day().cast(pl.Int64).alias("day"),
        pl.col("date").dt.weekday().cast(pl.Int64).alias("weekday"),
    )
