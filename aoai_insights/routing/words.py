"""Advice as lines and sentences: what each backend should get, why, and which guard-rails held it."""

from collections.abc import Sequence

from aoai_insights.latency.comparison import Interval
from aoai_insights.routing.backend_pool import Advice, Group, Line, Member, Pool, Rules
from aoai_insights.routing.replay import Replayed


def advice_of(
    pool: Pool, members: Sequence[Member], rules: Rules, hours: tuple[int, ...], groups: Sequence[Group],
    whole: Group | None,
) -> Advice:  # fmt: skip
    """The advice on one profile of hours. `whole` has the replay of all groups together; None: nothing changes."""
    made = {}
    for group in groups:
        part = sum(members[i].weight for i in group.members)
        fastest = group.members[_fastest(group)]
        for place, i in enumerate(group.members):
            interval = group.differences.get((place, _fastest(group)))
            weight = float(group.after[place]) * part
            held = group.rails.get(i, ())
            why = _why(members[i], interval, weight - members[i].weight, members[fastest].backend, rules)
            made[i] = _line(pool, members[i], weight, why, interval, held)
    lines = tuple(
        made.get(i) or _line(pool, member, member.weight, *_not_compared(member, rules))
        for i, member in enumerate(members)
    )
    replay = whole.replay if whole is not None else None
    moved = sum(round(float(abs(group.after - group.now).sum() / 2) * group.calls) for group in groups)
    reason = effect_words(replay, rules) if replay is not None else "no change: " + _no_gain(groups)
    return Advice(pool.name, pool.origin, hours, replay is not None, lines, replay, moved, reason)


def unchanged(pool: Pool, members: Sequence[Member], rules: Rules, reason: str) -> Advice:
    """Advice to change nothing."""
    lines = tuple(_line(pool, member, member.weight, *_not_compared(member, rules)) for member in members)
    return Advice(pool.name, pool.origin, (), False, lines, None, 0, f"weights stay: {reason}")


def _line(
    pool: Pool, member: Member, weight: float, reason: str, difference: Interval | None = None,
    rails: tuple[str, ...] = (),
) -> Line:  # fmt: skip
    place = [one.backend for one in pool.members].index(member.backend)
    load = weight * pool.busiest / pool.peaks[place] if pool.peaks[place] > 0 else None
    if load is not None and weight > member.weight and load > 1.005:
        reason += f"; its busiest hour would be {load:.2f} times the most it was seen to carry"
    if rails:
        reason += f"; held by {', '.join(rails)}"
    return Line(member.backend, member.backend_id, member.region, pool.members[place].priority, member.priority,
                member.weight, weight, reason, difference, load, rails)  # fmt: skip


def _fastest(group: Group) -> int:
    return min(range(len(group.members)), key=lambda place: sum(
        interval.estimate for (i, _), interval in group.differences.items() if i == place))  # fmt: skip


def _not_compared(member: Member, rules: Rules) -> tuple[str, None, tuple[str, ...]]:
    if member.calls < rules.min_calls:
        said = f"{member.calls:,} answered calls are too few; {rules.min_calls:,} are needed"
        return said, None, (f"least calls {rules.min_calls}",)
    said = "not compared: no other backend of its priority and residency has enough calls in common"
    return said, None, ("residency and priority",)


def _why(member: Member, interval: Interval | None, change: float, fastest: str, rules: Rules) -> str:
    name = f"p{rules.percentile * 100:g}"
    if interval is None:
        said = f"the fastest at {name} for the same calls"
    elif interval.holds_zero:
        said = f"no difference from {fastest} beyond chance ({percent(interval)})"
    else:
        said = f"{name} {percent(interval)} against {fastest} for the same calls"
    if abs(change) < 1e-9 and member.throttled_rate > rules.max_throttled:
        said += f"; gets no more: {member.throttled_rate:.1%} of its attempts were throttled"
    return said


def _no_gain(groups: Sequence[Group]) -> str:
    if all(interval.holds_zero for group in groups for interval in group.differences.values()):
        return "no difference beyond chance"
    return "no move within the guard-rails gains enough beyond chance"


def effect_words(whole: Replayed, rules: Rules) -> str:
    """The percentile of the recorded calls before and after, with the interval of the change."""
    calls = "the period's calls" if whole.covered > 0.995 else f"the calls that can be compared ({whole.covered:.0%})"
    return (f"p{rules.percentile * 100:g} of {calls} {whole.before_ms:,.0f} ms becomes {whole.after_ms:,.0f} ms"
            f" ({percent(whole.change)})")  # fmt: skip


def percent(interval: Interval) -> str:
    """-12%, -15% to -9%."""
    return f"{interval.estimate:+.0%}, {interval.low:+.0%} to {interval.high:+.0%}"
