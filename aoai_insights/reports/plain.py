"""A report as plain text: for terminals, for the text part of a mail, and for readers who hear it."""

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from aoai_insights.reports.content import DataTable, HeatMap, Report, Row, Section

WIDTH = 78
_LONGEST_CELL = 34
_LEAST_ROOM = 20
"""Columns that what stands last must have to go on below itself."""


def render_text(report: Report, link: str = "") -> str:
    """Every figure of the first screen, then every table with the columns that fit."""
    return "\n".join(_lines(report, link)).rstrip() + "\n"


def _lines(report: Report, link: str) -> Iterator[str]:
    state = " (incomplete)" if report.trust.status == "incomplete" else ""
    yield from wrapped(report.question)
    yield f"{report.answer}{f', {report.moved}' if report.moved else ''}{state}"
    if report.leader:
        yield from wrapped(report.leader)
    yield from wrapped(report.standfirst)
    if report.revised:
        yield from _titled("Revised: this replaces what was sent before")
        for point in report.revised:
            yield from wrapped(point, "- ")
    yield ""
    yield from wrapped(report.trust.verdict)
    for alarm in report.trust.alarms:
        yield from wrapped(alarm, "! ")
    yield ""
    for number in report.numbers:
        yield from wrapped(f"{number.label}: {number.value}")
        yield from wrapped(number.detail, "  ")
        yield from wrapped(number.change, "  ")
    if report.changes:
        yield from _titled(report.changes_title)
        for position, change in enumerate(report.changes, 1):
            yield from wrapped(change, f"{position}. ")
        if report.changes_note:
            yield from wrapped(report.changes_note)
    yield from _titled("How far to trust it")
    yield from _table(report.trust.split)
    for fact in report.trust.facts:
        yield from wrapped(f"{fact.label}: {fact.text}", "! " if fact.attention else "- ")
    for section in report.sections:
        yield from _section(section)
    yield from _titled("How the figures are made")
    for paragraph in report.method:
        yield from wrapped(paragraph)
    if link:
        yield from ("", f"The full report: {link}")
    yield ""
    for words in report.footer:
        yield from wrapped(words)


def _section(section: Section) -> Iterator[str]:
    yield from _titled(section.title)
    if section.lead:
        yield from wrapped(section.lead)
    for figure in section.tables:
        yield from _heat_map(figure) if isinstance(figure, HeatMap) else _table(figure)
    for point in section.points:
        yield from wrapped(point, "- ")


def _table(figure: DataTable) -> Iterator[str]:
    shown = [
        i for i, heading in enumerate(figure.headings) if not heading.minor and (heading.numeric or not heading.bar)
    ]
    rows: list[Row] = [
        *figure.rows,
        *([figure.fold.sum] if figure.fold else []),
        *([figure.total] if figure.total else []),
    ]
    cells = [[figure.headings[i].text for i in shown]]
    cells += [[("! " if row.tone == "attention" and i == 0 else "") + row.cells[i].text for i in shown] for row in rows]
    right = [figure.headings[i].numeric for i in shown]
    yield from ("", *wrapped(f"{figure.caption}:"))
    yield from _columns(cells, right, rule_before_last=figure.total is not None)


def _heat_map(figure: HeatMap) -> Iterator[str]:
    names = max(_width(_cut(name)) for name in (figure.corner, *(row.name for row in figure.rows)))
    cell = max((_width(cell.text) + cell.few for row in figure.rows for cell in row.cells), default=0)
    at_once = next((n for n in (12, 8, 6) if names + n * (cell + 2) <= WIDTH), 4)
    for first, last in pairwise((*range(0, len(figure.columns), at_once), len(figure.columns))):
        yield from ("", *wrapped(f"{figure.caption}:"))
        cells = [[figure.corner, *figure.columns[first:last]]]
        cells += [
            [row.name, *(f"{cell.text}*" if cell.few else cell.text for cell in row.cells[first:last])]
            for row in figure.rows
        ]
        yield from _columns(cells, [False, *[True] * (last - first)], rule_before_last=False)


def _columns(cells: Sequence[Sequence[str]], right: Sequence[bool], rule_before_last: bool) -> Iterator[str]:
    """Columns two blanks apart; a name that is too long loses its middle, as it does in a mail's table.

    What stands last goes on below itself.
    """
    fitted = [[text if right[i] else _cut(text) for i, text in enumerate(line)] for line in cells]
    widths = [max(_width(line[i]) for line in fitted) for i in range(len(right))]
    before = sum(widths[:-1]) + 2 * (len(widths) - 1)
    if not right[-1] and WIDTH - before >= _LEAST_ROOM:
        for line, whole in zip(fitted, cells, strict=True):
            line[-1] = whole[-1]
        widths[-1] = min(WIDTH - before, max(_width(line[-1]) for line in fitted))
    for position, line in enumerate(fitted):
        if rule_before_last and position == len(fitted) - 1:
            yield "-" * min(WIDTH, before + widths[-1])
        last, *more = textwrap.wrap(line[-1], widths[-1], break_on_hyphens=False) or [""]
        padded = [
            " " * (width - _width(text)) + text if at_right else text + " " * (width - _width(text))
            for text, width, at_right in zip([*line[:-1], last], widths, right, strict=True)
        ]
        yield "  ".join(padded).rstrip()
        yield from (" " * before + text for text in more)


def _titled(title: str) -> Iterator[str]:
    yield from ("", title, "=" * _width(title))


def wrapped(words: str, mark: str = "") -> list[str]:
    """`words` in lines of at most WIDTH, the first behind `mark`, the others as far in."""
    lines = textwrap.wrap(words, WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark), break_on_hyphens=False)
    return lines or [mark.rstrip()]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 11]}…{text[-10:]}"


def _width(text: str) -> int:
    """Columns that a terminal gives the text: East Asian wide letters take two, marks none."""
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
