"""Calls packed into one key each come back as they were, however many names and however large sizes there are."""

from collections.abc import Iterator

import duckdb
import numpy as np
import pytest

from aoai_insights.errors import UsageError
from aoai_insights.store.read_calls import latency_counts


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        yield made


def fill(connection: duckdb.DuckDBPyConnection, units: int, models: int, *, tokens: int = 100, days: int = 1) -> None:
    """As many calls as the larger of the two: call i is of unit i and model i, as far as there are so many."""
    connection.execute(
        "CREATE TABLE calls AS SELECT 'answered' AS outcome, 1000 + i AS total_ms, printf('u%06d', i % ?) AS unit,"
        " printf('m%06d', i % ?) AS model, 'streamed' AS streamed, false AS tokenless, ? AS prompt_tokens,"
        " ? AS completion_tokens, 13 AS hour_number, 7 AS weekday_number,"
        " TIMESTAMP '2026-10-01' + to_days(i % ?) AS started_at FROM range(?) t(i)",
        [units, models, tokens, tokens, days, max(units, models, days)],
    )


@pytest.mark.parametrize(("units", "models"), [(1, 1), (2, 256), (3, 257), (200, 1_500), (2_048, 200)])
def test_every_call_keeps_its_unit_and_model(connection: duckdb.DuckDBPyConnection, units: int, models: int) -> None:
    fill(connection, units, models)
    found = latency_counts(connection, "unit", "total_ms", 86_400)
    assert (len(found.units), len(found.models)) == (units, models)
    pairs = {(found.units[u], found.models[m]) for u, m in zip(found.unit, found.model, strict=True)}
    assert pairs == {(f"u{i % units:06d}", f"m{i % models:06d}") for i in range(max(units, models))}
    assert found.calls.sum() == max(units, models)
    assert {*found.streamed, *(found.hour + 100), *(found.weekday + 200)} == {1, 113, 206}


def test_a_stated_size_beyond_reason_changes_nothing_else(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, 2, 2, tokens=2**62)
    found = latency_counts(connection, "unit", "total_ms", 86_400)
    assert (set(found.prompt), set(found.output), set(found.streamed), set(found.hour)) == ({62}, {126}, {1}, {13})
    assert np.array_equal(np.sort(found.unit), [0, 1])


@pytest.mark.parametrize(
    ("units", "models", "days", "said"),
    [
        pytest.param(1_025, 513, 1, "1025 backends of 513 models", id="more names than a key holds"),
        pytest.param(1, 1, 4_097, "more than 4096 blocks", id="more days than a key holds"),
    ],
)
def test_what_a_key_cannot_hold_is_refused(
    connection: duckdb.DuckDBPyConnection, units: int, models: int, days: int, said: str
) -> None:
    fill(connection, units, models, days=days)
    with pytest.raises(UsageError, match=said):
        latency_counts(connection, "unit", "total_ms", 86_400)
