"""Who pays and what served: apps, cost centres, deployments."""

import ipaddress
import re
from collections.abc import Sequence
from datetime import date

import msgspec

from aoai_insights.allocation import AppRule, Condition
from aoai_insights.config.place import ConfigFile, nearest

DEPLOYMENT_TYPES = (
    "GlobalStandard",
    "DataZoneStandard",
    "Standard",
    "GlobalBatch",
    "DataZoneBatch",
    "GlobalProvisionedManaged",
    "DataZoneProvisionedManaged",
    "ProvisionedManaged",
    "DeveloperTier",
)
"""ARM's sku.name of a deployment.
https://learn.microsoft.com/azure/ai-foundry/foundry-models/concepts/deployment-types"""

KEEPS_SECRETS = re.compile(r"authorization|cookie|(^|-)(api-?)?key$|token|secret|password|signature", re.IGNORECASE)
"""Names of headers that carry a secret: they are not kept, so a rule on one could never match."""

LONGEST_HEADER_VALUE = 256
"""Characters of a caller's header that are kept (sources/headers.py)."""


class Match(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    apim_subscription: str = ""
    product: str = ""
    entra_app: str = ""
    caller_ip: str = ""
    header: str = ""
    value: str = ""


class App(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    cost_center: str = ""
    owner: str = ""
    match: list[Match] = []
    valid_from: date | None = None
    valid_to: date | None = None
    budget: str = ""
    """Of a month, in the config's currency; a string because money is never a float."""


class CostCenter(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    owner: str = ""
    """Address of who gets the cost centre's statement."""
    budget: str = ""


class Deployment(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    resource: str
    deployment: str
    type: str = ""
    model: str = ""
    model_version: str = ""
    region: str = ""
    ptu: int = 0
    valid_from: date | None = None
    """First day on which the deployment is as this entry says; another entry may hold before."""
    valid_to: date | None = None
    """Last day, inclusive."""
    owner: str = ""
    """The app that pays what no user of a provisioned deployment pays."""
    reserved: dict[str, int] = {}
    """App -> PTUs reserved for it."""


def app_rules(apps: Sequence[App]) -> tuple[AppRule, ...]:
    """The [[apps]] entries as allocation rules, in their order."""
    return tuple(
        AppRule(
            name=app.name,
            cost_center=app.cost_center,
            conditions=tuple(
                Condition(
                    apim_subscription=m.apim_subscription,
                    product=m.product,
                    entra_app=m.entra_app,
                    caller_ip=ipaddress.ip_network(m.caller_ip, strict=False) if m.caller_ip else None,
                    header=m.header.lower(),
                    value=m.value,
                )
                for m in app.match
            ),
            valid_from=app.valid_from,
            valid_to=app.valid_to,
        )
        for app in apps
    )


def check_owners(
    apps: Sequence[App], centres: Sequence[CostCenter], deployments: Sequence[Deployment], file: ConfigFile
) -> None:
    """Names that are told apart, conditions that can match, deployments as Azure knows them."""
    for i, app in enumerate(apps):
        if not app.name.strip() or app.name.startswith("("):
            raise file.fails_at("apps", i, "name", f'"{app.name}" cannot name an app',
                                "names are not empty and do not begin with (")  # fmt: skip
        if app.valid_from and app.valid_to and app.valid_to < app.valid_from:
            raise file.fails_at("apps", i, "valid_to", f"{app.valid_to} is before valid_from {app.valid_from}",
                                "swap them")  # fmt: skip
        for match in app.match:
            problem = _problem(match)
            if problem:
                raise file.fails_at("apps", i, "match", *problem)
    names = [centre.name for centre in centres]
    for i, name in enumerate(names):
        if name in names[:i]:
            raise file.fails_at("cost_centers", i, "name", f'"{name}" is listed twice', "remove one entry")
    _check_deployments(deployments, [app.name for app in apps], file)


def _problem(match: Match) -> tuple[str, str] | None:
    """What is wrong with a condition, and what to do; None when nothing is."""
    if match == Match():
        return "an empty condition would claim every request", "say what must match"
    if bool(match.header) != bool(match.value):
        return "header and value go together", 'write {header = "x-app-id", value = "…"}'
    if match.header and KEEPS_SECRETS.search(match.header):
        return (f'header = "{match.header}" may carry a secret and is never kept',
                "let a gateway policy put the app's name into a header of its own")  # fmt: skip
    if len(match.value) > LONGEST_HEADER_VALUE:
        return f"value has {len(match.value)} characters", f"{LONGEST_HEADER_VALUE} characters of a header are kept"
    if match.caller_ip:
        try:
            ipaddress.ip_network(match.caller_ip, strict=False)
        except ValueError:
            return (f'caller_ip = "{match.caller_ip}" is no address or CIDR range',
                    'write "10.1.2.3" or "10.1.2.0/24"')  # fmt: skip
    return None


def _check_deployments(deployments: Sequence[Deployment], apps: Sequence[str], file: ConfigFile) -> None:
    seen: dict[tuple[str, str], list[Deployment]] = {}
    for i, deployment in enumerate(deployments):
        if deployment.type and deployment.type not in DEPLOYMENT_TYPES:
            raise file.fails_at("deployments", i, "type", f'"{deployment.type}" is no deployment type',
                                nearest(deployment.type, DEPLOYMENT_TYPES))  # fmt: skip
        key = (deployment.resource.lower(), deployment.deployment.lower())
        if any(_overlap(deployment, other) for other in seen.get(key, ())):
            raise file.fails_at("deployments", i, "deployment", f"{key[0]}/{key[1]} is listed twice",
                                "remove one entry, or give them days that do not overlap: valid_from,"
                                " valid_to")  # fmt: skip
        seen.setdefault(key, []).append(deployment)
        payers = {"owner": [deployment.owner] if deployment.owner else [], "reserved": list(deployment.reserved)}
        for key_name, named in payers.items():
            for app in named:
                if app not in apps:
                    raise file.fails_at("deployments", i, key_name, f'no [[apps]] entry "{app}"',
                                        nearest(app, sorted(apps)))  # fmt: skip
        if deployment.ptu < 0 or min(deployment.reserved.values(), default=0) < 0:
            raise file.fails_at("deployments", i, "ptu", "a number of PTUs is below 0", "ptu is how many are deployed")
        if sum(deployment.reserved.values()) > deployment.ptu:
            raise file.fails_at("deployments", i, "ptu", f"{sum(deployment.reserved.values())} PTUs are reserved of"
                                f" {deployment.ptu}", "ptu is how many are deployed")  # fmt: skip
        if deployment.ptu and not deployment.type.endswith("ProvisionedManaged"):
            raise file.fails_at("deployments", i, "ptu", f'type "{deployment.type}" has no PTUs',
                                "write its …ProvisionedManaged")  # fmt: skip
        if deployment.valid_from and deployment.valid_to and deployment.valid_to < deployment.valid_from:
            raise file.fails_at("deployments", i, "valid_to", f"{deployment.valid_to} is before valid_from"
                                f" {deployment.valid_from}", "swap them")  # fmt: skip


def _overlap(one: Deployment, other: Deployment) -> bool:
    """Is there a day on which both entries hold?"""
    starts, ends = (one.valid_from or date.min, other.valid_from or date.min), (one.valid_to, other.valid_to)
    return max(starts) <= min(end or date.max for end in ends)
