"""How far a figure can be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class SourceShare:
    """How much of the period rests on one token source."""

    token_source: str
    token_class: str  # measured | reconstructed | estimated | missing
    requests: int
    tokens: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Usage that no price row fits, with the key that was looked up."""

    model: str
    model_version: str
    deployment_type: str
    region: str
    reason: str
    requests: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody no rule claims."""

    apim_subscription: str
    product: str
    entra_app: str
    caller_ip: str
    """Its address; of one that a subscription or an Entra app names, and that has several, how many: `26 addresses`."""
    requests: int
    tokens: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class CountingError:
    """Our own count of complete bodies against the service's, where both are known; reasoning is on neither side.

    `*_exact` are shares of calls counted to the token, `*_error` is Σ counted / Σ stated - 1; None without such calls.
    """

    model: str
    api: str
    streamed: bool
    prompts: int
    prompt_exact: float | None
    prompt_error: float | None
    completions: int
    completion_exact: float | None
    completion_error: float | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """Is the answer whole? Travels with every figure to the first screen of every report and to the exit code."""

    days_present: tuple[date, ...]
    days_missing: tuple[date, ...]
    partial_queries: int = 0

    @property
    def complete(self) -> bool:
        return not self.days_missing and self.partial_queries == 0


@dataclass(frozen=True, slots=True)
class Quality:
    """How far the figures of a period can be trusted."""

    coverage: Coverage
    requests: int
    failed_requests: int
    llm_matched: int
    """Requests with a row in ApiManagementGatewayLlmLog."""
    aoai_matched: Mapping[str, int]
    """Requests with a row in the AOAI diagnostics, by how it was found: header, trace, heuristic."""
    token_sources: tuple[SourceShare, ...]
    unpriced: tuple[Unpriced, ...]
    unallocated: tuple[Caller, ...]
    """The biggest callers that no rule claims, by cost."""
    unallocated_requests: int
    unallocated_cost: Decimal
    other_api_requests: int
    bypass_requests: int
    bypass_tokens: int
    retried_attempts: int
    doubtful_requests: int = 0
    """AOAI rows that may belong to calls whose apim-request-id was not logged."""
    counting_errors: tuple[CountingError, ...] = ()
    missing_reasons: Mapping[str, int] = field(default_factory=dict)
    """Why successful calls have no tokens, in the words of counting's notes, with the calls that say so."""
    assumptions: tuple[str, ...] = ()
    """Sentences such as "3 deployments have no type in the config: priced as GlobalStandard"."""
    price_book: str = ""
    """Where the prices come from and of what date, in one sentence."""

    @property
    def complete(self) -> bool:
        return self.coverage.complete and not self.unpriced
