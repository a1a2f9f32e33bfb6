"""How long calls take."""

from collections.abc import Mapping
from dataclasses import dataclass

from aoai_insights.model.period import Period
from aoai_insights.model.quality import Coverage, Quality


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
    coverage: Coverage
    quality: Quality | None = None
    """None where nobody asked for it: it takes longer than the percentiles."""
