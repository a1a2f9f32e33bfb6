"""Prices of another currency: at the rate of the day of the usage, with its source, or not at all."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from aoai_insights.errors import UsageError
from aoai_insights.pricing import Charge, FxRate, Missing, PriceBook, UnitPrice, charge

from ..pricing.build import row, usage

JUNE = FxRate("USD", "EUR", Decimal("0.90"), date(2026, 6, 1), "ECB, 1 June 2026")
OCTOBER = FxRate("USD", "EUR", Decimal("0.92"), date(2026, 10, 5), "ECB, 5 October 2026")
OUTPUT = row("10", direction="output")
EURO = {"currency": "EUR", "source": "price_sheet", "confidence": "contract"}

AMOUNTS: dict[str, tuple[list[UnitPrice], str, str]] = {
    # 1,000,000 prompt and 100,000 completion tokens: 2.5 + 1 dollars
    "the rate that begins on the day": ([row("2.5"), OUTPUT], "2026-10-05", "3.22"),
    "the day before, the rate before": ([row("2.5"), OUTPUT], "2026-10-04", "3.15"),
    "a contract price in the statement's currency is used as it is": (
        [row("2.5"), OUTPUT, row("2", **EURO)], "2026-10-05", "2.92"),
    "a contract price that ended gives way to the list, converted": (
        [row("2.5"), OUTPUT, row("2", end="2026-10-04", **EURO)], "2026-10-05", "3.22"),
    "a contract price in dollars is converted like any other": (
        [row("2.5"), OUTPUT, row("2", source="price_sheet")], "2026-10-05", "2.76"),
    "the list in the statement's currency goes before the list in another": (
        [row("2.5"), OUTPUT, row("2.4", currency="EUR")], "2026-10-05", "3.32"),
    "usage before the first row takes the rate of its own day": (
        [row("2.5", start="2026-11-01"), OUTPUT], "2026-10-05", "3.22"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "day", "amount"), AMOUNTS.values(), ids=AMOUNTS.keys())
def test_the_amount_in_euros(rows: list[UnitPrice], day: str, amount: str) -> None:
    line = usage(day=date.fromisoformat(day), prompt_tokens=1_000_000, completion_tokens=100_000)
    charged = charge(line, PriceBook(rows, [JUNE, OCTOBER]), "EUR")
    assert isinstance(charged, Charge), charged
    assert charged.amount == Decimal(amount)
    assert all((part.fx is None) == (part.price.currency == "EUR") for part in charged.parts)


REFUSED: dict[str, list[FxRate]] = {
    "no rate at all": [],
    "a rate that begins the day after": [FxRate("USD", "EUR", Decimal("0.92"), date(2026, 10, 6), "")],
    "a rate the other way round": [FxRate("EUR", "USD", Decimal("1.09"), date(2026, 1, 1), "")],
    "a rate to another currency": [FxRate("USD", "CHF", Decimal("0.80"), date(2026, 1, 1), "")],
}


@pytest.mark.parametrize("rates", REFUSED.values(), ids=REFUSED.keys())
def test_without_a_rate_of_the_day_nothing_is_charged_and_the_error_says_what_to_add(rates: list[FxRate]) -> None:
    line = usage(prompt_tokens=1)
    with pytest.raises(UsageError, match=r"no exchange rate from USD to EUR on 2026-10-05") as error:
        charge(line, PriceBook([row()], rates), "EUR")
    assert 'from = "USD"' in error.value.remedy
    assert 'to = "EUR"' in error.value.remedy


def test_a_book_without_rates_converts_nothing() -> None:
    found: Any = charge(usage(prompt_tokens=1), PriceBook([row()]), "EUR")
    assert isinstance(found, Missing)
