"""What was used and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from aoai_insights.model.period import Period
from aoai_insights.model.quality import Quality


@dataclass(frozen=True, slots=True)
class UsageFact:
    """Requests that are alike in everything that says who pays, what served and where the count comes from.

    The finest grain that is priced: every other figure of a period is a sum of these. `cost` is exact, not rounded, and
    0 where nothing has a price; then `unpriced_requests` says so and `reason` why.
    """

    day: date
    app: str
    cost_center: str
    resource: str
    deployment: str
    deployment_type: str
    model: str
    model_version: str
    region: str
    tier: str
    long_context: bool
    token_source: str
    token_class: str
    requests: int
    failed_requests: int
    missing_requests: int
    unpriced_requests: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cost: Decimal
    reason: str = ""
    kind: Literal["usage", "provisioned", "hosting", "shared"] = "usage"
    """provisioned, hosting, shared: cost beside the tokens (CostItem); such a fact has no requests."""


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """One line of a chargeback. `key` holds the group-by values in the order asked; cost is exact, not rounded."""

    key: Mapping[str, str]
    requests: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cost: Decimal
    unpriced_requests: int
    measured_tokens: int
    reconstructed_tokens: int
    estimated_tokens: int
    missing_requests: int
    provisioned_cost: Decimal = Decimal(0)
    """What of `cost` is PTU-hours."""
    shared_cost: Decimal = Decimal(0)
    """What of `cost` is shared cost."""
    hosting_cost: Decimal = Decimal(0)
    """What of `cost` is hours of deployments of fine-tuned models."""


@dataclass(frozen=True, slots=True)
class CostItem:
    """Cost beside the tokens of a statement: PTU-hours, hosting hours or a shared cost, with the keys to group by."""

    kind: Literal["provisioned", "hosting", "shared"]
    app: str
    cost_center: str
    model: str
    region: str
    deployment: str
    day: date
    amount: Decimal
    token_source: str = ""
    """Of the usage that a provisioned deployment's cost follows; "" where it follows none."""
    resource: str = ""
    """Of the provisioned deployment."""


@dataclass(frozen=True, slots=True)
class Chargeback:
    """Who used what and what it costs."""

    period: Period
    currency: str
    by: tuple[str, ...]
    rows: tuple[ChargeRow, ...]
    total: ChargeRow
    quality: Quality
    rules: tuple[str, ...] = ()
    """Sentences on cost that is not tokens times price: PTU-hours, shared costs, exchange rates."""
