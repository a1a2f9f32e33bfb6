"""An advised backend pool as code: Bicep, Terraform, an ARM template, and policies. Pure text, from values.

Resource: Microsoft.ApiManagement/service/backends of API_VERSION, the newest stable one as of 2026-11.
https://learn.microsoft.com/azure/templates/microsoft.apimanagement/2024-05-01/service/backends
https://github.com/Azure/azure-rest-api-specs (apimanagement, stable/2024-05-01, definitions.json: BackendContract)

That schema asks for `url` and `protocol` of every backend, and the service refuses both of a pool: "Url is not
supported for backend pool" (https://github.com/Azure/azure-rest-api-specs/issues/35713, Azure/bicep issue 14097).
So pools are written without, and the check that would complain is switched off for the pool alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aoai_insights.routing.backend_pool import Advice

API_VERSION = "2024-05-01"
TYPE = "Microsoft.ApiManagement/service/backends"

BREAKER: Mapping[str, Any] = {
    "rules": [
        {
            "name": "throttled-or-failing",
            "failureCondition": {
                "count": 1,
                "interval": "PT10S",
                "statusCodeRanges": [{"min": 429, "max": 429}, {"min": 500, "max": 599}],
            },
            "tripDuration": "PT10S",
            "acceptRetryAfter": True,
        }
    ]
}
"""A backend that answers 429 or 5xx rests for 10 s, or as long as its Retry-After says; API Management takes one rule.
https://learn.microsoft.com/azure/api-management/backends (circuit breaker)"""


@dataclass(frozen=True, slots=True)
class PoolMember:
    """A backend in a pool: priorities and weights are 0 to 100, lower priorities first."""

    backend_id: str
    url: str
    priority: int
    weight: int


@dataclass(frozen=True, slots=True)
class PoolTemplate:
    """One pool to emit. `hours` are the UTC hours of the week it is for, 0 = Monday 00:00; empty: all that remain."""

    name: str
    description: str
    hours: tuple[int, ...]
    members: tuple[PoolMember, ...]


def templates(advices: Sequence[Advice], urls: Mapping[str, str]) -> tuple[PoolTemplate, ...]:
    """One template per advice; a pool with a profile of its own hours gets a second pool, NAME-hours."""
    taken = {line.backend_id for advice in advices for line in advice.lines}

    def named(pool: str) -> str:
        return f"{pool}-pool" if pool in taken else pool

    return tuple(
        PoolTemplate(
            f"{named(advice.pool)}-hours" if advice.hours else named(advice.pool),
            advice.reason,
            advice.hours,
            _members(advice, urls),
        )
        for advice in advices
    )


def _members(advice: Advice, urls: Mapping[str, str]) -> tuple[PoolMember, ...]:
    """Weights count within a priority, so they are percents of it; 1 is the least, so that all can be reached."""
    totals: dict[int, float] = {}
    for line in advice.lines:
        totals[line.priority] = totals.get(line.priority, 0.0) + line.weight
    return tuple(
        PoolMember(
            line.backend_id,
            urls[line.backend],
            line.priority,
            max(1, round(100 * line.weight / totals[line.priority])) if totals[line.priority] else 1,
        )
        for line in advice.lines
    )


def backends_of(pools: Sequence[PoolTemplate]) -> dict[str, str]:
    """Runtime URL by backend id: each backend once, whatever the pools it is in."""
    return {member.backend_id: member.url for pool in pools for member in pool.members}


def backend_properties(url: str) -> dict[str, Any]:
    """Of a single backend."""
    return {"type": "Single", "protocol": "http", "url": url, "circuitBreaker": BREAKER}


def pool_properties(pool: PoolTemplate, ids: Sequence[Any]) -> dict[str, Any]:
    """Of a pool, whose members have these ids."""
    return {
        "description": pool.description[:2000],
        "type": "Pool",
        "pool": {
            "services": [
                {"id": id_, "priority": member.priority, "weight": member.weight}
                for id_, member in zip(ids, pool.members, strict=True)
            ]
        },
    }


def arm_template(pools: Sequence[PoolTemplate], *, with_backends: bool) -> str:
    """A deployment template with the parameter apimName."""

    def resource_id(name: str) -> str:
        return f"[resourceId('{TYPE}', parameters('apimName'), '{name}')]"

    def named(name: str) -> dict[str, Any]:
        full_name = f"[format('{{0}}/{{1}}', parameters('apimName'), '{name}')]"
        return {"type": TYPE, "apiVersion": API_VERSION, "name": full_name}

    resources: list[dict[str, Any]] = []
    if with_backends:
        for name, url in backends_of(pools).items():
            resources.append({**named(name), "properties": backend_properties(url)})
    for pool in pools:
        ids = [resource_id(member.backend_id) for member in pool.members]
        after = {"dependsOn": ids} if with_backends else {}
        resources.append({**named(pool.name), **after, "properties": pool_properties(pool, ids)})
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"apimName": {"type": "string"}},
        "resources": resources,
    }
    return json.dumps(template, indent=2) + "\n"


WHY_LENIENT = "url and protocol: asked for by the schema, refused by the service"
LENIENT = f"  #disable-next-line BCP035 // {WHY_LENIENT}"


@dataclass(frozen=True, slots=True)
class _Code:
    """Text that stands for itself in a template, unlike a string."""

    text: str


def bicep(pools: Sequence[PoolTemplate], *, with_backends: bool) -> str:
    """A module with the parameter apimName. Without its backends it refers to those that the gateway has."""
    parts = [
        "param apimName string",
        "resource apim 'Microsoft.ApiManagement/service@2024-05-01' existing = {\n  name: apimName\n}",
    ]
    symbols = _symbols(backends_of(pools))
    for name, url in backends_of(pools).items():
        existing = "" if with_backends else "existing "
        body: dict[str, Any] = {"parent": _Code("apim"), "name": name}
        if with_backends:
            body["properties"] = backend_properties(url)
        parts.append(f"resource {symbols[name]} '{TYPE}@{API_VERSION}' {existing}= {_bicep(body, 0)}")
    pool_symbols = _symbols({pool.name: "" for pool in pools}, "pool")
    for pool in pools:
        ids = [_Code(f"{symbols[member.backend_id]}.id") for member in pool.members]
        pool_body = {"parent": _Code("apim"), "name": pool.name, "properties": pool_properties(pool, ids)}
        head = f"resource {pool_symbols[pool.name]} '{TYPE}@{API_VERSION}'"
        code = _bicep(pool_body, 0).replace("  properties: {", f"{LENIENT}\n  properties: {{", 1)
        parts.append(f"{head} = {code}")
    return "\n\n".join(parts) + "\n"


def terraform(pools: Sequence[PoolTemplate], *, with_backends: bool) -> str:
    """azapi resources with the variable apim_id: azurerm knows no pools. Version 2 of the provider."""
    parts = [
        "terraform {\n  required_providers {\n    azapi = {\n"
        '      source  = "Azure/azapi"\n      version = ">= 2.0"\n    }\n  }\n}',
        'variable "apim_id" {\n  type = string\n}',
    ]
    symbols = _symbols(backends_of(pools))
    for name, url in backends_of(pools).items():
        if with_backends:
            parts.append(_azapi(symbols[name], name, backend_properties(url)))
    for pool in pools:
        ids = [
            _Code(f"azapi_resource.{symbols[member.backend_id]}.id")
            if with_backends
            else _Code(f'"${{var.apim_id}}/backends/{member.backend_id}"')
            for member in pool.members
        ]
        symbol = _symbols({pool.name: ""}, "pool")[pool.name]
        parts.append(_azapi(symbol, pool.name, pool_properties(pool, ids), lenient=True))
    return "\n\n".join(parts) + "\n"


def _azapi(symbol: str, name: str, properties: Mapping[str, Any], *, lenient: bool = False) -> str:
    head = f'  type      = "{TYPE}@{API_VERSION}"\n  parent_id = var.apim_id\n  name      = {json.dumps(name)}\n'
    if lenient:
        head += f"  # {WHY_LENIENT}\n  schema_validation_enabled = false\n"
    return f'resource "azapi_resource" "{symbol}" {{\n{head}  body = {_hcl({"properties": properties}, 1)}\n}}'


def _symbols(names: Mapping[str, str], prefix: str = "backend") -> dict[str, str]:
    """Names that Bicep and Terraform take for a symbol, no two alike."""
    made: dict[str, str] = {}
    for name in names:
        symbol = f"{prefix}_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in name)
        while symbol in made.values():
            symbol += "_"
        made[name] = symbol
    return made


def _bicep(value: Any, depth: int) -> str:
    pad = "  " * (depth + 1)
    if isinstance(value, _Code):
        return value.text
    if isinstance(value, Mapping):
        inner = "\n".join(f"{pad}{key}: {_bicep(item, depth + 1)}" for key, item in value.items())
        return f"{{\n{inner}\n{'  ' * depth}}}"
    if isinstance(value, list):
        inner = "\n".join(f"{pad}{_bicep(item, depth + 1)}" for item in value)
        return f"[\n{inner}\n{'  ' * depth}]"
    if isinstance(value, bool | int):
        return str(value).lower()
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${")
    return "'" + escaped.replace("\n", "\\n") + "'"


def _hcl(value: Any, depth: int) -> str:
    pad = "  " * (depth + 1)
    if isinstance(value, _Code):
        return value.text
    if isinstance(value, Mapping):
        inner = "\n".join(f"{pad}{key} = {_hcl(item, depth + 1)}" for key, item in value.items())
        return f"{{\n{inner}\n{'  ' * depth}}}"
    if isinstance(value, list):
        inner = "\n".join(f"{pad}{_hcl(item, depth + 1)}," for item in value)
        return f"[\n{inner}\n{'  ' * depth}]"
    if isinstance(value, bool | int):
        return str(value).lower()
    return json.dumps(str(value), ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
