"""A cluster and one machine, on the same files: the same records, rejects and figures."""

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from aoai_insights import spark
from aoai_insights.config import Config
from aoai_insights.errors import UsageError
from aoai_insights.model import Period
from aoai_insights.pipeline.figures import compute_chargeback, compute_latency, compute_quality
from aoai_insights.pipeline.ingest import IngestReport, ingest
from aoai_insights.resources import resource_root
from aoai_insights.sources.prices import shipped_book
from aoai_insights.spark import files
from aoai_insights.spark.shape import COUNTED

from . import lake
from .conftest import NOW

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OCTOBER = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "2026-10")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory, session: "SparkSession") -> Path:
    root = tmp_path_factory.mktemp("lake") / "logs"
    lake.write(root, large_rows=800)
    return root


@pytest.fixture(scope="module")
def one_machine(logs: Path, config: Config) -> tuple[Path, IngestReport]:
    store = logs.parent / "one-machine.duckdb"
    return store, ingest([logs], store=store, config=config, now=NOW)


@pytest.fixture(scope="module")
def cluster(logs: Path, config: Config, session: "SparkSession") -> tuple[Path, spark.LakeReport]:
    out = logs.parent / "records"
    return out, spark.read_logs(session, [str(logs)], str(out), config=config)


def _rows(store: Path) -> dict[str, list[Any]]:
    """What is stored of the records, whatever the tables look like inside."""
    with duckdb.connect(str(store), read_only=True) as connection:
        return {
            table: sorted(map(repr, connection.execute(f"SELECT * FROM {table}").fetchall()))
            for table in ("gateway", "llm", "aoai", "requests")
        }


def _figures(store: Path, config: Config) -> tuple[object, ...]:
    prices = list(shipped_book())
    by = ("app", "cost_center", "model", "region", "deployment", "day")
    return (
        compute_chargeback(store, config, OCTOBER, by, now=NOW, prices=prices),
        compute_latency(store, config, OCTOBER, ("region", "hour"), zone=ZoneInfo("Europe/Zurich"), now=NOW, prices=prices),
        compute_quality(store, config, OCTOBER, now=NOW, prices=prices),
    )


def _said(rejects: list[Any]) -> list[tuple[str, int, str, str]]:
    return sorted((item.path, item.line, item.reason, item.record) for item in rejects)


def _ingested(out: Path, config: Config) -> tuple[Path, IngestReport]:
    store = out.with_suffix(".duckdb")
    return store, ingest([out], store=store, config=config, now=NOW)


def test_records_rejects_and_figures_are_those_of_one_machine(
    cluster: tuple[Path, spark.LakeReport], one_machine: tuple[Path, IngestReport], config: Config
) -> None:
    (out, report), (store, alone) = cluster, one_machine
    assert report.files == alone.files - alone.ignored["empty file"], "Spark lists no empty files"
    assert report.records == alone.records
    assert report.kept == alone.added
    assert report.ignored == {name: count for name, count in alone.ignored.items() if name != "empty file"}
    assert report.rejected == len(alone.rejects) == 7
    assert _said(report.rejects) == _said(alone.rejects)
    copied, again = _ingested(out, config)
    assert _rows(copied) == _rows(store)
    assert _said(again.rejects) == _said(alone.rejects)
    assert again.ignored == report.ignored
    assert _figures(copied, config) == _figures(store, config)


def test_a_store_filled_through_the_driver_is_the_same_and_so_are_the_charges_it_writes(
    cluster: tuple[Path, spark.LakeReport], one_machine: tuple[Path, IngestReport], config: Config, session: "SparkSession", tmp_path: Path
) -> None:
    out, _ = cluster
    store = tmp_path / "driver.duckdb"
    filled = spark.fill_store(session, str(out), store=store, config=config, now=NOW)
    assert filled.added == one_machine[1].added
    assert _said(filled.rejects) == _said(one_machine[1].rejects)
    assert _rows(store) == _rows(one_machine[0])
    bill = spark.write_charges(
        session, str(tmp_path / "charges"), store=store, config=config, period=OCTOBER, now=NOW, prices=shipped_book()
    )
    assert bill == compute_chargeback(one_machine[0], config, OCTOBER, spark.charges.BY, now=NOW, prices=shipped_book())
    written = session.read.parquet(str(tmp_path / "charges"))
    assert written.selectExpr("sum(cost)", "sum(requests)", "min(date_format(period_start, 'yyyy-MM-dd'))").collect() == [
        (bill.total.cost, bill.total.requests, "2026-10-01")
    ]


def test_no_text_of_a_prompt_is_on_any_disk_of_the_cluster(
    cluster: tuple[Path, spark.LakeReport], session: "SparkSession", spark_dirs: Path
) -> None:
    out, _ = cluster
    work = Path(os.environ["SPARK_HOME"]) / "work" / session.sparkContext.applicationId
    files = [path for root in (spark_dirs, out, work) for path in root.rglob("*") if path.is_file()]
    contents = {path: path.read_bytes() for path in files}
    assert [path for path in files if lake.CANARY.encode() in contents[path]] == []
    seen = [path for path in files if lake.KNOWN_ID.encode() in contents[path]]
    assert any(spark_dirs in path.parents for path in seen), "the search sees what was shuffled"
    assert any(out in path.parents for path in seen)
    columns = {name for field in COUNTED if field.name != "part" for name in [inner.name for inner in field.type]}
    assert not {name for name in columns if name.endswith(("_body", "_messages")) or name in ("content", "value")}


@contextmanager
def _an_executor_dies(session: "SparkSession") -> Iterator[Callable[[], bool]]:
    """Kills one executor's process as soon as a task of it has ended and another runs."""
    killed: list[int] = []
    ended = threading.Event()

    def watch() -> None:
        tracker = session.sparkContext.statusTracker()
        while not ended.is_set() and not killed:
            stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
            if any(s and s.name and s.numActiveTasks and s.numCompletedTasks for s in stages):
                executor = _executors(session)[0]
                os.kill(executor, signal.SIGKILL)
                killed.append(executor)
            time.sleep(0.02)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield lambda: bool(killed)
    finally:
        ended.set()
        watching.join()


def _executors(session: "SparkSession") -> list[int]:
    """Processes of this driver's executors: children of its JVM."""
    driver = session.sparkContext._gateway.proc.pid  # type: ignore[union-attr]
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if b"CoarseGrainedExecutorBackend" in words and parent == driver:
            found.append(int(entry.name))
    return found


def test_an_executor_that_is_killed_costs_nothing_and_doubles_nothing(
    logs: Path, one_machine: tuple[Path, IngestReport], config: Config, session: "SparkSession", tmp_path: Path
) -> None:
    out = tmp_path / "records"
    with _an_executor_dies(session) as killed:
        report = spark.read_logs(session, [str(logs)], str(out), config=config)
    assert killed()
    assert (report.records, report.kept, report.rejected) == (one_machine[1].records, one_machine[1].added, len(one_machine[1].rejects))
    store, _ = _ingested(out, config)
    assert _rows(store) == _rows(one_machine[0])


def test_reading_twice_and_in_another_order_is_reading_once(config: Config, session: "SparkSession", tmp_path: Path) -> None:
    logs, copy = tmp_path / "logs", tmp_path / "copy"
    lake.write_odd(logs)
    shutil.copytree(logs, copy)
    paths = [copy / "odd", logs, copy, logs / "odd"]
    report = spark.read_logs(session, [str(path) for path in paths], str(tmp_path / "records"), config=config)
    alone = tmp_path / "alone.duckdb"
    once = ingest([logs], store=alone, config=config, now=NOW)
    assert report.files == 2 * (once.files - 1), "a path that is named twice is read once"
    assert report.records == {kind: 2 * count for kind, count in once.records.items()}
    assert report.rejected == 2 * len(once.rejects), "what cannot be read has no key to be known again by"
    assert report.kept == once.added
    assert _rows(_ingested(tmp_path / "records", config)[0]) == _rows(alone)


def test_the_job_of_the_documentation_runs_as_it_stands(
    cluster: tuple[Path, spark.LakeReport], session: "SparkSession", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lake.write_odd(tmp_path / "logs")
    text = (Path(__file__).parents[2] / "docs" / "spark.md").read_text()
    job = text.split("```python\n")[1].split("```")[0]
    config = resource_root("fixtures") / "aoai-insights.toml"
    monkeypatch.setattr(sys, "argv", ["job.py", *(str(tmp_path / name) for name in ("logs", "records", "charges")), str(config), "2026-10"])
    exec(compile(job, "job.py", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out.splitlines()[-1].endswith("USD INCOMPLETE")
    assert session.read.parquet(str(tmp_path / "charges")).count() > 0


def test_records_of_a_job_are_logs_of_the_next(cluster: tuple[Path, spark.LakeReport], config: Config, session: "SparkSession", tmp_path: Path) -> None:
    out, report = cluster
    second = spark.read_logs(session, [str(out)], str(tmp_path / "next"), config=config)
    assert (second.kept, second.rejected, second.ignored) == (report.kept, report.rejected, report.ignored)


def test_a_file_too_large_to_be_held_is_rejected_by_name_and_not_forgotten(
    config: Config, session: "SparkSession", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST_WHOLE_BYTES", 10)
    lake.write_odd(tmp_path / "logs")
    report = spark.read_logs(session, [str(tmp_path / "logs")], str(tmp_path / "out"), config=config)
    assert report.rejected == report.files == 10
    assert sum(report.kept.values()) == 0
    assert "that cannot be cut at lines" in report.rejects[0].reason
    assert _said(_ingested(tmp_path / "out", config)[1].rejects) == _said(report.rejects)


REFUSED: list[tuple[str, str, str, str]] = [
    ("a path that does not exist", "nowhere", "out", "the logs cannot be listed"),
    ("a folder without logs", "empty", "out", "no log files under"),
    ("records written among the logs", "logs", "logs/records", "are in one folder"),
    ("logs below the folder that is replaced", "out/logs", "out", "are in one folder"),
]


@pytest.mark.parametrize(("source", "target", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_refused(source: str, target: str, said: str, config: Config, session: "SparkSession", tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "readme.txt").write_text("no log")
    with pytest.raises(UsageError, match=said):
        spark.read_logs(session, [str(tmp_path / source)], str(tmp_path / target), config=config)


def test_the_session_is_left_as_it_was(cluster: tuple[Path, spark.LakeReport], session: "SparkSession") -> None:
    assert session.conf.get("spark.sql.files.maxPartitionBytes") == "134217728b"
    assert session.conf.get("spark.sql.parquet.outputTimestampType") == "INT96"
