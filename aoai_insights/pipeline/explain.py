"""Any figure of a chargeback, down to price rows, rules and requests."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from aoai_insights import chargeback, explain
from aoai_insights.allocation import CallerKey
from aoai_insights.config import Config, app_rules
from aoai_insights.errors import UsageError
from aoai_insights.model import Period, Quality
from aoai_insights.money import quantum, round_to
from aoai_insights.pipeline.figures import Facts, open_facts
from aoai_insights.pipeline.rating import rated_usage
from aoai_insights.pricing import UnitPrice
from aoai_insights.store import read

REQUEST_COLUMNS = ("strftime(started_at, '%Y-%m-%dT%H:%M:%S.%gZ')", "service", "correlation_id::VARCHAR", "app",
                   "cost_center", "deployment")  # fmt: skip
REQUEST_NAMES = ("started_at", "service", "correlation_id", "app", "cost_center", "deployment")


@dataclass(frozen=True, slots=True)
class Explanation:
    """A figure: what it is the sum of, who was said to pay, and how it is rounded."""

    period: Period
    currency: str
    asked: Mapping[str, str]
    requests: int
    cost: Decimal
    rounded: Decimal
    """The figure alone; in a statement rows are rounded together, so that they add up, and may differ by one step."""
    lines: tuple[explain.Line, ...]
    allocated: tuple[explain.Allocated, ...]
    calls: tuple[Mapping[str, Any], ...]
    rules: tuple[str, ...]
    quality: Quality


def compute_explanation(
    store: Path, config: Config, period: Period, asked: Mapping[str, str], *, calls: bool, now: datetime,
    prices: Iterable[UnitPrice],
) -> Explanation:  # fmt: skip
    """The figure that `asked` (any of read.BY_COLUMNS with a value) names. Raises UsageError where there is none."""
    with open_facts(store, config, period, now, prices, with_ids=calls) as facts:
        where = read.matching(asked)
        rated = rated_usage(facts.connection, [], facts.book, facts.currency, where)
        items = [item for item in facts.beside.items if explain.holds(item, asked)]
        total = chargeback.total(rated, items)
        if not total.requests and not items:
            named = ", ".join(f'{name} "{value}"' for name, value in asked.items())
            by = ",".join(asked) or "app"
            raise UsageError(f"there is no figure for {named or 'the period'}", f"see: chargeback --by {by}")
        return Explanation(
            period=period,
            currency=facts.currency,
            asked=asked,
            requests=total.requests,
            cost=total.cost,
            rounded=round_to(total.cost, quantum(facts.currency)),
            lines=(*explain.token_lines(rated), *explain.item_lines(items, facts.beside.items)),
            allocated=tuple(explain.allocated(_by_caller(facts, where), app_rules(config.apps))),
            calls=tuple(_calls(facts, where)) if calls else (),
            rules=tuple(facts.beside.rules if items else ()),
            quality=facts.quality,
        )


def _by_caller(facts: Facts, where: str) -> list[tuple[CallerKey, date, chargeback.Rated]]:
    columns = (*read.CALLER_COLUMNS, "caller_headers")
    found = []
    for rated in rated_usage(facts.connection, columns, facts.book, facts.currency, where):
        subscription, product, entra_app, caller_ip, headers = rated.usage.key
        caller = CallerKey(subscription, product, entra_app, caller_ip, json.loads(headers) if headers else None)
        found.append((caller, rated.usage.line.day, rated))
    return found


def _calls(facts: Facts, where: str) -> list[dict[str, Any]]:
    """One row a request, in the order of time, with the tokens and the cost it adds."""
    rows = []
    for rated in rated_usage(facts.connection, REQUEST_COLUMNS, facts.book, facts.currency, where):
        usage, line = rated.usage, rated.usage.line
        rows.append({
            **dict(zip(REQUEST_NAMES, usage.key, strict=True)),
            "model": line.model, "region": line.region, "tier": line.tier, "token_source": usage.token_source,
            "prompt_tokens": line.prompt_tokens, "cached_tokens": line.cached_tokens,
            "completion_tokens": line.completion_tokens, "reasoning_tokens": usage.reasoning_tokens,
            "cost": None if rated.unpriced_requests else rated.cost,
        })  # fmt: skip
    return sorted(rows, key=lambda row: (row["started_at"], row["service"], row["correlation_id"]))
