"""Money is exact until it is shown; then the parts add up to the whole."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aoai_insights.money import quantum, round_parts, round_to, split

AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=12)
CENT = Decimal("0.01")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param(["0.005", "0.005"], ["0.01", "0.00"], id="two half cents are one cent, and the first gets it"),
        pytest.param(["0.333", "0.333", "0.334"], ["0.33", "0.33", "0.34"], id="the largest remainder is raised"),
        pytest.param(["1.00", "2.00"], ["1.00", "2.00"], id="whole cents stay"),
        pytest.param([], [], id="nothing is nothing"),
        pytest.param(["-0.015", "0.025"], ["-0.01", "0.02"], id="a credit is rounded like a charge"),
    ],
)
def test_parts_are_rounded_so_that_they_add_up(parts: list[str], expected: list[str]) -> None:
    assert round_parts([Decimal(p) for p in parts], CENT) == [Decimal(e) for e in expected]


@given(st.lists(AMOUNTS, max_size=40))
def test_rounded_parts_sum_to_the_rounded_sum_and_move_less_than_a_cent(parts: list[Decimal]) -> None:
    rounded = round_parts(parts, CENT)
    assert sum(rounded, Decimal(0)) == round_to(sum(parts, Decimal(0)), CENT)
    assert all(abs(a - b) < CENT for a, b in zip(parts, rounded, strict=True))


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any))
def test_shares_sum_to_the_amount_whatever_the_weights(cents: int, weights: list[int]) -> None:
    amount = Decimal(cents).scaleb(-2)
    shares = split(amount, weights, CENT)
    assert sum(shares, Decimal(0)) == amount
    assert all(share == 0 for share, weight in zip(shares, weights, strict=True) if weight == 0)


def test_a_split_by_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="weights sum to 0"):
        split(Decimal("1.00"), [0, 0], CENT)


@pytest.mark.parametrize(("currency", "expected"), [("USD", "0.01"), ("JPY", "1"), ("KWD", "0.001")])
def test_the_smallest_amount_depends_on_the_currency(currency: str, expected: str) -> None:
    assert quantum(currency) == Decimal(expected)
