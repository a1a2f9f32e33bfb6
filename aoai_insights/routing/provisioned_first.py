"""Provisioned backends before all others, and what that would have done to recorded calls.

Behind a first priority, provisioned backends get every call until they are full. How much they carry is known only from
what they have carried: so in each recorded hour they are given the hour's calls up to the load that they carried in at
least five hours, and what is beyond goes to the others as it did. docs/routing.md says what that leaves out.
"""

from collections.abc import Sequence

import numpy as np

from aoai_insights.latency.comparison import MIN_BLOCKS, draws
from aoai_insights.latency.counts import Counts, Floats, Ints
from aoai_insights.routing.backend_pool import Advice, Line, Member, Pool, Rules
from aoai_insights.routing.replay import Part, Replayed, mix_of, replayed
from aoai_insights.routing.words import effect_words

MIN_HOURS = 5
"""A load counts as carried where it was reached in so many hours: one may be a batch of cached prompts.

Backends that can be compared answered in at least as many blocks of time, and so in as many hours (MIN_STRATUM_BLOCKS).
"""

WHY = "PTU first: its hours are paid whether used or not"


def provisioned_first(
    pool: Pool, members: tuple[Member, ...], active: Sequence[int], counts: Counts, rules: Rules, seed: int
) -> Advice:
    """The advice to change priorities alone: weights are looked at again when those are in force."""
    found = _replay(members, active, counts, rules, seed)
    if isinstance(found, str):
        note = f"; not replayed: {found}"
        lines = tuple(_line(pool, members, i, member.weight, note) for i, member in enumerate(members))
        return Advice(pool.name, pool.origin, (), True, lines, None, 0, f"PTU first; not replayed: {found}")
    result, after, taken, before = found
    weights = {i: float(weight) for i, weight in zip(active, after, strict=True)}
    lines = tuple(_line(pool, members, i, weights.get(i, members[i].weight), "") for i in range(len(members)))
    said = (
        f"PTU first: provisioned backends would have carried {taken:.0%} of the calls instead of {before:.0%},"
        f" in no hour more than they carried in at least {MIN_HOURS}"
    )
    moved = round((taken - before) * int(counts.calls.sum()))
    return Advice(pool.name, pool.origin, (), True, lines, result, moved, f"{said}; {effect_words(result, rules)}")


def _replay(
    members: Sequence[Member], active: Sequence[int], counts: Counts, rules: Rules, seed: int
) -> tuple[Replayed, Floats, float, float] | str:
    """The replay, each active member's share of the calls, and the provisioned ones' after and before; or why not."""
    ptu = [place for place, i in enumerate(active) if members[i].ptu]
    others = [place for place, i in enumerate(active) if not members[i].ptu]
    if not ptu or not others:
        return f"fewer than {rules.min_calls} answered calls of provisioned backends or of the others"
    calls = counts.of_units(active)
    if len(np.unique(calls.block)) < MIN_BLOCKS:
        return f"fewer than {MIN_BLOCKS} blocks of time with calls"
    blocks = int(calls.block.max()) + 1
    mix = mix_of(calls, blocks, draws(blocks, seed), rules.percentile)
    if mix is None:
        return "too few calls that the backends have in common"
    now = np.bincount(calls.unit, weights=calls.calls, minlength=len(active)).astype(np.float64)
    now /= now.sum()
    taken, carried = _carried(calls, ptu)
    after = np.zeros(len(active))
    after[ptu] = taken * carried / carried.sum()
    after[others] = (1 - taken) * now[others] / now[others].sum()
    result = replayed((Part(mix, 1.0, now, after),), rules.percentile, rules.alpha)
    return result, after, taken, float(now[ptu].sum())


def _carried(calls: Counts, ptu: Sequence[int]) -> tuple[float, Floats]:
    """The share of the calls that provisioned backends would have carried, and the tokens an hour known of each."""
    tokens = calls.block_calls * np.repeat(_middle(calls.prompt, 2) + _middle(calls.output, 4), calls.spans)
    _, hour = np.unique(calls.block * 24 + np.repeat(calls.hour, calls.spans), return_inverse=True)
    hours = int(hour.max()) + 1
    flat = np.bincount(np.repeat(calls.unit * hours, calls.spans) + hour, weights=tokens,
                       minlength=len(calls.units) * hours)  # fmt: skip
    load: Floats = flat.reshape(len(calls.units), hours).astype(np.float64)
    carried = np.sort(load[list(ptu)], axis=1)[:, -MIN_HOURS]
    share = np.minimum(1.0, carried.sum() / np.maximum(load.sum(axis=0), 1e-9))
    weights = np.bincount(hour, weights=calls.block_calls, minlength=hours)
    return float((share * weights).sum() / weights.sum()), carried


def _middle(size: Ints, per_octave: int) -> Floats:
    """The tokens in the middle of a size class, in ratios."""
    middle: Floats = np.where(size > 0, 2.0 ** ((np.maximum(size, 1) - 0.5) / per_octave), 0.5)
    return middle


def _line(pool: Pool, members: Sequence[Member], i: int, weight: float, note: str) -> Line:
    old, member = pool.members[i], members[i]
    why = WHY if member.ptu else "PTU first: gets what provisioned backends cannot take"
    if member.priority != old.priority:
        why += f"; priority {old.priority} becomes {member.priority}"
    load = None if member.ptu or pool.peaks[i] <= 0 else weight * pool.busiest / pool.peaks[i]
    return Line(member.backend, member.backend_id, member.region, old.priority, member.priority, member.weight, weight,
                why + note, None, load, ("PTU first",))  # fmt: skip
