"""Tokens of a text, word by word: most words of a text were counted before, and looking one up is cheaper.

A cut before a space that is followed by anything but white space lies between two of the pieces into which o200k_base
and cl100k_base divide a text before they merge pairs: in both patterns a space is the first character of a piece or
part of a run of white space, and such a run leaves its last character to what follows. No piece looks behind itself, so
the tokens of a text are the sum of the tokens of its words, each with the space before it. (A word keeps the white
space behind it, as in `x:\\n    ` before ` return`; so it is counted with one more word behind it, which is one token.)
"""

import re
from collections.abc import Callable

_BEFORE_A_WORD = re.compile(r" (?=\S)")
_BEFORE_NO_WORD = re.compile(r" (?:\s|\Z)")
_NEXT = " a"
_KEPT_WORDS = 1 << 17
_LONGEST_KEPT = 48
_KEPT_TEXT_CHARS = 8_000_000
_SHORT = 64
"""A text up to here is counted at once: cutting it up costs more."""
_FREE_MISSES, _ASKED_PER_MISS = 20_000, 8
"""So many misses are for learning, and after them one word in eight may be new."""
_WORD_CHARS = 24
"""Words longer than this on average are no words of a language that puts spaces between them."""


class _Words(dict[str, int]):
    """Words to the tokens that they add to a text. Forgets all of them when there are too many."""

    __slots__ = ("_count", "asked", "missed")

    def __init__(self, count: Callable[[str], int]) -> None:
        self._count = count
        self.asked = self.missed = 0

    @property
    def pay(self) -> bool:
        """Were enough words known so far? A text of words that never come again costs four times its tokenizing."""
        return self.missed <= _FREE_MISSES + self.asked // _ASKED_PER_MISS

    def __missing__(self, word: str) -> int:
        self.missed += 1
        tokens = self._count(" " + word + _NEXT) - 1
        if len(word) <= _LONGEST_KEPT:
            if len(self) >= _KEPT_WORDS:
                self.clear()
            self[word] = tokens
        return tokens


def _words_of(text: str) -> list[str]:
    if _BEFORE_NO_WORD.search(text) is None:
        return text.split(" ")  # the same, in a third of the time: prose, and not code
    return _BEFORE_A_WORD.split(text)


def by_words(count: Callable[[str], int]) -> Callable[[str], int]:
    """The same count as `count`, a tokenizer of o200k_base or cl100k_base, with a memory for words and whole texts.

    Texts come again as a whole: instructions in every call of an app, earlier turns in every later one.
    """
    words = _Words(count)
    tokens_of = words.__getitem__
    texts: dict[str, int] = {}
    kept_chars = 0

    def counted(text: str) -> int:
        nonlocal kept_chars
        size = len(text)
        if size <= _SHORT:
            return count(text)
        known = texts.get(text)
        if known is not None:
            return known
        spaces = text.count(" ")
        words.asked += spaces
        found = _words_of(text) if spaces * _WORD_CHARS >= size and words.pay else ()
        if len(found) < 2:
            tokens = count(text)
        else:
            tokens = count(found[0] + _NEXT) - 1 + sum(map(tokens_of, found[1:-1])) + count(" " + found[-1])
        kept_chars += size
        if kept_chars > _KEPT_TEXT_CHARS:
            texts.clear()
            kept_chars = size
        texts[text] = tokens
        return tokens

    return counted
