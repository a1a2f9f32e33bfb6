"""Negotiated prices: the price sheet of an Enterprise Agreement or a Microsoft Customer Agreement, CSV or Parquet.

Columns: https://learn.microsoft.com/azure/cost-management-billing/dataset-schema/price-sheet-ea and price-sheet-mca;
their letter case differs between downloads, so they are matched without it.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from aoai_insights.errors import UsageError
from aoai_insights.meters.grammar import is_openai
from aoai_insights.pricing import UnitPrice
from aoai_insights.pricing.history import Change, append, collapse, read_items
from aoai_insights.sources.delimited import amount, read_text

NEEDED = ("metername", "metersubcategory", "meterregion", "unitofmeasure", "unitprice", "effectivestartdate")

# The names of regions on bills, as the price list's `location` column pairs them with the region code.
LOCATIONS = {
    "AE North": "uaenorth", "AP East": "eastasia", "AP Southeast": "southeastasia", "AU East": "australiaeast",
    "AU Southeast": "australiasoutheast", "BR South": "brazilsouth", "CA Central": "canadacentral",
    "CA East": "canadaeast", "CH North": "switzerlandnorth", "CH West": "switzerlandwest",
    "DE West Central": "germanywestcentral", "DE North": "germanynorth", "ES Central": "spaincentral",
    "EU North": "northeurope", "EU West": "westeurope", "FR Central": "francecentral", "ID Central": "indonesiacentral",
    "IN Central": "centralindia", "IN South": "southindia", "IN West": "westindia", "IT North": "italynorth",
    "JA East": "japaneast", "JA West": "japanwest", "KR Central": "koreacentral", "NO East": "norwayeast",
    "PL Central": "polandcentral", "QA Central": "qatarcentral", "SE Central": "swedencentral", "UK South": "uksouth",
    "UK West": "ukwest", "US Central": "centralus", "US East": "eastus", "US East 2": "eastus2",
    "US Gov AZ": "usgovarizona", "US Gov TX": "usgovtexas", "US Gov Virginia": "usgovvirginia",
    "US North Central": "northcentralus", "US South Central": "southcentralus", "US West": "westus",
    "US West 2": "westus2", "US West 3": "westus3", "US West Central": "westcentralus", "ZA North": "southafricanorth",
}  # fmt: skip
_REGIONS = {name.lower().replace(" ", ""): code for name, code in LOCATIONS.items()}


@dataclass(frozen=True, slots=True)
class Sheet:
    """The prices of one file. `refused`: meters that look like Azure OpenAI tokens and could not be read, and why."""

    rows: tuple[UnitPrice, ...]
    refused: dict[str, str]
    left_out: int


def read_price_sheet(path: Path, read_on: date) -> Sheet:
    """The contract prices of Azure OpenAI in a price sheet; a file that is none is a UsageError."""
    numbered = list(_records(path))
    lines = [line for _, line in numbered]
    as_day = date_reader([v for r in lines for v in (r["effectivestartdate"], r.get("effectiveenddate"))], path)
    items: list[dict[str, Any]] = []
    refused: dict[str, str] = {}
    left_out = 0
    for number, line in numbered:
        product = str(line["metersubcategory"] or "")
        if not is_openai(product):
            left_out += 1
            continue
        if str(line.get("pricetype") or "Consumption").lower() != "consumption":
            left_out += 1
            continue
        label = f"{product}: {line['metername']}"
        region = _region(str(line["meterregion"] or ""))
        if region is None:
            refused[label] = f"unknown region {line['meterregion']!r}"
            continue
        if _number(line.get("includedquantity")):
            refused[label] = f"{line['includedquantity']} units are included: a price that depends on volume"
            continue
        try:
            price = amount(line["unitprice"])
            if price < 0:
                raise ValueError(f"{price} is below 0")
        except ValueError as error:
            raise UsageError(f"{path}, line {number}: unit price of {label}: {error}",
                             "correct it, or take the line out: the list price then holds") from None  # fmt: skip
        first, last = as_day(line["effectivestartdate"]), _end(as_day, line.get("effectiveenddate"))
        if last and last < str(first):
            raise UsageError(f"{path}, line {number}: {label} ends on {last}, before it begins on {first}",
                             "correct one of its dates")  # fmt: skip
        items.append(
            {
                "productName": product,
                "meterName": str(line["metername"]),
                "unitOfMeasure": str(line["unitofmeasure"]),
                "armRegionName": region,
                "retailPrice": str(price),
                "tierMinimumUnits": _number(line.get("tierminimumunits")),
                "effectiveStartDate": str(first),
                "effectiveEndDate": last,
                "currencyCode": str(line.get("currency") or line.get("currencycode") or "").upper(),
                "meterId": str(line.get("meterid") or ""),
            }
        )
    if any(not item["currencyCode"] for item in items):
        raise UsageError(f"{path} does not say in which currency its prices are", "export it with its currency column")
    _refuse_contradictions(items, path)
    detail = f"price sheet {path.name}, imported {read_on}"
    reading = read_items(items, source="price_sheet", source_detail=detail, retrieved_at=read_on, confidence="contract")
    if not items and not refused:
        raise UsageError(f"{path} has no price of Azure OpenAI",
                         "name the price sheet of the agreement that Azure OpenAI is billed to")  # fmt: skip
    return Sheet(tuple(reading.rows), {**refused, **reading.refused}, left_out + reading.left_out.total())


def _refuse_contradictions(items: Iterable[dict[str, Any]], path: Path) -> None:
    """A sheet with two prices for one meter, region and first day does not say which of them is paid."""
    names = ("productName", "meterName", "unitOfMeasure", "armRegionName", "effectiveStartDate", "currencyCode",
             "tierMinimumUnits")  # fmt: skip
    seen: dict[tuple[Any, ...], dict[str, Any]] = {}
    for item in items:
        other = seen.setdefault(tuple(item[name] for name in names), item)
        if Decimal(other["retailPrice"]) != Decimal(item["retailPrice"]):
            raise UsageError(
                f"{path} has two prices of {item['meterName']} ({other['meterId']} and {item['meterId']}) from"
                f" {item['effectiveStartDate']} on: {other['retailPrice']} and {item['retailPrice']}",
                "keep the lines of the offer that you pay by, take out the others",
            )


def import_sheet(known: Iterable[UnitPrice], sheet: Sheet) -> tuple[list[UnitPrice], list[Change]]:
    """The contract rows in `known` with those of `sheet` appended: what to write back, and what that changed."""
    rows, changes = append((r for r in known if r.source == "price_sheet"), collapse(sheet.rows))
    return collapse(rows), changes


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and fields of each line, by lower-case column name."""
    if path.suffix.lower() == ".parquet":
        import pyarrow.parquet as pq  # its reader is the only thing of it that is needed, and only here

        records: Iterable[dict[str, Any]] = pq.read_table(path).to_pylist()
        yield from _with_columns(((n, {k.lower(): v for k, v in r.items()}) for n, r in enumerate(records, 1)), path)
        return
    text = read_text(path, "give a price sheet as CSV, CSV.gz or Parquet")
    # Sheets from the portal begin with lines about the enrolment; the header is the line that names the meter.
    start = re.search(r'^.*"?meter ?name"?.*$', text, re.IGNORECASE | re.MULTILINE)
    body = text[start.start() :] if start else text
    before = text.count("\n", 0, start.start()) if start else 0
    reader = csv.reader(io.StringIO(body, newline=""))
    header = [re.sub(r"\s", "", name).lower() for name in next(reader, [])]
    yield from _with_columns(_filled(reader, header, before, path), path)


def _filled(reader: Any, header: Sequence[str], before: int, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines that hold anything; one with another number of fields than the header is an error."""
    for line in reader:
        if not any(field.strip() for field in line):
            continue
        number = before + reader.line_num
        if len(line) != len(header):
            raise UsageError(f"{path}, line {number} has {len(line)} fields, the header has {len(header)}",
                             "download the price sheet again, or take the line out")  # fmt: skip
        yield number, dict(zip(header, line, strict=True))


def _with_columns(records: Iterable[tuple[int, dict[str, Any]]], path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    found = False
    for number, record in records:
        missing = [name for name in NEEDED if name not in record]
        if missing:
            raise UsageError(
                f"{path} is no price sheet: it has no column {', '.join(missing)}",
                "download the price sheet of the agreement from Cost Management",
            )
        found = True
        yield number, record
    if not found:
        raise UsageError(f"{path} holds no prices", "download the price sheet again")


def _region(name: str) -> str | None:
    """The region code; "" where the sheet names none; None for a name that is not known."""
    plain = name.lower().replace(" ", "").replace("-", "")
    if plain in ("", "global"):
        return ""
    if plain in _REGIONS.values():
        return plain
    return _REGIONS.get(plain)


def _number(value: object) -> Decimal:
    text = str(value if value is not None else "").replace(",", "").strip()
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else Decimal(0)


def _end(as_day: Callable[[object], date], value: object) -> str | None:
    """The last day; sheets write the far future for a price without an end."""
    if value in (None, ""):
        return None
    day = as_day(value)
    return None if day.year >= 9999 else str(day)


def date_reader(values: Iterable[object], path: Path) -> Callable[[object], date]:
    """How this file writes its dates: ISO, or month/day/year or day/month/year, whichever all of its dates allow."""
    slashed = [tuple(map(int, v.split(" ")[0].split("/"))) for v in values if isinstance(v, str) and "/" in v]
    day_first = any(first > 12 for first, *_ in slashed)
    month_first = any(second > 12 for _, second, *_ in slashed) or all(a == b for a, b, *_ in slashed)
    if day_first == month_first and slashed:
        raise UsageError(
            f"the dates of {path} can be read as month/day and as day/month", "export the sheet with ISO dates"
        )

    def as_day(value: object) -> date:
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        text = str(value)
        try:
            if "/" not in text:
                return date.fromisoformat(text[:10])
            first, second, year = map(int, text.split(" ")[0].split("/"))
            return date(year, second, first) if day_first else date(year, first, second)
        except ValueError as error:
            raise UsageError(f"{path}: {text!r} is no date", "export the sheet with ISO dates") from error

    return as_day
