"""What cost exports say of the PTUs of a period, told apart by deployment."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from aoai_insights import sharing
from aoai_insights.config import Config
from aoai_insights.errors import UsageError
from aoai_insights.model import CostItem, Period
from aoai_insights.money import round_to, split
from aoai_insights.ptu import ptu_hours
from aoai_insights.reports import text
from aoai_insights.sources.cost_export import PtuCharge, read_ptu_charges

UNUSED_RESERVATION = "(unused reservation)"


def billed_charges(
    config: Config, found: Sequence[ptu_hours.Provisioned], period: Period, until: datetime
) -> tuple[dict[tuple[str, str], list[ptu_hours.Billed]], list[CostItem], list[str]]:
    """The exports' PTU rows by deployment; unused reservations as items; what belongs to no deployment, in words."""
    billed: dict[tuple[str, str], list[ptu_hours.Billed]] = defaultdict(list)
    reserved: list[CostItem] = []
    left: dict[str, Decimal] = defaultdict(Decimal)
    days = {day: (stop - start) for day, start, stop in sharing.days_of(period, until)}
    names = [str(Path(name)) for name in config.ptu.amortized_cost]
    for i, name in enumerate(names):
        if name in names[:i]:
            raise UsageError(f"{name} is named twice in ptu_hours.amortized_cost", "remove one of them")
    charges = [charge for name in names for charge in read_ptu_charges(Path(name))]
    sentences = _repeated(charges)
    for charge in charges:
        if charge.day not in days:
            continue
        if charge.currency != config.currency:
            raise UsageError(
                f"{charge.file} is in {charge.currency or 'no currency'}, the statement in {config.currency}",
                f'export it in {config.currency}, or set currency = "{charge.currency or "USD"}"',
            )
        if not charge.resource:
            amount = sharing.fraction(charge.amount, days[charge.day], sharing.DAY)
            reserved.append(CostItem("provisioned", ptu_hours.IDLE, ptu_hours.IDLE, UNUSED_RESERVATION, ptu_hours.IDLE,
                                     UNUSED_RESERVATION, charge.day, amount))  # fmt: skip
            continue
        mine = _bearers(charge, found)
        if not mine:
            left[charge.resource] += charge.amount
            continue
        amount = round_to(charge.amount, sharing.STEP)
        weights = [d.ptu for d in mine] if all(d.ptu for d in mine) else [1] * len(mine)
        for deployment, part in zip(mine, split(amount, weights, sharing.STEP), strict=True):
            billed[deployment.key].append(ptu_hours.Billed(charge.day, part))
    sentences += [
        f"{text.money(amount, config.currency)} of PTUs of {resource} in the cost export belong to no [[deployments]]"
        " entry and are left out"
        for resource, amount in sorted(left.items())
    ]
    if reserved:
        sentences.append(f"{text.money(sharing.sum_of(reserved), config.currency)} of PTU reservations went unused")
    return billed, reserved, sentences


def _repeated(charges: Sequence[PtuCharge]) -> list[str]:
    """What is said of rows that one file repeats. Raises UsageError where two files hold the same row.

    An export of the month to date repeats the days before in every file, so that the sum of two is too much.
    """
    seen: dict[tuple[str, ...], str] = {}
    repeated: dict[str, int] = defaultdict(int)
    for charge in charges:
        file = seen.get(charge.row)
        if file is None:
            seen[charge.row] = charge.file
        elif file == charge.file:
            repeated[file] += 1
        else:
            raise UsageError(
                f"{file} and {charge.file} both hold the cost of {charge.resource or 'a reservation'} on {charge.day}",
                "name only one export of each day in ptu_hours.amortized_cost",
            )
    return [
        f"{Path(file).name} holds {text.counted(count, 'row')} of PTUs that repeat another one word for word; all of"
        " them are counted"
        for file, count in sorted(repeated.items())
    ]


def _bearers(charge: PtuCharge, found: Sequence[ptu_hours.Provisioned]) -> list[ptu_hours.Provisioned]:
    """Whose cost a row is: the deployment its tag names, else all of its resource and scope, by their PTUs."""
    there = [d for d in found if d.resource.lower() == charge.resource and d.exists_on(charge.day)]
    tagged = [d for d in there if d.deployment.lower() == charge.deployment]
    return tagged or [d for d in there if charge.scope in ("", d.scope)]
