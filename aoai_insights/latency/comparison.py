"""Fair comparison of regions or backends: percentiles of each under the same mix of calls, with honest intervals.

Direct standardisation over shared strata, and a bootstrap over blocks of time. docs/fair-comparison.md states the
estimator; the names here are those of that page. Nothing here knows where the counts come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

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
class Counts:
    """Answered calls by all that latency depends on: parallel arrays, one entry per distinct combination.

    `output` is in quarter octaves of completion tokens and `prompt` in half octaves of prompt tokens: class n > 0
    begins at 2^((n-1)/4) or 2^((n-1)/2) tokens, 0 is none, -1 unknown. `hour` and `weekday` (0 = Monday) are of the
    asked time zone, `block` numbers the blocks of time from 0, `bin` is that of BINS_PER_E.
    """

    units: tuple[str, ...]
    models: tuple[str, ...]
    unit: Ints
    model: Ints
    streamed: Ints
    prompt: Ints
    output: Ints
    hour: Ints
    weekday: Ints
    block: Ints
    bin: Ints
    calls: Ints

    def where(self, mask: npt.NDArray[np.bool_]) -> "Counts":
        """The entries that `mask` names."""
        return self._picked(mask)

    def of_units(self, units: Sequence[int]) -> "Counts":
        """The entries of some units, which are renumbered in the order given."""
        place = np.full(len(self.units), -1)
        place[list(units)] = np.arange(len(units))
        mine = self.where(place[self.unit] >= 0)
        return replace(mine, units=tuple(self.units[i] for i in units), unit=place[mine.unit])

    def split(self, number: Ints) -> "dict[int, Counts]":
        """The entries by a number of each, as in a group-by: sorted once, since a mask per number would read all."""
        order = np.argsort(number, kind="stable")
        ordered = self._picked(order)
        values, starts = np.unique(number[order], return_index=True)
        ends = [*starts[1:], len(order)]
        return {int(v): ordered._picked(slice(int(s), int(e))) for v, s, e in zip(values, starts, ends, strict=True)}

    def _picked(self, which: "npt.NDArray[np.bool_] | npt.NDArray[np.intp] | slice") -> "Counts":
        names = ("unit", "model", "streamed", "prompt", "output", "hour", "weekday", "block", "bin", "calls")
        return replace(self, **{name: getattr(self, name)[which] for name in names})


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
    """The stratum of each entry of the counts, and what each stratum is."""

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


def levelled(counts: Counts, strata: Strata) -> Counts:
    """Every call moved to the mean size of its stratum, along the line that ln ms follows in its size class.

    A class of sizes has a width, and one side may sit at its upper end. The slopes on output and prompt size are fitted
    within side and stratum, so that a side's own speed does not enter them; hours share them.
    """
    number = len(strata.labels)
    _, group = np.unique(strata.labels[:, :4], axis=0, return_inverse=True)
    own = counts.unit * number + strata.of
    n = counts.calls.astype(np.float64)
    sizes = [counts.output.astype(np.float64), counts.prompt.astype(np.float64)]
    x = [size - _mean(own, n, size) for size in sizes]
    y = counts.bin - _mean(own, n, counts.bin.astype(np.float64))
    within = group[strata.of]

    def total(values: Floats) -> Floats:
        sums: Floats = np.bincount(within, weights=n * values, minlength=int(group.max()) + 1).astype(np.float64)
        return sums

    # A little ridge keeps the slope of a class of one size, or of few calls, near 0.
    a, b, c = total(x[0] * x[0]) + RIDGE, total(x[0] * x[1]), total(x[1] * x[1]) + RIDGE
    u, v = total(x[0] * y), total(x[1] * y)
    determinant = a * c - b * b
    slopes = ((c * u - b * v) / determinant, (a * v - b * u) / determinant)
    moved = counts.bin.astype(np.float64)
    for slope, size in zip(slopes, sizes, strict=True):
        moved -= slope[within] * (size - _mean(strata.of, n, size))
    return replace(counts, bin=np.maximum(np.rint(moved), 0).astype(np.int64))


def _mean(cell: Ints, weights: Floats, values: Floats) -> Floats:
    """The mean of each entry's cell."""
    total = np.bincount(cell, weights=weights)
    mean: Floats = (np.bincount(cell, weights=weights * values) / np.maximum(total, 1))[cell]
    return mean


def shared_strata(counts: Counts, strata: Strata) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Which strata every unit has enough of, and the share of each unit's calls that lie in them."""
    units, number = len(counts.units), len(strata.labels)
    cell = counts.unit * number + strata.of
    calls = np.bincount(cell, weights=counts.calls, minlength=units * number).reshape(units, number)
    seen = np.unique(cell * 100_000 + counts.block) // 100_000
    blocks = np.bincount(seen, minlength=units * number).reshape(units, number)
    shared = np.asarray((calls >= MIN_STRATUM_CALLS) & (blocks >= MIN_STRATUM_BLOCKS)).all(axis=0)
    shared = np.asarray(shared, dtype=np.bool_)
    return shared, calls[:, shared].sum(axis=1) / np.maximum(calls.sum(axis=1), 1)


def best_strata(counts: Counts, grains: Sequence[Grain] = GRAINS) -> tuple[Strata, npt.NDArray[np.bool_], Floats]:
    """The finest strata that keep 90 % of every unit's calls comparable; failing that, those that keep most."""
    best: tuple[Strata, npt.NDArray[np.bool_], Floats] | None = None
    for grain in grains:
        strata = strata_of(counts, grain)
        shared, shares = shared_strata(counts, strata)
        if shares.min(initial=1.0) >= ENOUGH_SHARED:
            return strata, shared, shares
        if best is None or shares.min(initial=1.0) > best[2].min(initial=1.0) + 0.01:
            best = strata, shared, shares
    assert best is not None
    return best


def enough_calls(counts: Counts, strata: Strata, shared: npt.NDArray[np.bool_], q: float) -> bool:
    """Whether every unit has the calls that the q-quantile needs, within the shared strata."""
    return may_suffice(counts.where(shared[strata.of]), q)


def may_suffice(counts: Counts, q: float) -> bool:
    """Whether every unit has the calls that the q-quantile needs, were all of them comparable."""
    calls = np.bincount(counts.unit, weights=counts.calls, minlength=len(counts.units))
    return bool(float(calls.min()) * min(q, 1 - q) >= MIN_TAIL_CALLS)


def standardise(counts: Counts, strata: Strata, shared: npt.NDArray[np.bool_], blocks: int) -> tuple[Standardised, ...]:
    """Each unit's distribution over the shared strata, weighted by the pooled mix of all units.

    F(t) = sum over strata s of w_s F_s(t); w_s is the share of s among all units' calls in shared strata. The
    influence of a block is that of a stratified ratio: sum of w_s / n_s * (calls of the block at most t - F_s(t) *
    calls of the block), scaled up for strata of few blocks.
    """
    counts = levelled(counts, strata)
    kept = shared[strata.of]
    renumber = np.cumsum(shared) - 1
    counts = counts.where(kept)
    of = renumber[strata.of[kept]]
    number = int(shared.sum())
    first = int(counts.bin.min(initial=0)) if len(counts.bin) else 0
    width = int(counts.bin.max(initial=first)) - first + 1
    pooled = np.bincount(of, weights=counts.calls, minlength=number)
    weight = pooled / pooled.sum()
    made = []
    for unit in range(len(counts.units)):
        mine = counts.unit == unit
        s, d, g, n = of[mine], counts.block[mine], counts.bin[mine] - first, counts.calls[mine].astype(np.float64)
        per_stratum = np.bincount(s, weights=n, minlength=number)
        scale = weight / per_stratum
        per_block = np.bincount(s * blocks + d, weights=n, minlength=number * blocks).reshape(number, blocks)
        within = np.bincount(s * width + g, weights=n, minlength=number * width).reshape(number, width)
        shares = np.cumsum(within, axis=1) / per_stratum[:, None]
        present = (per_block > 0).sum(axis=1)
        spread = scale * np.sqrt(present / np.maximum(present - 1, 1))
        seen = np.bincount(d * width + g, weights=spread[s] * n, minlength=blocks * width).reshape(blocks, width)
        influence = np.cumsum(seen, axis=1) - (per_block * spread[:, None]).T @ shares
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
