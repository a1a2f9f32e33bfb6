from tests.reports.conftest import chromium

__all__ = ["chromium"]
