"""Price sheets of agreements, CSV and Parquet."""

import gzip
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aoai_insights.errors import UsageError
from aoai_insights.pricing import PriceBook, UnitPrice
from aoai_insights.sources.price_sheets import import_sheet, read_price_sheet

from .build import row

EA = (
    "EnrollmentNumber,MeterID,MeterName,MeterType,MeterCategory,MeterSubCategory,ServiceFamily,Product,SkuID,ProductID,"
    "MeterRegion,UnitOfMeasure,PartNumber,EffectiveStartDate,EffectiveEndDate,UnitPrice,BasePrice,MarketPrice,"
    "CurrencyCode,IncludedQuantity,OfferID,Term,PriceType"
)
LINE = (
    '123,m-1,{meter},,Foundry Models,Azure OpenAI,AI,"x",s,p,{region},{unit},part,{start},{end},{price},0.002,0.002,'
    "{currency},{included},MS-AZR-0017P,,{kind}"
)
TODAY = date(2026, 10, 9)


def line(**other: str) -> str:
    plain = {
        "meter": "gpt 4.1 Inp glbl Tokens", "region": "SE Central", "unit": "1K", "start": "2026-10-01",
        "end": "2026-10-31", "price": "0.0018", "currency": "USD", "included": "0", "kind": "Consumption",
    }  # fmt: skip
    return LINE.format(**{**plain, **other})


def sheet(folder: Path, *lines: str, header: str = EA, name: str = "sheet.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def test_a_negotiated_price_wins_on_its_days(tmp_path: Path) -> None:
    found = read_price_sheet(sheet(tmp_path, line()), TODAY)
    rows, changes = import_sheet([], found)
    assert [c.kind for c in changes] == ["new"]
    book = PriceBook([*rows, row("2", model="gpt-4.1")])
    for day, price, source in ((date(2026, 10, 31), "1.8", "price_sheet"), (date(2026, 11, 1), "2", "book")):
        chosen = book.price(
            model="gpt-4.1", version="", scope="global", region="swedencentral", day=day, currency="USD",
            direction="input",
        )  # fmt: skip
        assert isinstance(chosen, UnitPrice)
        assert (str(chosen.price), chosen.source) == (price, source)
    assert (rows[0].confidence, rows[0].source_detail) == ("contract", "price sheet sheet.csv, imported 2026-10-09")


SHAPES = {
    "a byte order mark": lambda f: sheet(f, line(), header="\ufeff" + EA),
    "lines above the header": lambda f: sheet(f, line(), header="Price Sheet Report for October\n\n" + EA),
    "camel case of a customer agreement": lambda f: sheet(
        f, line(), header=EA.replace("MeterID", "meterId").replace("MeterName", "meterName")
        .replace("UnitPrice", "unitPrice").replace("CurrencyCode", "currency")),
    "a region code": lambda f: sheet(f, line(region="swedencentral")),
    "month first": lambda f: sheet(f, line(start="10/01/2026", end="10/31/2026")),
    "day first": lambda f: sheet(f, line(start="01/10/2026", end="31/10/2026")),
    "a time after the day": lambda f: sheet(f, line(start="10/1/2026 12:00:00 AM", end="10/31/2026 12:00:00 AM")),
    "blocks of ten thousand": lambda f: sheet(f, line(unit="10K", price="0.018")),
}  # fmt: skip


@pytest.mark.parametrize("write", SHAPES.values(), ids=SHAPES.keys())
def test_shapes_of_sheets(tmp_path: Path, write: object) -> None:
    assert callable(write)
    (found,) = read_price_sheet(write(tmp_path), TODAY).rows
    assert (str(found.price), found.per, found.currency) == ("1.8", 1_000_000, "USD")
    assert found.regions == {"swedencentral"}
    assert (found.effective_from, found.effective_to) == (date(2026, 10, 1), date(2026, 10, 31))


def test_gzip_and_parquet(tmp_path: Path) -> None:
    plain = sheet(tmp_path, line())
    packed = tmp_path / "sheet.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    table = tmp_path / "sheet.parquet"
    names = EA.split(",")
    values = line().replace('"', "").split(",")
    pq.write_table(pa.table({n: [v] for n, v in zip(names, values, strict=True)}), table)
    prices = [read_price_sheet(path, TODAY).rows[0].price for path in (plain, packed, table)]
    assert len(set(prices)) == 1


def test_the_far_future_is_no_end(tmp_path: Path) -> None:
    assert read_price_sheet(sheet(tmp_path, line(end="9999-12-31")), TODAY).rows[0].effective_to is None


ODD = {
    "a region that is not known": (line(region="Moon Base"), "unknown region 'Moon Base'"),
    "included units": (line(included="1000"), "1000 units are included"),
    "an unknown word": (line(meter="gpt 4.1 hyper Inp glbl Tokens"), "unknown word 'hyper'"),
}


@pytest.mark.parametrize(("odd", "said"), ODD.values(), ids=ODD.keys())
def test_a_line_is_refused_and_listed(tmp_path: Path, odd: str, said: str) -> None:
    found = read_price_sheet(sheet(tmp_path, odd), TODAY)
    assert found.rows == ()
    assert said in next(iter(found.refused.values()))


def test_a_price_of_0_that_was_agreed_goes_before_the_list_price(tmp_path: Path) -> None:
    (agreed,) = read_price_sheet(sheet(tmp_path, line(price="0")), TODAY).rows
    listed = row("2", model="gpt-4.1")
    found = PriceBook([listed, agreed]).price(
        model="gpt-4.1", version="2025-04-14", scope="global", region="swedencentral", day=TODAY, currency="USD",
        direction="input",
    )  # fmt: skip
    assert isinstance(found, UnitPrice)
    assert (found.price, found.source) == (0, "price_sheet")


def test_reservations_and_other_services_are_left_out(tmp_path: Path) -> None:
    other = line().replace("Azure OpenAI", "Virtual Machines")
    found = read_price_sheet(sheet(tmp_path, line(kind="Reservation"), other, line()), TODAY)
    assert (len(found.rows), found.left_out, found.refused) == (1, 2, {})


NO_SHEETS = {
    "another table": ("Date,Cost\n2026-10-01,5\n", "no column metername"),
    "nothing": (EA + "\n", "holds no prices"),
    "dates that can be read two ways": (f"{EA}\n{line(start='01/10/2026', end='')}\n", "month/day and as day/month"),
    "no date": (f"{EA}\n{line(start='soon')}\n", "'soon' is no date"),
    "no currency": (f"{EA}\n{line(currency='')}\n", "in which currency"),
}


@pytest.mark.parametrize(("text", "said"), NO_SHEETS.values(), ids=NO_SHEETS.keys())
def test_a_file_that_is_no_price_sheet_is_a_usage_error(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_price_sheet(path, TODAY)
