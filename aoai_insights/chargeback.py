"""From priced usage to the lines of a statement: sums per key, per token source, and what has no price.

Everything here adds exact Decimals and integers; nothing is rounded. `Σ rows = total`, and each request is in one row.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from aoai_insights.model import ChargeRow, CostItem, SourceShare, Unpriced
from aoai_insights.pricing import Charge, Missing, PriceBook, UsageLine, charge

TOKEN_CLASS: Mapping[str, str] = {
    "llm_log": "measured",
    "aoai_log": "measured",
    "body_usage": "measured",
    "stream_usage": "measured",
    "tokenized": "reconstructed",
    "extrapolated": "estimated",
    "lower_bound": "estimated",
    "none": "missing",
}
"""The token-source ladder, best first, and what each rung is worth."""


@dataclass(frozen=True, slots=True)
class UsageGroup:
    """Requests with the same key, price key and token source. `key` holds the group-by values in order."""

    key: tuple[str, ...]
    line: UsageLine
    token_source: str
    requests: int
    failed_requests: int
    missing_requests: int
    billable_requests: int
    """Those with tokens: only they need a price."""
    reasoning_tokens: int

    @property
    def tokens(self) -> int:
        return self.line.prompt_tokens + self.line.completion_tokens


@dataclass(frozen=True, slots=True)
class Rated:
    """A usage group and what it costs."""

    usage: UsageGroup
    charge: Charge | Missing

    @property
    def cost(self) -> Decimal:
        """The priced amount; of unpriced usage nothing is known, so it adds nothing and is counted apart."""
        return self.charge.amount if isinstance(self.charge, Charge) else Decimal(0)

    @property
    def unpriced_requests(self) -> int:
        return 0 if isinstance(self.charge, Charge) else self.usage.billable_requests


def rate(groups: Iterable[UsageGroup], book: PriceBook, currency: str) -> list[Rated]:
    """The price of every group."""
    return [Rated(group, charge(group.line, book, currency)) for group in groups]


def rows(rated: Iterable[Rated], by: Sequence[str], beside: Iterable[CostItem] = ()) -> tuple[ChargeRow, ...]:
    """One row per key, the dearest first; keys decide among equals so that the order is always the same.

    `beside`: cost that is not tokens times price, which `by` must be able to tell apart.
    """
    grouped: dict[tuple[str, ...], list[Rated]] = {}
    for item in rated:
        grouped.setdefault(item.usage.key, []).append(item)
    extra: dict[tuple[str, ...], list[CostItem]] = {}
    for cost in beside:
        extra.setdefault(tuple(str(getattr(cost, name)) for name in by), []).append(cost)
    made = [
        _row(dict(zip(by, key, strict=True)), grouped.get(key, []), extra.get(key, []))
        for key in dict.fromkeys((*grouped, *extra))
    ]
    if "day" in by:
        return tuple(sorted(made, key=lambda row: (row.key["day"], -row.cost, *row.key.values())))
    return tuple(sorted(made, key=lambda row: (-row.cost, *row.key.values())))


def total(rated: Iterable[Rated], beside: Iterable[CostItem] = ()) -> ChargeRow:
    """The sum over all keys."""
    return _row({}, list(rated), list(beside))


def source_shares(rated: Iterable[Rated], beside: Sequence[CostItem] = ()) -> tuple[SourceShare, ...]:
    """How much rests on each rung of the ladder; every rung is listed, also those that nothing rests on.

    Cost that follows no usage (idle PTUs, shared costs) rests on no rung.
    """
    grouped: dict[str, list[Rated]] = {source: [] for source in TOKEN_CLASS}
    for item in rated:
        grouped[item.usage.token_source].append(item)
    return tuple(
        SourceShare(
            token_source=source,
            token_class=TOKEN_CLASS[source],
            requests=sum(item.usage.requests for item in items),
            tokens=sum(item.usage.tokens for item in items),
            cost=sum((item.cost for item in items), Decimal(0))
            + sum((cost.amount for cost in beside if cost.token_source == source), Decimal(0)),
        )
        for source, items in grouped.items()
    )


def unpriced(rated: Iterable[Rated]) -> tuple[Unpriced, ...]:
    """Usage without a price, by what was looked up, the largest first."""
    found: dict[tuple[str, str, str, str, str], list[Rated]] = {}
    for item in rated:
        if isinstance(item.charge, Missing):
            line = item.usage.line
            key = (
                line.model,
                line.model_version,
                line.deployment_type,
                line.region,
                _undated(item.charge.reason, line),
            )
            found.setdefault(key, []).append(item)
    made = [
        Unpriced(*key, requests=sum(i.unpriced_requests for i in items), tokens=sum(i.usage.tokens for i in items))
        for key, items in found.items()
    ]
    return tuple(
        sorted(made, key=lambda u: (-u.tokens, u.model, u.model_version, u.deployment_type, u.region, u.reason))
    )


def _undated(reason: str, line: UsageLine) -> str:
    """One reason per key, not one per day."""
    return reason.replace(f" on {line.day.isoformat()}", "")


def _row(key: Mapping[str, str], items: Sequence[Rated], beside: Sequence[CostItem]) -> ChargeRow:
    def tokens_of(token_class: str) -> int:
        return sum(i.usage.tokens for i in items if TOKEN_CLASS[i.usage.token_source] == token_class)

    def beside_of(kind: str) -> Decimal:
        return sum((cost.amount for cost in beside if cost.kind == kind), Decimal(0))

    return ChargeRow(
        key=key,
        requests=sum(i.usage.requests for i in items),
        prompt_tokens=sum(i.usage.line.prompt_tokens for i in items),
        cached_tokens=sum(i.usage.line.cached_tokens for i in items),
        completion_tokens=sum(i.usage.line.completion_tokens for i in items),
        reasoning_tokens=sum(i.usage.reasoning_tokens for i in items),
        cost=sum((i.cost for i in items), Decimal(0)) + sum((cost.amount for cost in beside), Decimal(0)),
        unpriced_requests=sum(i.unpriced_requests for i in items),
        measured_tokens=tokens_of("measured"),
        reconstructed_tokens=tokens_of("reconstructed"),
        estimated_tokens=tokens_of("estimated"),
        missing_requests=sum(i.usage.missing_requests for i in items),
        provisioned_cost=beside_of("provisioned"),
        shared_cost=beside_of("shared"),
        hosting_cost=beside_of("hosting"),
    )
