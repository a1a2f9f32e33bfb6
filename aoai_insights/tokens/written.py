"""Texts that are written of JSON values which come again and again, remembered.

An app offers the same tools with every call, and writing ten tools as the model reads them takes ten times what all the
rest of a call does.
"""

import marshal
from collections.abc import Callable
from typing import Any

from orjson import JSONEncodeError, dumps

_KEPT_CHARS = 8_000_000
_LONGEST_KEPT = 200_000


def remembering(write: Callable[[Any], str]) -> Callable[[Any], str]:
    """The same as `write`, which is for a JSON value and depends on nothing else."""
    texts: dict[bytes, str] = {}
    kept_chars = 0

    def written(value: Any) -> str:
        nonlocal kept_chars
        try:
            key = dumps(value)
        except JSONEncodeError:  # an integer beyond 64 bits, half a surrogate pair, nested too deep
            return write(value)
        if b"null" in key:  # which is what it makes of NaN, too
            key = marshal.dumps(value, 2)
        text = texts.get(key)
        if text is None:
            text = write(value)
            if len(key) <= _LONGEST_KEPT:
                kept_chars += len(key) + len(text)
                if kept_chars > _KEPT_CHARS:
                    texts.clear()
                    kept_chars = len(key) + len(text)
                texts[key] = text
        return text

    return written
