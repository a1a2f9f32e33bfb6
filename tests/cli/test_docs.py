"""The docs are what the program says: the reference is generated, and every command shown anywhere runs."""

import json
import re
import shlex
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from .conftest import run

TOP = Path(__file__).resolve().parents[2]
PAGES = [TOP / "README.md", TOP / "docs" / "tutorial.md", TOP / "docs" / "token-to-charge.md"]


def test_the_command_reference_is_current() -> None:
    words = [sys.executable, str(TOP / "tools" / "build_command_reference.py"), "--check"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def shown() -> list[str]:
    """Every aoai-insights line of the pages' shell blocks that needs nothing but the fixture tenant."""
    blocks = [block for page in PAGES for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.S)]
    lines = {line.split("  #")[0].strip() for block in blocks for line in block.splitlines()}
    return sorted(line for line in lines if line.startswith("aoai-insights ") and not NEEDS_MORE.search(line))


NEEDS_MORE = re.compile(r"demo|init|--from|exchanges.jsonl")
"""Commands that the tutorial runs before the others, or that read exports of one's own."""


@pytest.fixture(scope="session")
def contoso(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tutorial leaves its reader: a folder with the tenant's config and store."""
    folder = tmp_path_factory.mktemp("tutorial") / "contoso"
    kept = run("demo", "--keep", folder, "-o", folder.parent / "demo.html")
    assert kept.code == 0, kept.err
    return folder


@pytest.mark.parametrize("line", shown())
def test_a_command_shown_in_the_docs_runs(contoso: Path, line: str) -> None:
    ran = run(*shlex.split(line)[1:], cwd=contoso)
    assert ran.code in (0, 4), ran.err


def test_the_docs_show_commands_at_all() -> None:
    assert len(shown()) >= 6


@pytest.mark.parametrize(
    "page", [*(TOP / "docs").glob("*.md"), TOP / "README.md", TOP / "ARCHITECTURE.md"], ids=lambda p: p.name
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} -> {target}"


def test_the_worked_example_is_what_the_program_says(contoso: Path) -> None:
    page = (TOP / "docs" / "token-to-charge.md").read_text()
    parts = re.findall(r"^\| ([\d,]+) \| (input|input, cached|output) \| USD ([\d.]+) \| ([\d.]+) \|$", page, re.M)
    assert len(parts) == 3
    amounts = [Decimal(count.replace(",", "")) * Decimal(price) / 1_000_000 for count, _, price, _ in parts]
    assert amounts == [Decimal(amount) for *_, amount in parts]
    assert f"**{sum(amounts):.9f}**" in page
    question = next(line for line in shown() if "5da8cb0c" in line)
    row = json.loads(run(*shlex.split(question)[1:], "-f", "json", cwd=contoso).out)["rows"][0]
    uncached, cached, completion = (int(count.replace(",", "")) for count, *_ in parts)
    assert (row["prompt_tokens"], row["cached_tokens"], row["completion_tokens"]) == (
        uncached + cached,
        cached,
        completion,
    )
    listed = run(
        "prices", "list", "--model", "gpt-4.1-mini", "--scope", "regional", "--region", "swedencentral", "-f", "json"
    )
    by_token = (p for p in json.loads(listed.out)["rows"] if p["kind"] == "inference")
    assert {Decimal(p["price"]) for p in by_token} == {Decimal(price) for _, _, price, _ in parts}
