"""One record, whichever way it was written: export keys and table columns become the same lower-case fields.

An export holds most of its fields in `properties` (an object, or a JSON string); a Log Analytics table spells them as
columns; AzureDiagnostics adds a type suffix to each (`url_s`, `responseCode_d`), flattens nested objects
(`lastError_reason_s`) and moves columns beyond its 500th into `AdditionalFields`.
Research: log schemas, sections 1-4 and 6.
"""

import re
from collections.abc import Mapping
from typing import Any

from aoai_insights.model import Kind
from aoai_insights.sources.values import decode

Fields = dict[str, Any]

_KINDS: dict[str, Kind] = {
    "gatewaylogs": "gateway",
    "gatewayllmlogs": "llm",
    "gatewayllmlog": "llm",
    "requestresponse": "aoai",
    "azureopenairequestusage": "aoai",
    # `Type` of a table row:
    "apimanagementgatewaylogs": "gateway",
    "apimanagementgatewayllmlog": "llm",
    # `event` of a row whose category was not exported:
    "shoeboxcallresult": "aoai",
    "shoeboxazureopenairequestusage": "aoai",
}
_CATEGORY = re.compile(r"[A-Za-z][A-Za-z0-9 _.-]{0,59}")
_SUFFIXES = ("_s", "_d", "_b", "_g", "_t")
_HEADER_COLUMNS = ("requestheaders", "responseheaders", "backendrequestheaders", "backendresponseheaders")


class _Lowered(dict[str, str]):
    """Keys in lower case. Records have the same ones again and again; what has others is not remembered."""

    def __missing__(self, key: str) -> str:
        low = key.lower()
        if len(self) < _KEYS_KEPT and len(key) <= _LONGEST_KEPT:
            self[key] = low
        return low


_KEYS_KEPT, _LONGEST_KEPT = 2048, 64
_LOWER = _Lowered()


def flatten(record: Mapping[str, Any]) -> Fields:
    """Fields by lower-case name. What stands at the top wins over `properties`; empty cells are left out."""
    top = {_LOWER[key]: value for key, value in record.items() if value is not None and value != ""}
    properties = top.pop("properties", None)
    if properties is None:
        more = _object(top.pop("additionalfields", None))
        for key, value in more.items():
            top.setdefault(key.lower(), value)
        if any(key[-2:-1] == "_" for key in top):
            top = _without_suffixes(top)
        properties = top.pop("properties", None)
    inner = _object(properties)
    if not inner:
        return top
    fields = {_LOWER[key]: value for key, value in inner.items() if value is not None and value != ""}
    fields.update(top)
    return fields


def _object(value: object) -> Mapping[str, Any]:
    """An object that may have come as its JSON text; anything else holds no fields."""
    if isinstance(value, str):
        try:
            value = decode(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def _without_suffixes(top: Fields) -> Fields:
    fields: Fields = {}
    for key, value in top.items():
        name = key[:-2] if key.endswith(_SUFFIXES) else key
        for column in _HEADER_COLUMNS:
            if name.startswith(column + "_"):
                headers = fields.setdefault(column, {})
                if isinstance(headers, dict):
                    headers.setdefault(name[len(column) + 1 :].replace("_", "-"), value)
                break
        else:
            fields.setdefault(name, value)
    return fields


def kind_of(fields: Fields) -> tuple[Kind | None, str | None]:
    """(kind, None); (None, category) of a record that no figure needs; (None, None) where it is no log record."""
    category = fields.get("category")
    if isinstance(category, str):
        kind = _KINDS.get(category.lower())
        if kind is None:
            return None, _name(category)
        if category.lower() == "requestresponse" and _foreign(fields):
            return None, "RequestResponse of another service"
        return kind, None
    for name in ("type", "event"):
        value = fields.get(name)
        if isinstance(value, str) and value.lower() in _KINDS:
            return _KINDS[value.lower()], None
    if "metricname" in fields and "time" in fields:
        return None, "metrics"
    return _kind_by_columns(fields)


def _foreign(fields: Fields) -> bool:
    resource_id = fields.get("_resourceid") or fields.get("resourceid")
    return (
        isinstance(resource_id, str)
        and "/providers/" in resource_id.lower()
        and "/microsoft.cognitiveservices/" not in resource_id.lower()
    )


def _name(category: str) -> str | None:
    """A category is a word or two of the service's; anything else is not a record, and is not repeated."""
    return category if _CATEGORY.fullmatch(category) else None


def _kind_by_columns(fields: Fields) -> tuple[Kind | None, str | None]:
    """For table exports that left the category out."""
    if "sequencenumber" in fields or ("modelname" in fields and "totaltokens" in fields):
        return "llm", None
    if "modeldeploymentname" in fields or ("requesttime" in fields and "responsetime" in fields):
        return "aoai", None
    if "apiid" in fields or "backendurl" in fields or ("url" in fields and "responsecode" in fields):
        return "gateway", None
    table = fields.get("type")
    return None, _name(table) if isinstance(table, str) and "timegenerated" in fields else None
