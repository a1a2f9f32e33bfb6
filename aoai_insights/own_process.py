"""A process that is this program's own, a command or a worker: what it does otherwise than a library may."""

import gc
import os
import sys
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

_OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""Python's own 700 collect garbage hundreds of times while modules load: a tenth of what a short command takes."""


class _Spared(MetaPathFinder):
    """What libraries load for what nobody here asks of them.

    pandas, where there is one: pyarrow and DuckDB ask it whether a list is its own, which takes 0.3 s. numpy: pyarrow
    loads it for arrays of its, which takes 0.08 s. Whoever else asks for numpy gets it.
    """

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name == "pandas" or (name == "numpy" and _pyarrow_is_loading()):
            raise ModuleNotFoundError(f"No module named {name!r}: this process does without", name=name)


def _pyarrow_is_loading() -> bool:
    return "pyarrow" in sys.modules and not hasattr(sys.modules["pyarrow"], "Table")


def start_lean() -> None:
    """Called before anything heavy is loaded."""
    # numpy's matrices are small here: its threads would wait for each other, and each burn a core while it waits.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.meta_path.insert(0, _Spared())
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)


def begin_worker() -> None:
    """Called in a worker: when the process that started it is killed, it ends too instead of waiting for ever."""
    start_lean()
    from multiprocessing import parent_process
    from threading import Thread

    parent = parent_process()
    if parent is not None:
        Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: "BaseProcess") -> None:
    parent.join()
    os._exit(1)
