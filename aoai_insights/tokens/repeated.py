"""A run of stream events that differ in one string only: the text of the delta, and random padding where there is some.

A service writes each event of an answer with the same members in the same order. So behind each text stand the same
bytes, the end of one event and the beginning of the next; stepping over them reads a text and proves that nothing else
differs. The same holds for a stream that is a string in a log record: there every quote has a backslash before it
(`quote`), and every backslash of the stream is two.
"""

from msgspec import Struct

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
        texts = texts_of(body, place + 1, tail + b"\n\n", head)
        fixed = len(head) + len(tail) + 2
        sizes = [fixed + len(text) for text in texts]
    else:
        closing = tail[padding[1] :] + b"\n\n"
        texts, sizes = padded_texts(body, place + 1, tail[: padding[0]], closing, head)
    return Run(body[:start], head, texts, tail, sizes, body[start + sum(sizes) :]) if texts else None


def texts_of(body: bytes, start: int, closing: bytes, head: bytes, quote: bytes = b'"') -> list[bytes]:
    """The strings of whole events, from the one that begins at `start`: the innermost loop of reading logs.

    `closing` is an event from behind its string, with the blank line; `head` is the next one up to its string.
    """
    texts: list[bytes] = []
    find, stands, add = body.find, body.startswith, texts.append
    step = closing + head
    length = len(step)
    while True:
        # A slice and a comparison take half the time of startswith.
        while body[(end := find(quote, start)) : (following := end + length)] == step:
            add(body[start:end])
            start = following
        if body[end - 1] != _BACKSLASH or not stands(step, end := end_of_string(body, start, quote)):
            break
        add(body[start:end])
        start = end + length
    if end >= 0 and stands(closing, end):
        add(body[start:end])
    return texts if b"\\\n" not in b"\n".join((*texts, b"")) else texts[: _ended(texts, 2 * len(quote))]


def _ended(texts: list[bytes], unit: int) -> int:
    """How many of `texts` are whole strings: behind an odd backslash the quote was one of the string's own.

    `unit`: bytes of an escaped backslash.
    """
    odd = (i for i, text in enumerate(texts) if (len(text) - len(text.rstrip(b"\\"))) % unit)
    return next(odd, len(texts))


def padded_texts(
    body: bytes, start: int, middle: bytes, closing: bytes, head: bytes, quote: bytes = b'"'
) -> tuple[list[bytes], list[int]]:
    """The same where padding stands between `middle` and `closing`, with the sizes of the events."""
    texts: list[bytes] = []
    sizes: list[int] = []
    find = body.find
    step = closing + head
    between, fixed = len(middle), len(step)
    while True:
        end = find(quote, start)
        if body[end - 1] == _BACKSLASH:
            end = end_of_string(body, start, quote)
        if end < 0 or body[end : (padding := end + between)] != middle:
            break
        stop = find(quote, padding)
        goes_on = body[stop : (following := stop + fixed)] == step
        if not goes_on and (stop < 0 or not body.startswith(closing, stop)):
            break
        texts.append(body[start:end])
        sizes.append(following - start)
        if not goes_on:
            break
        start = following
    return texts, sizes


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
