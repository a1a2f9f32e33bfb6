"""What the ledger of hours says after a run that did not come to its end, or came too early."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from aoai_insights.model import Period
from aoai_insights.pipeline.figures import compute_quality
from aoai_insights.store import collected, connect
from tests.kql import world
from tests.kql.engine import INGESTED

from .conftest import MARK, NOW, OCTOBER, WORKSPACE, collect, config_for
from .server import Fault, LogAnalytics
from .tables import Tables

Serve = Callable[..., LogAnalytics]
ABSENT = "00000000-0000-0000-0000-000000000000"


def one_call() -> Tables:
    return {
        "ApiManagementGatewayLogs": [world.call("one")],
        "ApiManagementGatewayLlmLog": [world.llm("one", 10, 5)],
        "AzureDiagnostics": [world.attempt("a")],
    }


def test_a_workspace_that_could_not_be_read_keeps_the_period_from_being_whole(serve: Serve, tmp_path: Path) -> None:
    server = serve({WORKSPACE: one_call()})
    report, _ = collect(server, tmp_path / "s.duckdb", workspaces=(WORKSPACE, ABSENT))
    [gap] = report.gaps
    assert "ws1 ApiManagementGatewayLogs, ApiManagementGatewayLlmLog, AzureDiagnostics" in gap
    assert "744 hours between 2026-10-01 00:00 and 2026-11-01 00:00 UTC are not read" in gap
    quality = compute_quality(tmp_path / "s.duckdb", config_for(server), OCTOBER, now=NOW, prices=[])
    assert not quality.coverage.complete


def test_an_id_that_was_mistyped_is_forgotten_once_the_config_is_right(serve: Serve, tmp_path: Path) -> None:
    server = serve({WORKSPACE: one_call()})
    collect(server, tmp_path / "s.duckdb", workspaces=(ABSENT,))
    collect(server, tmp_path / "s.duckdb", workspaces=(WORKSPACE,))
    with connect.open_for_reading(tmp_path / "s.duckdb") as store:
        assert collected.gaps(store, OCTOBER) == 0
        assert len(collected.whole_days(store, OCTOBER, "ApiManagementGatewayLogs")) == 31


def test_a_workspace_is_announced_before_the_first_is_asked(serve: Serve, tmp_path: Path) -> None:
    server = serve({WORKSPACE: one_call()})
    server.faults = [Fault("drop", 100_000)]
    collect(server, tmp_path / "s.duckdb", workspaces=(WORKSPACE, ABSENT))
    with connect.open_for_reading(tmp_path / "s.duckdb") as store:
        for workspace in (WORKSPACE, ABSENT):
            assert set(collected.hours(store, workspace, "AzureDiagnostics").values()) == {False}


def test_rows_that_come_late_to_a_table_that_had_none_are_found(serve: Serve, tmp_path: Path) -> None:
    rows: Tables = {table: [] for table in one_call()}
    collect(serve({WORKSPACE: rows}), tmp_path / "s.duckdb")
    late = {INGESTED: NOW + timedelta(days=1)}
    rows["ApiManagementGatewayLogs"] = [world.call("late") | late]
    november = Period(NOW - timedelta(days=2), NOW)
    report, _ = collect(serve({WORKSPACE: rows}), tmp_path / "s.duckdb", period=november, now=NOW + timedelta(days=2))
    assert report.added["gateway"] == 1


@pytest.mark.parametrize("table", ["llm_usage", "aoai_requests"])
def test_a_bad_row_of_one_table_does_not_excuse_missing_rows_of_another(
    table: str, serve: Serve, tmp_path: Path
) -> None:
    rows = one_call()
    rows["ApiManagementGatewayLogs"].append(world.call("", world.NOON))  # without an id it is rejected
    rows["ApiManagementGatewayLlmLog"].append(world.llm("two", 10, 5))
    rows["AzureDiagnostics"].append(world.attempt("b"))
    server = serve({WORKSPACE: rows})
    server.faults = [Fault("silent_half", 2, MARK[table])]
    report, _ = collect(server, tmp_path / "s.duckdb")
    assert len(report.rejects) == 1
    assert "1 rows of 2" in report.gaps[0]
