"""Logs with bodies to records on Spark: rows and megabytes a second for each core, and what a terabyte a day takes.

`python -m bench.spark_speed [--rows 6000] [--cores 2]`; needs the extra `[spark]` and Java. The job runs twice and the
second run is measured: a cluster at work, not its start. CPU seconds are those of executors and their Python workers;
on a machine that others use as well, believe these and not the clock.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import made_logs

TERABYTE = 1_000_000_000_000
HOUR = 3600


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.spark_speed", description=__doc__)
    parser.add_argument("--rows", type=int, default=6_000, help="log rows with bodies, of some 53 kB")
    parser.add_argument("--cores", type=int, default=2, help="executors, of one core each")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(run(Path(name), given.rows, given.cores), indent=1))


def run(folder: Path, rows: int, cores: int) -> list[dict[str, Any]]:
    """A line for whole bodies and one for bodies cut at 8,192 bytes."""
    from aoai_insights import spark
    from aoai_insights.config import Config

    session = _session(folder, cores)
    lines = []
    try:
        for cut in (False, True):
            logs = folder / f"logs-{cut}"
            logs.mkdir()
            made_logs.write(logs, rows, cut=cut)
            _one_file(logs)
            spark.read_logs(session, [str(logs)], str(folder / "out"), config=Config())
            size = sum(path.stat().st_size for path in logs.iterdir())
            started = time.perf_counter()
            with _executor_cpu() as cpu_seconds:
                report = spark.read_logs(session, [str(logs)], str(folder / "out"), config=Config())
            wall = time.perf_counter() - started
            assert report.kept["gateway"] == rows, report
            lines.append(_line(cut, rows, size, cores, wall, cpu_seconds()))
    finally:
        session.stop()
    return lines


def _line(cut: bool, rows: int, size: int, cores: int, wall: float, cpu: float) -> dict[str, Any]:
    rate = size / cpu
    return {
        "bodies": "cut at 8,192 bytes" if cut else "whole",
        "rows": rows,
        "megabytes": round(size / 1e6),
        "cores": cores,
        "seconds": round(wall, 1),
        "executor_cpu_seconds": round(cpu, 1),
        "rows_per_core_second": round(rows / cpu),
        "megabytes_per_core_second": round(rate / 1e6, 1),
        "core_hours_per_terabyte": round(TERABYTE / rate / HOUR, 1),
    }


def _one_file(logs: Path) -> None:
    """As a busy gateway's hour: one file, which is cut at its lines."""
    parts = sorted(logs.iterdir())
    with (logs / "PT1H.json").open("wb") as whole:
        for part in parts:
            whole.write(part.read_bytes())
            part.unlink()


def _session(folder: Path, cores: int) -> Any:
    import pyspark
    from pyspark.sql import SparkSession

    os.environ["SPARK_HOME"] = str(Path(pyspark.__file__).parent)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    builder = SparkSession.builder.master(f"local-cluster[{cores},1,2048]").appName("aoai-insights bench")
    settings = {
        "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.local.dir": str(folder / "local"),
        "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.executor.memory": "1g",
    }  # fmt: skip
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


@contextmanager
def _executor_cpu() -> Iterator[Callable[[], float]]:
    """CPU seconds used meanwhile below the driver: by executors, their Python daemons and workers.

    Looked at often and process by process, because workers end while a job runs.
    """
    first: dict[tuple[int, str], int] = {}
    last: dict[tuple[int, str], int] = {}
    ended = threading.Event()

    def watch() -> None:
        for key, ticks in _ticks().items():
            first[key] = ticks
        while not ended.wait(0.2):
            last.update(_ticks())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield lambda: sum(ticks - first.get(key, 0) for key, ticks in last.items()) / os.sysconf("SC_CLK_TCK")
    finally:
        ended.set()
        watching.join()


def _ticks() -> dict[tuple[int, str], int]:
    """Own user and system time of each process below the driver, by its number and the moment it began."""
    parents, used = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        number = int(entry.name)
        parents[number] = int(fields[1])
        used[number, fields[19]] = int(fields[11]) + int(fields[12])
    drivers = {number for number, parent in parents.items() if parent == os.getpid()}
    return {key: ticks for key, ticks in used.items() if any(_is_below(key[0], driver, parents) for driver in drivers)}


def _is_below(number: int, ancestor: int, parents: dict[int, int]) -> bool:
    while (number := parents.get(number, 0)) > 1:
        if number == ancestor:
            return True
    return False


if __name__ == "__main__":
    main()
