"""Usage x dated unit price -> cost. Pure: price rows are an argument; sources/prices.py says where they come from."""

from aoai_insights.pricing.book import PriceBook
from aoai_insights.pricing.charging import (
    PAID_BY_HOUR,
    PROVISIONED,
    Charge,
    ChargePart,
    charge,
    scope_of,
)
from aoai_insights.pricing.unit_price import (
    Ambiguous,
    FxRate,
    Missing,
    NoMeter,
    UnitPrice,
    fine_tuned_base,
    model_and_version,
)
from aoai_insights.pricing.usage_line import UsageLine

__all__ = [
    "PAID_BY_HOUR",
    "PROVISIONED",
    "Ambiguous",
    "Charge",
    "ChargePart",
    "FxRate",
    "Missing",
    "NoMeter",
    "PriceBook",
    "UnitPrice",
    "UsageLine",
    "charge",
    "fine_tuned_base",
    "model_and_version",
    "scope_of",
]
