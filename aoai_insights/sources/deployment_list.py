"""What `az cognitiveservices account deployment list -o json` says of deployments: the [[deployments]] of the config.

Shape: https://learn.microsoft.com/rest/api/aiservices/accountmanagement/deployments/list (each item has id, name,
sku.name, sku.capacity, properties.model.name and .version). Of a provisioned deployment, capacity is its PTUs.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aoai_insights.errors import UsageError

_ID = re.compile(r"/accounts/(?P<resource>[^/]+)/deployments/(?P<deployment>[^/]+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ListedDeployment:
    """A deployment as Azure lists it. `ptu` is 0 for a type that has none."""

    resource: str
    deployment: str
    type: str
    model: str
    model_version: str
    ptu: int


def read_deployments(path: Path) -> list[ListedDeployment]:
    """The deployments of one file, whose accounts may be several. Raises UsageError for anything else."""
    remedy = "write it with: az cognitiveservices account deployment list -g GROUP -n ACCOUNT -o json > FILE"
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", remedy) from None
    except json.JSONDecodeError as error:
        raise UsageError(f"{path} is not JSON: {error}", remedy) from None
    items = found.get("value") if isinstance(found, dict) else found
    if not isinstance(items, list):
        raise UsageError(f"{path} holds no list of deployments", remedy)
    return [_deployment(item, f"{path}, item {number}", remedy) for number, item in enumerate(items, 1)]


def _deployment(item: Any, where: str, remedy: str) -> ListedDeployment:
    try:
        named = _ID.search(item["id"])
        sku, model = item["sku"], item["properties"]["model"]
        if named is None:
            raise KeyError("id")
        provisioned = str(sku["name"]).endswith("ProvisionedManaged")
        return ListedDeployment(
            resource=named["resource"].lower(),
            deployment=str(item["name"]),
            type=str(sku["name"]),
            model=str(model["name"]),
            model_version=str(model.get("version") or ""),
            ptu=int(sku["capacity"]) if provisioned else 0,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{where} is no deployment: {error} is missing or no value", remedy) from None
