"""What a service may do to an answer: the figures stay as they are, or the gap has a name."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from aoai_insights.sources import log_analytics
from aoai_insights.sources.answers import Pace
from aoai_insights.store import collected, connect
from tests.kql import world

from .conftest import MARK, NOW, OCTOBER, WORKSPACE, collect, figures, patient_logs
from .server import Fault, LogAnalytics, Prepared
from .tables import Tables

Serve = Callable[..., LogAnalytics]


FAULTS = [
    pytest.param("throttle", 2, id="throttled with Retry-After"),
    pytest.param("throttle_bare", 3, id="throttled without Retry-After"),
    pytest.param("throttle_mute", 3, id="throttled without a body"),
    pytest.param("internal_mute", 3, id="500 without a body"),
    pytest.param("internal", 2, id="500"),
    pytest.param("bad_gateway", 2, id="502 with HTML"),
    pytest.param("unavailable", 5, id="503 five times"),
    pytest.param("timeout", 3, id="504, three levels deep"),
    pytest.param("too_large", 3, id="413, three levels deep"),
    pytest.param("partial", 3, id="half an answer"),
    pytest.param("empty", 1, id="200 without a body"),
    pytest.param("no_content", 2, id="204 although there are rows"),
    pytest.param("cut", 2, id="a connection cut in the middle of an answer"),
    pytest.param("garbage", 2, id="half a JSON document"),
    pytest.param("drop", 2, id="a connection closed without a word"),
    pytest.param("slow", 1, id="no answer within the time allowed"),
]


@pytest.mark.parametrize(("kind", "times"), FAULTS)
def test_a_fault_that_passes_leaves_the_figures_as_they_are(
    kind: str, times: int, serve: Serve, tenant: Prepared, tmp_path: Path, offline: object
) -> None:
    server = serve({WORKSPACE: tenant})
    marks = [MARK["llm_usage"]] if kind == "slow" else MARK.values()  # each of these is waited for
    server.faults = [Fault(kind, times, mark) for mark in marks]
    logs, _ = patient_logs(server)
    if kind == "slow":
        logs.grace_seconds = 1
    report, _ = collect(server, tmp_path / "s.duckdb", logs)
    assert sum(fault.times for fault in server.faults) == 0, "the fault was not met"
    assert (report.gaps, report.error) == ([], None)
    assert figures(tmp_path / "s.duckdb", NOW) == offline


@pytest.mark.parametrize("kind", ["throttle", "timeout", "partial", "empty", "cut", "garbage", "drop", "internal"])
def test_a_fault_while_asking_what_is_new_costs_nothing(
    kind: str, serve: Serve, tenant: Prepared, tmp_path: Path, offline: object
) -> None:
    server = serve({WORKSPACE: tenant})
    server.faults = [Fault(kind, 3, "ingestion_time()")]
    report, _ = collect(server, tmp_path / "s.duckdb")
    assert (report.gaps, report.error) == ([], None)
    assert figures(tmp_path / "s.duckdb", NOW) == offline


LASTING = [
    ("throttle", "throttled (429), 6 times"),
    ("internal", "answered 500, 6 times"),
    ("throttle_mute", "throttled (429), 6 times"),
    ("drop", "not reached"),
    ("garbage", "broke off, 6 times"),
    ("timeout", "timed out"),
    ("too_large", "too large"),
    ("partial", "partial answer (PartialError"),
    ("no_content", "an empty answer where there are rows"),
    ("denied", "Log Analytics Reader"),
    ("unauthorized", "Log Analytics Reader"),
]


@pytest.mark.parametrize(("kind", "words"), LASTING, ids=[kind for kind, _ in LASTING])
def test_a_fault_that_lasts_ends_in_a_sentence_that_names_the_gap(
    kind: str, words: str, serve: Serve, tenant: Prepared, tmp_path: Path, offline: object
) -> None:
    server = serve({WORKSPACE: tenant})
    server.faults = [Fault(kind, 100_000, MARK["llm_usage"])]
    report, _ = collect(server, tmp_path / "s.duckdb")
    said = " ".join([*report.gaps, str(report.error)])
    assert words in said
    assert "ws0 ApiManagementGatewayLlmLog" in said
    assert " hours " in said
    assert len(server.asked) < 400, "halving has an end"
    with connect.open_for_reading(tmp_path / "s.duckdb") as store:
        assert collected.gaps(store, OCTOBER) > 0
    server.faults = []
    mended, _ = collect(server, tmp_path / "s.duckdb")
    assert (mended.gaps, mended.error) == ([], None)
    assert figures(tmp_path / "s.duckdb", NOW) == offline


def test_waits_are_those_that_the_service_asks_for_and_else_grow(
    serve: Serve, tenant: Prepared, tmp_path: Path
) -> None:
    server = serve({WORKSPACE: tenant})
    server.faults = [Fault("throttle", 1, "let llm_usage"), Fault("throttle_bare", 3, "let llm_usage")]
    _, waits = collect(server, tmp_path / "s.duckdb")
    assert waits == [0.0, 2.0, 4.0, 8.0]


def test_a_window_with_more_rows_than_an_answer_holds_comes_out_whole(
    serve: Serve, tenant: Prepared, tmp_path: Path, offline: object
) -> None:
    server = serve({WORKSPACE: tenant}, row_cap=60)
    logs, _ = patient_logs(server)
    logs.row_cap = 60
    report, _ = collect(server, tmp_path / "s.duckdb", logs)
    assert (report.gaps, report.error) == ([], None)
    assert figures(tmp_path / "s.duckdb", NOW) == offline
    assert 1 < server.most_at_once <= 5


def test_more_rows_in_a_second_than_an_answer_holds_are_reported(serve: Serve, tmp_path: Path) -> None:
    rows: Tables = {
        "ApiManagementGatewayLogs": [world.call(f"c{n}", world.NOON + timedelta(minutes=31)) for n in range(30)]
    }
    server = serve({WORKSPACE: rows | {"ApiManagementGatewayLlmLog": [], "AzureDiagnostics": []}}, row_cap=20)
    logs, _ = patient_logs(server)
    logs.row_cap = 20
    report, _ = collect(server, tmp_path / "s.duckdb", logs)
    assert "20 rows and more" in report.gaps[0]
    assert "1 hours between 2026-10-01 12:00 and" in report.gaps[0]


def test_a_full_hour_is_cut_where_its_rows_lie(serve: Serve, tmp_path: Path) -> None:
    rows: Tables = {
        "ApiManagementGatewayLogs": [world.call(f"c{n}", world.NOON + timedelta(seconds=n % 5)) for n in range(50)],
        "ApiManagementGatewayLlmLog": [],
        "AzureDiagnostics": [],
    }
    server = serve({WORKSPACE: rows})
    logs, _ = patient_logs(server)
    logs.row_cap = 20
    report, _ = collect(server, tmp_path / "s.duckdb", logs)
    assert (report.gaps, report.added["gateway"]) == ([], 50)
    read = [len(asked.rows) for asked in server.asked if MARK["gateway_requests"] in asked.query]
    assert sorted(count for count in read if count) == [10] * 5


def test_a_workspace_that_answers_nothing_at_all_is_not_taken_for_an_empty_one(
    serve: Serve, tenant: Prepared, tmp_path: Path, offline: object
) -> None:
    server = serve({WORKSPACE: tenant})
    server.faults = [Fault("no_content", 100_000)]
    report, _ = collect(server, tmp_path / "s.duckdb")
    assert "an empty answer, and no count to hold it against" in report.gaps[0]
    server.faults = []
    collect(server, tmp_path / "s.duckdb")
    assert figures(tmp_path / "s.duckdb", NOW) == offline


def test_requests_are_spread_over_time() -> None:
    waits: list[float] = []
    pace = Pace(requests=3, seconds=30.0, sleep=waits.append)
    for _ in range(5):
        pace.wait()
    assert len(waits) == 2
    assert all(29 < wait <= 60 for wait in waits)


def test_while_one_query_is_told_to_wait_no_other_begins() -> None:
    waits: list[float] = []
    pace = Pace(sleep=waits.append)
    pace.wait()
    pace.close(20.0)
    pace.wait()
    assert len(waits) == 1
    assert 19 < waits[0] <= 20


@pytest.mark.parametrize(
    ("cloud", "host"),
    [("public", "api.loganalytics.io"), ("usgov", "api.loganalytics.us"), ("china", "api.loganalytics.azure.cn")],
)
def test_each_cloud_has_its_address_and_its_token(cloud: str, host: str) -> None:
    settings = log_analytics.connect(cloud).client._config
    assert settings.endpoint == f"https://{host}"
    assert settings.authentication_policy._scopes == (f"https://{host}/.default",)
