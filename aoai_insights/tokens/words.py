"""Tokens of a text, faster than tiktoken counts them by itself: without looking ahead, and word by word.

The patterns by which o200k_base and cl100k_base divide a text look ahead for one case: a run of white space leaves its
last character to what follows. Of a run of spaces all but the last are then a piece of their own, and that is one token
up to 79 of them. So such a run is made one space here, for one token more; then a pattern that never looks ahead gives
the same pieces, and in three quarters of the time.

And most words of a text were counted before. A cut before a space lies between two pieces, unless white space stands
beside that space: in both patterns a space is the first character of a piece or part of a run of white space. No piece
looks behind itself, so the tokens of a text are the sum of the tokens of its words, each with the space before it. (A
word keeps the line's end behind it; so it is counted with one more word behind it, which is one token.)

A text with other white space than spaces and ends of lines is left to tiktoken.
"""

import re
from collections.abc import Callable

Count = Callable[[str], int]

_RUN = re.compile(r"  +(?=[^ \r\n])")
_LONG_RUN = " " * 80
_OTHER_SPACE = "\t\x0b\x0c"
_OTHER_SPACE_BEYOND_ASCII = "\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_NEXT = " a"
_COUNTED = " "
"""Stands for a word that was counted by itself: no word between two spaces holds one."""
_NO_WORD = 1 << 40
"""More tokens than a text has: what is between two spaces and is no word, because white space stands beside a space."""
_KEPT_WORDS = 1 << 17
_LONGEST_KEPT = 48
_SHORT = 32
"""A text up to here is counted at once: cutting it up costs more."""
_FREE_MISSES, _ASKED_PER_MISS = 20_000, 128
"""So many misses are for learning; after them one word in 128 may be new, because a new word costs ten times its share
of a text that is counted at once, and a known one half of it."""
_WORD_CHARS = 24
"""Words longer than this on average are no words of a language that puts spaces between them."""


class _Words(dict[str, int]):
    """Words to the tokens that they add to a text. Forgets all of them when there are too many."""

    __slots__ = ("_count", "missed")

    def __init__(self, count: Count) -> None:
        self._count = count
        self.missed = 0

    def __missing__(self, word: str) -> int:
        if word == _COUNTED:
            return 0
        if not word or word[0] in "\r\n":
            return _NO_WORD
        self.missed += 1
        tokens = self._count(" " + word + _NEXT) - 1
        if len(word) <= _LONGEST_KEPT:
            if len(self) >= _KEPT_WORDS:
                self.clear()
            self[word] = tokens
        return tokens


def by_words(whole: Count, plain: Count) -> Count:
    """The same count as `whole`, tiktoken's for o200k_base or cl100k_base, with a memory for words.

    `plain` counts by the pattern that does not look ahead.
    """
    words = _Words(plain)
    tokens_of = words.__getitem__
    firsts: dict[str, int] = {}
    asked = 0

    def first_tokens(word: str) -> int:
        tokens = firsts.get(word)
        if tokens is None:
            tokens = plain(word + _NEXT) - 1
            if len(word) <= _LONGEST_KEPT and len(firsts) < _KEPT_WORDS:
                firsts[word] = tokens
        return tokens

    def sum_of_words(text: str) -> int:
        """Tokens of a text with single spaces; at least _NO_WORD where it cannot be cut before each of them."""
        found = text.split(" ")
        total = first_tokens(found[0])
        found[0] = _COUNTED
        last = found[-1]
        if last.endswith(("\n", "\r")) and last[0] not in "\r\n":  # what stands behind it is the end, no further word
            total += plain(" " + last)
            found[-1] = _COUNTED
        return total + sum(map(tokens_of, found))

    def counted(text: str) -> int:
        nonlocal asked
        if _LONG_RUN in text or _has_other_space(text):
            return whole(text)
        body = text.rstrip(" ")
        more = int(len(body) < len(text) and not body.endswith(("\n", "\r")))  # a run at the end is one token
        single, runs = _RUN.subn(" ", body if more else text)
        more += runs
        spaces = single.count(" ")
        asked += spaces
        if spaces * _WORD_CHARS >= len(single) > _SHORT and words.missed <= _FREE_MISSES + asked // _ASKED_PER_MISS:
            tokens = sum_of_words(single)
            if tokens < _NO_WORD:
                return tokens + more
        return plain(single) + more

    return counted


def _has_other_space(text: str) -> bool:
    if any(map(text.__contains__, _OTHER_SPACE)):
        return True
    return not text.isascii() and any(map(text.__contains__, _OTHER_SPACE_BEYOND_ASCII))
