"""What keeps the figures of the store from being better: each finding with what it costs and what mends it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from aoai_insights.config import Config
from aoai_insights.model import Period, Quality
from aoai_insights.pipeline.figures import compute_quality
from aoai_insights.pricing import UnitPrice
from aoai_insights.store import connect, privacy, read
from aoai_insights.tokens.fast import PROVEN, SWITCH
from aoai_insights.tokens.tokenizer import Tokenizer

State = Literal["ok", "warning", "problem", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `cost` is what it costs the figures, `fix` what mends it; "" where it is ok."""

    area: str
    state: State
    what: str
    cost: str = ""
    fix: str = ""


def examine_store(
    store: Path, config: Config, period: Period, now: datetime, prices: Sequence[UnitPrice]
) -> tuple[Finding, ...]:
    """Findings from the figures of a period."""
    quality = compute_quality(store, config, period, now=now, prices=prices)
    with connect.open_for_reading(store) as connection:
        read.list_apis(connection, config.gateway.apis)
        calls = read.call_counts(connection, period)
    return tuple(_of_store(quality, calls))


def examine_tokenizer(used: Tokenizer) -> Finding:
    """What counts the tokens of bodies here; its version is known, so two machines can be compared."""
    said = f"bodies are counted with {used.name} {used.version}"
    if used.fast_unused == "another version":
        return Finding(
            "tokenizer",
            "warning",
            f"{said}; gigatoken {used.fast_found} is installed and not used",
            "reading logs with bodies takes longer",
            f"pip install gigatoken=={PROVEN}: the one version whose counts were compared with tiktoken's",
        )
    if used.fast_unused == "not loadable":
        return Finding(
            "tokenizer",
            "warning",
            f"{said}; gigatoken {used.fast_found} is installed and cannot be loaded",
            "reading logs with bodies takes longer",
            "install it again with this Python: pip install --force-reinstall aoai-insights[fast]",
        )
    hint = {"absent": "; the extra [fast] gives the same counts sooner", "switched off": f"; {SWITCH} says so"}
    return Finding("tokenizer", "ok", said + hint.get(used.fast_unused, ""))


def examine_privacy(store: Path) -> tuple[privacy.TextColumn, ...]:
    """Every column of the store file, and why one may hold text of a prompt."""
    with connect.open_for_reading(store) as connection:
        return privacy.columns(connection)


def _of_store(quality: Quality, calls: Mapping[str, int]) -> Iterator[Finding]:
    requests = quality.requests
    if not requests:
        yield Finding(
            "calls",
            "problem",
            "no call to Azure OpenAI in the store for this period",
            "there are no figures",
            "aoai-insights ingest, or ask for another --month",
        )
        return
    yield Finding("calls", "ok", f"{requests:,} calls to Azure OpenAI")
    yield _days(quality)
    yield share_of(
        "request ids",
        calls["with_id"],
        calls["forwarded"],
        "calls carry Azure OpenAI's own request id",
        f"{calls['tokens_without_id']:,} tokens have no model version, Entra caller or earlier attempts, or by guess",
        "log the header apim-request-id (--show api-logging.json), or trace it (--show trace-request-id.xml)",
    )
    yield share_of(
        "token log",
        quality.llm_matched,
        requests - quality.failed_requests,
        "successful calls are in the gateway's log of language models",
        f"of the others {_inferred(quality)}",
        "send GatewayLlmLogs (--show gateway-setting.sh) and switch the log on per API (--show api-logging.sh)",
    )
    yield _streams(calls)
    yield _tokens(quality)
    unpriced = sum(item.requests for item in quality.unpriced)
    yield Finding(
        "prices",
        "problem" if unpriced else "ok",
        f"{unpriced:,} calls have no price" if unpriced else "every call with tokens has a price",
        "their cost is in no total" if unpriced else "",
        "see: aoai-insights prices check" if unpriced else "",
    )
    nobody = quality.unallocated_requests
    yield Finding(
        "allocation",
        "warning" if nobody else "ok",
        f"{nobody:,} calls belong to nobody" if nobody else "every call belongs to an app",
        f"{quality.unallocated_cost:.2f} is charged to (unallocated)" if nobody else "",
        "add [[apps]] rules for the callers that aoai-insights quality names" if nobody else "",
    )
    if quality.bypass_requests:
        yield Finding(
            "bypass",
            "warning",
            f"{quality.bypass_requests:,} calls did not come through the gateway",
            f"their {quality.bypass_tokens:,} tokens are on the invoice and in no app's figures",
            "close the resource's public access, or count them as a shared cost",
        )


def _days(quality: Quality) -> Finding:
    missing, partial = quality.coverage.days_missing, quality.coverage.partial_queries
    if not missing and not partial:
        return Finding("days", "ok", f"all {len(quality.coverage.days_present)} days are there")
    return Finding(
        "days",
        "problem",
        f"{len(missing)} days are missing, {partial} stretches came back partial",
        "their calls are in no figure",
        "aoai-insights ingest for those days; see: aoai-insights status",
    )


def share_of(area: str, part: int, whole: int, what: str, cost: str, fix: str) -> Finding:
    share = part / whole if whole else 1.0
    said = f"{min(part, whole):,} of {whole:,} {what} ({min(share, 1):.1%})"
    if share >= 0.99:
        return Finding(area, "ok", said)
    return Finding(area, "problem" if share < 0.5 else "warning", said, cost, fix)


def _streams(calls: Mapping[str, int]) -> Finding:
    streams, without = calls["streams"], calls["streams_without_usage"]
    if not without:
        return Finding("streams", "ok", f"all {streams:,} streams state their usage")
    return Finding(
        "streams",
        "warning",
        f"{without:,} of {streams:,} streams do not state their usage",
        f"their {calls['streams_tokens']:,} tokens are counted from what was logged of them, or estimated; where"
        " nothing was logged, they are missing",
        "add stream_options.include_usage (--show include-usage.xml)",
    )


def _tokens(quality: Quality) -> Finding:
    by_class, missing = _by_class(quality)
    total = sum(by_class.values()) or 1
    said = ", ".join(f"{count / total:.1%} {name}" for name, count in by_class.items() if count)
    if not by_class["estimated"] and not missing:
        return Finding("tokens", "ok", f"tokens are {said or 'none'}")
    return Finding(
        "tokens",
        "warning",
        f"tokens are {said or 'none'}; {missing:,} successful calls have none",
        f"{by_class['estimated']:,} tokens are estimated, with an interval; {missing:,} calls without tokens cost"
        " nothing in these figures",
        "switch the token log on (--show api-logging.sh)",
    )


def _by_class(quality: Quality) -> tuple[dict[str, int], int]:
    """Tokens by class, and successful calls without any."""
    by_class = {"measured": 0, "reconstructed": 0, "estimated": 0}
    missing = 0
    for share in quality.token_sources:
        by_class[share.token_class] = by_class.get(share.token_class, 0) + share.tokens
        missing += share.requests if share.token_class == "missing" else 0
    return by_class, max(0, missing - quality.failed_requests)


def _inferred(quality: Quality) -> str:
    by_class, missing = _by_class(quality)
    return (
        f"{by_class['reconstructed']:,} tokens are counted from bodies and {by_class['estimated']:,} estimated;"
        f" {missing:,} calls have none"
    )
