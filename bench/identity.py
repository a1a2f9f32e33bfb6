"""Does the fast tokenizer count as tiktoken does? `python -m bench.identity [MEGABYTES]`; 100 if not said, twice.

Texts are seeded: sources and manuals of the standard library cut at any character; characters from all of Unicode; runs
of white space, marks and digits; words of many scripts; JSON, base64; and cuts of all of them stuck together. The first
text with two counts is printed and the exit code is 1.
"""

import base64
import json
import pydoc_data.topics
import random
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from aoai_insights.tokens import encoding, fast
from aoai_insights.tokens.families import EncodingName
from aoai_insights.tokens.lines import by_lines
from aoai_insights.tokens.words import by_words


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared; `differs` is the first text with two counts."""

    texts: int
    characters: int
    tokens: int
    differs: str | None


def compare(name: EncodingName, characters: int, seed: int) -> Compared:
    """Counts texts of so many characters in all with both tokenizers. The fast one must be installed."""
    encode = encoding._build(name).encode_ordinary
    quick = fast.fast_counter(name, encoding._rank_file(name), lambda text: len(encode(text)))
    if quick is None:
        raise SystemExit(f"gigatoken {fast.PROVEN} is not installed here: pip install 'aoai-insights[fast]'")
    in_parts = by_lines(by_words(lambda text: len(encode(text)), encoding._plain_counter(name)))
    texts = seen = tokens = 0
    for text in _texts(seed):
        count = len(encode(text))
        if count != quick(text) or count != in_parts(text):
            return Compared(texts, seen, tokens, text)
        texts, seen, tokens = texts + 1, seen + len(text), tokens + count
        if seen >= characters:
            break
    return Compared(texts, seen, tokens, None)


def _texts(seed: int) -> Iterator[str]:
    rng = random.Random(seed)
    corpus = _corpus(rng)

    def cutting() -> str:
        size = rng.choice((20, 200, 2_000, 20_000))
        start = rng.randrange(len(corpus) - size)
        return corpus[start : start + size]

    makers: list[Callable[[], str]] = [
        cutting, cutting, cutting,
        lambda: _spaced(rng, cutting()),
        lambda: "".join(_any_character(rng) for _ in range(rng.randint(1, 400))),
        lambda: "".join(rng.choice(_MARKS) * rng.choice((1, 1, 2, 3, 17)) for _ in range(rng.randint(1, 200))),
        lambda: rng.choice(("", " ", "\n")).join(_word(rng) for _ in range(rng.randint(1, 300))),
        lambda: json.dumps({"content": cutting()}, ensure_ascii=rng.random() < 0.5),
        lambda: base64.b64encode(rng.randbytes(rng.randint(1, 2_000))).decode(),
        lambda: "".join(rng.choice((cutting()[-30:], _word(rng), rng.choice(_MARKS))) for _ in range(40)),
    ]  # fmt: skip
    while True:
        yield rng.choice(makers)()


def _corpus(rng: random.Random) -> str:
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    rng.shuffle(files)
    sources = [file.read_text(encoding="utf-8", errors="replace") for file in files]
    return "\n".join([*pydoc_data.topics.topics.values(), *sources])


def _spaced(rng: random.Random, text: str) -> str:
    """Some of its spaces become other white space, or more of it."""
    return "".join(rng.choice(_SPACES) if one == " " and rng.random() < 0.3 else one for one in text[:3_000])


def _any_character(rng: random.Random) -> str:
    top = rng.choice((0x7F, 0x24F, 0x2FFF, 0xD7FF, 0xFFFF, 0x1FFFF, 0x10FFFF))
    code = rng.randint(0, top)
    return chr(code) if not 0xD800 <= code < 0xE000 else "\ufffd"


def _word(rng: random.Random) -> str:
    first, last = rng.choice(_SCRIPTS)
    word = "".join(chr(rng.randint(first, last)) for _ in range(rng.randint(1, 9)))
    return rng.choice((word, word.upper(), word.title(), word + rng.choice(_ENDINGS)))


_ENDINGS = ("'s", "'LL", "’s", "1", "-", "/", "\u0301")

_SPACES = (
    " ", "  ", "   ", "     ", "\n", "\n\n", " \n", "\n ", "\r\n", "\r", "\t", "\t\t", "\x0b", "\x0c", "\x1c",
    "\x85", "\xa0", "\u1680", "\u180e", "\u2003", "\u2009 ", "\u200b", "\u2028", "\u2029", "\u202f", "\u3000",
    "\ufeff",
)  # fmt: skip
_MARKS = (
    *_SPACES, "/", "//", "!", "...", "{", "}", '"', '\\', "'", "'s", "'S", "_", "-", "#", "$", "\u20ac", "0", "9",
    "12345", "\xb2", "\xbd", "\u2167", "\u0663", "a", "\xc9", "\u01c5", "\xaa", "\u7684", "\u30fc", "\u0301",
    "\u200d", "\U0001f600", "\U0001f1e9\U0001f1ea", "\U0001f469\u200d\U0001f680", "\x00", "<|endoftext|>",
    "<|fim_prefix|>", "\ufffd",
)  # fmt: skip
_SCRIPTS = (
    (0x61, 0x7A), (0x61, 0x7A), (0xC0, 0x17F), (0x370, 0x3FF), (0x400, 0x45F), (0x531, 0x586), (0x5D0, 0x5EA),
    (0x620, 0x64A), (0x904, 0x94D), (0xE01, 0xE3A), (0x10A0, 0x10FF), (0x1E00, 0x1EFF), (0x3041, 0x30FE),
    (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0x1D400, 0x1D7FF),
)  # fmt: skip


def main() -> int:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    for name in sorted(encoding.BY_WORDS):
        compared = compare(cast(EncodingName, name), megabytes * 1_000_000, seed=7)
        print(f"{name}: {compared.texts:,} texts, {compared.characters:,} characters, {compared.tokens:,} tokens")
        if compared.differs is not None:
            print(f"two counts of {compared.differs!r}")
            return 1
        print("the same with tiktoken, by lines and words, and with gigatoken " + fast.PROVEN)
    return 0


if __name__ == "__main__":
    sys.exit(main())
