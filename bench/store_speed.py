"""A store of millions of requests: its size, what a further day costs, and how long finance and operations wait."""

import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from aoai_insights.config import Config
from aoai_insights.config.unit_prices import config_prices
from aoai_insights.model import Period
from aoai_insights.pipeline.figures import compute_chargeback, compute_latency, report_figures
from aoai_insights.sources.prices import shipped_book
from aoai_insights.store import connect, write
from bench.made_requests import requests

MONTH = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "2026-10")
REQUESTS_PER_COMMIT = 100_000
"""Ingest merges 25,000 records at a time; a request has two or three."""
A_DAY = 100_000


def run(count: int, repeats: int = 3) -> dict[str, Any]:
    """Fills a store with `count` requests of one month, adds a day, then asks each question `repeats` times.

    `latency` is what the command prints: percentiles end to end; `latency_all`, as its JSON, has those of every other
    time as well, and how far to trust them.
    """
    config, now, utc = Config(), datetime(2026, 11, 5, tzinfo=UTC), ZoneInfo("UTC")
    prices = [*config_prices(config), *shipped_book()]
    by = ("region", "hour")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.duckdb"
        written, joined = _fill(path, MONTH.start, MONTH.end, count, 0)
        size = path.stat().st_size
        further = sum(_fill(path, MONTH.end, MONTH.end + timedelta(days=1), A_DAY, count))
        questions: dict[str, tuple[Callable[[], object], int]] = {
            "chargeback": (
                lambda: compute_chargeback(path, config, MONTH, ("app", "model", "region"), now=now, prices=prices),
                repeats,
            ),
            "latency": (
                lambda: compute_latency(
                    path, config, MONTH, by, zone=utc, now=now, prices=prices, with_measures=False, with_quality=False
                ), repeats
            ),
            "latency_all": (
                lambda: compute_latency(path, config, MONTH, by, zone=utc, now=now, prices=prices), repeats
            ),
            "report": (
                lambda: report_figures(path, config, MONTH, None, zone=utc, now=now, version="", prices=prices), 1,
            ),
        }  # fmt: skip
        asked = {name: _asked(*question) for name, question in questions.items()}
    return {
        "requests": count,
        "bytes_per_request": round(size / count, 1),
        "write_seconds": round(written, 1),
        "join_seconds": round(joined, 1),
        "further_day_of_100000_seconds": round(further, 1),
        **{f"{name}_{key}": value for name, figures in asked.items() for key, value in figures.items()},
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _fill(path: Path, start: datetime, end: datetime, count: int, first: int) -> tuple[float, float]:
    """Seconds of staging and merging, and of joining the days at the end; making the records is not counted."""
    parts = -(-count // REQUESTS_PER_COMMIT)
    step, seconds = (end - start) / parts, 0.0
    with connect.open_for_writing(path) as connection:
        for part in range(parts):
            number = min(REQUESTS_PER_COMMIT, count - part * REQUESTS_PER_COMMIT)
            begin = start + part * step
            made = list(requests(begin, begin + step, number, first + part * REQUESTS_PER_COMMIT))
            began = time.perf_counter()
            for kind, batch in made:
                write.stage(connection, kind, batch)
            write.commit(connection, [], end)
            seconds += time.perf_counter() - began
        began = time.perf_counter()
    return seconds, time.perf_counter() - began


def _asked(question: Callable[[], object], repeats: int) -> dict[str, float]:
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        question()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return {"seconds": round(median(walls), 2), "cpu_seconds": round(median(cpus), 2)}
