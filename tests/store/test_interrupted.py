"""Ctrl-C for those who use the store as a library: in a process of its own, because pytest has uses for signals too."""

import subprocess
import sys
from pathlib import Path

import pytest

from aoai_insights.store.connect import open_for_writing

PROGRAM = """
import os, signal, sys, threading, time
import duckdb
from pathlib import Path
from aoai_insights.store.connect import open_for_reading

store, other = map(Path, sys.argv[1:])
ENDLESS = "SELECT sum(a.range * b.range) FROM range(100000000) a, range(100000000) b"

def pressed(seconds):
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()

def wakeup_fd():
    now = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(now)
    return now
"""
CASES = {
    "a query of a store in a store": """
try:
    with open_for_reading(store), open_for_reading(other) as connection:
        pressed(0.5)
        connection.execute(ENDLESS)
except (KeyboardInterrupt, RuntimeError, duckdb.Error):  # whoever notices it first
    print("ended")
""",
    "a process that was forked meanwhile lives on": """
with open_for_reading(store):
    child = os.fork()
    if child == 0:
        time.sleep(60)
os.kill(child, signal.SIGKILL)  # we have not waited for it
print("ended" if os.waitpid(child, 0)[1] == signal.SIGKILL else "waited")
""",
    "somebody else is told of signals since": """
told, teller = os.pipe()
os.set_blocking(teller, False)
with open_for_reading(store):
    signal.set_wakeup_fd(teller)
print("ended" if wakeup_fd() == teller else "forgotten")
""",
    "somebody else is told of signals before": """
told, teller = os.pipe()
os.set_blocking(teller, False)
signal.set_wakeup_fd(teller)
with open_for_reading(store):
    inside = wakeup_fd()
print("ended" if inside == wakeup_fd() == teller else "forgotten")
""",
    "the connection is closed by its user": """
try:
    with open_for_reading(store) as connection:
        connection.close()
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
except KeyboardInterrupt:
    print("ended" if threading.active_count() == 1 and wakeup_fd() == -1 else "left")
""",
}


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_what_else_a_program_does_with_signals_goes_on(tmp_path: Path, case: str) -> None:
    stores = [tmp_path / "a.duckdb", tmp_path / "b.duckdb"]
    for store in stores:
        with open_for_writing(store):
            pass
    quiet = "ignore::DeprecationWarning"  # of forks beside threads, from Python 3.12 on
    words = [sys.executable, "-W", quiet, "-c", PROGRAM + case, *map(str, stores)]
    ran = subprocess.run(words, capture_output=True, text=True, timeout=50, check=False)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("ended\n", "", 0)
