"""Shared costs: who takes which part, and that nothing is lost on the way."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aoai_insights.errors import ConfigError
from aoai_insights.model import Period
from aoai_insights.pricing import Missing, PriceBook
from aoai_insights.ptu.capacity import ptu_model
from aoai_insights.ptu.ptu_hours import POLICIES, HourCost, Provisioned, Use, hours_of, list_cost, share
from aoai_insights.sharing import Payer, SharedCost, days_of, share_out, sum_of

from ..pricing.build import row
from .tenant import APPS, OCTOBER, PTU, call, costs, statement

# 1,000,000 prompt tokens of gpt-4o, Data Zone, cost 2.75: a pays three quarters of all cost
STANDARD = PTU.replace("DataZoneProvisionedManaged", "DataZoneStandard").replace("ptu = 50\n", "")
CALLS = [call("2026-10-05T10:05", "a", 3_000_000, 0), call("2026-10-05T10:59", "b", 1_000_000, 0)]
GATEWAY = '[[shared_costs]]\nname = "gateway"\namount = "310.00"\n'

MONTHS = {
    "even: the apps of the config, whether they called or not": ('rule = "even"', {"a": "163.25", "b": "157.75"}),
    "proportional: by each app's own cost": ('rule = "proportional"', {"a": "240.75", "b": "80.25"}),
    "fixed": ('rule = "fixed"\nshares = {a = 10, b = 90}', {"a": "39.25", "b": "281.75"}),
    "from the 30th on: two of 31 days": ('rule = "even"\nvalid_from = 2026-10-30', {"a": "18.25", "b": "12.75"}),
    "until the 1st": ('rule = "even"\nvalid_to = 2026-10-01', {"a": "13.25", "b": "7.75"}),
}


@pytest.mark.parametrize(("rule", "amounts"), MONTHS.values(), ids=MONTHS.keys())
def test_a_month_is_shared(tmp_path: Path, rule: str, amounts: dict[str, str]) -> None:
    made = statement(tmp_path, CALLS, APPS + STANDARD + GATEWAY + rule)
    assert costs(made) == amounts
    assert "Shared cost gateway, 310.00 USD a month, is split" in made.rules[0]


def test_a_shared_cost_has_lines_of_its_own_by_model_and_by_deployment(tmp_path: Path) -> None:
    config = APPS + STANDARD + GATEWAY + 'rule = "even"'
    assert costs(statement(tmp_path, CALLS, config, "model")) == {"(shared: gateway)": "310", "gpt-4o": "11"}
    assert costs(statement(tmp_path, CALLS, config, "app,deployment")) == {
        "a (shared: gateway)": "155", "a chat": "8.25", "b (shared: gateway)": "155", "b chat": "2.75"}  # fmt: skip


def test_what_nobody_can_take_stands_alone(tmp_path: Path) -> None:
    made = statement(tmp_path, [], GATEWAY + 'rule = "even"')
    assert costs(made) == {"(shared: gateway)": "310"}
    assert costs(statement(tmp_path, [], APPS + GATEWAY + 'rule = "proportional"')) == {"(shared: gateway)": "310"}


def test_a_day_of_a_month_costs_its_part_and_days_to_come_nothing(tmp_path: Path) -> None:
    config = APPS + STANDARD + GATEWAY + 'rule = "even"'
    day = Period(datetime(2026, 10, 9, tzinfo=UTC), datetime(2026, 10, 10, tzinfo=UTC))
    assert statement(tmp_path, CALLS, config, period=day).total.cost == Decimal(10)
    assert statement(tmp_path, [], config, now=datetime(2026, 10, 11, tzinfo=UTC)).total.cost == Decimal(100)


def test_proportional_shares_follow_ptus_too_but_idle_ptus_pay_nothing(tmp_path: Path) -> None:
    config = APPS + PTU + "reserved = {a = 30, b = 10}\n" + GATEWAY + 'rule = "proportional"\n'
    assert costs(statement(tmp_path, [], config + '[ptu]\npolicy = "entitlement"')) == {
        "(idle)": "8184", "a": "24784.5", "b": "8261.5"}  # fmt: skip


REFUSED = {
    "a rule that does not exist": ('rule = "fair"', "rule"),
    "shares of a rule that has none": ('rule = "even"\nshares = {a = 100}', "shares"),
    "fixed without shares": ('rule = "fixed"', "shares"),
    "shares of an app that does not exist": ('rule = "fixed"\nshares = {c = 100}', 'no \\[\\[apps\\]\\] entry "c"'),
    "shares that lose a part": ('rule = "fixed"\nshares = {a = 60, b = 39}', "sum to 99 %"),
    "the same name twice": ('rule = "even"\n' + GATEWAY + 'rule = "even"', "listed twice"),
}


@pytest.mark.parametrize(("rule", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_a_shared_cost_that_cannot_be_meant_is_refused(tmp_path: Path, rule: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        statement(tmp_path, [], APPS + GATEWAY + rule)


PAYERS = st.lists(st.builds(Payer, st.sampled_from("abcdef"), st.sampled_from("xyz")), unique=True, max_size=6)
INSTANTS = st.integers(0, 91 * 24 * 3_600_000).map(
    lambda ms: datetime(2026, 9, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
PERIODS = st.tuples(INSTANTS, INSTANTS).filter(lambda p: p[0] != p[1]).map(lambda p: Period(min(p), max(p)))


@settings(deadline=None)
@given(
    st.decimals("0", "1000000", places=4), st.sampled_from(["even", "proportional", "fixed"]), PERIODS, PAYERS,
    st.dictionaries(st.builds(Payer, st.sampled_from("abc"), st.just("x")), st.decimals("0", "1000", places=9)),
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 100).map(Decimal), min_size=1),
)  # fmt: skip
def test_a_shared_cost_loses_nothing_whatever_the_rule(amount, rule, period, payers, own, shares) -> None:  # type: ignore[no-untyped-def]
    cost = SharedCost("s", amount, rule, shares)
    by_day = {day: payers for day, _, _ in days_of(period, period.end)}
    items = share_out(cost, period, period.end, by_day, own)
    apart = share_out(cost, period, period.end, dict.fromkeys(by_day, payers[::-1]), dict(reversed(own.items())))
    assert items == apart
    alone = share_out(SharedCost("s", amount, "even", {}), period, period.end, {}, {})
    assert sum_of(items) == sum_of(alone)


@given(st.decimals("0", "1000000", places=2))
def test_the_days_of_a_month_sum_to_its_amount(amount: Decimal) -> None:
    assert sum_of(share_out(SharedCost("s", amount, "even", {}), OCTOBER, OCTOBER.end, {}, {})) == amount


USES = st.lists(
    st.builds(
        lambda hour, app, load, source: Use(datetime(2026, 10, 1 + hour // 24, hour % 24, tzinfo=UTC), app, f"CC-{app}", "gpt-4o",
                                            "swedencentral", source, 1, load, 0, 0, Decimal(load)),
        st.integers(0, 100), st.sampled_from(["a", "b", "c"]), st.integers(0, 10**9), st.sampled_from(["llm_log", "tokenized"]),
    ),
    max_size=20,
)  # fmt: skip
DEPLOYMENTS = st.builds(
    lambda owner, reserved: Provisioned("r", "d", "datazone", "swedencentral", "gpt-4o", 15, None, None, owner, reserved),
    st.sampled_from(["", "a", "z"]), st.sampled_from([{}, {"a": 15}, {"a": 3, "b": 4}]),
)  # fmt: skip
BOOK = PriceBook([row("1.10", kind="ptu", model="*", direction="", modality="", scope="datazone", unit="hour", per=1)])


@settings(deadline=None, max_examples=60)
@given(DEPLOYMENTS, USES, st.sampled_from(POLICIES), PERIODS, st.randoms())
def test_ptu_hours_lose_nothing_whatever_the_policy_and_the_order(deployment, uses, policy, period, random) -> None:  # type: ignore[no-untyped-def]
    hours = hours_of(deployment, period, period.end)
    listed = list_cost(deployment, hours, BOOK, "USD")
    assert not isinstance(listed, Missing)
    hour_costs: list[HourCost] = listed[0]
    capacity = ptu_model("gpt-4o", "", date(2026, 10, 1), "USD", BOOK)
    items = share(deployment, hour_costs, uses, policy, capacity, lambda app, day: f"CC-{app}")
    assert sum_of(items) == sum((cost.amount for cost in hour_costs), Decimal(0))
    shuffled = list(uses)
    random.shuffle(shuffled)
    assert share(deployment, hour_costs[::-1], shuffled, policy, capacity, lambda app, day: f"CC-{app}") == items
