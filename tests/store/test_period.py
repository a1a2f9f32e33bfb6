"""A period is joined over parts that are cheaper to make than the views they stand in for: no call may tell the difference."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aoai_insights.model import Period
from aoai_insights.store import period
from aoai_insights.store.connect import open_for_reading, open_for_writing
from aoai_insights.store.write import commit, stage

from .rows import T0, batch

MONTH = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "2026-10")
Record = dict[str, Any]

CALL = {"correlation_id": "g", "apim_request_id": "a", "apim_request_id_from": "header"}
WITHOUT_ID = {"correlation_id": "loose", "total_ms": 900, "deployment": "chat", "backend_host": "west.openai.azure.com"}
WEST = {"resource": "west", "correlation_id": "a", "region": "westus3", "deployment": "chat", "started_at": T0}
EAST = {**WEST, "resource": "east", "region": "eastus2", "prompt_tokens": 9, "completion_tokens": 2}
CASES: dict[str, tuple[list[Record], list[Record], list[Record]]] = {
    "a call that one row answers": ([CALL], [{"correlation_id": "g", "prompt_tokens": 5, "completion_tokens": 1}], [WEST]),
    "an id at two resources is one call": ([CALL], [], [WEST, EAST]),
    "an id at two resources that nobody claims is one attempt": ([CALL], [], [WEST | {"correlation_id": "x"}, EAST | {"correlation_id": "x"}]),
    "an id at two resources is no match for a call at one of them":
        ([WITHOUT_ID], [], [WEST | {"correlation_id": "x"}, EAST | {"correlation_id": "x", "resource": "zurich"}]),
    "rows of two categories are one call":
        ([CALL], [], [WEST, WEST | {"category": "AzureOpenAIRequestUsage", "prompt_tokens": 30, "completion_tokens": 3}]),
    "a category that most rows do not have stands alone":
        ([CALL], [], [EAST | {"category": "AzureOpenAIRequestUsage"}, *({**WEST, "correlation_id": f"x{n}"} for n in range(3))]),
    "messages beside the usage, which most calls have":
        ([CALL], [{"correlation_id": "g", "sequence_number": n, "counted_prompt_tokens": 4} for n in range(3)], []),
    "a call without its id finds its row": ([WITHOUT_ID, CALL], [], [WEST | {"correlation_id": "x"}]),
    "a call that the LLM log alone knows, while another was refused":
        ([WITHOUT_ID | {"aoai_url": None, "deployment": None, "apim_request_id": "b"}],
         [{"correlation_id": "loose", "deployment": "Chat"}], [WEST | {"correlation_id": "x", "status_code": 429}]),
    "a call that began seconds before and was held still":
        ([CALL | {"started_at": T0 - timedelta(seconds=9), "total_ms": 60_000}], [],
         [WEST | {"correlation_id": "x", "status_code": 429, "deployment": "other"}]),
    "a call that ended before":
        ([CALL | {"started_at": T0 - timedelta(seconds=9), "total_ms": 8_000}, WITHOUT_ID | {"started_at": T0 - timedelta(days=1)}], [],
         [WEST | {"correlation_id": "x", "status_code": 429}]),
    "a call of another API is no reason to be refused":
        ([CALL, WITHOUT_ID | {"aoai_url": None, "apim_request_id": "b"}], [], [WEST | {"correlation_id": "x", "status_code": 429}]),
}  # fmt: skip


@pytest.mark.parametrize("records", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_the_period_holds_what_the_views_hold(tmp_path: Path, records: tuple[list[Record], ...]) -> None:
    store = tmp_path / "store.duckdb"
    with open_for_writing(store) as connection:
        for kind, rows in zip(("gateway", "llm", "aoai"), records, strict=True):
            if rows:
                stage(connection, kind, batch(kind, *rows))  # type: ignore[arg-type]
        commit(connection, [], T0)
    with open_for_reading(store) as connection:
        views = [connection.execute(f"FROM {view} ORDER BY ALL").fetchall() for view in ("requests", "unclaimed_attempts")]
        sums = connection.execute("SELECT count(*), sum(prompt_tokens), max(region), max(aoai_match) FROM requests").fetchall()
        period.load_period(connection, MONTH)
        stood_in = [connection.execute(f"FROM {view} ORDER BY ALL").fetchall() for view in ("requests", "unclaimed_attempts")]
        cells = connection.execute(
            "SELECT sum(requests), sum(prompt_tokens), max(region), CASE WHEN sum(header_matched) > 0 THEN 'header'"
            " WHEN sum(heuristic_matched) > 0 THEN 'heuristic' END FROM raw_cells"
        ).fetchall()
    assert (stood_in, cells) == (views, sums)
