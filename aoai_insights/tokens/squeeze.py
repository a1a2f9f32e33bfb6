"""Streams inside log records, made short before the record is decoded: a run of deltas becomes one delta.

A stream says 300 bytes for every word. Most of a log is that, and decoding, copying and counting it is most of the work
of reading a log. Where the events of a run differ in one string only (repeated.py), one event with the strings joined
says the same, so the bytes between them are left out as soon as the line is read. What is left counts to the same
tokens; of a stream that was cut nothing is left out, because its estimate needs the size of each event.
"""

import re

from orjson import JSONDecodeError, loads
from stringzilla import find

from aoai_insights.tokens.lone_delta import QUOTED_DELTA, is_lone_delta
from aoai_insights.tokens.repeated import end_of_string, padded_texts, padding_at, texts_of

_SHORTEST = 24_576
"""A shorter line holds what a gateway logs of two bodies at most, 8,192 bytes of each: seldom a whole stream, and none
that is worth it."""
_QUOTE = b'\\"'
_BLANK = b"\\n\\n"
_DELTA = b'\\"delta\\":'

_STRING_INSIDE = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+')
_BODIES = (b'responsebody"', b'responsebody_s"')
"""What the string of a response body belongs to, in lower case; any other string that holds a stream only quotes it."""
_LINE_FEED = b"\\n"
_DONE = b"\\n\\ndata: [DONE]"
_LONGEST_START = 8192
_LONGEST_END = 4096
_LONGEST_EVENT = 4096

_STEPS = (0, 0, 4096, 32_768)
"""How much is passed over after so many deltas in vain, so that little is lost on a stream that is no run. The first
delta of a stream, and perhaps the second, is not like the others."""


def squeeze(raw: bytes) -> bytes:
    """JSON of log records, with the long streams in it shortened; the same bytes where there is none."""
    if len(raw) < _SHORTEST:
        return raw
    parts, done, in_vain = [], 0, 0
    place = find(raw, _DELTA)
    while place >= 0:
        start, joined, end = _run(raw, place)
        if joined is not None:
            parts += [raw[done:start], joined]
            done, in_vain = end, 0
        else:
            end += _STEPS[min(in_vain, len(_STEPS) - 1)]
            in_vain += 1
        place = find(raw, _DELTA, end)
    return b"".join([*parts, raw[done:]]) if parts else raw


def _run(raw: bytes, place: int) -> tuple[int, bytes | None, int]:
    """The run that begins with the delta at `place`: where its first string begins, its strings joined, and where the
    last of them ends.

    None, and where to look on, where there is no such run.
    """
    nothing = place, None, place + len(_DELTA)
    delta = QUOTED_DELTA.match(raw, place)
    if delta is None:
        return nothing
    start = delta.end()
    first = raw.rfind(b"data: {", max(0, start - _LONGEST_EVENT), start)
    end = end_of_string(raw, start, _QUOTE)
    stop = raw.find(b"}" + _BLANK, end, end + _LONGEST_EVENT) + 1 if end >= 0 else 0
    if first < 5 or raw[first - 5 : first] != b"}" + _BLANK or stop <= 0:
        return nothing
    head, tail = raw[first:start], raw[end:stop]
    event = head + tail
    quotes = event.count(_QUOTE)
    if event.count(b"\\") != quotes or event.count(b'"') != quotes:  # something else is escaped, or a string ends
        return nothing
    padding = padding_at(tail, _QUOTE)
    if padding is None:
        closing = tail + _BLANK
        texts = texts_of(raw, start, closing, head, _QUOTE)
        joined = texts.replace(b"\n", b"")
        events = len(texts) - len(joined)
        size = len(joined) + (len(closing) + len(head)) * (events - 1)
    else:
        middle, closing = tail[: padding[0]], tail[padding[1] :] + _BLANK
        padded, sizes = padded_texts(raw, start, middle, closing, head, _QUOTE)
        joined = b"".join(padded)
        events = len(padded)
        size = sum(sizes[:-1]) + len(padded[-1]) if padded else 0
    end = start + size
    whole = events > 1 and _ends(raw, end) and _begins(raw, first)
    lone = whole and is_lone_delta(head[6:].replace(_QUOTE, b'"'), tail.replace(_QUOTE, b'"'))
    return (start, joined, end) if lone and _is_text(joined) else (place, None, max(end, place + len(_DELTA)))


def _begins(raw: bytes, first: int) -> bool:
    """Did the stream begin not long before the event at `first`, with the string of a response body?"""
    quote = raw.rfind(b'"data: ', max(0, first - _LONGEST_START), first)
    key = raw[max(0, quote - 24) : quote].rstrip(b" :").lower() if quote >= 0 else b""
    return key.endswith(_BODIES) and _is_inside(raw[quote + 1 : first])


def _ends(raw: bytes, place: int) -> bool:
    """Does the stream end soon after the run, as a whole stream does, and with it the record's own string?"""
    done = raw.find(_DONE, place, place + _LONGEST_END)
    if done < 0 or not _is_inside(raw[place:done]):
        return False
    behind = done + len(_DONE)
    while raw.startswith(_LINE_FEED, behind):
        behind += len(_LINE_FEED)
    return raw.startswith(b'"', behind)


def _is_inside(part: bytes) -> bool:
    """Does no JSON string end in it?"""
    if find(part, b"\\\\") >= 0 or part.endswith(b"\\"):
        return _STRING_INSIDE.fullmatch(part) is not None
    return part.count(b'"') == part.count(_QUOTE)


def _is_text(joined: bytes) -> bool:
    """Are the strings together what a JSON string may hold? Of events that are no JSON, each is read by itself."""
    try:
        return isinstance(loads(b'"' + loads(b'"' + joined + b'"').encode() + b'"'), str)
    except (JSONDecodeError, UnicodeEncodeError):
        return False
