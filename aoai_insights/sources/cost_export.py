"""What PTUs really cost: the rows of provisioned deployments in a cost export of Cost Management, CSV or Parquet.

Read are amortised exports of an Enterprise Agreement or a Microsoft Customer Agreement and FOCUS exports (research:
pricing, 5). Columns: https://learn.microsoft.com/azure/cost-management-billing/dataset-schema/cost-usage-details-ea,
…-mca and cost-usage-details-focus; their letter case differs between downloads, so they are matched without it.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from aoai_insights.errors import UsageError
from aoai_insights.meters.words import PTU_METERS
from aoai_insights.sources.delimited import amount, read_text
from aoai_insights.sources.price_sheets import date_reader

_NAMES: Mapping[str, tuple[str, ...]] = {
    # what a row says -> the columns that say it, FOCUS first: there BilledCost is 0 for reserved usage
    "cost": ("effectivecost", "costinbillingcurrency", "cost", "pretaxcost"),
    "day": ("chargeperiodstart", "date", "usagedate"),
    "meter": ("x_skumetername", "metername", "skumeter"),
    "resource": ("resourceid", "instanceid"),
    "currency": ("billingcurrency", "billingcurrencycode"),
}
_ACCOUNT = re.compile(r"/accounts/([^/]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PtuCharge:
    """The amortised cost of one day. `resource` "": an unused reservation; `deployment` "": no tag says it."""

    day: date
    resource: str
    deployment: str
    scope: str  # global | datazone | regional; "" unknown
    amount: Decimal
    currency: str
    file: str
    row: tuple[str, ...]
    """All that the file says of it: what is the same in two files is one charge that was exported twice."""


def read_ptu_charges(path: Path) -> list[PtuCharge]:
    """The PTU rows of an export; a file that is none, or a row that cannot be read, is a UsageError naming it."""
    lines = list(_records(path))
    columns = set(lines[0][1]) if lines else set()
    chosen: dict[str, str] = {}
    for what, names in _NAMES.items():
        found = next((name for name in names if name in columns), None)
        if found is None:
            raise UsageError(
                f"{path} is no cost export: it has no column for the {what} ({' or '.join(names)})",
                "export amortised cost or FOCUS cost and usage from Cost Management",
            )
        chosen[what] = found
    days = (chosen["day"], "billingperiodstartdate", "billingperiodenddate")
    as_day = date_reader([line[name] for _, line in lines for name in days if line.get(name)], path)
    charges = []
    for number, line in lines:
        meter = " ".join(str(line[chosen["meter"]] or "").lower().split())
        scope = PTU_METERS.get(meter, "")
        if not scope and not _is_reservation(line, meter):
            continue
        try:
            cost = amount(line[chosen["cost"]])
        except ValueError as error:
            raise UsageError(f"{path}, line {number}, {chosen['cost']}: {error}", "export it again") from None
        if not cost and _is_actual(line, chosen["cost"]):
            raise UsageError(
                f"{path}, line {number}: PTU-hours of a reservation cost 0, so this is an export of actual cost",
                "export amortised cost, or FOCUS cost and usage",
            )
        account = _ACCOUNT.search(str(line[chosen["resource"]] or ""))
        charges.append(
            PtuCharge(
                day=as_day(line[chosen["day"]]),
                resource=account[1].lower() if account else "",
                deployment=_tag(line.get("tags"), "deployment").lower(),
                scope=scope,
                amount=cost,
                currency=str(line[chosen["currency"]] or "").upper(),
                file=str(path),
                row=tuple(f"{name}={value}" for name, value in sorted(line.items()) if value not in (None, "")),
            )
        )
    return charges


def _is_actual(line: Mapping[str, Any], cost: str) -> bool:
    """Is the row one that actual cost shows at 0, because the reservation was paid elsewhere?"""
    return cost != "effectivecost" and str(line.get("pricingmodel") or "").lower() == "reservation"


def _is_reservation(line: Mapping[str, Any], meter: str) -> bool:
    """Is it the part of a PTU reservation that nothing used? Such a row names no resource."""
    unused = (
        str(line.get("chargetype") or "").lower() == "unusedreservation"
        or str(line.get("commitmentdiscountstatus") or "").lower() == "unused"
    )
    words = " ".join(str(line.get(name) or "") for name in ("productname", "metersubcategory", "x_skumetersubcategory",
                                                           "chargedescription")).lower()  # fmt: skip
    return unused and "provisioned" in f"{words} {meter}"


def _tag(tags: object, name: str) -> str:
    """A tag's value. Exports write `{"a": "b"}` or, in older ones, `"a": "b"`; Parquet may hold a mapping or pairs."""
    if isinstance(tags, Mapping):
        return str(tags.get(name) or "")
    if isinstance(tags, list):
        return next((str(value or "") for key, value in tags if key == name), "")
    plain = str(tags or "").strip()
    try:
        read = json.loads(plain if plain.startswith("{") else "{" + plain + "}")
    except json.JSONDecodeError:
        return ""
    return str(read.get(name) or "") if isinstance(read, dict) else ""


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and fields of each line, by lower-case column name."""
    if path.suffix.lower() == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            rows = pq.read_table(path).to_pylist()
        except (OSError, pa.ArrowInvalid) as error:
            raise UsageError(f"cannot read {path}: {error}", "give a cost export as CSV, CSV.gz or Parquet") from None
        yield from ((n, {k.lower(): v for k, v in row.items()}) for n, row in enumerate(rows, 1))
        return
    text = read_text(path, "give a cost export as CSV, CSV.gz or Parquet")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    reader.fieldnames = [re.sub(r"\s", "", name).lower() for name in reader.fieldnames or ()]
    for line in reader:
        yield reader.line_num, {key: line.get(key) for key in reader.fieldnames}
