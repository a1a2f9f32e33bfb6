"""Compiles the innermost modules with mypyc, where that is asked for: AOAI_INSIGHTS_COMPILE=1 python -m build --wheel.

The same files, read by a compiler instead of by the interpreter: a record takes about a quarter less time. It needs a
C compiler, and the wheel is for one Python and one kind of machine; without the variable the wheel is for all of them.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_COMPILER = ("mypy>=2.4", "setuptools>=77")
_PACKAGE = "aoai_insights"

_COMPILED = (
    "tokens/*.py",
    "sources/aoai.py",
    "sources/count.py",
    "sources/fields.py",
    "sources/gateway.py",
    "sources/headers.py",
    "sources/json_text.py",
    "sources/llm.py",
    "sources/read.py",
    "sources/rows.py",
    "sources/traces.py",
    "sources/urls.py",
    "sources/values.py",
)
"""What every record passes through."""
_INTERPRETED = ("__init__.py", "glance.py", "lone_delta.py")
"""msgspec reads the types of structs that it decodes while it runs; a compiler would not leave them there."""


def _is_asked_for() -> bool:
    return os.environ.get("AOAI_INSIGHTS_COMPILE") == "1"


class CompiledModules(BuildHookInterface):  # type: ignore[type-arg]
    """Adds compiled modules to a wheel, beside the files that they were made of."""

    def dependencies(self) -> list[str]:
        """What compiling takes: the compiler, and the program's own dependencies for their types."""
        return [*_COMPILER, *self.metadata.core.dependencies] if _is_asked_for() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compiles into a folder of its own: nothing compiled ever lies among the sources, where it would go stale."""
        if version == "editable" or not _is_asked_for():
            return
        from mypyc.build import mypycify
        from setuptools import Distribution

        self._folder = tempfile.TemporaryDirectory()
        made, parts = Path(self._folder.name, "made"), Path(self._folder.name, "parts")
        parts.mkdir()
        before = Path.cwd()
        os.chdir(self.root)  # mypyc names a module by its path from here
        try:
            found = sorted(path for pattern in _COMPILED for path in Path(_PACKAGE).glob(pattern))
            modules = [str(path) for path in found if path.name not in _INTERPRETED]
            extensions = mypycify(
                ["--config-file=", "--ignore-missing-imports", f"--cache-dir={parts}", *modules],
                opt_level="3",
                target_dir=str(parts),
                group_name=_PACKAGE,
            )
            build = Distribution({"ext_modules": extensions}).get_command_obj("build_ext")
            build.build_lib, build.build_temp = str(made), str(parts)
            build.ensure_finalized()
            build.run()
        finally:
            os.chdir(before)
        for library in made.rglob("*.*"):
            build_data["force_include"][str(library)] = str(library.relative_to(made))
        build_data["pure_python"], build_data["infer_tag"] = False, True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """The folder goes when the wheel is written."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()
