"""Provisioned deployments of a period: what they cost, how full they were, and who overfilled them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from aoai_insights import deployments
from aoai_insights.config import Config
from aoai_insights.model import Period, Quality
from aoai_insights.pipeline import money
from aoai_insights.pipeline.figures import Facts, open_facts
from aoai_insights.pipeline.rating import rated_usage, usage_groups
from aoai_insights.pricing import PAID_BY_HOUR, Missing, UnitPrice, charge
from aoai_insights.ptu.ptu_hours import Provisioned
from aoai_insights.ptu.worth import PtuWorth, Spill, worth
from aoai_insights.sharing import Payer
from aoai_insights.store import read

Entry = tuple[str, str, date]


@dataclass(frozen=True, slots=True)
class PtuFigures:
    """Every provisioned deployment of the config, the rules of sharing, and how far all this can be trusted."""

    period: Period
    currency: str
    policy: str
    deployments: tuple[PtuWorth, ...]
    rules: tuple[str, ...]
    quality: Quality


def compute_ptu(
    store: Path, config: Config, period: Period, *, now: datetime, prices: Iterable[UnitPrice]
) -> PtuFigures:
    """What provisioned deployments cost and whether they are worth it."""
    with open_facts(store, config, period, now, prices) as facts:
        uses = money.provisioned_uses(facts.connection, config, facts.beside.costed, facts.book)
        every = [item.deployment for item in facts.beside.costed]
        otherwise = _pay_as_you_go(facts, every)
        spilled = _spilled(facts, every)
        hours: dict[Entry | None, set[datetime]] = defaultdict(set)
        for resource, deployment, hour in read.spilled_hours(facts.connection):
            hours[_entry(every, resource, deployment, hour.date())].add(hour)
        found = []
        for item in facts.beside.costed:
            key = item.deployment.entry
            shared = [i for i in facts.beside.items if _entry(every, i.resource, i.deployment, i.day) == key]
            capacity = money.capacity_of(config, item.deployment, period.start.date(), facts.book)
            found.append(
                worth(item.deployment, capacity, item.costs, item.basis, uses[key], shared,
                      otherwise.get(key, Decimal(0)), spilled[key], hours[key])
            )  # fmt: skip
        return PtuFigures(period, config.currency, config.ptu.policy, tuple(found), facts.beside.rules, facts.quality)


def _entry(every: Sequence[Provisioned], resource: str, deployment: str, day: date) -> Entry | None:
    """The entry of the config that was true of the deployment on the day; None: it had no PTUs then."""
    key = (resource.lower(), deployment.lower())
    mine = (p.entry for p in every if p.key == key and p.exists_on(day))
    return next(mine, None)


def _pay_as_you_go(facts: Facts, every: Sequence[Provisioned]) -> dict[Entry | None, Decimal | None]:
    """What the tokens that PTUs served cost at the standard deployment of their scope; None: a price is missing."""
    found: dict[Entry | None, Decimal | None] = {}
    columns = ("lower(resource)", "lower(deployment)", read.BY_COLUMNS["day"])
    for group in usage_groups(facts.connection, columns, f"tier = '{PAID_BY_HOUR}'"):
        resource, deployment, day = group.key
        entry = _entry(every, resource, deployment, date.fromisoformat(day))
        line = replace(
            group.line, tier="standard", deployment_type=deployments.spilled_type(group.line.deployment_type)
        )
        charged = charge(line, facts.book, facts.currency)
        before = found.get(entry, Decimal(0))
        found[entry] = None if before is None or isinstance(charged, Missing) else before + charged.amount
    return found


def _spilled(facts: Facts, every: Sequence[Provisioned]) -> dict[Entry | None, dict[Payer, Spill]]:
    """Calls that were handed on, by deployment and payer."""
    found: dict[Entry | None, dict[Payer, Spill]] = defaultdict(dict)
    columns = ("lower(resource)", "lower(deployment)", read.BY_COLUMNS["day"], "app", "cost_center")
    for rated in rated_usage(facts.connection, columns, facts.book, facts.currency, where="spilled_over"):
        resource, deployment, day, app, cost_center = rated.usage.key
        entry = _entry(every, resource, deployment, date.fromisoformat(day))
        payer = Payer(app, cost_center)
        before = found[entry].get(payer, Spill(0, 0, Decimal(0)))
        found[entry][payer] = Spill(
            before.requests + rated.usage.requests, before.tokens + rated.usage.tokens, before.cost + rated.cost
        )
    return found
