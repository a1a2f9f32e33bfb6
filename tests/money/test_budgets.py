"""Budgets: actual, forecast with its band, status, and the exit code of --fail."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from aoai_insights.budgets import Budget, Forecast, forecast, line
from aoai_insights.config import load_config
from aoai_insights.errors import UsageError
from aoai_insights.model import Period
from aoai_insights.pipeline.budgets import compute_budgets
from aoai_insights.sources.prices import shipped_book

from ..cli.conftest import run
from .tenant import APPS, PTU, call, fill, write_config

ONE = Decimal(1)
MONDAY = date(2026, 10, 5)


def days(first: date, *amounts: int) -> dict[date, Decimal]:
    return {first + timedelta(days=n): Decimal(amount) for n, amount in enumerate(amounts)}


FORECASTS = {
    # two equal weeks of 10 a working day, none at weekends; what is to come, and where the month ends
    "a working day": (days(MONDAY, *[10] * 5, 0, 0, *[10] * 5, 0, 0), [(date(2026, 10, 19), ONE)], "110", "weekday"),
    "a weekend": (days(MONDAY, *[10] * 5, 0, 0, *[10] * 5, 0, 0), [(date(2026, 10, 24), ONE)], "100", "weekday"),
    "half a working day": (
        days(MONDAY, *[10] * 5, 0, 0, *[10] * 5, 0, 0), [(date(2026, 10, 19), Decimal("0.5"))], "105", "weekday"),
    "a weekday known once: the average day": (
        days(MONDAY, 10, 20, 30), [(date(2026, 10, 8), ONE), (date(2026, 10, 9), ONE)], "140", "linear"),
    "nothing to come": (days(MONDAY, 10), [], "100", "actual"),
}  # fmt: skip


@pytest.mark.parametrize(("history", "remaining", "expected", "method"), FORECASTS.values(), ids=FORECASTS.keys())
def test_where_a_month_ends_that_has_cost_100(history, remaining, expected, method) -> None:  # type: ignore[no-untyped-def]
    found = forecast(Decimal(100), history, remaining)
    assert found is not None
    assert (found.expected, found.method) == (Decimal(expected), method)
    assert Decimal(100) <= found.low <= found.expected <= found.high


def test_two_days_make_no_forecast() -> None:
    assert forecast(Decimal(100), days(MONDAY, 10, 20), [(date(2026, 10, 8), ONE)]) is None


def test_the_band_by_hand() -> None:
    # 10, 20, 30: variance 100 with 2 degrees of freedom; one day ahead: 1.645 x sqrt(100 x (1 + 1/3))
    found = forecast(Decimal(0), days(MONDAY, 10, 20, 30), [(date(2026, 10, 8), ONE)])
    assert found is not None
    assert found.expected == 20
    assert found.high.quantize(Decimal("0.001")) == Decimal("38.995")


def test_the_band_holds_nine_months_of_ten() -> None:
    draw, held = random.Random(7), 0
    for _ in range(300):
        amounts = [Decimal(max(0, round(draw.gauss(100 if n % 7 < 5 else 20, 15)))) for n in range(56)]
        history = {MONDAY + timedelta(days=n): amount for n, amount in enumerate(amounts[:42])}
        found = forecast(Decimal(0), history, [(MONDAY + timedelta(days=n), ONE) for n in range(42, 56)])
        assert found is not None
        held += found.low <= sum(amounts[42:], Decimal(0)) <= found.high
    assert 0.85 <= held / 300 <= 0.95


STATUSES = {
    "nothing used": ("0", None, "ok"),
    "just below the alert": ("79.99", None, "ok"),
    "at the alert": ("80", None, "alert"),
    "all of it": ("100", None, "alert"),
    "more than all of it": ("100.01", None, "over"),
    "it will be more": ("50", "100.01", "forecast"),
    "it will be all of it": ("50", "100", "ok"),
}


@pytest.mark.parametrize(("actual", "expected", "status"), STATUSES.values(), ids=STATUSES.keys())
def test_how_a_budget_of_100_stands(actual: str, expected: str | None, status: str) -> None:
    end = None if expected is None else Forecast(Decimal(expected), ONE, ONE, "weekday", 9)
    assert line(Budget("app", "a", Decimal(100)), Decimal(actual), end, 80).status == status


STANDARD = PTU.replace("DataZoneProvisionedManaged", "DataZoneStandard").replace("ptu = 50\n", "")
BUDGETS = APPS.replace('cost_center = "CC-A"', 'cost_center = "CC-A"\nbudget = "30"') + (
    '[[cost_centers]]\nname = "CC-B"\nbudget = "1000"\n'
)


def month_so_far(at: datetime) -> list[dict[str, object]]:
    """2.75 USD a working day for a since August, as much for b; nothing at weekends but a call without tokens."""
    start = datetime(2026, 8, 3, tzinfo=UTC)
    every = [start + timedelta(days=n) for n in range((at - start).days)]
    return [
        call(f"{day:%Y-%m-%d}T12:00", app, 1_000_000 if day.weekday() < 5 else 0, 0) for day in every for app in "ab"
    ]


def test_a_month_in_progress_from_the_logs(tmp_path: Path) -> None:
    now = datetime(2026, 10, 12, tzinfo=UTC)  # a Monday: 7 working days are over, 15 are to come
    store, config = fill(tmp_path, month_so_far(now)), load_config(write_config(tmp_path, BUDGETS + STANDARD))
    october = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "2026-10")
    found = compute_budgets(store, config, october, now=now, prices=shipped_book())
    a, b = found.lines
    assert (a.budget.name, a.actual, a.status) == ("a", Decimal("19.25"), "forecast")
    assert a.forecast == Forecast(Decimal("60.5"), Decimal("60.5"), Decimal("60.5"), "weekday", 67)
    assert (b.budget.scope, b.budget.name, b.actual, b.status) == ("cost_center", "CC-B", Decimal("19.25"), "ok")
    assert not found.reached


def test_weeks_before_the_first_exchange_rate_serve_the_forecast_but_the_month_needs_its_rate(tmp_path: Path) -> None:
    now = datetime(2026, 10, 12, tzinfo=UTC)
    rate = '[[fx]]\nfrom = "USD"\nto = "EUR"\nrate = "2"\neffective_from = 2026-10-{}\nsource = "ECB"\n'
    euros = 'currency = "EUR"\n' + BUDGETS + STANDARD
    store, config = fill(tmp_path, month_so_far(now)), load_config(write_config(tmp_path, euros + rate.format("01")))
    october = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "2026-10")
    found = compute_budgets(store, config, october, now=now, prices=shipped_book())
    assert found.lines[0].forecast is not None
    assert found.lines[0].forecast.expected == Decimal(121)
    late = load_config(write_config(tmp_path, euros + rate.format("02")))
    with pytest.raises(UsageError, match="no exchange rate from USD to EUR on 2026-10-01"):
        compute_budgets(store, late, october, now=now, prices=shipped_book())


def test_amounts_that_do_not_sum_are_rounded_each_alone(tmp_path: Path) -> None:
    # 5.005 of each: equal amounts must look equal
    calls = [call(f"2026-10-05T12:0{n}", app, 1_000, 0) for n, app in enumerate("aabb")]
    price = '[[prices]]\nmodel = "gpt-4o"\nscope = "datazone"\ndirection = "input"\nprice = "2.5025"\nper = 1_000\n'
    config = write_config(tmp_path, BUDGETS + STANDARD + price + "effective_from = 2026-01-01\n")
    ran = run("budgets", "--month", "2026-10", "--store", fill(tmp_path, calls), "--config", config)
    assert ran.text.count(" 5.00 ") == 8, ran.text  # actual, forecast and its band, twice; halves to even
    assert " 5.01 " not in ran.text


def test_days_without_records_are_said_to_be_missing_from_a_forecast(tmp_path: Path) -> None:
    store = fill(tmp_path, [call("2026-10-05T12:00", "a", 1_000, 0)])
    ran = run("budgets", "--month", "2026-10", "--store", store, "--config", write_config(tmp_path, BUDGETS + STANDARD))
    assert "30 days without any record count as 0" in " ".join(ran.text.split())


def test_the_command(tmp_path: Path) -> None:
    calls = month_so_far(datetime(2026, 11, 1, tzinfo=UTC))
    store, config = fill(tmp_path, calls), write_config(tmp_path, BUDGETS + STANDARD)
    words = ("budgets", "--month", "2026-10", "--store", store, "--config", config)
    ran = run(*words, "-f", "json")
    assert ran.code == 0, ran.err
    rows = json.loads(ran.out)["rows"]
    assert [(r["name"], r["actual"], r["forecast"], r["status"]) for r in rows] == [
        ("a", "60.5", "60.5", "over"), ("CC-B", "60.5", "60.5", "ok")]  # fmt: skip
    ran = run(*words, "--fail")
    assert ran.code == 6
    assert "a has used 201.7% of 30" in ran.err
    assert max(map(len, ran.text.splitlines())) <= 80


def test_a_config_without_budgets_says_what_to_write(tmp_path: Path) -> None:
    store, config = fill(tmp_path, []), load_config(write_config(tmp_path, APPS))
    october = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "2026-10")
    with pytest.raises(UsageError, match="no budget is configured"):
        compute_budgets(store, config, october, now=datetime(2026, 11, 3, tzinfo=UTC), prices=[])
