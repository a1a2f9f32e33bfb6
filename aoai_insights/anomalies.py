"""Days that are out of an app's own pattern: found by a robust distance, ranked by money, with what drove them.

A day is compared with days of its own kind (working day or weekend) in the eight weeks before it: their median, and the
median of their distances to it (MAD). Neither is moved by the few odd days that a history holds.
https://www.itl.nist.gov/div898/handbook/eda/section3/eda35h.htm (the modified z-score and its threshold of 3.5)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from aoai_insights.chargeback import Rated
from aoai_insights.pricing import Charge

SPAN = timedelta(days=56)
LEAST_DAYS = 6
"""Fewer days of a kind are no pattern; then all days of the span are compared, and none where they are too few."""
THRESHOLD = Decimal("3.5")
MAD_TO_SIGMA = Decimal("1.4826")
"""The MAD of normal values times this is their standard deviation."""
LEAST_SPREAD = Decimal("0.1")
"""Of the median: an app that costs the same to the cent every day may still vary by a tenth."""

DRIVERS = ("volume", "mix", "cache rate", "price")


@dataclass(frozen=True, slots=True)
class DayUse:
    """What an app used of a model on a day. Amounts are exact; `plain` is prompt tokens that were not cached."""

    requests: int = 0
    plain: int = 0
    cached: int = 0
    completion: int = 0
    plain_cost: Decimal = Decimal(0)
    cached_cost: Decimal = Decimal(0)
    completion_cost: Decimal = Decimal(0)

    @property
    def cost(self) -> Decimal:
        return self.plain_cost + self.cached_cost + self.completion_cost


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A day out of the pattern. `excess` is cost above (or, negative, below) `usual`; drivers sum to it as nearly as
    the average of the compared days is their median."""

    app: str
    model: str
    day: date
    cost: Decimal
    usual: Decimal
    excess: Decimal
    score: Decimal
    driver: str
    effects: Mapping[str, Decimal]
    compared_days: int


def day_use(rated: Sequence[Rated]) -> DayUse:
    """The day of one app and model; usage without a price has tokens and no cost. Written tokens count as plain."""
    requests = plain = cached = completion = 0
    plain_cost = cached_cost = completion_cost = Decimal(0)
    for item in rated:
        line = item.usage.line
        requests += item.usage.requests
        cached += line.cached_tokens
        plain += line.prompt_tokens - line.cached_tokens
        completion += line.completion_tokens
        parts = item.charge.parts if isinstance(item.charge, Charge) else ()
        of_output = sum((part.amount for part in parts if part.price.direction == "output"), Decimal(0))
        of_cached = _cached_amount(item)
        completion_cost += of_output
        cached_cost += of_cached
        plain_cost += item.cost - of_output - of_cached
    return DayUse(requests, plain, cached, completion, plain_cost, cached_cost, completion_cost)


def _cached_amount(item: Rated) -> Decimal:
    """What the cached tokens of a group cost; those without a meter of their own are a part at the input price."""
    cached = item.usage.line.cached_tokens
    if not cached or not isinstance(item.charge, Charge):
        return Decimal(0)
    own = [part.amount for part in item.charge.parts if part.price.cache == "read"]
    if own:
        return sum(own, Decimal(0))
    same = [part.amount for part in item.charge.parts
            if part.tokens == cached and part.price.direction == "input" and part.price.modality == "text"]  # fmt: skip
    return same[-1] if same else Decimal(0)


def find(
    app: str, model: str, history: Mapping[date, DayUse], days: Sequence[date], known: Sequence[date]
) -> list[Anomaly]:
    """The days among `days` that are out of the pattern.

    `history`: use by day, of the days asked and of the eight weeks before them. `known`: days with records; a known day
    without use is a day of no cost, from the app's first use of the model on.
    """
    first = min((day for day, use in history.items() if use.requests), default=None)
    if first is None:
        return []
    found = []
    lived = [day for day in known if day >= first]
    for day in days:
        if day < first or day not in known:
            continue
        before = [d for d in lived if day - SPAN <= d < day]
        alike = [d for d in before if _weekend(d) == _weekend(day)]
        compared = alike if len(alike) >= LEAST_DAYS else before
        if len(compared) < LEAST_DAYS:
            continue
        uses = [history.get(d, DayUse()) for d in compared]
        use = history.get(day, DayUse())
        usual = Decimal(median(u.cost for u in uses))
        spread = MAD_TO_SIGMA * Decimal(median(abs(u.cost - usual) for u in uses))
        spread = max(spread, LEAST_SPREAD * usual)
        excess = use.cost - usual
        score = abs(excess) / spread if spread else Decimal(0 if not excess else 999)
        if score < THRESHOLD:
            continue
        effects = drivers(use, uses)
        driver = max(effects, key=lambda name: (effects[name] * (1 if excess > 0 else -1), -DRIVERS.index(name)))
        found.append(Anomaly(app, model, day, use.cost, usual, excess, score, driver, effects, len(compared)))
    return found


def drivers(use: DayUse, usual: Sequence[DayUse]) -> dict[str, Decimal]:
    """Why the day cost otherwise than the average of `usual`, in money; the effects sum to the difference.

    In turn, each with what came before already changed: volume (more requests like the usual ones), mix (other prompt
    and completion sizes), cache rate (another share of the prompt cached), price (other unit prices).
    """
    count = Decimal(len(usual))
    requests = sum(u.requests for u in usual) / count
    plain, cached = sum(u.plain for u in usual) / count, sum(u.cached for u in usual) / count
    completion = sum(u.completion for u in usual) / count
    plain_cost = sum((u.plain_cost for u in usual), Decimal(0)) / count
    cached_cost = sum((u.cached_cost for u in usual), Decimal(0)) / count
    completion_cost = sum((u.completion_cost for u in usual), Decimal(0)) / count
    base = plain_cost + cached_cost + completion_cost
    if not requests or not base:
        return {"volume": use.cost - base, "mix": Decimal(0), "cache rate": Decimal(0), "price": Decimal(0)}
    of_plain = _unit(plain_cost, plain, use.plain_cost, use.plain)
    of_cached = _unit(cached_cost, cached, use.cached_cost, use.cached)
    of_completion = _unit(completion_cost, completion, use.completion_cost, use.completion)
    prompt = use.plain + use.cached
    usual_share = cached / (plain + cached) if plain + cached else Decimal(0)
    grown = base * use.requests / requests
    mixed = prompt * ((1 - usual_share) * of_plain + usual_share * of_cached) + use.completion * of_completion
    cached_as_is = use.plain * of_plain + use.cached * of_cached + use.completion * of_completion
    return {
        "volume": grown - base,
        "mix": mixed - grown,
        "cache rate": cached_as_is - mixed,
        "price": use.cost - cached_as_is,
    }


def _unit(usual_cost: Decimal, usual_tokens: Decimal, cost: Decimal, tokens: int) -> Decimal:
    """The usual price of a token; of a class that was never used before, the day's own."""
    if usual_tokens:
        return usual_cost / usual_tokens
    return cost / tokens if tokens else Decimal(0)


def _weekend(day: date) -> bool:
    return day.weekday() >= 5
