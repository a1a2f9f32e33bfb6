"""What one PTU of a model carries: dated data, and what stands in for a model that is not listed.

Source of the table: https://learn.microsoft.com/azure/foundry/openai/how-to/provisioned-throughput-sizing, spring 2026
(research: pricing, 4). The load of a request is (prompt - cached) + ratio x completion, in prompt tokens; cached tokens
are deducted whole, reasoning tokens are inside completion.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from aoai_insights.pricing import Missing, PriceBook
from aoai_insights.pricing.unit_price import EXACT

UNLISTED_RATIO = Decimal(4)
"""Of a model that neither the table nor the price list knows: the ratio of most listed models."""


@dataclass(frozen=True, slots=True)
class PtuModel:
    """From a day on, a PTU of the model takes `input_tpm` prompt tokens a minute; a completion token counts `ratio`."""

    model: str
    input_tpm: int | None  # None: not published
    ratio: Decimal
    effective_from: date
    source: str  # table | config | derived | assumed

    def load(self, prompt_tokens: int, cached_tokens: int, completion_tokens: int) -> Decimal:
        """Prompt tokens that this usage weighs as much as."""
        return Decimal(prompt_tokens - cached_tokens) + self.ratio * completion_tokens


_TABLE = """
gpt-5.5 1200 6 | gpt-5.4 2400 6 | gpt-5.3-codex 3400 8 | gpt-5.2 3400 8 | gpt-5.2-codex 3400 8 | gpt-5.1 4750 8
gpt-5.1-codex 4750 8 | gpt-5 4750 8 | gpt-5-mini 23750 8 | gpt-4.1 3000 4 | gpt-4.1-mini 14900 4 | gpt-4.1-nano 59400 4
o3 3000 4 | o4-mini 5400 4 | gpt-4o 2500 4 | gpt-4o-mini 37000 4 | o3-mini 2500 4 | o1 230 4
"""


def _listed() -> tuple[PtuModel, ...]:
    cells = [cell.split() for cell in _TABLE.replace("\n", "|").split("|") if cell.strip()]
    rows = [PtuModel(model, int(tpm), Decimal(ratio), date(2024, 1, 1), "table") for model, tpm, ratio in cells]
    # A PTU of o3 took a fifth until June 2025 (the same page's history).
    o3 = next(row for row in rows if row.model == "o3")
    return (
        *(row for row in rows if row is not o3),
        PtuModel("o3", 600, o3.ratio, date(2025, 1, 1), "table"),
        PtuModel("o3", o3.input_tpm, o3.ratio, date(2025, 7, 1), "table"),
    )


LISTED = _listed()


def ptu_model(
    model: str, region: str, day: date, currency: str, book: PriceBook, own: Iterable[PtuModel] = ()
) -> PtuModel:
    """What a PTU of `model` carries on a day: the config's word, else the table's, else a ratio that is derived.

    Derived (marked `derived`): output price / input price of Global Standard, which is what the ratio is for every
    model since gpt-4.1 (a footnote of the table). How many tokens a minute is then unknown. `region` may be "".
    """
    for rows in (own, LISTED):
        valid = [row for row in rows if row.model == model and row.effective_from <= day]
        if valid:
            return max(valid, key=lambda row: row.effective_from)
    into, out = (
        book.find("inference", model, "", direction, "text", "none", "standard", "global", region, day, currency, False)
        for direction in ("input", "output")
    )
    if isinstance(into, Missing) or isinstance(out, Missing) or not into.per_unit:
        return PtuModel(model, None, UNLISTED_RATIO, day, "assumed")
    return PtuModel(model, None, EXACT.divide(out.per_unit, into.per_unit).quantize(Decimal("0.0001")), day, "derived")
