"""The fixture tenant as a workspace, served over HTTP; and the same tenant read from its exports."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aoai_insights.cli.options import prices
from aoai_insights.cli.period import month_period
from aoai_insights.config import AzureSection, Config, Workspace, load_config
from aoai_insights.pipeline import collect as use_case
from aoai_insights.pipeline.collect_scope import CollectReport
from aoai_insights.pipeline.figures import compute_chargeback
from aoai_insights.pipeline.ingest import ingest
from aoai_insights.sources import log_analytics
from aoai_insights.sources.log_analytics import Logs
from tests.cli.conftest import CONFIG, TENANT, tenant_store

from .server import LogAnalytics, Prepared
from .tables import Tables, workspace_rows

__all__ = ["tenant_store"]
WORKSPACE = "11111111-2222-3333-4444-555555555555"
OCTOBER = month_period("2026-10")
NOW = datetime(2026, 11, 20, tzinfo=UTC)
MARK = {"gateway_requests": "let llm_usage", "llm_usage": "let stated", "aoai_requests": "location_s"}
"""Words that only the one query holds."""


@pytest.fixture(scope="session")
def tenant_rows() -> Tables:
    return workspace_rows(TENANT / "logs")


@pytest.fixture(scope="session")
def tenant(tenant_rows: Tables) -> Iterator[Prepared]:
    """The fixture tenant's workspace."""
    prepared = Prepared(tenant_rows)
    yield prepared
    prepared.connection.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., LogAnalytics]]:
    """Starts servers that end with the test."""
    started: list[LogAnalytics] = []

    def begin(workspaces: dict[str, Tables | Prepared], row_cap: int | None = None) -> LogAnalytics:
        started.append(LogAnalytics(workspaces, row_cap))
        return started[-1]

    yield begin
    for server in started:
        server.close()


@pytest.fixture(scope="session")
def offline(tmp_path_factory: pytest.TempPathFactory) -> object:
    """The figures of the same records, read from their exports."""
    store = tmp_path_factory.mktemp("offline") / "store.duckdb"
    ingest([TENANT / "logs"], store=store, config=load_config(CONFIG), now=NOW)
    return figures(store, NOW)


def config_for(server: LogAnalytics, *workspace_ids: str) -> Config:
    workspaces = [Workspace(name=f"ws{n}", workspace_id=one) for n, one in enumerate(workspace_ids or (WORKSPACE,))]
    return msgspec.structs.replace(
        load_config(CONFIG), workspaces=workspaces, azure=AzureSection(endpoint=server.endpoint, timeout_seconds=2)
    )


def patient_logs(server: LogAnalytics) -> tuple[log_analytics.Logs, list[float]]:
    """The real client, whose waits are noted instead of waited."""
    waits: list[float] = []
    logs = log_analytics.connect(endpoint=server.endpoint, timeout_seconds=2)
    logs.sleep = waits.append
    logs.pace.sleep = lambda seconds: None
    logs.chance = lambda: 0.5
    return logs, waits


def figures(store: Path, now: object) -> object:
    """What a store says of October, to the cent."""
    config = load_config(CONFIG)
    asked = {"now": now, "prices": prices(config)}
    charged = compute_chargeback(store, config, OCTOBER, ("app", "model", "region", "day"), **asked)  # type: ignore[arg-type]
    return charged.rows, charged.total


def collect(
    server: LogAnalytics, store: Path, logs: Logs | None = None, **more: Any
) -> tuple[CollectReport, list[float]]:
    patient, waits = patient_logs(server)
    config = config_for(server, *more.pop("workspaces", (WORKSPACE,)))
    report = use_case.collect(
        store, config, more.pop("period", OCTOBER), now=more.pop("now", NOW), logs=logs or patient, **more
    )
    return report, waits
