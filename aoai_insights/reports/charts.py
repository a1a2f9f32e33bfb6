"""Bars and heat maps as table cells: lengths, steps and colours. No image, so nothing can be blocked or cut off."""

from collections.abc import Sequence
from decimal import Decimal

RAMP_LIGHT = (
    ("#eef5fc", "#14202b"),
    ("#cfe3f4", "#14202b"),
    ("#a4cbe9", "#14202b"),
    ("#73b2d8", "#14202b"),
    ("#2b72ad", "#ffffff"),
    ("#0b3d6e", "#ffffff"),
)
"""(ground, text) per step, low to high. Between #73b2d8 and #2b72ad no blue reads with either text colour (WCAG 2.2,
1.4.3: 4.5 to 1), so the ramp leaps over that gap."""

RAMP_DARK = (
    ("#16212c", "#e8eef4"),
    ("#14324d", "#e8eef4"),
    ("#15466f", "#e8eef4"),
    ("#1a5c91", "#ffffff"),
    ("#6fb1e0", "#0c151d"),
    ("#c4e2f8", "#0c151d"),
)
"""The same on a dark page: more is brighter there."""

STEPS = len(RAMP_LIGHT)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two #rrggbb colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def lengths(values: Sequence[Decimal | float | int | None]) -> list[float | None]:
    """Bars for `values`: the largest is 1, nothing is None, and below 0 is no bar."""
    largest = max((value for value in values if value is not None), default=0)
    return [
        None if value is None else max(0.0, float(value) / float(largest)) if largest > 0 else 0.0 for value in values
    ]


def boundaries(values: Sequence[float]) -> tuple[float, ...]:
    """Upper bounds of the heat map's steps but the last: equal ratios from the smallest to the largest value.

    Ratios, since a region at 2 s beside 1 s is as remarkable as 8 s beside 4 s. Rounded to two figures so that a legend
    can name them; bounds that fall together after rounding are one. Empty where all values look the same.
    """
    positive = [value for value in values if value > 0]
    if not positive:
        return ()
    low, high = min(positive), max(positive)
    if high / low < 1.1:
        return ()
    ratio = (high / low) ** (1 / STEPS)
    bounds = [float(f"{low * ratio**k:.2g}") for k in range(1, STEPS)]
    return tuple(sorted({bound for bound in bounds if low <= bound < high}))


def step_of(value: float, bounds: Sequence[float]) -> int:
    """The colour step, 0 to STEPS - 1, of a value; fewer bounds than steps use the ramp's ends, not its start alone."""
    rank = sum(value > bound for bound in bounds)
    return ramp_step(rank, len(bounds) + 1)


def ramp_step(rank: int, classes: int) -> int:
    """Class `rank` of `classes` on the ramp; a single class is the palest but one, which says "nothing stands out"."""
    return 1 if classes == 1 else round(rank * (STEPS - 1) / (classes - 1))


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
