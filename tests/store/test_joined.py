"""Days are joined when records come, and kept: whatever came in whatever order, they hold what the views say of everything."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aoai_insights.model import Kind, Period
from aoai_insights.store import connect, joined, stale
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

FEW_BETWEEN = joined._CALLS_BETWEEN


@pytest.fixture(autouse=True)
def each_hour_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where many calls are between them; with the few that there are here, all hours would be joined at once."""
    monkeypatch.setattr(joined, "_CALLS_BETWEEN", -1)


minutes = st.sampled_from([-3 * 1440, -1440, -400, -121, -61, -60, -30, -1, 0, 1, 29, 60, 61, 119, 500, 1439, 1440, 5 * 1440])
times = st.sampled_from([0, 1, 2, 3, 30, 58])
"""Minutes after the time around which a log has the rows of an id: other logs may have them days apart."""
homes = st.fixed_dictionaries({kind: st.fixed_dictionaries(dict.fromkeys("abc", minutes)) for kind in ("gateway", "llm", "aoai")})
ids = st.sampled_from(["a", "b", "c"])
few = st.sampled_from
gateway = st.fixed_dictionaries({
    "correlation_id": ids, "started_at": times, "apim_request_id": st.none() | ids.map(lambda name: "r" + name),
    "backend_host": few(["west.openai.azure.com", "gate.contoso.com"]), "aoai_region": few([None, "westus3"]),
    "aoai_url": few([True, True, None]), "api_id": few(["listed", "other"]), "total_ms": few([900, 120_000, 3_500_000, 30_000_000]),
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
    "logged_at": st.none() | times, "started_at": st.none() | times | st.just(-300), "status_code": few([200, 429]),
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


@settings(max_examples=40, deadline=None, phases=UNSHRUNK, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=commits, at=homes, dies=st.booleans(), listed=st.booleans(), together=st.booleans())
def test_kept_days_hold_what_the_views_say(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, parts: list[Commit],
    at: dict[str, dict[str, int]], dies: bool, listed: bool, together: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(joined, "_CALLS_BETWEEN", FEW_BETWEEN if together else -1)
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
        left = stale.find_stale(connection, stored(connection))
        joined._forget(connection)
        viewed = of_views(connection)
        assert of_days(connection) == viewed
    if not dies:
        assert left == []


def at(day: int, clock: str, **more: Any) -> Record:
    hour, minute = map(int, clock.split(":"))
    return {"started_at": datetime(2026, 10, day, hour, minute, tzinfo=UTC), **more}


def attempt(day: int, clock: str, name: str = "x", **more: Any) -> tuple[Kind, Record]:
    moment = at(day, clock)["started_at"]
    tokens = {"prompt_tokens": 7, "completion_tokens": 4}
    return "aoai", {"correlation_id": name, "resource": "west", "region": "westus3", "started_at": moment,
                    "logged_at": moment, **tokens, **more}  # fmt: skip


def call(day: int, clock: str, name: str = "g", **more: Any) -> tuple[Kind, Record]:
    return "gateway", {"correlation_id": name, "backend_host": "west.openai.azure.com", **at(day, clock), **more}


def fetch(day: int, **more: Any) -> tuple[Kind, Record]:
    told = {"method": "GET", "response_id": "r", "body_source": "body_usage", "prompt_tokens": 9, "completion_tokens": 3}
    return call(day, "10:00", f"f{day}", **told | more)


MIDDAY = datetime(2026, 10, 2, 12, tzinfo=UTC)
HELD = call(2, "20:00", total_ms=8 * 3_600_000)
OTHER = call(2, "12:30", "weather", aoai_url=False, api_id="weather")
KNOWN = [call(1, "10:00", "known", apim_request_id="k"), attempt(1, "10:00", "k")]
HISTORIES: dict[str, list[Commit]] = {
    "a call held past midnight, and a record of the day before": [[HELD, attempt(3, "03:00")], [call(2, "09:00", "other")]],
    "a late record of a call held past midnight": [KNOWN, [HELD], [attempt(3, "03:00")]],
    "a late record that makes two of one": [[HELD, attempt(3, "03:00")], [attempt(2, "21:30", "y")]],
    "two attempts in one hold, and a record of the second day":
        [[HELD, attempt(2, "20:30"), attempt(3, "00:30", "y")], [call(3, "09:00", "other")]],
    "an attempt that was logged an hour after midnight":
        [[call(2, "23:50", total_ms=3_000_000), attempt(3, "00:20", logged_at=at(3, "01:10")["started_at"])],
         [call(2, "09:00", "other")]],
    "an attempt that a call of another day claims": [[attempt(2, "10:00", region=None)], [call(5, "10:00", apim_request_id="x")]],
    "a host that turns out to be another's":
        [KNOWN, [call(2, "23:59", total_ms=180_000), attempt(3, "00:01")],
         [call(9, "10:00", "later", apim_request_id="z"), attempt(9, "10:00", "z", resource="zeast")]],
    "a call at midnight that only a late row of the LLM log knows":
        [[call(2, "23:59", aoai_url=None, total_ms=180_000), attempt(3, "00:01"),
          ("llm", {"correlation_id": "g", "deployment": "chat", "prompt_tokens": 7, **at(3, "12:00")})], [call(3, "09:00", "other")]],
    "a row of the LLM log of a call on a day between those that are touched":
        [[call(3, "10:00")], [call(1, "10:00", "f"), call(5, "10:00", "h"),
                              ("llm", {"correlation_id": "g", "deployment": "chat", "prompt_tokens": 7, **at(1, "12:00")})]],
    "a fetch that was of another answer":
        [[fetch(day) for day in (1, 5, 9)], [fetch(1, response_id="q", served_model="gpt-4o")]],
    "an answer that turns out to have been fetched before":
        [[fetch(5)], [fetch(1)]],
    "a late row of the LLM log whose call was asked in the hour after next":
        [[call(2, "13:29", aoai_url=None, total_ms=3_300_000), attempt(2, "14:10")],
         [("llm", {"correlation_id": "g", "deployment": "chat", "prompt_tokens": 7, **at(2, "12:30")})]],
    "tokens of an attempt that are logged hours after it began":
        [[call(2, "11:50", total_ms=1_200_000, body_source="none"), attempt(2, "11:59", logged_at=MIDDAY + timedelta(minutes=58), prompt_tokens=None)],
         [attempt(2, "13:57", started_at=None, category="AzureOpenAIRequestUsage")]],
    "tokens of an attempt that was logged long after it began":
        [[call(2, "02:50", total_ms=1_200_000, body_source="none"), attempt(2, "03:00", logged_at=MIDDAY, prompt_tokens=None)],
         [attempt(2, "12:30", started_at=None, category="AzureOpenAIRequestUsage")]],
    "an attempt that was logged hours after it began, and nothing else": [[attempt(2, "03:00", logged_at=MIDDAY)]],
    "an attempt that was logged hours after a call was asked": [[call(2, "02:50", total_ms=1_200_000)], [attempt(2, "03:00", logged_at=MIDDAY)]],
    "the first of two attempts that a call of another day claims":
        [[call(2, "10:50", total_ms=3_000_000), attempt(2, "10:55", region=None), attempt(2, "11:30", "y", region=None)],
         [call(5, "10:00", "later", apim_request_id="x")]],
    "an attempt that does not say when it was logged, and a call of its hour":
        [[attempt(7, "19:00", logged_at=None)], [call(7, "19:30", "other")]],
    "a row of an attempt that does not say when it was logged":
        [[*KNOWN, attempt(7, "19:00", logged_at=None), call(8, "01:00", "other")], [attempt(9, "00:30", category="AzureOpenAIRequestUsage")]],
    "one of two attempts that a call of another day claims":
        [[call(2, "09:50", total_ms=1_800_000), attempt(2, "10:05", region=None), attempt(2, "10:10", "y", region=None)],
         [call(5, "10:00", "later", apim_request_id="x")]],
    "a late record at the end of a call that was held for hours":
        [[call(2, "02:00", total_ms=8 * 3_600_000), attempt(2, "03:00", region=None)], [attempt(2, "09:00", "y", region=None)]],
    "an attempt that one of two calls asked, one of which began two hours before":
        [[call(2, "09:59", "g2", total_ms=1_860_000), call(2, "10:29", "m", total_ms=1_890_000, request_body_bytes=100),
          attempt(2, "10:29", "f"), attempt(2, "11:00", "u", request_bytes=50)], [OTHER]],
    "a call of two hours before that only a row of the LLM log of three hours before knows":
        [[call(2, "09:01", "g2", total_ms=3_590_000, aoai_url=None), ("llm", {"correlation_id": "g2", "deployment": "chat", **at(2, "08:02")}),
          call(2, "10:00", "m", total_ms=3_600_000, request_body_bytes=100), attempt(2, "10:00", "f"),
          attempt(2, "11:00", "u", request_bytes=50)], [OTHER]],
    "tokens that are logged three hours after the hour of their call":
        [[call(2, "10:55", total_ms=3_480_000, body_source="none"),
          attempt(2, "11:50", logged_at=MIDDAY + timedelta(minutes=48), prompt_tokens=None),
          attempt(2, "13:40", started_at=None, category="AzureOpenAIRequestUsage")], [("gateway", OTHER[1] | at(2, "09:30"))]],
    "a call that only a row of the LLM log of the next hour knows":
        [[call(2, "10:55", total_ms=3_480_000), call(2, "11:38", "c", total_ms=1_500_000, aoai_url=None), attempt(2, "11:40", "f"),
          ("llm", {"correlation_id": "c", "deployment": "chat", **at(2, "12:01")})], [("gateway", OTHER[1] | at(2, "09:30"))]],
    "a matched attempt that a call of another day claims":
        [[call(2, "10:00", total_ms=300_000), attempt(2, "10:01", region=None)], [call(5, "10:00", "later", apim_request_id="x")]],
    "a matched attempt that a call of the afternoon claims":
        [[*KNOWN, call(2, "10:00", total_ms=300_000), attempt(2, "10:01")], [call(2, "13:10", "later", apim_request_id="x")]],
    "a late row of the LLM log of a call that was held for hours":
        [[call(2, "02:00", "h", total_ms=28_680_000, aoai_url=None), call(2, "09:50", "m", total_ms=3_480_000, request_body_bytes=100),
          attempt(2, "09:55", "f"), attempt(2, "10:45", "u", request_bytes=50)],
         [("llm", {"correlation_id": "h", "deployment": "chat", **at(2, "02:00")})]],
    "a row of the LLM log an hour before its call":
        [[call(2, "13:29", total_ms=3_300_000, aoai_url=None), call(2, "14:19", "m", total_ms=3_480_000, request_body_bytes=100),
          attempt(2, "14:20", "f"), attempt(2, "15:10", "u", request_bytes=50)],
         [("llm", {"correlation_id": "g", "deployment": "chat", **at(2, "12:31")})]],
    "tokens of an attempt that are logged two hours after it began":
        [[call(2, "11:30", total_ms=2_400_000, body_source="none"),
          attempt(2, "12:05", logged_at=MIDDAY + timedelta(minutes=63), prompt_tokens=None)],
         [attempt(2, "14:02", started_at=None, category="AzureOpenAIRequestUsage")]],
    "days that no log is of": [
        [call(2, "10:00"), ("gateway", {"correlation_id": "early", "started_at": datetime(1, 1, 1, tzinfo=UTC)}),
         ("llm", {"correlation_id": "late", "started_at": datetime(9999, 12, 31, 23, 30, tzinfo=UTC)}),
         attempt(2, "10:00", started_at=datetime(1, 1, 1, tzinfo=UTC))], [call(2, "11:00", "other")]],
}  # fmt: skip


@pytest.mark.parametrize("history", [pytest.param(parts, id=name) for name, parts in HISTORIES.items()])
def test_what_comes_later_changes_the_days_that_it_concerns(tmp_path: Path, history: list[Commit]) -> None:
    store = tmp_path / "$start of {a} store's.duckdb"
    for part in history:
        with open_for_writing(store) as connection:
            for kind in ("gateway", "llm", "aoai"):
                if rows := [row for of, row in part if of == kind]:
                    stage(connection, kind, batch(kind, *rows))
            commit(connection, [], MIDNIGHT)
    with open_for_reading(store) as connection:
        assert stale.find_stale(connection, stored(connection)) == []
        joined._forget(connection)
        viewed = of_views(connection)
        assert of_days(connection) == viewed
        joined.join_period(connection, MONTH, with_ids=True)
        connection.execute(sql("period").replace("$long_context_tokens", "1000"))
        assert connection.execute(f"SELECT {AS_JOINED} FROM period ORDER BY ALL").fetchall() == viewed[0]


def test_a_day_whose_gateway_rows_are_not_those_that_were_joined_is_joined_again(tmp_path: Path) -> None:
    """Though no touched day was noted: rows are counted as well."""
    with open_for_writing(tmp_path / "s.duckdb") as connection:
        stage(connection, "gateway", batch("gateway", *(call(day, "10:00", f"{day}")[1] for day in (2, 3, 4, 5))))
        commit(connection, [], MIDNIGHT)
    with duckdb.connect(str(tmp_path / "s.duckdb")) as connection:
        connection.execute("DELETE FROM gateway WHERE started_at::DATE = DATE '2026-10-03'")
    with open_for_reading(tmp_path / "s.duckdb") as connection:
        found = stale.days_of(stale.find_stale(connection, stored(connection)))
    assert {date(2026, 10, 3), date(2026, 10, 5)} & set(found) == {date(2026, 10, 3)}


def test_of_a_day_that_is_joined_only_the_hours_around_a_record_are_joined_again(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "s.duckdb") as connection:
        stage(connection, "gateway", batch("gateway", *(call(2, f"{hour:02}:30", f"{hour}")[1] for hour in range(24))))
        commit(connection, [], MIDNIGHT)
    with suppress(KeyError), open_for_writing(tmp_path / "s.duckdb") as connection:
        stage(connection, "gateway", batch("gateway", call(2, "23:10", "late", total_ms=120_000)[1]))
        commit(connection, [], MIDNIGHT)
        raise KeyError("before they are joined")
    with open_for_reading(tmp_path / "s.duckdb") as connection:
        found = stale.find_stale(connection, stored(connection))
    assert [hour.isoformat() for hour in found] == ["2026-10-02T22:00:00", "2026-10-02T23:00:00", "2026-10-03T00:00:00"]


def test_a_run_that_dies_while_it_joins_leaves_also_the_hours_that_no_record_of_it_is_around(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, claiming = HISTORIES["a matched attempt that a call of another day claims"]
    for part, dies in ((known, False), (claiming, True)):
        with monkeypatch.context() as patched, suppress(KeyError), open_for_writing(tmp_path / "s.duckdb") as connection:
            for kind in ("gateway", "aoai"):
                if rows := [row for of, row in part if of == kind]:
                    stage(connection, kind, batch(kind, *rows))
            commit(connection, [], MIDNIGHT)
            if dies:
                patched.setattr(joined, "_keep_span", lambda *_: {}["dead"])
    with duckdb.connect(str(tmp_path / "s.duckdb"), read_only=True) as connection:
        noted = connection.execute("SELECT DISTINCT hour FROM touched_hours WHERE day(hour) = 2 ORDER BY 1").fetchall()
    assert [hour.hour for (hour,) in noted] == [9, 10, 11]


def test_a_day_that_lost_rows_at_other_hours_than_those_that_a_record_concerns_is_joined_as_a_whole(tmp_path: Path) -> None:
    rows = [call(2, "10:00", "a"), call(2, "20:00", "b"), call(2, "21:00", "c", aoai_url=None, api_id="weather")]
    with open_for_writing(tmp_path / "s.duckdb") as connection:
        stage(connection, "gateway", batch("gateway", *(row for _, row in rows)))
        commit(connection, [], MIDNIGHT)
    with duckdb.connect(str(tmp_path / "s.duckdb")) as connection:
        connection.execute("DELETE FROM gateway WHERE started_at = TIMESTAMP '2026-10-02 20:00:00'")
    with open_for_writing(tmp_path / "s.duckdb") as connection:
        stage(connection, "gateway", batch("gateway", call(2, "10:30", "d")[1]))
        commit(connection, [], MIDNIGHT)
    with open_for_reading(tmp_path / "s.duckdb") as connection:
        assert stale.find_stale(connection, stored(connection)) == []
        joined._forget(connection)
        viewed = of_views(connection)
        assert of_days(connection) == viewed


@pytest.mark.parametrize("hours", [(10.25, 10.75), (10.5, 12), (8, 10.2), (9.9, 14)])
def test_calls_of_other_apis_are_counted_to_the_second(tmp_path: Path, hours: tuple[float, float]) -> None:
    others = [call(2, clock, clock, aoai_url=None, api_id="weather") for clock in ("09:58", "10:00", "10:15", "10:45", "13:30")]
    with open_for_writing(tmp_path / "s.duckdb") as connection:
        stage(connection, "gateway", batch("gateway", *(row for _, row in others)))
        commit(connection, [], MIDNIGHT)
    start, end = (datetime(2026, 10, 2, tzinfo=UTC) + timedelta(hours=hour) for hour in hours)
    with open_for_reading(tmp_path / "s.duckdb") as connection:
        joined.join_period(connection, Period(start, end, None))
        counted = connection.execute("SELECT coalesce(sum(calls), 0) FROM others").fetchall()
    assert counted == [(sum(start <= row["started_at"] < end for _, row in others),)]


@pytest.mark.parametrize(("between", "expected"), [(-1, [(0, 3), (1, 3), (2, 3), (3, 3)]), (FEW_BETWEEN, [(0, 3), (3, 3)])])
def test_a_writer_tells_how_many_days_are_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, between: int, expected: list[tuple[int, int]]
) -> None:
    """Where few calls are between them, together."""
    monkeypatch.setattr(joined, "_CALLS_BETWEEN", between)
    told: list[tuple[int, int]] = []
    with open_for_writing(tmp_path / "s.duckdb", joining=lambda done, of: told.append((done, of))) as connection:
        stage(connection, "gateway", batch("gateway", *(call(day, "10:00", str(day))[1] for day in (1, 5, 9))))
        commit(connection, [], MIDNIGHT)
    assert told == expected


BUSY = 5
FEW = [call(day, clock, f"{day} {clock}") for day, clock in ((1, "10:00"), (BUSY, "02:00"), (BUSY, "22:00"), (9, "10:00"))]
MANY = [call(BUSY, "12:00", f"many {n}", caller_headers="x" * 10_000 + str(n)) for n in range(3_000)]


def fill(store: Path, memory: str, kind: Kind = "gateway", records: Commit = FEW + MANY) -> None:
    """Writes days of few calls and one with many at one moment; `memory` is what the join of them may take."""
    with pytest.MonkeyPatch.context() as short, open_for_writing(store) as connection:
        short.setattr(connect, "_joining_memory", lambda _: memory)
        stage(connection, kind, batch(kind, *(row for _, row in records)))
        commit(connection, [], MIDNIGHT)
        connection.execute("SET threads = 1")  # each takes memory of its own


def stale_now(store: Path) -> list[int]:
    with open_for_reading(store) as connection:
        return [day.day for day in stale.days_of(stale.find_stale(connection, stored(connection)))]


def figures(store: Path) -> list[list[tuple[Any, ...]]]:
    with open_for_reading(store) as connection:
        return of_days(connection)


@pytest.mark.parametrize(("memory", "left"), [("48MB", [BUSY]), ("4MB", [1, BUSY, 9])])
def test_days_that_memory_is_short_for_are_left_to_be_joined_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: str, left: list[int]
) -> None:
    store = tmp_path / "s.duckdb"
    monkeypatch.setattr(joined, "_CALLS_AT_ONCE", 1_000)
    with monkeypatch.context() as short:
        short.setattr(joined, "_MORE_MEMORY", memory)
        fill(store, memory)
    assert stale_now(store) == left
    asked = figures(store)
    with open_for_writing(store) as connection:
        assert connection.execute("SELECT count(*) FROM gateway").fetchall() == [(len(FEW) + len(MANY),)]
    assert stale_now(store) == []
    assert figures(store) == asked


def test_a_late_record_of_a_day_that_memory_is_short_for_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "s.duckdb"
    fill(store, "1GB")
    assert stale_now(store) == []
    monkeypatch.setattr(joined, "_MORE_MEMORY", "48MB")
    fill(store, "48MB", "llm", [("llm", {"correlation_id": "many 0", "prompt_tokens": 11, **at(BUSY, "12:00")})])
    assert stale_now(store) == [BUSY]
    assert sum(row[AS_JOINED.split(", ").index("prompt_tokens")] for row in figures(store)[0]) == 11


def test_a_writer_takes_more_memory_before_it_leaves_a_day(tmp_path: Path) -> None:
    fill(tmp_path / "s.duckdb", "48MB")
    assert stale_now(tmp_path / "s.duckdb") == []
