"""What a report says, worded and formatted, before any medium: browser, e-mail and terminal place the same values.

Every string here is final text for people. Media escape it, lay it out and colour it; they compute nothing.
"""

from dataclasses import dataclass
from typing import Literal

Status = Literal["complete", "caution", "incomplete"]
Tone = Literal["", "total", "attention", "missing"]


@dataclass(frozen=True, slots=True)
class Heading:
    """One column. `numeric` columns are right-aligned; a `bar` column draws `Cell.bar` beside its text.

    `minor`: narrow media leave the column out. No figure of the first screen stands in one.
    """

    text: str
    numeric: bool = False
    bar: bool = False
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One value. `bar` is a length in [0, 1]; `code` marks a name that somebody else chose (may be hostile or long)."""

    text: str
    code: bool = False
    bar: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line; its first cell is the row's heading."""

    cells: tuple[Cell, ...]
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows that a reader opens: never left out, and `sum` stands for them among the rows above."""

    summary: str
    sum: Row
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class DataTable:
    """A table with the sentence that it proves. `rows` and the fold's are everything; `total` is their sum."""

    caption: str
    headings: tuple[Heading, ...]
    rows: tuple[Row, ...]
    total: Row | None = None
    fold: Fold | None = None


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One field of a heat map. `step` None: nothing was measured, which is not zero. `few`: rests on few calls."""

    text: str
    step: int | None
    spoken: str
    few: bool = False


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One line of a heat map."""

    name: str
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Values by row and column; `legend` pairs each step of the colour ramp with its range in words."""

    caption: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    legend: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what to take from it, and the figures behind."""

    anchor: str
    title: str
    lead: str = ""
    tables: tuple[DataTable | HeatMap, ...] = ()
    points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """One of the three numbers: what, how much, and how it moved, in words."""

    label: str
    value: str
    detail: str
    change: str


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a whole: its share in [0, 1] of the money."""

    name: str
    bar: float


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to know before trusting a figure. `attention`: it lowers the trust."""

    label: str
    text: str
    attention: bool = False


@dataclass(frozen=True, slots=True)
class Trust:
    """How far the figures can be trusted: a verdict, the split by token class, and the facts behind."""

    status: Status
    verdict: str
    alarms: tuple[str, ...]
    """What is missing, worst first; empty when the answer is whole."""
    split: DataTable
    parts: tuple[Part, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report says, in the order in which it is read."""

    lang: str
    subject: str
    """The answer in one line: subject of an e-mail, title of a page."""
    question: str
    answer: str
    moved: str
    """Against the period before: "up 8.1%". Empty where there is none."""
    leader: str
    """Who cost most, in one sentence; empty where nothing cost anything."""
    standfirst: str
    numbers: tuple[KeyNumber, ...]
    changes_title: str
    changes: tuple[str, ...]
    changes_note: str
    """Why the comparison needs care; may be empty."""
    trust: Trust
    sections: tuple[Section, ...]
    method: tuple[str, ...]
    footer: tuple[str, ...]
    revision: int = 1
    revised: tuple[str, ...] = ()
    """What differs from the revision before, in sentences; empty for the first."""
