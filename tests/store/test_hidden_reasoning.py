"""Reasoning that no body shows is learned from calls that state it, from the narrowest group that knows enough."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from aoai_insights.model import Period
from aoai_insights.store import period, read
from aoai_insights.store.connect import open_for_reading, open_for_writing
from aoai_insights.store.write import commit, stage

from .rows import T0, batch

MONTH = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "2026-10")
HIDDEN = {"body_source": "tokenized", "notes": "reasoning_not_visible"}
Record = dict[str, Any]


def stated(n: int, reasoning: int, visible: int = 50, **more: Any) -> Record:
    return {"correlation_id": f"stated-{n}-{more}", "body_source": "body_usage", "body_model": "gpt-5-mini-2025-08-07",
            "prompt_tokens": 100, "completion_tokens": visible + reasoning, "reasoning_tokens": reasoning, **more}  # fmt: skip


def silent(n: int, visible: int = 50, **more: Any) -> Record:
    return {"correlation_id": f"silent-{n}-{more}", "body_model": "gpt-5-mini-2025-08-07", "prompt_tokens": 100,
            "completion_tokens": visible, **HIDDEN, **more}  # fmt: skip


def loaded(tmp_path: Path, records: list[Record], llm: list[Record] | None = None) -> Any:
    path = tmp_path / "s.duckdb"
    with open_for_writing(path) as connection:
        stage(connection, "gateway", batch("gateway", *records))
        if llm:
            stage(connection, "llm", batch("llm", *llm))
        commit(connection, [], datetime(2026, 11, 1, tzinfo=UTC))
    return open_for_reading(path)


def silent_rows(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    period.load_period(connection, MONTH)
    return connection.execute(
        "SELECT token_source, completion_tokens, reasoning_tokens, calibrated_by FROM period WHERE hides_reasoning"
    ).fetchall()


def test_the_mean_of_the_same_deployment_is_added(tmp_path: Path) -> None:
    records = [*(stated(n, 200 + n) for n in range(21)), silent(0), stated(99, 9_000, deployment="other")]
    with loaded(tmp_path, records) as connection:
        assert silent_rows(connection) == [("extrapolated", 50 + 210, 210, 1)]


@pytest.mark.parametrize(
    ("difference", "width"),
    [({"deployment": "other"}, 2), ({"streamed": True}, 3), ({"api": "responses"}, 4)],
    ids=["another deployment", "another way of answering", "another API"],
)
def test_where_the_deployment_knows_too_little_a_wider_group_speaks(
    tmp_path: Path, difference: Record, width: int
) -> None:
    records = [*(stated(n, 300, streamed=False) for n in range(20)), silent(0, **{"streamed": False, **difference})]
    with loaded(tmp_path, records) as connection:
        assert silent_rows(connection) == [("extrapolated", 350, 300, width)]


def test_with_too_few_samples_it_stays_a_lower_bound(tmp_path: Path) -> None:
    with loaded(tmp_path, [*(stated(n, 300) for n in range(19)), silent(0)]) as connection:
        assert silent_rows(connection) == [("lower_bound", 50, 0, None)]


def test_a_model_is_never_calibrated_by_another(tmp_path: Path) -> None:
    records = [*(stated(n, 300, body_model="o3-2025-04-16") for n in range(30)), silent(0)]
    with loaded(tmp_path, records) as connection:
        assert silent_rows(connection) == [("lower_bound", 50, 0, None)]


def test_the_llm_log_tells_what_a_counted_body_hides(tmp_path: Path) -> None:
    known = [silent(n, 40, correlation_id=f"k-{n}") for n in range(20)]
    llm = [{"correlation_id": f"k-{n}", "prompt_tokens": 100, "completion_tokens": 140, "model": "gpt-5-mini-2025-08-07"}
           for n in range(20)]  # fmt: skip
    with loaded(tmp_path, [*known, silent(0)], llm) as connection:
        assert silent_rows(connection) == [("extrapolated", 150, 100, 1)]


def test_half_of_a_deployments_calls_tells_the_sum_of_the_other_half(tmp_path: Path) -> None:
    chance = random.Random(11)
    calls = [(round(chance.lognormvariate(4, 0.8)), round(chance.lognormvariate(5.5, 0.9))) for _ in range(4_000)]
    records = []
    for n, (visible, reasoning) in enumerate(calls):
        moment = {"started_at": T0 + timedelta(seconds=n)}
        made = stated(n, reasoning, visible, **moment) if n % 2 else silent(n, visible, **moment)
        records.append({**made, "correlation_id": f"call-{n}"})
    truth = sum(visible + reasoning for n, (visible, reasoning) in enumerate(calls) if n % 2 == 0)
    with loaded(tmp_path, records) as connection:
        estimated = sum(row[1] for row in silent_rows(connection))
    assert abs(estimated / truth - 1) < 0.05


def test_a_usage_that_is_there_is_never_touched(tmp_path: Path) -> None:
    with loaded(tmp_path, [*(stated(n, 300) for n in range(30)), silent(0)]) as connection:
        silent_rows(connection)
        rows = connection.execute(
            "SELECT DISTINCT token_source, completion_tokens FROM period WHERE NOT hides_reasoning"
        )
        assert rows.fetchall() == [("body_usage", 350)]


def test_counting_errors_leave_reasoning_out(tmp_path: Path) -> None:
    counted = {"counted_prompt_tokens": 99, "counted_completion_tokens": 50}
    with loaded(
        tmp_path, [stated(0, 300, **counted), stated(1, 10, counted_prompt_tokens=100, counted_completion_tokens=50)]
    ) as connection:
        period.load_period(connection, MONTH)
        read.load_facts(connection, [], [])
        (error,) = read.counting_errors(connection)
    assert (error.prompts, error.prompt_exact, error.prompt_error) == (2, 0.5, pytest.approx(-0.005))
    assert (error.completions, error.completion_exact, error.completion_error) == (2, 1.0, 0.0)
