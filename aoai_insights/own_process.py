"""A process that is this program's own, a command or a worker: what it does otherwise than a library may."""

import gc
import os
import sys
from importlib.abc import MetaPathFinder

_OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""Python's own 700 collect garbage hundreds of times while modules load: a tenth of what a short command takes."""


class _NoPandas(MetaPathFinder):
    """Where there is a pandas, pyarrow and DuckDB ask it whether a list is its own: 0.3 s to load it for nothing."""

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(f"No module named {name!r}: this process does without", name=name)


def start_lean() -> None:
    """Called before anything heavy is loaded."""
    # numpy's matrices are small here: its threads would wait for each other, and each burn a core while it waits.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.meta_path.insert(0, _NoPandas())
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
