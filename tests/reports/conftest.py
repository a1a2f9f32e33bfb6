from collections.abc import Iterator

import pytest

from .chromium import BINARY, Page, browser


@pytest.fixture(scope="session")
def chromium() -> Iterator[Page]:
    """A tab of a headless Chromium; tests that ask for it are skipped where there is none."""
    if BINARY is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with browser(BINARY) as page:
        yield page
