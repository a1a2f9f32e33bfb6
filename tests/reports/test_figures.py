"""Money is rounded once, and then every table adds up."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aoai_insights.money import round_to
from aoai_insights.reports.figures import disagreements, rounded

from .tenants import OCTOBER, TENANTS, Use, big, days_of, figures

uses = st.lists(
    st.builds(
        Use,
        app=st.sampled_from(["a", "b", "c", "d", "(unallocated)"]),
        cost_center=st.sampled_from(["CC-1", "CC-2", ""]),
        model=st.sampled_from(["gpt-4o", "o4-mini"]),
        region=st.sampled_from(["eastus2", "swedencentral"]),
        day=st.sampled_from(days_of(OCTOBER)),
        prompt=st.integers(0, 9_000_000),
        completion=st.integers(0, 9_000_000),
        source=st.sampled_from(["llm_log", "tokenized", "extrapolated", "none"]),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(uses)
def test_rows_of_every_table_sum_to_the_total(calls):
    whole = figures(calls)
    amounts = rounded(whole)
    assert amounts.total == round_to(whole.by_app.total.cost, amounts.step)
    for parts in (amounts.by_app, amounts.by_cost_center, amounts.by_model, amounts.by_day, amounts.by_source):
        assert sum(parts, Decimal(0)) == amounts.total
    assert amounts.allocated + amounts.unallocated == amounts.total


@settings(max_examples=150, deadline=None)
@given(uses)
def test_apps_sum_to_their_cost_centre_and_no_amount_moves_by_more_than_two_steps(calls):
    whole = figures(calls)
    amounts = rounded(whole)
    centres = {
        row.key["cost_center"]: shown
        for row, shown in zip(whole.by_cost_center.rows, amounts.by_cost_center, strict=True)
    }
    for centre, shown in centres.items():
        apps = [
            part
            for row, part in zip(whole.by_app.rows, amounts.by_app, strict=True)
            if row.key["cost_center"] == centre
        ]
        assert sum(apps, Decimal(0)) == shown
    for row, shown in zip(whole.by_app.rows, amounts.by_app, strict=True):
        assert abs(shown - row.cost) < 2 * amounts.step


@pytest.mark.parametrize("tenant", TENANTS)
def test_the_invented_tenants_agree_with_themselves(tenant):
    assert disagreements(TENANTS[tenant]()) == ()


def _raised(whole, field, by=Decimal("0.01")):
    chargeback = getattr(whole, field)
    first = replace(chargeback.rows[0], cost=chargeback.rows[0].cost + by)
    return replace(whole, **{field: replace(chargeback, rows=(first, *chargeback.rows[1:]))})


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        pytest.param(lambda f: _raised(f, "by_model"), "costs by model sum", id="a table that sums to another total"),
        pytest.param(lambda f: _raised(f, "by_day"), "costs by day sum", id="a day too many"),
        pytest.param(
            lambda f: replace(f, by_cost_center=replace(f.by_cost_center, currency="EUR")),
            "by cost centre are in EUR",
            id="another currency",
        ),
        pytest.param(
            lambda f: replace(f, quality=replace(f.quality, unallocated_cost=Decimal(1))),
            "Unallocated cost",
            id="callers and apps differ on what is unallocated",
        ),
        pytest.param(
            lambda f: replace(
                f, by_model=replace(f.by_model, total=replace(f.by_model.total, requests=f.by_model.total.requests - 1))
            ),
            "requests by model",
            id="a request lost on the way",
        ),
    ],
)
def test_tables_that_do_not_describe_the_same_whole_are_named(broken, said):
    found = disagreements(broken(big()))
    assert len(found) == 1
    assert said in found[0]
