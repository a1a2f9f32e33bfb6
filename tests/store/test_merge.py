"""Ingest twice = once, in any order, and of two versions the fuller one stays."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aoai_insights.model import Kind
from aoai_insights.store.connect import open_for_writing
from aoai_insights.store.write import commit, stage

from .rows import T0, batch

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def content(connection: duckdb.DuckDBPyConnection, kind: Kind) -> list[tuple[Any, ...]]:
    return sorted(connection.execute(f"SELECT * FROM {kind}").fetchall(), key=str)


RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["g-1", "g-2", "g-3"]),
        st.fixed_dictionaries(
            {},
            optional={
                "prompt_tokens": st.integers(0, 3),
                "body_source": st.sampled_from(["none", "lower_bound", "tokenized", "body_usage"]),
                "deployment": st.sampled_from(["x", "y"]),
                "caller_ip": st.none() | st.just("10.0.0.1"),
            },
        ),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RECORDS, st.randoms(), st.integers(0, 8))
def test_order_repetition_and_batching_do_not_change_the_store(
    tmp_path_factory: Any, records: list[tuple[str, dict[str, Any]]], random: Any, cut: int
) -> None:
    rows = [{"correlation_id": key, **fields} for key, fields in records]
    shuffled = rows + rows[:2]
    random.shuffle(shuffled)
    stores = []
    for batches in ([rows], [shuffled[:cut], shuffled[cut:]]):
        with open_for_writing(tmp_path_factory.mktemp("store") / "s.duckdb") as connection:
            for part in batches:
                if part:
                    stage(connection, "gateway", batch("gateway", *part))
                commit(connection, [], NOW)
            stores.append(content(connection, "gateway"))
    assert stores[0] == stores[1]
    assert len(stores[0]) == len({key for key, _ in records})


def test_the_version_with_the_better_token_source_stays_even_if_it_knows_fewer_fields(tmp_path: Path) -> None:
    thin = {"correlation_id": "g", "body_source": "body_usage", "prompt_tokens": 10, "caller_ip": None}
    wide = {"correlation_id": "g", "body_source": "lower_bound", "prompt_tokens": 4, "prompt_tokens_low": 1,
            "prompt_tokens_high": 9, "caller_ip": "10.0.0.1", "user_id": "u"}  # fmt: skip
    for first, second in ((thin, wide), (wide, thin)):
        with open_for_writing(tmp_path / f"{first['body_source']}.duckdb") as connection:
            for record in (first, second):
                stage(connection, "gateway", batch("gateway", record))
                commit(connection, [], NOW)
            assert connection.execute("SELECT body_source, prompt_tokens FROM gateway").fetchall() == [
                ("body_usage", 10)
            ]


def test_a_known_record_is_found_by_a_version_that_does_not_stay(tmp_path: Path) -> None:
    """The fuller version names a time three days later, too far from the known one to be found by that alone."""
    known = {"correlation_id": "g", "caller_ip": None}
    fuller = {"correlation_id": "g", "caller_ip": "10.0.0.1", "started_at": T0 + timedelta(days=3)}
    with open_for_writing(tmp_path / "s.duckdb") as connection:
        for records in ([known], [known, fuller]):
            stage(connection, "gateway", batch("gateway", *records))
            commit(connection, [], NOW)
        assert connection.execute("SELECT caller_ip FROM gateway").fetchall() == [("10.0.0.1",)]


def test_only_what_says_more_has_days_joined_again(tmp_path: Path) -> None:
    known = {"correlation_id": "g", "caller_ip": None}
    with open_for_writing(tmp_path / "s.duckdb") as connection:
        for record, touched in ((known, True), (known, False), ({**known, "caller_ip": "10.0.0.1"}, True)):
            connection.execute("DELETE FROM touched_hours")
            stage(connection, "gateway", batch("gateway", record))
            commit(connection, [], NOW)
            assert (connection.execute("SELECT * FROM touched_hours").fetchall() != []) is touched


def test_ids_that_differ_in_letter_case_are_one_and_other_texts_are_kept_apart(tmp_path: Path) -> None:
    guid = "99789635-18d0-480f-8182-a3a3c477a6a4"
    with open_for_writing(tmp_path / "s.duckdb") as connection:
        stage(connection, "gateway", batch("gateway", {"correlation_id": guid}, {"correlation_id": guid.upper()},
                                           {"correlation_id": "call-1"}, {"correlation_id": "call-2"}))  # fmt: skip
        assert commit(connection, [], NOW)["gateway"] == 3


def test_the_same_id_at_two_services_is_two_calls(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "s.duckdb") as connection:
        stage(
            connection,
            "gateway",
            batch("gateway", {"correlation_id": "g"}, {"correlation_id": "g", "service": "other"}),
        )
        assert commit(connection, [], NOW)["gateway"] == 2


def test_versions_whose_times_have_other_precision_are_still_one_record(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "s.duckdb") as connection:
        for moment in (T0, T0.replace(microsecond=123_456)):
            stage(connection, "gateway", batch("gateway", {"correlation_id": "g", "started_at": moment}))
            commit(connection, [], NOW)
        row = connection.execute("SELECT count(*) FROM gateway").fetchone()
        assert row == (1,)


def test_what_is_staged_but_not_committed_is_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    with open_for_writing(path) as connection:
        stage(connection, "gateway", batch("gateway", {"correlation_id": "g"}))
    with open_for_writing(path) as connection:
        assert content(connection, "gateway") == []
