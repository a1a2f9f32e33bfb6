"""Is a provisioned deployment worth its hours: how full it was, what its tokens cost otherwise, who overfilled it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from aoai_insights.model import CostItem
from aoai_insights.ptu.capacity import PtuModel
from aoai_insights.ptu.ptu_hours import HourCost, Provisioned, Use, utilisation
from aoai_insights.sharing import Payer


@dataclass(frozen=True, slots=True)
class Spill:
    """Calls of an app that the full deployment handed on to its standard deployment."""

    requests: int
    tokens: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class PtuApp:
    """One payer of a provisioned deployment. `load` is in prompt tokens, see PtuModel."""

    app: str
    cost_center: str
    requests: int
    load: Decimal
    load_share: Decimal | None
    cost: Decimal
    reserved_ptu: int
    used_ptu: Decimal | None
    """PTUs that its load keeps busy, on the average of the period; None where a PTU's capacity is not published."""
    spilled_requests: int
    spilled_tokens: int
    spilled_cost: Decimal
    spill_caused: Decimal | None
    """Its share of the load in the hours that spilled over; None where none did."""


@dataclass(frozen=True, slots=True)
class PtuWorth:
    """A provisioned deployment over a period. Utilisation is from logged tokens, 1 is full; None: not published."""

    deployment: Provisioned
    capacity: PtuModel
    hours: Decimal
    cost: Decimal
    basis: str
    utilisation: Decimal | None
    peak_utilisation: Decimal | None
    peak_hour: datetime | None
    pay_as_you_go: Decimal | None
    """What the same tokens cost at the standard deployment of the scope; None: some of them have no price."""
    break_even_utilisation: Decimal | None
    """From this utilisation on the PTUs are cheaper, with the period's mix of tokens."""
    spilled_hours: int
    apps: tuple[PtuApp, ...]


def worth(
    deployment: Provisioned,
    capacity: PtuModel,
    costs: Sequence[HourCost],
    basis: str,
    uses: Sequence[Use],
    items: Iterable[CostItem],
    pay_as_you_go: Decimal | None,
    spilled: Mapping[Payer, Spill],
    spilled_hours: AbstractSet[datetime],
) -> PtuWorth:
    """`items`: the deployment's cost as it was shared. Raises nothing; what cannot be known is None."""
    length = sum((cost.length for cost in costs), timedelta())
    total = sum((cost.amount for cost in costs), Decimal(0))
    load = sum((use.load for use in uses), Decimal(0))
    mean = utilisation(load, capacity, deployment.ptu, length)
    by_hour: dict[datetime, Decimal] = defaultdict(Decimal)
    for use in uses:
        by_hour[use.hour] += use.load
    busiest = max(
        ((utilisation(by_hour[cost.hour], capacity, deployment.ptu, cost.length), cost.hour)
         for cost in costs if cost.hour in by_hour),
        key=lambda found: (found[0] or Decimal(0), found[1]), default=(None, None),
    )  # fmt: skip
    even = mean * total / pay_as_you_go if mean is not None and pay_as_you_go else None
    return PtuWorth(
        deployment=deployment,
        capacity=capacity,
        hours=Decimal(length // timedelta(microseconds=1)) / 3_600_000_000,
        cost=total,
        basis=basis,
        utilisation=mean,
        peak_utilisation=busiest[0],
        peak_hour=busiest[1],
        pay_as_you_go=pay_as_you_go,
        break_even_utilisation=even,
        spilled_hours=len(spilled_hours),
        apps=_apps(deployment, uses, items, spilled, spilled_hours, mean),
    )


def _apps(
    deployment: Provisioned, uses: Sequence[Use], items: Iterable[CostItem], spilled: Mapping[Payer, Spill],
    spilled_hours: AbstractSet[datetime], mean: Decimal | None,
) -> tuple[PtuApp, ...]:  # fmt: skip
    """Everybody who used the deployment, paid for it or spilled over, the dearest first."""
    cost: dict[Payer, Decimal] = defaultdict(Decimal)
    loads: dict[Payer, Decimal] = defaultdict(Decimal)
    in_spill: dict[Payer, Decimal] = defaultdict(Decimal)
    requests: dict[Payer, int] = defaultdict(int)
    for item in items:
        cost[Payer(item.app, item.cost_center)] += item.amount
    for use in uses:
        payer = Payer(use.app, use.cost_center)
        loads[payer] += use.load
        requests[payer] += use.requests
        if use.hour in spilled_hours:
            in_spill[payer] += use.load
    whole, whole_in_spill = sum(loads.values(), Decimal(0)), sum(in_spill.values(), Decimal(0))
    made = []
    for payer in sorted({*cost, *loads, *spilled}, key=lambda p: (-cost.get(p, Decimal(0)), p.app, p.cost_center)):
        load, over = loads.get(payer, Decimal(0)), spilled.get(payer, Spill(0, 0, Decimal(0)))
        made.append(
            PtuApp(
                app=payer.app,
                cost_center=payer.cost_center,
                requests=requests.get(payer, 0),
                load=load,
                load_share=load / whole if whole else None,
                cost=cost.get(payer, Decimal(0)),
                reserved_ptu=(deployment.reserved or {}).get(payer.app, 0),
                used_ptu=mean * deployment.ptu * load / whole if mean is not None and whole else None,
                spilled_requests=over.requests,
                spilled_tokens=over.tokens,
                spilled_cost=over.cost,
                spill_caused=in_spill.get(payer, Decimal(0)) / whole_in_spill if whole_in_spill else None,
            )
        )
    return tuple(made)
