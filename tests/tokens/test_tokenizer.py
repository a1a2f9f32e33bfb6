"""Which tokenizer is said to count: asked of installations that are made for it, each a folder of packages."""

import subprocess
import sys
from pathlib import Path

import pytest

from aoai_insights.pipeline.doctor import examine_tokenizer
from aoai_insights.tokens.fast import PROVEN
from aoai_insights.tokens.tokenizer import Tokenizer

TOP = Path(__file__).resolve().parents[2]

ASKED = """
from aoai_insights.tokens.tokenizer import tokenizer
used = tokenizer()
print(used.name, used.version, used.fast_unused or "-", used.fast_found or "-", sep="|")
"""

INSTALLED = [
    pytest.param(None, None, {}, "tiktoken|9.9|absent|-", id="only tiktoken"),
    pytest.param(PROVEN, "", {}, f"gigatoken|{PROVEN}|-|{PROVEN}", id="the fast one, in the version that was compared"),
    pytest.param("0.11.0", "", {}, "tiktoken|9.9|another version|0.11.0", id="the fast one, in a version that was not"),
    pytest.param(
        PROVEN, "raise ImportError", {}, f"tiktoken|9.9|not loadable|{PROVEN}", id="the fast one, for another Python"
    ),
    pytest.param(
        PROVEN,
        "",
        {"AOAI_INSIGHTS_TOKENIZER": "tiktoken"},
        f"tiktoken|9.9|switched off|{PROVEN}",
        id="the fast one, unwanted",
    ),
]


@pytest.mark.parametrize(("version", "content", "environment", "said"), INSTALLED)
def test_the_tokenizer_that_counts_is_named(
    tmp_path: Path, version: str | None, content: str | None, environment: dict[str, str], said: str
) -> None:
    _install(tmp_path, "tiktoken", "9.9")
    if version is not None and content is not None:
        _install(tmp_path, "gigatoken", version)
        (tmp_path / "gigatoken").mkdir()
        (tmp_path / "gigatoken" / "__init__.py").touch()
        (tmp_path / "gigatoken" / "gigatoken_rs.py").write_text(content)
    script = f"import sys; sys.path[:0] = [{str(TOP)!r}, {str(tmp_path)!r}]\n{ASKED}"
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-c", script], capture_output=True, text=True, check=False, env=environment
    )
    assert done.stdout.strip() == said, done.stderr


def _install(folder: Path, name: str, version: str) -> None:
    (folder / f"{name}-{version}.dist-info").mkdir()
    (folder / f"{name}-{version}.dist-info" / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    )


FINDINGS = [
    pytest.param(Tokenizer("gigatoken", PROVEN, "", PROVEN), "ok", f"gigatoken {PROVEN}", "", id="the fast one counts"),
    pytest.param(Tokenizer("tiktoken", "9.9", "absent"), "ok", "[fast]", "", id="the extra is named where it is not installed"),
    pytest.param(Tokenizer("tiktoken", "9.9", "switched off", PROVEN), "ok", "AOAI_INSIGHTS_TOKENIZER", "", id="who switched it off"),
    pytest.param(Tokenizer("tiktoken", "9.9", "another version", "0.11.0"), "warning", "0.11.0", f"gigatoken=={PROVEN}", id="an unproven version is no gain"),
    pytest.param(Tokenizer("tiktoken", "9.9", "not loadable", PROVEN), "warning", "cannot be loaded", "--force-reinstall", id="one that cannot be loaded"),
]  # fmt: skip


@pytest.mark.parametrize(("used", "state", "said", "fix"), FINDINGS)
def test_doctor_says_what_counts_and_why_it_is_not_the_fast_one(used: Tokenizer, state: str, said: str, fix: str) -> None:
    finding = examine_tokenizer(used)
    assert finding.state == state
    assert f"{used.name} {used.version}" in finding.what
    assert said in finding.what
    assert fix in finding.fix
    assert bool(finding.fix) == bool(fix)
