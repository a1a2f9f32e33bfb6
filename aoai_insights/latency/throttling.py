"""Who was throttled or failed, by what, and the seconds and tokens that it cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CAUSES: Mapping[str, str] = {
    "gateway_limit": "a rate, token or quota limit of the gateway",
    "backend_limit": "429 of a backend: its tokens or requests per minute",
    "ptu_full": "429 of a provisioned deployment: its PTUs are full",
    "breaker": "503 of the gateway: no backend of the pool in service",
    "timeout": "no answer in time",
    "no_connection": "the backend could not be reached",
    "backend_error": "5xx of a backend",
    "content_filter": "stopped by the content filter",
    "refused": "another 4xx: key, path, body",
    "cancelled": "the caller went away",
}
"""Why an attempt failed, with what the word means."""

ODD_RETRY_AFTER_S = 3600
"""A minute is what the limits of Azure OpenAI last; a pool has been seen to say 86,400 s (research: peers, 3.8)."""


_LONGEST = "longest_retry_after_s"
_COUNTED = (
    "requests", "answered_requests", "attempts", "retried_attempts", "lost_tokens", "longest_retry_after_s",
    "odd_retry_afters", "requested_max_tokens", "used_max_tokens", "spilled_over_requests",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ThrottlingRow:
    """Calls, attempts and losses of one key. An attempt is one try at a backend; a call may take several, or none."""

    key: Mapping[str, str]
    requests: int
    answered_requests: int
    attempts: int
    retried_attempts: int
    """Attempts before the last one of their call, from the AOAI log: 0 where that log was not read."""
    causes: Mapping[str, int]
    lost_seconds: float
    """End-to-end time of calls that failed, and the duration of attempts that were tried again."""
    lost_tokens: int
    longest_retry_after_s: int | None
    odd_retry_afters: int
    requested_max_tokens: int
    """Over answered calls that named one: the rate limit counts it, whatever the answer's length."""
    used_max_tokens: int
    spilled_over_requests: int

    @property
    def attempts_per_answer(self) -> float | None:
        return self.attempts / self.answered_requests if self.answered_requests else None

    @property
    def max_tokens_used(self) -> float | None:
        return self.used_max_tokens / self.requested_max_tokens if self.requested_max_tokens else None


def together(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows of the throttling query as the one of all attempts, which need not be read again for it."""
    longest = [row[_LONGEST] for row in rows if row[_LONGEST] is not None]
    sums = {name: sum(row[name] for row in rows) for name in (*CAUSES, *_COUNTED, "lost_ms") if name != _LONGEST}
    return {**sums, _LONGEST: max(longest, default=None)}


def throttling_rows(rows: Sequence[Mapping[str, Any]], by: Sequence[str]) -> tuple[ThrottlingRow, ...]:
    """Rows of the throttling query as figures, the most lost seconds first."""
    made = [
        ThrottlingRow(
            key={name: row[f"key_{i}"] for i, name in enumerate(by)},
            causes={cause: row[cause] for cause in CAUSES},
            lost_seconds=row["lost_ms"] / 1000,
            **{name: row[name] for name in _COUNTED},
        )
        for row in rows
    ]
    return tuple(sorted(made, key=lambda row: (-row.lost_seconds, tuple(row.key.values()))))
