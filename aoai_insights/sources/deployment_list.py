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
from aoai_insights.sources.delimited import read_text

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
        found = json.loads(read_text(path, remedy))
    except json.JSONDecodeError as error:
        raise UsageError(f"{path} is not JSON: {error}", remedy) from None
    items = found.get("value") if isinstance(found, dict) else found
    if not isinstance(items, list):
        raise UsageError(f"{path} holds no list of deployments", remedy)
    return [_deployment(item, f"{path}, item {number}", remedy) for number, item in enumerate(items, 1)]


def _deployment(item: Any, where: str, remedy: str) -> ListedDeployment:
    def said(*trail: str) -> Any:
        found = item
        for name in trail:
            found = found.get(name) if isinstance(found, dict) else None
        return found

    texts = {trail: said(*trail) for trail in (("id",), ("name",), ("sku", "name"), ("properties", "model", "name"))}
    for trail, value in texts.items():
        if not isinstance(value, str) or not value:
            raise UsageError(f"{where} is no deployment: {'.'.join(trail)} is {value!r:.40}", remedy)
    named = _ID.search(said("id"))
    if named is None:
        raise UsageError(f"{where} is no deployment: id is {said('id')!r:.80}", remedy)
    capacity = said("sku", "capacity")
    provisioned = said("sku", "name").endswith("ProvisionedManaged")
    if provisioned and (isinstance(capacity, bool) or not isinstance(capacity, int) or capacity < 0):
        raise UsageError(f"{where}: sku.capacity, the PTUs of {said('name')}, is {capacity!r:.40}", remedy)
    return ListedDeployment(
        resource=named["resource"].lower(),
        deployment=said("name"),
        type=said("sku", "name"),
        model=said("properties", "model", "name"),
        model_version=str(said("properties", "model", "version") or ""),
        ptu=capacity if provisioned else 0,
    )
