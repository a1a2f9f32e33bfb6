"""What others counted beside the logs: the Azure OpenAI resources themselves, and the gateway's token policies.

Neither can be tied to one call, so neither changes a figure: they say how much of the truth the logs hold.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aoai_insights.pipeline.doctor import Finding

_Row = Mapping[str, Any]

TOLERANCE = 0.01
"""Metrics are summed by minute and logs by call: at the ends of a window they differ by a little."""


def tokens_per_call(logged: Sequence[_Row], resources: Sequence[_Row]) -> float | None:
    """The average of calls whose tokens are stated, by the log of language models or else by the resources."""
    stated = total(logged, "requests") - total(logged, "requests_without_tokens")
    if stated > 0:
        return (total(logged, "prompt_tokens") + total(logged, "completion_tokens")) / stated
    requests, tokens = total(resources, "requests"), total(resources, "total_tokens")
    return tokens / requests if requests and tokens else None


def bypass(name: str, resources: Sequence[_Row], gateway_calls: int) -> Finding:
    """Calls that the resources counted against those that the gateway logged; the rest went another way."""
    area = f"{name} control totals"
    counted, tokens = total(resources, "requests"), total(resources, "total_tokens")
    if not counted:
        return Finding(
            area,
            "unknown",
            "the resources' own counts are not in the workspace",
            "calls that bypass the gateway go unnoticed where the resource logs no requests",
            "send AllMetrics of the Azure OpenAI resources too (--show aoai-setting.sh)",
        )
    said = f"the Azure OpenAI resources counted {counted:,.0f} calls and {tokens:,.0f} tokens"
    more = counted - gateway_calls
    if more <= TOLERANCE * counted:
        return Finding(area, "ok", f"{said}; the gateway logged {gateway_calls:,} calls")
    return Finding(
        area,
        "warning",
        f"{said}; the gateway logged only {gateway_calls:,} calls",
        f"{more:,.0f} calls ({more / counted:.1%}), about {tokens * more / counted:,.0f} tokens, are on the invoice and"
        " in no app's figures, unless they are the gateway's own retries",
        "close the resources' public access, or count what bypasses the gateway as a shared cost",
    )


def policies(name: str, metrics: Sequence[_Row], logged: Sequence[_Row]) -> Iterator[Finding]:
    """Tokens of the emit-token-metric policies against the log of language models; only these know the cached ones."""
    if not metrics:
        return
    prompt, completion = total(metrics, "prompt_tokens"), total(metrics, "completion_tokens")
    cached = total(metrics, "cached_tokens")
    stated = total(logged, "prompt_tokens") + total(logged, "completion_tokens")
    said = (
        f"policies counted {prompt:,.0f} prompt tokens, {cached:,.0f} of them cached, and {completion:,.0f} completion"
        f" tokens; the LLM log states {stated:,.0f}"
    )
    missing = prompt + completion - stated
    if missing <= TOLERANCE * (prompt + completion):
        yield Finding(f"{name} token metrics", "ok", said)
        return
    yield Finding(
        f"{name} token metrics",
        "warning",
        said,
        f"{missing:,.0f} tokens must come from bodies, or are estimated (as the policies' own count of streams is)",
        "switch the token log on for every API (--show api-logging.sh)",
    )


def total(rows: Sequence[_Row], column: str) -> float:
    """A sum over rows; what is absent or no number, as a NaN of the service, counts nothing."""
    values = (float(row[column]) for row in rows if row.get(column) is not None)
    return math.fsum(value for value in values if math.isfinite(value))
