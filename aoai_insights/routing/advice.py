"""What the weights and priorities of a backend pool should be, why, and what that would have done to recorded traffic.

Advice is given only where the backends differ beyond chance for the same calls, the replay says that the pool gains,
and every guard-rail holds. docs/routing.md explains each; no data is no advice, and says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from aoai_insights.latency.comparison import MIN_BLOCKS, draws
from aoai_insights.latency.counts import Counts, Flags, Floats, Ints
from aoai_insights.routing.backend_pool import (
    Advice,
    Group,
    Member,
    Pool,
    Rules,
    limits,
    movable_groups,
    ptu_first,
    rails_of,
    shares,
    why_not_compared,
)
from aoai_insights.routing.provisioned_first import provisioned_first
from aoai_insights.routing.replay import Part, best_weights, mix_of, pair_differences, replayed
from aoai_insights.routing.words import advice_of, percent, unchanged

SLOTS = 48
"""Hours of the day on working days and on Saturday and Sunday: a profile is made of these."""

KEPT_GAIN = 0.8
"""Two profiles that move at most half as many calls are better where they keep so much of the single one's gain."""


def advise(pool: Pool, counts: Counts, rules: Rules, *, pools: int = 1, seed: int = 1) -> tuple[Advice, ...]:
    """One Advice per profile of hours: one, or two where two would do better. `counts` has the members as its units.

    `pools` is how many are looked at together: with equal backends everywhere, at most a share alpha of tenants is
    given any advice.
    """
    members = ptu_first(pool.members)
    active = [i for i, member in enumerate(members) if member.calls >= rules.min_calls]
    if members != pool.members:
        return (provisioned_first(pool, members, active, counts, rules, seed),)
    groups = movable_groups(members, active)
    if not groups:
        return (unchanged(pool, members, rules, why_not_compared(members, active, rules)),)
    blocks = int(counts.block.max()) + 1
    if len(np.unique(counts.block)) < MIN_BLOCKS:
        return (unchanged(pool, members, rules, f"fewer than {MIN_BLOCKS} blocks of time with calls"),)
    groups.sort(key=lambda group: -sum(members[i].calls for i in group))
    pairs = sum(len(group) * (len(group) - 1) // 2 for group in groups)
    task = _Task(pool, members, rules, draws(blocks, seed), blocks, pairs * pools)
    found = [_one(task, group, counts.of_units(group), 0.6 * rules.alpha / task.tests) for group in groups]
    known = [one for one in found if one is not None]
    if not known:
        return (unchanged(pool, members, rules, "too few calls that the backends have in common"),)
    rest = _others(task, known, active, counts)
    first = known[0]
    two = _two(task, first, counts.of_units(first.members)) if len(known) == 1 else None
    if two is not None:
        return two
    return (advice_of(pool, members, rules, (), known, _whole(task, known, rest)),)


@dataclass(frozen=True, slots=True)
class _Task:
    """What every step needs. `tests` is how many pairs of backends are tested together."""

    pool: Pool
    members: tuple[Member, ...]
    rules: Rules
    drawn: Floats
    blocks: int
    tests: int


def _one(task: _Task, members: Sequence[int], counts: Counts, alpha: float) -> Group | None:
    """The weights that one profile would have, and its replay; the replay is None where nothing should change."""
    rules = task.rules
    mix = mix_of(counts, task.blocks, task.drawn, rules.percentile)
    if mix is None:
        return None
    now = shares(task.members, members)
    differences = pair_differences(mix, rules.percentile, alpha)
    may_give = np.zeros((len(members), len(members)), dtype=np.bool_)
    for (slower, faster), interval in differences.items():
        may_give[slower, faster] = interval.low > 0
    shown = pair_differences(mix, rules.percentile, rules.alpha)
    stays = Group(tuple(members), mix, now, now, shown, None, int(counts.calls.sum()), {})
    if not may_give.any():
        return stays
    bounds = limits(task.pool, task.members, members, now, rules)
    after = _rounded(best_weights(mix, rules.percentile, now, bounds, may_give), now)
    rails = rails_of(task.pool, task.members, members, now, after, bounds, rules)
    change = float(np.abs(after - now).max())
    if change < rules.min_change:
        held = f"hysteresis {rules.min_change:.0%}"
        return replace(stays, rails=_with(rails, members, held) if change > 1e-9 else rails)
    result = replayed((Part(mix, 1.0, now, after),), rules.percentile, rules.alpha)
    if result.change.high >= 0 or -result.change.estimate < rules.min_gain:
        return replace(stays, rails=_with(rails, members, f"least gain {rules.min_gain:.0%}"))
    return replace(stays, after=after, replay=result, rails=rails)


def _with(rails: Mapping[int, tuple[str, ...]], members: Sequence[int], rail: str) -> dict[int, tuple[str, ...]]:
    return {i: (*rails.get(i, ()), rail) for i in members}


def _others(task: _Task, known: Sequence[Group], active: Sequence[int], counts: Counts) -> list[Part]:
    """Calls of backends that nothing moves among: they are part of the pool's percentile all the same."""
    taken = {i for group in known for i in group.members}
    parts = []
    for i in active:
        if i in taken:
            continue
        calls = counts.of_units([i])
        mix = mix_of(calls, task.blocks, task.drawn, task.rules.percentile)
        if mix is not None:
            parts.append(Part(mix, float(calls.calls.sum()), np.ones(1), np.ones(1)))
    return parts


def _whole(task: _Task, known: Sequence[Group], rest: Sequence[Part]) -> Group | None:
    """The pool's replay where anything changes: of all groups together, each by its share of the calls."""
    if all(group.replay is None for group in known):
        return None
    if len(known) == 1 and not rest:
        return known[0]
    parts = [*(Part(group.mix, float(group.calls), group.now, group.after) for group in known), *rest]
    total = sum(part.share for part in parts)
    result = replayed(tuple(replace(part, share=part.share / total) for part in parts), task.rules.percentile,
                      task.rules.alpha)  # fmt: skip
    return replace(known[0], replay=result)


def _two(task: _Task, one: Group, counts: Counts) -> tuple[Advice, ...] | None:
    """Two profiles, where the hours in which a backend is slow make them better than one beyond chance."""
    pool, members, rules = task.pool, task.members, task.rules
    slot = counts.hour + 24 * counts.weekend
    slow: list[set[int]] = [set() for _ in one.members]
    busy = 0
    for number in np.unique(slot).tolist():
        calls = counts.where(slot == number)
        for percentile in dict.fromkeys((rules.percentile, 0.5)):
            mix = mix_of(calls, task.blocks, task.drawn, percentile)
            if mix is None:
                continue  # too few calls for this percentile: the median needs fewer
            busy += 1
            alpha = 0.4 * rules.alpha / (SLOTS * task.tests)
            for (slower, _), interval in pair_differences(mix, percentile, alpha).items():
                if interval.low > 0:
                    slow[slower].add(number)
            break
    candidates = [slots for slots in slow if 0 < len(slots) <= 0.75 * busy]
    if not candidates:
        return None
    peak = _fewer_hours([np.isin(slot, sorted(slots)) for slots in candidates], counts)
    pairs = len(one.members) * (len(one.members) - 1)
    parts, made, moved = [], [], 0.0
    total = float(counts.calls.sum())
    for mask in (peak, ~peak):
        found = _one(task, one.members, counts.where(mask), rules.alpha / pairs)
        if found is None:
            return None
        parts.append(Part(found.mix, found.calls / total, one.after, found.after))
        made.append((_hours_of_week(np.unique(slot[mask])) if mask is peak else (), found))
        moved += _moved(found) * found.calls / total
    against_one = replayed(tuple(parts), rules.percentile, rules.alpha).change
    against_now = replayed(tuple(replace(part, before=one.now) for part in parts), rules.percentile, rules.alpha).change
    if against_now.high >= 0 or -against_now.estimate < rules.min_gain:
        return None
    better = against_one.high < 0 and -against_one.estimate >= rules.min_gain
    gain = one.replay.change.estimate if one.replay is not None else 0.0
    gentler = one.replay is not None and moved <= _moved(one) / 2 and against_now.estimate <= KEPT_GAIN * gain
    if not (better or gentler):
        return None
    note = f"two profiles: {percent(against_now)} against now"
    note += f", {percent(against_one)} against the best single one" if better else (
        f" by moving {moved:.0%} of the calls; one set of weights would move {_moved(one):.0%} for {gain:+.0%}"
    )  # fmt: skip
    advices = [advice_of(pool, members, rules, hours, [found], found if found.replay else None)
               for hours, found in made]  # fmt: skip
    return tuple(replace(advice, reason=f"{advice.reason}; {note}") for advice in advices)


def _moved(group: Group) -> float:
    """The share of the group's calls that move."""
    return float(np.abs(group.after - group.now).sum() / 2)


def _fewer_hours(candidates: list[Flags], counts: Counts) -> Flags:
    """The hours that get weights of their own: those of most calls among at most half of them."""
    total = counts.calls.sum()
    part = [float(counts.calls[mask].sum() / total) for mask in candidates]
    small = [i for i in range(len(candidates)) if part[i] <= 0.5]
    return candidates[max(small, key=lambda i: part[i])] if small else ~candidates[int(np.argmin(part))]


def _hours_of_week(slots: Ints) -> tuple[int, ...]:
    days = {False: range(5), True: range(5, 7)}
    return tuple(sorted(day * 24 + int(s) % 24 for s in slots for day in days[bool(s >= 24)]))


def _rounded(weights: Floats, now: Floats) -> Floats:
    """Whole percents that add up to 100; a backend whose weight did not move keeps its exact share."""
    if np.abs(weights - now).max() < 1e-9:
        return now
    scaled = weights * 100
    whole = np.floor(scaled)
    order = np.argsort(whole - scaled, kind="stable")
    whole[order[: round(100 - whole.sum())]] += 1
    rounded: Floats = whole / 100
    return rounded
