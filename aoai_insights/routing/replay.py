"""What other weights would have done to recorded traffic, and the weights that would have done best.

Recorded calls are reweighted: under weights w the pool's distribution is the sum of w_i F_i, F_i being backend i's
under the pool's common mix of calls. A backend is assumed to stay as fast as it was; how much more it would have to
carry than it has been seen to carry is for the caller to bound.
"""

from dataclasses import dataclass

import numpy as np

from aoai_insights.latency.comparison import (
    Interval,
    Standardised,
    best_strata,
    enough_calls,
    may_suffice,
    percentile_ms,
    ratio_interval,
    resampled,
    resampled_ms,
    standardise,
)
from aoai_insights.latency.counts import Counts, Flags, Floats


@dataclass(frozen=True, slots=True)
class Mix:
    """The distributions of some backends under their common mix, as measured and in every replicate."""

    first: int
    cumulative: Floats  # backend x bin
    sides: tuple[Standardised, ...]
    drawn: Floats
    blocks: int
    shared: Floats  # share of each backend's calls that are comparable


@dataclass(frozen=True, slots=True)
class Limits:
    """What weights may become: each within its bounds, and no more than `shift` moved in all."""

    lower: Floats
    upper: Floats
    shift: float


def mix_of(counts: Counts, blocks: int, drawn: Floats, percentile: float) -> Mix | None:
    """None where the backends have too few calls in common."""
    if len(counts.calls) == 0 or not may_suffice(counts, percentile):
        return None
    strata, shared, shares = best_strata(counts)
    if not enough_calls(counts, strata, shared, percentile):
        return None
    sides = standardise(counts, strata, shared, blocks)
    return Mix(
        sides[0].first,
        np.stack([side.cumulative for side in sides]),
        sides,
        drawn,
        blocks,
        shares,
    )


def pair_differences(mix: Mix, percentile: float, alpha: float) -> dict[tuple[int, int], Interval]:
    """How much slower backend i is than backend j, for every i != j, at the level 1 - alpha."""
    times = np.log(percentile_ms(mix.cumulative, mix.first, percentile))
    replicates = [np.log(resampled_ms(side, mix.drawn, percentile)) for side in mix.sides]
    number = len(times)
    return {
        (i, j): ratio_interval(float(times[i] - times[j]), replicates[i] - replicates[j], mix.blocks, alpha)
        for i in range(number)
        for j in range(number)
        if i != j
    }


def best_weights(mix: Mix, percentile: float, weights: Floats, limits: Limits, may_give: Flags) -> Floats:
    """The weights within the limits under which the pool's percentile is least.

    The percentile is at most t exactly where some weights give sum w_i F_i(t) >= q; for one t the best weights follow
    from moving weight, the largest difference of F first. So the least t is found by halving. `may_give[j, i]` allows
    weight to go from j to i.
    """
    low, high = 0, mix.cumulative.shape[1] - 1
    best = weights
    while low < high:
        middle = (low + high) // 2
        moved = _moved(mix.cumulative[:, middle], weights, limits, may_give)
        if float(moved @ mix.cumulative[:, middle]) >= percentile:
            best, high = moved, middle
        else:
            low = middle + 1
    return best


def _moved(values: Floats, weights: Floats, limits: Limits, may_give: Flags) -> Floats:
    moved, budget = weights.copy(), limits.shift
    pairs = sorted(((values[i] - values[j], j, i) for j, i in np.argwhere(may_give)), reverse=True)
    for gain, giver, taker in pairs:
        if gain <= 0:
            break
        amount = min(moved[giver] - limits.lower[giver], limits.upper[taker] - moved[taker], budget)
        if amount > 0:
            moved[giver] -= amount
            moved[taker] += amount
            budget -= amount
    return moved


@dataclass(frozen=True, slots=True)
class Part:
    """Some hours of a pool's traffic: their share of its calls, and the weights in force and proposed there."""

    mix: Mix
    share: float
    before: Floats
    after: Floats


@dataclass(frozen=True, slots=True)
class Replayed:
    """A percentile of the pool under two sets of weights; `change` is after over before, less 1.

    `covered` is the share of the calls in strata that all backends serve: the percentiles are over these alone.
    """

    before_ms: float
    after_ms: float
    change: Interval
    covered: float = 1.0


def replayed(parts: tuple[Part, ...], percentile: float, alpha: float) -> Replayed:
    """The pool's percentile over all parts together, before and after, with the interval of the change."""
    first = min(part.mix.first for part in parts)
    last = max(part.mix.first + part.mix.cumulative.shape[1] for part in parts)
    times, samples = [], []
    for side in ("before", "after"):
        whole = np.zeros((1, last - first))
        sampled = np.zeros((len(parts[0].mix.drawn), last - first))
        for part in parts:
            weights = getattr(part, side)
            whole += part.share * _placed(
                (weights @ part.mix.cumulative)[None, :], part.mix.first - first, last - first
            )
            influence = np.tensordot(weights, np.stack([s.influence for s in part.mix.sides]), axes=1)
            mixed = resampled(Standardised(part.mix.first, weights @ part.mix.cumulative, influence), part.mix.drawn)
            sampled += part.share * _placed(mixed, part.mix.first - first, last - first)
        times.append(float(percentile_ms(whole, first, percentile)[0]))
        samples.append(np.log(percentile_ms(sampled, first, percentile)))
    change = ratio_interval(float(np.log(times[1] / times[0])), samples[1] - samples[0], parts[0].mix.blocks, alpha)
    covered = sum(part.share * float(part.before @ part.mix.shared) for part in parts)
    return Replayed(times[0], times[1], change, covered)


def _placed(rows: Floats, start: int, width: int) -> Floats:
    """The rows on a wider axis of bins: nothing below their first bin, all of them above their last."""
    wide = np.empty((len(rows), width))
    wide[:, :start] = 0.0
    wide[:, start : start + rows.shape[1]] = rows
    wide[:, start + rows.shape[1] :] = rows[:, -1:]
    return wide
