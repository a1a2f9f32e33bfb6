"""Where price rows come from: the book in the wheel, price sheets, the Azure Retail Prices API."""

from datetime import date

from aoai_insights.pricing import UnitPrice


def shipped_book() -> list[UnitPrice]:
    """The price book that ships with this version."""
    raise NotImplementedError


def book_age() -> date:
    """The newest day on which a price of the shipped book was read."""
    raise NotImplementedError
