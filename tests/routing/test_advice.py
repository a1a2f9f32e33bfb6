"""Advice against tenants whose truth is known: when it is given, what it says, and whether its gain comes true."""

from dataclasses import replace

import numpy as np
import pytest

from aoai_insights.routing.advice import advise
from aoai_insights.routing.backend_pool import Member, Rules

from ..latency.simulator import Unit, simulate
from ..latency.simulator import counts as counts_of
from .pools import pool_of

RULES = Rules()


@pytest.mark.parametrize(
    ("tail", "wander"),
    [
        pytest.param(False, 0.0, id="light noise"),
        pytest.param(True, 0.1, id="a heavy tail, hours that resemble their neighbours"),
        pytest.param(True, 0.3, id="a heavy tail, hours that differ by 30 %"),
    ],
)
def test_equal_backends_get_no_advice(tail: bool, wander: float) -> None:
    """At most 5 of 100 tenants, here with 100 and three backends."""
    advised = 0
    for seed in range(100):
        counts, _ = simulate(
            {"a": Unit(), "b": Unit(share=0.7), "c": Unit(share=0.5)}, seed=seed, calls=6_000, tail=tail, wander=wander
        )
        advised += any(advice.changed for advice in advise(pool_of(counts), counts, RULES))
    assert advised <= 5


def test_backends_that_are_asked_for_longer_answers_get_no_advice() -> None:
    advised = 0
    for seed in range(30):
        counts, _ = simulate({"a": Unit(mean_output=350), "b": Unit(mean_output=150)}, seed=seed, calls=20_000)
        advised += any(advice.changed for advice in advise(pool_of(counts), counts, RULES))
    assert advised <= 2


@pytest.mark.parametrize("percentile", [0.5, 0.95])
def test_the_replayed_gain_is_what_the_new_weights_do(percentile: float) -> None:
    """The simulator runs the tenant again under the advised weights; the change it sees lies in the interval."""
    rules = replace(RULES, percentile=percentile)
    held = 0
    for seed in range(10):
        units = {"a": Unit(factor=lambda hour: 1.5), "b": Unit(), "c": Unit(factor=lambda hour: 1.1)}
        counts, _ = simulate(units, seed=seed, calls=15_000)
        (advice,) = advise(pool_of(counts), counts, rules)
        assert advice.changed
        assert advice.replay is not None
        after = {name: replace(unit, share=line.weight)
                 for (name, unit), line in zip(units.items(), advice.lines, strict=True)}  # fmt: skip
        truth = [
            np.quantile(simulate(tenant, seed=9_000, calls=150_000, days=200)[1].ms, percentile)
            for tenant in (units, after)
        ]
        held += advice.replay.change.low <= truth[1] / truth[0] - 1 <= advice.replay.change.high
    assert held >= 8


def test_weight_moves_from_slow_to_fast_within_the_guard_rails() -> None:
    counts, _ = simulate({"a": Unit(factor=lambda hour: 1.6), "b": Unit(), "c": Unit(share=0.4)}, seed=1, calls=40_000)
    pool = pool_of(counts)
    (advice,) = advise(pool, counts, RULES)
    now, after = ([getattr(line, name) for line in advice.lines] for name in ("weight_now", "weight"))
    assert after[0] < now[0]
    assert sum(after) == pytest.approx(1)
    assert sum(abs(x - y) for x, y in zip(now, after, strict=True)) / 2 <= RULES.max_shift + 0.011
    for line in advice.lines:
        assert line.load is not None
        assert line.load <= RULES.max_load
        assert (line.weight <= line.weight_now) or "times the most it was seen to carry" in line.reason
    assert "%" in advice.lines[0].reason
    assert advice.replay is not None
    assert advice.replay.after_ms < advice.replay.before_ms
    assert 0 < advice.moved_calls <= RULES.max_shift * 1.05 * 40_000


def slow_a(**kinds: object) -> tuple[str, ...]:
    counts, _ = simulate({"a": Unit(factor=lambda hour: 1.6), "b": Unit()}, seed=1, calls=20_000)

    def changed(i: int, member: Member) -> Member:
        return replace(member, **{name: values[i] for name, values in kinds.items()})  # type: ignore[index]

    (advice,) = advise(pool_of(counts, member=changed), counts, RULES)
    return (
        f"{advice.changed}",
        *(f"{line.priority} {line.weight:.2f} {line.reason}" for line in advice.lines),
        advice.reason,
    )


def test_a_throttled_backend_gets_no_more() -> None:
    changed, _, fast, reason = slow_a(throttled_rate=(0.0, 0.05))
    assert changed == "False"
    assert "gets no more: 5.0% of its attempts were throttled" in fast
    assert "no move within the guard-rails" in reason


def test_calls_do_not_leave_their_residency() -> None:
    changed, slow, *_ = slow_a(residency=("eu", "us"))
    assert changed == "False"
    assert "no other backend of its priority and residency" in slow


def test_calls_do_not_move_between_priorities() -> None:
    changed, *_, reason = slow_a(priority=(1, 2))
    assert changed == "False"
    assert "same priority" in reason


def test_provisioned_backends_come_first() -> None:
    changed, provisioned, other, _ = slow_a(ptu=(True, False))
    assert changed == "True"
    assert provisioned.startswith("1 ")
    assert other.startswith("2 ")
    assert "PTU first" in other


def test_the_replay_of_ptu_first_is_what_the_gateway_would_do() -> None:
    """Every hour's calls go to the PTU up to its fifth busiest hour, the rest elsewhere: here it is twice as fast."""
    held = 0
    for seed in range(3):
        units = {"ptu": Unit(factor=lambda hour: 0.5, share=0.4), "payg": Unit(share=0.6)}
        counts, calls = simulate(units, seed=seed, calls=20_000)
        pool = pool_of(counts, member=lambda i, m: replace(m, ptu=i == 0))
        (advice,) = advise(pool, counts, RULES)
        tokens = calls.prompt_tokens + calls.completion_tokens
        hour = calls.day * 24 + calls.hour
        load = np.bincount(hour[calls.unit == 0], weights=tokens[calls.unit == 0], minlength=28 * 24)
        room = np.minimum(1, np.sort(load)[-5] / np.maximum(np.bincount(hour, weights=tokens, minlength=28 * 24), 1))
        share = float(room[hour].mean())
        assert advice.lines[0].weight == pytest.approx(share, abs=0.04)
        assert advice.lines[0].weight + advice.lines[1].weight == pytest.approx(1)
        after = {"ptu": replace(units["ptu"], share=share), "payg": replace(units["payg"], share=1 - share)}
        before, now = (np.quantile(simulate(tenant, seed=9_000, calls=100_000, days=200)[1].ms, 0.95)
                       for tenant in (units, after))  # fmt: skip
        assert advice.replay is not None
        held += advice.replay.change.low <= now / before - 1 <= advice.replay.change.high
        assert [line.priority for line in advice.lines] == [1, 2]
        assert all(line.rails == ("PTU first",) for line in advice.lines)
    assert held >= 2


def test_ptu_first_with_too_few_calls_says_that_it_was_not_replayed() -> None:
    counts, _ = simulate({"ptu": Unit(share=0.01), "payg": Unit()}, seed=1, calls=8_000)
    (advice,) = advise(pool_of(counts, member=lambda i, m: replace(m, ptu=i == 0)), counts, RULES)
    assert advice.changed
    assert advice.replay is None
    assert "not replayed: fewer than 500 answered calls" in advice.reason


def test_one_heavy_hour_of_a_provisioned_backend_is_no_measure_of_what_it_carries() -> None:
    """A small tenant whose PTU once answered a batch of prompts that are 50 times as long."""
    shares = []
    for factor in (1, 50):
        _, calls = simulate({"ptu": Unit(share=0.2), "payg": Unit(share=0.8)}, seed=3, calls=20_000)
        once = (calls.unit == 0) & (calls.day == 9) & (calls.hour == 14)
        assert once.sum() > 3
        made = counts_of(
            ("ptu", "payg"),
            replace(calls, prompt_tokens=np.where(once, calls.prompt_tokens * factor, calls.prompt_tokens)),
        )
        (advice,) = advise(pool_of(made, member=lambda i, m: replace(m, ptu=i == 0)), made, RULES)
        assert advice.replay is not None
        assert "in no hour more than they carried in at least 5" in advice.reason
        shares.append(advice.lines[0].weight)
    assert shares[1] == pytest.approx(shares[0], abs=0.03)
    assert shares[1] < 0.9


def test_ptu_first_does_not_take_calls_out_of_their_residency() -> None:
    changed, provisioned, other, _ = slow_a(ptu=(True, False), residency=("eu", "us"))
    assert (changed, provisioned[0], other[0]) == ("False", "1", "1")


def test_every_group_of_a_pool_is_looked_at_and_replayed_as_one() -> None:
    """Two residencies with two backends each; in both the first is slow. Nothing crosses between them."""
    slow, fast = Unit(factor=lambda hour: 1.6), Unit()
    units = {"eu1": slow, "eu2": fast, "us1": slow, "us2": fast}
    counts, _ = simulate(units, seed=2, calls=60_000)
    pool = pool_of(counts, member=lambda i, m: replace(m, residency="eu" if i < 2 else "us"))
    (advice,) = advise(pool, counts, RULES)
    now, after = ([getattr(line, name) for line in advice.lines] for name in ("weight_now", "weight"))
    assert after[0] < now[0] - 0.04
    assert after[2] < now[2] - 0.04
    assert after[0] + after[1] == pytest.approx(now[0] + now[1])
    assert after[2] + after[3] == pytest.approx(now[2] + now[3])
    moved = {name: replace(unit, share=share) for (name, unit), share in zip(units.items(), after, strict=True)}
    was, is_ = (np.quantile(simulate(tenant, seed=9_000, calls=100_000, days=200)[1].ms, 0.95)
                for tenant in (units, moved))  # fmt: skip
    assert advice.replay is not None
    assert 0.8 < advice.replay.covered <= 1
    assert advice.replay.change.low <= is_ / was - 1 <= advice.replay.change.high < 0


def test_a_backend_alone_in_its_group_is_part_of_the_replay() -> None:
    slow = Unit(factor=lambda hour: 1.6)
    counts, _ = simulate({"a": slow, "b": Unit(), "far": Unit(factor=lambda hour: 4.0)}, seed=2, calls=45_000)
    (alone,) = advise(pool_of(counts, member=lambda i, m: replace(m, priority=1 + (i == 2))), counts, RULES)
    (without,) = advise(pool_of(counts, member=lambda i, m: replace(m, calls=m.calls * (i < 2))), counts, RULES)
    assert alone.lines[2].weight == alone.lines[2].weight_now
    assert alone.replay is not None
    assert without.replay is not None
    assert alone.replay.before_ms > 1.5 * without.replay.before_ms
    assert alone.replay.change.estimate > without.replay.change.estimate


@pytest.mark.parametrize(
    ("rules", "kinds", "held"),
    [
        pytest.param({}, {}, "shift 20%", id="the step"),
        pytest.param({"max_shift": 0.9}, {}, "load 1.5", id="what was seen to be carried"),
        pytest.param({"max_shift": 0.9, "max_load": 9}, {}, "floor 5%", id="what stays everywhere"),
        pytest.param({}, {"throttled_rate": (0.0, 0.05)}, "headroom 1%", id="the room for more"),
        pytest.param({"max_shift": 0.02}, {}, "hysteresis 5%", id="moves too small"),
        pytest.param({"min_gain": 0.9}, {}, "least gain 90%", id="gains too small"),
        pytest.param({}, {"residency": ("eu", "us")}, "residency and priority", id="residency"),
        pytest.param({"min_calls": 15_000}, {}, "least calls 15000", id="too few calls"),
    ],
)
def test_a_line_names_the_guard_rail_that_held_it(
    rules: dict[str, float], kinds: dict[str, tuple[object, ...]], held: str
) -> None:
    counts, _ = simulate({"a": Unit(factor=lambda hour: 1.6), "b": Unit()}, seed=1, calls=20_000)
    member = {i: {name: values[i] for name, values in kinds.items()} for i in (0, 1)}
    pool = pool_of(counts, member=lambda i, m: replace(m, **member[i]))  # type: ignore[arg-type]
    (advice,) = advise(pool, counts, replace(RULES, **rules))  # type: ignore[arg-type]
    assert held in {rail for line in advice.lines for rail in line.rails}
    assert any(held in line.reason for line in advice.lines)


def test_a_backend_slow_at_two_hours_is_relieved_at_those_alone() -> None:
    """One set of weights would gain as much by moving calls in hours where nothing is slow."""
    units = {"a": Unit(factor=lambda hour: 2.0 if hour in (14, 15) else 1.0), "b": Unit()}
    counts, _ = simulate(units, seed=4, calls=60_000)
    peak, rest = advise(pool_of(counts), counts, RULES)
    assert {hour % 24 for hour in peak.hours} == {14, 15}
    assert peak.lines[0].weight < peak.lines[0].weight_now
    assert (rest.changed, rest.moved_calls) == (False, 0)
    assert "by moving" in peak.reason


def test_provisioned_backends_that_come_first_already_stay() -> None:
    changed, provisioned, other, _ = slow_a(ptu=(True, False), priority=(1, 2))
    assert (changed, provisioned[0], other[0]) == ("False", "1", "2")


def test_too_few_calls_are_no_advice_and_said_so() -> None:
    counts, _ = simulate({"a": Unit(factor=lambda hour: 3.0), "b": Unit(share=0.02)}, seed=1, calls=10_000)
    (advice,) = advise(pool_of(counts), counts, RULES)
    assert not advice.changed
    assert "answered calls are too few; 500 are needed" in advice.lines[1].reason
    assert "fewer than two backends with 500 answered calls" in advice.reason


def test_few_days_are_no_advice() -> None:
    counts, _ = simulate({"a": Unit(factor=lambda hour: 3.0), "b": Unit()}, seed=1, calls=10_000, days=5)
    (advice,) = advise(pool_of(counts), counts, RULES)
    assert not advice.changed
    assert "blocks of time" in advice.reason


def test_small_changes_are_not_worth_a_deployment() -> None:
    counts, _ = simulate({"a": Unit(factor=lambda hour: 1.6), "b": Unit(share=20)}, seed=1, calls=60_000)
    (advice,) = advise(pool_of(counts), counts, RULES)
    assert not advice.changed


def test_two_profiles_where_a_backend_is_slow_at_some_hours() -> None:
    """b is the slower one by day; at 14 and 15 o'clock a is. One set of weights cannot serve both."""
    units = {
        "a": Unit(factor=lambda hour: 3.0 if hour in (14, 15) else 1.0),
        "b": Unit(factor=lambda hour: 1.0 if hour in (14, 15) else 1.3),
    }
    counts, _ = simulate(units, seed=5, calls=120_000)
    peak, rest = advise(pool_of(counts), counts, RULES)
    assert {hour % 24 for hour in peak.hours} == {14, 15}
    assert rest.hours == ()
    assert peak.lines[0].weight < peak.lines[0].weight_now
    assert rest.lines[0].weight > rest.lines[0].weight_now
    assert "two profiles" in peak.reason


def test_one_profile_where_the_same_backend_is_always_slower() -> None:
    counts, _ = simulate({"a": Unit(factor=lambda hour: 1.4), "b": Unit()}, seed=5, calls=120_000)
    (advice,) = advise(pool_of(counts), counts, RULES)
    assert advice.hours == ()
    assert advice.changed
