"""Hosting hours of the period's fine-tuned deployments: which there are, what they cost, who pays."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from aoai_insights import allocation, deployments, hosting
from aoai_insights.config import Config
from aoai_insights.model import CostItem, Period, Unpriced
from aoai_insights.pipeline.exchange import fx_words
from aoai_insights.pipeline.rating import usage_groups
from aoai_insights.pricing import Missing, PriceBook, UnitPrice, fine_tuned_base, model_and_version, scope_of
from aoai_insights.reports import text
from aoai_insights.sharing import Payer

if TYPE_CHECKING:
    import duckdb

NamedServer = tuple[deployments.Names, deployments.Served, int]


def hosted_deployments(config: Config, named: Sequence[NamedServer]) -> tuple[list[hosting.Hosted], list[Unpriced]]:
    """Deployments of fine-tuned models that cost by the hour; those that the config does not list are unpriced.

    What an entry leaves open of model and region, the logs say. How long an unlisted deployment exists, none says.
    """
    seen: dict[tuple[str, str], deployments.Served] = {}
    for names, served, _ in sorted(named, key=lambda n: n[2]):
        seen[names.resource.lower(), names.deployment.lower()] = served
    found = []
    listed = set()
    for entry in config.deployments:
        key = (entry.resource.lower(), entry.deployment.lower())
        listed.add(key)
        logged = seen.get(key)
        model = entry.model.lower() or (logged.model if logged else "")
        base = fine_tuned_base(model)
        scope = scope_of(entry.type or deployments.ASSUMED_TYPE)
        if base is None or scope is None or entry.type.endswith("Batch"):
            continue
        name, version = model_and_version(base)
        region = entry.region or (logged.region if logged else "")
        found.append(
            hosting.Hosted(
                resource=entry.resource, deployment=entry.deployment, model=model, base=name,
                base_version=version or entry.model_version, scope=scope,
                region="" if region == deployments.UNKNOWN else region, owner=entry.owner, first=entry.valid_from,
                last=entry.valid_to,
            )
        )  # fmt: skip
    unlisted = {
        (names.resource, names.deployment): served
        for names, served, _ in named
        if fine_tuned_base(served.model) and (names.resource.lower(), names.deployment.lower()) not in listed
    }
    return found, [
        Unpriced(
            served.model, served.model_version, f"hosting of {resource}/{deployment}", served.region,
            "hosting hours of a fine-tuned model: its type and since when it is deployed are in no log, say them in"
            " [[deployments]]", requests=0, tokens=0,
        ) for (resource, deployment), served in sorted(unlisted.items())
    ]  # fmt: skip


def share_hosted(
    connection: "duckdb.DuckDBPyConnection", config: Config, named: Sequence[NamedServer], period: Period,
    until: datetime, book: PriceBook, rules: Sequence[allocation.AppRule],
) -> tuple[list[CostItem], list[str], list[Unpriced], list[UnitPrice]]:  # fmt: skip
    """The hours as items of the apps, the rules in words, what has no price, and the prices used.

    After the period's facts are loaded.
    """
    found, unpriced = hosted_deployments(config, named)
    items: list[CostItem] = []
    sentences: list[str] = []
    used: list[UnitPrice] = []
    if not found:
        return items, sentences, unpriced, used
    tokens: dict[tuple[str, str], dict[Payer, int]] = defaultdict(lambda: defaultdict(int))
    for group in usage_groups(connection, ("lower(resource)", "lower(deployment)", "app", "cost_center")):
        resource, deployment, app, cost_center = group.key
        tokens[resource, deployment][Payer(app, cost_center)] += group.tokens
    for hosted in found:
        cost = hosting.hosting_cost(hosted, period, until, book, config.currency)
        where = f"{hosted.resource}/{hosted.deployment}"
        if isinstance(cost, Missing):
            region = hosted.region or deployments.UNKNOWN
            unpriced.append(
                Unpriced(hosted.model, hosted.base_version, f"hosting of {where}", region, cost.reason, 0, 0)
            )
            continue
        if not cost.days:
            continue
        used += [price for price, _ in cost.prices]
        items += hosting.share_hosting(cost, tokens[hosted.key], partial(allocation.cost_center_on, rules))
        rates = "; ".join(
            f"{price.price} {price.currency} an hour, {price.meter or price.id}, from {price.effective_from}"
            for price, _ in cost.prices
        )
        hours = cost.length.total_seconds() / 3600
        sentences.append(
            f"{where}: {hours:,.6g} hours of hosting {hosted.model} = {text.money(cost.amount, config.currency)}"
            f" at list price ({rates}), {hosting.RULE}"
        )
        sentences += fx_words({fx for _, fx in cost.prices if fx})
    return items, sentences, unpriced, used
