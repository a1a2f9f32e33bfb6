"""Sections on speed, failures and routing, from figures whose truth is known."""

import threading
from contextlib import suppress
from dataclasses import replace

import pytest

from aoai_insights.latency.effects import effects
from aoai_insights.latency.throttling import CAUSES, ThrottlingRow
from aoai_insights.pipeline.speed import aside
from aoai_insights.reports.content import DataTable, HeatMap, Section
from aoai_insights.reports.routing_figures import Distribution, RoutingFigures
from aoai_insights.reports.routing_sections import routing_sections
from aoai_insights.reports.spans import hours_of_day, hours_of_week
from aoai_insights.routing.advice import advise
from aoai_insights.routing.backend_pool import Rules

from ..latency.simulator import Unit, simulate
from ..routing.pools import pool_of

NOTHING = ThrottlingRow({}, 10, 10, 10, 0, dict.fromkeys(CAUSES, 0), 0.0, 0, None, 0, 0, 0, 0)
FAILED = replace(
    NOTHING, key={"backend": "a.example"}, causes={**NOTHING.causes, "backend_limit": 7}, lost_seconds=61.4,
    lost_tokens=1_200, retried_attempts=3, odd_retry_afters=1, longest_retry_after_s=86_400,
)  # fmt: skip
POINTS = (
    (0.05, 400.0),
    (0.2, 800.0),
    (0.5, 1_500.0),
    (0.8, 3_000.0),
    (0.9, 4_000.0),
    (0.95, 8_000.0),
    (0.99, 25_000.0),
)
EMPTY = RoutingFigures("UTC", (), (), (), NOTHING, ())


@pytest.fixture(scope="module")
def slow_at_two_hours() -> RoutingFigures:
    """Region a takes twice as long at 14 and 15 o'clock."""
    counts, _ = simulate(
        {"a": Unit(factor=lambda hour: 2.0 if hour in (14, 15) else 1.0), "b": Unit()}, seed=4, calls=60_000
    )
    pool = pool_of(counts)
    return RoutingFigures(
        "Europe/Zurich", (Distribution("a", 30_000, POINTS),), effects(counts, reference="b"), (FAILED,),
        FAILED, advise(pool, counts, Rules()),
    )  # fmt: skip


def section(figures: RoutingFigures, anchor: str) -> Section:
    return next(one for one in routing_sections(figures) if one.anchor == anchor)


def words(one: Section) -> str:
    tables = [cell.text for t in one.tables if isinstance(t, DataTable) for row in t.rows for cell in row.cells]
    captions = [t.caption for t in one.tables]
    return " | ".join([one.title, one.lead, *captions, *tables, *one.points])


def test_what_has_nothing_to_say_is_no_section() -> None:
    assert routing_sections(None) == ()
    assert routing_sections(EMPTY) == ()


def test_a_distribution_is_a_picture_with_its_table(slow_at_two_hours: RoutingFigures) -> None:
    picture, table = section(slow_at_two_hours, "distribution").tables
    assert isinstance(picture, HeatMap)
    assert isinstance(table, DataTable)
    shown = {column: cell.text for column, cell in zip(picture.columns, picture.rows[0].cells, strict=True)}
    assert shown == {"0.5 s": "9%", "1 s": "29%", "2 s": "60%", "5 s": "91%", "10 s": "95%", "20 s": "98%",
                     "30 s": "over 99%", "60 s": "over 99%"}  # fmt: skip
    assert [cell.text for cell in table.rows[0].cells][1:4] == ["400 ms", "800 ms", "1,500 ms"]
    assert len(table.headings) == len(table.rows[0].cells)


def test_slow_hours_are_named_with_their_zone(slow_at_two_hours: RoutingFigures) -> None:
    said = words(section(slow_at_two_hours, "compared"))
    assert "a is slower than b at 14:00–16:00 (Europe/Zurich): +" in said
    assert "At other hours a: no difference beyond chance" in said


def test_losses_stand_beside_their_causes(slow_at_two_hours: RoutingFigures) -> None:
    one = section(slow_at_two_hours, "failed")
    assert one.lead == "61 s and 1,200 tokens went into failed calls and 3 attempts made again."
    (table,) = one.tables
    assert isinstance(table, DataTable)
    assert [heading.text for heading in table.headings][-1] == "Backend limit"
    assert table.rows[0].cells[-1].text == "7"
    assert any("86,400 s" in point for point in one.points)


def test_no_attempt_made_again_is_not_told() -> None:
    once = replace(FAILED, retried_attempts=0)
    assert section(replace(EMPTY, throttling=(once,), throttling_total=once), "failed").lead.endswith("failed calls.")


def test_advice_has_a_table_for_each_profile_of_hours(slow_at_two_hours: RoutingFigures) -> None:
    one = section(slow_at_two_hours, "advice")
    assert one.lead == "chat should change."
    assert [table.caption.split(": ")[0] for table in one.tables] == [
        "chat, Mon–Sun 14:00–16:00 UTC", "chat, all other hours",
    ]  # fmt: skip
    assert "held by shift 20%" in words(one)


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        pytest.param((14, 15, 38, 39, 62, 63), "Mon–Wed 14:00–16:00", id="days of the same hours are one"),
        pytest.param((14, 38), "Mon, Tue 14:00–15:00", id="two days"),
        pytest.param((0, 47), "Mon 00:00–01:00; Tue 23:00–24:00", id="days of other hours stand apart"),
    ],
)
def test_hours_of_the_week_in_words(hours: tuple[int, ...], said: str) -> None:
    assert hours_of_week(hours) == said


def test_hours_of_the_day_in_words() -> None:
    assert hours_of_day((3, 9, 10)) == "03:00–04:00 and 09:00–11:00"


def test_whoever_fails_beside_a_comparison_does_not_wait_for_it() -> None:
    goes_on = threading.Event()
    with suppress(ZeroDivisionError), aside() as executor:
        running, following = executor.submit(goes_on.wait, 30), executor.submit(print)
        raise ZeroDivisionError
    assert (running.done(), following.cancelled()) == (False, True)
    goes_on.set()
