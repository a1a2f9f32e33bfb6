"""Tokens of texts that say again what others said, as a whole or in part of their lines.

Instructions come in every call of an app, earlier turns in every later one: such texts are remembered whole. Of a text
that is new, many lines are not: a template with other values in it, code and pages that are quoted again.

A cut behind a line feed lies between two pieces of o200k_base and of cl100k_base where a line follows that is not
blank and does not begin with a slash: white space with a line feed in it is one piece up to its last line feed, and
only a slash can follow a line feed in a piece of punctuation. No piece looks behind itself, and what stands before
the cut falls into the same pieces at the end of a text. So the tokens of a text are the sum of those of its lines.
"""

import re

from aoai_insights.tokens.words import Count

_CUT = re.compile(r"\n(?=[^\s/]| +\S)")
_SHORT = 32
"""A text up to here is counted at once: remembering it costs more."""
_KEPT_TEXT_CHARS = 8_000_000
_KEPT_LINES = 1 << 16
_LONGEST_KEPT = 256
_FREE_MISSES, _ASKED_PER_MISS, _LINE_CHARS = 20_000, 12, 64
"""So many new lines are for learning; after them one line in twelve may be new (a line is taken to have 64 characters),
because a new one costs half as much again as its share of the text, and a known one a fifth of it."""


class _Lines(dict[str, int]):
    """Lines to their tokens, each with its line feed. Forgets all of them when there are too many."""

    __slots__ = ("_count", "missed")

    def __init__(self, count: Count) -> None:
        self._count = count
        self.missed = 0

    def __missing__(self, line: str) -> int:
        self.missed += 1
        tokens = self._count(line + "\n")
        if len(line) <= _LONGEST_KEPT:
            if len(self) >= _KEPT_LINES:
                self.clear()
            self[line] = tokens
        return tokens


def by_lines(count: Count) -> Count:
    """The same as `count`, which is for o200k_base or cl100k_base, with a memory for texts and their lines."""
    lines = _Lines(count)
    tokens_of = lines.__getitem__
    texts: dict[str, int] = {}
    kept_chars = asked = 0

    def count_new(text: str) -> int:
        nonlocal asked
        asked += len(text) // _LINE_CHARS
        if lines.missed > _FREE_MISSES + asked // _ASKED_PER_MISS:
            return count(text)
        parts = _CUT.split(text)
        last = parts.pop()
        return sum(map(tokens_of, parts)) + count(last)

    def counted(text: str) -> int:
        nonlocal kept_chars
        size = len(text)
        if size <= _SHORT:
            return count(text)
        tokens = texts.get(text)
        if tokens is None:
            tokens = count_new(text)
            kept_chars += size
            if kept_chars > _KEPT_TEXT_CHARS:
                texts.clear()
                kept_chars = size
            texts[text] = tokens
        return tokens

    return counted
