"""Which row prices a key on a day."""

from datetime import date
from typing import Any

import pytest

from aoai_insights.errors import UsageError
from aoai_insights.pricing import Ambiguous, Missing, NoMeter, PriceBook, UnitPrice

from .build import row

KEY: dict[str, Any] = {
    "model": "gpt-4o", "version": "2024-11-20", "scope": "global", "region": "swedencentral",
    "day": date(2026, 10, 5), "currency": "USD", "direction": "input",
}  # fmt: skip

CHOSEN: dict[str, tuple[list[UnitPrice], dict[str, Any], str]] = {
    # id: rows, key that differs, price chosen
    "the exact version over any version": ([row("1"), row("2", version="2024-11-20")], {}, "2"),
    "any version where the exact one has no row": ([row("1"), row("2", version="2024-05-13")], {}, "1"),
    "a listed region over the whole scope": ([row("1"), row("2", regions="swedencentral uksouth")], {}, "2"),
    "the whole scope where the region is not listed": ([row("1"), row("2", regions="uksouth")], {}, "1"),
    "the exact version for the whole scope over any version in the region": (
        [row("1", regions="swedencentral"), row("2", version="2024-11-20")], {}, "2"),
    "the version matters only where the region fits": (
        [row("1", regions="swedencentral"), row("2", version="2024-11-20", regions="uksouth")], {}, "1"),
    "the latest start": ([row("1"), row("2", start="2026-10-01"), row("3", start="2026-11-01")], {}, "2"),
    "the first day of a price belongs to it": ([row("1"), row("2", start="2026-10-05")], {}, "2"),
    "the last day of a price belongs to it": (
        [row("1", end="2026-10-05"), row("2", start="2026-10-06")], {}, "1"),
    "config over everything": (
        [row(p, source=s) for p, s in zip("1234", ("book", "retail", "price_sheet", "config"), strict=True)], {}, "4"),
    "a price sheet over the public list": (
        [row(p, source=s) for p, s in (("1", "book"), ("2", "retail"), ("3", "price_sheet"))], {}, "3"),
    "a refresh over the shipped book": ([row("1", start="2026-10-01"), row("2", source="retail")], {}, "2"),
    "a stronger source only on its days": (
        [row("1"), row("2", source="retail", start="2026-10-06")], {}, "1"),
    "a stronger source wins whole: any version there over the exact one below": (
        [row("1", version="2024-11-20"), row("2", source="config")], {}, "2"),
    "the tier of the response": ([row("1"), row("2", tier="priority")], {"tier": "priority"}, "2"),
    "long rows for long prompts": (
        [row("1", context="short"), row("2", context="long")], {"long_context": True}, "2"),
    "short rows for short prompts": ([row("1", context="short"), row("2", context="long")], {}, "1"),
    "a row without a length is short where the model has long rows": ([row("1"), row("2", context="long")], {}, "1"),
    "a model without long rows has one price for any length": ([row("1")], {"long_context": True}, "1"),
    "letter case of version and model": ([row("2", version="1106-Preview")], {"version": "1106-preview"}, "2"),
    "gpt-3.5 is gpt-35": ([row("1", model="gpt-35-turbo")], {"model": "gpt-3.5-turbo"}, "1"),
    "a version inside the model's name": (
        [row("1", version="2024-05-13"), row("2", version="2024-11-20")],
        {"model": "gpt-4o-2024-11-20", "version": ""}, "2"),
    "unknown version: any version": ([row("1"), row("2", version="2024-11-20")], {"version": ""}, "1"),
    "unknown version: all versions cost the same": (
        [row("2", version="2024-08-06"), row("2", version="2024-11-20")], {"version": ""}, "2"),
    "unknown version: the versions of that day": (
        [row("5", version="2024-05-13", end="2026-09-30"), row("2", version="2024-11-20")], {"version": ""}, "2"),
    "unknown version: the latest price of each": (
        [row("5", version="2024-11-20"), row("2", version="2024-11-20", start="2026-09-01"),
         row("2", version="2024-08-06")], {"version": ""}, "2"),
    "unknown region: the whole scope": ([row("1"), row("2", regions="uksouth")], {"region": ""}, "1"),
    "unknown region: all regions cost the same": (
        [row("2", regions="uksouth"), row("2", regions="eastus2")], {"region": ""}, "2"),
    "unknown region: government clouds are not meant": (
        [row("2", regions="uksouth"), row("3", regions="usgovvirginia")], {"region": ""}, "2"),
    "usage before the first row": ([row("1", start="2026-11-01"), row("2", start="2026-12-01")], {}, "1"),
    "two rows that say the same": ([row("2", meter="a"), row("2", meter="b")], {}, "2"),
    "two blocks of the same price": ([row("2.5"), row("0.0025", per=1000)], {}, "0.0025"),
    "config for a government region": ([row("3", source="config")], {"region": "usgovvirginia"}, "3"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "other", "price"), CHOSEN.values(), ids=CHOSEN.keys())
@pytest.mark.parametrize("turn", [1, -1], ids=["in order", "reversed"])
def test_the_row_is(rows: list[UnitPrice], other: dict[str, Any], price: str, turn: int) -> None:
    found = PriceBook(rows[::turn]).price(**{**KEY, **other})
    assert isinstance(found, UnitPrice), found
    assert str(found.price) == price


NONE: dict[str, tuple[list[UnitPrice], dict[str, Any], str]] = {
    "never another scope": ([row(scope="datazone")], {}, "global"),
    "never another version": ([row(version="2024-05-13")], {}, "2024-11-20"),
    "never another region": ([row(regions="uksouth")], {}, "swedencentral"),
    "never another tier": ([row()], {"tier": "priority"}, "priority"),
    "never another currency": ([row(currency="EUR")], {}, "prices are known in EUR only"),
    "never the short price for a long prompt": (
        [row(), row(context="long", tier="batch")], {"long_context": True}, "long context"),
    "never the public price in a government cloud": ([row()], {"region": "usgovvirginia"}, "usgovvirginia"),
    "a model that is not in the book": ([row()], {"model": "gpt-9"}, "does not know the model"),
    "a price that ended": ([row(end="2026-10-04")], {}, "ended on 2026-10-04"),
    "a gap between two prices": ([row(end="2026-10-04"), row(start="2026-10-06")], {}, "ended on 2026-10-04"),
    "unknown version and the versions differ": (
        [row("5", version="2024-05-13"), row("2", version="2024-11-20")], {"version": ""}, "versions it may be differ"),
    "unknown region and the regions differ": (
        [row("5", regions="uksouth"), row("2", regions="eastus2")], {"region": ""}, "regions it may be differ"),
    "the day": ([row(end="2026-10-04")], {}, "on 2026-10-05"),
    "the direction": ([row()], {"direction": "output"}, "text output tokens"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "other", "named"), NONE.values(), ids=NONE.keys())
def test_there_is_no_price(rows: list[UnitPrice], other: dict[str, Any], named: str) -> None:
    found = PriceBook(rows).price(**{**KEY, **other})
    assert isinstance(found, Missing), found
    assert named in found.reason


def test_a_key_without_any_row_is_told_from_a_key_without_a_row_that_day() -> None:
    assert isinstance(PriceBook([row(tier="batch")]).price(**KEY), NoMeter)
    ended = PriceBook([row(end="2026-10-04")]).price(**KEY)
    assert isinstance(ended, Missing)
    assert not isinstance(ended, NoMeter)


@pytest.mark.parametrize("source", ["config", "price_sheet"])
def test_two_prices_of_ones_own_that_claim_a_key_alike_are_an_error_naming_both_meters(source: str) -> None:
    book = PriceBook(
        [row("1", meter="gpt 4o Inp glbl", source=source), row("2", meter="gpt-4o-Inp-glbl", source=source)]
    )
    with pytest.raises(UsageError, match=r"'gpt 4o Inp glbl'.*'gpt-4o-Inp-glbl'") as error:
        book.price(**KEY)
    assert "[[prices]]" in error.value.remedy


@pytest.mark.parametrize("source", ["retail", "book"])
def test_two_prices_of_the_price_list_that_claim_a_key_alike_are_no_price_naming_both_meters(source: str) -> None:
    rows = [row("1", meter="gpt 4o Inp glbl", source=source), row("2", meter="gpt-4o-Inp-glbl", source=source)]
    found = PriceBook(rows).price(**KEY)
    assert isinstance(found, Ambiguous)
    assert all(word in found.reason for word in ("'gpt 4o Inp glbl'", "'gpt-4o-Inp-glbl'", "[[prices]]"))
    settled = PriceBook([*rows, row("3", source="config")]).price(**KEY)
    assert isinstance(settled, UnitPrice)


def test_a_superseded_row_never_prices_anything() -> None:
    void = row("9", start="2026-03-01", end="2026-02-28")
    found = PriceBook([void, row("1")]).price(**KEY)
    assert isinstance(found, UnitPrice)
    assert str(found.price) == "1"


def test_the_hour_of_a_ptu() -> None:
    ptu = row("1.1", model="*", kind="ptu", direction="", modality="", scope="datazone", unit="hour", per=1)
    found = PriceBook([ptu]).ptu_hour("datazone", "swedencentral", date(2026, 10, 5), "USD")
    assert found == ptu
