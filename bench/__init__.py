"""Benchmarks: how fast, how small, and against what."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program itself does (cli/__init__.py)
