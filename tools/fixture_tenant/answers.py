"""The right answers, computed from the list of calls with plain Python and Decimal: nothing of the program takes part.

Rules: a request belongs to the UTC day on which the gateway began with it. Tokens x price: uncached prompt, cached
prompt and completion at their own rates; reasoning is inside the completion. Where the source of a prompt's cached part
is unknown it counts as uncached. Estimated requests are counted in `requests` and stand apart with bounds in
`estimated`; every other figure of a row is of the other requests and exact.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from fixture_tenant.layout import all_calls, export
from fixture_tenant.ordinary import MISSING_DAY
from fixture_tenant.tenant import HOSTILE_APP, UNALLOCATED, Call, guid
from fixture_tenant.traps import BYPASSES, OTHER_API_CALLS

MONTH = "2026-10"

PRICES = {
    # (model, deployment type, region of a regional price, tier): USD per 1M tokens of prompt, cached prompt, completion
    ("gpt-4o", "GlobalStandard", "", "standard"): ("2.50", "1.25", "10"),
    ("gpt-4o-mini", "DataZoneStandard", "", "standard"): ("0.165", "0.083", "0.66"),
    ("gpt-4.1", "GlobalStandard", "", "standard"): ("2", "0.50", "8"),
    ("gpt-4.1-mini", "Standard", "swedencentral", "standard"): ("0.484", "0.121", "1.936"),
    ("gpt-5-mini", "GlobalStandard", "", "standard"): ("0.25", "0.025", "2"),
    ("gpt-5-mini", "GlobalStandard", "", "priority"): ("0.45", "0.045", "3.6"),
    ("text-embedding-3-small", "GlobalStandard", "", "standard"): ("0.02", "0.02", "0"),
}
"""List prices as the Retail Prices API gave them on 2026-08-11; none of these changed until the end of October."""

COST_CENTERS = {
    "support-bot": "CC-1001", "search-index": "CC-1002", "finance-notebooks": "CC-1005", "claims-triage": "CC-1006",
    HOSTILE_APP: "CC-1007", "legacy-portal": "CC-1008", UNALLOCATED: UNALLOCATED,
}  # fmt: skip
REPORT_WRITER_MOVES = date(2026, 10, 16)
"""First day on which report-writer is CC-1004's and no longer CC-1003's."""

_CLASS = {
    "llm_log": "measured", "aoai_log": "measured", "body_usage": "measured", "stream_usage": "measured",
    "tokenized": "reconstructed", "extrapolated": "estimated", "lower_bound": "estimated", "none": "missing",
}  # fmt: skip

Row = dict[str, Any]


def cost_center(call: Call) -> str:
    if call.app == "report-writer":
        return "CC-1003" if call.at.date() < REPORT_WRITER_MOVES else "CC-1004"
    return COST_CENTERS[call.app]


def cost(call: Call, completion: int | None = None) -> Decimal | None:
    """Exact cost in USD; None where there are tokens but no price."""
    if call.prompt + call.completion == 0 or call.deployment is None:
        return Decimal(0)
    where = call.deployment.region if call.deployment.kind == "Standard" else ""
    rates = PRICES.get((call.deployment.model, call.deployment.kind, where, call.tier))
    if rates is None:
        return None
    counts = (call.prompt - call.cached, call.cached, call.completion if completion is None else completion)
    return sum((n * Decimal(rate) for n, rate in zip(counts, rates, strict=True)), Decimal(0)) / 1_000_000


def plain(amount: Decimal) -> str:
    """An exact amount without exponent and without needless zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def month_calls() -> list[Call]:
    return [call for call in all_calls() if call.at.strftime("%Y-%m") == MONTH]


def estimated(call: Call) -> bool:
    return _CLASS[call.token_source] == "estimated"


def charge_row(calls: Iterable[Call], key: Row) -> Row:
    row: Row = dict.fromkeys(
        ("requests", "prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens", "unpriced_requests",
         "measured_tokens", "reconstructed_tokens", "missing_requests", "estimated_requests"), 0,
    )  # fmt: skip
    total = Decimal(0)
    for call in calls:
        row["requests"] += 1
        if estimated(call):
            row["estimated_requests"] += 1
            continue
        row["prompt_tokens"] += call.prompt
        row["cached_tokens"] += call.cached
        row["completion_tokens"] += call.completion
        row["reasoning_tokens"] += call.reasoning
        if _CLASS[call.token_source] == "missing":
            row["missing_requests"] += call.status == 200 and call.cache != "hit"
        else:
            row[f"{_CLASS[call.token_source]}_tokens"] += call.prompt + call.completion
        amount = cost(call)
        row["unpriced_requests"] += amount is None
        total += amount or 0
    return {**key, **row, "cost": plain(total)}


def keys_of(call: Call) -> dict[str, str]:
    return {
        "app": call.app, "cost_center": cost_center(call), "model": call.known_model, "region": call.known_region,
        "day": call.at.date().isoformat(),
    }  # fmt: skip


def grouped(calls: Iterable[Call], by: tuple[str, ...]) -> list[Row]:
    groups: dict[tuple[str, ...], list[Call]] = defaultdict(list)
    for call in calls:
        groups[tuple(keys_of(call)[name] for name in by)].append(call)
    return [charge_row(groups[key], dict(zip(by, key, strict=True))) for key in sorted(groups)]


def percentile(values: list[int], share: float) -> float:
    """Linear interpolation between the two nearest ranks, (n - 1) * share from the lowest: DuckDB's quantile_cont."""
    ordered = sorted(values)
    rank = (len(ordered) - 1) * share
    low = int(rank)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (ordered[high] - ordered[low]) * (rank - low), 3)


def latency_row(calls: list[Call], key: Row) -> Row:
    good = [call.total_ms for call in calls if call.status == 200]
    return {
        **key, "requests": len(calls), "successful": len(good),
        **{f"p{p}_ms": percentile(good, p / 100) if good else None for p in (50, 95, 99)},
        "failed": len(calls) - len(good), "throttled": sum(call.status == 429 for call in calls),
    }  # fmt: skip


def answers() -> Row:
    """Everything that expected.json says."""
    calls = month_calls()
    sources: dict[str, Row] = {}
    for call in calls:
        entry = sources.setdefault(call.token_source, {"requests": 0, "tokens": 0})
        entry["requests"] += 1
        entry["tokens"] += 0 if estimated(call) else call.prompt + call.completion
    unclaimed = [call for call in calls if call.app == UNALLOCATED]
    return {
        "month": MONTH,
        "currency": "USD",
        "prices_per_mtok": [
            dict(zip(("model", "type", "region", "tier", "input", "cached", "output"), (*key, *rates), strict=True))
            for key, rates in PRICES.items()
        ],
        "total": charge_row(calls, {}),
        "chargeback": {
            ",".join(by): grouped(calls, by)
            for by in (("app",), ("cost_center",), ("app", "cost_center"), ("model",), ("region",),
                       ("model", "region"), ("day",))
        },
        "estimated": [_bounds(call) for call in calls if estimated(call)],
        "quality": {
            "days_missing": [f"{MONTH}-{MISSING_DAY:02d}"],
            "failed_requests": sum(call.status != 200 for call in calls),
            "requests_without_tokens": {
                "failed": sum(call.status != 200 for call in calls),
                "gateway_cache_hit": sum(call.cache == "hit" for call in calls),
                "missing": sum(c.token_source == "none" and c.status == 200 and c.cache != "hit" for c in calls),
            },
            "token_sources": dict(sorted(sources.items())),
            "llm_matched": sum(call.logged.llm != "none" for call in calls),
            "aoai_matched": dict(sorted(Counter(c.matched for c in calls if c.matched not in ("", "none")).items())),
            "aoai_unmatched": sum(call.matched == "none" for call in calls),
            "never_reached_a_model": sum(call.matched == "" for call in calls),
            "unallocated_requests": len(unclaimed),
            "unallocated_cost": plain(sum((cost(call) or Decimal(0) for call in unclaimed), Decimal(0))),
            "other_api_requests": len(OTHER_API_CALLS),
            "bypass_requests": len(BYPASSES),
            "bypass_tokens": sum((b.prompt or 0) + (b.completion or 0) for b in BYPASSES),
            "retried_attempts": sum(call.failed_over_from is not None for call in calls),
        },
        "latency": {
            "total": latency_row(calls, {}),
            "region": [
                latency_row([c for c in calls if c.known_region == region], {"region": region})
                for region in sorted({call.known_region for call in calls})
            ],
        },
        "ingest": _ingest(),
        "traps": _traps(),
    }  # fmt: skip


def _bounds(call: Call) -> Row:
    assert call.completion_at_most
    low, high = cost(call), cost(call, call.completion_at_most)
    assert low is not None
    assert high is not None
    return {
        "correlation_id": guid("gateway", call.name), **keys_of(call), "token_source": call.token_source,
        "prompt_tokens": call.prompt, "completion_tokens_at_least": call.completion,
        "completion_tokens_at_most": call.completion_at_most, "cost_at_least": plain(low), "cost_at_most": plain(high),
    }  # fmt: skip


def _ingest() -> Row:
    """What a reader of fixtures/logs finds: well-formed records, distinct ones, and lines that are none."""
    out = export()
    records = [r for placed in out.lines.values() for _, r in placed if isinstance(r, dict)]
    records += [*out.captured, *(r for weekly in out.weekly.values() for r in weekly)]
    found: dict[str, list[tuple[object, ...]]] = {"gateway": [], "llm": [], "aoai": []}
    for r in records:
        if r["category"] == "GatewayLogs":
            found["gateway"].append((r["correlationId"],))
        elif r["category"] == "GatewayLlmLogs":
            found["llm"].append((r["correlationId"], r["properties"]["sequenceNumber"]))
        elif r["category"] != "Audit":
            found["aoai"].append((r["resourceId"], r["correlationId"], r["category"]))
    for path, rows in out.tables.items():
        kind = "aoai" if "Diagnostics" in path else "llm" if "Llm" in path else "gateway"
        found[kind] += [(row["CorrelationId"], row.get("SequenceNumber"), "table") for row in rows]
    return {
        **{kind: {"records": len(keys), "distinct": len(set(keys))} for kind, keys in found.items()},
        "rejected_lines": sum(isinstance(r, bytes) for placed in out.lines.values() for _, r in placed),
        "ignored_records": {"Audit": sum(r["category"] == "Audit" for r in records)},
    }


def _traps() -> list[Row]:
    """Each call that is a trap, also those outside the month."""
    return [
        {
            "trap": trap, "correlation_id": guid("gateway", call.name), **keys_of(call), "status": call.status,
            "token_source": call.token_source, "prompt_tokens": call.prompt, "cached_tokens": call.cached,
            "completion_tokens": call.completion, "reasoning_tokens": call.reasoning, "tier": call.tier,
            "aoai_match": call.matched,
        }
        for call in all_calls()
        for trap in call.traps
    ]  # fmt: skip


def expected_json() -> str:
    """answers() as JSON with one row a line, so that a change shows as a change of that row."""

    def lines(value: Any, depth: int) -> str:
        pad = "  " * depth
        nested = [v for v in (value.values() if isinstance(value, dict) else value) if isinstance(v, dict | list)]
        if depth and not nested:
            return json.dumps(value)
        if isinstance(value, dict):
            inner = [f"{pad}  {json.dumps(k)}: " + _inner(v, depth, lines) for k, v in value.items()]
            return "{\n" + ",\n".join(inner) + f"\n{pad}}}"
        return "[\n" + ",\n".join(f"{pad}  " + _inner(v, depth, lines) for v in value) + f"\n{pad}]"

    return lines(answers(), 0) + "\n"


def _inner(value: Any, depth: int, lines: Any) -> str:
    return lines(value, depth + 1) if isinstance(value, dict | list) else json.dumps(value)
