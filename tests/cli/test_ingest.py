"""Ingest as a process: again, elsewhere, in parallel, held, and killed; the figures stay the same."""

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from aoai_insights.store.write import ROWS_PER_COMMIT

from .conftest import CONFIG, PROGRAM, TENANT, run

LOGS = TENANT / "logs"


def figures(store: Path) -> object:
    ran = run(
        "chargeback",
        "--month",
        "2026-10",
        "--by",
        "app,model,region,day",
        "-f",
        "json",
        "--store",
        store,
        "--config",
        CONFIG,
    )
    return json.loads(ran.out)


def ingest(store: Path, *words: str | Path) -> None:
    ran = run("ingest", *words, "--store", store, "--config", CONFIG)
    assert ran.code == 0, ran.err


def test_twice_and_in_another_order_is_once(tmp_path: Path, tenant_store: Path) -> None:
    once = figures(tenant_store)
    folders = sorted(LOGS.iterdir(), reverse=True)
    store = tmp_path / "s.duckdb"
    for folder in [*folders, folders[0]]:
        ingest(store, "--from", folder)
    assert figures(store) == once


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """The tenant's logs among others, enough for workers."""
    folder = tmp_path / "big"
    shutil.copytree(LOGS, folder / "logs")
    filler = b'{"category":"Audit","time":"2026-10-01T00:00:00Z","properties":{}}\n' * 10_000
    for n in range(30):
        (folder / f"audit-{n}.json").write_bytes(filler)
    return folder


def test_two_workers_give_the_same_as_one(tmp_path: Path, tenant_store: Path, big: Path) -> None:
    ingest(tmp_path / "two.duckdb", "--from", big, "--workers", "2")
    assert figures(tmp_path / "two.duckdb") == figures(tenant_store)


def test_a_terminal_shows_what_is_read_and_then_which_days_are_joined(tmp_path: Path) -> None:
    terminal, stderr = os.openpty()
    words = [*PROGRAM, "ingest", "--from", str(LOGS), "--store", str(tmp_path / "s.duckdb"), "--config", str(CONFIG)]
    shown = b""
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=stderr, env=os.environ | {"TERM": "xterm"}):
        os.close(stderr)
        with suppress(OSError):  # what Linux says where a terminal's other end is closed
            while part := os.read(terminal, 65_536):
                shown += part
    os.close(terminal)
    assert shown.index(b"Ingesting") < shown.index(b"Joining days")
    ran = run("ingest", "--from", LOGS, "--store", tmp_path / "s.duckdb", "--config", CONFIG)
    assert "Joining" not in ran.err


def test_killed_at_any_moment_it_loses_and_doubles_nothing(tmp_path: Path, tenant_store: Path) -> None:
    store = tmp_path / "s.duckdb"
    chance = random.Random(7)
    for _ in range(6):
        words = [*PROGRAM, "ingest", "--from", str(LOGS), "--store", str(store), "--config", str(CONFIG)]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(chance.uniform(0.2, 2.5))
            process.send_signal(signal.SIGKILL)
    ingest(store, "--from", LOGS)
    assert figures(store) == figures(tenant_store)


@pytest.mark.parametrize("seconds", [0.1, 0.3, 0.6, 1.0])
def test_interrupted_it_ends_without_a_word(tmp_path: Path, big: Path, tenant_store: Path, seconds: float) -> None:
    """As a terminal does it: the workers are told as well, while they start or count."""
    store = tmp_path / "s.duckdb"
    words = [*PROGRAM, "ingest", "--from", str(big), "--store", str(store), "--config", str(CONFIG), "--workers", "2"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True) as process:
        while not store.exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, b"") or process.returncode == 0
    ingest(store, "--from", LOGS)
    assert figures(store) == figures(tenant_store)


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """Two packed files of thirty gigabytes of blank lines: each is one piece, and keeps a worker for long."""
    logs = tmp_path / "logs"
    logs.mkdir()
    blank = gzip.compress(b"\n" * 8_000_000)
    for number in (1, 2):
        (logs / f"{number}.json.gz").write_bytes(blank * 4_000)
    return logs


def test_interrupted_it_does_not_wait_for_what_its_workers_hold(tmp_path: Path, endless: Path) -> None:
    words = [*PROGRAM, "ingest", "--from", str(endless), "--store", str(tmp_path / "s.duckdb"), "--workers", "2"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True) as process:
        time.sleep(3)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)  # a worker that stayed would hold stderr open
    assert (process.returncode, said) == (130, b"")


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="nothing here limits the size of files: util-linux does")
@pytest.mark.parametrize("debug", [[], ["--debug"]], ids=["plain", "with a traceback"])
def test_an_error_does_not_wait_for_them_either(tmp_path: Path, endless: Path, debug: list[str]) -> None:
    """The store's files may not become larger, as where the disk is full, and a third worker brings records."""
    record = {"category": "GatewayLogs", "time": "2026-10-05T12:00:00Z", "properties": {"apiId": "aoai"}}
    lines = [json.dumps(record | {"correlationId": str(number)}) for number in range(ROWS_PER_COMMIT)]
    (endless / "3.json").write_text("\n".join(lines))
    store = tmp_path / "s.duckdb"
    ingest(store, "--from", LOGS / "event-hub")
    words = [*PROGRAM, "ingest", "--from", str(endless), "--store", str(store), "--workers", "3", *debug]
    limited = ["prlimit", f"--fsize={store.stat().st_size}", *words]
    done = subprocess.run(limited, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, "File too large" in done.stderr.splitlines()[-1]) == (1, True), done.stderr


@pytest.mark.parametrize("time_of", range(3))
def test_a_query_is_interrupted_like_anything_else(tenant_store: Path, time_of: int) -> None:
    """Whoever of DuckDB's threads works on it: that is another one each time."""
    words = [*PROGRAM, "sql", "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b", "--store", str(tenant_store)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "")


def test_a_held_store_is_waited_for_and_then_its_holder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "s.duckdb"
    ingest(store, "--from", LOGS / "event-hub")
    holder = subprocess.Popen(
        [
            *PROGRAM[:1],
            "-c",
            f"import duckdb, time; c = duckdb.connect({str(store)!r}); print('held', flush=True); time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    try:
        holder.stdout.readline()
        script = (
            "from aoai_insights.store import connect\nfrom aoai_insights.errors import SourceError\nfrom pathlib import Path\n"
            f"try:\n    connect.open_for_reading(Path({str(store)!r}), wait_seconds=0.5).__enter__()\n"
            "except SourceError as error:\n    print(error)"
        )
        said = subprocess.run([*PROGRAM[:1], "-c", script], capture_output=True, text=True, check=True).stdout
        assert f"process {holder.pid}" in said
        assert "is held by" in said
    finally:
        holder.kill()
        holder.communicate()
    with duckdb.connect(str(store), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM gateway").fetchone() != (0,)
