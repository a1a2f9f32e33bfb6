"""The page and the mail under axe-core, the checker that browsers' own audits use: WCAG 2 A and AA, and its best practice."""

from importlib.resources import files
from typing import Any

import pytest

from aoai_insights.reports.email import render_mail
from aoai_insights.reports.render import render_html
from aoai_insights.reports.view import view

from .chromium import Page
from .tenants import TENANTS

AXE = (files("axe_core_python") / "axe.min.js").read_text()
OF_A_PAGE = ("landmark-one-main", "region")
"""A mail stands inside the page of a mail program, which has the landmarks."""


def violations(chromium: Page, without: tuple[str, ...] = ()) -> list[Any]:
    """[rule, elements] of everything that is wrong, and of the contrasts that could not be told."""
    chromium.ask(f"{AXE};0")
    rules = ",".join(f'"{rule}":{{enabled:false}}' for rule in without)
    found = chromium.ask(
        f"axe.run(document,{{rules:{{{rules}}}}}).then(r=>[...r.violations,"
        "...r.incomplete.filter(v=>v.id==='color-contrast')].map(v=>[v.id,v.nodes.map(n=>n.html.slice(0,120))]))"
    )
    return list(found)


@pytest.mark.parametrize(
    ("tenant", "dark"),
    [
        pytest.param("doubtful", False, id="incomplete, light"),
        pytest.param("doubtful", True, id="incomplete, dark"),
        pytest.param("hostile", False, id="hostile names"),
    ],
)
def test_axe_finds_nothing_on_the_page(chromium: Page, tenant: str, dark: bool) -> None:
    chromium.open(render_html(view(TENANTS[tenant]())), 1200, dark=dark)
    assert violations(chromium) == []


def test_axe_finds_nothing_in_the_mail(chromium: Page) -> None:
    figures = TENANTS["hostile"]()
    chromium.open(render_mail(lambda shown: view(figures, shown)).html)
    assert violations(chromium, OF_A_PAGE) == []


def test_axe_would_find_something(chromium: Page) -> None:
    page = render_html(view(TENANTS["doubtful"]()))
    chromium.open(page.replace('<html lang="en">', "<html>").replace("--muted: #52606d", "--muted: #b2b6ba"), 1200)
    assert {rule for rule, _ in violations(chromium)} == {"html-has-lang", "color-contrast"}
