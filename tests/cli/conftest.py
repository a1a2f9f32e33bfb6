"""The program as its users run it: a process with a command line, on the fixture tenant's store."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from aoai_insights.resources import resource_root

PROGRAM = [sys.executable, "-c", "from aoai_insights.cli import main; main()"]
TENANT = resource_root("fixtures")
CONFIG = TENANT / "aoai-insights.toml"


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()


Run = Callable[..., Ran]


def run(*words: str | Path, cwd: Path | None = None) -> Ran:
    done = subprocess.run([*PROGRAM, *map(str, words)], capture_output=True, cwd=cwd, check=False, timeout=300)
    return Ran(done.returncode, done.stdout, done.stderr.decode())


@pytest.fixture(scope="session")
def tenant_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixture tenant, ingested once for all tests that only read."""
    store = tmp_path_factory.mktemp("tenant") / "store.duckdb"
    done = run("ingest", "--from", TENANT / "logs", "--store", store, "--config", CONFIG)
    assert done.code == 0, done.err
    return store


@pytest.fixture(scope="session")
def ask(tenant_store: Path) -> Run:
    """Runs a command on the fixture tenant's store and config."""

    def asked(*words: str | Path) -> Ran:
        return run(*words, "--store", tenant_store, "--config", CONFIG)

    return asked
