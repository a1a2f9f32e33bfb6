"""Opening the store: read-only for reports, migrated for ingest, and polite to whoever holds it."""

import hashlib
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import duckdb

from aoai_insights.errors import SourceError, UsageError
from aoai_insights.store.interrupted import interruptible
from aoai_insights.store.joined import Progress, settle

LOCK_WAIT_SECONDS = 30.0
"""How long a held store is waited for: an ingest of a day ends within it."""

WRITING_MB = 192
"""What DuckDB may hold while records are written; beyond, it works from disk beside the store. So that a million
records need what a hundred thousand do."""

CALLS_A_MB = 150_000
"""While days are joined it may hold a megabyte more for so many calls in the store: a day is looked for in all of them,
which takes longer from disk. Where this is not enough, joining takes more."""

WRITE_AHEAD = "64MB"
"""What DuckDB may keep in its log of changes before it moves them into the tables: a few commits, which it then
compresses together. With its own 16 MB each commit is compressed twice, and less densely."""

_NO_DOWNLOADS: dict[str, str | bool | int | float | list[str]] = {"autoinstall_known_extensions": "false"}
"""A job in a closed network must not wait for extensions from the internet."""

_SMALLER_BLOCKS: dict[str, str | bool | int | float | list[str]] = {"default_block_size": "65536"}
"""A quarter of DuckDB's own, for a new store: what one column says of 100,000 calls seldom fills a block, and the rest
of it is lost. 4 bytes a call less; smaller ones cannot hold its compressed strings."""

_LOCK = re.compile(r"Conflicting lock is held in (?P<program>.*?) \(PID (?P<pid>\d+)\)")


@contextmanager
def open_for_reading(path: Path, wait_seconds: float = LOCK_WAIT_SECONDS) -> Iterator[duckdb.DuckDBPyConnection]:
    """The store, read-only. Raises UsageError where there is none, SourceError while another process writes it."""
    if not path.exists():
        raise UsageError(f"no store at {path}", "fill one with: aoai-insights ingest --from PATH")
    _refuse_other_files(path)
    connection = _connect(path, read_only=True, wait_seconds=wait_seconds)
    try:
        if _missing(connection, path):
            connection.close()
            with open_for_writing(path, wait_seconds):
                pass
            connection = _connect(path, read_only=True, wait_seconds=wait_seconds)
        with interruptible(connection):
            yield connection
    finally:
        connection.close()


@contextmanager
def open_for_writing(
    path: Path, wait_seconds: float = LOCK_WAIT_SECONDS, joining: Progress = lambda done, of: None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The store, made if need be, with every migration applied. One writer at a time; others wait.

    Whoever has written leaves with the days joined that the new records touched; `joining` is called with (days done,
    days in all).
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path.parent} cannot be made: {error.strerror}", "name another --store") from None
    _refuse_other_files(path)
    connection = _connect(path, read_only=False, wait_seconds=wait_seconds)
    try:
        _migrate(connection, path)
        connection.execute(f"SET memory_limit = '{WRITING_MB}MB'")
        connection.execute(f"SET checkpoint_threshold = '{WRITE_AHEAD}'")
        with interruptible(connection):
            yield connection
            connection.execute(f"SET memory_limit = '{_joining_memory(connection)}'")
            settle(connection, joining)
    finally:
        connection.close()


def _joining_memory(connection: duckdb.DuckDBPyConnection) -> str:
    ((calls,),) = connection.execute("SELECT count(*) FROM gateway").fetchall()
    return f"{WRITING_MB + calls // CALLS_A_MB}MB"


@contextmanager
def in_memory(threads: int = 1) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty store that ends with its connection and touches no disk."""
    connection = duckdb.connect(":memory:", config=_NO_DOWNLOADS | {"threads": threads, "temp_directory": ""})
    try:
        connection.execute("SET preserve_insertion_order = false")
        _migrate(connection, Path(":memory:"))
        yield connection
    finally:
        connection.close()


def _connect(path: Path, *, read_only: bool, wait_seconds: float) -> duckdb.DuckDBPyConnection:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            connection = duckdb.connect(str(path), read_only=read_only, config=_NO_DOWNLOADS | _SMALLER_BLOCKS)
            connection.execute("SET preserve_insertion_order = false")
            # Run as `python -c` DuckDB takes itself to be interactive, and would draw its bar into our output.
            connection.execute("SET enable_progress_bar = false")
            return connection
        except duckdb.IOException as error:
            held = _LOCK.search(str(error))
            if not held:
                said = str(error).splitlines()[0]
                raise SourceError(f"{path} cannot be opened: {said}", "check the path and its permissions") from None
            if time.monotonic() >= deadline:
                raise SourceError(
                    f"{path} is held by {Path(held['program']).name} (process {held['pid']})",
                    "wait until it has finished, or stop it",
                ) from None
            time.sleep(0.1)


def _refuse_other_files(path: Path) -> None:
    """DuckDB opens tables of other formats as if they were databases; a store is a file with its own magic bytes.

    https://duckdb.org/docs/stable/internals/storage#file-format
    """
    if not path.exists():
        return
    if not path.is_file():
        raise UsageError(f"{path} is no file", "name a file with --store")
    with path.open("rb") as file:
        head = file.read(12)
    if head and head[8:12] != b"DUCK":
        raise UsageError(f"{path} is not a store", "name another file with --store")


def _missing(connection: duckdb.DuckDBPyConnection, path: Path) -> list[tuple[int, str]]:
    """The migrations still to apply. Raises UsageError for a file that is no store, or one of a newer release."""
    tables = {row[0] for row in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()}
    if "migrations" not in tables:
        if tables:
            raise UsageError(f"{path} is a DuckDB file of something else", "name another file with --store")
        return _migrations()
    known = _migrations()
    applied = {row[0]: row[1:] for row in connection.execute("SELECT * FROM migrations").fetchall()}
    unknown = applied.keys() - {number for number, _ in known}
    if unknown:
        raise UsageError(
            f"{path} was written by a newer release (it has migration {max(unknown)})", "upgrade aoai-insights"
        )
    changed = [number for number, sql in known if number in applied and applied[number] != (_fingerprint(sql),)]
    if changed:
        raise UsageError(
            f"{path} was made by another build of this release (its migration {changed[0]} differs)",
            "fill a new store from the same logs, or use that build",
        )
    return [(number, sql) for number, sql in known if number not in applied]


def _migrations() -> list[tuple[int, str]]:
    folder = files("aoai_insights.store") / "migrations"
    found = [(int(entry.name[:4]), entry.read_text()) for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return sorted(found)


def _fingerprint(sql: str) -> str:
    return hashlib.sha256(sql.encode()).hexdigest()[:16]


def _migrate(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Applies what is missing, each migration whole or not at all."""
    for number, sql in _missing(connection, path):
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, fingerprint VARCHAR)")
        connection.execute(sql)
        connection.execute("INSERT INTO migrations VALUES (?, ?)", [number, _fingerprint(sql)])
        connection.execute("COMMIT")
