"""The comparison against tenants whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from aoai_insights.latency.comparison import (
    best_strata,
    draws,
    percentile_ms,
    ratio_interval,
    resampled,
    standardise,
    strata_of,
    t_quantile,
)
from aoai_insights.latency.effects import effects, hour_ranges, size_class

from .simulator import Unit, counts, simulate, size_classes

TENANTS = 40


def test_a_region_that_only_serves_long_answers_is_not_blamed() -> None:
    """Raw, it looks more than twice as slow; for the same calls the difference is a few percent at most."""
    estimates, covered = [], 0
    for seed in range(12):
        tenant, _ = simulate({"long": Unit(mean_output=400), "short": Unit(mean_output=150)}, seed=seed, calls=40_000)
        (effect,) = effects(tenant, reference="short", by_hour=False)
        assert effect.raw_ms > 2 * effect.reference_raw_ms
        assert effect.difference is not None
        estimates.append(effect.difference.estimate)
        covered += effect.difference.holds_zero
        assert effect.verdict != "slower" or effect.difference.estimate < 0.08
    assert abs(float(np.mean(estimates))) < 0.02
    assert covered >= 9


@pytest.mark.parametrize("percentile", [0.5, 0.95])
@pytest.mark.parametrize(
    ("tail", "wander"),
    [
        pytest.param(False, 0.0, id="light noise"),
        pytest.param(True, 0.1, id="a heavy tail, hours that resemble their neighbours"),
        pytest.param(True, 0.3, id="a heavy tail, hours that differ by 30 %"),
    ],
)
def test_equal_regions_are_said_to_differ_no_oftener_than_the_interval_allows(
    tail: bool, wander: float, percentile: float
) -> None:
    """At a nominal 5 %: of 40 tenants 2 are expected, and 7 or more happen by chance once in 300 times."""
    flagged = 0
    for seed in range(TENANTS):
        tenant, _ = simulate({"a": Unit(), "b": Unit()}, seed=seed, calls=6_000, tail=tail, wander=wander)
        (effect,) = effects(tenant, percentile=percentile, by_hour=False)
        flagged += effect.verdict in ("slower", "faster")
    assert flagged <= 6


@pytest.mark.parametrize("percentile", [0.5, 0.95])
def test_intervals_cover_the_true_difference(percentile: float) -> None:
    """A region whose every call takes 1.25 times as long: 95 % of intervals should hold 0.25."""
    covered = 0
    for seed in range(TENANTS):
        tenant, _ = simulate({"slow": Unit(factor=lambda hour: 1.25), "b": Unit()}, seed=100 + seed, calls=8_000)
        (effect,) = effects(tenant, reference="b", percentile=percentile, by_hour=False)
        assert effect.difference is not None
        covered += effect.difference.low <= 0.25 <= effect.difference.high
    assert covered >= 0.87 * TENANTS


def test_a_region_that_is_slow_two_hours_a_day_is_found_with_the_hours() -> None:
    slow = Unit(factor=lambda hour: 2.0 if hour in (14, 15) else 1.0)
    found = []
    for seed in range(5):
        tenant, _ = simulate({"a": slow, "b": Unit()}, seed=seed, calls=60_000)
        (effect,) = effects(tenant, reference="b")
        assert all(hour.difference.estimate > 0 for hour in effect.hours)
        found.append({hour.hour for hour in effect.hours})
    assert found.count({14, 15}) >= 4
    assert all({14, 15} <= hours for hours in found)


@pytest.mark.parametrize("reference", ["a", "b"])
def test_slow_hours_are_told_of_the_slower_side_and_the_rest_is_no_difference(reference: str) -> None:
    slow = Unit(factor=lambda hour: 2.0 if hour in (14, 15) else 1.0)
    tenant, _ = simulate({"a": slow, "b": Unit()}, seed=1, calls=40_000)
    (effect,) = effects(tenant, reference=reference)
    (span,) = effect.slow_hours
    assert (span.slower, span.than, span.hours) == ("a", "b", (14, 15))
    assert span.difference.low <= 1.0 <= span.difference.high
    assert effect.other_hours is not None
    assert effect.other_hours.holds_zero


def test_hours_of_few_calls_are_compared_at_the_median() -> None:
    """About 300 calls an hour and region: no p95 of an hour, but a median."""
    found = []
    for seed in range(5):
        slow = Unit(factor=lambda hour: 2.0 if hour in (14, 15) else 1.0)
        tenant, _ = simulate({"a": slow, "b": Unit()}, seed=seed, calls=12_000)
        (effect,) = effects(tenant, reference="b")
        assert {hour.percentile for hour in effect.hours} <= {0.5}
        found.append({hour.hour for hour in effect.hours})
    assert found.count({14, 15}) >= 4


@pytest.mark.parametrize("calls", [20_000, 6_000])
def test_equal_regions_have_no_slow_hours_in_nearly_all_tenants(calls: int) -> None:
    named = 0
    for seed in range(20):
        tenant, _ = simulate({"a": Unit(), "b": Unit()}, seed=500 + seed, calls=calls)
        named += bool(effects(tenant)[0].hours)
    assert named <= 4  # at most 5 % expected; 5 of 20 would happen once in 400 times


def test_what_only_one_side_serves_is_named_and_not_compared() -> None:
    tenant, _ = simulate({"long": Unit(mean_output=3000), "short": Unit(mean_output=10)}, seed=1, calls=20_000)
    (effect,) = effects(tenant)
    assert min(effect.shared, effect.reference_shared) < 0.3
    assert effect.unshared
    assert any(group.calls == 0 and group.reference_calls > 0 for group in effect.unshared)
    assert effect.unshared[0].model == "gpt-4o"


def test_nothing_in_common_is_no_verdict() -> None:
    tenant, made = simulate({"a": Unit(), "b": Unit()}, seed=1, calls=4_000)
    (effect,) = effects(replace(tenant, models=("gpt-4o", "gpt-4.1"), model=tenant.unit))
    assert (effect.verdict, effect.difference, effect.adjusted_ms) == ("unknown", None, None)
    assert "no kind of call" in effect.reason
    assert made.ms.size == 4_000


def test_few_days_give_times_but_no_verdict() -> None:
    tenant, _ = simulate({"a": Unit(factor=lambda hour: 3.0), "b": Unit()}, seed=1, calls=4_000, days=5)
    (effect,) = effects(tenant)
    assert effect.adjusted_ms is not None
    assert (effect.verdict, effect.difference) == ("unknown", None)
    assert effect.reason.startswith("5 blocks of time are too few")


def test_the_standardised_percentile_is_the_weighted_one_of_the_calls() -> None:
    """Against each call's own weight, sorted: no bins, no strata arrays; the levelling is left out by equal sizes."""
    random = np.random.default_rng(7)
    tenant, made = simulate({"a": Unit(), "b": Unit(share=0.5)}, seed=3, calls=6_000)
    alike = type(made)(**{name: getattr(made, name) for name in made.__dataclass_fields__} | {
        "prompt_tokens": np.full(6_000, 100), "completion_tokens": np.where(random.random(6_000) < 0.5, 64, 512)})  # fmt: skip
    tenant = counts(("a", "b"), alike)
    strata, shared, _ = best_strata(tenant)
    sides = standardise(tenant, strata, shared, 28)
    place = (tenant.unit, tenant.streamed, tenant.prompt, tenant.output, tenant.hour)
    cells = {cell: number for number, cell in enumerate(zip(*(part.tolist() for part in place), strict=True))}
    sizes = (part.tolist() for part in (alike.unit, alike.streamed, *size_classes(alike), alike.hour))
    of = strata.of[[cells[cell] for cell in zip(*sizes, strict=True)]]
    kept = shared[of]
    pooled = {s: int(((of == s) & kept).sum()) for s in np.unique(of[kept])}
    for number in (0, 1):
        mine = (made.unit == number) & kept
        own = {s: int(((of == s) & mine).sum()) for s in pooled}
        weights = np.array([pooled[s] / own[s] for s in of[mine]])
        order = np.argsort(made.ms[mine])
        ranks = np.cumsum(weights[order]) / weights.sum()
        want = made.ms[mine][order][int((ranks < 0.95).sum())]
        got = float(percentile_ms(sides[number].cumulative, sides[number].first, 0.95)[0])
        assert got == pytest.approx(want, rel=0.02)


def test_the_linear_bootstrap_agrees_with_counting_the_resampled_days_anew() -> None:
    tenant, made = simulate({"a": Unit(), "b": Unit()}, seed=9, calls=40_000)
    strata, shared, _ = best_strata(tenant)
    kinds = {tuple(label): shared[number] for number, label in enumerate(strata.labels.tolist())}
    (side, _) = standardise(tenant, strata, shared, 28)
    drawn = draws(28, seed=5, replicates=40)
    quick = np.log(percentile_ms(resampled(side, drawn), side.first, 0.95))
    slow = []
    for row in drawn:
        again = made.picked(np.repeat(np.arange(len(made.ms)), np.rint(row + 1).astype(int)[made.day]))
        drawn_again = counts(tenant.units, again)
        strata = strata_of(drawn_again, strata.grain)
        same = np.array([kinds[tuple(label)] for label in strata.labels.tolist()])
        one, _ = standardise(drawn_again, strata, same, 28)
        slow.append(float(np.log(percentile_ms(one.cumulative, one.first, 0.95)[0])))
    assert np.corrcoef(quick, slow)[0, 1] > 0.8
    assert float(np.std(quick)) == pytest.approx(float(np.std(slow)), rel=0.3)


def test_the_same_seed_gives_the_same_answer() -> None:
    tenant, _ = simulate({"a": Unit(), "b": Unit()}, seed=2, calls=5_000)
    assert effects(tenant, seed=4) == effects(tenant, seed=4)


@pytest.mark.parametrize(
    ("freedom", "probability", "want"),
    [(7, 0.975, 2.365), (13, 0.975, 2.160), (27, 0.975, 2.052), (27, 0.9995, 3.690), (1_000, 0.975, 1.962)],
)
def test_quantiles_of_student_t_are_those_of_the_tables(freedom: int, probability: float, want: float) -> None:
    assert t_quantile(probability, freedom) == pytest.approx(want, rel=0.01)


def test_an_interval_is_around_its_estimate() -> None:
    interval = ratio_interval(float(np.log(1.2)), np.array([-0.1, 0.0, 0.1]), 20, 0.05)
    assert interval.low < 0.2 < interval.high
    assert interval.estimate == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("hours", "want"),
    [
        ([], ()),
        ([14, 15], ((14, 16),)),
        ([23, 0, 1], ((23, 2),)),
        ([23], ((23, 24),)),
        ([3, 9, 10], ((3, 4), (9, 11))),
        (list(range(24)), ((0, 24),)),
    ],
)
def test_hours_are_told_as_ranges(hours: list[int], want: tuple[tuple[int, int], ...]) -> None:
    assert hour_ranges(hours) == want


@pytest.mark.parametrize(
    ("number", "step", "per_octave", "want"),
    [(-1, 1, 4, "unknown"), (0, 4, 4, "0"), (1, 4, 4, "1"), (8, 4, 4, "128-255"), (4, 4, 2, "64-255")],
)
def test_size_classes_are_told_in_tokens(number: int, step: int, per_octave: int, want: str) -> None:
    assert size_class(number, step, per_octave) == want
