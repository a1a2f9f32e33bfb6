"""What moved the cost since the period before, ranked by money, each move with its amount and its cause.

The difference of an app's cost is taken apart into three effects that sum to it:
volume = tokens grew or shrank at the old cost per token; mix = other models than before; rate = the same model costs
another amount per token (price, caching, longer answers, region or deployment type).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from aoai_insights.allocation import UNALLOCATED
from aoai_insights.model import Chargeback, ChargeRow
from aoai_insights.reports import text
from aoai_insights.reports.figures import Amounts, ReportFigures

MOST_SENTENCES = 3

_TELLING = Decimal("0.03")
"""A share of tokens that moved by three points is worth naming as a cause."""


@dataclass(frozen=True, slots=True)
class Use:
    """Tokens and cost of one app, or of one app's use of one model."""

    cost: Decimal = Decimal(0)
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def plus(self, row: ChargeRow) -> "Use":
        return Use(
            self.cost + row.cost,
            self.prompt_tokens + row.prompt_tokens,
            self.cached_tokens + row.cached_tokens,
            self.completion_tokens + row.completion_tokens,
        )


Models = Mapping[str, Use]


@dataclass(frozen=True, slots=True)
class Effects:
    """What each cause did to the cost. volume + mix + rate = the difference."""

    volume: Decimal
    mix: Decimal
    rate: Decimal


def effects(before: Models, now: Models) -> Effects:
    """The difference of two costs by cause. Both must have tokens."""
    cost_before, cost_now = _sum(before).cost, _sum(now).cost
    tokens_before, tokens_now = _sum(before).tokens, _sum(now).tokens
    with localcontext() as context:
        context.prec = 60
        volume = cost_before * (tokens_now - tokens_before) / tokens_before
        rate = sum((_rate_effect(before, now, model) for model in before.keys() & now.keys()), Decimal(0))
        return Effects(volume, cost_now - cost_before - volume - rate, rate)


@dataclass(frozen=True, slots=True)
class Shown:
    """An app's amounts as the tables show them: a sentence that is a cent off costs more trust than it gives."""

    now: Decimal
    before: Decimal


def moved_by_app(figures: ReportFigures, amounts: Amounts) -> dict[str, Shown]:
    """Every app's amounts, now and before; an app of two cost centres is one."""
    now = [(row.key["app"], amount) for row, amount in zip(figures.by_app.rows, amounts.by_app, strict=True)]
    before = [(app, amount) for (app, _), amount in amounts.before.items()]
    sums: dict[str, list[Decimal]] = {}
    for side, lines in enumerate((now, before)):
        for app, amount in lines:
            sums.setdefault(app, [Decimal(0), Decimal(0)])[side] += amount
    return {app: Shown(*both) for app, both in sums.items()}


def sentences(now: Chargeback, before: Chargeback, shown: Mapping[str, Shown], step: Decimal) -> tuple[str, ...]:
    """At most three sentences on apps, the largest difference first. Both chargebacks are by app, model."""
    uses_now, uses_before = _by_app(now), _by_app(before)
    period = text.period(before.period)
    moves = []
    for app in uses_now.keys() | uses_before.keys():
        models_now, models_before = uses_now.get(app, {}), uses_before.get(app, {})
        amounts = shown.get(app, Shown(Decimal(0), Decimal(0)))
        if amounts.now != amounts.before:
            difference = _sum(models_now).cost - _sum(models_before).cost
            moves.append((-abs(amounts.now - amounts.before), -abs(difference), app, models_before, models_now))
    moves.sort(key=lambda move: move[:3])
    return tuple(
        _sentence(app, models_before, models_now, shown[app], now.currency, step, period)
        for *_, app, models_before, models_now in moves[:MOST_SENTENCES]
    )


def _sentence(app: str, before: Models, now: Models, shown: Shown, currency: str, step: Decimal, period: str) -> str:
    who = "Unallocated calls" if app == UNALLOCATED else text.name(app)
    cost_before, cost_now = shown.before, shown.now
    if not before:
        return f"{who} appeared: {text.money(cost_now, currency, step)}, after nothing in {period}."
    if not now:
        return f"{who} disappeared: nothing, after {text.money(cost_before, currency, step)} in {period}."
    difference = cost_now - cost_before
    moved = "rose" if difference > 0 else "fell"
    by = text.money(abs(difference), currency, step)
    percent = text.percent_change(cost_now, cost_before)
    how_much = (
        f" ({percent if 'times' in percent else ('up ' if difference > 0 else 'down ') + percent})" if percent else ""
    )
    cause = _cause(before, now, currency, difference)
    return f"{who} {moved} by {by} to {text.money(cost_now, currency, step)}{how_much}{': ' + cause if cause else ''}."


def _cause(before: Models, now: Models, currency: str, difference: Decimal) -> str:
    if not _sum(before).tokens or not _sum(now).tokens:
        return ""
    found = effects(before, now)
    direction = 1 if difference > 0 else -1
    ranked = sorted(
        [
            (found.volume * direction, _volume(before, now)),
            (found.mix * direction, _mix(before, now, direction)),
            (found.rate * direction, _rate(before, now, currency, direction)),
        ],
        key=lambda cause: -cause[0],
    )
    first, second = ranked[0], ranked[1]
    # A second cause is worth its words when it carries at least a quarter of the difference.
    if second[0] * 4 >= abs(difference) and second[1]:
        return f"{first[1]}, and {second[1]}"
    return first[1]


def _volume(before: Models, now: Models) -> str:
    tokens_before, tokens_now = _sum(before).tokens, _sum(now).tokens
    percent = text.percent_change(tokens_now, tokens_before)
    if "times" in percent:
        return f"{percent} as many tokens"
    return f"{percent} {'more' if tokens_now >= tokens_before else 'fewer'} tokens"


def _mix(before: Models, now: Models, direction: int) -> str:
    """Names the model whose part of the tokens moved most with the cost: dear ones up, or cheap ones up."""
    whole_before, whole_now = _sum(before), _sum(now)
    average = whole_before.cost / whole_before.tokens

    def pull(model: str) -> Decimal:
        then, today = before.get(model, Use()), now.get(model, Use())
        unit = then.cost / then.tokens if then.tokens else today.cost / today.tokens if today.tokens else Decimal(0)
        moved = Decimal(today.tokens) / whole_now.tokens - Decimal(then.tokens) / whole_before.tokens
        return moved * (unit - average) * direction

    model = max(sorted(before.keys() | now.keys()), key=pull)
    then = text.share(text.ratio(before.get(model, Use()).tokens, whole_before.tokens))
    today = text.share(text.ratio(now.get(model, Use()).tokens, whole_now.tokens))
    return f"another mix of models ({text.name(model)} went from {then} to {today} of its tokens)"


def _rate(before: Models, now: Models, currency: str, direction: int) -> str:
    """Names the model whose cost per token moved most, and the kind of token that explains it, if one does."""
    shared = sorted(before.keys() & now.keys())
    if not shared:
        return ""
    model = max(shared, key=lambda name: _rate_effect(before, now, name) * direction)
    then, today = before[model], now[model]
    if not then.tokens or not today.tokens:
        return ""
    per_mtok = [use.cost * 1_000_000 / use.tokens for use in (then, today)]
    unit = (
        f"{text.name(model)} cost {text.money(per_mtok[1], currency)} per million tokens after "
        f"{text.money(per_mtok[0], currency)}"
    )
    cached = _part(today.cached_tokens, today.prompt_tokens) - _part(then.cached_tokens, then.prompt_tokens)
    answers = _part(today.completion_tokens, today.tokens) - _part(then.completion_tokens, then.tokens)
    # A cached token is cheap and a completion token is dear: each explains only a move in its own direction.
    if answers * direction >= _TELLING:
        share_then = text.ratio(then.completion_tokens, then.tokens)
        share_now = text.ratio(today.completion_tokens, today.tokens)
        return f"{unit}, as completions went from {text.share(share_then)} to {text.share(share_now)} of tokens"
    if -cached * direction >= _TELLING:
        share_then = text.ratio(then.cached_tokens, then.prompt_tokens)
        share_now = text.ratio(today.cached_tokens, today.prompt_tokens)
        return f"{unit}, as the cached part of prompts went from {text.share(share_then)} to {text.share(share_now)}"
    return f"{unit}, with like kinds of tokens (price, region or deployment type)"


def _part(part: int, whole: int) -> Decimal:
    return Decimal(part) / whole if whole else Decimal(0)


def _rate_effect(before: Models, now: Models, model: str) -> Decimal:
    then, today = before[model], now[model]
    if not then.tokens or not today.tokens:
        return Decimal(0)
    return today.cost - then.cost * today.tokens / then.tokens


def _by_app(chargeback: Chargeback) -> dict[str, dict[str, Use]]:
    apps: dict[str, dict[str, Use]] = {}
    for row in chargeback.rows:
        models = apps.setdefault(row.key["app"], {})
        models[row.key["model"]] = models.get(row.key["model"], Use()).plus(row)
    return apps


def _sum(models: Models) -> Use:
    uses = models.values()
    return Use(
        sum((use.cost for use in uses), Decimal(0)),
        sum(use.prompt_tokens for use in uses),
        sum(use.cached_tokens for use in uses),
        sum(use.completion_tokens for use in uses),
    )
