"""Writes docs/commands.md from the program's own help. `--check` only says whether it is current (exit 1: it is not).

Run after a change of a command: python tools/build_command_reference.py
"""

import sys
from pathlib import Path

from typer.main import get_command

from aoai_insights.cli import app

TARGET = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
HEAD = """# Commands

Generated from `aoai-insights --help` by `tools/build_command_reference.py`; a test keeps it current.

Exit codes: 0 ok · 1 defect · 2 usage or config · 3 source unreachable, denied or store held (try again) · 4 the answer
is incomplete (it is printed all the same) · 5 delivery failed or uncertain · 6 reconciliation outside tolerance, or a
budget at its alert under `--fail` · 130 interrupted. Errors are one line on stderr; `--debug`, anywhere, shows the
traceback.
"""


def reference() -> str:
    """The page, with one section per command in the order of `--help`."""
    return HEAD + "".join(_sections(get_command(app), "aoai-insights", None))


def _sections(command: object, path: str, parent: object) -> list[str]:
    context = command.context_class(
        command,
        info_name=path,
        parent=None,
        terminal_width=100,
        max_content_width=100,
        help_option_names=["-h", "--help"],
    )  # type: ignore[attr-defined]
    lines = [line.rstrip() for line in command.get_help(context).splitlines()]  # type: ignore[attr-defined]
    sections = [f"\n## {path}\n\n```text\n" + "\n".join(lines) + "\n```\n"]
    for name in getattr(command, "commands", {}):
        sections += _sections(command.commands[name], f"{path} {name}", command)  # type: ignore[attr-defined]
    return sections


def main() -> int:
    page = reference()
    if "--check" in sys.argv[1:]:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != page:
            print(f"{TARGET.name} is out of date; run: python tools/build_command_reference.py")
            return 1
        return 0
    TARGET.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
