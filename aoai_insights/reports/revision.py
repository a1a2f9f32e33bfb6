"""What a report has said, in a form that the next revision can be compared with, and the difference in sentences."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from aoai_insights.reports import text
from aoai_insights.reports.figures import Amounts, ReportFigures

_NAMED = 3
"""Apps that a revision names; the others are counted."""


def said(figures: ReportFigures, amounts: Amounts) -> str:
    """The figures that a reader may have booked, as JSON. Times and words are none: a re-run changes nothing."""
    return json.dumps(
        {
            "currency": figures.currency,
            "step": str(amounts.step),
            "total": str(amounts.total),
            "requests": figures.by_app.total.requests,
            "days_missing": [day.isoformat() for day in figures.quality.coverage.days_missing],
            "unpriced_requests": figures.by_app.total.unpriced_requests,
            "rows": sorted(
                [
                    row.key["app"],
                    row.key["cost_center"],
                    str(amount),
                    row.requests,
                    row.prompt_tokens + row.completion_tokens,
                    row.estimated_tokens,
                ]
                for row, amount in zip(figures.by_app.rows, amounts.by_app, strict=True)
            ),
        },
        ensure_ascii=False,
        sort_keys=True,
    )


def digest(figures: str) -> str:
    """The same figures have the same digest."""
    return hashlib.sha256(figures.encode("utf-8", "surrogatepass")).hexdigest()


def differences(before: str, now: str) -> tuple[str, ...]:
    """What differs between two of `said`, the total first, then apps by the amount that moved."""
    then, today = json.loads(before), json.loads(now)
    currency, step = today["currency"], Decimal(today["step"])

    def money(amount: Decimal) -> str:
        return text.money(amount, currency, step)

    if then["currency"] != currency:
        return (f"The amounts are in {currency}; they were in {then['currency']}.",)
    moved = [*_total(then, today, money), *_apps(then, today, money)]
    requests = today["requests"] - then["requests"]
    if requests:
        more = text.counted(abs(requests), "request")
        moved.append(f"{more} {'more than before are' if requests > 0 else 'counted before are no longer'} counted.")
    for days, words in (("days_missing", "missing from the logs"),):
        settled, new = set(then[days]) - set(today[days]), set(today[days]) - set(then[days])
        if settled:
            moved.append(f"{text.counted(len(settled), 'day')} {words} before came in.")
        if new:
            moved.append(f"{text.counted(len(new), 'day')} {words} now were there before.")
    priced = then["unpriced_requests"] - today["unpriced_requests"]
    if priced > 0:
        moved.append(f"{text.counted(priced, 'request')} without a price before now have one.")
    return tuple(moved) or ("The amounts are the same; token counts or their sources differ.",)


def _total(then: Mapping[str, Any], today: Mapping[str, Any], money: Any) -> list[str]:
    was, now = Decimal(then["total"]), Decimal(today["total"])
    if was == now:
        return ["The total is the same."] if then["rows"] != today["rows"] else []
    moved = f"{'up' if now > was else 'down'} {money(abs(now - was))}"
    return [f"The total is {money(now)}, not {money(was)}: {moved}."]


def _apps(then: Mapping[str, Any], today: Mapping[str, Any], money: Any) -> list[str]:
    was, now = _amounts(then), _amounts(today)
    moved = sorted(
        (key for key in was.keys() | now.keys() if was.get(key) != now.get(key)),
        key=lambda key: (-abs(now.get(key, Decimal(0)) - was.get(key, Decimal(0))), key),
    )
    sentences = []
    for app, centre in moved[:_NAMED]:
        whose = f"{text.name(app)} ({text.name(centre, 'no cost centre')})" if app != centre else text.name(app)
        old, new = was.get((app, centre)), now.get((app, centre))
        if new is None:
            sentences.append(f"{whose} is no longer charged; it was {money(old or Decimal(0))}.")
        elif old is None:
            sentences.append(f"{whose} is charged {money(new)}; it was not there before.")
        else:
            sentences.append(f"{whose} is {money(new)}, not {money(old)}.")
    if len(moved) > _NAMED:
        sentences.append(f"{text.counted(len(moved) - _NAMED, 'more amount')} changed.")
    return sentences


def _amounts(figures: Mapping[str, Any]) -> dict[tuple[str, str], Decimal]:
    return {(app, centre): Decimal(amount) for app, centre, amount, *_ in figures["rows"]}
