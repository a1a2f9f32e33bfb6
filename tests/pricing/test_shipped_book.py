"""The book in the wheel: prices known from the price list itself, and laws that hold for every row."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from aoai_insights.errors import UsageError
from aoai_insights.pricing import Missing, PriceBook, UnitPrice
from aoai_insights.sources.prices import BOOK, COLUMNS, book_age, read_prices, shipped_book, write_prices


@pytest.fixture(scope="module")
def rows() -> list[UnitPrice]:
    return shipped_book()


@pytest.fixture(scope="module")
def book(rows: list[UnitPrice]) -> PriceBook:
    return PriceBook(rows)


# model, version, scope, region, day: input/cached/output per 1M, "-" where there is no meter
PRICES = """
gpt-4o        2024-05-13 global   eastus2       2026-10-01  5 - 15
gpt-4o        2024-08-06 global   eastus2       2026-10-01  2.5 1.25 10
gpt-4o        2024-11-20 global   japaneast     2026-10-01  2.5 1.25 10
gpt-4o        2024-11-20 datazone swedencentral 2026-10-01  2.75 1.375 11
gpt-4o        2024-08-06 regional swedencentral 2026-10-01  2.75 1.513 11
gpt-4o        2024-05-13 datazone eastus2       2025-08-31  5 - 15
gpt-4o        2024-05-13 datazone eastus2       2025-09-01  5.5 - 16.5
gpt-4o-mini   2024-07-18 datazone eastus2       2026-10-01  0.165 0.083 0.66
gpt-4.1       2025-04-14 regional eastus2       2026-10-01  2.2 0.55 8.8
gpt-4.1-nano  2025-04-14 global   uksouth       2026-10-01  0.1 0.025 0.4
o1            2024-12-17 global   eastus2       2026-10-01  15 7.5 60
o3            2025-04-16 regional eastus2       2026-10-01  2.2 0.55 8.8
o3-mini       2025-01-31 datazone eastus2       2026-10-01  1.21 0.605 4.84
o3-pro        2025-06-10 global   eastus2       2026-10-01  20 - 80
o4-mini       2025-04-16 datazone eastus2       2026-10-01  1.21 0.303 4.84
codex-mini    2025-05-16 regional eastus2       2026-10-01  1.65 0.413 6.6
gpt-5         2025-08-07 global   swedencentral 2026-10-01  1.25 0.125 10
gpt-5-codex   2025-09-15 datazone eastus2       2026-10-01  1.375 0.138 11
gpt-5-pro     2025-10-06 global   eastus2       2026-10-01  15 - 120
gpt-5.4       2026-03-05 global   eastus2       2026-10-01  2.5 0.25 15
gpt-5.6-luna  2026-07-09 global   uksouth       2026-07-31  1 0.1 6
gpt-5.6-luna  2026-07-09 global   uksouth       2026-08-01  0.2 0.02 1.2
gpt-5.6-sol   2026-07-09 datazone eastus2       2026-08-31  5.5 0.55 33
gpt-5.6-sol   2026-07-09 datazone eastus2       2026-09-01  4.4 0.44 22
gpt-6-sol     2026-09-22 datazone swedencentral 2026-10-01  2.4 0.24 12
gpt-6-sol     2026-09-22 datazone eastus2       2026-10-01  2.2 0.22 11
gpt-6.1-sol   2026-09-29 datazone japaneast     2026-10-10  2.4 0.12 12
text-embedding-3-large 1 global   eastus2       2026-10-01  0.13 - -
text-embedding-3-small 1 regional eastus2       2026-10-01  0.022 - -
gpt-4         0613       global   eastus2       2026-10-01  30 - 60
gpt-4         turbo-2024-04-09 global eastus2   2026-10-01  10 - 30
gpt-35-turbo  0125       regional eastus2       2026-10-01  0.55 - 1.65
gpt-5         2025-08-07 regional eastus2       2026-10-01  - - -
gpt-6-sol     2026-09-22 regional eastus2       2026-10-01  - - -
"""


@pytest.mark.parametrize("line", [line for line in PRICES.splitlines() if line])
def test_a_price_of_the_list(book: PriceBook, line: str) -> None:
    model, version, scope, region, day, *expected = line.split()
    found = [
        book.price(
            model=model, version=version, scope=scope, region=region, day=date.fromisoformat(day), currency="USD",
            direction=direction, cache=cache,
        )
        for direction, cache in (("input", "none"), ("input", "read"), ("output", "none"))
    ]  # fmt: skip
    assert ["-" if isinstance(p, Missing) else format(p.price.normalize(), "f") for p in found] == expected


@pytest.mark.parametrize(
    ("scope", "region", "day", "price"),
    [
        ("global", "uksouth", "2026-10-01", "1"),
        ("regional", "eastus2", "2026-10-01", "2"),
        ("regional", "swedencentral", "2025-08-31", "2"),
        ("regional", "swedencentral", "2025-09-01", "2.2"),
        ("regional", "westeurope", "2025-09-01", "2.4"),
        ("datazone", "southeastasia", "2026-07-31", "1.1"),
        ("datazone", "southeastasia", "2026-08-01", "1.2"),
    ],
)
def test_an_hour_of_a_ptu(book: PriceBook, scope: str, region: str, day: str, price: str) -> None:
    found = book.ptu_hour(scope, region, date.fromisoformat(day), "USD")
    assert isinstance(found, UnitPrice)
    assert found.price == Decimal(price)


# kind, model, version, direction, modality, scope, region, day, price, per: by hand from the meters' names
OTHER_PRICES = """
ft_inference  gpt-4o       2024-08-06 input  text  regional southeastasia 2026-10-01 3.3    1000000
ft_inference  gpt-4o       2024-08-06 input  text  regional swedencentral 2025-08-26 2.75   1000000
ft_inference  gpt-4.1-nano 2025-04-14 output text  datazone eastus2       2026-10-01 0.44   1000000
ft_inference  gpt-35-turbo 0125       output text  regional swedencentral 2025-08-31 1.5    1000000
ft_inference  gpt-35-turbo 0125       output text  regional swedencentral 2025-09-01 1.815  1000000
ft_inference  o3-mini      2025-01-31 output text  global   northcentralus 2026-10-01 4.4   1000000
ft_dev        gpt-4.1      2025-04-14 output text  global   uksouth       2026-10-01 8      1000000
ft_dev        gpt-4o       2024-08-06 output text  global   eastus2       2026-10-01 -      -
ft_hosting    gpt-4.1      2025-04-14 -      -     global   eastus2       2026-10-01 1.7    1
ft_hosting    gpt-4o       2024-08-06 -      -     regional southeastasia 2026-10-01 2.04   1
ft_hosting    gpt-4        0613       -      -     global   northcentralus 2026-10-01 5     1
image         dall-e-2     2.0        output image global   eastus        2026-10-01 2      100
image         dall-e-3     3.0        output image regional swedencentral 2025-08-31 12     100 hd high
image         dall-e-3     3.0        output image regional swedencentral 2025-09-01 14.52  100 hd high
image         dall-e-3     3.0        output image global   swedencentral 2026-10-01 8      100 hd low
speech        tts          001        input  text  global   swedencentral 2026-10-01 15     1000000
speech        tts-hd       001        input  text  regional swedencentral 2026-10-01 36.3   1000000
transcription whisper      001        input  audio global   westeurope    2026-10-01 0.36   3600
transcription whisper      001        input  audio regional westeurope    2026-03-01 0.4752 3600
transcription whisper      001        input  audio regional westeurope    2025-08-31 0.36   3600
transcription whisper      001        input  audio regional westeurope    2025-12-24 -      -
"""


@pytest.mark.parametrize("line", [line for line in OTHER_PRICES.splitlines() if line])
def test_a_price_of_another_kind_of_meter(book: PriceBook, line: str) -> None:
    kind, model, version, direction, modality, scope, region, day, price, per, *grade = line.split()
    found = book.price(
        kind=kind, model=model, version=version, direction=direction.strip("-"), modality=modality.strip("-"),
        scope=scope, region=region, day=date.fromisoformat(day), currency="USD", grade=" ".join(grade),
    )  # fmt: skip
    if isinstance(found, Missing):
        assert price == "-", found
    else:
        assert (found.price, str(found.per)) == (Decimal(price), per)


def test_no_key_of_the_book_has_two_prices_on_any_day_on_which_a_price_begins(
    rows: list[UnitPrice], book: PriceBook
) -> None:
    clashes = set()
    for row in rows:
        for region in [*row.regions] or ["", "eastus2"]:
            try:
                book.price(
                    model=row.model, version=row.version, scope=row.scope, region=region, day=row.effective_from,
                    currency=row.currency, direction=row.direction, cache=row.cache, modality=row.modality,
                    tier=row.tier, long_context=row.context == "long", kind=row.kind, grade=row.grade,
                )  # fmt: skip
            except UsageError as error:
                clashes.add(error.message)
    assert clashes == set()


def test_rows_are_priced_dated_and_say_where_they_are_from(rows: list[UnitPrice]) -> None:
    assert {r.id for r in rows if r.price <= 0 or not r.source_detail or not r.retrieved_at} == set()
    assert {r.source for r in rows} == {"book"}
    assert len({r.id for r in rows}) == len(rows)


def test_only_what_is_newer_than_the_last_reading_of_the_list_is_secondary(rows: list[UnitPrice]) -> None:
    secondary = {r.model for r in rows if r.confidence == "secondary" and r.tier != "flex"}
    assert secondary == {
        "gpt-5.6-luna", "gpt-5.6-terra", "gpt-5.6-sol", "gpt-6-astra", "gpt-6-sol", "gpt-6-luna", "gpt-6.1-sol",
        "gpt-6.1-terra",
    }  # fmt: skip


def test_the_age_of_the_book_is_the_newest_day_of_reading(rows: list[UnitPrice]) -> None:
    assert book_age() == max(r.retrieved_at for r in rows if r.retrieved_at)
    assert book_age() > date(2026, 8, 11) - timedelta(days=1)


@pytest.mark.parametrize("name", ["prices.csv", "prices.csv.gz"])
def test_prices_survive_being_written_and_read(tmp_path: Path, rows: list[UnitPrice], name: str) -> None:
    write_prices(rows, tmp_path / name)
    assert read_prices(tmp_path / name) == rows
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_line_that_is_no_price_is_an_error_naming_file_and_line(tmp_path: Path, rows: list[UnitPrice]) -> None:
    path = tmp_path / "prices.csv"
    write_prices(rows[:2], path)
    path.write_text(path.read_text().replace(f",{rows[1].effective_from},", ",someday,"))
    with pytest.raises(UsageError, match=r"prices\.csv, line [23]: .*someday"):
        read_prices(path)


def test_a_file_with_other_columns_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(",".join(COLUMNS[:-1]) + "\n")
    with pytest.raises(UsageError, match="grade"):
        read_prices(path)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read prices"):
        read_prices(tmp_path / BOOK)
