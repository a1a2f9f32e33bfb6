"""The workbook: what Excel finds in its cells, read from the file's own XML."""

import io
import re
import zipfile
from decimal import Decimal
from html import unescape

import pytest

from aoai_insights.reports.figures import rounded
from aoai_insights.reports.view import view
from aoai_insights.reports.workbook import workbook
from tests.reports.tenants import TENANTS


def book_of(name: str) -> zipfile.ZipFile:
    figures = TENANTS[name]()
    return zipfile.ZipFile(io.BytesIO(workbook(figures, view(figures))))


def sheets(book: zipfile.ZipFile) -> dict[str, str]:
    names = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
    return {name: book.read(f"xl/worksheets/sheet{i}.xml").decode() for i, name in enumerate(names, 1)}


@pytest.mark.parametrize("name", sorted(TENANTS))
def test_no_cell_is_a_formula_or_a_link(name: str) -> None:
    for xml in sheets(book_of(name)).values():
        assert "<f>" not in xml
        assert "<hyperlink" not in xml


@pytest.mark.parametrize("name", ["big", "many", "doubtful", "hostile"])
def test_amounts_are_numbers_that_sum_to_the_total(name: str) -> None:
    figures = TENANTS[name]()
    xml = sheets(book_of(name))["Apps"]
    costs = re.findall(r'<c r="C\d+" s="\d+"><v>([^<]+)</v>', xml)
    assert len(costs) == len(figures.by_app.rows)
    assert sum(map(Decimal, costs)) == rounded(figures).total


def test_every_app_has_a_row_and_every_sheet_of_figures_a_filter_and_a_frozen_head() -> None:
    found = sheets(book_of("many"))
    assert len(re.findall("<row ", found["Apps"])) == 301
    for name, xml in found.items():
        if name != "Summary":
            assert "<autoFilter" in xml
            assert 'state="frozen"' in xml


def test_hostile_names_are_whole_as_text() -> None:
    strings = unescape(book_of("hostile").read("xl/sharedStrings.xml").decode())
    assert '=HYPERLINK("http://evil.example","click")' in strings
    assert "\u202e" not in strings


def test_the_first_sheet_has_the_first_screen() -> None:
    report = view(TENANTS["doubtful"]())
    strings = unescape(book_of("doubtful").read("xl/sharedStrings.xml").decode())
    said = [
        report.answer,
        report.trust.verdict,
        *report.trust.alarms,
        *report.changes,
        *(n.value for n in report.numbers),
    ]
    assert [words for words in said if words not in strings] == []
