"""A figure as rows and columns, as every format prints it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its field, its heading and what kind of value it holds."""

    name: str
    heading: str
    kind: Literal["text", "count", "money", "ms", "share", "number"]


@dataclass(frozen=True, slots=True)
class Table:
    """What formatters know: rows under columns, a total, and notes. They know nothing of commands."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, object], ...]
    total: Mapping[str, object] | None = None
    notes: tuple[str, ...] = field(default=())
