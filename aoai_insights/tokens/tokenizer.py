"""Which tokenizer counts here, and why not the fast one, for those who compare two machines or wait for one."""

import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from aoai_insights.tokens.fast import PROVEN, SWITCH, fast_version

Unused = Literal["", "absent", "another version", "switched off", "not loadable"]


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """`name` and its version count; `fast_unused` says why the fast one does not, "" where it does."""

    name: str
    version: str
    fast_unused: Unused = ""
    fast_found: str = ""
    """The version of the fast one that is installed, used or not."""


def tokenizer() -> Tokenizer:
    """What `text_tokens` counts with in this process; older encodings are tiktoken's in any case."""
    try:
        found = version("gigatoken")
    except PackageNotFoundError:
        return _reference("absent")
    if os.environ.get(SWITCH) == "tiktoken":
        return _reference("switched off", found)
    if fast_version() is None:
        return _reference("another version", found)
    try:
        import gigatoken.gigatoken_rs  # noqa: F401
    except ImportError:  # built for another processor or Python
        return _reference("not loadable", found)
    return Tokenizer("gigatoken", PROVEN, "", found)


def _reference(why: Unused, found: str = "") -> Tokenizer:
    return Tokenizer("tiktoken", version("tiktoken"), why, found)
