"""Charges of a period as a table of the lake, computed by the same pipeline as everywhere."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from aoai_insights.config import Config
from aoai_insights.model import Chargeback, ChargeRow, Period
from aoai_insights.money import round_parts
from aoai_insights.pipeline.figures import compute_chargeback
from aoai_insights.pricing import UnitPrice

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

BY = ("day", "app", "cost_center", "model", "region", "deployment")
_STEP = Decimal("1e-15")
_COUNTS = tuple(item.name for item in fields(ChargeRow) if item.type in (int, "int"))


def write_charges(
    session: "SparkSession", target: str, *, store: Path, config: Config, period: Period, now: datetime,
    prices: Iterable[UnitPrice], by: Sequence[str] = BY,
) -> Chargeback:  # fmt: skip
    """Writes the period's charges to the Parquet folder `target`, which it replaces, and returns them.

    A row has the columns of `by`, the counts of model.ChargeRow, `cost` to 15 decimals (their sum is the exact total),
    `currency`, `period_start` and `period_end`. `quality` of what is returned says whether the answer is whole.
    """
    bill = compute_chargeback(store, config, period, by, now=now, prices=prices)
    costs = round_parts([row.cost for row in bill.rows], _STEP)
    about = (bill.currency, period.start, period.end)
    rows = [
        (*(row.key[name] for name in by), *(getattr(row, name) for name in _COUNTS), cost, *about)
        for row, cost in zip(bill.rows, costs, strict=True)
    ]
    columns = [
        *(f"`{name}` string" for name in by),
        *(f"{name} bigint" for name in _COUNTS),
        "cost decimal(38, 15)", "currency string", "period_start timestamp", "period_end timestamp",
    ]  # fmt: skip
    session.createDataFrame(rows, ", ".join(columns)).coalesce(1).write.mode("overwrite").parquet(target)
    return bill
