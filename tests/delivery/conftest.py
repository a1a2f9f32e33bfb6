"""The program as a job runs it: the fixture tenant's store, a config with [email], and a server to write to."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import CONFIG, PROGRAM, TENANT, Ran, run

EMAIL = """
[email]
from = "Costs <costs@contoso.example>"
transport = "{transport}"
folder = "{folder}/outbox"
recipients = ["finance@contoso.example"]
operators = ["platform@contoso.example"]
allowed_domains = ["contoso.example"]
statements = {statements}
{more}
"""


@dataclass(frozen=True, slots=True)
class Job:
    """A folder with a store and a config; `send` runs the command in it."""

    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "store.duckdb"

    def configure(self, transport: str, more: str = "", statements: bool = False, tenant: str = "") -> None:
        email = EMAIL.format(
            transport=transport, folder=self.folder, more=more, statements=str(statements).lower()
        )  # fmt: skip
        (self.folder / "config.toml").write_text((tenant or CONFIG.read_text()) + email)

    def over_smtp(self, port: int) -> None:
        self.configure("smtp", f'[email.smtp]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"')

    def words(self, command: str, *words: str) -> list[str]:
        flags = ["--store", str(self.store), "--config", str(self.folder / "config.toml"), "--month", "2026-10"]
        return [command, *flags, *words]

    def send(self, *words: str) -> Ran:
        return run(*self.words("send", "--incomplete", "-f", "json", *words), cwd=self.folder)

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        command = [*PROGRAM, *self.words("send", "--incomplete", *words)]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("filled") / "store.duckdb"
    assert run("ingest", "--from", TENANT / "logs", "--store", store, "--config", CONFIG).code == 0
    return store


@pytest.fixture
def job(filled: Path, tmp_path: Path) -> Job:
    shutil.copy(filled, tmp_path / "store.duckdb")
    return Job(tmp_path)


Answer = Callable[..., Ran]
