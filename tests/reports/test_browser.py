"""The page as a reader sees it, in a real browser: narrow and wide, light and dark, on paper."""

import re

import pytest

from aoai_insights.reports.render import render_html
from aoai_insights.reports.view import view

from .tenants import TENANTS

PAGES = {name: render_html(view(tenant())) for name, tenant in TENANTS.items()}

CONTRAST = """
(() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length > 3 ? m : [...m, 1]; };
  const light = ([r, g, b]) => { const f = x => (x /= 255) <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
  const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c[3] > 0) return c; } return [255, 255, 255, 1]; };
  const poor = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push([walk.currentNode.data.trim().slice(0, 40), ratio.toFixed(2)]);
  }
  return poor;
})()
"""


def complaints(page) -> list[str]:
    """What the browser itself has to say: refused resources, policy violations, errors."""
    return [
        str(event["params"])
        for event in page.events
        if event.get("method")
        in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Page.javascriptDialogOpening")
    ]


@pytest.mark.parametrize("width", [360, 400, 800, 1200])
@pytest.mark.parametrize("tenant", TENANTS)
def test_the_page_never_scrolls_sideways(chromium, tenant, width):
    chromium.open(PAGES[tenant], width)
    assert chromium.ask("document.documentElement.scrollWidth") <= width
    assert complaints(chromium) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("tenant", TENANTS)
def test_every_text_can_be_read_on_its_ground(chromium, tenant, dark):
    chromium.open(PAGES[tenant], dark=dark)
    assert chromium.ask(CONTRAST) == []


def test_dark_is_dark(chromium):
    grounds = []
    for dark in (False, True):
        chromium.open(PAGES["big"], dark=dark)
        grounds.append(chromium.ask("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(255, 255, 255)", "rgb(15, 22, 29)"]


@pytest.mark.parametrize("tenant", TENANTS)
def test_nothing_on_paper_is_wider_than_the_paper(chromium, tenant):
    """186 mm are left of A4 between the margins: 703 pixels."""
    chromium.open(PAGES[tenant], 703, media="print")
    wide = "[...document.querySelectorAll('table')].map(t => t.getBoundingClientRect().right).filter(r => r > 704)"
    assert chromium.ask(wide) == []
    assert chromium.ask("document.documentElement.scrollWidth") <= 703


def test_paper_is_a4_and_folded_rows_are_printed(chromium):
    chromium.open(PAGES["many"], 703, media="print")
    assert (
        chromium.ask(
            "[...document.querySelectorAll('details tr')].filter(r => !r.checkVisibility({"
            "contentVisibilityAuto: true, visibilityProperty: true})).length"
        )
        == 0
    )
    chromium.open(PAGES["many"], 1200)
    assert (
        chromium.ask("[...document.querySelectorAll('details tbody tr')].filter(r => r.checkVisibility()).length") == 0
    )
    paper = chromium.paper()
    assert {
        tuple(round(float(n)) for n in box.split())
        for box in re.findall(r"/MediaBox\s*\[([\d. ]+)\]", paper.decode("latin-1"))
    } <= {(0, 0, 595, 842), (0, 0, 594, 841)}
    chromium.open(PAGES["big"], 1200)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) > len(re.findall(rb"/Type\s*/Page\b", chromium.paper())) + 5


def test_hostile_names_make_no_element_and_run_nothing(chromium):
    chromium.open(PAGES["hostile"])
    assert chromium.ask("document.querySelectorAll('img,svg,script,b,iframe,object,embed').length") == 0
    assert chromium.ask("document.styleSheets.length") == 1
    assert chromium.ask("document.title").startswith("Azure OpenAI chargeback")
    assert chromium.ask("document.querySelector('footer').innerText").startswith("aoai-insights")
    assert complaints(chromium) == []


def test_a_right_to_left_name_leaves_its_row_in_order(chromium):
    chromium.open(PAGES["hostile"])
    ordered = """[...document.querySelectorAll('tr')].filter(r => r.innerText.includes('مساعد')).every(r => {
      const lefts = [...r.cells].map(c => c.getBoundingClientRect().left);
      return lefts.every((x, i) => i === 0 || x > lefts[i - 1]) && getComputedStyle(r).direction === 'ltr'; })"""
    assert chromium.ask(ordered) is True


def test_names_stay_inside_their_cells(chromium):
    chromium.open(PAGES["hostile"], 400)
    spilled = """[...document.querySelectorAll('.name')].filter(n => {
      const cell = n.closest('th,td'); return n.getBoundingClientRect().right > cell.getBoundingClientRect().right + 1 })
      .map(n => n.innerText.slice(0, 40))"""
    assert chromium.ask(spilled) == []


@pytest.mark.parametrize("width", [400, 1200])
@pytest.mark.parametrize("tenant", ["big", "hostile"])
def test_who_pays_how_much_is_read_without_scrolling_whatever_the_names(chromium, tenant, width):
    chromium.open(PAGES[tenant], width)
    costs = """[...document.querySelectorAll('[aria-labelledby=owners] tr td:nth-child(2)')]
      .map(cell => cell.getBoundingClientRect().right)"""
    assert 0 < max(chromium.ask(costs)) <= width


def test_the_keyboard_reaches_the_skip_link_first_and_shows_where_it_is(chromium):
    chromium.open(PAGES["big"])
    for kind in ("keyDown", "keyUp"):
        chromium.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert chromium.ask("document.activeElement.className") == "skip"
    assert chromium.ask("document.activeElement.getBoundingClientRect().left") >= 0
    assert chromium.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_first_screen_holds_answer_trust_and_three_numbers(chromium):
    chromium.open(PAGES["doubtful"])
    below = "document.querySelector('.numbers').getBoundingClientRect().bottom"
    assert chromium.ask(below) < 720
    assert chromium.ask("document.querySelector('.leader').innerText").startswith("support-bot cost most: USD 753.93")
    chromium.open(PAGES["doubtful"], 400)
    assert chromium.ask("document.querySelector('.verdict').getBoundingClientRect().bottom") < 720
