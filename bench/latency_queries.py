"""Latency, comparison, throttling and routing over many requests: seconds of each question, on a store made here.

    python bench/latency_queries.py [--requests 10000000] [--store FILE]

The calls are random and of one month: 4 models on 5 regions, sizes and times lognormal. They are written to the gateway
table of a store directly, since reading logs is measured elsewhere. Prints one line per question.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from aoai_insights.config import Config
from aoai_insights.latency import effects, throttling
from aoai_insights.model import Period
from aoai_insights.pipeline.figures import open_facts
from aoai_insights.pipeline.latency import TIMES, block_length
from aoai_insights.pipeline.routing import UTC as UTC_ZONE
from aoai_insights.pipeline.routing import _learned
from aoai_insights.routing import advice
from aoai_insights.routing.backend_pool import Rules
from aoai_insights.store import read, read_calls
from aoai_insights.store.connect import open_for_writing

PERIOD = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "2026-10")

FILL = """
INSERT INTO gateway BY NAME
WITH drawn AS (
    SELECT i, hash(i, 1) / 1.8446744073709552e19 AS a, hash(i, 2) / 1.8446744073709552e19 AS b,
        hash(i, 3) / 1.8446744073709552e19 AS c, hash(i, 4) / 1.8446744073709552e19 AS d
    FROM range({requests}) t(i)
),
sized AS (
    SELECT *, ['gpt-4o', 'gpt-4o-mini', 'gpt-4.1', 'gpt-4.1-mini'][1 + i % 4] AS model,
        ['eastus2', 'swedencentral', 'francecentral', 'westus3', 'uksouth'][1 + (i // 4) % 5] AS region,
        exp(6.5 + 1.2 * sqrt(-2 * ln(greatest(a, 1e-12))) * cos(6.283185 * b))::BIGINT + 1 AS prompt,
        exp(5.0 + 0.9 * sqrt(-2 * ln(greatest(a, 1e-12))) * sin(6.283185 * b))::BIGINT + 1 AS completion
    FROM drawn
)
SELECT
    'apim' AS service, uuid() AS correlation_id,
    TIMESTAMP '2026-10-01' + to_microseconds((c * 2678400000000)::BIGINT) AS started_at,
    'api' AS api_id, 'POST' AS method, 'chat' AS api, true AS aoai_url, 'sub-' || i % 50 AS apim_subscription,
    'aoai-' || region || '.openai.azure.com' AS backend_host, model AS deployment, region AS aoai_region,
    model AS served_model,
    CASE WHEN d < 0.01 THEN 429 WHEN d < 0.015 THEN 500 ELSE 200 END AS status_code,
    CASE WHEN d < 0.01 THEN 429 WHEN d < 0.015 THEN 500 ELSE 200 END AS backend_status_code,
    i % 2 = 0 AS streamed, 'body_usage' AS body_source, prompt AS prompt_tokens, completion AS completion_tokens,
    0 AS cached_tokens, 1024 AS max_tokens,
    (300 + completion * 15 * (0.8 + 0.6 * d) * CASE region WHEN 'uksouth' THEN 1.3 ELSE 1 END)::BIGINT AS total_ms,
    (290 + completion * 15 * (0.8 + 0.6 * d) * CASE region WHEN 'uksouth' THEN 1.3 ELSE 1 END)::BIGINT AS backend_ms
FROM sized
"""


def main() -> None:
    """Fills a store, then times each question on it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000_000)
    parser.add_argument("--store", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.store or Path(folder) / "store.duckdb"
        if not path.exists():
            with open_for_writing(path) as connection:
                connection.execute("RESET memory_limit")  # all at once, as nobody writes otherwise
                connection.execute(FILL.format(requests=given.requests))
        ask(path)


def ask(path: Path) -> None:
    """Each question once, in the order of a session; joining the period is the price of the first."""
    started, worked = time.perf_counter(), time.process_time()
    with open_facts(path, Config(), PERIOD, datetime(2026, 11, 2, tzinfo=UTC), ()) as facts:
        requests = facts.quality.requests

        def said(label: str, began: float, busy: float) -> None:
            wall, cpu = time.perf_counter() - began, time.process_time() - busy
            print(f"{wall:7.1f} s  {cpu:7.1f} s of CPU  {label}", flush=True)

        said(f"join {requests:,} requests, quality", started, worked)
        connection = facts.connection

        def timed(label: str, question: Callable[[], object]) -> None:
            began, busy = time.perf_counter(), time.process_time()
            question()
            said(label, began, busy)

        timed("calls with their times and endings", lambda: facts.load_calls(UTC_ZONE))
        timed("all measures by region", lambda: read.latency(connection, ("region",)))
        timed("all measures by region and hour", lambda: read.latency(connection, ("region", "hour")))
        by_week = ("hour_of_week", "region", "model")
        timed("all measures by hour of week, region, model", lambda: read.latency(connection, by_week))
        timed("distributions by region", lambda: read_calls.curves(connection, "region"))
        timed("attempts", lambda: read_calls.load_attempts(connection))
        timed(
            "throttling by app and backend",
            lambda: throttling.throttling_rows(
                read_calls.throttling(connection, ("app", "backend")), ("app", "backend")
            ),
        )

        def compare() -> None:
            calls = read_calls.latency_calls(connection, TIMES["end-to-end"], block_length(PERIOD))
            effects.effects(read_calls.latency_counts(connection, calls, "region"))

        timed("fair comparison of regions, with hours of the day", compare)

        def advise() -> None:
            calls = read_calls.latency_calls(connection, TIMES["end-to-end"], block_length(PERIOD))
            for pool, where, unit, _ in (found := _learned(facts)):
                names = [member.backend for member in pool.members]
                counts = read_calls.latency_counts(connection, calls, unit, where, names)
                advice.advise(pool, counts, Rules(), pools=len(found))

        timed("routing advice for 4 pools of 5 backends, with replay", advise)


if __name__ == "__main__":
    main()
