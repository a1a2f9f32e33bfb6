"""Cost beside tokens: PTU-hours and shared costs of a period as items of its statement, with the rules in words."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from aoai_insights import allocation, deployments, sharing
from aoai_insights.chargeback import Rated
from aoai_insights.config import Config
from aoai_insights.errors import UsageError
from aoai_insights.model import CostItem, Period, Unpriced
from aoai_insights.pipeline.billed import billed_charges
from aoai_insights.pipeline.exchange import fx_words
from aoai_insights.pipeline.hosting import share_hosted
from aoai_insights.pipeline.rating import rated_usage
from aoai_insights.pricing import PAID_BY_HOUR, PROVISIONED, Missing, PriceBook, UnitPrice
from aoai_insights.ptu import ptu_hours
from aoai_insights.ptu.capacity import PtuModel, ptu_model
from aoai_insights.reports import text
from aoai_insights.store import read

if TYPE_CHECKING:
    import duckdb

NamedServer = tuple[deployments.Names, deployments.Served, int]


@dataclass(frozen=True, slots=True)
class Costed:
    """A provisioned deployment, what its hours of the period cost, and how that is known."""

    deployment: ptu_hours.Provisioned
    costs: tuple[ptu_hours.HourCost, ...]
    rates: tuple[ptu_hours.Rate, ...]
    billed_days: int
    listed_days: int

    @property
    def amount(self) -> Decimal:
        return sum((cost.amount for cost in self.costs), Decimal(0))

    @property
    def basis(self) -> str:
        """Where the amount comes from."""
        if not self.listed_days:
            return "amortised cost"
        return f"amortised cost of {self.billed_days} days, else list price" if self.billed_days else "list price"


@dataclass(frozen=True, slots=True)
class Beside:
    """All cost of a period that is not tokens times price."""

    items: tuple[CostItem, ...] = ()
    rules: tuple[str, ...] = ()
    unpriced: tuple[Unpriced, ...] = ()
    costed: tuple[Costed, ...] = ()
    prices: tuple[UnitPrice, ...] = ()
    """Of the hours of PTUs and hosting, as far as they are list or agreed prices."""


def capacities(config: Config) -> list[PtuModel]:
    """The [[ptu_models]] of the config."""
    return [
        PtuModel(row.model, row.input_tpm, Decimal(row.output_ratio), row.effective_from, "config")
        for row in config.ptu_models
    ]


def provisioned(config: Config, named: Sequence[NamedServer]) -> list[ptu_hours.Provisioned]:
    """The deployments of the config that have PTUs; what it leaves open of model and region, the logs say."""
    seen: dict[tuple[str, str], deployments.Served] = {}
    for names, served, _ in sorted(named, key=lambda n: n[2]):
        seen[names.resource.lower(), names.deployment.lower()] = served
    found = []
    for entry in config.deployments:
        scope = PROVISIONED.get(entry.type.lower())
        if scope is None or not (entry.ptu or config.ptu.amortized_cost):
            continue
        logged = seen.get((entry.resource.lower(), entry.deployment.lower()))
        region = entry.region or (logged.region if logged else "")
        found.append(
            ptu_hours.Provisioned(
                resource=entry.resource,
                deployment=entry.deployment,
                scope=scope,
                region="" if region == deployments.UNKNOWN else region,
                model=deployments.split_model(entry.model)[0] or (logged.model if logged else ""),
                ptu=entry.ptu,
                first=entry.valid_from,
                last=entry.valid_to,
                owner=entry.owner,
                reserved=entry.reserved,
            )
        )
    return found


def provisioned_costs(
    config: Config, found: Sequence[ptu_hours.Provisioned], period: Period, until: datetime, book: PriceBook
) -> Beside:
    """What each deployment's hours cost, not yet shared; deployments without a price are `unpriced`."""
    billed, reserved, rules = billed_charges(config, found, period, until)
    costed: list[Costed] = []
    unpriced: list[Unpriced] = []
    for deployment in found:
        hours = ptu_hours.hours_of(deployment, period, until)
        paid = ptu_hours.billed_cost(hours, billed[deployment.key])
        known = {cost.hour for cost in paid}
        rest = [(hour, length) for hour, length in hours if hour not in known]
        if not deployment.ptu and not paid:
            continue  # neither billed nor counted: its usage is unpriced, and says so
        listed: tuple[list[ptu_hours.HourCost], list[ptu_hours.Rate]] | Missing = ([], [])
        if not deployment.ptu and rest:
            days = len({hour.date() for hour, _ in rest})
            listed = Missing(
                f"{days} days are in no cost export, and no ptu = N in [[deployments]] says what they cost"
            )
        elif rest:
            listed = ptu_hours.list_cost(deployment, rest, book, config.currency)
        if isinstance(listed, Missing):
            unpriced.append(
                Unpriced(
                    model=deployment.model,
                    model_version="",
                    deployment_type=f"{deployment.ptu} PTUs of {deployment.name}",
                    region=deployment.region or deployments.UNKNOWN,
                    reason=listed.reason,
                    requests=0,
                    tokens=0,
                )
            )
            continue
        costs, rates = listed
        costed.append(
            Costed(
                deployment=deployment,
                costs=(*paid, *costs),
                rates=tuple(rates),
                billed_days=len({cost.hour.date() for cost in paid}),
                listed_days=len({hour.date() for hour, _ in rest}),
            )
        )
    return Beside(tuple(reserved), tuple(rules), tuple(unpriced), tuple(costed))


def paid_by_hour(named: Sequence[NamedServer], costed: Iterable[Costed]) -> list[NamedServer]:
    """The servers, those marked whose PTU-hours are charged: their tokens have no price of their own."""
    by_key: dict[tuple[str, str], list[ptu_hours.Provisioned]] = defaultdict(list)
    for item in costed:
        by_key[item.deployment.key].append(item.deployment)
    return [
        (names, replace(served, tier=PAID_BY_HOUR), calls)
        if served.deployment_type.lower() in PROVISIONED
        and any(d.exists_on(served.first) for d in by_key[names.resource.lower(), names.deployment.lower()])
        else (names, served, calls)
        for names, served, calls in named
    ]


def share_all(
    connection: "duckdb.DuckDBPyConnection", config: Config, costs: Beside, named: Sequence[NamedServer],
    period: Period, until: datetime, book: PriceBook, rules: Sequence[allocation.AppRule],
) -> Beside:  # fmt: skip
    """PTU-hours and hosting hours, then shared costs: their share of an app may follow what those cost it."""
    hours = share_provisioned(connection, config, costs, period, book, rules)
    hosted, hosting_rules, unhosted, hosting_prices = share_hosted(
        connection, config, named, period, until, book, rules
    )
    shared = share_shared(
        config, period, until, rules, (*hours.items, *hosted),
        lambda: rated_usage(connection, ("app", "cost_center"), book, config.currency),
    )  # fmt: skip
    rates = fx_words({rate.fx for item in costs.costed for rate in item.rates if rate.fx})
    return Beside(
        (*hours.items, *hosted, *shared.items),
        (*hours.rules, *hosting_rules, *shared.rules, *rates),
        (*costs.unpriced, *unhosted),
        costs.costed,
        (*(rate.price for item in costs.costed for rate in item.rates), *hosting_prices),
    )


def share_provisioned(
    connection: "duckdb.DuckDBPyConnection", config: Config, costs: Beside, period: Period, book: PriceBook,
    rules: Sequence[allocation.AppRule],
) -> Beside:  # fmt: skip
    """The costs of `provisioned_costs` as items of the apps, after the facts of the period are loaded."""
    if not costs.costed:
        return costs
    uses = provisioned_uses(connection, config, costs.costed, book)
    policy: ptu_hours.Policy = config.ptu.policy  # type: ignore[assignment]
    items, sentences = list(costs.items), list(costs.rules)
    for item in costs.costed:
        deployment = item.deployment
        capacity = capacity_of(config, deployment, period.start.date(), book)
        if policy != "absorb" and not deployment.ptu:
            raise UsageError(
                f'policy "{policy}" needs to know how many PTUs {deployment.resource}/{deployment.deployment} has',
                "say ptu = N in its [[deployments]] entry",
            )
        if policy == "used+idle" and capacity.input_tpm is None:
            raise UsageError(
                f'policy "used+idle": how much a PTU of {deployment.model or deployment.deployment} carries is not'
                " published", 'add a [[ptu_models]] entry with its input_tpm, or choose ptu_hours.policy = "absorb"',
            )  # fmt: skip
        items += ptu_hours.share(
            deployment, item.costs, uses[deployment.entry], policy, capacity, partial(allocation.cost_center_on, rules)
        )
        sentences.append(_says(item, capacity, policy, config.currency))
    return Beside(tuple(items), tuple(sentences), costs.unpriced, costs.costed)


def provisioned_uses(
    connection: "duckdb.DuckDBPyConnection", config: Config, costed: Iterable[Costed], book: PriceBook
) -> dict[tuple[str, str, date], list[ptu_hours.Use]]:
    """Usage by deployment and hour, with the load it put on the PTUs; each entry of a deployment has its own days."""
    entries: dict[tuple[str, str], list[ptu_hours.Provisioned]] = defaultdict(list)
    for item in costed:
        entries[item.deployment.key].append(item.deployment)
    own = capacities(config)
    memo: dict[tuple[str, str, date], PtuModel] = {}
    found: dict[tuple[str, str, date], list[ptu_hours.Use]] = {item.deployment.entry: [] for item in costed}
    for row in read.provisioned(connection):
        key, day = (row.pop("resource"), row.pop("deployment")), row["hour"].date()
        deployment = next(entry for entry in entries[key] if entry.exists_on(day))
        of = (row["model"], deployment.region, day)
        if of not in memo:
            memo[of] = ptu_model(*of, config.currency, book, own)
        load = memo[of].load(row["prompt_tokens"], row["cached_tokens"], row["completion_tokens"])
        found[deployment.entry].append(ptu_hours.Use(**row, load=load))
    return found


def capacity_of(config: Config, deployment: ptu_hours.Provisioned, day: date, book: PriceBook) -> PtuModel:
    """What a PTU of the deployment's model carries on the day, or on the first day of the deployment after it."""
    day = max(day, deployment.first or day)
    return ptu_model(deployment.model, deployment.region, day, config.currency, book, capacities(config))


def share_shared(
    config: Config, period: Period, until: datetime, rules: Sequence[allocation.AppRule],
    provisioned_items: Sequence[CostItem], rate_apps: Callable[[], Sequence[Rated]],
) -> Beside:  # fmt: skip
    """The [[shared_costs]] of the config as items of the apps. `rate_apps`: usage by app and cost centre, if needed."""
    costs = [
        sharing.SharedCost(
            entry.name, Decimal(entry.amount), entry.rule,  # type: ignore[arg-type]
            {app: Decimal(share) for app, share in entry.shares.items()}, entry.valid_from, entry.valid_to,
        )
        for entry in config.shared_costs
    ]  # fmt: skip
    if not costs:
        return Beside()
    own: dict[sharing.Payer, Decimal] = defaultdict(Decimal)
    if any(cost.rule == "proportional" for cost in costs):
        for rated in rate_apps():
            own[sharing.Payer(*rated.usage.key)] += rated.cost
        for item in provisioned_items:
            if item.app != ptu_hours.IDLE:
                own[sharing.Payer(item.app, item.cost_center)] += item.amount
    payers = {
        day: [
            sharing.Payer(app, allocation.cost_center_on(rules, app, day))
            for app in allocation.apps_on(rules, day)
        ]
        for day, _, _ in sharing.days_of(period, until)
    }  # fmt: skip
    items: list[CostItem] = []
    sentences = []
    for cost in costs:
        made = sharing.share_out(cost, period, until, payers, own)
        items += made
        amount = text.money(sharing.sum_of(made), config.currency)
        sentences.append(f"{cost.says(config.currency)}; {amount} in this period")
    return Beside(tuple(items), tuple(sentences))


def _says(item: Costed, capacity: PtuModel, policy: ptu_hours.Policy, currency: str) -> str:
    deployment = item.deployment
    hours = sum(cost.length.total_seconds() for cost in item.costs) / 3600
    rates = "; ".join(
        f"{rate.price.price} {rate.price.currency} an hour, {rate.price.meter or rate.price.id}, from"
        f" {rate.price.effective_from}" for rate in item.rates
    )  # fmt: skip
    ratio = f"a completion token counts {capacity.ratio.normalize():f} prompt tokens"
    return (
        f"{deployment.name}: {deployment.ptu or 'its'} PTUs x {hours:,.6g} hours ="
        f" {text.money(item.amount, currency)} at {item.basis}{f' ({rates})' if rates else ''};"
        f' policy "{policy}": {ptu_hours.POLICY_SENTENCES[policy]}; load: {ratio} ({capacity.source})'
    )
