"""Ctrl-C while DuckDB works.

DuckDB looks for signals between the parts of a query that the calling thread does itself. Where its own threads do all
of them it waits without looking, and Python cannot run a handler before it returns. So another thread is told.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb


@contextmanager
def interruptible(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Meanwhile Ctrl-C ends what `connection` does; not where somebody else has a use for it, or is told of signals."""
    in_main = threading.current_thread() is threading.main_thread()  # no other may say who is told
    if not in_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    told, teller = os.pipe()
    os.set_blocking(teller, False)
    other = signal.set_wakeup_fd(teller, warn_on_full_buffer=False)
    if other != -1:
        signal.set_wakeup_fd(other)
    waiting = threading.Thread(target=_interrupt, args=(told, connection), daemon=True)
    waiting.start()
    try:
        yield
    finally:
        if other == -1:
            signal.set_wakeup_fd(-1)
        os.close(teller)
        waiting.join()
        os.close(told)


def _interrupt(told: int, connection: duckdb.DuckDBPyConnection) -> None:
    while number := os.read(told, 1):
        if number[0] == signal.SIGINT:
            connection.interrupt()
