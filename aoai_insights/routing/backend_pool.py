"""A backend pool, the guard-rails of changing it, and advice on it: the values that advice and templates share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from aoai_insights.latency.comparison import Interval
from aoai_insights.latency.counts import Floats
from aoai_insights.routing.replay import Limits, Mix, Replayed


@dataclass(frozen=True, slots=True)
class Member:
    """A backend of a pool, as it is now and as it was seen. Weights are shares of the pool's calls, 0 to 1."""

    backend: str
    backend_id: str
    region: str
    priority: int
    weight: float
    ptu: bool
    residency: str
    calls: int
    throttled_rate: float
    """Share of its attempts that it answered with 429."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Backends that can answer the same calls.

    `peaks[i]` is the tokens of the busiest hour of member i, `busiest` those of the busiest hour of them all.
    """

    name: str
    origin: str  # config | logs
    members: tuple[Member, ...]
    peaks: tuple[float, ...]
    busiest: float


@dataclass(frozen=True, slots=True)
class Rules:
    """The guard-rails."""

    percentile: float = 0.95
    min_calls: int = 500
    max_shift: float = 0.2
    """At most so much of the pool's calls moves in one step."""
    min_change: float = 0.05
    """Hysteresis: smaller moves are not worth a deployment."""
    min_gain: float = 0.03
    floor: float = 0.05
    """Every backend keeps so much, so that next month can still be compared."""
    max_load: float = 1.5
    """No backend's busiest hour may grow beyond so many times the most it was seen to carry."""
    max_throttled: float = 0.01
    """A backend that answered more than this with 429 gets no more."""
    alpha: float = 0.05


@dataclass(frozen=True, slots=True)
class Line:
    """What one backend should get, and why."""

    backend: str
    backend_id: str
    region: str
    priority_now: int
    priority: int
    weight_now: float
    weight: float
    reason: str
    difference: Interval | None
    """Its percentile over that of the pool's fastest backend, less 1, for the same calls."""
    load: float | None
    """Its busiest hour after the change over the busiest it was seen to carry."""
    rails: tuple[str, ...] = ()
    """The guard-rails that held this line where it is."""


@dataclass(frozen=True, slots=True)
class Group:
    """Members among which calls may move, what they are worth, and what was found. Weights are shares of the group."""

    members: tuple[int, ...]
    mix: Mix
    now: Floats
    after: Floats
    differences: Mapping[tuple[int, int], Interval]
    """How much slower one is than the other, by place in the group."""
    replay: Replayed | None
    """None where nothing should change."""
    calls: int
    rails: Mapping[int, tuple[str, ...]]
    """By member, the guard-rails that held it."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One pool in one profile of hours. `hours` are hours of the week, 0 = Monday 00:00 UTC; empty means all."""

    pool: str
    origin: str
    hours: tuple[int, ...]
    changed: bool
    lines: tuple[Line, ...]
    replay: Replayed | None
    moved_calls: int
    reason: str


def ptu_first(members: Sequence[Member]) -> tuple[Member, ...]:
    """Provisioned backends come before all others: their hours are paid whether they are used or not.

    Not in a pool of several residencies: its order is one for all callers, and calls would leave theirs.
    """
    if not any(member.ptu for member in members) or len({member.residency for member in members}) > 1:
        return tuple(members)
    lowest = min(member.priority for member in members)
    if all(member.priority > lowest or member.ptu for member in members):
        return tuple(members)
    return tuple(replace(m, priority=lowest if m.ptu else max(m.priority, lowest + 1)) for m in members)


def movable_groups(members: Sequence[Member], active: Sequence[int]) -> list[list[int]]:
    """Backends among which calls may move: same priority, same residency."""
    found: dict[tuple[int, str], list[int]] = {}
    for i in active:
        found.setdefault((members[i].priority, members[i].residency), []).append(i)
    return [group for group in found.values() if len(group) > 1]


def why_not_compared(members: Sequence[Member], active: Sequence[int], rules: Rules) -> str:
    if len(members) < 2:
        return "one backend only"
    if len(active) < 2:
        return f"fewer than two backends with {rules.min_calls} answered calls"
    return "no two backends of the same priority and residency"


def limits(pool: Pool, members: Sequence[Member], group: Sequence[int], now: Floats, rules: Rules) -> Limits:
    """Bounds of each weight within the group: the floor, the load seen, the headroom shown."""
    part = sum(members[i].weight for i in group) or 1.0
    upper = np.ones(len(group))
    for place, i in enumerate(group):
        if members[i].throttled_rate > rules.max_throttled:
            upper[place] = now[place]
        elif pool.busiest > 0 and pool.peaks[i] > 0:
            upper[place] = max(now[place], min(1.0, rules.max_load * pool.peaks[i] / (pool.busiest * part)))
    # Weights are whole percents, so a bound between two is the lower one.
    upper = np.maximum(now, np.floor(upper * 100 + 1e-9) / 100)
    return Limits(np.minimum(now, rules.floor), upper, rules.max_shift)


def rails_of(
    pool: Pool, members: Sequence[Member], group: Sequence[int], now: Floats, after: Floats, bounds: Limits,
    rules: Rules,
) -> dict[int, tuple[str, ...]]:  # fmt: skip
    """By member of the group, the guard-rails that kept it from moving farther, by their names in docs/routing.md."""
    moved = after - now
    spent = float(np.abs(moved).sum() / 2) >= bounds.shift - 0.006
    found: dict[int, tuple[str, ...]] = {}
    for place, i in enumerate(group):
        held = []
        if members[i].throttled_rate > rules.max_throttled and moved[place] > -0.006:
            held.append(f"headroom {rules.max_throttled:.0%}")
        elif moved[place] > 0.006 and after[place] >= bounds.upper[place] - 0.006 and pool.peaks[i] > 0:
            held.append(f"load {rules.max_load:g}")
        if moved[place] < -0.006 and after[place] <= bounds.lower[place] + 0.006:
            held.append(f"floor {rules.floor:.0%}")
        if abs(moved[place]) > 0.006 and spent:
            held.append(f"shift {rules.max_shift:.0%}")
        found[i] = tuple(held)
    return found


def shares(members: Sequence[Member], group: Sequence[int]) -> Floats:
    weights = np.array([members[i].weight for i in group], dtype=np.float64)
    total = weights.sum()
    return weights / total if total > 0 else np.full(len(group), 1 / len(group))
