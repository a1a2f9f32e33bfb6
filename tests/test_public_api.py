"""The public names are exactly these, they are cheap to import, and the page that shows them is true."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import aoai_insights
from aoai_insights.resources import resource_root

TOP = Path(__file__).resolve().parent.parent


def test_the_public_names_are_these_and_no_others() -> None:
    assert aoai_insights.__all__ == [
        "Config", "Count", "Exchange", "InsightsError", "Period", "__version__", "compute_chargeback", "compute_latency",
        "compute_quality", "count_exchange", "ingest", "load_config", "shipped_book",
    ]  # fmt: skip
    assert all(getattr(aoai_insights, name) is not None for name in aoai_insights.__all__)


def test_importing_the_package_imports_nothing_else() -> None:
    script = "import sys; before = set(sys.modules); import aoai_insights; print(sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(TOP)!r})\n{script}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "duckdb" not in done.stdout
    assert "pyarrow" not in done.stdout


def test_the_page_on_python_runs_as_it_stands(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (TOP / "docs" / "python.md").read_text(encoding="utf-8"), re.S)
    assert len(blocks) == 2
    shutil.copytree(resource_root("fixtures") / "logs", tmp_path / "logs")
    shutil.copy2(resource_root("fixtures") / "aoai-insights.toml", tmp_path / "aoai-insights.toml")
    for block in blocks:
        done = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
