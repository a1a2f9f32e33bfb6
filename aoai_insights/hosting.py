"""Fine-tuned models: each deployment costs by the hour it is deployed, whether anybody calls it or not.

https://learn.microsoft.com/azure/ai-foundry/openai/how-to/fine-tuning-cost-management (research: pricing, 6).
Developer deployments have no such hours, and a provisioned deployment pays PTU-hours instead.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from aoai_insights.model import CostItem, Period
from aoai_insights.money import split
from aoai_insights.pricing import FxRate, Missing, PriceBook, UnitPrice
from aoai_insights.ptu.ptu_hours import IDLE
from aoai_insights.sharing import DAY, STEP, Payer, days_of, fraction

RULE = "paid by the deployment's owner, else by its users in proportion to their tokens of the whole period"


@dataclass(frozen=True, slots=True)
class Hosted:
    """A deployment of a fine-tuned model. `first` and `last` are the days it exists, both inclusive."""

    resource: str
    deployment: str
    model: str
    """With the suffix of its tuning; `base` and `base_version` are those that its meters name."""
    base: str
    base_version: str
    scope: str
    region: str
    owner: str = ""
    first: date | None = None
    last: date | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.resource.lower(), self.deployment.lower()

    def exists_on(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Hosting:
    """What the hours of a deployment cost, day by day, in multiples of sharing.STEP."""

    hosted: Hosted
    days: tuple[tuple[date, Decimal], ...]
    length: timedelta
    prices: tuple[tuple[UnitPrice, FxRate | None], ...]

    @property
    def amount(self) -> Decimal:
        return sum((amount for _, amount in self.days), Decimal(0))


def hosting_cost(hosted: Hosted, period: Period, until: datetime, book: PriceBook, currency: str) -> Hosting | Missing:
    """Hours x the price of an hour on the day, busy or idle; Missing where a day has no price."""
    days: list[tuple[date, Decimal]] = []
    length = timedelta()
    prices: dict[tuple[UnitPrice, FxRate | None], None] = {}
    for day, start, stop in days_of(period, until):
        if not hosted.exists_on(day):
            continue
        found = book.find_hosting_hour(hosted.base, hosted.base_version, hosted.scope, hosted.region, day, currency)
        if isinstance(found, Missing):
            return found
        prices[found.price, found.fx] = None
        days.append((day, fraction(found.per_unit * 24, stop - start, DAY)))
        length += stop - start
    return Hosting(hosted, tuple(days), length, tuple(prices))


def share_hosting(
    hosting: Hosting, tokens: Mapping[Payer, int], center_of: Callable[[str, date], str]
) -> list[CostItem]:
    """The cost as items that sum to it exactly. `tokens`: of the period, by who used the deployment (RULE)."""
    hosted = hosting.hosted
    used = ((payer, count) for payer, count in tokens.items() if count)
    users = sorted(used, key=lambda user: (user[0].app, user[0].cost_center))
    items = []
    for day, amount in hosting.days:
        payers = [(Payer(hosted.owner, center_of(hosted.owner, day)), 1)] if hosted.owner else users
        payers = payers or [(Payer(IDLE, IDLE), 1)]
        parts = split(amount, [weight for _, weight in payers], STEP)
        items += [
            CostItem(
                "hosting",
                payer.app,
                payer.cost_center,
                hosted.model,
                hosted.region or IDLE,
                hosted.deployment,
                day,
                part,
            )
            for (payer, _), part in zip(payers, parts, strict=True)
            if part
        ]
    return items
