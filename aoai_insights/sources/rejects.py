"""What is kept of something that could not be read: enough to find it again, nothing of what people wrote.

A line that is not JSON may begin in the middle of a prompt. So nothing of it is copied but three values whose form
leaves no room for prose.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

_FORMS = {
    "category": re.compile(r"[A-Za-z]{1,40}"),
    "correlationid": re.compile(r"[0-9A-Fa-f-]{8,40}"),
    "time": re.compile(r"[0-9T:.Z+ -]{10,40}"),
    "timegenerated": re.compile(r"[0-9T:.Z+ -]{10,40}"),
}
_SEARCHED_BYTES = 1 << 16
_PAIR = re.compile(rb'(?<!\\)"(category|correlationId|time|TimeGenerated)"\s*:\s*"([^"\\]{1,40})"', re.IGNORECASE)


def keep_of_record(record: Mapping[str, Any]) -> str:
    """Of a record that was JSON: its category, correlation id and time."""
    kept: dict[str, str] = {}
    for key, value in record.items():
        if isinstance(value, datetime):
            value = value.isoformat()
        form = _FORMS.get(key.lower())
        if form is not None and isinstance(value, str) and form.fullmatch(value):
            kept.setdefault(key, value)
    return orjson.dumps(kept).decode()


def keep_of_bytes(raw: bytes) -> str:
    """Of bytes that were no JSON: the same, as far as they can be seen."""
    seen = _PAIR.findall(raw[:_SEARCHED_BYTES])
    return keep_of_record({key.decode(): value.decode("ascii", "replace") for key, value in reversed(seen)})
