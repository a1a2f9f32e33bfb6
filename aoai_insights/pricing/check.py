"""Questions about a price book: what is missing for what is in use, which rows there are."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from aoai_insights.errors import UsageError
from aoai_insights.model import Unpriced
from aoai_insights.pricing.book import Found, PriceBook
from aoai_insights.pricing.charging import scope_of
from aoai_insights.pricing.history import dimensions
from aoai_insights.pricing.unit_price import (
    ANY,
    Ambiguous,
    UnitPrice,
    fine_tuned_base,
    is_sovereign,
    model_and_version,
    model_key,
)


@dataclass(frozen=True, slots=True)
class InUse:
    """A key that usage has. `version` and `region` are "" where the logs do not say."""

    model: str
    version: str
    scope: str
    region: str
    tier: str = "standard"
    long_context: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about the price of a key; `text` is a sentence."""

    kind: Literal["missing", "ambiguous", "secondary", "before_first_known_price", "assumed", "old", "expired", "free"]
    key: InUse
    text: str


def check(
    book: PriceBook, in_use: Iterable[InUse], day: date, currency: str, oldest: timedelta = timedelta(days=92)
) -> list[Finding]:
    """What is wrong or doubtful about the input and output prices of what is in use on `day`; empty: nothing.

    An embedding model has no output price and needs none; a model that answers in audio or images needs those prices.
    `oldest`: a price read longer ago is reported as old.
    """
    findings: list[Finding] = []
    for key in sorted(set(in_use), key=repr):
        base = fine_tuned_base(key.model)
        kind = "ft_inference" if base else "inference"
        model, version = model_and_version(base) if base else (key.model, key.version)
        directions = ("input",) if "embedding" in key.model else ("input", "output")
        for direction, modality in (
            (d, m) for d in directions for m in sorted(book.modalities(kind, model, d) or {"text"})
        ):
            try:
                found = book.find(
                    kind, model, version or key.version, direction, modality, "none", key.tier, key.scope, key.region,
                    day, currency, key.long_context,
                )  # fmt: skip
            except UsageError as error:
                findings.append(Finding("ambiguous", key, error.message))
                continue
            if isinstance(found, Ambiguous):
                findings.append(Finding("ambiguous", key, found.reason))
                continue
            findings += [] if isinstance(found, Found) else [Finding("missing", key, found.reason)]
            findings += _doubts(found, key, day, oldest) if isinstance(found, Found) else []
            findings += _expired(book, found.price, key, day) if isinstance(found, Found) else []
    return findings


def with_unpriced(findings: Iterable[Finding], day: date, unpriced: Iterable[Unpriced]) -> list[Finding]:
    """`findings` of `day`, and what a statement could not price that they do not name: of other days, what is sold by
    the piece or the hour, what no log measures."""
    every = list(findings)
    named = {finding.text.replace(f" on {day.isoformat()}", "") for finding in every}
    for item in unpriced:
        if item.reason not in named:
            key = InUse(item.model, item.model_version, scope_of(item.deployment_type) or "", item.region)
            calls = f"{item.requests:,} request{'' if item.requests == 1 else 's'}: " if item.requests else ""
            every.append(Finding("missing", key, calls + item.reason))
    return every


def _doubts(found: Found, key: InUse, day: date, oldest: timedelta) -> Iterable[Finding]:
    row = found.price
    for flag in found.flags:
        if flag == "before_first_known_price":
            yield Finding(
                "before_first_known_price", key, f"{row.said_by()} starts after {day}: what it cost before is not known"
            )
        else:
            yield Finding("assumed", key, f"{flag.replace('_', ' ')}: {row.said_by()}")
    if not row.price:
        yield Finding("free", key, f"{row.said_by()} costs nothing: {row.source_detail or row.source} says so")
    if row.confidence == "secondary":
        yield Finding("secondary", key, f"{row.said_by()} is not from Azure's price list: {row.source_detail}")
    if row.source in ("retail", "book") and row.retrieved_at and day - row.retrieved_at > oldest:
        yield Finding("old", key, f"{row.said_by()} was last read on {row.retrieved_at}")


def _expired(book: PriceBook, used: UnitPrice, key: InUse, day: date) -> Iterable[Finding]:
    """A negotiated price that held before, where a list price is used now: nobody asked for that change."""
    if used.source not in ("retail", "book"):
        return
    for row in book.rows:
        if (
            row.source in ("config", "price_sheet")
            and dimensions(row) == dimensions(replace(used, version=row.version, context=row.context))
            and row.version.lower() in (ANY, key.version.lower())
            and (not row.regions or key.region in row.regions)
            and row.effective_to is not None
            and row.effective_to < day
        ):
            text = f"{row.said_by()} ended on {row.effective_to}: the list price {used.price} is used"
            yield Finding("expired", key, text)
            return


def select(
    rows: Iterable[UnitPrice],
    *,
    model: str = "",
    version: str = "",
    scope: str = "",
    region: str = "",
    tier: str = "",
    day: date | None = None,
) -> list[UnitPrice]:
    """The rows that hold for all that is named; `model` also as a prefix with a trailing "*"; `day`: valid on it."""
    name = model_key(model)

    def holds(row: UnitPrice) -> bool:
        named = row.model.startswith(name[:-1]) if name.endswith("*") else row.model == name
        somewhere = region in row.regions if row.regions else not is_sovereign(region)
        return (
            (not model or named)
            and (not version or row.version in ("*", version))
            and (not scope or row.scope == scope)
            and (not region or somewhere)
            and (not tier or row.tier == tier)
            and (day is None or row.valid_on(day))
        )

    return [row for row in rows if holds(row)]
