"""The fast tokenizer, where it is installed (`pip install aoai-insights[fast]`); tiktoken is what defines a token.

gigatoken gave the same tokens as tiktoken for all text it was tried on (`python -m bench.identity` tries it again), in
the one version named here. Another version is another program, so it is not used.
"""

import os
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PROVEN = "0.10.0"
"""The version of gigatoken whose counts were compared."""

OFF = "AOAI_INSIGHTS_TOKENIZER"
"""Environment variable: `tiktoken` leaves the fast tokenizer unused though it is there."""

_SCHEMES = {"o200k_base": "o200k", "cl100k_base": "gpt4"}


def fast_version() -> str | None:
    """The version of the fast tokenizer if it is the proven one and wanted, else None."""
    if os.environ.get(OFF) == "tiktoken":
        return None
    try:
        found = version("gigatoken")
    except PackageNotFoundError:
        return None
    return found if found == PROVEN else None


def fast_counter(name: str, ranks: bytes) -> Callable[[str], int] | None:
    """Counts tokens of a text as tiktoken's `encode_ordinary` does; None where tiktoken has to do it.

    `ranks` is the rank file of the encoding `name`. Lone surrogates become U+FFFD, as in tiktoken.
    """
    scheme = _SCHEMES.get(name)
    if scheme is None or fast_version() is None:
        return None
    try:
        from gigatoken.gigatoken_rs import BPETokenizer
    except ImportError:  # built for another processor or Python
        return None
    with tempfile.TemporaryDirectory() as folder:  # it reads ranks from a file only
        file = Path(folder) / "ranks.tiktoken"
        file.write_bytes(ranks)
        encode = BPETokenizer.from_tiktoken(str(file), scheme, {}).encode

    def count(text: str) -> int:
        try:
            return int(encode(text).size)
        except UnicodeEncodeError:
            return int(encode(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")).size)

    return count
