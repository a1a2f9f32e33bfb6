"""The shipped book against LiteLLM's table of Azure prices: every disagreement is explained, or this fails.

`litellm_prices.csv` is written by tools/extract_litellm_prices.py; `litellm_explained.csv` by hand.
"""

import csv
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from aoai_insights.pricing import Missing, PriceBook
from aoai_insights.sources.prices import shipped_book

HERE = Path(__file__).parent
READ_ON = date(2026, 11, 21)


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def disagreements() -> list[tuple[str, str, str]]:
    return list(disagreeing(PriceBook(shipped_book())))


def disagreeing(book: PriceBook) -> Iterator[tuple[str, str, str]]:
    for cell in rows("litellm_prices.csv"):
        found = book.price(
            model=cell["model"], version=cell["version"], scope=cell["scope"], region=cell["region"], day=READ_ON,
            currency="USD", direction=cell["direction"], cache=cell["cache"], modality=cell["modality"],
            tier=cell["tier"], long_context=cell["context"] == "long",
        )  # fmt: skip
        if isinstance(found, Missing):
            yield cell["key"], cell["field"], "missing"
        elif found.price * 1_000_000 != Decimal(cell["price"]) * found.per:
            yield cell["key"], cell["field"], "differ"


def explains(rule: dict[str, str], cell: tuple[str, str, str]) -> bool:
    key, field, what = cell
    return rule["what"] == what and all(re.fullmatch(rule[c], v) for c, v in (("key", key), ("field", field)))


def test_every_cell_that_disagrees_is_explained(disagreements: list[tuple[str, str, str]]) -> None:
    rules = rows("litellm_explained.csv")
    assert [cell for cell in disagreements if not any(explains(rule, cell) for rule in rules)] == []


def test_every_explanation_is_still_needed(disagreements: list[tuple[str, str, str]]) -> None:
    idle = [r["why"] for r in rows("litellm_explained.csv") if not any(explains(r, cell) for cell in disagreements)]
    assert idle == []


def test_most_cells_agree(disagreements: list[tuple[str, str, str]]) -> None:
    assert len(rows("litellm_prices.csv")) - len(disagreements) >= 1600
