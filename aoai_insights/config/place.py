"""Where in the file a value stands, and what it may have been meant to be."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aoai_insights.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The file that is being checked: what its errors name."""

    path: Path
    text: str

    def fails_at(self, section: str, index: int, key: str, message: str, remedy: str) -> ConfigError:
        """The error of `key` in the index-th [[section]]."""
        line = line_of(self.text, (section, index, key))
        return ConfigError(f"{self.path}, line {line}: {section}[{index + 1}].{key}: {message}", remedy)

    def fails(self, message: str, remedy: str) -> ConfigError:
        """The error of a key that there is once."""
        return ConfigError(f"{self.path}: {message}", remedy)


def dotted(trail: Sequence[str | int]) -> str:
    return "".join(f"[{p + 1}]" if isinstance(p, int) else f".{p}" for p in trail).lstrip(".")


def nearest(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f'did you mean "{close[0]}"?' if close else "known: " + ", ".join(k for k in known if k)


def line_of(text: str, trail: Sequence[str | int]) -> int:
    """The line where the key at the end of `trail` stands: in the n-th [[table]] of its first name, else in [table]."""
    names = [p for p in trail if isinstance(p, str)]
    nth = next((p for p in trail if isinstance(p, int)), 0)
    key = names[-1]
    section, seen, fallback = "", -1, 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([\w.\-]+)\s*\]\]?", line)
        if header:
            section = header[1]
            seen += section == names[0]
            if section == names[0] and seen == nth:
                fallback = number
        elif not re.search(rf"(^|[\s{{,])\"?{re.escape(key)}\"?\s*=", line):
            continue
        inside = (section == names[0] and seen == nth) if len(names) > 1 else not section
        if inside and not header:
            return number
        if header and len(names) == 1 and section == key:
            return number
    return fallback or 1
