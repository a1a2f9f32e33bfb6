"""Sums of sums: a period's calls are summed once into cells, and callers over days of one price; no figure may change."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aoai_insights import chargeback
from aoai_insights.config import Config
from aoai_insights.model import Period
from aoai_insights.pipeline.figures import open_facts
from aoai_insights.pipeline.rating import rated_in_spans, rated_usage
from aoai_insights.pricing import UnitPrice
from aoai_insights.store import connect, read, write
from tests.store.rows import T0, batch

MONTH = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "2026-10")
DAYS = [T0 + timedelta(days=days) for days in range(-3, 20, 2)]


def price(model: str, direction: str, amount: str, since: date = date(2026, 1, 1), cache: str = "none") -> UnitPrice:
    return UnitPrice(
        id=f"{model}-{direction}-{cache}-{since}", model=model, version="*", kind="inference", direction=direction,
        modality="text", cache=cache, tier="standard", scope="global", context=None, regions=frozenset(), unit="token",
        per=1_000_000, price=Decimal(amount), currency="USD", effective_from=since, effective_to=None, meter_id="",
        meter="", product="", source="config", source_detail="", retrieved_at=None, confidence="user",
    )  # fmt: skip


def both(model: str, amount: str, since: date = date(2026, 1, 1)) -> list[UnitPrice]:
    return [price(model, direction, amount, since) for direction in ("input", "output")]


LATER = date(2026, 10, 12)
MODELS = ("gpt-4o-2024-11-20", "gpt-4.1-2025-04-14", "gpt-4o-mini-2024-07-18")
BOOKS: dict[str, list[UnitPrice]] = {
    "one price for the month": both("gpt-4o", "2.5") + both("gpt-4.1", "2"),
    "a price that changes within the month": both("gpt-4o", "2.5") + both("gpt-4o", "3.7", LATER) + both("gpt-4.1", "2"),
    "a cached price that begins within the month":
        [*both("gpt-4o", "2.5"), price("gpt-4o", "input", "1.1", LATER, "read"), *both("gpt-4.1", "2")],
    "a model without a price": both("gpt-4.1", "2"),
    "a model whose answers have no price": [*both("gpt-4o", "2.5"), price("gpt-4.1", "input", "2")],
}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Three models, callers, calls with and without answers, failed ones, and one whose parts contradict."""
    rows: list[dict[str, Any]] = []
    for n, at in enumerate(day + timedelta(hours=hour) for day in DAYS for hour in range(4)):
        rows.append({
            "correlation_id": f"c{n}", "started_at": at, "apim_subscription": f"sub-{n % 2}", "body_source": "body_usage",
            "body_model": MODELS[n // 2 % 3], "prompt_tokens": 100 + n,
            "cached_tokens": n % 3 * 20, "completion_tokens": 0 if n % 5 == 0 else 7 + n, "caller_ip": f"10.0.0.{n % 3}",
            "status_code": 429 if n % 11 == 10 else 200,
        })  # fmt: skip
    rows[4] |= {"audio_prompt_tokens": 500}
    path = tmp_path / "store.duckdb"
    with connect.open_for_writing(path) as connection:
        write.stage(connection, "gateway", batch("gateway", *rows))
        write.commit(connection, [], T0)
    return path


def figures(rated: list[chargeback.Rated]) -> list[tuple[Any, ...]]:
    return [
        (row.key, row.requests, row.prompt_tokens, row.completion_tokens, row.cost, row.unpriced_requests)
        for row in chargeback.rows(rated, read.CALLER_COLUMNS)
    ]


@pytest.mark.parametrize("prices", [pytest.param(book, id=name) for name, book in BOOKS.items()])
def test_callers_cost_the_same_over_days_together_as_day_by_day(store: Path, prices: list[UnitPrice]) -> None:
    with open_facts(store, Config(), MONTH, T0, [*prices, *both("gpt-4o-mini", "0.15")]) as facts:
        one_by_one = rated_usage(facts.connection, read.CALLER_COLUMNS, facts.book, "USD")
        together = rated_in_spans(
            facts.connection, read.CALLER_COLUMNS, facts.book, "USD", "true",
            rated_usage(facts.connection, [], facts.book, "USD"),
        )  # fmt: skip
    assert len(together) < len(one_by_one)
    assert figures(together) == figures(one_by_one)


@pytest.mark.parametrize(
    "by", [["app"], ["model", "day"], ["region", "deployment"], list(read.CALLER_COLUMNS)], ids=", ".join
)
def test_usage_from_cells_is_the_usage_of_the_calls(store: Path, by: list[str]) -> None:
    with open_facts(store, Config(), MONTH, T0, BOOKS["one price for the month"]) as facts:
        cells = read.usage(facts.connection, by)
        calls = read.usage(facts.connection, [*by, "method"])  # which no cell knows, and which is POST everywhere
    assert cells
    assert cells == [{name: value for name, value in row.items() if name != f"key_{len(by)}"} for row in calls]
