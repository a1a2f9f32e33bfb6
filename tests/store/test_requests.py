"""The view `requests`: how three record kinds become one row per call, case by case, and no call lost."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from aoai_insights.model import Period
from aoai_insights.store import period, read
from aoai_insights.store.connect import open_for_writing
from aoai_insights.store.write import commit, list_apis, stage

from .rows import T0, batch

NOW = datetime(2026, 11, 1, tzinfo=UTC)
Record = dict[str, Any]
Open = Callable[..., Any]


@pytest.fixture
def filled(tmp_path: Path) -> Open:
    """A store with these records, open."""

    @contextmanager
    def fill(
        gateway: list[Record],
        llm: Sequence[Record] = (),
        aoai: Sequence[Record] = (),
        apis: Sequence[str] = (),
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        with open_for_writing(tmp_path / "s.duckdb") as connection:
            list_apis(connection, apis)
            for kind, records in (("gateway", gateway), ("llm", llm), ("aoai", aoai)):
                if records:
                    stage(connection, kind, batch(kind, *records))  # type: ignore[arg-type]
            commit(connection, [], NOW)
            yield connection

    return fill


def one(connection: duckdb.DuckDBPyConnection, columns: str) -> Any:
    rows = connection.execute(f"SELECT {columns} FROM requests").fetchall()
    assert len(rows) == 1
    return rows[0] if "," in columns else rows[0][0]


CALL = {"correlation_id": "g", "apim_request_id": "a", "apim_request_id_from": "header"}
USAGE = {"body_source": "body_usage", "prompt_tokens": 100, "completion_tokens": 20, "cached_tokens": 64}
MESSAGES = [
    {"correlation_id": "g", "sequence_number": 1, "counted_prompt_tokens": 8, "messages_whole": True},
    {"correlation_id": "g", "sequence_number": 2, "counted_completion_tokens": 5, "messages_whole": True},
]
CUT_ANSWER = {**CALL, "body_source": "extrapolated", "prompt_tokens": 50, "completion_tokens": 70,
              "completion_tokens_low": 60, "completion_tokens_high": 80}  # fmt: skip
LADDER: list[tuple[str, Record, list[Record], list[Record], tuple[str, int, int, int]]] = [
    ("the LLM log goes before the body, whose cached tokens still count", {**CALL, **USAGE},
     [{"correlation_id": "g", "prompt_tokens": 101, "completion_tokens": 21}], [], ("llm_log", 101, 21, 64)),
    ("rows of the LLM log that carry messages add nothing", CALL,
     [{"correlation_id": "g", "prompt_tokens": 7, "completion_tokens": 3},
      {"correlation_id": "g", "sequence_number": 1, "prompt_tokens": 0, "completion_tokens": 0},
      {"correlation_id": "g", "sequence_number": 2}], [], ("llm_log", 7, 3, 0)),
    ("an LLM log without the completion of a stream gives way to the body",
     {**CALL, "body_source": "tokenized", "prompt_tokens": 10, "completion_tokens": 5},
     [{"correlation_id": "g", "prompt_tokens": 10, "completion_tokens": 0}], [], ("tokenized", 10, 5, 0)),
    ("an embedding in the LLM log has no completion and is whole", {**CALL, "api": "embeddings"},
     [{"correlation_id": "g", "prompt_tokens": 10, "completion_tokens": 0}], [], ("llm_log", 10, 0, 0)),
    ("the AOAI log goes before the body", {**CALL, **USAGE}, [],
     [{"correlation_id": "a", "prompt_tokens": 90, "completion_tokens": 9}], ("aoai_log", 90, 9, 64)),
    ("usage of the AOAI log may stand in a record of its own", CALL, [],
     [{"correlation_id": "a"}, {"correlation_id": "a", "category": "AzureOpenAIRequestUsage", "prompt_tokens": 90,
                                "cached_tokens": 32, "completion_tokens": 9}], ("aoai_log", 90, 9, 32)),
    ("body usage", {**CALL, **USAGE}, [], [], ("body_usage", 100, 20, 64)),
    ("messages of the LLM log, counted: 3 tokens prime the answer", CALL,
     MESSAGES, [],
     ("tokenized", 11, 5, 0)),
    ("a prompt that a whole body shows goes before that of the messages, which show no tools",
     {**CUT_ANSWER, "prompt_tokens_low": 50, "prompt_tokens_high": 50}, MESSAGES, [],
     ("tokenized", 50, 5, 0)),
    ("a prompt that was cut gives way to that of the messages",
     {**CUT_ANSWER, "prompt_tokens_low": 40, "prompt_tokens_high": 60}, MESSAGES, [],
     ("tokenized", 11, 5, 0)),
    ("messages of the LLM log that are not whole bound the truth from below", CALL,
     [{"correlation_id": "g", "sequence_number": 1, "counted_prompt_tokens": 8, "messages_whole": False}], [],
     ("lower_bound", 11, 0, 0)),
    ("an estimate", {**CALL, "body_source": "extrapolated", "prompt_tokens": 50, "completion_tokens": 70}, [], [],
     ("extrapolated", 50, 70, 0)),
    ("nothing to count from", CALL, [], [], ("none", 0, 0, 0)),
    ("a call that failed has no tokens to reconstruct",
     {**CALL, "status_code": 500, "body_source": "tokenized", "prompt_tokens": 10, "completion_tokens": 5}, [], [],
     ("none", 0, 0, 0)),
    ("a call that failed at the client was billed if a log says so", {**CALL, "status_code": 500},
     [{"correlation_id": "g", "prompt_tokens": 10, "completion_tokens": 5}], [], ("llm_log", 10, 5, 0)),
    ("what the gateway's cache answered was not billed", {**CALL, **USAGE, "cache": "hit"}, [], [], ("none", 0, 0, 0)),
    ("cached tokens never exceed the prompt", {**CALL, **USAGE},
     [{"correlation_id": "g", "prompt_tokens": 10, "completion_tokens": 1}], [], ("llm_log", 10, 1, 10)),
]  # fmt: skip


@pytest.mark.parametrize(("call", "llm", "aoai", "expected"), [case[1:] for case in LADDER], ids=[c[0] for c in LADDER])
def test_the_best_source_wins(
    filled: Open, call: Record, llm: list[Record], aoai: list[Record], expected: tuple[str, int, int, int]
) -> None:
    with filled([call], llm, aoai) as connection:
        assert one(connection, "token_source, prompt_tokens, completion_tokens, cached_tokens") == expected


def test_aoai_rows_join_on_the_response_header_and_never_on_the_correlation_id(filled: Open) -> None:
    call = {"correlation_id": "g", "apim_request_id": "a", "apim_request_id_from": "trace"}
    aoai = [{"correlation_id": "g", "region": "westus3"}, {"correlation_id": "a", "region": "swedencentral"}]
    with filled([call], aoai=aoai) as connection:
        assert one(connection, "region, aoai_match") == ("swedencentral", "trace")


def test_the_region_of_a_host_is_learned_from_the_calls_whose_ids_prove_it(filled: Open) -> None:
    host = {"backend_host": "custom-name.openai.azure.com"}
    calls = [{**CALL, **host}, {"correlation_id": "h", "backend_status_code": None, **host}]
    with filled(calls, aoai=[{"correlation_id": "a", "resource": "res-z"}]) as connection:
        rows = connection.execute("SELECT DISTINCT resource, region FROM requests").fetchall()
        assert rows == [("res-z", "swedencentral")]


LOOSE = {"correlation_id": "g", "request_body_bytes": 500}
MATCHES = [
    ("the one AOAI row it can be", [LOOSE], [{"correlation_id": "a", "request_bytes": 500}], ["heuristic"]),
    ("another body length", [LOOSE], [{"correlation_id": "a", "request_bytes": 501}], [None]),
    ("another status", [LOOSE], [{"correlation_id": "a", "status_code": 429}], [None]),
    ("other tokens", [{**LOOSE, "body_source": "body_usage", "prompt_tokens": 10}], [{"correlation_id": "a", "prompt_tokens": 11}], [None]),
    ("an answer longer than what the gateway sent", [{**LOOSE, "response_bytes": 900}], [{"correlation_id": "a", "response_bytes": 901}], [None]),
    ("an answer far shorter than what the gateway sent", [{**LOOSE, "response_bytes": 90_000}], [{"correlation_id": "a", "response_bytes": 901}], [None]),
    ("a stream, whose length the AOAI log does not say", [{**LOOSE, "response_bytes": 90_000}], [{"correlation_id": "a", "response_bytes": 0}], ["heuristic"]),
    ("another resource", [LOOSE], [{"correlation_id": "a", "resource": "res-b"}], [None]),
    ("another deployment", [LOOSE], [{"correlation_id": "a", "deployment": "other"}], [None]),
    ("begun before the call", [LOOSE], [{"correlation_id": "a", "started_at": T0 - timedelta(milliseconds=1)}], [None]),
    ("begun after the call", [LOOSE], [{"correlation_id": "a", "started_at": T0 + timedelta(seconds=2)}], [None]),
    ("two rows it can be: neither", [LOOSE], [{"correlation_id": "a"}, {"correlation_id": "b"}], [None]),
    ("two calls that one row can be: neither", [LOOSE, {**LOOSE, "correlation_id": "h"}], [{"correlation_id": "a"}], [None, None]),
    ("a row that another call proves to be its own",
     [LOOSE, {"correlation_id": "h", "apim_request_id": "a", "apim_request_id_from": "header"}], [{"correlation_id": "a"}],
     [None, "header"]),
]  # fmt: skip


@pytest.mark.parametrize(("gateway", "aoai", "expected"), [case[1:] for case in MATCHES], ids=[c[0] for c in MATCHES])
def test_without_the_header_only_a_unique_pair_is_matched(
    filled: Open, gateway: list[Record], aoai: list[Record], expected: list[str | None]
) -> None:
    with filled(gateway, aoai=aoai) as connection:
        rows = connection.execute("SELECT aoai_match FROM requests ORDER BY aoai_match NULLS FIRST").fetchall()
        assert [row[0] for row in rows] == expected


def test_a_row_that_was_matched_by_time_is_no_id_that_the_call_carries(filled: Open) -> None:
    calls = [
        {**LOOSE, "backend_status_code": 200},
        {"correlation_id": "h", "apim_request_id": "b", "apim_request_id_from": "header", "backend_status_code": 200},
    ]
    with filled(calls, aoai=[{"correlation_id": "a", "request_bytes": 500}]) as connection:
        assert {how for (how,) in connection.execute("SELECT aoai_match FROM requests").fetchall()} == {"heuristic", None}
        counts = read.call_counts(connection, Period(T0, T0 + timedelta(days=1)))
    assert (counts["forwarded"], counts["with_id"]) == (2, 1)


UNCLAIMED = [
    ("a refused attempt while the gateway held the call", {"correlation_id": "x", "resource": "res-b", "status_code": 429}, "retried_attempt"),
    ("a refused attempt at a deployment of another name, behind a host that the gateway is known to use", {"correlation_id": "x", "status_code": 429, "deployment": "other"}, "retried_attempt"),
    ("an answered call at a deployment of another name", {"correlation_id": "x", "deployment": "other"}, "bypass"),
    ("a refused call when the gateway held none", {"correlation_id": "x", "status_code": 429, "started_at": T0 - timedelta(hours=1)}, "bypass"),
    ("an answered call that the gateway never saw", {"correlation_id": "x", "started_at": T0 + timedelta(hours=1)}, "bypass"),
    ("an answered call beside one of the gateway's that has its own row", {"correlation_id": "x"}, "bypass"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "expected"), [case[1:] for case in UNCLAIMED], ids=[c[0] for c in UNCLAIMED])
def test_what_no_call_claims_is_an_attempt_or_a_bypass(filled: Open, record: Record, expected: str) -> None:
    with filled([CALL], aoai=[{"correlation_id": "a"}, record]) as connection:
        assert connection.execute("SELECT origin FROM unclaimed_attempts").fetchall() == [(expected,)]
        one(connection, "token_source")


@pytest.mark.parametrize(
    ("lasted_ms", "expected"), [(5_000, "retried_attempt"), (3_999, "retried_attempt"), (3_998, "bypass")],
    ids=["held long after", "held at that millisecond", "ended before"],
)  # fmt: skip
def test_who_was_refused_seconds_after_a_call_began_is_its_attempt_while_it_is_held(
    filled: Open, lasted_ms: int, expected: str
) -> None:
    refused = {"correlation_id": "x", "status_code": 429, "deployment": "other", "started_at": T0 + timedelta(milliseconds=3_999)}
    with filled([{**CALL, "total_ms": lasted_ms}], aoai=[{"correlation_id": "a"}, refused]) as connection:
        assert connection.execute("SELECT origin FROM unclaimed_attempts").fetchall() == [(expected,)]


def test_a_row_that_may_belong_to_one_of_several_calls_is_doubtful_and_no_bypass(filled: Open) -> None:
    with filled([LOOSE], aoai=[{"correlation_id": "a"}, {"correlation_id": "b"}]) as connection:
        assert connection.execute("SELECT DISTINCT origin FROM unclaimed_attempts").fetchall() == [("doubtful",)]


def test_other_apis_are_counted_and_left_out(filled: Open) -> None:
    other = {"aoai_url": False, "api": "other", "backend_host": "petstore.example"}
    calls = [
        {**CALL},
        {**other, "correlation_id": "pets", "api_id": "petstore"},
        {**other, "correlation_id": "known-to-the-llm-log"},
        {**other, "correlation_id": "listed", "api_id": "My-LLM"},
    ]
    with filled(calls, llm=[{"correlation_id": "known-to-the-llm-log"}], apis=["my-llm"]) as connection:
        assert connection.execute("SELECT count(*) FROM requests").fetchone() == (3,)
        assert connection.execute("SELECT api_id FROM other_api_requests").fetchall() == [("petstore",)]


def test_the_apis_of_todays_config_need_no_new_ingest(filled: Open) -> None:
    other = {
        "correlation_id": "l",
        "aoai_url": False,
        "api": "other",
        "backend_host": "llm.example",
        "api_id": "My-LLM",
    }
    with filled([other]) as connection:
        assert connection.execute("SELECT count(*) FROM requests").fetchall() == [(0,)]
        read.list_apis(connection, ["my-llm"])
        assert connection.execute("SELECT count(*) FROM requests").fetchall() == [(1,)]
        assert connection.execute("SELECT count(*) FROM other_api_requests").fetchall() == [(0,)]


def test_a_record_that_arrives_late_improves_the_answer(filled: Open) -> None:
    with filled([CALL]) as connection:
        assert one(connection, "token_source, region") == ("none", "")
        stage(connection, "llm", batch("llm", {"correlation_id": "g", "prompt_tokens": 5, "completion_tokens": 1}))
        stage(connection, "aoai", batch("aoai", {"correlation_id": "a"}))
        commit(connection, [], NOW)
        assert one(connection, "token_source, region") == ("llm_log", "swedencentral")


def test_no_column_of_the_store_can_hold_a_body(filled: Open) -> None:
    with filled([CALL]) as connection:
        names = {row[0] for row in connection.execute("SELECT column_name FROM information_schema.columns").fetchall()}
    assert not {name for name in names if "body" in name or "message" in name} - {
        "body_source", "body_model", "request_body_bytes", "messages_whole", "llm_messages_whole",
    }  # fmt: skip


def test_an_answer_made_in_the_background_counts_once_however_often_it_is_fetched(filled: Open) -> None:
    fetch = {**USAGE, "method": "GET", "api": "responses", "response_id": "resp_1"}
    calls = [
        {"correlation_id": "made", "api": "responses", "response_id": "resp_1", "body_source": "none"},
        *({**fetch, "correlation_id": f"fetch-{i}", "started_at": T0 + timedelta(seconds=10 - i)} for i in range(3)),
        {**fetch, "correlation_id": "another", "response_id": "resp_2"},
    ]
    with filled(calls, [{"correlation_id": "fetch-0", "prompt_tokens": 100, "completion_tokens": 20}]) as connection:
        found = connection.execute(
            "SELECT token_source, prompt_tokens, completion_tokens, cached_tokens, count(*) FROM requests GROUP BY ALL"
        ).fetchall()
    assert sorted(found) == [("body_usage", 100, 20, 64, 2), ("none", 0, 0, 0, 3)]


OCTOBER = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "2026-10")
NOVEMBER = Period(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC), "2026-11")


@pytest.mark.parametrize(("month", "calls"), [(OCTOBER, ["first", "last"]), (NOVEMBER, ["next"])], ids=["October", "November"])
def test_a_month_begins_with_its_first_instant_and_ends_before_the_next(filled: Open, month: Period, calls: list[str]) -> None:
    begun = {"first": OCTOBER.start, "last": OCTOBER.end - timedelta(microseconds=1), "next": OCTOBER.end}
    rows = [{"correlation_id": name, "started_at": at, "api_id": name} for name, at in begun.items()]
    with filled(rows) as connection:
        period.load_period(connection, month)
        found = connection.execute("SELECT api_id FROM period ORDER BY started_at").fetchall()
        cells = connection.execute("SELECT sum(requests) FROM raw_cells").fetchall()
    assert ([row[0] for row in found], cells) == (calls, [(len(calls),)])
