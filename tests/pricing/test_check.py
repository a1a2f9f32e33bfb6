"""What is missing or doubtful about the prices of what is in use."""

from datetime import date

import pytest

from aoai_insights.model import Unpriced
from aoai_insights.pricing import PriceBook, UnitPrice
from aoai_insights.pricing.check import Finding, InUse, check, select, with_unpriced

from .build import row

DAY = date(2026, 10, 5)
USE = InUse("gpt-4o", "2024-11-20", "global", "swedencentral")
OUT = row("10", direction="output")

FINDINGS: dict[str, tuple[list[UnitPrice], InUse, list[str]]] = {
    "nothing to say": ([row(), OUT], USE, []),
    "no output price": ([row()], USE, ["missing: text output tokens"]),
    "an embedding has no output": (
        [row(model="text-embedding-3-small")], InUse("text-embedding-3-small", "1", "global", ""), []),
    "a fine-tuned model has meters of its own": (
        [row(), OUT, row(kind="ft_inference"), row("10", kind="ft_inference", direction="output")],
        InUse("gpt-4o-2024-11-20.ft-1", "", "global", "uksouth"), []),
    "a fine-tuned model without them": (
        [row(), OUT], InUse("gpt-4o-2024-11-20.ft-1", "", "global", "uksouth"),
        ["missing: fine-tuned gpt-4o", "missing: fine-tuned gpt-4o"]),
    "a model that answers in images has no text output": ([row(), row("30", modality="image", direction="output")], USE, []),
    "two meters": ([row("1", meter="a"), row("2", meter="b"), OUT], USE, ["ambiguous: 'a'"]),
    "a price that is not from the list": ([row(confidence="secondary"), OUT], USE, ["secondary: price list"]),
    "used before the first price": ([row(start="2026-11-01"), OUT], USE, ["before_first_known_price: 2026-10-05"]),
    "an assumed version": (
        [row(version="2024-11-20"), OUT], InUse("gpt-4o", "", "global", "uksouth"), ["assumed: version unknown"]),
    "a price that was read long ago": (
        [row(retrieved_at=date(2026, 7, 1)), OUT], USE, ["old: 2026-07-01"]),
    "a contract price of 0": (
        [row("0", source="price_sheet"), OUT], USE, ["free: costs nothing"]),
    "a contract price does not age": (
        [row(retrieved_at=date(2026, 1, 1), source="price_sheet"), OUT], USE, []),
    "a contract price that ended": (
        [row("2", source="price_sheet", end="2026-09-30"), row(), OUT], USE, ["expired: ended on 2026-09-30"]),
    "a contract price that was renewed": (
        [row("2", source="price_sheet", end="2026-09-30"), row("2", source="price_sheet", start="2026-10-01"), OUT],
        USE, []),
    "a contract price of another region": (
        [row("2", source="price_sheet", end="2026-09-30", regions="uksouth"), row(), OUT], USE, []),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "key", "expected"), FINDINGS.values(), ids=FINDINGS.keys())
def test_findings(rows: list[UnitPrice], key: InUse, expected: list[str]) -> None:
    found = check(PriceBook(rows), [key, key], DAY, "USD")
    assert [f.kind for f in found] == [e.split(": ")[0] for e in expected]
    assert all(e.split(": ")[1] in f.text for e, f in zip(expected, found, strict=True))


UNPRICED = {
    "said already": ("no price for gpt-5 (global): text input tokens, in USD", []),
    "sold by the second": ("whisper is not charged by guess", ["2 requests: whisper is not charged by guess"]),
}


@pytest.mark.parametrize(("reason", "added"), UNPRICED.values(), ids=UNPRICED.keys())
def test_what_a_statement_could_not_price_is_listed_once(reason: str, added: list[str]) -> None:
    known = Finding("missing", USE, f"no price for gpt-5 (global): text input tokens, on {DAY} in USD")
    item = Unpriced("m", "", "GlobalStandard", "uksouth", reason, requests=2, tokens=0)
    found = with_unpriced([known], DAY, [item])
    assert [f.text for f in found] == [known.text, *added]
    assert {f.kind for f in found} == {"missing"}


ROWS = [
    row("1", id="any"), row("2", id="exact", version="2024-11-20"), row("3", id="mini", model="gpt-4o-mini"),
    row("4", id="zone", scope="datazone", regions="uksouth"), row("5", id="batch", tier="batch"),
    row("6", id="past", end="2026-02-01"), row("7", id="gov", regions="usgovvirginia"),
]  # fmt: skip

SELECTED = {
    "a model": ({"model": "gpt-4o-mini"}, "mini"),
    "a family": ({"model": "gpt-4o*"}, "any exact mini zone batch past gov"),
    "a version, and what holds for any": ({"version": "2024-11-20", "model": "gpt-4o", "scope": "global",
                                           "tier": "standard"}, "any exact past gov"),
    "another version": ({"version": "2024-05-13", "model": "gpt-4o", "scope": "global", "tier": "standard"},
                        "any past gov"),
    "a scope": ({"scope": "datazone"}, "zone"),
    "a region": ({"region": "eastus2", "tier": "standard", "model": "gpt-4o"}, "any exact past"),
    "a government region": ({"region": "usgovvirginia"}, "gov"),
    "a day": ({"day": date(2026, 2, 1), "tier": "standard", "scope": "global"}, "any exact mini past gov"),
    "a later day": ({"day": date(2026, 2, 2), "tier": "standard", "scope": "global"}, "any exact mini gov"),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "ids"), SELECTED.values(), ids=SELECTED.keys())
def test_select(asked: dict[str, object], ids: str) -> None:
    assert " ".join(r.id for r in select(ROWS, **asked)) == ids  # type: ignore[arg-type]
