"""Usage x dated unit price -> cost. Pure: price rows are an argument; sources/prices.py says where they come from."""

from aoai_insights.pricing.book import PriceBook
from aoai_insights.pricing.charging import Charge, ChargePart, UsageLine, charge, scope_of
from aoai_insights.pricing.unit_price import Missing, NoMeter, UnitPrice, model_and_version

__all__ = [
    "Charge",
    "ChargePart",
    "Missing",
    "NoMeter",
    "PriceBook",
    "UnitPrice",
    "UsageLine",
    "charge",
    "model_and_version",
    "scope_of",
]
