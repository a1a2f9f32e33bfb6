"""A run of stream events that differ in one string only: the text of the delta, and random padding where there is some.

A service writes each event of an answer with the same members in the same order. So behind each text stand the same
bytes, the end of one event and the beginning of the next; splitting at them leaves the texts and proves that nothing
else differs. The same holds for a stream that is a string in a log record: there every quote has a backslash before it
(`quote`), and every backslash of the stream is two.
"""

from itertools import takewhile

from msgspec import Struct
from stringzilla import Str

_BACKSLASH = ord("\\")
_PADDING = b'"obfuscation":"'
_QUOTED_PADDING = _PADDING.replace(b'"', b'\\"')


class Run(Struct, frozen=True):
    """Whole events of a stream, one after the other, alike but for one JSON string in each."""

    before: bytes
    """What of the body stands before the first of them."""
    head: bytes
    """An event up to the string, with its opening quote."""
    texts: list[bytes]
    """The strings, still escaped, without quotes."""
    tail: bytes
    """The first event from the closing quote on, without the blank line that ends it."""
    sizes: list[int]
    """Bytes of each event, with the blank line that ends it."""
    after: bytes
    """What follows the last of them; the part of an event that was cut, too."""


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
    return Run(body[:start], head, texts, tail, sizes, body[start + sum(sizes) :]) if texts else None


def texts_of(body: bytes, start: int, closing: bytes, head: bytes, quote: bytes = b'"') -> bytes:
    """The strings of whole events, each with a line feed, from the one that begins at `start`.

    `closing` is an event from behind its string, with the blank line; `head` is the next one up to its string. This is
    the innermost loop of reading logs.
    """
    texts: list[bytes] = []
    step = closing + head
    while body.startswith(step, end := end_of_string(body, start, quote)):
        first = body[start:end]
        if b"\n" in first:  # no JSON string
            return b"".join(texts)
        start = end + len(step)
        pieces = Str(body)[start : start + _WINDOW].split(step)[:-1]
        more = _strings(b"\n".join(pieces), len(pieces), quote)
        texts += [first, b"\n", more]
        start += len(more) + more.count(b"\n") * (len(step) - 1)
    if end >= 0 and body.startswith(closing, end) and b"\n" not in (last := body[start:end]):
        texts += [last, b"\n"]
    return b"".join(texts)


_WINDOW = 131_072
"""So much is searched at once: of a body of any size, whose runs are short, no more than that for each."""


def padded_texts(
    body: bytes, start: int, middle: bytes, closing: bytes, head: bytes, quote: bytes = b'"'
) -> tuple[list[bytes], list[int]]:
    """The same as a list where padding stands between `middle` and `closing`, with the sizes of the events."""
    texts: list[bytes] = []
    sizes: list[int] = []
    step = closing + head
    while body.startswith(middle, end := end_of_string(body, start, quote)):
        stop = end_of_string(body, end + len(middle), quote)
        if stop < 0 or not body.startswith(closing, stop):
            break
        texts.append(body[start:end])
        sizes.append(stop + len(step) - start)
        start = stop + len(step)
        if not body.startswith(step, stop):
            break
        pieces = Str(body)[start : start + _WINDOW].split(step)[:-1]
        # Of each piece its text, then its padding, which a line feed divides from the next text.
        halves = Str(b"\n".join(pieces)).split(middle)
        strings = _strings(b"\n".join(halves), 2 * len(pieces), quote).split(b"\n")
        for text, padding, piece in zip(strings[::2], strings[1::2], pieces, strict=False):
            if len(text) + len(middle) + len(padding) != len(piece):
                break
            texts.append(text)
            sizes.append(len(piece) + len(step))
            start += sizes[-1]
    return texts, sizes


def _strings(joined: bytes, count: int, quote: bytes) -> bytes:
    """Of `count` pieces, joined by line feeds, those before the first that is no JSON string, a line feed after each.

    Nothing where one holds a line feed, which JSON escapes. Inside a string a quote has an odd backslash before it;
    behind an odd backslash the quote that ended it was one too.
    """
    lines = joined + b"\n"
    if lines.count(b"\n") != count:
        return b""
    escaped = b"\\" * (2 * len(quote) - 1) + b'"'
    plain = lines.count(b'"') == lines.count(escaped) and b"\\" + escaped not in lines
    if plain and b"\\\n" not in lines:
        return lines
    whole = takewhile(lambda piece: _is_string(piece, 2 * len(quote)), joined.split(b"\n"))
    return b"".join([piece + b"\n" for piece in whole])


def _is_string(piece: bytes, unit: int) -> bool:
    """`unit`: bytes of an escaped backslash."""
    *inside, last = [(len(part) - len(part.rstrip(b"\\"))) % unit for part in piece.split(b'"')]
    return last == 0 and all(odd == unit - 1 for odd in inside)


def padding_at(tail: bytes, quote: bytes = b'"') -> tuple[int, int] | None:
    """Where the padding of an event begins and ends; None where it has none."""
    mark = _PADDING if quote == b'"' else _QUOTED_PADDING
    place = tail.find(mark)
    if place < 0:
        return None
    start = place + len(mark)
    return start, tail.find(quote, start)


def end_of_string(body: bytes, start: int, quote: bytes = b'"') -> int:
    """Where the quote begins that ends the JSON string that begins at `start`; -1 where none does."""
    unit = 2 * len(quote)  # bytes of an escaped backslash
    end = body.find(quote, start)
    while end > start and body[end - 1] == _BACKSLASH:
        inside = body[start:end]
        if (len(inside) - len(inside.rstrip(b"\\"))) % unit == 0:
            break
        end = body.find(quote, end + len(quote))
    return end
