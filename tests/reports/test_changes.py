from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aoai_insights.reports.changes import MOST_SENTENCES, effects, moved_by_app, sentences
from aoai_insights.reports.changes import Use as Tokens
from aoai_insights.reports.figures import rounded
from aoai_insights.reports.view import view

from .tenants import TENANTS, Use, figures


def said(now: list[Use], before: list[Use]) -> tuple[str, ...]:
    made = figures(now, before)
    amounts = rounded(made)
    return sentences(made.by_app_model, made.previous_by_app_model, moved_by_app(made, amounts), amounts.step)


def use(app="bot", model="gpt-4o", prompt=1_000_000, cached=0, completion=100_000):
    return Use(app, "CC-1", model, prompt=prompt, cached=cached, completion=completion)


@pytest.mark.parametrize(
    ("now", "before", "sentence"),
    [
        pytest.param([use()], [], "bot appeared: USD 3.50, after nothing in September 2026.", id="a new app"),
        pytest.param([], [use()], "bot disappeared: nothing, after USD 3.50 in September 2026.", id="a gone app"),
        pytest.param(
            [use(prompt=2_000_000, completion=200_000)],
            [use()],
            "bot rose by USD 3.50 to USD 7.00 (up 100%): 100% more tokens.",
            id="the same work, twice: volume",
        ),
        pytest.param(
            [use(prompt=500_000, completion=50_000)],
            [use()],
            "bot fell by USD 1.75 to USD 1.75 (down 50%): 50% fewer tokens.",
            id="half the work: volume",
        ),
        pytest.param(
            [use(prompt=900_000, completion=90_000), use(model="gpt-4.1-mini", prompt=100_000, completion=10_000)],
            [use(prompt=100_000, completion=10_000), use(model="gpt-4.1-mini", prompt=900_000, completion=90_000)],
            "bot rose by USD 2.36 to USD 3.21 (up 278%): another mix of models (gpt-4o went from 10.0% to 90.0% of its "
            "tokens).",
            id="the dear model instead of the cheap one: mix",
        ),
        pytest.param(
            [use(prompt=900_000, completion=200_000)],
            [use()],
            "bot rose by USD 0.75 to USD 4.25 (up 21%): gpt-4o cost USD 3.86 per million tokens after USD 3.18, as "
            "completions went from 9.1% to 18.2% of tokens.",
            id="longer answers: rate",
        ),
        pytest.param(
            [use(cached=0)],
            [use(cached=800_000)],
            "bot rose by USD 1.00 to USD 3.50 (up 40%): gpt-4o cost USD 3.18 per million tokens after USD 2.27, as the "
            "cached part of prompts went from 80.0% to 0%.",
            id="the cache no longer hits: rate",
        ),
        pytest.param(
            [Use("(unallocated)", "(unallocated)", prompt=2_000_000)],
            [Use("(unallocated)", "(unallocated)", prompt=1_000_000)],
            "Unallocated calls rose by USD 2.50 to USD 5.00 (up 100%): 100% more tokens.",
            id="what nobody claims is named as such",
        ),
        pytest.param(
            [use(prompt=30_000_000, completion=3_000_000)],
            [use()],
            "bot rose by USD 101.50 to USD 105.00 (30 times): 30 times as many tokens.",
            id="beyond tenfold",
        ),
    ],
)
def test_one_change_says_amount_and_cause(now, before, sentence):
    assert said(now, before) == (sentence,)


def test_at_most_three_ranked_by_money():
    before = [use(f"app-{n}") for n in range(6)]
    now = [use(f"app-{n}", prompt=1_000_000 + n * 400_000) for n in range(6)]
    found = said(now, before)
    assert len(found) == MOST_SENTENCES
    assert [sentence.split()[0] for sentence in found] == ["app-5", "app-4", "app-3"]


def test_a_change_below_a_cent_is_none():
    assert said([use(prompt=1_000_100)], [use()]) == ()


tokens = st.builds(
    Tokens,
    cost=st.decimals(0, 10_000, places=6),
    prompt_tokens=st.integers(1, 10**9),
    cached_tokens=st.just(0),
    completion_tokens=st.integers(0, 10**9),
)
models = st.dictionaries(st.sampled_from("abcd"), tokens, min_size=1)


@given(models, models)
def test_the_causes_sum_to_the_difference(before, now):
    found = effects(before, now)
    with localcontext() as context:
        context.prec = 60
        difference = sum(use.cost for use in now.values()) - sum(use.cost for use in before.values())
        assert abs(found.volume + found.mix + found.rate - difference) < Decimal("1e-30")


def cents(shown: str) -> Decimal:
    """1,204.10 or −33.84 (−0.9%) as a number."""
    return Decimal(shown.split(" ")[0].replace(",", "").replace("−", "-").replace("+", ""))


@pytest.mark.parametrize("tenant", ["big", "many", "doubtful", "hostile"])
def test_a_sentence_and_the_table_agree_to_the_cent(tenant):
    """Rounded apart, a part of a whole and the same amount by itself differ by a cent: readers subtract and find it."""
    report = view(TENANTS[tenant](), shown=10_000)
    centres, apps = report.sections[0].tables
    for table in (centres, apps):
        costs = [cents(row.cells[1].text) for row in table.rows]
        moved = [
            Decimal(0)
            if row.cells[3].text == "same"
            else cost
            if row.cells[3].text == "new"
            else cents(row.cells[3].text)
            for row, cost in zip(table.rows, costs, strict=True)
        ]
        gone = sum(moved) - cents(table.total.cells[3].text)
        assert sum(costs) == cents(table.total.cells[1].text)
        assert gone == 0, "every owner of the month before is still there in these tenants"
    rows = {row.cells[0].text: row for row in apps.rows}
    assert len(report.changes) == MOST_SENTENCES
    for sentence in report.changes:
        app = (
            "(unallocated)"
            if sentence.startswith("Unallocated calls")
            else next(a for a in rows if sentence.startswith(f"{a} "))
        )
        cost, change = rows[app].cells[1].text, rows[app].cells[3].text
        assert f"USD {cost}" in sentence
        assert change == "new" or f"USD {change.split(' ')[0].lstrip('+−')} to" in sentence
