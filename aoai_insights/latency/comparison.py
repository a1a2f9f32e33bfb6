"""Fair comparison of regions or backends: percentiles of each under the same mix of calls, with honest intervals.

Direct standardisation over shared strata, and a bootstrap over blocks of time. docs/fair-comparison.md states the
estimator; the names here are those of that page. Nothing here knows where the counts come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from aoai_insights.latency.counts import Counts, Flags, Floats, Ints, distinct

BINS_PER_E = 50
"""Latency is counted in bins of 2 %: bin = floor(50 ln ms); percentiles are read between the edges of a bin."""

MIN_STRATUM_CALLS = 10
MIN_STRATUM_BLOCKS = 5
"""A stratum counts as shared where each side has so many calls, in so many blocks: fewer cannot show their noise."""

MIN_TAIL_CALLS = 20
"""So many of a side's compared calls must lie beyond the percentile: 400 calls for a p95, 40 for a p50."""

MIN_BLOCKS = 8
"""Fewer blocks of time give no interval, and so no verdict."""

REPLICATES = 500
ENOUGH_SHARED = 0.9
RIDGE = 50.0
NEAR = 0.2
"""No replicate moves a cumulative share by more: the bins farther off need not be resampled."""


@dataclass(frozen=True, slots=True)
class Grain:
    """How finely calls are told apart: quarter octaves of output, half octaves of prompt, and hours per band."""

    output_step: int
    prompt_step: int
    hours: int


GRAINS = (Grain(1, 2, 4), Grain(2, 4, 4), Grain(2, 4, 8), Grain(4, 4, 8), Grain(4, 8, 8), Grain(4, 8, 24))
"""Finest first. The finest that leaves 90 % of every side's calls comparable is used."""


@dataclass(frozen=True, slots=True)
class Strata:
    """The stratum of each cell of the counts, and what each stratum is."""

    of: Ints
    labels: Ints  # one row per stratum: model, streamed, prompt, output class, hour band
    grain: Grain


@dataclass(frozen=True, slots=True)
class Standardised:
    """The distribution a unit shows under the common mix, on the edges of the bins.

    `cumulative[g]` is the share of calls at most as slow as the upper edge of bin `first + g`; `influence[d, g]` is
    how it moves when block d is counted once more.
    """

    first: int
    cumulative: Floats
    influence: Floats


def strata_of(counts: Counts, grain: Grain) -> Strata:
    """Classes of model, streamed, prompt size, output size and hour band."""
    prompt = _classes(counts.prompt, grain.prompt_step)
    output = _classes(counts.output, grain.output_step)
    parts = (counts.model, counts.streamed, prompt + 1, output + 1, counts.hour // grain.hours)
    key = np.zeros(len(counts.calls), dtype=np.int64)
    for part in parts:
        key = key * 256 + part
    labels, of = np.unique(key, return_inverse=True)
    columns = [labels // 256**place % 256 for place in range(4, -1, -1)]
    columns[2], columns[3] = columns[2] - 1, columns[3] - 1
    return Strata(of.astype(np.int64), np.stack(columns, axis=1), grain)


def _classes(numbers: Ints, step: int) -> Ints:
    return np.where(numbers > 0, (numbers - 1) // step + 1, numbers)


def levels(counts: Counts, strata: Strata) -> Ints:
    """How many bins down each cell's calls move to their stratum's mean size, along the line that ln ms follows.

    A class of sizes has a width, and one side may sit at its upper end. The slopes on output and prompt size are fitted
    within side and stratum, so that a side's own speed does not enter them; hours share them.
    """
    number = len(strata.labels)
    _, group = np.unique(strata.labels[:, :4], axis=0, return_inverse=True)
    own = counts.unit * number + strata.of
    n = counts.calls.astype(np.float64)
    sizes = [counts.output.astype(np.float64), counts.prompt.astype(np.float64)]
    x = [size - _mean(own, n, n * size) for size in sizes]
    y = counts.bins - n * _mean(own, n, counts.bins.astype(np.float64))  # the sum over a cell's calls
    within = group[strata.of]

    def total(values: Floats) -> Floats:
        sums: Floats = np.bincount(within, weights=values, minlength=int(group.max()) + 1).astype(np.float64)
        return sums

    # A little ridge keeps the slope of a class of one size, or of few calls, near 0.
    a, b, c = total(n * x[0] * x[0]) + RIDGE, total(n * x[0] * x[1]), total(n * x[1] * x[1]) + RIDGE
    u, v = total(x[0] * y), total(x[1] * y)
    determinant = a * c - b * b
    slopes = ((c * u - b * v) / determinant, (a * v - b * u) / determinant)
    down = np.zeros(len(n))
    for slope, size in zip(slopes, sizes, strict=True):
        down += slope[within] * (size - _mean(strata.of, n, n * size))
    return np.rint(down).astype(np.int64)


def _mean(group: Ints, calls: Floats, sums: Floats) -> Floats:
    """The mean of each cell's group over its calls, from the cells' sums."""
    mean: Floats = (np.bincount(group, weights=sums) / np.maximum(np.bincount(group, weights=calls), 1))[group]
    return mean


def shared_strata(counts: Counts, strata: Strata) -> tuple[Flags, Floats]:
    """Which strata every unit has enough of, and the share of each unit's calls that lie in them."""
    units, number = len(counts.units), len(strata.labels)
    cell = counts.unit * number + strata.of
    calls = np.bincount(cell, weights=counts.calls, minlength=units * number).reshape(units, number)
    span = int(counts.block.max(initial=0)) + 1
    seen = distinct(np.repeat(cell * span, counts.spans) + counts.block, units * number * span) // span
    blocks = np.bincount(seen, minlength=units * number).reshape(units, number)
    shared = np.asarray((calls >= MIN_STRATUM_CALLS) & (blocks >= MIN_STRATUM_BLOCKS)).all(axis=0)
    shared = np.asarray(shared, dtype=np.bool_)
    return shared, calls[:, shared].sum(axis=1) / np.maximum(calls.sum(axis=1), 1)


def best_strata(counts: Counts, grains: Sequence[Grain] = GRAINS) -> tuple[Strata, Flags, Floats]:
    """The finest strata that keep 90 % of every unit's calls comparable; failing that, those that keep most."""
    best: tuple[Strata, Flags, Floats] | None = None
    for grain in grains:
        strata = strata_of(counts, grain)
        shared, shares = shared_strata(counts, strata)
        if shares.min(initial=1.0) >= ENOUGH_SHARED:
            return strata, shared, shares
        if best is None or shares.min(initial=1.0) > best[2].min(initial=1.0) + 0.01:
            best = strata, shared, shares
    assert best is not None
    return best


def enough_calls(counts: Counts, strata: Strata, shared: Flags, q: float) -> bool:
    """Whether every unit has the calls that the q-quantile needs, within the shared strata."""
    return _suffice(counts, counts.calls * shared[strata.of], q)


def may_suffice(counts: Counts, q: float) -> bool:
    """Whether every unit has the calls that the q-quantile needs, were all of them comparable."""
    return _suffice(counts, counts.calls, q)


def _suffice(counts: Counts, of_cells: Ints, q: float) -> bool:
    calls = np.bincount(counts.unit, weights=of_cells, minlength=len(counts.units))
    return bool(float(calls.min()) * min(q, 1 - q) >= MIN_TAIL_CALLS)


def standardise(counts: Counts, strata: Strata, shared: Flags, blocks: int) -> tuple[Standardised, ...]:
    """Each unit's distribution over the shared strata, weighted by the pooled mix of all units.

    F(t) = sum over strata s of w_s F_s(t); w_s is the share of s among all units' calls in shared strata. The
    influence of a block is that of a stratified ratio: sum of w_s / n_s * (calls of the block at most t - F_s(t) *
    calls of the block), scaled up for strata of few blocks.
    """
    kept = shared[strata.of]
    down = levels(counts, strata)[kept].astype(np.int32)
    of = (np.cumsum(shared) - 1)[strata.of[kept]]
    counts = counts.where(kept)
    number = int(shared.sum())
    moved = np.maximum(counts.bin - np.repeat(down, counts.calls), 0)
    first, width = int(moved.min()), int(moved.max() - moved.min()) + 1
    counts = replace(counts, bin=moved - first)
    pooled = np.bincount(of, weights=counts.calls, minlength=number)
    weight = pooled / pooled.sum()
    made = []
    for unit in range(len(counts.units)):
        mine = counts.unit == unit
        s, calls = of[mine], counts.where(mine)
        per_stratum = np.bincount(s, weights=calls.calls, minlength=number)
        block = np.repeat(s * blocks, calls.spans) + calls.block
        per_block = np.bincount(block, weights=calls.block_calls, minlength=number * blocks).reshape(number, blocks)
        bins = np.repeat(s * width, calls.calls) + calls.bin
        within = np.bincount(bins, minlength=number * width).reshape(number, width)
        shares = np.cumsum(within, axis=1) / per_stratum[:, None]
        present = (per_block > 0).sum(axis=1)
        spread = weight / per_stratum * np.sqrt(present / np.maximum(present - 1, 1))
        bins = np.repeat(calls.block * width, calls.block_calls) + calls.bin
        seen = np.bincount(bins, weights=np.repeat(spread[s], calls.calls), minlength=blocks * width)
        influence = np.cumsum(seen.reshape(blocks, width), axis=1) - (per_block * spread[:, None]).T @ shares
        made.append(Standardised(first, weight @ shares, influence))
    return tuple(made)


def draws(blocks: int, seed: int, replicates: int = REPLICATES) -> Floats:
    """How much more or less often than once each block is counted, in each replicate; the same for all units."""
    random = np.random.default_rng(seed)
    return random.multinomial(blocks, np.full(blocks, 1 / blocks), size=replicates).astype(np.float64) - 1


def resampled(mix: Standardised, drawn: Floats) -> Floats:
    """The cumulative distribution in every replicate."""
    return np.maximum.accumulate(mix.cumulative + drawn @ mix.influence, axis=1)


def resampled_ms(mix: Standardised, drawn: Floats, q: float) -> Floats:
    """The q-quantile in ms of every replicate, from the bins that can hold it."""
    near = np.flatnonzero(np.abs(mix.cumulative - q) <= NEAR)
    start, end = (int(near[0]), int(near[-1]) + 2) if len(near) else (0, len(mix.cumulative))
    start = max(start - 1, 0)
    window = Standardised(mix.first + start, mix.cumulative[start:end], mix.influence[:, start:end])
    return percentile_ms(resampled(window, drawn), window.first, q)


def percentile_ms(cumulative: Floats, first: int, q: float) -> Floats:
    """The q-quantile in ms of each row of cumulative shares, read linearly inside its bin."""
    rows = np.atleast_2d(cumulative)
    at = np.minimum((rows < q).sum(axis=1), rows.shape[1] - 1)
    index = np.arange(len(rows))
    above = rows[index, at]
    below = np.where(at > 0, rows[index, np.maximum(at - 1, 0)], 0.0)
    inside = np.clip((q - below) / np.maximum(above - below, 1e-12), 0, 1)
    low, high = np.exp((first + at) / BINS_PER_E), np.exp((first + at + 1) / BINS_PER_E)
    result: Floats = low + inside * (high - low)
    return result


def t_quantile(probability: float, freedom: int) -> float:
    """Of Student's t, by expansion about the normal (Abramowitz and Stegun 26.7.5): within 1 % from 7 degrees on."""
    z = NormalDist().inv_cdf(probability)
    g1 = (z**3 + z) / 4
    g2 = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    g3 = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + g1 / freedom + g2 / freedom**2 + g3 / freedom**3


@dataclass(frozen=True, slots=True)
class Interval:
    """A relative difference: 0.2 is 20 % slower. Holds 0 where nothing can be said to differ."""

    estimate: float
    low: float
    high: float

    @property
    def holds_zero(self) -> bool:
        return self.low <= 0 <= self.high


def ratio_interval(estimate: float, replicates: Floats, blocks: int, alpha: float) -> Interval:
    """The interval of exp(estimate) - 1 from the replicates of a log ratio, with Student's t of blocks - 1 degrees."""
    reach = t_quantile(1 - alpha / 2, blocks - 1) * float(np.std(replicates, ddof=1))
    low, middle, high = np.expm1([estimate - reach, estimate, estimate + reach])
    return Interval(float(middle), float(low), float(high))
