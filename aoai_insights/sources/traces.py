"""What a trace policy wrote into TraceRecords: the published way to keep AOAI's request id without logged headers.

A record's `message` is a string; it holds JSON where the policy wrote JSON (research: log schemas, sections 0.3, 1, 9).
"""

import math
import re
from collections.abc import Iterator

from aoai_insights.sources.values import decode

REQUEST_ID_KEYS = frozenset({"aoai-correlation", "apim-request-id"})
_GUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_BARE_GUID = re.compile(_GUID)
_NAMED_GUID = re.compile(rf"({'|'.join(sorted(REQUEST_ID_KEYS))})[\"'\s:=]+({_GUID})", re.IGNORECASE)
OWN_SOURCE = "aoai-insights"
_TTFT = "ttft_ms"
_LONGEST_MS = 86_400_000
_DEEPEST = 6
_LONGEST_VALUE = 256


def trace_values(records: object) -> Iterator[tuple[str, str]]:
    """Every (lower-case key, text) of the trace records, in their order.

    A message that is a bare GUID counts under the record's `source` or `name`; "apim-request-id: GUID" in free text
    counts under that key.
    """
    yield from _walk(records, "", 0)


def traced_request_id(records: object) -> str | None:
    """AOAI's request id from the traces; of several the last, since a gateway row describes the last attempt."""
    if not records:
        return None
    found = None
    for key, value in trace_values(records):
        if key in REQUEST_ID_KEYS:
            found = value
    return found


def traced_value(records: object, key: str | None) -> str | None:
    """The first value under a key that the config names."""
    if not records or not key:
        return None
    wanted = key.lower()
    return next((value for name, value in trace_values(records) if name == wanted), None)


def traced_ttft_ms(records: object) -> int | None:
    """Milliseconds until the head of the backend's answer, as the policy fragment ttft.xml traces them: the last ones.

    Only `ttft_ms` of a message that is a JSON object, in a record whose source is "aoai-insights" or which names none:
    what other traces call so may be anything.
    """
    if not records or (isinstance(records, str) and _TTFT not in records):
        return None
    found = None
    listed = _decoded(records)
    for record in listed if isinstance(listed, list) else [listed]:
        if not isinstance(record, dict):
            continue
        fields = {str(name).lower(): value for name, value in record.items()}
        if (fields.get("source") or OWN_SOURCE) != OWN_SOURCE:
            continue
        message = _decoded(fields.get("message"))
        value = message.get(_TTFT) if isinstance(message, dict) else None
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LONGEST_MS:
            found = math.floor(value)
    return found


def _decoded(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return decode(value)
    except ValueError:
        return None


def _walk(node: object, key: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _DEEPEST:
        return
    if isinstance(node, dict):
        fields = {str(name).lower(): value for name, value in node.items()}
        label = fields.get("source") or fields.get("name")
        for name, value in fields.items():
            if name in ("message", "value") and isinstance(label, str) and _is_plain(value):
                yield label.lower(), value.strip()
            yield from _walk(value, name, depth + 1)
    elif isinstance(node, list):
        for item in node:
            yield from _walk(item, key, depth + 1)
    elif isinstance(node, str) and node:
        stripped = node.strip()
        if stripped[:1] in ("{", "["):
            try:
                inner = decode(stripped)
            except ValueError:
                inner = None
            if isinstance(inner, (dict, list)):
                yield from _walk(inner, key, depth + 1)
                return
        if len(stripped) <= _LONGEST_VALUE:
            yield key, stripped
        for named, guid in _NAMED_GUID.findall(stripped):
            yield named.lower(), guid


def _is_plain(value: object) -> bool:
    return isinstance(value, str) and _BARE_GUID.fullmatch(value.strip()) is not None
