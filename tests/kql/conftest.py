"""One embedded V8 and one engine for all tests that only read."""

from collections.abc import Iterator
from typing import Any

import pytest

from aoai_insights.sources import kql

from . import world
from .binder import Binder
from .engine import TABLES, run, workspace

Rows = list[dict[str, Any]]


@pytest.fixture(scope="session")
def binder() -> Iterator[Binder]:
    opened = Binder(TABLES)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def engine() -> Iterator[Any]:
    connection = workspace(world.TABLES, {"AzureDiagnostics": {"location_s": "string"}})
    yield connection
    connection.close()


def values_of(query: kql.Query) -> dict[str, Any]:
    return {parameter.name: world.VALUES[parameter.name] for parameter in query.parameters}


_ANSWERS: dict[tuple[Any, str], Rows] = {}


def rows_of(engine: Any, text: str) -> Rows:
    """The tables do not change, so a text that was executed once on them is not executed again."""
    key = (engine, text)
    if key not in _ANSWERS:
        columns, rows = run(engine, text)
        _ANSWERS[key] = [dict(zip((name for name, _ in columns), row, strict=True)) for row in rows]
    return _ANSWERS[key]
