"""The published resource schema of Microsoft.ApiManagement/service/backends 2024-05-01, in the parts a pool uses.

Written after BackendContract, BackendPool and BackendCircuitBreaker of
https://github.com/Azure/azure-rest-api-specs, apimanagement, stable/2024-05-01/definitions.json: same names, types,
enumerations, bounds and required properties; nothing else is allowed, so that a misspelt property is an error. One thing
is the service's, not the schema's: a pool has neither url nor protocol, and is refused with either
(https://github.com/Azure/azure-rest-api-specs/issues/35713).
"""

from typing import Any

DURATION = {"type": "string", "pattern": r"^P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?$"}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


STATUS = {"type": "integer", "minimum": 200, "maximum": 599}
RULE = _object(
    {
        "name": {"type": "string"},
        "failureCondition": _object(
            {
                "count": {"type": "integer"},
                "percentage": {"type": "integer"},
                "interval": DURATION,
                "statusCodeRanges": {"type": "array", "maxItems": 10, "items": _object({"min": STATUS, "max": STATUS})},
                "errorReasons": {"type": "array", "maxItems": 10, "items": {"type": "string", "maxLength": 200}},
            }
        ),
        "tripDuration": DURATION,
        "acceptRetryAfter": {"type": "boolean"},
    }
)
WEIGHT = {"type": "integer", "minimum": 0, "maximum": 100}
PROPERTIES: dict[str, Any] = _object(
    {
        "title": {"type": "string", "minLength": 1, "maxLength": 300},
        "description": {"type": "string", "minLength": 1, "maxLength": 2000},
        "url": {"type": "string", "minLength": 1, "maxLength": 2000},
        "protocol": {"enum": ["http", "soap"]},
        "type": {"enum": ["Single", "Pool"]},
        "circuitBreaker": _object({"rules": {"type": "array", "maxItems": 15, "items": RULE}}),
        "pool": _object(
            {
                "services": {
                    "type": "array",
                    "minItems": 1,
                    "items": _object({"id": {"type": "string"}, "priority": WEIGHT, "weight": WEIGHT}, "id"),
                }
            }
        ),
    },
    "type",
)
_SINGLE = {"required": ["url", "protocol"], "not": {"required": ["pool"]}}
_POOL = {
    "required": ["pool"],
    "not": {"anyOf": [{"required": [name]} for name in ("url", "protocol", "circuitBreaker")]},
}
PROPERTIES |= {"if": {"properties": {"type": {"const": "Pool"}}}, "then": _POOL, "else": _SINGLE}
RESOURCE = _object(
    {
        "type": {"const": "Microsoft.ApiManagement/service/backends"},
        "apiVersion": {"const": "2024-05-01"},
        "name": {"type": "string"},
        "dependsOn": {"type": "array", "items": {"type": "string"}},
        "properties": PROPERTIES,
    },
    "type", "apiVersion", "name", "properties",
)  # fmt: skip
