"""JSON that may be cut, odd or hostile: what can be decoded of it, never an exception."""

import json
import re
from typing import Any

import jiter
import orjson

_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


def decode(text: bytes) -> Any:
    """The value of a whole JSON text; None where it is not one.

    What a strict parser refuses and services still send (NaN, half surrogate pairs) is read with the standard library.
    """
    try:
        return orjson.loads(text)
    except ValueError:
        pass
    if not text.rstrip().endswith((b"}", b"]", b'"')):
        return None
    try:
        return _without_lone_surrogates(json.loads(text))
    except (ValueError, RecursionError):
        return None


def decode_cut(text: bytes) -> Any:
    """The value of a JSON text that ends too early: its open strings, arrays and objects closed where they break off.

    A number or name that touches the cut may be short of its end. None where not even that can be read.
    """
    text = drop_half_character(text)
    try:
        return jiter.from_json(text, partial_mode="trailing-strings")
    except ValueError:
        pass
    try:
        return jiter.from_json(_LONE_SURROGATE.sub(rb"\\ufffd", text), partial_mode="trailing-strings")
    except ValueError:
        return None


def drop_half_character(text: bytes) -> bytes:
    """`text` without the character that a cut went through: half its UTF-8 bytes, or the U+FFFD made of them."""
    text = text.removesuffix(b"\xef\xbf\xbd")
    for back in range(1, min(4, len(text) + 1)):
        byte = text[-back]
        if byte >= 0xC0:
            return text[:-back] if back < (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4) else text
        if byte < 0x80:
            break
    return text


def escaped_size(text: str, ascii_only: bool) -> int:
    """Bytes of `text` inside a JSON string, as a writer that escapes (or does not escape) non-ASCII would write it."""
    if ascii_only and not text.isascii():
        return len(json.dumps(text)) - 2
    return len(orjson.dumps(text)) - 2


def whole_member(text: bytes, name: str) -> dict[str, Any] | None:
    """The last object in `text` that is the value of a member `name` and is closed before the text ends."""
    readable = text.decode("utf-8", "replace")
    starts = [match.end() for match in re.finditer(rf'"{re.escape(name)}"\s*:\s*(?=\{{)', readable)]
    for start in reversed(starts[-3:]):
        try:
            value, _ = json.JSONDecoder().raw_decode(readable, start)
        except (ValueError, RecursionError):
            continue
        return as_object(value)
    return None


def as_object(value: Any) -> dict[str, Any]:
    """`value` where it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_objects(value: Any) -> list[dict[str, Any]]:
    """The objects in `value` where it is a JSON array, else none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """`value` where it is a JSON string, else an empty one."""
    return value if isinstance(value, str) else ""


def as_name(value: Any) -> str | None:
    """`value` where it can be a name or id: a short, printable string. Anything else might be somebody's text."""
    return value if isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable() else None


def as_count(value: Any) -> int | None:
    """`value` where it is a JSON integer that 64 bits hold, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53 else None


def _without_lone_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_lone_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_lone_surrogates(k): _without_lone_surrogates(v) for k, v in value.items()}
    return value
