"""`latency --compare`, `throttling` and `routing` as processes: on the fixture tenant, and on one whose truth is known."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest

from aoai_insights.model import GATEWAY
from aoai_insights.store.connect import open_for_writing
from aoai_insights.store.write import commit, list_apis, stage

from ..cli.conftest import Run, ask, run, tenant_store
from ..latency.simulator import Unit, simulate

__all__ = ["ask", "tenant_store"]
FIRST = datetime(2026, 10, 1, tzinfo=UTC)
REGIONS = ("eastus2", "swedencentral")


@pytest.fixture(scope="module")
def slow_east(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of October: eastus2 takes 1.7 times as long as swedencentral for the same calls; five say no backend."""
    path = tmp_path_factory.mktemp("slow") / "store.duckdb"
    units = {"eastus2": Unit(factor=lambda hour: 1.7), "swedencentral": Unit()}
    _, calls = simulate(units, seed=1, calls=20_000, days=31)
    number = len(calls.ms)
    second = np.random.default_rng(1).integers(0, 3_600, number)
    columns = {
        "service": ["apim"] * number,
        "correlation_id": [f"call-{i}" for i in range(number)],
        "started_at": [FIRST + timedelta(days=int(d), hours=int(h), seconds=int(s))
                       for d, h, s in zip(calls.day, calls.hour, second, strict=True)],
        "backend_host": [f"aoai-{REGIONS[u]}.openai.azure.com" if i >= 5 else None for i, u in enumerate(calls.unit)],
        "aoai_region": [REGIONS[u] for u in calls.unit],
        "deployment": ["chat"] * number, "served_model": ["gpt-4o-2024-11-20"] * number,
        "aoai_url": [True] * number, "method": ["POST"] * number, "status_code": [200] * number,
        "backend_status_code": [200] * number, "body_source": ["body_usage"] * number,
        "prompt_tokens": calls.prompt_tokens, "completion_tokens": calls.completion_tokens,
        "streamed": calls.streamed, "total_ms": np.rint(calls.ms), "backend_ms": np.rint(calls.ms) - 5,
    }  # fmt: skip
    arrays = [pa.array(columns[f.name]).cast(f.type) if f.name in columns else pa.nulls(number, f.type) for f in GATEWAY]
    with open_for_writing(path) as connection:
        list_apis(connection, ())
        for part in pa.Table.from_arrays(arrays, schema=GATEWAY).to_batches():
            stage(connection, "gateway", part)
        commit(connection, [], datetime(2026, 11, 1, tzinfo=UTC))
    return path


def test_the_slow_region_is_named_with_its_interval(slow_east: Path) -> None:
    ran = run("latency", "--store", slow_east, "--month", "2026-10", "--compare", "region", "-f", "json")
    assert ran.code == 0, ran.err
    payload = json.loads(ran.out)
    assert payload["schema"] == "aoai-insights/latency-comparison/1"
    (row,) = payload["rows"]
    sign = 1 if row["unit"] == "eastus2" else -1
    assert row["verdict"] == ("slower" if sign > 0 else "faster")
    bounds = (row["difference_low"], row["difference_high"])
    assert bounds[0] <= (0.7 if sign > 0 else 1 / 1.7 - 1) <= bounds[1]


def test_advice_moves_calls_to_the_fast_region(slow_east: Path) -> None:
    ran = run("routing", "advise", "--store", slow_east, "--month", "2026-10", "-f", "json")
    assert ran.code == 0, ran.err
    payload = json.loads(ran.out)
    (pool,) = payload["pools"]
    assert (pool["pool"], pool["changed"]) == ("chat", True)
    assert pool["after_ms"] < pool["before_ms"]
    assert pool["change_high"] < 0
    weights = {row["region"]: row["weight"] for row in payload["rows"]}
    assert weights["swedencentral"] > 0.6 > 0.4 > weights["eastus2"]
    table = run("routing", "advise", "--store", slow_east, "--month", "2026-10").text
    assert "becomes" in table
    assert max(map(len, table.splitlines())) <= 80


@pytest.mark.parametrize("code", ["bicep", "terraform", "json"])
def test_the_pool_is_emitted_with_the_advised_weights(slow_east: Path, code: str) -> None:
    ran = run("routing", "emit", "--store", slow_east, "--month", "2026-10", "-f", code)
    assert ran.code == 0, ran.err
    weights = [int(number) for number in re.findall(r'"?weight"?\s*[:=]\s*(\d+)', ran.text)]
    assert sum(weights) == 100
    assert weights[1] > weights[0]
    assert "https://aoai-swedencentral.openai.azure.com/openai" in ran.text
    assert "chat" in ran.err


@pytest.mark.parametrize("policy", ["backends", "pools"])
def test_policies_are_emitted_as_xml(slow_east: Path, policy: str) -> None:
    ran = run("routing", "emit", "--store", slow_east, "--month", "2026-10", "--policy", policy)
    assert ran.code == 0, ran.err
    assert ElementTree.fromstring(ran.text).tag in ("policies", "fragment")


def test_configured_pools_keep_their_residency(slow_east: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    hosts = [f'{{host = "aoai-{region}.openai.azure.com", weight = 50, residency = "{region}"}}' for region in REGIONS]
    config.write_text(f'[[pools]]\nname = "talk"\nbackends = [{", ".join(hosts)}]\n')
    ran = run("routing", "advise", "--store", slow_east, "--config", config, "--month", "2026-10", "-f", "json")
    assert ran.code == 0, ran.err
    (pool,) = json.loads(ran.out)["pools"]
    assert (pool["pool"], pool["origin"], pool["changed"]) == ("talk", "config", False)
    assert "residency" in pool["reason"]


def test_a_small_tenant_gets_no_advice_and_the_reason(ask: Run) -> None:
    ran = ask("routing", "advise", "--month", "2026-10")
    assert ran.code == 4  # a day is missing
    assert "answered calls" in " ".join(ran.text.split())
    assert "weights stay" in " ".join(ran.text.split())


def test_throttling_of_the_fixture_tenant_adds_up(ask: Run) -> None:
    payload = json.loads(ask("throttling", "--month", "2026-10", "--by", "app,backend", "-f", "json").out)
    assert payload["schema"] == "aoai-insights/throttling/1"
    total = payload["total"]
    assert (total["requests"], total["gateway_limit"], total["retried_attempts"]) == (257, 1, 2)
    assert sum(row["requests"] for row in payload["rows"]) == 257
    assert sum(row["lost_seconds"] for row in payload["rows"]) == pytest.approx(total["lost_seconds"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--by", "region,hour"], "p95 in seconds by hour of UTC"),
        (["--cdf"], "100% |"),
        (["--measures", "backend,pace,ttft,rates"], "Time to first token"),
        (["--compare", "region"], "not compared"),
    ],
)
def test_pictures_stand_above_their_table_and_fit_a_terminal(ask: Run, words: list[str], says: str) -> None:
    ran = ask("latency", "--month", "2026-10", *words)
    assert ran.code == 4
    assert says in ran.text
    assert "swedencentral" in ran.text
    assert max(map(len, ran.text.splitlines())) <= 80


@pytest.mark.parametrize(
    "words",
    [
        ["latency", "--compare", "region", "--by", "region"],
        ["latency", "--against", "eastus2"],
        ["latency", "--compare", "region", "--against", "nowhere"],
        ["latency", "--cdf", "--by", "region,hour"],
        ["latency", "--measures", "speed"],
        ["routing", "advise", "--pool", "nowhere"],
        ["routing", "emit", "--policy", "pools", "--pool-only"],
    ],
)
def test_flags_that_cannot_be_meant_are_errors(ask: Run, words: list[str]) -> None:
    ran = ask(*words, "--month", "2026-10")
    assert ran.code == 2
    assert ran.out == b""
    assert ran.err.startswith("aoai-insights: error:")
