"""The job's files, checked as far as a machine without Azure can."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pycep import BicepParser
from ruamel.yaml import YAML

from tests.cli.conftest import TENANT

from .conftest import Job

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")


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


def test_github_takes_the_workflow() -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run(
        [*words, str(DEPLOY / "github-actions.yml")], capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_puts_the_ledger_back_after_every_run_that_had_it() -> None:
    """Cancelled or timed out in the middle of sending, without its ledger the next run would send again."""
    job = YAML(typ="safe").load(DEPLOY / "github-actions.yml")["jobs"]["report"]
    steps = {step["name"]: step for step in job["steps"] if "name" in step}
    assert steps["Keep the store"]["if"] == "${{ always() && steps.fetch.outcome == 'success' }}"
    assert steps["Fetch the store"]["id"] == "fetch"
    assert steps["Read and send"]["timeout-minutes"] < job["timeout-minutes"]
    assert all("${{" not in step.get("run", "") for step in job["steps"]), "an input inside a script is code"


def test_kubernetes_runs_one_at_a_time_as_nobody_and_names_every_volume() -> None:
    spec = YAML(typ="safe").load(DEPLOY / "cronjob.yaml")["spec"]
    job = spec["jobTemplate"]["spec"]
    pod = job["template"]["spec"]
    [container] = pod["containers"]
    assert (spec["concurrencyPolicy"], spec["timeZone"], pod["restartPolicy"]) == ("Forbid", "Etc/UTC", "Never")
    assert job["activeDeadlineSeconds"] < 24 * 3600, "ends before the next one begins"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert f"--uid {pod['securityContext']['runAsUser']}" in (DEPLOY / "Dockerfile").read_text()
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


def test_a_parser_takes_the_bicep_file() -> None:
    parsed = BicepParser().parse(text=(DEPLOY / "container-apps-job.bicep").read_text())
    job = parsed["resources"]["job"]
    properties = job["config"]["properties"]
    assert properties["configuration"]["triggerType"] == "Schedule"
    mounted = {m["volumeName"] for c in properties["template"]["containers"] for m in c["volumeMounts"]}
    assert mounted == {volume["name"] for volume in properties["template"]["volumes"]}


@pytest.mark.skipif(HADOLINT is None, reason="hadolint has no wheel for this machine")
def test_hadolint_takes_the_dockerfile() -> None:
    done = subprocess.run([str(HADOLINT), DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


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
