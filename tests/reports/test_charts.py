import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aoai_insights.reports.charts import (
    RAMP_DARK,
    RAMP_LIGHT,
    STEPS,
    boundaries,
    contrast,
    lengths,
    step_of,
)
from aoai_insights.resources import resource_root

CSS = (resource_root("report_templates") / "report.css").read_text(encoding="utf-8")
LIGHT, DARK = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in CSS.split("@media", 2)[:2])


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("ramp", [RAMP_LIGHT, RAMP_DARK], ids=["light", "dark"])
def test_every_step_of_the_heat_map_can_be_read(ramp):
    assert len(ramp) == STEPS
    assert all(contrast(ground, ink) >= 4.5 for ground, ink in ramp)


@pytest.mark.parametrize(("ramp", "brighter"), [(RAMP_LIGHT, False), (RAMP_DARK, True)], ids=["light", "dark"])
def test_the_heat_map_goes_one_way_from_low_to_high(ramp, brighter):
    against_black = [contrast(ground, "#000000") for ground, _ in ramp]
    assert against_black == sorted(against_black, reverse=not brighter)
    assert all(max(pair) / min(pair) > 1.15 for pair in pairwise(against_black))


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        *[(ink, "ground", 4.5) for ink in ("ink", "muted", "link", "good", "care", "bad")],
        *[("ink", ground, 4.5) for ground in ("raised", "bad-ground", "care-ground", "mark")],
        ("muted", "raised", 4.5),
        ("bad", "bad-ground", 4.5),
        ("care", "care-ground", 4.5),
        ("care", "mark", 4.5),
        ("accent", "ground", 3.0),
        ("bad", "ground", 3.0),
    ],
)
def test_every_pair_of_colours_can_be_read(palette, ink, ground, least):
    assert contrast(palette[ink], palette[ground]) >= least


@pytest.mark.parametrize(
    ("values", "bars"),
    [
        pytest.param([2, 4, 1], [0.5, 1.0, 0.25], id="the largest is 1"),
        pytest.param([0, 0], [0.0, 0.0], id="nothing at all has no bars"),
        pytest.param([None, 3], [None, 1.0], id="what is missing has no length, not even 0"),
        pytest.param([-1, 2], [0.0, 1.0], id="below 0 is no bar"),
        pytest.param([], [], id="no rows"),
    ],
)
def test_lengths(values, bars):
    assert lengths(values) == bars


@given(st.lists(st.floats(0.5, 600_000), min_size=1, max_size=60))
def test_steps_follow_the_values(values):
    bounds = boundaries(values)
    assert list(bounds) == sorted(set(bounds))
    assert len(bounds) < STEPS
    steps = [step_of(value, bounds) for value in sorted(values)]
    assert steps == sorted(steps)
    assert all(0 <= step < STEPS for step in steps)
    if bounds:
        assert steps[0] == 0
        assert steps[-1] == STEPS - 1


def test_values_that_look_alike_have_one_colour():
    assert boundaries([1000, 1090]) == ()
    assert step_of(1000, ()) == step_of(1090, ()) == 1
