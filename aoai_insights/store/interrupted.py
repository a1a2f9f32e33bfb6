"""Ctrl-C while DuckDB works.

DuckDB looks for signals between the parts of a query that the calling thread does itself. Where its own threads do all
of them it waits without looking, and Python cannot run a handler before it returns. So another thread is told.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

_AT_WORK: list[duckdb.DuckDBPyConnection] = []
_ENOUGH = b"\0"
"""No signal has this number."""


@contextmanager
def interruptible(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Meanwhile Ctrl-C ends what `connection` does; not where somebody else has a use for it, or is told of signals."""
    _AT_WORK.append(connection)
    try:
        in_main = threading.current_thread() is threading.main_thread()  # no other may say who is told
        if in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            with _told_of_signals():
                yield
        else:
            yield
    finally:
        _AT_WORK.remove(connection)


@contextmanager
def _told_of_signals() -> Iterator[None]:
    told, teller = os.pipe()
    os.set_blocking(teller, False)
    waiting = threading.Thread(target=_interrupt, args=(told,), daemon=True)
    waiting.start()
    try:
        other = signal.set_wakeup_fd(teller, warn_on_full_buffer=False)
        if other != -1:  # an event loop's, or that of a store that is open around this one
            signal.set_wakeup_fd(other)
        yield
    finally:
        other = signal.set_wakeup_fd(-1)
        if other != teller:
            signal.set_wakeup_fd(other)
        with suppress(BlockingIOError):
            os.write(teller, _ENOUGH)  # a forked process may hold the pipe open
        waiting.join()
        os.close(teller)
        os.close(told)


def _interrupt(told: int) -> None:
    while (number := os.read(told, 1)) and number != _ENOUGH:
        if number[0] == signal.SIGINT:
            for connection in list(_AT_WORK):
                with suppress(duckdb.Error):  # it was closed
                    connection.interrupt()
