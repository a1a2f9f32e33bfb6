"""The page as a parser sees it: one file, inert names, tables that a screen reader can read."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError

from aoai_insights.reports import render
from aoai_insights.reports.render import render_html
from aoai_insights.reports.view import view

from .tenants import HOSTILE, TENANTS, doubtful, figures, hostile, many

VOID = {"meta", "link", "br", "img", "input", "hr"}


@dataclass
class Node:
    tag: str
    attributes: dict[str, str | None]
    parent: "Node | None" = None
    children: list["Node"] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def all(self, tag: str) -> list["Node"]:
        found = [self] if self.tag == tag else []
        return found + [node for child in self.children for node in child.all(tag)]

    @property
    def text(self) -> str:
        return "".join([*self.words, *(child.text for child in self.children)])


class Tree(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = self.here = Node("", {})
        self.feed(html)
        self.close()
        assert self.here is self.root, f"<{self.here.tag}> is not closed"

    def handle_starttag(self, tag, attrs):
        node = Node(tag, dict(attrs), self.here)
        self.here.children.append(node)
        if tag not in VOID:
            self.here = node

    def handle_endtag(self, tag):
        assert self.here.tag == tag, f"</{tag}> closes <{self.here.tag}>"
        self.here = self.here.parent

    def handle_data(self, data):
        self.here.words.append(data)


PAGES = {name: render_html(view(tenant())) for name, tenant in TENANTS.items()}


@pytest.fixture(params=TENANTS)
def page(request) -> Node:
    return Tree(PAGES[request.param]).root


def test_one_file_that_runs_nothing_and_fetches_nothing(page):
    every = [node for tag in ALLOWED for node in page.all(tag)]
    assert len(every) == count(page), "an element that the template does not write"
    names = {name for node in every for name in node.attributes}
    assert not {name for name in names if name.startswith("on")}
    assert not names & {"src", "srcset", "action", "formaction", "background", "poster", "data"}
    assert all(node.attributes["href"].startswith("#") for node in page.all("a"))
    policy = next(m for m in page.all("meta") if m.attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy.attributes["content"] == "default-src 'none'; style-src 'unsafe-inline'"
    (style,) = page.all("style")
    assert "url(" not in style.text
    assert "@import" not in style.text
    assert "&#" not in style.text, "an escaped stylesheet voids its rules"


ALLOWED = [
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "a",
    "header",
    "h1",
    "h2",
    "span",
    "strong",
    "p",
    "main",
    "section",
    "ul",
    "ol",
    "li",
    "dl",
    "div",
    "dt",
    "dd",
    "nav",
    "footer",
    "table",
    "caption",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "th",
    "td",
    "bdi",
    "i",
    "em",
    "details",
    "summary",
]


def count(node: Node) -> int:
    return sum(1 + count(child) for child in node.children)


def test_names_of_others_are_text(page):
    inline = {node.attributes["style"] for tag in ALLOWED for node in page.all(tag) if "style" in node.attributes}
    assert all(re.fullmatch(r"width:\d+\.\d\d%", style) for style in inline)
    assert all(node.attributes.keys() <= {"class"} for node in page.all("bdi"))


def test_every_hostile_name_is_readable_on_the_page():
    text = Tree(PAGES["hostile"]).root.text
    for shown in (
        "<img src=x onerror=alert(1)>",
        "</style></title><script>alert(1)</script>",
        "{{ 7*7 }} {% raw %}",
        '=HYPERLINK("http://evil.example","click")',
        "invoice⟨U+202E⟩txt.exe",
        "two⟨U+000A⟩lines⟨U+0000⟩and⟨U+001B⟩[31mred",
        "sup⟨U+200B⟩port-bot",
        "lone ⟨U+D800⟩ surrogate",
        "⟨3 spaces⟩",
        "👩\u200d💻",
        "مساعد الدعم",
    ):
        assert shown in text
    assert not set(text) & set("\x00\x1b\u202e\u200b\ufeff")
    assert len(HOSTILE) == 16


def test_headings_descend_one_by_one_and_name_their_sections(page):
    assert len(page.all("h1")) == 1
    ids = [node.attributes["id"] for tag in ALLOWED for node in page.all(tag) if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    for part in [*page.all("section"), *page.all("nav")]:
        assert part.attributes["aria-labelledby"] in {heading.attributes["id"] for heading in part.all("h2")}
    targets = {node.attributes["href"][1:] for node in page.all("a")}
    assert targets <= set(ids)
    assert [len(page.all(tag)) for tag in ("header", "main", "footer", "nav")] == [1, 1, 1, 1]
    assert page.all("html")[0].attributes["lang"] == "en"
    assert page.all("a")[0].attributes["class"] == "skip"


def test_every_table_has_a_caption_headings_with_scope_and_even_rows(page):
    for table in page.all("table"):
        assert table.all("caption")[0].text.strip()
        (head,) = table.all("thead")
        columns = head.all("th")
        assert all(th.attributes["scope"] == "col" and th.text.strip() for th in columns)
        for row in [row for tag in ("tbody", "tfoot") for body in table.all(tag) for row in body.all("tr")]:
            assert len(row.children) == len(columns)
            assert (row.children[0].tag, row.children[0].attributes["scope"]) == ("th", "row")
        scroller = table.parent
        assert (scroller.attributes["role"], scroller.attributes["tabindex"]) == ("region", "0")
        assert scroller.attributes["aria-label"].strip()


def test_the_first_screen_of_an_incomplete_report_says_so():
    root = Tree(PAGES["doubtful"]).root
    title = " ".join(root.all("h1")[0].text.split())
    assert title == "Azure OpenAI chargeback, October 2026: USD 1,624.05, down 5.9%, incomplete"
    first = root.all("main")[0].children[0]
    assert "incomplete" in first.attributes["class"]
    assert len(first.all("li")) == 3


def test_the_title_is_the_subject(page):
    assert page.all("title")[0].text.startswith("Azure OpenAI chargeback, October 2026")


def test_the_same_figures_give_the_same_bytes():
    assert render_html(view(doubtful())) == PAGES["doubtful"]


def test_no_page_outgrows_a_mailbox():
    assert len(PAGES["big"].encode()) < 80_000
    assert len(render_html(view(many())).encode()) < 300_000


def test_a_value_the_template_does_not_know_is_an_error():
    with pytest.raises(UndefinedError):
        render._page().environment.from_string("{{ report.nothing }}").render(report=view(figures([])))


def test_text_is_escaped_by_default():
    page = render._page().environment.from_string("{{ name }}").render(name="<b>&\"'")
    assert page == "&lt;b&gt;&amp;&#34;&#39;"
    assert "<b>&amp;⟨" not in render_html(view(hostile()))
