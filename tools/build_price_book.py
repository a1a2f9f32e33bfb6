"""Builds the price book that ships in the wheel from recorded readings of the Azure price list.

    build_price_book.py --retail 2025-08-25 dump.ndjson --snapshot snapshot.json --litellm 1.109.1 2026-11-21 l.json

Readings are appended oldest first. The LiteLLM table only adds what is newer than the last reading (`LATER`), marked
`secondary`. Everything that gives no row is listed; an unknown word or two prices for one key fail the build.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from aoai_insights.pricing import UnitPrice
from aoai_insights.pricing.history import Change, Reading, append, collapse, read_items
from aoai_insights.pricing.unit_price import is_sovereign, plain
from aoai_insights.sources.prices import BOOK, write_prices

OUT = Path(__file__).parent.parent / "aoai_insights" / "data" / BOOK

LATER = {
    # model -> (first day, where that day is from). Azure's days, not OpenAI's.
    "gpt-5.6-luna": ("2026-08-01", "price list row effective 2026-08-01, published between 2026-08-11 and 2026-08-20"),
    "gpt-5.6-terra": ("2026-08-01", "price list row effective 2026-08-01, published between 2026-08-11 and 2026-08-20"),
    "gpt-5.6-sol": ("2026-09-01", "price list row effective 2026-09-01, as captured on 2026-09-14"),
    "gpt-6-astra": ("2026-09-01", "price list row effective 2026-09-01, as captured on 2026-09-10"),
    "gpt-6-luna": ("2026-09-01", "price list row effective 2026-09-01, as captured on 2026-09-25"),
    "gpt-6-sol": ("2026-09-01", "price list row effective 2026-09-01, as captured on 2026-09-25"),
    "gpt-6.1-terra": ("2026-11-21", "day of this reading: the announcement of its availability names no day"),
    "gpt-6.1-sol": ("2026-10-01", "month of the price list row: none on 2026-10-04, there on 2026-10-10"),
}
NEW_METERS_FROM = "2026-09-01"
"""First day of the flex meters and of the priority meters for long prompts, which no reading of the list has yet."""

FLEX_ONLY = ("gpt-5.4-mini", "gpt-5.4-nano", "gpt-5.4-pro")
"""Models of the last reading of the list that have got a flex tier since, and of which every flex price is known."""

EU = frozenset({
    "francecentral", "germanywestcentral", "italynorth", "northeurope", "polandcentral", "spaincentral",
    "swedencentral", "westeurope",
})  # fmt: skip

APAC = frozenset({
    "australiaeast", "centralindia", "eastasia", "japaneast", "japanwest", "jioindiawest", "koreacentral",
    "southeastasia", "southindia",
})  # fmt: skip

CELLS = {
    "{}_cost_per_token": ("none", {"input", "output"}),
    "cache_read_{}_token_cost": ("read", {"input"}),
    "cache_creation_{}_token_cost": ("write", {"input"}),
}
LENGTHS = {"": "short", "_above_272k_tokens": "long"}
TIERS = {"": "standard", "_priority": "priority", "_flex": "flex"}


def snapshot_items(snapshot: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One item a region of a file that lists regions."""
    for item in snapshot["items"]:
        for region in item["regions"]:
            yield {**item, "armRegionName": region}


def litellm_rows(
    prices: dict[str, Any], version: str, read_on: date, regions: dict[str, frozenset[str]]
) -> Iterator[UnitPrice]:
    """Rows of the models in LATER; `regions`: of the zones "", "us/", "eu/", "apac/" of LiteLLM's table."""
    flex = dict.fromkeys(FLEX_ONLY, (NEW_METERS_FROM, "month in which flex meters appeared"))
    for model, (start, why) in {**LATER, **flex}.items():
        for zone, of_zone in regions.items():
            cells = prices.get(f"azure/{zone}{model}", {})
            for pattern, (cache, directions) in CELLS.items():
                for direction in directions:
                    for (length, context), (suffix, tier) in ((a, b) for a in LENGTHS.items() for b in TIERS.items()):
                        late = tier == "flex" or (context, tier) == ("long", "priority")
                        if model in flex and tier != "flex":
                            continue  # the list itself says what the other tiers cost
                        price = cells.get(pattern.format(direction) + length + suffix)
                        if price is None:
                            continue
                        yield UnitPrice(
                            id="", model=model, version="*", kind="inference", direction=direction, modality="text",
                            cache=cache, tier=tier, scope="datazone" if zone else "global", context=context,
                            regions=of_zone, unit="token", per=1_000_000, price=plain(price * 1_000_000),
                            currency="USD",
                            effective_from=date.fromisoformat(max(start, NEW_METERS_FROM) if late else start),
                            effective_to=None, meter_id="", meter="",
                            product="Azure OpenAI GPT6" if model.startswith("gpt-6") else "Azure OpenAI GPT5",
                            source="book", source_detail=f"LiteLLM {version} azure/{zone}{model}; day: {why}",
                            retrieved_at=read_on, confidence="secondary",
                        )  # fmt: skip


def close_vanished(rows: list[UnitPrice], changes: list[Change], read_on: date) -> list[UnitPrice]:
    """Ends what a later reading of the whole list no longer has, the day before that reading."""
    gone = {(c.old.id, c.old.meter, c.old.regions, c.old.effective_from) for c in changes if c.old}
    last = read_on - timedelta(days=1)
    return [replace(r, effective_to=last) if (r.id, r.meter, r.regions, r.effective_from) in gone else r for r in rows]


def build(readings: list[tuple[date, Reading]], litellm: tuple[str, date, dict[str, Any]]) -> list[UnitPrice]:
    """The book: readings oldest first, then what LiteLLM knows of later days."""
    history: list[UnitPrice] = []
    for read_on, reading in readings:
        for label, reason in reading.refused.items():
            print(f"refused: {label}: {reason}", file=sys.stderr)
        for reason, count in sorted(reading.left_out.items()):
            print(f"left out: {count} rows: {reason}", file=sys.stderr)
        if reading.refused:
            raise SystemExit("the meter grammar refused rows: teach it their words")
        history, changes = append(history, reading.rows)
        report(f"reading of {read_on}", changes)
        history = close_vanished(history, [c for c in changes if c.kind == "vanished"], read_on)
    version, read_on, prices = litellm
    public = {
        scope: {region for r in history for region in r.regions if r.scope == scope and not is_sovereign(region)}
        for scope in ("global", "datazone")
    }
    zones = {
        "": frozenset(public["global"]),
        "us/": frozenset(r for r in public["datazone"] if re.search(r"us\d?$", r)),
        "eu/": frozenset(public["datazone"] & EU),
        "apac/": frozenset(public["datazone"] & APAC),
    }
    history, changes = append(history, litellm_rows(prices, version, read_on, zones))
    report(f"LiteLLM {version}", [c for c in changes if c.kind != "vanished"])
    return collapse(history)


def report(what: str, changes: list[Change]) -> None:
    print(f"{what}: {dict(Counter(c.kind for c in changes))}", file=sys.stderr)
    ambiguous = [c for c in changes if c.kind == "ambiguous" and c.old and c.new]
    for change in ambiguous:
        print(f"two prices: {change.old and change.old.said_by()} and {change.new and change.new.said_by()}")
    if ambiguous:
        raise SystemExit("two meters claim one key: teach the grammar what tells them apart")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--retail", nargs=2, action="append", default=[], metavar=("DAY", "NDJSON"))
    parser.add_argument("--snapshot", required=True, type=Path, help="snapshot.json of azure-genai-prices")
    parser.add_argument("--litellm", nargs=3, required=True, metavar=("VERSION", "DAY", "JSON"))
    parser.add_argument("-o", "--output", type=Path, default=OUT)
    asked = parser.parse_args()
    readings: list[tuple[date, Reading]] = []
    for day, name in asked.retail:
        with Path(name).open() as lines:
            items = [json.loads(line, parse_float=Decimal) for line in lines]
        read_on, detail = date.fromisoformat(day), f"Azure Retail Prices API, read {day}"
        readings.append((read_on, _read(items, detail, read_on)))
    snapshot = json.loads(asked.snapshot.read_text(), parse_float=Decimal)
    read_on = date.fromisoformat(snapshot["fetched_at"][:10])
    detail = f"Azure Retail Prices API, read {read_on} (azure-genai-prices)"
    readings.append((read_on, _read(snapshot_items(snapshot), detail, read_on)))
    version, day, name = asked.litellm
    prices = json.loads(Path(name).read_text(), parse_float=Decimal)
    book = build(sorted(readings, key=lambda r: r[0]), (version, date.fromisoformat(day), prices))
    asked.output.parent.mkdir(exist_ok=True)
    write_prices(book, asked.output)
    print(f"{len(book)} rows, {asked.output.stat().st_size} bytes: {asked.output}", file=sys.stderr)


def _read(items: Any, detail: str, read_on: date) -> Reading:
    return read_items(items, source="book", source_detail=detail, retrieved_at=read_on, confidence="retail")


if __name__ == "__main__":
    main()
