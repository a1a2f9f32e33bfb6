"""The job's files, checked as far as a machine without Azure can."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import TENANT

from .conftest import Job

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for name in ("aoai-insights.service", "aoai-insights.timer"):
        shutil.copy(DEPLOY / name, tmp_path)
    words = [
        "systemd-analyze",
        "verify",
        str(tmp_path / "aoai-insights.timer"),
        str(tmp_path / "aoai-insights.service"),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_schedule_is_the_same() -> None:
    for name in ("github-actions.yml", "container-apps-job.bicep", "cronjob.yaml"):
        assert "17 6 3-6 * *" in (DEPLOY / name).read_text()
    assert "*-*-03..06 06:17:00 UTC" in (DEPLOY / "aoai-insights.timer").read_text()


def test_no_file_holds_a_secret_or_runs_two_at_once() -> None:
    for path in DEPLOY.iterdir():
        text = path.read_text()
        assert "secrets." not in text
        assert "password=" not in text.lower()
    assert "concurrencyPolicy: Forbid" in (DEPLOY / "cronjob.yaml").read_text()
    assert "cancel-in-progress: false" in (DEPLOY / "github-actions.yml").read_text()


def test_the_monthly_script_reads_tells_the_operators_and_can_run_again(job: Job, tmp_path: Path) -> None:
    job.configure("file", statements=True)
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "aoai-insights.toml").write_text((job.folder / "config.toml").read_text())
    program = tmp_path / "aoai-insights"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'from aoai_insights.cli import main; main()' \"$@\"\n")
    program.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "MONTH": "2026-10",
        "EXPORTS": str(TENANT / "logs"),
    }
    for _ in range(2):
        done = subprocess.run(
            ["sh", DEPLOY / "monthly.sh"], cwd=folder, env=environment, capture_output=True, check=False
        )
        assert done.returncode == 4, done.stderr.decode()
        assert len(list((job.folder / "outbox").glob("*.eml"))) == 1
