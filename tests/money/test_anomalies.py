"""Odd days: which are found, which are not, and what is said to have driven them."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aoai_insights.anomalies import DRIVERS, DayUse, drivers, find

from ..cli.conftest import run
from .tenant import APPS, PTU, call, fill, write_config

MONDAY = date(2026, 8, 3)


def use(requests: int, prompt: int, cached: int, completion: int, price: str = "2.50") -> DayUse:
    """Prices per 1M: `price`, half of it for cached, four times it for completion."""
    unit = Decimal(price) / 1_000_000
    plain = prompt - cached
    return DayUse(requests, plain, cached, completion, plain * unit, cached * unit / 2, completion * unit * 4)


USUAL = use(100, 10_000_000, 4_000_000, 1_000_000)  # 15 + 5 + 10 = 30 dollars
ODD_DAYS: dict[str, tuple[DayUse, str | None]] = {
    "a day like any other": (USUAL, None),
    "a third more is within 3.5 spreads of a tenth": (use(133, 13_300_000, 5_320_000, 1_330_000), None),
    "twice the calls": (use(200, 20_000_000, 8_000_000, 2_000_000), "volume"),
    "longer prompts of as many calls": (use(100, 25_000_000, 10_000_000, 1_000_000), "mix"),
    "longer answers of as many calls": (use(100, 10_000_000, 4_000_000, 3_000_000), "mix"),
    "a price that doubled": (use(100, 10_000_000, 4_000_000, 1_000_000, "5"), "price"),
    "no call at all": (DayUse(), "volume"),
}


def history(last: DayUse, kind: DayUse = USUAL) -> dict[date, DayUse]:
    """Four weeks of working days, then `last` on a Monday."""
    days = [MONDAY + timedelta(days=n) for n in range(28)]
    return {**{day: kind for day in days if day.weekday() < 5}, MONDAY + timedelta(days=28): last}


def judged(found_in: dict[date, DayUse], day: date) -> Any:
    known = [MONDAY + timedelta(days=n) for n in range((day - MONDAY).days + 1)]
    return find("a", "m", found_in, [day], known)


@pytest.mark.parametrize(("last", "driver"), ODD_DAYS.values(), ids=ODD_DAYS.keys())
def test_a_monday_after_four_usual_weeks(last: DayUse, driver: str | None) -> None:
    found = judged(history(last), MONDAY + timedelta(days=28))
    assert [a.driver for a in found] == ([driver] if driver else [])
    for anomaly in found:
        assert (anomaly.usual, anomaly.excess) == (30, last.cost - 30)
        assert sum(anomaly.effects.values(), Decimal(0)) == anomaly.excess
        assert anomaly.compared_days == 20


def test_the_cache_went_cold() -> None:
    warm = use(100, 10_000_000, 10_000_000, 100_000)  # 12.5 + 1 dollars
    (found,) = judged(history(use(100, 10_000_000, 0, 100_000), warm), MONDAY + timedelta(days=28))
    assert found.driver == "cache rate"
    assert found.excess == Decimal("12.5")


def test_a_quiet_weekend_is_no_anomaly_and_a_busy_one_is() -> None:
    saturday = MONDAY + timedelta(days=26)
    usual = {day: use for day, use in history(USUAL).items() if day < saturday}
    assert judged(usual, saturday) == []
    assert [a.day for a in judged({**usual, saturday: USUAL}, saturday)] == [saturday]


def test_odd_days_of_the_past_do_not_hide_a_new_one() -> None:
    wild = {MONDAY + timedelta(days=n): use(1000, 100_000_000, 0, 1) for n in (1, 9, 17)}
    found = judged({**history(use(300, 30_000_000, 12_000_000, 3_000_000)), **wild}, MONDAY + timedelta(days=28))
    assert [a.usual for a in found] == [30]


def test_a_new_app_has_no_pattern_yet() -> None:
    day = MONDAY + timedelta(days=28)
    young = {d: u for d, u in history(replace(USUAL, plain_cost=Decimal(900))).items() if d > day - timedelta(days=4)}
    assert judged(young, day) == []


def test_days_without_records_are_not_judged_and_not_compared() -> None:
    day = MONDAY + timedelta(days=28)
    known = [d for d in history(USUAL) if d != day]
    assert find("a", "m", history(DayUse()), [day], known) == []


USES = st.builds(
    use, st.integers(1, 10**4), st.integers(5_000, 10**8), st.integers(0, 5_000), st.integers(0, 10**7), st.sampled_from(["1", "2.5", "3"])
)  # fmt: skip


@given(USES, st.lists(USES, min_size=1, max_size=8))
def test_what_drove_a_day_sums_to_its_difference_from_the_average(day: DayUse, usual: list[DayUse]) -> None:
    effects = drivers(day, usual)
    average = sum((u.cost for u in usual), Decimal(0)) / len(usual)
    assert tuple(effects) == DRIVERS
    assert abs(sum(effects.values(), Decimal(0)) - (day.cost - average)) < Decimal("1E-12")


def test_the_command_ranks_by_money(tmp_path: Path) -> None:
    start = datetime(2026, 9, 1, 12, tzinfo=UTC)
    calls = []
    for n in range(61):
        at = start + timedelta(days=n)
        size = {40: 5, 50: 20}.get(n, 1)  # 11 and 21 October
        calls.append(call(f"{at:%Y-%m-%dT%H:%M}", "a", size * 1_000_000, size * 1_000))
        calls.append(call(f"{at:%Y-%m-%dT%H:%M}", "b", 1_000_000, 1_000))
    standard = PTU.replace("DataZoneProvisionedManaged", "DataZoneStandard").replace("ptu = 50\n", "")
    store, config = fill(tmp_path, calls), write_config(tmp_path, APPS + standard)
    words = ("anomalies", "--month", "2026-10", "--store", store, "--config", config)
    ran = run(*words, "-f", "json")
    assert ran.code == 0, ran.err
    payload = json.loads(ran.out)
    assert [(row["day"], row["app"], row["driver"]) for row in payload["rows"]] == [
        ("2026-10-21", "a", "mix"), ("2026-10-11", "a", "mix")]  # fmt: skip
    # 2.75 + 0.011 a day: 19 and 4 times more
    assert [Decimal(row["excess"]) for row in payload["rows"]] == [Decimal("52.459"), Decimal("11.044")]
    assert len(json.loads(run(*words, "-f", "json", "--least", "20").out)["rows"]) == 1
    table = run(*words)
    assert max(map(len, table.text.splitlines())) <= 80
    assert run(*words, "--least", "much").code == 2
