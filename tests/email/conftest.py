import pytest

from tests.reports.chromium import Page
from tests.reports.conftest import chromium

__all__ = ["chromium"]

WIDEST = 134
"""Pixels of ten letters m of 16 pixels in Arial, and in Liberation Sans, which is as wide: 133.3."""


@pytest.fixture
def as_readers_see_it(chromium: Page) -> Page:
    """Mail is set in the reader's Arial; where its place is taken by wider letters, nothing is learnt of what fits."""
    chromium.open('<span style="font: 16px Arial">mmmmmmmmmm</span>')
    if chromium.ask("document.querySelector('span').getBoundingClientRect().width") > WIDEST:
        pytest.skip("no letters as wide as Arial's on this machine: apt-get install fonts-liberation")
    return chromium
