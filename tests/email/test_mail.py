"""The mail of a report: what clients allow, what it holds, how large it may be."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from aoai_insights.reports.email import BUDGET, SUBJECT, Mail, render_mail
from aoai_insights.reports.view import view
from tests.reports.chromium import Page
from tests.reports.tenants import TENANTS

SUPPORT = json.loads((Path(__file__).parent / "client_support.json").read_text())
"""Of each property that a mail of ours uses: how the mail clients take it (y yes, a partly, n no)."""

HARMLESS = {
    "max-width": "Word honours it on tables, where we use it",
    "padding": "Word honours it on cells, where we use it",
    "margin": "partly everywhere: spacing between paragraphs",
    "line-height": "partly in Word: spacing between lines",
    "text-align": "only on captions, beside what is the default",
    "width": "partly in Word: the width attribute stands beside it",
    "display": "only display:none, on the preview line",
    "word-break": "only breaks long names on phones; Word breaks them anyway",
    "font-family": "", "font-size": "", "font-weight": "", "font-style": "", "color": "", "background-color": "",
}  # fmt: skip


def mail_of(name: str) -> Mail:
    figures = TENANTS[name]()
    return render_mail(lambda shown: view(figures, shown), "https://contoso.example/costs")


class Read(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module", params=sorted(TENANTS))
def mail(request: pytest.FixtureRequest) -> Mail:
    return mail_of(request.param)


def test_it_stays_below_what_gmail_clips(mail: Mail) -> None:
    assert len(mail.html.encode()) <= BUDGET == 80 * 1024


@pytest.mark.parametrize("budget", [50_000, 30_000, 15_000])
def test_what_does_not_fit_is_named_and_never_cut(budget: int) -> None:
    figures = TENANTS["many"]()
    small = render_mail(lambda shown: view(figures, shown), budget=budget)
    assert len(small.html.encode()) <= budget
    assert small.html.rstrip().endswith("</html>")
    titles = [section.title for section in view(figures).sections]
    assert [title for title in titles if title not in small.html] == []
    assert [title for title in titles if title not in small.text] == []


def test_nothing_in_it_needs_an_image_a_script_or_a_style_sheet(mail: Mail) -> None:
    used = {tag for tag, _ in Read(mail.html).tags}
    assert not used & {"img", "svg", "script", "style", "link", "iframe", "form", "details", "video", "object"}
    assert "data:" not in mail.html
    assert "url(" not in mail.html


def test_every_property_is_one_that_mail_clients_take(mail: Mail) -> None:
    used = {
        declaration.split(":")[0].strip()
        for _, attributes in Read(mail.html).tags
        for declaration in (attributes.get("style") or "").split(";")
        if declaration.strip()
    }
    assert used <= SUPPORT.keys() | HARMLESS.keys()
    doubtful = {name for name in used if set(SUPPORT.get(name, {}).values()) - {"y"}}
    assert doubtful <= HARMLESS.keys()


def test_every_table_of_figures_has_headings(mail: Mail) -> None:
    tables = [attributes for tag, attributes in Read(mail.html).tags if tag == "table"]
    for body in re.findall(r"<table(?![^>]*role=\"presentation\")[^>]*>(.*?)</table>", mail.html, re.S):
        assert "<caption" in body
        assert "<th" in body
    assert all("cellpadding" in attributes for attributes in tables)


def test_the_text_part_has_every_figure_of_the_first_screen(mail: Mail) -> None:
    first_screen = mail.html.split("Cost by cost centre and app")[0].split("<body")[1]
    words = " ".join(Read(f"<body{first_screen}").words)
    text = " ".join(mail.text.split())
    missing = [figure for figure in re.findall(r"[−+]?\d[\d,.]*\d%?|\d", words) if figure not in text]
    assert missing == []


def test_the_subject_is_the_answer_in_one_line(mail: Mail) -> None:
    assert len(mail.subject) <= SUBJECT == 78
    assert "\n" not in mail.subject
    assert mail.subject.startswith("Azure OpenAI chargeback, October 2026: ")


def test_hostile_names_stay_names() -> None:
    tags = Read(mail_of("hostile").html).tags
    assert not any(name.startswith("on") for _, attributes in tags for name in attributes)
    assert [attributes["href"] for tag, attributes in tags if tag == "a"] == ["https://contoso.example/costs"]


@pytest.mark.parametrize("width", [375, 640, 1200])
@pytest.mark.parametrize("name", sorted(TENANTS))
def test_it_fits_a_phone_and_a_desk(as_readers_see_it: Page, name: str, width: int) -> None:
    as_readers_see_it.open(mail_of(name).html, width)
    assert as_readers_see_it.ask("document.documentElement.scrollWidth") <= width
