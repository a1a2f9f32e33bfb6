"""What a command loads: Typer, and of the heavy libraries only those that its own work needs.

A clock would blame the machine, so libraries are counted instead. `import duckdb` takes 0.07 seconds, pyarrow 0.1 (numpy
within it), polars 0.1, Azure's identity 0.17; half a second is what a person waits for without asking why.
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

from aoai_insights.cli import app
from aoai_insights.pipeline.ingest import SMALL_INPUT_BYTES
from tests.money.test_deployments_import import LIST
from tests.pricing.test_price_sheets import line, sheet

from .conftest import CONFIG, TENANT

SERVICES = {"azure", "msal", "requests"}
"""Only for a command that asks Azure or sends mail by it, which none does here."""

STRANGERS = {"pandas", "pyspark", "altair", "litellm", "pytest", "IPython"}

HEAVY = {
    *SERVICES, *STRANGERS, "duckdb", "pyarrow", "pyarrow.compute", "pyarrow.parquet", "numpy", "polars", "tiktoken",
    "gigatoken", "jinja2", "css_inline", "xlsxwriter", "fastavro", "zstandard", "orjson", "jiter", "rich", "httpx",
}  # fmt: skip

STORE = {"duckdb", "pyarrow"}
"""The store, and the tables handed to it. pyarrow would bring numpy (own_process.py)."""

RESAMPLED = {*STORE, "numpy"}
"""Intervals: resampled days as matrices."""

DRAWN = {"rich"}
"""A table for the terminal."""

COUNTING = {"tiktoken", "gigatoken", "orjson", "jiter", "numpy", "zstandard"}
"""gigatoken answers with numpy's arrays."""

READING = {*STORE, *COUNTING, "pyarrow.compute", "pyarrow.parquet", "fastavro"}
"""Logs of every form, counted."""


class Start(NamedTuple):
    words: str
    may_load: set[str]
    codes: tuple[int, ...] = (0,)


FIGURES = (0, 4)
"""The tenant lacks a day."""

STARTS = {
    "demo": Start("-o demo.html", {*READING, *DRAWN, "jinja2"}),
    "init": Start("", set()),
    "ingest": Start("--from {logs} --store new.duckdb", READING),
    "doctor": Start("--month 2026-10", {*STORE, "gigatoken", "numpy"}, FIGURES),
    "status": Start("", {*STORE, *DRAWN}),
    "chargeback": Start("--month 2026-10", {*STORE, *DRAWN}, FIGURES),
    "latency": Start("--month 2026-10", {*RESAMPLED, *DRAWN}, FIGURES),
    "throttling": Start("--month 2026-10", {*RESAMPLED, *DRAWN}, FIGURES),
    "routing advise": Start("--month 2026-10", {*RESAMPLED, *DRAWN}, FIGURES),
    "routing emit": Start("--month 2026-10", RESAMPLED, FIGURES),
    "quality": Start("--month 2026-10", {*STORE, *DRAWN}, FIGURES),
    "budgets": Start("--month 2026-10", {*STORE, *DRAWN}, FIGURES),
    "anomalies": Start("--month 2026-10", {*STORE, *DRAWN}, FIGURES),
    "deployments import": Start("{deployments}", set()),
    "explain": Start("--month 2026-10 --app support-bot", {*STORE, *DRAWN}, FIGURES),
    "ptu": Start("--month 2026-10", {*STORE, *DRAWN}, FIGURES),
    "prices list": Start("--model gpt-4o", DRAWN),
    "prices check": Start("--month 2026-10", {*STORE, *DRAWN}, FIGURES),
    "prices refresh": Start("--endpoint http://127.0.0.1:9/api", STORE, (3,)),
    "prices import": Start("{sheet}", set()),
    "prices diff": Start("2026-09-01 2026-10-01", DRAWN),
    "tokens count": Start("{exchanges}", COUNTING),
    "report": Start("--month 2026-10 -o page.html", {*RESAMPLED, "jinja2"}, FIGURES),
    "export parquet": Start("--month 2026-10 {folder}", {*RESAMPLED, "polars"}, FIGURES),
    "send": Start(
        "--month 2026-10 --dry-run --incomplete", {*RESAMPLED, *DRAWN, "jinja2", "css_inline", "xlsxwriter"}, FIGURES
    ),
    "deliveries": Start("", {"duckdb", *DRAWN}, (0, 5)),
    "kql list": Start("", DRAWN),
    "kql show": Start("gateway_requests", set()),
    "kql run": Start("gateway_requests", set(), (2,)),
    "sql": Start("'select 1'", {*STORE, *DRAWN}),
}
"""By command; none of the tenant's store and config is given to a command that does not take it."""

SCRIPT = """
import json, sys
from aoai_insights.cli import main
loaded = sys.argv.pop(1)
try:
    main()
except SystemExit as done:
    json.dump([done.code, sorted(sys.modules)], open(loaded, "w"))
"""


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that is registered, by its words."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_every_command_has_a_budget() -> None:
    assert set(STARTS) == set(COMMANDS)


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What commands read: a config that uses every part, and small files."""
    folder = tmp_path_factory.mktemp("given")
    config = folder / "whole.toml"
    config.write_text(
        CONFIG.read_text(encoding="utf-8")
        + '\n[[cost_centers]]\nname = "CC-1001"\nbudget = "5.00"\n'
        + '\n[email]\nfrom = "us@contoso.example"\ntransport = "file"\nrecipients = ["them@contoso.example"]\n'
        + 'allowed_domains = ["contoso.example"]\n'
    )
    deployments, exchanges = folder / "deployments.json", folder / "exchanges.jsonl"
    deployments.write_text(json.dumps(LIST))
    asked = {"messages": [{"role": "user", "content": "hi"}]}
    answered = {"choices": [{"message": {"role": "assistant", "content": "hello"}}]}
    exchange = {"id": "1", "api": "chat", "provider": "azure", "model": "gpt-4o", "stream": False}
    exchange |= {"request": json.dumps(asked), "response_body": json.dumps(answered)}
    exchanges.write_text(json.dumps(exchange) + "\n")
    return {"config": config, "deployments": deployments, "exchanges": exchanges, "sheet": sheet(folder, line()),
            "logs": TENANT / "logs", "folder": folder / "parquet"}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_loads_only_what_its_work_needs(
    command: str, tenant_store: Path, given: dict[str, Path], tmp_path: Path
) -> None:
    start = STARTS[command]
    takes = {option for parameter in COMMANDS[command].params for option in parameter.opts}
    words = [*command.split(), *(word.format(**given) for word in shlex.split(start.words))]
    words += ["--config", str(given["config"])] if "--config" in takes else []
    words += ["--store", str(tenant_store)] if "--store" in takes and "--store" not in words else []
    loaded = tmp_path / "loaded.json"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(loaded), *words], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    code, modules = json.loads(loaded.read_text())
    assert code in start.codes, done.stderr
    assert set(modules) & HEAVY <= start.may_load, sorted(set(modules) & HEAVY - start.may_load)


@pytest.mark.parametrize(("given", "said"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "2"}, "2")], ids=["one", "as many as asked for"])
def test_numpy_starts_no_threads_of_its_own(given: dict[str, str], said: str) -> None:
    script = (
        "import atexit, os, sys\nfrom aoai_insights.cli import main\n"
        "atexit.register(lambda: print(os.environ['OPENBLAS_NUM_THREADS']))\nsys.argv[1:] = ['--version']\nmain()"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"} | given
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split()[-1] == said


def test_pandas_is_not_loaded_where_there_is_one(given: dict[str, Path], tmp_path: Path) -> None:
    """pyarrow asks it for every list that becomes an array, in each worker, and DuckDB for parameters."""
    (tmp_path / "pandas").mkdir()
    (tmp_path / "pandas" / "__init__.py").write_text("raise SystemExit('pandas was loaded')\n")
    logs, store = tmp_path / "logs", str(tmp_path / "store.duckdb")
    logs.mkdir()
    some = next((given["logs"] / "insights-logs-gatewaylogs").rglob("*.json")).read_bytes()
    for i in range(2):
        (logs / f"{i}.json").write_bytes(some + b"\n" * SMALL_INPUT_BYTES)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    for words in (["ingest", "--from", str(logs), "--workers", "2"], ["chargeback", "--month", "2026-10"]):
        done = subprocess.run(
            [Path(sys.executable).with_name("aoai-insights"), *words, "--store", store],
            capture_output=True, text=True, check=False, env=environment,
        )  # fmt: skip
        assert done.returncode in (0, 4), done.stderr
        assert "pandas" not in done.stderr
