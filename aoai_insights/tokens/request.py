"""A request body as it was logged, whole or cut."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from aoai_insights.tokens.json_text import as_count, as_name, as_object, decode, decode_cut, drop_half_character


class RequestBody(Struct, frozen=True):
    """What a request body shows. `value` is None where the body is no JSON object, or where nobody asked for it."""

    whole: bool
    size: int
    """Bytes that are there."""
    value: Mapping[str, Any] | None = None
    model: str | None = None
    streamed: bool | None = None
    max_tokens: int | None = None
    cut_in_data: bool = False
    """The cut went through encoded data (an image, a file), whose bytes say nothing about tokens."""


def read_request(body: bytes) -> RequestBody:
    """The whole of it; of a cut body what can still be read. Never raises."""
    text = body.removeprefix(b"\xef\xbb\xbf").strip()
    if not text.startswith(b"{"):
        return RequestBody(False, len(body))
    value = decode(text) if text.endswith(b"}") else None
    whole = isinstance(value, dict)
    if not whole:
        value = decode_cut(text)
    if not isinstance(value, dict):
        return RequestBody(False, len(body))
    get = value.get
    limit = as_count(get("max_completion_tokens")) or as_count(get("max_output_tokens")) or as_count(get("max_tokens"))
    stream = get("stream")
    return RequestBody(
        whole=whole,
        size=len(body) if whole else len(drop_half_character(text)),
        value=value,
        model=as_name(value.get("model")),
        streamed=stream if isinstance(stream, bool) else None,
        max_tokens=limit or None,
        cut_in_data=not whole and _ends_in_data(text),
    )


def _ends_in_data(text: bytes) -> bool:
    """Is the last string that was begun encoded data: long, and without anything that text has between words?"""
    tail = text[text.rfind(b'"') + 1 :]
    return len(tail) > 512 and b" " not in tail and b"\\" not in tail and tail.isascii()


def asks_for_usage(request: Mapping[str, Any] | None) -> bool:
    """Will a stream end with a usage event? (OpenAI API reference, `stream_options.include_usage`.)"""
    return as_object((request or {}).get("stream_options")).get("include_usage") is True
