"""Calls packed into one number each come back as they were, and in an order in which they can be cut out."""

from collections.abc import Iterator

import duckdb
import numpy as np
import pytest

from aoai_insights.errors import UsageError
from aoai_insights.latency.counts import Counts, by_server, distinct
from aoai_insights.store import read_calls

from .simulator import Unit, counts, simulate, size_classes


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        yield made


def fill(connection: duckdb.DuckDBPyConnection, units: int, models: int, *, tokens: int = 100, days: int = 1) -> None:
    """As many calls as the largest of the three: call i is of unit i and model i, as far as there are so many."""
    connection.execute(
        "CREATE TABLE served_by AS SELECT i AS serving_id, printf('u%06d', i % ?) AS unit, printf('m%06d', i % ?) AS model"
        " FROM range(?) t(i)",
        [units, models, max(units, models)],
    )
    connection.execute(
        "CREATE TABLE calls AS SELECT 'answered' AS outcome, 1000 + i AS total_ms, i % ? AS serving_id,"
        " 'streamed' AS streamed, false AS tokenless, ? AS prompt_tokens,"
        " ? AS completion_tokens, 13 AS hour_number, 7 AS weekday_number,"
        " TIMESTAMP '2026-10-01' + to_days(i % ?) AS started_at FROM range(?) t(i)",
        [max(units, models), tokens, tokens, days, max(units, models, days)],
    )


def latency_counts(connection: duckdb.DuckDBPyConnection) -> Counts:
    calls = by_server(read_calls.latency_keys(connection, "total_ms", 86_400))
    return calls.of_servers(read_calls.servers_of(connection, "unit"))


@pytest.mark.parametrize(("units", "models"), [(1, 1), (2, 256), (3, 257), (200, 1_500), (2_048, 200)])
def test_every_call_keeps_its_unit_and_model(connection: duckdb.DuckDBPyConnection, units: int, models: int) -> None:
    fill(connection, units, models)
    found = latency_counts(connection)
    assert (len(found.units), len(found.models)) == (units, models)
    pairs = {(found.units[u], found.models[m]) for u, m in zip(found.unit, found.model, strict=True)}
    assert pairs == {(f"u{i % units:06d}", f"m{i % models:06d}") for i in range(max(units, models))}
    assert found.calls.sum() == max(units, models)
    assert {*found.streamed, *(found.hour + 100), *(found.weekend + 200)} == {1, 113, 201}


def test_a_stated_size_beyond_reason_changes_nothing_else(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, 2, 2, tokens=2**62)
    found = latency_counts(connection)
    assert (set(found.prompt), set(found.output), set(found.streamed), set(found.hour)) == ({62}, {126}, {1}, {13})
    assert np.array_equal(np.sort(found.unit), [0, 1])


def test_no_answered_call_is_no_entry(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, 1, 1)
    connection.execute("DELETE FROM calls")
    found = latency_counts(connection)
    assert (found.units, found.models, len(found.calls), len(found.block), len(found.bin)) == ((), (), 0, 0, 0)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        pytest.param("UPDATE calls SET serving_id = 2097152", "2097152 deployments and hosts", id="more servers"),
        pytest.param("UPDATE calls SET started_at = TIMESTAMP '2037-12-19' WHERE serving_id = 1",
                     "more than 4096 blocks", id="more days"),
    ],
)  # fmt: skip
def test_what_a_key_cannot_hold_is_refused(connection: duckdb.DuckDBPyConnection, sql: str, said: str) -> None:
    fill(connection, 2, 1)
    connection.execute(sql)
    with pytest.raises(UsageError, match=said):
        latency_counts(connection)


def told(found: Counts) -> list[tuple[int, ...]]:
    """Each call with all that is known of it, from what it has in common with others."""
    parts = (found.unit, found.streamed, found.prompt, found.output, found.hour, found.weekend)
    calls = [np.repeat(part, found.calls) for part in parts]
    return sorted(zip(*calls, np.repeat(found.block, found.block_calls), found.bin, strict=True))


def test_what_calls_have_in_common_is_told_once_and_holds_for_each() -> None:
    tenant, made = simulate({"a": Unit(), "b": Unit(share=0.2), "c": Unit()}, seed=1, calls=3_000)
    prompt, output = size_classes(made)
    bins = np.floor(np.log(made.ms) * 50)
    want = np.stack([made.unit, made.streamed, prompt, output, made.hour, made.day % 7 >= 5, made.day, bins], axis=1)
    assert told(tenant) == sorted(map(tuple, want.astype(int)))
    assert np.array_equal(np.add.reduceat(tenant.bin, np.cumsum(tenant.calls) - tenant.calls), tenant.bins)
    morning = want[(made.hour < 12) & (made.unit != 1)]
    morning[:, 0] = morning[:, 0] == 0  # c is the first, then a
    cut = tenant.of_units([2, 0])
    assert told(cut.where(cut.hour < 12)) == sorted(map(tuple, morning.astype(int)))
    assert cut.units == ("c", "a")
    assert told(tenant.where(tenant.hour > 99)) == []
    assert counts(("a", "b", "c"), made.picked(np.arange(0))).units == ("a", "b", "c")


@pytest.mark.parametrize("size", [100, 10**9], ids=["few could occur: flagged", "many could occur: sorted"])
def test_numbers_that_occur_are_found_alike_by_flags_and_by_sorting(size: int) -> None:
    numbers = np.random.default_rng(1).integers(0, 100, 70)
    assert np.array_equal(distinct(numbers, size), np.unique(numbers))
