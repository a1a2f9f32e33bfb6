"""What served a call: from the names in logs and config to model, version, deployment type, region and tier."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from aoai_insights.pricing import fine_tuned_base, model_and_version

UNKNOWN = "(unknown)"
"""Model or region of a call that no log names: one that the gateway stopped, for example."""

ASSUMED_TYPE = "GlobalStandard"
"""The type of a deployment that the config does not list. The reports state how many rest on it."""

LONG_CONTEXT_TOKENS = 272_000
"""A longer prompt puts the whole request on the long-context meters of models that have them (research: pricing, 6)."""

_TIERS = {"priority": "priority", "flex": "flex", "batch": "batch"}
_SPILL = {
    "GlobalProvisionedManaged": "GlobalStandard",
    "DataZoneProvisionedManaged": "DataZoneStandard",
    "ProvisionedManaged": "Standard",
}
"""A call that a full provisioned deployment hands on is billed as the standard deployment of the same scope.
https://learn.microsoft.com/azure/ai-foundry/openai/how-to/spillover-traffic-management"""

REGIONS = (
    "australiaeast", "austriaeast", "brazilsouth", "canadacentral", "canadaeast", "centralindia", "centralus", "eastus",
    "eastus2", "francecentral", "germanywestcentral", "italynorth", "japaneast", "japanwest", "koreacentral",
    "northcentralus", "northeurope", "norwayeast", "polandcentral", "southafricanorth", "southcentralus",
    "southeastasia", "southindia", "spaincentral", "swedencentral", "switzerlandnorth", "switzerlandwest", "uaenorth",
    "uksouth", "ukwest", "usgovarizona", "usgovvirginia", "westcentralus", "westeurope", "westus", "westus2", "westus3",
)  # fmt: skip
"""Regions with Azure OpenAI, as they are spelled in resource names."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the logs say of a call's server; "" where they say nothing. Calls with equal names were served alike."""

    resource: str
    deployment: str
    region: str
    served_model: str
    aoai_model: str
    aoai_model_version: str
    service_tier: str
    spilled_over: bool


@dataclass(frozen=True, slots=True)
class ConfiguredDeployment:
    """A [[deployments]] entry; "" where it says nothing. It holds from `valid_from` to `valid_to`, both inclusive."""

    type: str = ""
    model: str = ""
    model_version: str = ""
    region: str = ""
    valid_from: date | None = None
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Served:
    """What served a call on the days from `first` to `last` (inclusive), and what of it had to be assumed."""

    model: str
    model_version: str
    deployment_type: str
    region: str
    tier: str
    type_assumed: bool
    model_assumed: bool
    region_assumed: bool
    first: date = date.min
    last: date = date.max


def split_model(name: str) -> tuple[str, str]:
    """A model's name and version as Azure writes them: "gpt-4o-2024-11-20" is ("gpt-4o", "2024-11-20").

    OpenAI's gpt-3.5-turbo is Azure's gpt-35-turbo. A name without a date has version ""; a fine-tuned model keeps its
    whole name, which says its base and version.
    """
    plain = name.strip().lower().replace("gpt-3.5-turbo", "gpt-35-turbo")
    if fine_tuned_base(plain) is not None:
        return plain, ""
    return model_and_version(plain)


def served(
    names: Names, configured: Mapping[tuple[str, str], Sequence[ConfiguredDeployment]], known_models: Container[str],
    first: date, last: date,
) -> Served:  # fmt: skip
    """What served a call of these names from `first` to `last`, one of the `spans` of what is configured.

    The model is the response's own word (LLM log, body, header), else the AOAI log's, else the config's. Where all are
    silent, a deployment that bears the name of a known model is taken for it; any other stays unknown. A word without a
    version takes it from the AOAI log or the config where they mean the same model.
    """
    key = (names.resource.lower(), names.deployment.lower())
    entry = next((e for e in configured.get(key, ()) if e.holds_on(first)), ConfiguredDeployment())
    said = names.served_model or names.aoai_model or entry.model
    model, version = split_model(said or names.deployment)
    if not said and model not in known_models:
        model, version = "", ""
    for other, other_version in ((names.aoai_model, names.aoai_model_version), (entry.model, entry.model_version)):
        if not version and other_version and split_model(other)[0] == model:
            version = other_version
    deployment_type = entry.type or ASSUMED_TYPE
    if names.spilled_over:
        deployment_type = spilled_type(deployment_type)
    tier = "batch" if deployment_type.endswith("Batch") else _TIERS.get(names.service_tier, "standard")
    by_name = "" if names.region or entry.region else _region_in(names.resource)
    return Served(
        model=model or UNKNOWN,
        model_version=version,
        deployment_type=deployment_type,
        region=entry.region or names.region or by_name or UNKNOWN,
        tier=tier,
        type_assumed=not entry.type,
        model_assumed=bool(model) and not said,
        region_assumed=bool(by_name),
        first=first,
        last=last,
    )


def spilled_type(deployment_type: str) -> str:
    """The standard type of the same scope as a provisioned one; any other type is itself."""
    return _SPILL.get(deployment_type, deployment_type)


def _region_in(resource: str) -> str:
    """The region that a resource's name spells out, e.g. "aoai-eastus2-01"; the longest where one holds another."""
    plain = resource.lower()
    return max((region for region in REGIONS if region in plain), key=len, default="")
