"""The fast tokenizer, where it is installed (`pip install aoai-insights[fast]`); tiktoken is what defines a token.

gigatoken gives the same tokens as tiktoken (`python -m bench.identity` tries it again), in the one version named here,
but for one thing: it knows which characters of Unicode 17 are letters, and tiktoken's tables end with Unicode 16. So
text with such a character is left to tiktoken. Another version is another program, so it is not used.
"""

import os
import re
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PROVEN = "0.10.0"
"""The version of gigatoken whose counts were compared."""

SWITCH = "AOAI_INSIGHTS_TOKENIZER"
"""Environment variable: `tiktoken` leaves the fast tokenizer unused though it is there."""

_SCHEMES = {"o200k_base": "o200k", "cl100k_base": "gpt4"}


def fast_version() -> str | None:
    """The version of the fast tokenizer if it is the proven one and wanted, else None."""
    if os.environ.get(SWITCH) == "tiktoken":
        return None
    try:
        found = version("gigatoken")
    except PackageNotFoundError:
        return None
    return found if found == PROVEN else None


_NEW = re.compile(
    "[\u088f\u0c5c\u0cdc\u1acf-\u1add\u1ae0-\u1aeb\ua7ce\ua7cf\ua7d2\ua7d4\ua7f1\U00010940-\U00010959"
    "\U00010ec5-\U00010ec7\U00010efa\U00010efb\U00011b60-\U00011b67\U00011db0-\U00011ddb\U00011de0-\U00011de9"
    "\U00016ea0-\U00016eb8\U00016ebb-\U00016ed3\U00016ff2-\U00016ff6\U000187f8-\U000187ff\U00018d09-\U00018d1e"
    "\U00018d80-\U00018df2\U0001e6c0-\U0001e6f5\U0001e6fe\U0001e6ff\U0002b73a-\U0002b73f\U0002cea2-\U0002cead"
    "\U000323b0-\U00033479]"
)
"""Letters, digits and marks of Unicode 17.0 that Unicode 16.0 did not have: found by comparing each character."""

_EMOJI = b"\xf0\x9f"
"""How most of what begins with 0xF0 begins in UTF-8, and none of them does."""


def _may_be_new(data: bytes) -> bool:
    """Are there bytes with which one of them begins? The first byte is soon looked for, and seldom there."""
    return (
        (b"\xe0" in data and (b"\xe0\xa2" in data or b"\xe0\xb1" in data or b"\xe0\xb3" in data))
        or (b"\xe1" in data and b"\xe1\xab" in data)
        or (b"\xea" in data and b"\xea\x9f" in data)
        or (b"\xf0" in data and data.count(b"\xf0") > data.count(_EMOJI))
    )


def fast_counter(name: str, ranks: bytes, reference: Callable[[str], int]) -> Callable[[str], int] | None:
    """Counts tokens of a text as tiktoken's `encode_ordinary` does; None where tiktoken has to do it.

    `ranks` is the rank file of the encoding `name`; `reference` is tiktoken's count. Lone surrogates become U+FFFD.
    """
    scheme = _SCHEMES.get(name)
    if scheme is None or fast_version() is None:
        return None
    try:
        import numpy  # noqa: F401 - what encode answers in; loaded by Rust, Ctrl-C meanwhile would be a panic
        from gigatoken.gigatoken_rs import BPETokenizer
    except ImportError:  # built for another processor or Python
        return None
    with tempfile.TemporaryDirectory() as folder:  # it reads ranks from a file only
        file = Path(folder) / "ranks.tiktoken"
        file.write_bytes(ranks)
        encode = BPETokenizer.from_tiktoken(str(file), scheme, {}).encode

    def count(text: str) -> int:
        if text.isascii():
            return len(encode(text))
        try:
            data = text.encode()
        except UnicodeEncodeError:
            return count(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        if _may_be_new(data) and _NEW.search(text):
            return reference(text)
        return len(encode(data))

    return count
