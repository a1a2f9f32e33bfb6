"""Azure Data Explorer as the source: the same queries through its own SDK give the same figures."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from aoai_insights.config import Config, Workspace, load_config
from aoai_insights.errors import UsageError
from aoai_insights.pipeline import collect as use_case
from aoai_insights.pipeline.collect_scope import CollectReport
from aoai_insights.sources import kusto
from aoai_insights.store import collected, connect
from tests.cli.conftest import CONFIG

from .cluster import Cluster
from .conftest import MARK, NOW, OCTOBER, figures
from .server import Prepared


@pytest.fixture
def cluster(tenant: Prepared) -> Iterator[Cluster]:
    served = Cluster({"logs": tenant})
    yield served
    served.close()


def config_for(cluster: Cluster, database: str = "logs") -> Config:
    place = Workspace(name="adx", cluster=cluster.address, database=database)
    return msgspec.structs.replace(load_config(CONFIG), workspaces=[place])


def collect(cluster: Cluster, store: Path) -> CollectReport:
    engine = kusto.connect(cluster.address)
    engine.sleep = lambda seconds: None
    return use_case.collect(store, config_for(cluster), OCTOBER, now=NOW, logs=engine)


def test_a_database_gives_the_figures_of_the_exports(cluster: Cluster, tmp_path: Path, offline: object) -> None:
    report = use_case.collect(tmp_path / "s.duckdb", config_for(cluster), OCTOBER, now=NOW)
    assert (report.gaps, report.notes, report.error, report.rejects) == ([], [], None, [])
    assert figures(tmp_path / "s.duckdb", NOW) == offline
    assert {asked["db"] for asked in cluster.asked} == {"logs"}
    with connect.open_for_reading(tmp_path / "s.duckdb") as store:
        assert len(collected.hours(store, f"{cluster.address}/logs", "ApiManagementGatewayLogs")) == 31 * 24


@pytest.mark.parametrize(
    "faults",
    [["429", "503"], ["drop"], ["garbage"], ["slow"], ["too_large"], ["partial"]],
    ids=["throttled, then busy", "a dropped connection", "half a document", "timed out", "too large", "half an answer"],
)
def test_a_fault_that_passes_leaves_the_figures_as_they_are(
    faults: list[str], cluster: Cluster, tmp_path: Path, offline: object
) -> None:
    cluster.faults, cluster.mark = list(faults), MARK["gateway_requests"]
    report = collect(cluster, tmp_path / "s.duckdb")
    assert cluster.faults == [], "the fault was not met"
    assert (report.gaps, report.error) == ([], None)
    assert figures(tmp_path / "s.duckdb", NOW) == offline


@pytest.mark.parametrize(
    ("fault", "words"),
    [("403", "Viewer"), ("429", "throttled (429), 6 times"), ("too_large", "too large"), ("partial", "partial answer")],
)
def test_a_fault_that_lasts_names_the_gap(fault: str, words: str, cluster: Cluster, tmp_path: Path) -> None:
    cluster.faults, cluster.mark = [fault] * 10_000, MARK["llm_usage"]
    report = collect(cluster, tmp_path / "s.duckdb")
    said = " ".join([*report.gaps, str(report.error)])
    assert words in said
    assert "adx ApiManagementGatewayLlmLog" in said


def test_a_token_goes_to_https_only() -> None:
    with pytest.raises(UsageError, match="in the clear"):
        kusto.connect("http://cluster.example")
