"""Is a region or backend slower than another for the same calls: by how much, how surely, at which hours."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from aoai_insights.latency.comparison import (
    GRAINS,
    MIN_BLOCKS,
    Grain,
    Interval,
    Strata,
    best_strata,
    draws,
    enough_calls,
    may_suffice,
    percentile_ms,
    ratio_interval,
    resampled_ms,
    standardise,
)
from aoai_insights.latency.counts import Counts, Flags, Floats, Ints, distinct

Verdict = Literal["slower", "faster", "no difference", "unknown"]

SLOW_HOUR_FLOOR = 0.1
"""An hour is named only where the difference is at least 10 %, whatever its interval."""

NAMED_STRATA = 5


@dataclass(frozen=True, slots=True)
class Unshared:
    """Calls that only one side serves enough of: named, and left out of the comparison, not extrapolated."""

    model: str
    streamed: bool
    prompt_tokens: str
    completion_tokens: str
    calls: int
    reference_calls: int


@dataclass(frozen=True, slots=True)
class HourEffect:
    """An hour of the day, in the asked zone, in which the difference is beyond chance.

    `percentile` is the asked one, or the median where the hour has too few calls for that.
    """

    hour: int
    difference: Interval
    percentile: float


@dataclass(frozen=True, slots=True)
class SlowHours:
    """Hours of the day in which one is slower than the other beyond chance, and by how much over all of them."""

    slower: str
    than: str
    hours: tuple[int, ...]
    difference: Interval
    percentile: float


@dataclass(frozen=True, slots=True)
class Effect:
    """One unit against the reference. Times are the percentile in ms; `raw` is before and `adjusted` after the mix."""

    unit: str
    reference: str
    percentile: float
    calls: int
    reference_calls: int
    shared: float
    """Share of the unit's calls that lie in shared strata."""
    reference_shared: float
    raw_ms: float
    reference_raw_ms: float
    adjusted_ms: float | None
    reference_adjusted_ms: float | None
    difference: Interval | None
    verdict: Verdict
    reason: str
    grain: Grain | None
    hours: tuple[HourEffect, ...]
    unshared: tuple[Unshared, ...]
    slow_hours: tuple[SlowHours, ...] = ()
    """The named hours, told of the slower side: of the unit, of the reference, or first of one and then the other."""
    other_hours: Interval | None = None
    """The difference outside the named hours; None where no hour is named, or the others have too few calls."""


def effects(
    counts: Counts,
    *,
    reference: str | None = None,
    percentile: float = 0.95,
    seed: int = 1,
    alpha: float = 0.05,
    by_hour: bool = True,
) -> tuple[Effect, ...]:
    """Every unit against the reference, which is the one with most calls unless it is named.

    Intervals cover 1 - alpha each; the hours of the day are tested together, so that in equal regions at most a share
    alpha of all tenants sees any hour named. `by_hour` False leaves the hours out.
    """
    totals = np.bincount(counts.unit, weights=counts.calls, minlength=len(counts.units))
    if len(counts.units) < 2:
        return ()
    base = counts.units.index(reference) if reference is not None else int(totals.argmax())
    others = [unit for unit in np.argsort(-totals, kind="stable") if unit != base and totals[unit] > 0]
    return tuple(
        _effect(counts, int(unit), base, percentile, seed, alpha, len(others) if by_hour else 0) for unit in others
    )


def hour_ranges(hours: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Hours of the day as ranges (first, end exclusive); a range may pass midnight."""
    present = sorted(set(hours))
    if len(present) == 24:
        return ((0, 24),)
    starts = [hour for hour in present if (hour - 1) % 24 not in present]
    ranges = []
    for start in starts:
        end = start
        while end % 24 in present:
            end += 1
        ranges.append((start, end % 24 or 24))
    return tuple(ranges)


def _effect(counts: Counts, unit: int, base: int, percentile: float, seed: int, alpha: float, family: int) -> Effect:
    pair = _pair(counts, unit, base)
    blocks = int(pair.block.max()) + 1
    raw = [_raw_ms(pair, side, percentile) for side in (0, 1)]
    strata, shared, shares = best_strata(pair)
    calls = np.bincount(pair.unit, weights=pair.calls, minlength=2).astype(int)
    found = Effect(
        unit=counts.units[unit], reference=counts.units[base], percentile=percentile, calls=int(calls[0]),
        reference_calls=int(calls[1]), shared=float(shares[0]), reference_shared=float(shares[1]), raw_ms=raw[0],
        reference_raw_ms=raw[1], adjusted_ms=None, reference_adjusted_ms=None, difference=None, verdict="unknown",
        reason="", grain=strata.grain, hours=(), unshared=_unshared(pair, strata, shared),
    )  # fmt: skip
    if not shared.any():
        return replace(found, reason="no kind of call that both serve", grain=None)
    present = len(_blocks(pair))
    drawn = draws(blocks, seed)
    times, interval = _difference(pair, strata, shared, blocks, percentile, drawn, alpha)
    found = replace(found, adjusted_ms=times[0], reference_adjusted_ms=times[1])
    if present < MIN_BLOCKS:
        return replace(found, reason=f"{present} blocks of time are too few for an interval; {MIN_BLOCKS} are needed")
    if not enough_calls(pair, strata, shared, percentile):
        return replace(found, difference=interval, reason="too few calls in common for this percentile")
    verdict: Verdict = "no difference" if interval.holds_zero else "slower" if interval.estimate > 0 else "faster"
    found = replace(found, difference=interval, verdict=verdict)
    return _by_hour(found, pair, blocks, drawn, alpha, family) if family else found


def _pair(counts: Counts, unit: int, base: int) -> Counts:
    """The calls of two units, numbered 0 and 1, over the blocks of time in which either was called."""
    mine = counts.of_units((unit, base))
    present = _blocks(mine)
    return replace(mine, block=np.searchsorted(present, mine.block))


def _blocks(counts: Counts) -> Ints:
    """The blocks of time in which anybody was called."""
    return distinct(counts.block, int(counts.block.max(initial=0)) + 1)


def _difference(
    pair: Counts, strata: Strata, shared: Flags, blocks: int, percentile: float, drawn: Floats,
    alpha: float,
) -> tuple[tuple[float, float], Interval]:  # fmt: skip
    sides = standardise(pair, strata, shared, blocks)
    times = [float(percentile_ms(side.cumulative, side.first, percentile)[0]) for side in sides]
    replicates = [np.log(resampled_ms(side, drawn, percentile)) for side in sides]
    interval = ratio_interval(float(np.log(times[0] / times[1])), replicates[0] - replicates[1], blocks, alpha)
    return (times[0], times[1]), interval


def _by_hour(found: Effect, pair: Counts, blocks: int, drawn: Floats, alpha: float, family: int) -> Effect:
    """The effect with its hours, each tested by itself and together at the level alpha; then the named ones as one."""
    hours = []
    for hour in np.unique(pair.hour).tolist():
        calls = pair.where(pair.hour == hour)
        for percentile in dict.fromkeys((found.percentile, 0.5)):
            interval = _part(calls, blocks, percentile, drawn, alpha / (24 * family))
            if interval is None:
                continue  # too few calls for this percentile: the median needs fewer
            if not interval.holds_zero and abs(interval.estimate) >= SLOW_HOUR_FLOOR:
                hours.append(HourEffect(hour, interval, percentile))
            break
    if not hours:
        return found
    slow = []
    for side, (slower, than) in enumerate(((found.unit, found.reference), (found.reference, found.unit))):
        mine = tuple(hour.hour for hour in hours if (hour.difference.estimate > 0) == (side == 0))
        calls = pair.where(np.isin(pair.hour, mine))
        for percentile in dict.fromkeys((found.percentile, 0.5)):
            interval = _part(calls, blocks, percentile, drawn, alpha) if mine else None
            if interval is not None:
                slow.append(SlowHours(slower, than, mine, interval if side == 0 else _turned(interval), percentile))
                break
    others = pair.where(~np.isin(pair.hour, [hour.hour for hour in hours]))
    rest = _part(others, blocks, found.percentile, drawn, alpha)
    return replace(found, hours=tuple(hours), slow_hours=tuple(slow), other_hours=rest)


def _part(calls: Counts, blocks: int, percentile: float, drawn: Floats, alpha: float) -> Interval | None:
    """The difference over the calls of some hours, as one comparison; None where they are too few."""
    if not may_suffice(calls, percentile) or len(_blocks(calls)) < MIN_BLOCKS:
        return None
    hours = len(np.unique(calls.hour))
    grains = tuple(dict.fromkeys(replace(grain, hours=24) for grain in GRAINS)) if hours == 1 else GRAINS
    strata, shared, _ = best_strata(calls, grains)
    if not enough_calls(calls, strata, shared, percentile):
        return None
    return _difference(calls, strata, shared, blocks, percentile, drawn, alpha)[1]


def _turned(interval: Interval) -> Interval:
    """How much slower b is than a, from how much slower a is than b."""
    return Interval(*(1 / (1 + value) - 1 for value in (interval.estimate, interval.high, interval.low)))


def _raw_ms(pair: Counts, side: int, percentile: float) -> float:
    bins = pair.where(pair.unit == side).bin
    first = int(bins.min())
    shares = np.cumsum(np.bincount(bins - first))
    return float(percentile_ms(shares / shares[-1], first, percentile)[0])


def _unshared(pair: Counts, strata: Strata, shared: Flags) -> tuple[Unshared, ...]:
    """The largest groups of calls outside the comparison, told without their hours."""
    number = len(strata.labels)
    calls = np.bincount(pair.unit * number + strata.of, weights=pair.calls, minlength=2 * number).reshape(2, number)
    groups: dict[tuple[int, ...], list[int]] = {}
    for stratum in np.flatnonzero(~shared):
        group = groups.setdefault(tuple(int(part) for part in strata.labels[stratum][:4]), [0, 0])
        group[0] += int(calls[0, stratum])
        group[1] += int(calls[1, stratum])
    largest = sorted(groups.items(), key=lambda item: (-sum(item[1]), item[0]))[:NAMED_STRATA]
    return tuple(
        Unshared(
            pair.models[model],
            bool(streamed),
            size_class(prompt, strata.grain.prompt_step, 2),
            size_class(output, strata.grain.output_step, 4),
            *sides,
        )
        for (model, streamed, prompt, output), sides in largest
    )


def size_class(number: int, step: int, per_octave: int) -> str:
    """The tokens of a class, as 91-127: class n > 0 is n steps of 2^(step/per_octave) above 1."""
    if number <= 0:
        return "unknown" if number < 0 else "0"
    low, high = (int(np.ceil(2 ** ((number - 1 + side) * step / per_octave))) for side in (0, 1))
    return f"{low:,}" if high - 1 <= low else f"{low:,}-{high - 1:,}"
