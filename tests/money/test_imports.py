"""Files that people download, save again and hand over: what is read of them, and what is refused with a line."""

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aoai_insights.errors import SourceError, UsageError
from aoai_insights.sources.cost_export import read_ptu_charges
from aoai_insights.sources.delimited import amount, read_text
from aoai_insights.sources.deployment_list import read_deployments
from aoai_insights.sources.price_sheets import read_price_sheet
from aoai_insights.sources.retail_prices import refresh

from ..pricing.test_price_sheets import EA, LINE, TODAY, line, sheet
from .tenant import APPS, PTU, call, costs, statement

EXPORT = "Date,MeterName,ResourceId,CostInBillingCurrency,BillingCurrencyCode,ChargeType,PricingModel,Tags"
ACCOUNT = "/subscriptions/1/resourceGroups/r/providers/Microsoft.CognitiveServices/accounts/RES-A"


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.00225", "0.00225"), ("1,234.50", "1234.50"), ("12,345,678.9", "12345678.9"), ("1E-7", "1E-7"), (" -3 ", "-3")],
)
def test_a_number_is_read_as_it_is_written(text: str, number: str) -> None:
    assert amount(text) == Decimal(number)


@pytest.mark.parametrize("text", ["0,00225", "2,500", "0,002", "1.234,50", "1,23,456.0", "$2", "", "NaN", "inf", None])
def test_a_number_that_could_be_another_one_is_refused(text: str | None) -> None:
    with pytest.raises(ValueError, match="is no number"):
        amount(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_text_is_read_in_the_encoding_that_it_is_marked_with(tmp_path: Path, encoding: str, name: str) -> None:
    written = "a,b\né,1\n".encode(encoding)
    (tmp_path / name).write_bytes(gzip.compress(written) if name.endswith(".gz") else written)
    assert read_text(tmp_path / name, "-") == "a,b\né,1\n"


def test_text_in_another_encoding_is_refused_with_the_byte(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("a,é\n".encode("latin-1"))
    with pytest.raises(UsageError, match="byte 3 is no UTF-8"):
        read_text(tmp_path / "t.csv", "-")


BAD_SHEETS = {
    "a price below nothing": ([line(price="-0.002")], "line 2.*-0.002 is below 0"),
    "a price that is missing": ([line(), line(price="", meter="gpt 4.1 Outp glbl Tokens")], "line 3.*'' is no number"),
    "a decimal comma": ([line(price='"0,0018"')], "line 2.*'0,0018' is no number"),
    "an end before the beginning": ([line(end="2026-09-30")], "line 2.*ends on 2026-09-30, before it begins"),
    "a line that was cut": ([line(), "123,m-9"], "line 3 has 2 fields, the header has 23"),
    "two prices for one meter": ([line(), line(price="0.0019")], "two prices of gpt 4.1 Inp glbl Tokens .m-1 and m-1."),
    "nothing of Azure OpenAI": ([LINE.replace("Azure OpenAI", "Virtual Machines").format(
        meter="D2 v3", region="SE Central", unit="1 Hour", start="2026-10-01", end="", price="0.1", currency="USD",
        included="0", kind="Consumption")], "has no price of Azure OpenAI"),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "said"), BAD_SHEETS.values(), ids=BAD_SHEETS.keys())
def test_a_price_sheet_is_refused_with(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_price_sheet(sheet(tmp_path, *lines), TODAY)


def test_lines_of_a_sheet_are_counted_from_the_top_of_the_file_and_the_same_line_twice_is_one_price(
    tmp_path: Path,
) -> None:
    told = "Enrollment,123\n\n" + EA
    with pytest.raises(UsageError, match="line 4"):
        read_price_sheet(sheet(tmp_path, line(price="-1"), header=told), TODAY)
    twice = read_price_sheet(sheet(tmp_path, line(), line(), header=told), TODAY)
    assert {row.price for row in twice.rows} == {Decimal("1.8")}


def _export(
    folder: Path, *days: int, name: str = "october.csv", cost: str = "1000.10", model: str = "OnDemand"
) -> Path:
    rows = [
        f'2026-10-{day:02},Provisioned Managed Data Zone Unit,{ACCOUNT},"{cost}",USD,Usage,{model},"""deployment"": ""chat"""'
        for day in days
    ]
    (folder / name).write_text("\n".join([EXPORT, *rows]) + "\n")
    return folder / name


def _paid(*files: Path) -> str:
    return APPS + PTU + "\n[ptu]\namortized_cost = " + json.dumps([str(file) for file in files]) + "\n"


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"cost": "1000,10"}, "line 2, costinbillingcurrency: '1000,10' is no number"),
        ({"cost": ""}, "'' is no number"),
        ({"cost": "0", "model": "Reservation"}, "export of actual cost"),
    ],
    ids=["a decimal comma", "no amount", "reserved hours that cost nothing, as actual cost has them"],
)
def test_a_cost_export_is_refused_with(tmp_path: Path, other: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_ptu_charges(_export(tmp_path, 1, **other))


def test_two_exports_that_hold_the_same_day_are_refused_and_their_names_said(tmp_path: Path) -> None:
    both = _export(tmp_path, *range(1, 20)), _export(tmp_path, *range(1, 32), name="later.csv")
    with pytest.raises(UsageError, match=r"october.csv and .*later.csv both hold the cost of res-a on 2026-10-01"):
        statement(tmp_path, [], _paid(*both))
    with pytest.raises(UsageError, match="named twice"):
        statement(tmp_path, [], _paid(both[0], both[0]))
    parts = _export(tmp_path, *range(1, 20)), _export(tmp_path, *range(20, 32), name="later.csv")
    assert costs(statement(tmp_path, [call("2026-10-05T10:00", "a", 1, 0)], _paid(*parts))) == {"a": "31003.1"}


def test_a_row_that_an_export_repeats_is_counted_and_said(tmp_path: Path) -> None:
    made = statement(tmp_path, [call("2026-10-05T10:00", "a", 1, 0)], _paid(_export(tmp_path, *range(1, 32), 31)))
    assert costs(made) == {"a": "32003.2"}
    assert any("1 row of PTUs that repeat" in rule for rule in made.rules)


SOUND = {"id": f"{ACCOUNT}/deployments/chat", "name": "chat", "sku": {"name": "ProvisionedManaged", "capacity": 50},
         "properties": {"model": {"name": "gpt-4o", "version": "2024-11-20"}}}  # fmt: skip
BAD_DEPLOYMENTS = {
    "no sku": ({**SOUND, "sku": None}, "sku.name is None"),
    "PTUs that are not said": (
        {**SOUND, "sku": {"name": "ProvisionedManaged", "capacity": None}},
        "capacity.* is None",
    ),
    "PTUs below nothing": ({**SOUND, "sku": {"name": "ProvisionedManaged", "capacity": -5}}, "capacity.* is -5"),
    "a text": ("x", "id is None"),
    "an id of something else": ({**SOUND, "id": "/subscriptions/1"}, "id is '/subscriptions/1'"),
}


@pytest.mark.parametrize(("item", "said"), BAD_DEPLOYMENTS.values(), ids=BAD_DEPLOYMENTS.keys())
def test_a_list_of_deployments_is_refused_with(tmp_path: Path, item: object, said: str) -> None:
    (tmp_path / "d.json").write_text(json.dumps([SOUND, item]))
    with pytest.raises(UsageError, match=rf"item 2.*{said}"):
        read_deployments(tmp_path / "d.json")


def test_a_list_of_deployments_that_windows_powershell_wrote_is_read(tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text(json.dumps([SOUND]), encoding="utf-16")
    assert read_deployments(tmp_path / "d.json")[0].ptu == 50


RETAIL = {"productName": "Azure OpenAI", "meterName": "gpt 4.1 Inp glbl Tokens", "unitOfMeasure": "1K", "meterId": "m",
          "armRegionName": "swedencentral", "effectiveStartDate": "2025-05-01T00:00:00Z", "retailPrice": Decimal("0.002"),
          "currencyCode": "USD"}  # fmt: skip
MALFORMED = {
    "an item that is none": ("x", "'x' is no price"),
    "a price that is null": ({**RETAIL, "retailPrice": None}, "retailPrice of gpt 4.1 Inp glbl Tokens is None"),
    "a date that is none": ({**RETAIL, "effectiveStartDate": "soon"}, "effectiveStartDate .* is 'soon'"),
    "no name": ({**RETAIL, "productName": None}, "productName is None"),
}


@pytest.mark.parametrize(("item", "said"), MALFORMED.values(), ids=MALFORMED.keys())
def test_of_the_price_list_one_malformed_item_is_named_and_the_others_are_read(item: Any, said: str) -> None:
    found = refresh([], [RETAIL, item], TODAY)
    assert [row.price for row in found.rows] == [Decimal(2)]
    assert list(found.refused) == ["item 2"]
    with pytest.raises(SourceError, match=said):
        refresh([], [item], TODAY)
