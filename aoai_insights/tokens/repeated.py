"""A run of stream events that differ in one string only: the text of the delta, and random padding where there is some.

A service writes each event of an answer with the same members in the same order. So behind each text stand the same
bytes, the end of one event and the beginning of the next; splitting at them leaves the texts and proves that nothing
else differs. The same holds for a stream that is a string in a log record: there every quote has a backslash before it
(`quote`), and every backslash of the stream is two.
"""

import re
from collections.abc import Sequence

from msgspec import Struct
from stringzilla import Str, find

_BACKSLASH = ord("\\")
_PADDING = re.compile(rb'"obfuscation": ?"')
_QUOTED_PADDING = re.compile(_PADDING.pattern.replace(b'"', rb'\\"'))


class Run(Struct, frozen=True):
    """Whole events of a stream, one after the other, alike but for one JSON string in each."""

    start: int
    """Where the first of them begins."""
    head: bytes
    """An event up to the string, with its opening quote."""
    texts: list[bytes]
    """The strings, still escaped, without quotes."""
    tail: bytes
    """The first event from the closing quote on, without the blank line that ends it."""
    sizes: list[int]
    """Bytes of each event, with the blank line that ends it."""


def repeated_events(body: bytes, place: int, end: int) -> Run | None:
    """The run that begins with the event whose string has its quotes at `place` and `end - 1`; None where none does."""
    blank = body.rfind(b"\n\n", 0, place)
    start = blank + 2 if blank >= 0 else 0
    stop = body.find(b"\n\n", end)
    head, tail = body[start : place + 1], body[end - 1 : stop]
    if stop < 0 or not head.startswith(b"data: {") or b"\n" in head or b"\n" in tail:
        return None
    padding = padding_at(tail)
    if padding is None:
        *texts, _ = texts_of(body, place + 1, tail + b"\n\n", head).split(b"\n")
        fixed = len(head) + len(tail) + 2
        sizes = [fixed + len(text) for text in texts]
    else:
        closing = tail[padding[1] :] + b"\n\n"
        texts, sizes = padded_texts(body, place + 1, tail[: padding[0]], closing, head)
    return Run(start, head, texts, tail, sizes) if texts else None


def texts_of(body: bytes, start: int, closing: bytes, head: bytes, quote: bytes = b'"') -> bytes:
    """The strings of whole events, each with a line feed, from the one that begins at `start`.

    `closing` is an event from behind its string, with the blank line; `head` is the next one up to its string. This is
    the innermost loop of reading logs.
    """
    texts: list[bytes] = []
    step, window, more = closing + head, _WINDOW, b"\n"
    while True:
        end = end_of_string(body, start, quote)
        if not body.startswith(closing, end) or b"\n" in (text := body[start:end]):
            break
        texts += [text, b"\n"]
        if not more or not body.startswith(head, end + len(closing)):
            break
        start = end + len(step)
        pieces = Str(body)[start : start + window].split(step)[:-1]
        more = _strings(pieces, quote)
        texts.append(more)
        start += len(more) + more.count(b"\n") * (len(step) - 1)
        window = min(_WIDER * window, _WIDEST)
    return b"".join(texts)


_WINDOW, _WIDER, _WIDEST = 16_384, 4, 262_144
"""So much is searched at once, and more as a run goes on: behind a short one little is searched that is not its own."""


def padded_texts(
    body: bytes, start: int, middle: bytes, closing: bytes, head: bytes, quote: bytes = b'"'
) -> tuple[list[bytes], list[int]]:
    """The same as a list where padding stands between `middle` and `closing`, with the sizes of the events."""
    texts: list[bytes] = []
    sizes: list[int] = []
    step, window, more = closing + head, _WINDOW, [b""]
    while True:
        end = end_of_string(body, start, quote)
        padding = end + len(middle)
        if not body.startswith(middle, end) or b"\n" in (text := body[start:end]):
            break
        stop = body.find(quote, padding)
        if stop < 0 or not body.startswith(closing, stop) or not _PADDED.fullmatch(body, padding, stop):
            break
        texts.append(text)
        sizes.append(stop + len(step) - start)
        start += sizes[-1]
        if not more or not body.startswith(head, stop + len(closing)):
            break
        pieces = Str(body)[start : start + window].split(step)[:-1]
        more = _before_padding(pieces, middle, quote)
        texts += more
        sizes += [len(piece) + len(step) for piece in pieces[: len(more)]]
        start += sum(sizes[-len(more) :]) if more else 0
        window = min(_WIDER * window, _WIDEST)
    return texts, sizes


def _strings(pieces: Sequence[Str], quote: bytes) -> bytes:
    """Those before the first that is no JSON string, with a line feed after each, which no JSON string holds."""
    lines = b"\n".join([*pieces, b""])
    whole = lines[: _strings_end(lines, quote)]
    count = whole.count(b"\n")
    if len(whole) == (len(lines) if count == len(pieces) else sum(map(len, pieces[:count])) + count):
        return whole
    return _strings(pieces[: _before_line_feed(pieces)], quote)


def _strings_end(lines: bytes, quote: bytes) -> int:
    """Where the lines end that hold a JSON string each, as far as quotes and backslashes tell.

    Inside a string a quote has an odd backslash before it; behind an odd backslash the quote that ended it was one too.
    """
    unit = 2 * len(quote)  # bytes of an escaped backslash
    even = lines.replace(b"\\" * unit, b"x" * unit)
    escaped = b"\\" * (unit - 1) + b'"'
    ends = [find(even, b"\\\n")]
    if even.count(b'"') != even.count(escaped):
        ends.append(even.replace(escaped, b"x" * unit).find(b'"'))
    end = min((end for end in ends if end >= 0), default=len(lines))
    return lines.rfind(b"\n", 0, end) + 1


def _before_padding(pieces: Sequence[Str], middle: bytes, quote: bytes) -> list[bytes]:
    """The strings of those pieces before the first that is not a string, `middle` and padding."""
    lines = b"\n".join([*pieces, b""])
    halves = b"\n".join(Str(lines).split(middle)).split(b"\n")
    texts, paddings = halves[::2], halves[1::2]
    sizes = [len(piece) - len(middle) for piece in pieces]
    alike = [len(text) + len(padding) == size for text, padding, size in zip(texts, paddings, sizes, strict=False)]
    count = alike.index(False) if False in alike else len(alike)
    if lines.count(b"\n", 0, sum(sizes[:count]) + count * (len(middle) + 1)) != count:
        return _before_padding(pieces[: _before_line_feed(pieces)], middle, quote)
    if not _PADDED.fullmatch(b"".join(paddings[:count])):
        count = next(place for place, padding in enumerate(paddings) if not _PADDED.fullmatch(padding))
    strings = b"\n".join([*texts[:count], b""])
    return strings[: _strings_end(strings, quote)].split(b"\n")[:-1]


_PADDED = re.compile(rb"[ !#-\[\]-~]*+")
"""What services pad with, letters and digits, and all else that needs no escape."""


def _before_line_feed(pieces: Sequence[Str]) -> int:
    return next((place for place, piece in enumerate(map(bytes, pieces)) if b"\n" in piece), len(pieces))


def _backslashes(data: bytes, end: int, start: int) -> int:
    """How many stand before `end`, looked for from `start` on."""
    size = 64
    while True:
        before = data[max(start, end - size) : end]
        count = len(before) - len(before.rstrip(b"\\"))
        if count < len(before) or end - size <= start:
            return count
        size *= 4


def padding_at(tail: bytes, quote: bytes = b'"') -> tuple[int, int] | None:
    """Where the padding of an event begins and ends; None where it has none."""
    mark = (_PADDING if quote == b'"' else _QUOTED_PADDING).search(tail)
    return None if mark is None else (mark.end(), tail.find(quote, mark.end()))


def end_of_string(body: bytes, start: int, quote: bytes = b'"') -> int:
    """Where the quote begins that ends the JSON string that begins at `start`; -1 where none does."""
    unit = 2 * len(quote)  # bytes of an escaped backslash
    end = body.find(quote, start)
    while end > start and body[end - 1] == _BACKSLASH and _backslashes(body, end, start) % unit:
        end = body.find(quote, end + len(quote))
    return end
