"""Which build is tested: the sources, or the wheel that is compiled from them (Makefile, `test`)."""

import os
import re
from pathlib import Path

from aoai_insights.tokens import count, glance, lone_delta


def test_the_build_that_was_asked_for_is_tested() -> None:
    compiled = os.environ.get("TESTED_BUILD") == "compiled"
    assert (Path(count.__file__).suffix != ".py") == compiled


def test_a_module_whose_types_are_read_while_it_runs_is_never_compiled() -> None:
    """msgspec reads the types of the structs that it decodes; a compiler would not leave them there."""
    typed = re.compile(r"Decoder\((?!Raw\)|\))")
    modules = Path(count.__file__).parent.glob("*.py")
    found = {path.stem for path in modules if typed.search(path.read_text(encoding="utf-8")) and "from msgspec.json import" in path.read_text(encoding="utf-8")}
    assert found == {"glance", "lone_delta"}
    assert {Path(module.__file__).suffix for module in (glance, lone_delta)} == {".py"}
