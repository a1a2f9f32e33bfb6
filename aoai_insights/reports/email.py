"""A report as a mail: the same words as the page, in tables that Word's engine can lay out, without one image.

What mail clients allow: https://www.caniemail.com. Everything that carries meaning is an attribute (`bgcolor`, `align`,
`width`) or an inline style; nothing rests on a style sheet, a script, a picture or a media query.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from aoai_insights.reports.charts import RAMP_LIGHT
from aoai_insights.reports.content import HeatMap, Report, Section
from aoai_insights.reports.plain import render_text
from aoai_insights.resources import resource_root

if TYPE_CHECKING:
    import css_inline
    from jinja2 import Template

BUDGET = 80 * 1024
"""Bytes of the HTML part. Gmail shows 102 KB and hides the rest behind a link; transfer encodings need the margin."""

SUBJECT = 78
"""Characters of a line that no mail program folds (RFC 5322, section 2.1.1)."""

ROWS = (12, 8, 5)
"""Rows of a table before the rest is one line, fewer where the mail would grow beyond its budget."""

_WHOLE = 14
"""Characters of a name that is never broken: a region is read at a glance, and a phone has room for it."""

_NAME = 48
"""Characters of a name in a table cell; the CSV has it whole."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What a message says. Sender, recipient and attachments are none of its business."""

    subject: str
    html: str
    text: str


def render_mail(views: Callable[[int], Report], link: str = "", budget: int = BUDGET) -> Mail:
    """The mail of a report; `views` gives its view with tables folded behind so many rows.

    First the tables become shorter, then whole sections are left out from the end, by name, until `budget` holds.
    """
    report = views(ROWS[0])
    for shown in ROWS:
        report = views(shown)
        html = _html(report, report.sections, link)
        if len(html.encode()) <= budget:
            return Mail(subject(report), html, render_text(report, link))
    kept = report.sections
    while len(html.encode()) > budget and kept:
        kept = kept[:-1]
        html = _html(report, kept, link)
    return Mail(subject(report), html, render_text(report, link))


def subject(report: Report) -> str:
    """The answer in at most SUBJECT characters: first the change goes, then the end of the question."""
    lead = "Revised: " if report.revised else ""
    state = " (incomplete)" if report.trust.status == "incomplete" else ""
    for moved in (f", {report.moved}" if report.moved else "", ""):
        line = f"{lead}{report.question}: {report.answer}{moved}{state}"
        if len(line) <= SUBJECT:
            return line
    room = SUBJECT - len(f"{lead}…: {report.answer}{state}")
    return f"{lead}{report.question[:room]}…: {report.answer}{state}"


def _html(report: Report, sections: tuple[Section, ...], link: str) -> str:
    left_out = ", ".join(section.title for section in report.sections[len(sections) :])
    preview = " ".join((*report.revised[:1], *report.changes[:1])) or report.trust.verdict
    page = _template().render(
        report=report, sections=sections, left_out=left_out, link=link, subject=subject(report), preview=preview
    )
    inlined = _inliner().inline(page)
    return "\n".join(line.strip() for line in inlined.splitlines() if line.strip())


@cache
def _inliner() -> "css_inline.CSSInliner":
    import css_inline

    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, minify_css=True)


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(resource_root("report_templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(ramp=RAMP_LIGHT)
    environment.filters.update(short=_short, unit=_unit, points=_points, blocks=_blocks, capitalize_first=_capital)
    environment.tests["breakable"] = lambda cell: cell.code and len(cell.text) > _WHOLE
    environment.tests["heat_map"] = lambda figure: isinstance(figure, HeatMap)
    return environment.get_template("email.html.j2")


def _short(name: str) -> str:
    """A name that cannot push a narrow table wide: the head and the tail of a long one."""
    return name if len(name) <= _NAME else f"{name[: _NAME - 13]}…{name[-12:]}"


def _unit(words: str) -> str:
    """A number keeps its unit on its line."""
    return f"{words[:-3]}\u00a0ms" if words.endswith(" ms") else words


def _points(length: float) -> int:
    """A bar's length in whole percent; something is never nothing."""
    return max(1, round(length * 100))


def _blocks(figure: HeatMap) -> Iterator[tuple[int, int]]:
    """Column ranges of at most eight, a night or a shift of hours: a phone shows no more beside the names."""
    for first in range(0, len(figure.columns), 8):
        yield first, min(first + 8, len(figure.columns))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
