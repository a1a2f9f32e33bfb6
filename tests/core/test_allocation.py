"""Who pays: the first rule that matches on the day, and nobody lost."""

import ipaddress
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aoai_insights.allocation import UNALLOCATED, AppRule, CallerKey, Claim, Condition, claims, matches

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)


def rule(
    name: str, *conditions: Condition, begins: date | None = None, ends: date | None = None, cc: str = ""
) -> AppRule:
    return AppRule(name, cc or f"CC-{name}", conditions, begins, ends)


@pytest.mark.parametrize(
    ("condition", "caller", "expected"),
    [
        pytest.param(Condition(apim_subscription="sub-a"), CallerKey(apim_subscription="SUB-A"), True, id="letter case is no difference"),
        pytest.param(Condition(apim_subscription="sub-a"), CallerKey(apim_subscription="sub-ab"), False, id="a prefix is not the name"),
        pytest.param(Condition(product="p"), CallerKey(), False, id="an unknown product is not that product"),
        pytest.param(Condition(entra_app="e"), CallerKey(entra_app="E"), True, id="an Entra app id has no letter case"),
        pytest.param(Condition(caller_ip=ipaddress.ip_network("10.1.2.0/24")), CallerKey(caller_ip="10.1.2.255"), True, id="last address of the range"),
        pytest.param(Condition(caller_ip=ipaddress.ip_network("10.1.2.0/24")), CallerKey(caller_ip="10.1.3.0"), False, id="first address behind it"),
        pytest.param(Condition(caller_ip=ipaddress.ip_network("10.1.2.0/24")), CallerKey(caller_ip="10.1.2.***"), False, id="a masked address is in no range"),
        pytest.param(Condition(caller_ip=ipaddress.ip_network("10.1.2.0/24")), CallerKey(caller_ip="10.1.2.3:443"), True, id="a port behind the address"),
        pytest.param(Condition(caller_ip=ipaddress.ip_network("10.1.2.0/24")), CallerKey(caller_ip="::ffff:10.1.2.3"), True, id="IPv4 written as IPv6"),
        pytest.param(Condition(caller_ip=ipaddress.ip_network("2001:db8::/32")), CallerKey(caller_ip="2001:db8::7"), True, id="IPv6"),
        pytest.param(Condition(caller_ip=ipaddress.ip_network("2001:db8::/32")), CallerKey(caller_ip="10.1.2.3"), False, id="IPv4 is in no IPv6 range"),
        pytest.param(Condition(header="x-app", value="A"), CallerKey(headers={"x-app": "A"}), True, id="header with that value"),
        pytest.param(Condition(header="x-app", value="A"), CallerKey(headers={"x-app": "a"}), False, id="a header's value keeps its letter case"),
        pytest.param(Condition(product="p", header="x-app", value="A"), CallerKey(product="p"), False, id="all fields of one condition must hold"),
    ],
)  # fmt: skip
def test_a_condition(condition: Condition, caller: CallerKey, expected: bool) -> None:
    assert matches(condition, caller) is expected


def test_the_first_matching_rule_wins() -> None:
    rules = [rule("one", Condition(product="p")), rule("two", Condition(product="p"), Condition(apim_subscription="s"))]
    assert [c.app for c in claims(CallerKey(product="p", apim_subscription="s"), rules, FIRST, LAST)] == ["one"]
    assert [c.app for c in claims(CallerKey(apim_subscription="s"), rules, FIRST, LAST)] == ["two"]


def test_what_nobody_claims_is_unallocated() -> None:
    assert claims(CallerKey(product="x"), [rule("one", Condition(product="p"))], FIRST, LAST) == [
        Claim(UNALLOCATED, UNALLOCATED, FIRST, LAST)
    ]


def test_an_app_that_moved_is_two_segments_without_a_gap() -> None:
    rules = [
        rule("app", Condition(product="p"), ends=date(2026, 10, 15), cc="CC-1"),
        rule("app", Condition(product="p"), begins=date(2026, 10, 16), cc="CC-2"),
    ]
    assert claims(CallerKey(product="p"), rules, FIRST, LAST) == [
        Claim("app", "CC-1", FIRST, date(2026, 10, 15)),
        Claim("app", "CC-2", date(2026, 10, 16), LAST),
    ]


def test_the_later_entry_of_an_app_takes_over_without_an_end_of_the_first() -> None:
    rules = [rule("app", Condition(product="p"), cc="CC-1"),
             rule("app", Condition(product="p"), begins=date(2026, 10, 16), cc="CC-2")]  # fmt: skip
    assert [(c.cost_center, c.first.day) for c in claims(CallerKey(product="p"), rules, FIRST, LAST)] == [
        ("CC-1", 1),
        ("CC-2", 16),
    ]


def test_a_rule_that_ended_leaves_its_callers_unallocated() -> None:
    found = claims(CallerKey(product="p"), [rule("app", Condition(product="p"), ends=date(2026, 10, 3))], FIRST, LAST)
    assert [(c.app, c.first.day, c.last.day) for c in found] == [("app", 1, 3), (UNALLOCATED, 4, 31)]


DAYS = st.none() | st.dates(date(2026, 9, 20), date(2026, 11, 10))
RULES = st.lists(
    st.builds(
        lambda n, p, b, e: rule(n, Condition(product=p), begins=b, ends=e if b is None or e is None or e >= b else b),
        st.sampled_from("abc"), st.sampled_from("pq"), DAYS, DAYS,
    ),
    max_size=6,
)  # fmt: skip


@given(RULES, st.sampled_from("pqr"))
def test_every_day_is_claimed_exactly_once(rules: list[AppRule], product: str) -> None:
    found = claims(CallerKey(product=product), rules, FIRST, LAST)
    assert found[0].first == FIRST
    assert found[-1].last == LAST
    for left, right in pairwise(found):
        assert right.first == left.last + timedelta(days=1)
    assert all(segment.first <= segment.last for segment in found)
