"""Logged headers, in the four ways they arrive, and which request headers may name a caller.

APIM logs only listed headers, as an object, its JSON text, or a list (research: log schemas, sections 1 and 10). Names
are compared in lower case and the first value wins.
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from aoai_insights.sources.values import decode

Headers = dict[str, str]

NAMED_VALUE_CHARS = 256
"""A header that a rule asks for is cut here: names of apps are short, and long values are something else."""

_SECRET = re.compile(
    r"auth|key|token|secret|cookie|password|signature|jwt|sas|hmac|credential|principal|session|user|mail|prompt|pat$"
)
_CALLER_NAME = re.compile(
    r"(^|[-_])(app|apps|application|client|consumer|caller|team|squad|project|product|service|workload|system|tenant|"
    r"department|dept|division|unit|org|organisation|organization|owner|environment|env|cost|costcenter|costcentre|cc|bu|"
    r"appid|appname)([-_]|$)"
)
"""Words of header names that tell which application or part of the company calls; people are not asked for."""

_TRANSPORT = re.compile(r".*request-id|.*forwarded.*|x-correlation.*")

_CALLER_VALUE = re.compile(r"[A-Za-z0-9._@:/+=|-]{1,128}")
_NO_HEADERS: Headers = {}


def read_headers(logged: object) -> Headers:
    """Lower-case name -> first value."""
    if not logged:
        return _NO_HEADERS
    if isinstance(logged, str):
        try:
            logged = decode(logged)
        except ValueError:
            return _NO_HEADERS
    if isinstance(logged, dict):
        pairs = list(logged.items())
    elif isinstance(logged, (list, tuple)):
        pairs = [pair for item in logged for pair in _pairs(item)]
    else:
        return _NO_HEADERS
    headers: Headers = {}
    for name, value in pairs:
        first = _first(value)
        if first is not None:
            headers.setdefault(str(name).strip().lower(), first)
    return headers


def _pairs(item: object) -> list[tuple[Any, Any]]:
    """Headers in one element of a list: {name, value}, {header: value}, "name: value" or [name, value]."""
    if isinstance(item, dict):
        fields = {str(key).lower(): value for key, value in item.items()}
        name = fields.get("name", fields.get("key"))
        if name is not None and ("value" in fields or "values" in fields):
            return [(name, fields.get("value", fields.get("values")))]
        return list(item.items())
    if isinstance(item, str) and ":" in item:
        name, _, value = item.partition(":")
        return [(name, value.strip())]
    if isinstance(item, (list, tuple)) and len(item) == 2:
        return [(item[0], item[1])]
    return []


def _first(value: object) -> str | None:
    while isinstance(value, (list, tuple)):
        if not value:
            return None
        value = value[0]
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else None


def full_set_bytes(headers: Headers) -> int | None:
    """Bytes on the wire of response headers that look complete; None where only listed ones were logged.

    Every response measured held a content type, a date and its framing; a list of headers to log rarely names all
    three. Status line (17 bytes) and the empty line are included.
    """
    framed = "content-length" in headers or "transfer-encoding" in headers
    if not (framed and "date" in headers and "content-type" in headers):
        return None
    return 19 + sum(len(name.encode()) + len(value.encode()) + 4 for name, value in headers.items())


def named_header(headers: Headers, name: str | None) -> str | None:
    """The value of a header that the config names; never of one that carries a credential of the caller."""
    if name is None or "authorization" in name.lower():
        return None
    value = headers.get(name.lower())
    return value[:NAMED_VALUE_CHARS] if value else None


def caller_headers(headers: Mapping[str, str], asked: frozenset[str]) -> str | None:
    """Request headers that may name a caller, as a JSON object with sorted keys; None where there are none.

    Those that the config's rules name, and those that by their name tell an application or a part of the company and by
    their value are an identifier: so a new rule seldom needs a new ingest. An Authorization header is never kept.
    """
    kept = {}
    for name, value in headers.items():
        if name in asked:
            if "authorization" not in name:
                kept[name] = value[:NAMED_VALUE_CHARS]
        elif (
            _CALLER_VALUE.fullmatch(value) is not None
            and _CALLER_NAME.search(name) is not None
            and _SECRET.search(name) is None
            and _TRANSPORT.fullmatch(name) is None
        ):
            kept[name] = value
    return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode() if kept else None
