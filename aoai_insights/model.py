"""The words of the project as types: Arrow schemas of the three record kinds, and the figures that commands print.

Record kinds (research: the true shapes of the logs): `gateway` = ApiManagementGatewayLogs, `llm` =
ApiManagementGatewayLlmLog, `aoai` = AzureDiagnostics of Microsoft.CognitiveServices. A source yields *raw* batches,
which still hold bodies; counting replaces the bodies by tokens; only what then remains may be stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import pyarrow as pa

Kind = Literal["gateway", "llm", "aoai"]

_INSTANT = pa.timestamp("us", "UTC")

GATEWAY_FACTS = pa.schema(
    [
        ("service", pa.string()),  # name of the API Management service, lower case
        ("correlation_id", pa.string()),  # the gateway's own request id
        ("started_at", _INSTANT),  # TimeGenerated: the gateway begins to process the request
        ("gateway_region", pa.string()),  # region code of the gateway, e.g. eastus2; not the model's region
        ("api_id", pa.string()),  # without ";rev=N"
        ("operation_id", pa.string()),
        ("product_id", pa.string()),
        ("apim_subscription", pa.string()),
        ("user_id", pa.string()),
        ("backend_id", pa.string()),
        ("backend_host", pa.string()),  # host of BackendUrl, lower case
        ("deployment", pa.string()),  # /deployments/{this}/ of BackendUrl, else of Url, else x-ms-deployment-name
        ("api", pa.string()),  # chat | completions | embeddings | responses | images | audio | other
        ("aoai_url", pa.bool_()),  # BackendUrl's host is an AOAI host, or a path holds /openai/
        ("caller_ip", pa.string()),
        ("method", pa.string()),
        ("status_code", pa.int32()),  # to the client
        ("backend_status_code", pa.int32()),
        ("request_bytes", pa.int64()),  # RequestSize, headers included
        ("response_bytes", pa.int64()),  # ResponseSize, headers included
        ("total_ms", pa.int64()),
        ("backend_ms", pa.int64()),
        ("client_ms", pa.int64()),
        ("cache_ms", pa.int64()),
        ("cache", pa.string()),  # hit | miss | none
        ("error_source", pa.string()),  # LastErrorSource
        ("error_reason", pa.string()),  # LastErrorReason
        ("apim_request_id", pa.string()),  # AOAI's CorrelationId, from the response header or the trace record
        ("apim_request_id_from", pa.string()),  # header | trace
        ("aoai_region", pa.string()),  # x-ms-region as a region code
        ("served_model", pa.string()),  # x-ms-served-model
        ("spilled_over", pa.bool_()),  # x-ms-is-spilled-over
        ("retry_after_s", pa.int64()),
        ("processed_tier", pa.string()),  # azureai-processed-tier
        ("entra_app", pa.string()),  # from the configured header or trace record
        ("caller_headers", pa.string()),  # JSON object of the request headers that may name a caller; see sources
        ("traced_ttft_ms", pa.int64()),  # from the trace record of the policy fragment ttft.xml
    ]
)
"""One row per client call."""

GATEWAY_BODIES = pa.schema(
    [
        ("request_body", pa.large_string()),  # BackendRequestBody where logged, else RequestBody
        ("response_body", pa.large_string()),  # BackendResponseBody where logged, else ResponseBody
        ("response_content_type", pa.string()),
        ("response_header_bytes", pa.int64()),  # size of the logged response headers, None where none were logged
    ]
)
"""Beside GATEWAY_FACTS in a raw batch; never stored."""

GATEWAY_TOKENS = pa.schema(
    [
        ("body_source", pa.string()),  # the rung of the token-source ladder that the bodies reach
        ("body_model", pa.string()),  # model as the response says
        ("requested_model", pa.string()),  # model as the request says: on /openai/v1/ paths the deployment's name
        ("response_id", pa.string()),
        ("streamed", pa.bool_()),
        ("prompt_tokens", pa.int64()),
        ("cached_tokens", pa.int64()),
        ("cache_write_tokens", pa.int64()),
        ("completion_tokens", pa.int64()),
        ("reasoning_tokens", pa.int64()),
        ("audio_prompt_tokens", pa.int64()),
        ("audio_completion_tokens", pa.int64()),
        ("prompt_tokens_low", pa.int64()),  # 90 % interval of an estimate
        ("prompt_tokens_high", pa.int64()),
        ("completion_tokens_low", pa.int64()),
        ("completion_tokens_high", pa.int64()),
        ("counted_prompt_tokens", pa.int64()),  # our own count where usage is known too: measures our error
        ("counted_completion_tokens", pa.int64()),
        ("service_tier", pa.string()),  # as the response says
        ("finish_reason", pa.string()),
        ("content_filtered", pa.bool_()),
        ("max_tokens", pa.int64()),  # as requested
        ("ttft_ms", pa.int64()),
        ("request_body_bytes", pa.int64()),  # only of a request body that was logged whole
        ("notes", pa.string()),  # codes joined by ";"
        ("cached_audio_tokens", pa.int64()),  # of cached_tokens and audio_prompt_tokens
        ("image_prompt_tokens", pa.int64()),
        ("cached_image_tokens", pa.int64()),
        ("image_completion_tokens", pa.int64()),
        ("images", pa.int64()),  # made by a call that states no tokens
        ("image_grade", pa.string()),  # their size and quality: media_meters.image_grade
        ("characters", pa.int64()),  # spoken
        ("audio_seconds", pa.int64()),  # heard
    ]
)
"""What counting makes of the bodies."""

GATEWAY_RAW = pa.schema([*GATEWAY_FACTS, *GATEWAY_BODIES])
GATEWAY = pa.schema([*GATEWAY_FACTS, *GATEWAY_TOKENS])

LLM_FACTS = pa.schema(
    [
        ("service", pa.string()),
        ("correlation_id", pa.string()),
        ("sequence_number", pa.int32()),
        ("started_at", _INSTANT),
        ("response_id", pa.string()),  # RequestId of the log = `id` of the response body
        ("gateway_region", pa.string()),
        ("deployment", pa.string()),
        ("model", pa.string()),
        ("streamed", pa.bool_()),
        ("prompt_tokens", pa.int64()),
        ("completion_tokens", pa.int64()),
        ("total_tokens", pa.int64()),
    ]
)
"""Several rows per call."""

LLM_BODIES = pa.schema([("request_messages", pa.large_string()), ("response_messages", pa.large_string())])
LLM_TOKENS = pa.schema(
    [
        # Sums over the messages of this row that could be read whole; None where the row holds no messages.
        ("counted_prompt_tokens", pa.int64()),
        ("counted_completion_tokens", pa.int64()),
        ("messages_whole", pa.bool_()),  # False: a row of a message that was split over rows
    ]
)
LLM_RAW = pa.schema([*LLM_FACTS, *LLM_BODIES])
LLM = pa.schema([*LLM_FACTS, *LLM_TOKENS])

AOAI = pa.schema(
    [
        ("resource", pa.string()),  # name of the Azure OpenAI resource, lower case
        ("correlation_id", pa.string()),  # = the apim-request-id response header
        ("category", pa.string()),  # RequestResponse | AzureOpenAIRequestUsage
        ("logged_at", _INSTANT),  # TimeGenerated / time: when the record was written
        ("started_at", _INSTANT),  # properties.requestTime (ticks)
        ("ended_at", _INSTANT),  # properties.responseTime (ticks)
        ("operation", pa.string()),
        ("status_code", pa.int32()),  # resultSignature
        ("duration_ms", pa.int64()),
        ("caller_ip", pa.string()),  # last octet masked by the service
        ("region", pa.string()),  # region code
        ("request_bytes", pa.int64()),  # requestLength: of the body
        ("response_bytes", pa.int64()),  # responseLength: of the body, 0 for streams
        ("object_id", pa.string()),  # Entra object id of the caller, where it is not empty
        ("streamed", pa.bool_()),
        ("deployment", pa.string()),
        ("model", pa.string()),
        ("model_version", pa.string()),
        ("prompt_tokens", pa.int64()),
        ("cached_tokens", pa.int64()),
        ("completion_tokens", pa.int64()),
    ]
)
"""One row per backend attempt and category. Holds no bodies, raw or stored."""


@dataclass(frozen=True, slots=True)
class Period:
    """A charge period: UTC, start inclusive, end exclusive. `month` is set when it is exactly a calendar month."""

    start: datetime
    end: datetime
    month: str | None = None


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


@dataclass(frozen=True, slots=True)
class Measures:
    """Beyond the end-to-end percentiles: over answered calls, which leaves out cached and cancelled ones.

    A percentile is None where no call holds its value. Times to the first token are told apart by their source, a call
    counting under the first that it has: `ttft_*` is `latency_checkpoint` of the answer's body, `ttft_traced_*` what a
    gateway policy traced of a stream, `ttft_proxy_*` DurationMs of streams in the AOAI log, which looks like the time
    to the first bytes. They are never mixed.
    """

    answered_requests: int
    cached_requests: int
    cancelled_requests: int
    content_filter_rate: float
    p90_ms: float | None
    backend_p50_ms: float | None
    backend_p90_ms: float | None
    backend_p95_ms: float | None
    backend_p99_ms: float | None
    overhead_p50_ms: float | None
    """End-to-end less backend: policies, the gateway's queue and the client's connection."""
    overhead_p95_ms: float | None
    ms_per_output_token_p50: float | None
    ms_per_output_token_p95: float | None
    ttft_requests: int
    ttft_p50_ms: float | None
    ttft_p95_ms: float | None
    ttft_traced_requests: int
    ttft_traced_p50_ms: float | None
    ttft_traced_p95_ms: float | None
    ttft_proxy_requests: int
    ttft_proxy_p50_ms: float | None
    ttft_proxy_p95_ms: float | None


@dataclass(frozen=True, slots=True)
class LatencyRow:
    """Exact percentiles of end-to-end milliseconds over successful calls; None where there was none."""

    key: Mapping[str, str]
    requests: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    error_rate: float
    throttled_rate: float
    measures: Measures | None = None


@dataclass(frozen=True, slots=True)
class Latency:
    """Which region, hour, model, backend or app is slow."""

    period: Period
    by: tuple[str, ...]
    timezone: str
    rows: tuple[LatencyRow, ...]
    total: LatencyRow
    quality: Quality


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
class Column:
    """One column of a table: its field, its heading and what kind of value it holds."""

    name: str
    heading: str
    kind: Literal["text", "count", "money", "ms", "share", "number"]


@dataclass(frozen=True, slots=True)
class Table:
    """What formatters know: rows under columns, a total, and notes. They know nothing of commands."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, object], ...]
    total: Mapping[str, object] | None = None
    notes: tuple[str, ...] = field(default=())
