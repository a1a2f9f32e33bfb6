"""Money: exact until it is shown, rounded once, and then so that the parts add up to the whole."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

MINOR_UNITS = {
    "BIF": 0,
    "CLP": 0,
    "ISK": 0,
    "JPY": 0,
    "KRW": 0,
    "PYG": 0,
    "UGX": 0,
    "VND": 0,
    "XAF": 0,
    "XOF": 0,
    "BHD": 3,
    "JOD": 3,
    "KWD": 3,
    "OMR": 3,
    "TND": 3,
}
"""Decimal places of a currency (ISO 4217); a currency that is not named here has two."""


def quantum(currency: str) -> Decimal:
    """The smallest amount an invoice in this currency can name: 0.01 for USD, 1 for JPY."""
    return Decimal(1).scaleb(-MINOR_UNITS.get(currency, 2))


def round_to(amount: Decimal, step: Decimal) -> Decimal:
    """`amount` as a multiple of `step`, halves to even."""
    with localcontext() as context:
        context.prec = 60
        return amount.quantize(step, rounding=ROUND_HALF_EVEN)


def round_parts(parts: Sequence[Decimal], step: Decimal) -> list[Decimal]:
    """`parts` rounded to `step` so that they sum to their rounded sum (largest remainder).

    Every part moves by less than one step; among equal remainders the earlier part is raised first.
    """
    with localcontext() as context:
        context.prec = 60
        whole = round_to(sum(parts, Decimal(0)), step)
        floors = [(part / step).to_integral_value("ROUND_FLOOR") * step for part in parts]
        missing = int((whole - sum(floors, Decimal(0))) / step)
        by_remainder = sorted(range(len(parts)), key=lambda i: (floors[i] - parts[i], i))
        for i in by_remainder[:missing]:
            floors[i] += step
        return [round_to(part, step) for part in floors]


def split(amount: Decimal, weights: Sequence[Decimal | int], step: Decimal) -> list[Decimal]:
    """`amount`, a multiple of `step`, in shares proportional to `weights`; the shares sum to it exactly."""
    with localcontext() as context:
        context.prec = 60
        total = sum((Decimal(w) for w in weights), Decimal(0))
        if total == 0:
            raise ValueError(f"nothing to split {amount} by: the weights sum to 0")
        return round_parts([amount * Decimal(w) / total for w in weights], step)
