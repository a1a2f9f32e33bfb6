"""JSON files of any layout as single documents: one a line, or spread over lines, or elements of one long array.

Records that Azure writes stand one a line; portals, `az` and people save arrays, {"records": […]} and indented JSON. A
long array is never held whole: its elements are cut out one by one.
"""

import re
from collections.abc import Iterator

from msgspec import MsgspecError, Raw
from msgspec.json import Decoder
from stringzilla import find

from aoai_insights.sources.unpack import DamagedError

_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+([{}\[\]"]|\Z)', re.DOTALL)
"""The next bracket outside of strings; a lone quote where a string does not close; nothing at the end."""
_BATCH_HEAD = re.compile(rb'\{\s*"(?:records|value)"\s*:\s*\[')
_OPEN = re.compile(rb"[\[{,:]\s*$")
_BATCH_HEAD_BYTES = 256

LONGEST_LINE_BYTES = 64 << 20
"""A batch of an Event Hub is at most 1 MB; a longer line than this is refused."""
LONGEST_DOCUMENT_BYTES = 512 << 20


def lines(data: Iterator[bytes]) -> Iterator[bytes]:
    """Lines without their ends. Of damaged data, the lines before the damage; then the damage."""
    tail = b""
    for chunk in data:
        end = chunk.find(b"\n")
        if len(tail) < LONGEST_LINE_BYTES:  # beyond, the line is cut, and so refused as JSON
            tail += chunk if end < 0 else chunk[:end]
        if end < 0:
            continue
        yield tail
        start = end + 1
        while (end := chunk.find(b"\n", start)) >= 0:  # one at a time: a list of all takes thrice as long to hold
            yield chunk[start:end]
            start = end + 1
        tail = chunk[start:]
    if tail:
        yield tail


def one_a_line(head: bytes, whole: bool) -> bool:
    """Does each line of a JSON text hold a document of its own? Judged by its beginning; `whole`: there is no more.

    A line that breaks off at a comma, colon or opening bracket, with its strings closed, goes on in the next line, and
    so does the first line of an array; a line that breaks off elsewhere was half written.
    """
    first, end, _ = head.lstrip().partition(b"\n")
    if not end:
        return whole
    array = first[:1] == b"[" or _BATCH_HEAD.match(first) is not None
    depth = 0
    for found in _BRACKET.finditer(first):
        mark = found[1]
        if mark == b'"':
            return True
        depth += (mark in (b"{", b"[")) - (mark in (b"}", b"]"))
    return not (depth > 0 and (array or _OPEN.search(first)))


def documents(data: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """(line, bytes) of each document, or of each element where the document is an array or {"records": […]}.

    Of damaged data, all that is whole before the damage; then the damage.
    """
    buffer, position, line, counted = b"", 0, 1, 0
    depth, element_depth = 0, 0
    begun: int | None = None
    ended, damage = False, None
    while not ended:
        keep = position if begun is None else begun
        line += buffer.count(b"\n", counted, keep)
        # As much again as is held: one long element costs time in proportion to its length.
        more, damage = _at_least(data, max(len(buffer) - keep, 1))
        ended = not more or damage is not None
        buffer, position, counted = buffer[keep:] + more, position - keep, 0
        begun = None if begun is None else 0
        if len(buffer) > LONGEST_DOCUMENT_BYTES:
            raise DamagedError(f"one JSON document is longer than {LONGEST_DOCUMENT_BYTES:,} bytes")
        while (found := _BRACKET.match(buffer, position)) is not None:
            mark, at = found[1], found.start(1)
            if mark == b'"' or (depth == 0 and not ended and len(buffer) - at < _BATCH_HEAD_BYTES):
                position = at
                break  # a string, or the head of a document, that goes on beyond what is held
            position = found.end()
            if not mark:
                break
            if mark in b"{[":
                if depth == 0:
                    element_depth = 1 if mark == b"[" else 2 if _BATCH_HEAD.match(buffer, at) else 0
                if depth == element_depth and begun is None:
                    if depth and not ended and len(buffer) - at < _LONGEST_ELEMENT:
                        position = at
                        break  # where it ends is told sooner when it is seen whole
                    if depth and (end := _end_of_element(buffer, at)):
                        line += buffer.count(b"\n", counted, at)
                        counted, position = at, end
                        yield line, buffer[at:end]
                        continue
                    begun = at
                depth += 1
            else:
                depth -= 1
                if depth < 0:
                    raise DamagedError("a bracket closes that was never opened")
                if begun is not None and depth == element_depth:
                    line += buffer.count(b"\n", counted, begun)
                    counted = begun
                    yield line, buffer[begun:position]
                    begun = None
    if damage is not None:
        raise damage
    if depth > 0 or position < len(buffer):
        raise DamagedError("ends in the middle of a JSON document")


def _end_of_element(buffer: bytes, start: int) -> int | None:
    """Where the object at `start` ends if the next element begins soon with the same key, as those of one writer do.

    What reads as one JSON object ends where its brackets do: told in a twelfth of the time that looking for each takes.
    """
    key = _FIRST_KEY.match(buffer, start)
    following = find(buffer, key[0], start + 1, start + _LONGEST_ELEMENT) if key else -1
    if following < 0:
        return None
    end = buffer.rfind(b"}", start, following) + 1
    if not end:
        return None
    try:
        _read_over(buffer[start:end])
    except (MsgspecError, ValueError, RecursionError):
        return None
    return end


_FIRST_KEY = re.compile(rb'\{\s*"[^"\\]{1,64}"\s*:')
_LONGEST_ELEMENT = 1 << 18
"""Where a longer one ends is told by its brackets."""
_read_over = Decoder(Raw).decode


def _at_least(data: Iterator[bytes], size: int) -> tuple[bytes, Exception | None]:
    """So many bytes, or all that there are, and why there are no more where that is not their end."""
    parts: list[bytes] = []
    try:
        while size > 0 and (chunk := next(data, None)) is not None:
            parts.append(chunk)
            size -= len(chunk)
    except (DamagedError, OSError) as damage:
        return b"".join(parts), damage
    return b"".join(parts), None
