"""What was read when: a new price closes the old one, nothing is overwritten."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aoai_insights.pricing import UnitPrice
from aoai_insights.pricing.history import Reading, append, collapse, read_items

from .build import item, row


def told(rows: list[UnitPrice]) -> list[str]:
    return sorted(f"{r.price} {r.effective_from}..{r.effective_to or ''}" for r in rows)


HISTORIES: dict[str, tuple[list[UnitPrice], list[UnitPrice], list[str], str]] = {
    # id: known, read, rows afterwards, changes
    "a new key": ([], [row("1")], ["1 2026-01-01.."], "new"),
    "the same again": ([row("1")], [row("1")], ["1 2026-01-01.."], ""),
    "the same under a new name": ([row("1")], [row("1", meter="renamed")], ["1 2026-01-01.."], ""),
    "the same from a later start, as a region's arrival": (
        [row("1")], [row("1", start="2026-06-01")], ["1 2026-01-01.."], ""),
    "the same from an earlier start": ([row("1")], [row("1", start="2025-06-01")], ["1 2025-06-01.."], ""),
    "a new price closes the old one the day before": (
        [row("1")], [row("2", start="2026-08-15")], ["1 2026-01-01..2026-08-14", "2 2026-08-15.."], "changed"),
    "an old price whose end was announced": (
        [row("1", end="2026-08-31")], [row("2", start="2026-09-01")],
        ["1 2026-01-01..2026-08-31", "2 2026-09-01.."], ""),
    "the outgoing and the new price in one reading": (
        [], [row("1", meter="m"), row("2", start="2026-08-01", meter="m")],
        ["1 2026-01-01..2026-07-31", "2 2026-08-01.."], "new changed"),
    "a price dated back before a known one supersedes it, and the old row stays": (
        [row("1"), row("2", start="2026-09-01")], [row("3", start="2026-08-01")],
        ["1 2026-01-01..2026-07-31", "2 2026-09-01..2026-08-31", "3 2026-08-01.."], "restated"),
    "another price for the same start": (
        [row("1")], [row("2", retrieved_at=date(2026, 9, 1))],
        ["1 2026-01-01..2025-12-31", "2 2026-01-01.."], "restated"),
    "a price that is gone stays open and is reported": (
        [row("1"), row("5", direction="output")], [row("1")], ["1 2026-01-01..", "5 2026-01-01.."], "vanished"),
    "other scopes of the list were not read": ([row("5", scope="regional", regions="uksouth")], [row("1")],
                                               ["1 2026-01-01..", "5 2026-01-01.."], "new"),
}  # fmt: skip


@pytest.mark.parametrize(("known", "read", "after", "kinds"), HISTORIES.values(), ids=HISTORIES.keys())
def test_appending(known: list[UnitPrice], read: list[UnitPrice], after: list[str], kinds: str) -> None:
    rows, changes = append(known, read)
    assert told(rows) == after
    assert " ".join(c.kind for c in changes) == kinds


def test_two_meters_of_one_reading_that_claim_a_key_stay_both_and_are_reported() -> None:
    rows, changes = append([], [row("1", meter="a"), row("2", meter="b", start="2026-03-01")])
    assert told(rows) == ["1 2026-01-01..", "2 2026-03-01.."]
    assert [c.kind for c in changes] == ["new", "ambiguous"]


days = st.dates(date(2025, 1, 1), date(2026, 12, 31))
prices = st.sampled_from(["1", "2", "3"])


@given(st.lists(st.tuples(days, prices), min_size=1, max_size=6), days)
def test_whatever_was_read_there_is_never_more_than_one_price_on_a_day(
    readings: list[tuple[date, str]], day: date
) -> None:
    rows: list[UnitPrice] = []
    for number, (start, price) in enumerate(readings):
        read = row(price, start=start.isoformat(), retrieved_at=date(2027, 1, 1 + number), meter="m")
        before = [r.effective_from for r in rows]
        rows, _ = append(rows, [read])
        assert len(rows) >= len(before) or price in {str(r.price) for r in rows}
    assert len([r for r in rows if r.valid_on(day)]) <= 1
    last_start, last_price = readings[-1]
    assert [str(r.price) for r in rows if r.valid_on(last_start)] == [last_price]


def read(*items: dict[str, Any]) -> Reading:
    return read_items(items, source="retail", source_detail="", retrieved_at=date(2026, 10, 9), confidence="retail")


def test_an_item_becomes_a_row_per_million_tokens() -> None:
    (found,) = read(item("gpt 4.1 cached Inp regnl Tokens", "0.000605")).rows
    assert (found.model, found.version, found.cache, found.scope) == ("gpt-4.1", "*", "read", "regional")
    assert (str(found.price), found.per, found.currency) == ("0.605", 1_000_000, "USD")
    assert (found.effective_from, found.effective_to) == (date(2025, 4, 1), None)
    assert found.regions == {"swedencentral"}
    assert found.meter_id == "id of gpt 4.1 cached Inp regnl Tokens"


def test_a_meter_of_two_versions_becomes_two_rows() -> None:
    assert [r.version for r in read(item("gpt-4-8K-Inp-glbl Tokens")).rows] == ["0314", "0613"]


REFUSED = {
    "a volume tier": item(tierMinimumUnits=1000.0),
    "a price of nothing": item(price="0"),
    "a negative price": item(price="-1"),
    "a regional price without a region": item("gpt 4.1 Inp regnl Tokens", armRegionName=""),
    "an unknown word": item("gpt 4.1 hyper Inp glbl Tokens"),
    "text for a price": item(retailPrice="n/a"),
}


@pytest.mark.parametrize("odd", REFUSED.values(), ids=REFUSED.keys())
def test_an_item_is_refused_and_listed(odd: dict[str, Any]) -> None:
    reading = read(odd)
    assert reading.rows == []
    assert list(reading.refused) == [f"Azure OpenAI: {odd['meterName']}"]


def test_a_reservation_is_left_out() -> None:
    reading = read(item(type="Reservation"))
    assert (reading.rows, reading.refused, reading.left_out.total()) == ([], {}, 1)


def test_a_float_is_a_defect_of_the_caller() -> None:
    with pytest.raises(TypeError, match="float"):
        read(item(retailPrice=0.002))


def test_a_global_price_that_is_the_same_everywhere_becomes_one_row_from_its_first_day() -> None:
    rows = collapse([row("1", regions="uksouth", start="2026-03-01"), row("1", regions="eastus2")])
    assert [(r.regions, r.effective_from) for r in rows] == [(frozenset(), date(2026, 1, 1))]


def test_a_global_price_that_differs_keeps_its_regions() -> None:
    rows = collapse([row("1", regions="uksouth"), row("1", regions="eastus2"), row("2", regions="japaneast")])
    found = {(str(r.price), region) for r in rows for region in r.regions}
    assert found == {("1", "uksouth"), ("1", "eastus2"), ("2", "japaneast")}


def test_a_government_price_does_not_spoil_the_global_one() -> None:
    rows = collapse([row("1", regions="uksouth"), row("1.25", regions="usgovvirginia")])
    assert sorted((str(r.price), sorted(r.regions)) for r in rows) == [("1", []), ("1.25", ["usgovvirginia"])]


def test_a_global_change_everywhere_is_one_row_before_and_one_after() -> None:
    known = [row("1", regions=r) for r in ("uksouth", "eastus2")]
    after, _ = append(known, [row("2", regions=r, start="2026-08-01") for r in ("uksouth", "eastus2")])
    assert told(collapse(after)) == ["1 2026-01-01..2026-07-31", "2 2026-08-01.."]


def test_regional_rows_with_the_same_price_share_a_row() -> None:
    known = [row("1", regions=r, scope="regional", meter="m", id="") for r in ("uksouth", "eastus2")]
    rows = collapse([*known, row("2", regions="japaneast", scope="regional", meter="m", id="")])
    found = sorted((str(r.price), sorted(r.regions)) for r in rows)
    assert found == [("1", ["eastus2", "uksouth"]), ("2", ["japaneast"])]
    assert len({r.id for r in rows}) == 2
