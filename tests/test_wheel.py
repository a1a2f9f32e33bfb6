"""The wheel alone, in a clean environment outside the checkout, does the main job."""

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the files that git knows, so that nothing lying about can get in."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TOP, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (TOP / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, source / name)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    return next(target.glob("*.whl"))


def test_the_wheel_holds_what_is_not_code(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in ("report_templates/report.html.j2", "fixtures/aoai-insights.toml", "data/aoai-insights.toml",
                   "data/price_book.csv.gz", "store/migrations/0001_records.sql", "store/queries/usage.sql", "py.typed"):  # fmt: skip
        assert f"aoai_insights/{needed}" in names, needed
    assert any(name.startswith("aoai_insights/kql/") for name in names)
    assert any(name.startswith("aoai_insights/tokens/ranks/") for name in names)
    assert not any("tests/" in name or name.endswith((".duckdb", ".pyc")) for name in names)


def test_installed_alone_it_runs_the_demo(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "env"
    uv = shutil.which("uv")
    if uv:
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(home)], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(home / "bin" / "python"), str(wheel)]
    else:
        venv.create(home, with_pip=True)
        install = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    program = str(home / "bin" / "aoai-insights")
    ran = subprocess.run([program, "demo"], cwd=tmp_path, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})
    assert ran.returncode == 0, ran.stderr
    assert "support-bot" in ran.stdout
    assert (tmp_path / "aoai-insights-demo.html").exists()
    assert str(TOP) not in ran.stdout + ran.stderr
