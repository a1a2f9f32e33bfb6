"""The laws of a statement: rows sum to the total, every request is in one row, a price that is missing is never 0."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from aoai_insights.chargeback import TOKEN_CLASS, UsageGroup, rate, rows, source_shares, total, unpriced
from aoai_insights.pricing import PriceBook, UnitPrice, UsageLine

DAY = date(2026, 10, 5)


def price(model: str, direction: str, amount: str, cache: str = "none") -> UnitPrice:
    return UnitPrice(
        id=f"{model}-{direction}-{cache}", model=model, version="*", kind="inference", direction=direction, modality="text",
        cache=cache, tier="standard", scope="global", context=None, regions=frozenset(), unit="token", per=1_000_000,
        price=Decimal(amount), currency="USD", effective_from=date(2026, 1, 1), effective_to=None, meter_id="", meter="",
        product="", source="config", source_detail="", retrieved_at=None, confidence="user",
    )  # fmt: skip


BOOK = PriceBook([price("m", "input", "2.50"), price("m", "output", "10"), price("m", "input", "1.25", cache="read")])


def group(
    key: tuple[str, ...], model: str, prompt: int, cached: int, completion: int, source: str = "llm_log"
) -> UsageGroup:
    line = UsageLine(
        DAY, model, "", "GlobalStandard", "eastus2", "standard", False, prompt, cached, 0, completion, 0, 0
    )
    billable = 3 if prompt + completion else 0
    return UsageGroup(key, line, source, 3, 0, 0, billable, 0)


GROUPS = st.lists(
    st.builds(
        lambda app, model, prompt, cached, completion, source: group(
            (app,), model, prompt, min(cached, prompt), completion, source
        ),
        st.sampled_from(["a", "b", "(unallocated)"]), st.sampled_from(["m", "nobody-prices-me"]),
        st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from(sorted(TOKEN_CLASS)),
    ),
    max_size=25,
)  # fmt: skip


@given(GROUPS)
def test_rows_sum_to_the_total_in_every_figure(groups: list[UsageGroup]) -> None:
    rated = rate(groups, BOOK, "USD")
    whole = total(rated)
    for name in ("requests", "prompt_tokens", "cached_tokens", "completion_tokens", "unpriced_requests", "measured_tokens",
                 "reconstructed_tokens", "estimated_tokens", "missing_requests", "cost"):  # fmt: skip
        assert sum(getattr(row, name) for row in rows(rated, ("app",))) == getattr(whole, name)
    assert whole.requests == sum(g.requests for g in groups)
    shares = source_shares(rated)
    assert sum((s.cost for s in shares), Decimal(0)) == whole.cost
    assert sum(s.requests for s in shares) == whole.requests


@given(GROUPS)
def test_priced_and_unpriced_cover_every_request_with_tokens(groups: list[UsageGroup]) -> None:
    rated = rate(groups, BOOK, "USD")
    assert total(rated).unpriced_requests == sum(g.billable_requests for g in groups if g.line.model != "m")
    assert sum(u.requests for u in unpriced(rated)) == total(rated).unpriced_requests


@given(GROUPS, st.randoms())
def test_the_order_of_the_input_changes_nothing(groups: list[UsageGroup], random: object) -> None:
    shuffled = list(groups)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rows(rate(groups, BOOK, "USD"), ("app",)) == rows(rate(shuffled, BOOK, "USD"), ("app",))


def test_one_line_by_hand() -> None:
    rated = rate([group(("a",), "m", 1_000, 400, 200)], BOOK, "USD")
    # 600 x 2.50 + 400 x 1.25 + 200 x 10 dollars per million
    assert total(rated).cost == Decimal("0.0040")


def test_unpriced_usage_is_counted_and_adds_nothing_to_the_cost() -> None:
    rated = rate([group(("a",), "nobody-prices-me", 1_000, 0, 200), group(("a",), "m", 1_000, 0, 0)], BOOK, "USD")
    row = rows(rated, ("app",))[0]
    assert (row.cost, row.unpriced_requests, row.requests) == (Decimal("0.0025"), 3, 6)
    assert [(u.model, u.requests, u.tokens) for u in unpriced(rated)] == [("nobody-prices-me", 3, 1_200)]


def test_a_group_without_tokens_needs_no_price() -> None:
    rated = rate([group(("a",), "nobody-prices-me", 0, 0, 0, "none")], BOOK, "USD")
    assert (total(rated).unpriced_requests, total(rated).requests, unpriced(rated)) == (0, 3, ())
