"""Ingest from a workspace: equal to the exports of the same records, through every fault, or incomplete and said so."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from aoai_insights.model import Period
from aoai_insights.pipeline.collect_scope import SOURCES
from aoai_insights.pipeline.figures import compute_quality
from aoai_insights.store import collected, connect
from tests.cli.conftest import CONFIG
from tests.kql import world
from tests.kql.engine import INGESTED

from .conftest import MARK, NOW, OCTOBER, WORKSPACE, collect, config_for, figures
from .server import Fault, LogAnalytics, Prepared
from .tables import Tables

Serve = Callable[..., LogAnalytics]


def test_a_workspace_gives_the_figures_of_its_exports(
    serve: Serve, tenant: Prepared, tmp_path: Path, offline: object
) -> None:
    server = serve({WORKSPACE: tenant})
    report, _ = collect(server, tmp_path / "s.duckdb")
    assert (report.gaps, report.notes, report.error, report.rejects) == ([], [], None, [])
    assert figures(tmp_path / "s.duckdb", NOW) == offline
    again, _ = collect(server, tmp_path / "s.duckdb", again=True)
    assert sum(again.added.values()) == 0
    assert figures(tmp_path / "s.duckdb", NOW) == offline


def test_bodies_leave_the_workspace_only_where_they_are_needed(
    serve: Serve, tenant: Prepared, tenant_rows: Tables, tmp_path: Path
) -> None:
    server = serve({WORKSPACE: tenant})
    collect(server, tmp_path / "s.duckdb")
    known = {row["CorrelationId"] for row in tenant_rows["ApiManagementGatewayLlmLog"] if row.get("CompletionTokens")}
    sent = [dict(zip(asked.columns, row, strict=True)) for asked in server.asked for row in asked.rows]
    with_request = {row["CorrelationId"] for row in sent if row.get("BackendRequestBody")}
    with_messages = {row["CorrelationId"] for row in sent if row.get("RequestMessages") or row.get("ResponseMessages")}
    assert with_request
    assert not (with_request | with_messages) & known
    for row in sent:
        if row.get("BackendResponseBody") and row["CorrelationId"] in known:
            assert '"content":' not in row["BackendResponseBody"]


def test_a_second_run_asks_only_for_what_is_new(serve: Serve, tenant: Prepared, tmp_path: Path) -> None:
    server = serve({WORKSPACE: tenant})
    collect(server, tmp_path / "s.duckdb")
    first = len(server.asked)
    report, _ = collect(server, tmp_path / "s.duckdb")
    assert sum(report.added.values()) == 0
    assert sum(report.records.values()) < 20
    assert len(server.asked) - first <= 3 * len(TABLES), "what is new, how many rows, the rows"


def test_rows_that_arrive_late_come_with_the_next_run_whatever_day_it_asks_for(serve: Serve, tmp_path: Path) -> None:
    late = {INGESTED: NOW + timedelta(days=3)}
    rows: Tables = {
        "ApiManagementGatewayLogs": [world.call("early"), world.call("elsewhere", world.NOON + timedelta(days=9))],
        "ApiManagementGatewayLlmLog": [world.llm("early", 10, 5)],
        "AzureDiagnostics": [world.attempt("a")],
    }
    store = tmp_path / "s.duckdb"
    collect(serve({WORKSPACE: rows}), store)
    rows["ApiManagementGatewayLogs"].append(world.call("late", world.NOON + timedelta(hours=5)) | late)
    rows["ApiManagementGatewayLlmLog"].append(world.llm("late", 99, 1, world.NOON + timedelta(hours=5)) | late)
    november = Period(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
    report, _ = collect(serve({WORKSPACE: rows}), store, period=november, now=NOW + timedelta(days=4))
    assert report.added == {"gateway": 1, "llm": 1, "aoai": 0}
    with duckdb.connect(str(store), read_only=True) as connection:
        assert connection.execute("SELECT max(prompt_tokens) FROM requests").fetchall() == [(99,)]


def test_the_log_of_the_resource_is_read_past_the_end_of_the_window(serve: Serve, tmp_path: Path) -> None:
    end = OCTOBER.end
    rows: Tables = {
        "ApiManagementGatewayLogs": [
            world.call("last", end - timedelta(seconds=1), BackendResponseHeaders=world.id_header("r-1"))
        ],
        "ApiManagementGatewayLlmLog": [],
        "AzureDiagnostics": [world.attempt("r-1", end + timedelta(minutes=50), properties_s=world.TOKENS)],
    }
    collect(serve({WORKSPACE: rows}), tmp_path / "s.duckdb")
    with duckdb.connect(str(tmp_path / "s.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT token_source, prompt_tokens FROM requests").fetchall() == [("aoai_log", 7)]


def test_calls_of_other_apis_stay_in_the_workspace_and_are_counted(serve: Serve, tmp_path: Path) -> None:
    away = {"Url": "https://gw.example/orders", "BackendUrl": "https://orders.example/x"}
    rows: Tables = {
        "ApiManagementGatewayLogs": [world.call("one"), *(world.call(f"o{n}", **away) for n in range(3))],
        "ApiManagementGatewayLlmLog": [],
        "AzureDiagnostics": [],
    }
    server = serve({WORKSPACE: rows})
    for again in (False, True):
        collect(server, tmp_path / "s.duckdb", again=again)
        quality = compute_quality(tmp_path / "s.duckdb", config_for(server), OCTOBER, now=NOW, prices=[])
        assert (quality.requests, quality.other_api_requests) == (1, 3)


def test_a_process_that_is_killed_keeps_what_it_finished_and_the_rerun_mends_the_rest(
    serve: Serve, tenant: Prepared, tmp_path: Path, offline: object
) -> None:
    server = serve({WORKSPACE: tenant})
    server.faults = [Fault("hang", 1, MARK["aoai_requests"])]
    store = tmp_path / "s.duckdb"
    config = tmp_path / "c.toml"
    config.write_text(
        CONFIG.read_text()
        + f'\n[azure]\nendpoint = "{server.endpoint}"\n[[workspaces]]\nname = "ws0"\nworkspace_id = "{WORKSPACE}"\n'
    )
    words = ["ingest", "--month", "2026-10", "--config", str(config), "--store", str(store)]
    process = subprocess.Popen(
        [sys.executable, "-c", "from aoai_insights.cli import main; main()", *words], stderr=subprocess.DEVNULL
    )
    assert server.hanging.wait(60), "the process never came to the third table"
    process.kill()
    process.wait()
    server.release.set()
    with connect.open_for_reading(store) as connection:
        whole = {table: all(collected.hours(connection, WORKSPACE, table).values()) for table in TABLES}
    assert whole == dict(zip(TABLES, (True, True, False), strict=True))
    report, _ = collect(server, store)
    assert report.gaps == []
    assert report.records["gateway"] < 20, "what was finished is not read again, but for the last hour"
    assert figures(store, NOW) == offline


TABLES = [source.table for source in SOURCES]


def test_the_hour_that_is_not_over_is_read_again(serve: Serve, tmp_path: Path) -> None:
    rows: Tables = {
        "ApiManagementGatewayLogs": [world.call("one", world.NOON)],
        "ApiManagementGatewayLlmLog": [],
        "AzureDiagnostics": [],
    }
    store = tmp_path / "s.duckdb"
    collect(serve({WORKSPACE: rows}), store, now=world.NOON + timedelta(minutes=30))
    with connect.open_for_reading(store) as connection:
        known = collected.hours(connection, WORKSPACE, "ApiManagementGatewayLogs")
    assert max(known) == world.NOON - timedelta(hours=1)
    rows["ApiManagementGatewayLogs"].append(world.call("two", world.NOON + timedelta(minutes=40)))
    report, _ = collect(serve({WORKSPACE: rows}), store, now=world.NOON + timedelta(hours=2))
    assert report.added["gateway"] == 1


def test_a_workspace_without_some_table_says_so_and_gives_the_rest(serve: Serve, tmp_path: Path) -> None:
    server = serve({WORKSPACE: {"ApiManagementGatewayLogs": [world.call("one")]}})
    report, _ = collect(server, tmp_path / "s.duckdb")
    assert report.added["gateway"] == 1
    assert report.notes == ["ws0 has no table ApiManagementGatewayLlmLog", "ws0 has no table AzureDiagnostics"]
    assert report.gaps == []


def test_without_any_gateway_log_there_is_no_answer(serve: Serve, tmp_path: Path) -> None:
    report, _ = collect(serve({WORKSPACE: {"AzureDiagnostics": []}}), tmp_path / "s.duckdb")
    assert "no workspace has the table ApiManagementGatewayLogs" in report.gaps[0]


def test_one_denied_workspace_does_not_keep_the_other_out(
    serve: Serve, tenant: Prepared, tmp_path: Path, offline: object
) -> None:
    server = serve({WORKSPACE: tenant})
    report, _ = collect(server, tmp_path / "s.duckdb", workspaces=("00000000-0000-0000-0000-000000000000", WORKSPACE))
    assert report.error is not None
    assert "ws0" in str(report.error)
    assert "check its workspace_id" in str(report.error)
    assert figures(tmp_path / "s.duckdb", NOW) == offline


def test_two_workspaces_with_the_same_records_count_them_once(
    serve: Serve, tenant: Prepared, tmp_path: Path, offline: object
) -> None:
    other = "99999999-2222-3333-4444-555555555555"
    server = serve({WORKSPACE: tenant, other: tenant})
    collect(server, tmp_path / "s.duckdb", workspaces=(WORKSPACE, other))
    assert figures(tmp_path / "s.duckdb", NOW) == offline


def test_a_day_that_was_read_and_is_empty_is_no_missing_day(serve: Serve, tmp_path: Path) -> None:
    server = serve(
        {
            WORKSPACE: {
                "ApiManagementGatewayLogs": [world.call("one")],
                "ApiManagementGatewayLlmLog": [],
                "AzureDiagnostics": [],
            }
        }
    )
    collect(server, tmp_path / "s.duckdb")
    quality = compute_quality(tmp_path / "s.duckdb", config_for(server), OCTOBER, now=NOW, prices=[])
    assert quality.coverage.complete
    assert len(quality.coverage.days_present) == 31
