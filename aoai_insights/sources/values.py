"""What a cell of a log says: numbers that came as strings, times in four spellings, region names.

Each reader answers None where a cell is empty or not what its column should hold: an unreadable optional value must not
cost the record (research: log schemas, sections 1, 4 and 7).
"""

import json
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

_DECODER = json.JSONDecoder()
_INT64 = 2**63
_INT32 = 2**31
_YEAR_MS = 366 * 86_400_000
_TICKS_OF_1970 = 621_355_968_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RESOURCE = re.compile(r"(?:^|/)providers/[^/]+/(?:service|accounts)/([^/]+)")
_PORTAL = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4}),?\s+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:\s*([AaPp])\.?[Mm]\.?)?"
)
"""`11/4/2025, 2:03:59.946 AM`: how the portal writes a time into CSV, month first."""


def decode(raw: bytes | str) -> Any:
    """JSON as the services write it. ValueError where it is none.

    A body cut inside an emoji leaves half a surrogate pair, which strict JSON refuses and UTF-8 cannot hold: it becomes
    "?". NaN becomes null.
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as strict:
        try:
            lenient = json.loads(raw, parse_constant=lambda _: None)
            return orjson.loads(json.dumps(lenient, ensure_ascii=False).encode("utf-8", "replace"))
        except (ValueError, RecursionError):
            raise ValueError("not JSON") from strict


def decode_all(raw: bytes) -> list[Any] | None:
    """JSON objects that follow each other on one line; None where the line is anything else."""
    try:
        text, position, found = raw.decode().strip(), 0, []
        while position < len(text):
            _, end = _DECODER.raw_decode(text, position)
            document = decode(text[position:end])
            if not isinstance(document, dict):
                return None
            found.append(document)
            while text[end : end + 1].isspace():
                end += 1
            position = end
    except (ValueError, RecursionError):
        return None
    return found


def json_text(value: object) -> str | None:
    """Text of a body or of messages that arrived as a JSON value, not as its text; None where it cannot be written."""
    try:
        return orjson.dumps(value, default=str).decode()
    except TypeError:  # nested deeper than the encoder goes
        return None


def text(value: object) -> str | None:
    """A name or id; None where empty. Numbers are names too (`ApiId` 7)."""
    if value.__class__ is str:
        return value or None
    if value.__class__ is int or value.__class__ is float:
        return str(value)
    return None


def whole(value: object) -> int | None:
    """A whole number that fits 64 bits."""
    if value.__class__ is int:
        number: int = value
    elif isinstance(value, str):
        try:
            number = int(value)
        except ValueError:
            try:
                number = int(float(value))
            except (ValueError, OverflowError):
                return None
    elif isinstance(value, float):
        try:
            number = int(value)
        except (ValueError, OverflowError):
            return None
    else:
        return None
    return number if -_INT64 <= number < _INT64 else None


def small(value: object) -> int | None:
    """A whole number that fits 32 bits: status codes, sequence numbers."""
    number = whole(value)
    return number if number is not None and -_INT32 <= number < _INT32 else None


def count(value: object) -> int | None:
    """A number of bytes, tokens or milliseconds: not negative."""
    number = whole(value)
    return number if number is not None and number >= 0 else None


def milliseconds(value: object) -> int | None:
    """How long something took: less than a year."""
    took = count(value)
    return took if took is not None and took < _YEAR_MS else None


def flag(value: object) -> bool | None:
    """A bool, also as CSV writes it: True, true, 1."""
    if value.__class__ is bool:
        return value
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())
    if isinstance(value, int):
        return {1: True, 0: False}.get(value)
    return None


def instant(value: object) -> datetime | None:
    """A moment in UTC: ISO 8601 with 0-7 fraction digits (the 7th is cut), or the portal's way; no zone means UTC."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            portal = _portal_instant(value)
            if portal is None:
                return None
            moment = portal
    elif isinstance(value, datetime):
        moment = value
    else:
        return None
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # year 1 or 9999, pushed over the edge by its zone
        return None


def _portal_instant(value: str) -> datetime | None:
    match = _PORTAL.fullmatch(value.strip())
    if match is None:
        return None
    month, day, year, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    fraction, half = match[7] or "", (match[8] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return datetime(year, month, day, hour, minute, second, int(fraction.ljust(6, "0")[:6]), tzinfo=UTC)
    except ValueError:
        return None


def ticks_instant(ticks: int | None) -> datetime | None:
    """.NET ticks (100 ns since year 1, UTC; above 2^53, so never through a float) as a moment."""
    if ticks is None:
        return None
    try:
        return _EPOCH + timedelta(microseconds=(ticks - _TICKS_OF_1970) // 10)
    except OverflowError:
        return None


@lru_cache(maxsize=4096)
def region_code(name: str) -> str | None:
    """`East US 2` -> `eastus2`; a code stays as it is."""
    return "".join(name.split()).lower() or None


@lru_cache(maxsize=4096)
def resource_name(resource_id: str) -> str:
    """Name of the service or account in an Azure resource id, lower case.

    The last segment, but where the id goes on below the account or service (a project, a workspace), still its name.
    """
    low = resource_id.strip().strip("/").lower()
    named = _RESOURCE.search(low)
    return named[1] if named else low.rpartition("/")[2]
