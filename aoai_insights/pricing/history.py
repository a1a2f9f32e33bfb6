"""What prices were read when, as one dated history: a new price closes the old row, nothing is overwritten.

The price list shows current prices only (research: pricing, section 1), so the past exists only where somebody kept it.
"""

import hashlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from aoai_insights.meters.grammar import Meter, NotRead, read_meter
from aoai_insights.pricing.unit_price import EXACT, UnitPrice, is_sovereign, plain

DAY = timedelta(days=1)
Dimensions = tuple[str | int | None, ...]


@dataclass(slots=True)
class Reading:
    """Rows of one price list, one region each, and the meters that gave none."""

    rows: list[UnitPrice] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    """Why, for what is no token or PTU meter of Azure OpenAI: left out on purpose."""
    refused: dict[str, str] = field(default_factory=dict)
    """"product: meter" -> the word or value that was not understood."""


@dataclass(frozen=True, slots=True)
class Change:
    """One key whose price a newer reading changed. `kind`: new | changed | restated | vanished | ambiguous."""

    kind: str
    old: UnitPrice | None
    new: UnitPrice | None


def read_items(
    items: Iterable[Mapping[str, Any]], *, source: str, source_detail: str, retrieved_at: date, confidence: str
) -> Reading:
    """Rows of items with the Retail Prices API's keys; `retailPrice` must be a Decimal or a string, not a float."""
    reading = Reading()
    for item in items:
        label = f"{item['productName']}: {item['meterName']}"
        if item.get("type", "Consumption") != "Consumption":
            reading.left_out[f"type {item['type']!r}"] += 1
            continue
        meter = read_meter(item["productName"], item["meterName"], item["unitOfMeasure"])
        if isinstance(meter, NotRead) and meter.known:
            reading.left_out[meter.reason] += 1
            continue
        refusal = meter.reason if isinstance(meter, NotRead) else _refusal(item, meter, source)
        if refusal or isinstance(meter, NotRead):
            reading.refused[label] = refusal
            continue
        for version in meter.versions:
            row = _row(item, meter, version)
            reading.rows.append(
                replace(
                    row,
                    source=source,
                    source_detail=source_detail,
                    retrieved_at=retrieved_at,
                    confidence=confidence,
                )
            )
    return reading


def _refusal(item: Mapping[str, Any], meter: Meter, source: str) -> str:
    """Why a row whose name is understood is still no price; "" where it is one.

    A price of 0 in a price sheet was agreed, and is what the invoice charges; in the public list it is a mistake.
    """
    price = item["retailPrice"]
    if isinstance(price, float):
        raise TypeError(f"the price of {item['meterName']} is a float")
    try:
        amount = Decimal(price)
    except InvalidOperation:
        return f"{price!r} is no price"
    if not amount.is_finite() or amount < 0 or (amount == 0 and source != "price_sheet"):
        return f"a price of {amount}"
    if Decimal(str(item.get("tierMinimumUnits") or 0)) != 0:
        return f"a price from {item['tierMinimumUnits']} units on: volume tiers are not read"
    if _region(item) == "" and meter.scope != "global":
        return f"a {meter.scope} price without a region"
    return ""


def _region(item: Mapping[str, Any]) -> str:
    region = str(item.get("armRegionName") or "").lower()
    return "" if region == "global" else region


def _row(item: Mapping[str, Any], meter: Meter, version: str) -> UnitPrice:
    """The price of an item; of tokens for 1,000,000 whatever the meter's block, which is exact and compares."""
    ends = item.get("effectiveEndDate")
    price, per = Decimal(item["retailPrice"]), meter.per
    if meter.unit == "token":
        price, per = plain(EXACT.divide(EXACT.multiply(price, 1_000_000), per)), 1_000_000
    return UnitPrice(
        id="", model=meter.model, version=version, kind=meter.kind, direction=meter.direction, modality=meter.modality,
        cache=meter.cache, tier=meter.tier, scope=meter.scope, context=meter.context,
        regions=frozenset(filter(None, [_region(item)])), unit=meter.unit, per=per, price=price,
        currency=item.get("currencyCode") or "USD",
        effective_from=date.fromisoformat(item["effectiveStartDate"][:10]),
        effective_to=date.fromisoformat(ends[:10]) if ends else None,
        meter_id=item.get("meterId") or "", meter=item["meterName"], product=item["productName"],
        source="", source_detail="", retrieved_at=None, confidence="", grade=meter.grade,
    )  # fmt: skip


def append(known: Iterable[UnitPrice], read: Iterable[UnitPrice]) -> tuple[list[UnitPrice], list[Change]]:
    """`known` with what a newer reading says, one region a row, and what that changed.

    A new price closes the old row the day before it starts. A price that the newer reading dates back before the start
    of a known one supersedes that one: it stays in the history, ending before it begins. Rows that the newer reading no
    longer has are reported as vanished and left open: a list that does not name a price does not end it. `read` is a
    reading of the whole list; where `known` is collapsed, collapse `read` first.
    """
    history: dict[tuple[Dimensions, str], list[UnitPrice]] = defaultdict(list)
    for row in known:
        for region in row.regions or [""]:
            history[dimensions(row), region].append(replace(row, regions=frozenset([region] if region else [])))
    changes: list[Change] = []
    seen: set[tuple[Dimensions, str]] = set()
    fresh: dict[int, UnitPrice] = {}  # rows of this reading by identity: values alone do not tell them from older ones
    for row in sorted(read, key=lambda r: (r.effective_from, r.meter, r.meter_id)):
        for region in row.regions or [""]:
            at = (dimensions(row), region)
            seen.add(at)
            single = replace(row, regions=frozenset([region] if region else []))
            history[at], change = _with(history[at], single, fresh)
            fresh[id(history[at][-1])] = history[at][-1]
            if change:
                changes.append(change)
    scopes_read = {(of[0][7], of[0][8]) for of in seen}
    for at, rows in history.items():
        open_rows = [r for r in rows if r.effective_to is None]
        if at not in seen and open_rows and (at[0][7], at[0][8]) in scopes_read:
            changes.append(Change("vanished", open_rows[-1], None))
    return [row for rows in history.values() for row in rows], changes


def _with(
    rows: list[UnitPrice], new: UnitPrice, fresh: Mapping[int, UnitPrice]
) -> tuple[list[UnitPrice], Change | None]:
    """The rows of one key and region with one more, which comes last. `fresh`: rows of the same reading as `new`."""
    kept: list[UnitPrice] = []
    start, end = new.effective_from, new.effective_to
    change: Change | None = None
    first = not rows
    for old in sorted(rows, key=lambda r: r.effective_from):
        before = old.effective_to is not None and old.effective_to < start
        after = end is not None and end < old.effective_from
        if _is_void(old) or before or after:
            kept.append(old)
        elif old.price == new.price and old.per == new.per:
            # The same price told again, under a newer name or from a later start: one row, from its first day on.
            start = min(start, old.effective_from)
            if id(old) in fresh:
                end = None if end is None or old.effective_to is None else max(end, old.effective_to)
        elif id(old) in fresh and old.meter != new.meter:
            kept.append(old)  # two meters of one reading claim the same key: a look-up names both and stops
            change = Change("ambiguous", old, new)
        elif old.effective_from < start:
            closed = replace(old, effective_to=start - DAY)
            kept.append(closed)
            if old.effective_to is None:
                change = Change("changed", closed, new)
        else:
            superseded = replace(old, effective_to=old.effective_from - DAY)
            kept.append(superseded)
            change = Change("restated", superseded, new)
    new = replace(new, effective_from=start, effective_to=end)
    if first:
        change = Change("new", None, new)
    return [*kept, new], change


def collapse(rows: Iterable[UnitPrice]) -> list[UnitPrice]:
    """Rows that differ by region only, as one row with a list of regions and an id of its own.

    Global prices that are the same in every public region become one row for all of the scope, from the first day any
    region had it; a global price that is not the same everywhere keeps its regions. Sovereign clouds keep theirs.
    """
    by_key: dict[Dimensions, list[UnitPrice]] = defaultdict(list)
    for row in rows:
        by_key[dimensions(row)].append(row)
    collapsed: list[UnitPrice] = []
    for of in sorted(by_key, key=repr):
        found = by_key[of]
        public = [r for r in found if r.scope == "global" and not any(map(is_sovereign, r.regions)) and not _is_void(r)]
        uniform = _uniform(public)
        if uniform is not None:
            collapsed += uniform
            found = [r for r in found if r not in public]
        grouped: dict[tuple[object, ...], list[UnitPrice]] = defaultdict(list)
        for row in found:
            grouped[
                row.price, row.per, row.effective_from, row.effective_to, row.meter, row.source, row.source_detail,
                row.retrieved_at, row.confidence,
            ].append(row)  # fmt: skip
        for same in grouped.values():
            ids = {r.meter_id for r in same}
            collapsed.append(
                replace(
                    same[0],
                    regions=frozenset().union(*(r.regions for r in same)),
                    meter_id=ids.pop() if len(ids) == 1 else "",
                )
            )
    named = [replace(row, id=row_id(row)) for row in collapsed]
    return sorted(
        named, key=lambda r: (r.kind, r.model, r.version, r.scope, r.tier, r.direction, r.effective_from, r.id)
    )


def _uniform(public: list[UnitPrice]) -> list[UnitPrice] | None:
    """One row per price where the public regions agree on every day; None where they do not."""
    by_price: dict[tuple[Decimal, int], list[UnitPrice]] = defaultdict(list)
    for row in public:
        by_price[row.price, row.per].append(row)
    merged: list[UnitPrice] = []
    for same in by_price.values():
        last = max(same, key=lambda r: (r.retrieved_at or date.min, r.effective_from, r.meter))
        ends = [r.effective_to for r in same if r.effective_to is not None]
        merged.append(
            replace(
                last,
                regions=frozenset(),
                meter_id="",
                effective_from=min(r.effective_from for r in same),
                effective_to=max(ends) if len(ends) == len(same) else None,
            )
        )
    merged.sort(key=lambda r: r.effective_from)
    for earlier, later in itertools.pairwise(merged):
        if earlier.effective_to is None or earlier.effective_to >= later.effective_from:
            return None
    return merged


def _is_void(row: UnitPrice) -> bool:
    """Whether the row was superseded: it ends before it begins."""
    return row.effective_to is not None and row.effective_to < row.effective_from


def dimensions(row: UnitPrice) -> Dimensions:
    """Everything a price is looked up by, but the region and the day."""
    of: Dimensions = (
        row.kind, row.model, row.version, row.direction, row.modality, row.cache, row.tier, row.scope, row.currency,
        row.context, row.unit,
    )  # fmt: skip
    return (*of, row.grade) if row.grade else of


def row_id(row: UnitPrice) -> str:
    """A short name of the row that stays the same as long as its key, regions, start and price do."""
    what = (*dimensions(row), sorted(row.regions), row.effective_from.isoformat(), str(row.price), row.per)
    return hashlib.sha256(repr(what).encode()).hexdigest()[:12]
