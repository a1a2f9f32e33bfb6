"""What the weights and priorities of a backend pool should be, why, and what that would have done to recorded traffic.

Advice is given only where the backends differ beyond chance for the same calls, the replay says that the pool gains,
and every guard-rail holds. docs/routing.md explains each; no data is no advice, and says so.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from aoai_insights.backend_pool import (
    Advice,
    Line,
    Member,
    Pool,
    Rules,
    limits,
    movable_groups,
    ptu_first,
    shares,
    why_not_compared,
)
from aoai_insights.comparison import MIN_BLOCKS, Counts, Floats, Interval, draws
from aoai_insights.replay import Flags, Mix, Part, Replayed, best_weights, mix_of, pair_differences, replayed

SLOTS = 48
"""Hours of the day on working days and on Saturday and Sunday: a profile is made of these."""


def advise(pool: Pool, counts: Counts, rules: Rules, *, pools: int = 1, seed: int = 1) -> tuple[Advice, ...]:
    """One Advice per profile of hours: one, or two where two would do better. `counts` has the members as its units.

    `pools` is how many are looked at together: with equal backends everywhere, at most a share alpha of tenants is
    given any advice.
    """
    members = ptu_first(pool.members)
    active = [i for i, member in enumerate(members) if member.calls >= rules.min_calls]
    groups = movable_groups(members, active)
    if not groups:
        return (_unchanged(pool, members, rules, why_not_compared(members, active, rules)),)
    blocks = int(counts.block.max()) + 1
    if len(np.unique(counts.block)) < MIN_BLOCKS:
        return (_unchanged(pool, members, rules, f"fewer than {MIN_BLOCKS} blocks of time with calls"),)
    group = max(groups, key=lambda g: sum(members[i].calls for i in g))
    drawn = draws(blocks, seed)
    chosen = _of_units(counts, group)
    pairs = len(group) * (len(group) - 1) // 2
    found = _one(pool, members, group, chosen, blocks, drawn, rules, 0.6 * rules.alpha / (pairs * pools))
    if found is None:
        return (_unchanged(pool, members, rules, "too few calls that the backends have in common"),)
    whole, mix, after, differences = found
    two = _two(pool, members, group, chosen, blocks, drawn, rules, after, 0.4 * rules.alpha / (SLOTS * pairs * pools))
    if two is not None:
        return two
    return (_advice(pool, members, group, rules, (), mix, after, differences, whole, len(chosen.calls)),)


def _of_units(counts: Counts, group: Sequence[int]) -> Counts:
    place = np.full(len(counts.units), -1)
    place[list(group)] = np.arange(len(group))
    mine = counts.where(place[counts.unit] >= 0)
    return replace(mine, units=tuple(counts.units[i] for i in group), unit=place[mine.unit])


_Found = tuple[Replayed | None, Mix, Floats, dict[tuple[int, int], Interval]]


def _one(
    pool: Pool, members: Sequence[Member], group: Sequence[int], counts: Counts, blocks: int, drawn: Floats,
    rules: Rules, alpha: float,
) -> _Found | None:  # fmt: skip
    """The weights that one profile would have, and its replay; the replay is None where nothing should change."""
    mix = mix_of(counts, blocks, drawn, rules.percentile)
    if mix is None:
        return None
    now = shares(members, group)
    differences = pair_differences(mix, rules.percentile, alpha)
    may_give = np.zeros((len(group), len(group)), dtype=np.bool_)
    for (slower, faster), interval in differences.items():
        may_give[slower, faster] = interval.low > 0
    after = now
    if may_give.any():
        after = best_weights(mix, rules.percentile, now, limits(pool, members, group, now, rules), may_give)
        after = _rounded(after, now)
    shown = pair_differences(mix, rules.percentile, rules.alpha)
    if np.abs(after - now).max() < rules.min_change:
        return None, mix, now, shown
    result = replayed((Part(mix, 1.0, now, after),), rules.percentile, rules.alpha)
    if result.change.high >= 0 or -result.change.estimate < rules.min_gain:
        return None, mix, now, shown
    return result, mix, after, shown


def _two(
    pool: Pool, members: Sequence[Member], group: Sequence[int], counts: Counts, blocks: int, drawn: Floats,
    rules: Rules, one_after: Floats, alpha: float,
) -> tuple[Advice, ...] | None:  # fmt: skip
    """Two profiles, where the hours in which a backend is slow make them better than one beyond chance."""
    slot = np.where(counts.weekday < 5, counts.hour, counts.hour + 24)
    slow: list[set[int]] = [set() for _ in group]
    busy = 0
    for number, calls in counts.split(slot).items():
        mix = mix_of(calls, blocks, drawn, rules.percentile)
        if mix is None:
            continue
        busy += 1
        for (slower, _), interval in pair_differences(mix, rules.percentile, alpha).items():
            if interval.low > 0:
                slow[slower].add(number)
    candidates = [slots for slots in slow if 0 < len(slots) <= 0.75 * busy]
    if not candidates:
        return None
    peak = _fewer_hours([np.isin(slot, sorted(slots)) for slots in candidates], counts)
    now = shares(members, group)
    pairs = len(group) * (len(group) - 1)
    parts, made = [], []
    total = int(counts.calls.sum())
    for mask in (peak, ~peak):
        calls = counts.where(mask)
        found = _one(pool, members, group, calls, blocks, drawn, rules, rules.alpha / pairs)
        if found is None:
            return None
        whole, mix, after, differences = found
        share = float(calls.calls.sum()) / total
        parts.append(Part(mix, share, one_after, after))
        hours = _hours_of_week(np.unique(slot[mask])) if mask is peak else ()
        made.append((hours, mix, after, differences, whole, int(calls.calls.sum())))
    gain = replayed(tuple(parts), rules.percentile, rules.alpha)
    if gain.change.high >= 0 or -gain.change.estimate < rules.min_gain:
        return None
    against_now = replayed(tuple(replace(part, before=now) for part in parts), rules.percentile, rules.alpha)
    advices = tuple(_advice(pool, members, group, rules, *one) for one in made)
    note = (
        f"two profiles: {_percent(gain.change)} against the best single one, {_percent(against_now.change)} against now"
    )
    return tuple(replace(advice, reason=f"{advice.reason}; {note}") for advice in advices)


def _fewer_hours(candidates: list[Flags], counts: Counts) -> Flags:
    """The hours that get weights of their own: those of most calls among at most half of them."""
    total = counts.calls.sum()
    part = [float(counts.calls[mask].sum() / total) for mask in candidates]
    small = [i for i in range(len(candidates)) if part[i] <= 0.5]
    return candidates[max(small, key=lambda i: part[i])] if small else ~candidates[int(np.argmin(part))]


def _hours_of_week(slots: Floats) -> tuple[int, ...]:
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


def _advice(
    pool: Pool, members: Sequence[Member], group: Sequence[int], rules: Rules, hours: tuple[int, ...], mix: Mix,
    after: Floats, differences: dict[tuple[int, int], Interval], whole: Replayed | None, calls: int,
) -> Advice:  # fmt: skip
    now = shares(members, group)
    part = sum(members[i].weight for i in group)
    weights = {i: float(after[place]) * part for place, i in enumerate(group)}
    fastest = min(range(len(group)), key=lambda place: sum(
        interval.estimate for (i, _), interval in differences.items() if i == place))  # fmt: skip
    lines = []
    for i, member in enumerate(members):
        weight = weights.get(i, member.weight)
        interval, reason = None, _not_compared(member, rules)
        if i in weights:
            place = list(group).index(i)
            interval = differences.get((place, fastest))
            reason = _why(member, interval, weight - member.weight, members[group[fastest]].backend, rules)
        load = float(weight * pool.busiest / pool.peaks[i]) if pool.peaks[i] > 0 else None
        if load is not None and weight > member.weight and load > 1.005:
            reason += f"; its busiest hour would be {load:.2f} times the most it was seen to carry"
        before = pool.members[i]
        if member.priority != before.priority:
            reason = f"PTU first: priority {before.priority} becomes {member.priority}; {reason}"
        lines.append(Line(member.backend, member.backend_id, member.region, before.priority, member.priority,
                          member.weight, weight, reason, interval, load))  # fmt: skip
    moved = round(float(np.abs(after - now).sum() / 2) * calls)
    changed = whole is not None or any(line.priority != line.priority_now for line in lines)
    reason = _effect_words(whole, rules) if whole is not None else "no change: " + _no_gain(differences)
    return Advice(pool.name, pool.origin, hours, changed, tuple(lines), whole, moved, reason)


def _unchanged(pool: Pool, members: Sequence[Member], rules: Rules, reason: str) -> Advice:
    lines = tuple(
        Line(m.backend, m.backend_id, m.region, old.priority, m.priority, m.weight, m.weight,
             "PTU first: its hours are paid whether used or not; not replayed" if m.priority != old.priority
             else _not_compared(m, rules), None, None)
        for m, old in zip(members, pool.members, strict=True)
    )  # fmt: skip
    changed = any(line.priority != line.priority_now for line in lines)
    return Advice(pool.name, pool.origin, (), changed, lines, None, 0, f"weights stay: {reason}")


def _not_compared(member: Member, rules: Rules) -> str:
    if member.calls < rules.min_calls:
        return f"{member.calls:,} answered calls are too few; {rules.min_calls:,} are needed"
    return "not compared: no other backend of its priority and residency has enough calls in common"


def _why(member: Member, interval: Interval | None, change: float, fastest: str, rules: Rules) -> str:
    name = f"p{rules.percentile * 100:g}"
    if interval is None:
        said = f"the fastest at {name} for the same calls"
    elif interval.holds_zero:
        said = f"no difference from {fastest} beyond chance ({_percent(interval)})"
    else:
        said = f"{name} {_percent(interval)} against {fastest} for the same calls"
    if abs(change) < 1e-9 and member.throttled_rate > rules.max_throttled:
        said += f"; gets no more: {member.throttled_rate:.1%} of its attempts were throttled"
    return said


def _no_gain(differences: dict[tuple[int, int], Interval]) -> str:
    if all(interval.holds_zero for interval in differences.values()):
        return "no difference beyond chance"
    return "no move within the guard-rails gains enough beyond chance"


def _effect_words(whole: Replayed, rules: Rules) -> str:
    return (f"p{rules.percentile * 100:g} of the period's calls {whole.before_ms:,.0f} ms becomes"
            f" {whole.after_ms:,.0f} ms ({_percent(whole.change)})")  # fmt: skip


def _percent(interval: Interval) -> str:
    return f"{interval.estimate:+.0%}, {interval.low:+.0%} to {interval.high:+.0%}"
