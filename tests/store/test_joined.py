"""Days are joined when records come, and kept: whatever came in whatever order, they hold what the views say of everything."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aoai_insights.model import Kind, Period
from aoai_insights.store import joined, stale_days
from aoai_insights.store.connect import open_for_reading, open_for_writing
from aoai_insights.store.statements import sql, stored
from aoai_insights.store.write import commit, list_apis, stage

from .rows import batch

MONTH = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "2026-10")
MIDNIGHT = datetime(2026, 10, 8, tzinfo=UTC)
Record = dict[str, Any]
Commit = list[tuple[Kind, Record]]

NAMES = (*joined.CALLERS, *joined.SERVERS, *joined.MARKS)
AS_JOINED = ", ".join(("started_at", *NAMES, *joined.NUMBERS))
AS_VIEWED = AS_JOINED.replace("api_id", "coalesce(api_id, '') AS api_id")

minutes = st.sampled_from([-3 * 1440, -1440, -400, -1, 0, 1, 500, 1439, 1440, 5 * 1440])
times = st.integers(0, 3)
"""Minutes after the time around which a log has the rows of an id: other logs may have them days apart."""
homes = st.fixed_dictionaries({kind: st.fixed_dictionaries(dict.fromkeys("abc", minutes)) for kind in ("gateway", "llm", "aoai")})
ids = st.sampled_from(["a", "b", "c"])
few = st.sampled_from
gateway = st.fixed_dictionaries({
    "correlation_id": ids, "started_at": times, "apim_request_id": st.none() | ids.map(lambda name: "r" + name),
    "backend_host": few(["west.openai.azure.com", "gate.contoso.com"]), "aoai_region": few([None, "westus3"]),
    "aoai_url": few([True, True, None]), "api_id": few(["listed", "other"]), "total_ms": few([900, 120_000, 30_000_000]),
    "status_code": few([200, 200, 429]), "backend_status_code": few([200, 200, 429, None]), "deployment": few([None, "chat"]),
    "apim_subscription": few(["s1", "s2"]), "body_source": few(["body_usage", "tokenized", "none"]),
    "prompt_tokens": few([7, 9]), "completion_tokens": few([2, 3]), "method": few(["POST", "POST", "GET"]),
    "response_id": few(["resp_1", "resp_2"]),
})  # fmt: skip
llm = st.fixed_dictionaries({
    "correlation_id": ids, "started_at": st.none() | times, "sequence_number": few([0, 1]), "prompt_tokens": few([None, 11]),
    "completion_tokens": few([0, 5]), "model": few([None, "gpt-4o-2024-11-20"]),
})  # fmt: skip
aoai = st.fixed_dictionaries({
    "correlation_id": ids.map(lambda name: "r" + name), "resource": few(["west", "east"]), "region": few([None, "westus3", "eastus2"]),
    "logged_at": st.none() | times, "started_at": st.none() | times, "status_code": few([200, 429]),
    "deployment": few(["chat", "Chat", "other"]), "prompt_tokens": few([None, 7, 20]), "completion_tokens": few([None, 4]),
})  # fmt: skip
record = st.one_of(gateway.map(lambda r: ("gateway", r)), llm.map(lambda r: ("llm", r)), aoai.map(lambda r: ("aoai", r)))
commits = st.lists(st.lists(record, min_size=1, max_size=4), min_size=1, max_size=5)
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
"""A smaller failing case is not looked for: every case fills a store, which would take minutes."""


def write(connection: duckdb.DuckDBPyConnection, records: Commit, at: dict[str, dict[str, int]]) -> None:
    for kind in ("gateway", "llm", "aoai"):
        rows = [
            row | {name: MIDNIGHT + timedelta(minutes=value + at[kind][row["correlation_id"][-1]])
                   for name, value in row.items() if name in ("started_at", "logged_at") and value is not None}
            for of, row in records if of == kind
        ]  # fmt: skip
        if rows:
            stage(connection, kind, batch(kind, *rows))
    commit(connection, [], MIDNIGHT)


def of_views(connection: duckdb.DuckDBPyConnection) -> list[list[tuple[Any, ...]]]:
    inside = "BETWEEN TIMESTAMP '2026-10-01' AND TIMESTAMP '2026-10-31 23:59:59.999999'"
    return [
        connection.execute(query).fetchall()
        for query in (
            f"SELECT {AS_VIEWED} FROM requests WHERE started_at {inside} ORDER BY ALL",
            f"SELECT * EXCLUDE (correlation_id), correlation_id FROM unclaimed_attempts WHERE began_at {inside} ORDER BY ALL",
            f"SELECT count(*) FROM other_api_requests WHERE started_at {inside}",
        )
    ]


def of_days(connection: duckdb.DuckDBPyConnection) -> list[list[tuple[Any, ...]]]:
    joined.join_period(connection, MONTH)
    connection.execute(sql("period").replace("$long_context_tokens", "1000"))
    return [
        connection.execute(query).fetchall()
        for query in (
            f"SELECT {AS_JOINED} FROM period ORDER BY ALL",
            "SELECT * EXCLUDE (correlation_id), correlation_id FROM unclaimed ORDER BY ALL",
            "SELECT coalesce(sum(calls), 0) FROM others",
        )
    ]


@settings(max_examples=60, deadline=None, phases=UNSHRUNK, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=commits, at=homes, dies=st.booleans(), listed=st.booleans())
def test_kept_days_hold_what_the_views_say(
    tmp_path_factory: pytest.TempPathFactory, parts: list[Commit], at: dict[str, dict[str, int]], dies: bool, listed: bool
) -> None:
    store = tmp_path_factory.mktemp("store") / "s.duckdb"
    with open_for_writing(store) as connection:
        list_apis(connection, ["Listed"] if listed else [])
    for part in parts[:-1]:
        with open_for_writing(store) as connection:
            write(connection, part, at)
    with suppress(KeyError), open_for_writing(store) as connection:
        write(connection, parts[-1], at)
        if dies:
            raise KeyError("before the days are joined")
    with open_for_reading(store) as connection:
        stale = stale_days.find_stale(connection, stored(connection))
        joined._forget(connection)
        viewed = of_views(connection)
        assert of_days(connection) == viewed
    if not dies:
        assert stale == []
