"""A month of PTUs by hand: 50 PTUs, Data Zone, at 1.10 USD an hour, 744 hours: 55 an hour, 40,920 in all.

A completion token of gpt-4o counts 4 prompt tokens, cached tokens nothing. Two hours have traffic:
5 October 10:00: a loads (1,000 - 200) + 4 x 100 = 1,200, b 300 + 4 x 25 = 400; 6 October 11:00: b loads 400.
"""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from aoai_insights.errors import ConfigError, UsageError
from aoai_insights.model import Period

from .tenant import APPS, OCTOBER, PTU, call, costs, statement

CALLS = [
    call("2026-10-05T10:05", "a", 1_000, 100, cached=200),
    call("2026-10-05T10:59", "b", 300, 25),
    call("2026-10-06T11:30", "b", 400, 0),
]
POLICY = '[ptu]\npolicy = "{}"\n'
OWNED = PTU + 'owner = "a"\n'
RESERVED = PTU + "reserved = {a = 30, b = 10}\n"

MONTHS = {
    # 742 hours without traffic: 40,810, by the loads of the month, 1,200 and 800; 55 in the ratio 3:1; 55 for b
    "absorb: users pay the hours they used, and the empty ones by their load of the month": (
        "absorb", PTU, {"a": "24527.25", "b": "16392.75"}),
    "absorb: the owner pays the empty hours": ("absorb", OWNED, {"a": "40851.25", "b": "68.75"}),
    # an hour takes 50 x 2,500 x 60 = 7,500,000: used is 55 x 1,600 / 7,500,000 = 0.011733333333 and 0.002933333333
    "used+idle: what was utilised, and the rest as idle": (
        "used+idle", PTU, {"(idle)": "40919.985333333334", "a": "0.00880000000", "b": "0.005866666666"}),
    "used+idle: the owner pays what is idle": (
        "used+idle", OWNED, {"a": "40919.994133333334", "b": "0.005866666666"}),
    "entitlement: 30 and 10 of 50 PTUs, 10 are nobody's": (
        "entitlement", RESERVED, {"(idle)": "8184", "a": "24552", "b": "8184"}),
}  # fmt: skip


@pytest.mark.parametrize(("policy", "deployment", "amounts"), MONTHS.values(), ids=MONTHS.keys())
def test_a_month_of_ptus(tmp_path: Path, policy: str, deployment: str, amounts: dict[str, str]) -> None:
    made = statement(tmp_path, CALLS, APPS + deployment + POLICY.format(policy))
    assert {app: Decimal(cost) for app, cost in costs(made).items()} == {a: Decimal(c) for a, c in amounts.items()}
    assert made.total.cost == made.total.provisioned_cost == Decimal(40_920)
    assert made.total.unpriced_requests == 0
    assert not made.quality.unpriced
    (rule,) = made.rules
    assert f'policy "{policy}"' in rule
    assert "list price" in rule
    assert "1.1 USD an hour" in rule


def test_what_is_computed_by_app_is_the_same_whole_by_anything_else(tmp_path: Path) -> None:
    for by in ("day", "model,region", "deployment", "cost_center", "app,cost_center,model,region,deployment,day"):
        made = statement(tmp_path, CALLS, APPS + PTU, by)
        assert sum((row.cost for row in made.rows), Decimal(0)) == Decimal(40_920)
    days = statement(tmp_path, CALLS, APPS + PTU, "day").rows
    assert len(days) == 31
    assert {row.cost for row in days} == {Decimal(55 * 24)}


EXTENTS = {
    "PTUs that were deployed on the 31st only": (PTU + "valid_from = 2026-10-31\n", OCTOBER, "1320"),
    "PTUs that were gone after the 2nd": (PTU + "valid_to = 2026-10-02\n", OCTOBER, "2640"),
    "half an hour costs half": (
        PTU, Period(datetime(2026, 10, 5, 9, 45, tzinfo=UTC), datetime(2026, 10, 5, 10, 15, tzinfo=UTC)), "27.5"),
    "nothing is due for hours to come": (
        PTU, Period(datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)), "1320"),
}  # fmt: skip


@pytest.mark.parametrize(("deployment", "period", "amount"), EXTENTS.values(), ids=EXTENTS.keys())
def test_how_many_hours_are_paid(tmp_path: Path, deployment: str, period: Period, amount: str) -> None:
    assert statement(tmp_path, CALLS, APPS + deployment, period=period).total.provisioned_cost == Decimal(amount)


FIFTY_THEN_100 = (
    PTU + "valid_to = 2026-10-10\n" + PTU.replace("ptu = 50", "ptu = 100") + 'valid_from = 2026-10-11\nowner = "b"\n'
)
AFTER = call("2026-10-20T11:00", "a", 7_500_000, 0)


def test_ptus_that_changed_within_the_month_are_two_entries_each_with_its_hours_users_and_owner(tmp_path: Path) -> None:
    calls = [call("2026-10-05T10:00", "a", 1000, 0), AFTER]
    made = statement(tmp_path, calls, APPS + FIFTY_THEN_100)
    # 50 x 1.10 x 240 h, all to a, who alone used them; 110 of one hour to a, 110 x 503 h to b, their owner
    assert costs(made) == {"a": "13310", "b": "55330"}
    assert len(made.rules) == 2
    # 7.5M of the 15M tokens an hour that 100 PTUs take
    half = statement(tmp_path, calls, APPS + FIFTY_THEN_100 + POLICY.format("used+idle"))
    a = Decimal(55) * 1000 / 7_500_000 + 55
    assert {r.key["app"]: round(r.cost, 8) for r in half.rows}["a"] == round(a, 8)


def test_after_the_ptus_are_gone_calls_have_a_price_by_the_token(tmp_path: Path) -> None:
    gone = PTU + "valid_to = 2026-10-10\n"
    standard = PTU.replace("DataZoneProvisionedManaged", "DataZoneStandard").replace("ptu = 50\n", "")
    told = statement(tmp_path, [AFTER], APPS + gone + standard + "valid_from = 2026-10-11\n")
    assert costs(told) == {"(idle)": "13200", "a": "20.625"}  # 7.5M at 2.75
    assert not any("no type" in words for words in told.quality.assumptions)
    untold = statement(tmp_path, [AFTER], APPS + gone)
    assert costs(untold) == {"(idle)": "13200", "a": "18.75"}  # 7.5M at 2.50, the assumed GlobalStandard
    assert any("no type in [[deployments]], priced as GlobalStandard" in words for words in untold.quality.assumptions)


def test_ptus_that_nobody_used_stand_as_idle(tmp_path: Path) -> None:
    assert costs(statement(tmp_path, [], APPS + PTU)) == {"(idle)": "40920"}


def test_an_hour_between_one_app_and_callers_that_nobody_claims(tmp_path: Path) -> None:
    calls = [call("2026-10-05T10:05", "a", 300, 0), call("2026-10-05T10:06", "stranger", 100, 0)]
    made = statement(tmp_path, calls, APPS + PTU)
    assert costs(made) == {"(unallocated)": "10230", "a": "30690"}
    assert made.quality.unallocated_cost == Decimal(10_230)


def test_a_call_that_spilled_over_is_billed_at_the_standard_deployment_of_the_scope(tmp_path: Path) -> None:
    spilled = call("2026-10-07T10:00", "a", 1_000_000, 0, spilled_over=True)
    made = statement(tmp_path, [*CALLS, spilled], APPS + PTU)
    # Data Zone gpt-4o: 2.75 USD per 1M; the PTUs are shared without it
    assert costs(made) == {"a": "24530", "b": "16392.75"}
    assert made.total.provisioned_cost == Decimal(40_920)


def test_a_provisioned_deployment_without_its_ptus_is_unpriced_and_says_what_to_add(tmp_path: Path) -> None:
    made = statement(tmp_path, CALLS, APPS + PTU.replace("ptu = 50", "ptu = 0"))
    assert made.total.unpriced_requests == 3
    assert "ptu = N" in made.quality.unpriced[0].reason


def test_ptus_without_a_price_leave_the_answer_incomplete(tmp_path: Path) -> None:
    made = statement(tmp_path, [], APPS + PTU.replace("swedencentral", "atlantis"))
    assert not made.quality.complete
    assert "PTU-hours" in made.quality.unpriced[0].reason
    assert made.total.cost == 0


def test_a_model_that_no_table_lists_is_weighed_by_its_prices_and_says_so(tmp_path: Path) -> None:
    config = APPS + PTU.replace('"gpt-4o"', '"gpt-5.6-sol"').replace('model_version = "2024-11-20"\n', "")
    calls = [call("2026-10-05T10:00", "a", 500, 0, body_model="gpt-5.6-sol"),
             call("2026-10-05T10:00", "b", 0, 100, body_model="gpt-5.6-sol")]  # fmt: skip
    made = statement(tmp_path, calls, config)
    # 20 / 4 USD: 100 completion tokens weigh as much as 500 prompt tokens
    assert costs(made) == {"a": "20460", "b": "20460"}
    assert "counts 5 prompt tokens (derived)" in made.rules[0]
    with pytest.raises(UsageError, match="not published") as error:
        statement(tmp_path, calls, config + POLICY.format("used+idle"))
    assert "[[ptu_models]]" in error.value.remedy
    own = '[[ptu_models]]\nmodel = "gpt-5.6-sol"\ninput_tpm = 2400\noutput_ratio = "15"\neffective_from = 2026-10-01\n'
    assert costs(statement(tmp_path, calls, config + own)) == {"a": "10230", "b": "30690"}


REFUSED = {
    "two entries that hold on the same day": (
        PTU + "valid_to = 2026-10-10\n" + PTU + "valid_from = 2026-10-10\n",
        "listed twice",
    ),
    "less than no PTUs reserved": (PTU + "reserved = {a = -5, b = 10}\n", "below 0"),
    "an owner that is no app": (PTU + 'owner = "c"\n', "owner"),
    "PTUs reserved for nobody": (PTU + "reserved = {c = 5}\n", "reserved"),
    "more PTUs reserved than there are": (PTU + "reserved = {a = 51}\n", "51 PTUs are reserved of 50"),
    "PTUs of a type that has none": (PTU.replace("DataZoneProvisionedManaged", "GlobalStandard"), "has no PTUs"),
    "a policy that does not exist": (PTU + POLICY.format("even"), "ptu.policy"),
}


@pytest.mark.parametrize(("deployment", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_a_config_that_cannot_be_meant_is_refused(tmp_path: Path, deployment: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        statement(tmp_path, [], APPS + deployment)


EXPORT = """Date,MeterName,MeterSubCategory,ResourceId,CostInBillingCurrency,BillingCurrencyCode,ChargeType,Tags
{rows}"""
ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/{}"


def test_the_amortised_export_goes_before_the_list_price_on_the_days_it_has(tmp_path: Path) -> None:
    unit = "Provisioned Managed Data Zone Unit,Azure OpenAI"
    rows = [f"10/{day:02}/2026,{unit},{ACCOUNT.format('RES-A')},600.00,USD,Usage," for day in range(1, 32)]
    rows += [
        f"10/05/2026,gpt 4o Inp glbl Tokens,Azure OpenAI,{ACCOUNT.format('res-a')},9.99,USD,Usage,",
        f"10/05/2026,{unit},{ACCOUNT.format('elsewhere')},77.00,USD,Usage,",
        "10/06/2026,Provisioned Managed Data Zone Unit,Azure AI Foundry Provisioned Throughput Reservation,,24.00,USD,UnusedReservation,",
        "09/30/2026,Provisioned Managed Data Zone Unit,Azure OpenAI,x,1.00,USD,Usage,",
    ]
    export = tmp_path / "amortised.csv"
    export.write_text(EXPORT.format(rows="\n".join(rows)))
    config = APPS + PTU + f'[ptu]\namortized_cost = ["{export}"]\n'
    made = statement(tmp_path, CALLS, config)
    # 31 x 600 = 18,600, 25 an hour: 18.75 + 6.25, 25, and 742 x 25 = 18,550 by 1,200 : 800
    assert costs(made) == {"(idle)": "24", "a": "11148.75", "b": "7451.25"}
    assert any("amortised cost;" in rule for rule in made.rules)
    assert any("77.00 of PTUs of elsewhere" in rule for rule in made.rules)
    export.write_text(EXPORT.format(rows="\n".join(rows[:13] + rows[30:31])))
    made = statement(tmp_path, CALLS, config)
    assert made.total.cost == 14 * 600 + 17 * Decimal(55 * 24)
    assert any("amortised cost of 14 days, else list price" in rule for rule in made.rules)
    with pytest.raises(UsageError, match="USD, the statement in EUR"):
        statement(tmp_path, CALLS, 'currency = "EUR"\n' + config)


def test_a_focus_export_counts_effective_cost_and_its_tags(tmp_path: Path) -> None:
    export = tmp_path / "focus.csv"
    export.write_text(
        "ChargePeriodStart,x_SkuMeterName,ResourceId,BilledCost,EffectiveCost,BillingCurrency,Tags\n"
        + "".join(
            f"2026-10-{day:02}T00:00:00Z,Provisioned Managed Data Zone Unit,{ACCOUNT.format('res-a')},0,{cost},USD,"
            f'"{{""deployment"": ""{deployment}""}}"\n'
            for day in range(1, 32)
            for deployment, cost in (("chat", 480), ("other", 240))
        )
    )
    second = PTU.replace('"chat"', '"other"').replace("ptu = 50", "ptu = 25")
    made = statement(tmp_path, CALLS, APPS + PTU + second + f'[ptu]\namortized_cost = ["{export}"]\n', "deployment")
    assert costs(made) == {"chat": "14880", "other": "7440"}


def test_euros(tmp_path: Path) -> None:
    rate = '[[fx]]\nfrom = "USD"\nto = "EUR"\nrate = "{}"\neffective_from = {}\nsource = "ECB"\n'
    euros = 'currency = "EUR"\n' + APPS + PTU
    made = statement(tmp_path, CALLS, euros + rate.format("0.9", "2026-10-01") + rate.format("0.8", "2026-10-16"))
    assert made.total.cost == Decimal(55 * 24) * (15 * Decimal("0.9") + 16 * Decimal("0.8"))
    assert any("0.9 EUR from 2026-10-01 on (ECB)" in rule for rule in made.rules)
    with pytest.raises(UsageError, match="no exchange rate from USD to EUR on 2026-10-01"):
        statement(tmp_path, CALLS, euros + rate.format("0.9", "2026-10-02"))


def test_an_export_prices_a_deployment_whose_ptus_nobody_wrote_down(tmp_path: Path) -> None:
    rows = [f"10/{day:02}/2026,Provisioned Managed Data Zone Unit,Azure OpenAI,{ACCOUNT.format('res-a')},600.00,USD,Usage,"
            for day in range(1, 32)]  # fmt: skip
    export = tmp_path / "amortised.csv"
    export.write_text(EXPORT.format(rows="\n".join(rows)))
    config = APPS + PTU.replace("ptu = 50\n", "") + f'[ptu]\namortized_cost = ["{export}"]\n'
    made = statement(tmp_path, CALLS, config)
    assert (made.total.cost, made.quality.unpriced) == (Decimal(18_600), ())
    with pytest.raises(UsageError, match="how many PTUs res-a/chat has"):
        statement(tmp_path, CALLS, config + 'policy = "entitlement"\n')
    export.write_text(EXPORT.format(rows="\n".join(rows[:-1])))
    made = statement(tmp_path, CALLS, config)
    assert made.total.unpriced_requests == 3
    assert any("1 days are in no cost export" in item.reason for item in made.quality.unpriced)
