"""Which files of a lake there are to read, and how: whole, or cut at their lines."""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aoai_insights.errors import UsageError
from aoai_insights.sources import Reject
from aoai_insights.sources.find import PIECE_BYTES, may_be_log
from aoai_insights.spark import work

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, DataFrameReader, SparkSession

LARGEST_WHOLE_BYTES = 512 * 1024 * 1024
"""A file that cannot be cut is held in memory by the task that reads it."""

_ASKED_AT_ONCE = 16
_PACKED = (".gz", ".zst", ".bz2", ".deflate", ".snappy", ".lz4", ".xz")
"""By these names Spark would unpack a file itself, and lose what stands before damage."""


@dataclass(slots=True)
class LakeFiles:
    """Paths as Spark spells them, each once."""

    whole: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    bytes_in_all: int = 0
    refused: list[Reject] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.whole) + len(self.lines) + len(self.refused)


def find(session: "SparkSession", paths: Sequence[str], piece_bytes: int = PIECE_BYTES) -> LakeFiles:
    """Every log file under `paths`, by the rules of `ingest --from`. Raises UsageError for a path that does not exist.

    Spark itself leaves out names that begin with "." or "_".
    """
    found = LakeFiles()
    named = {work.plain(path.rstrip("/")) for path in paths}
    large = []
    for path, size in _listed(session, paths):
        name = path.rpartition("/")[2]
        if work.plain(path) not in named and not may_be_log(name):
            continue
        found.bytes_in_all += size
        if size > piece_bytes and not name.lower().endswith(_PACKED):
            large.append((path, size))
        else:
            _take_whole(found, path, size)
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as threads:
        answers = threads.map(lambda item: _can_be_cut(session, item[0]), large)
        for (path, size), lines in zip(large, answers, strict=True):
            if lines:
                found.lines.append(path)
            else:
                _take_whole(found, path, size)
    return found


def whole(session: "SparkSession", paths: Sequence[str]) -> "DataFrame":
    """(path, content) of each file."""
    return _exactly(session.read.format("binaryFile"), paths).select("path", "content")


def lines(session: "SparkSession", paths: Sequence[str]) -> "DataFrame":
    """(path, start, value) of each line, `start` being that of its block of the file."""
    reader = _exactly(session.read.format("text").option("lineSep", "\n"), paths)
    return reader.selectExpr("_metadata.file_path AS path", "_metadata.file_block_start AS start", "value")


@contextmanager
def settings(session: "SparkSession", given: Mapping[str, str]) -> Iterator[None]:
    """The session with these settings; afterwards as it was."""
    before = {key: session.conf.get(key, None) for key in given}
    try:
        for key, value in given.items():
            session.conf.set(key, value)
        yield
    finally:
        for key, was in before.items():
            if was is None:
                session.conf.unset(key)
            else:
                session.conf.set(key, was)


def _exactly(reader: "DataFrameReader", paths: Sequence[str]) -> "DataFrame":
    """These files, whatever characters are in their names."""
    return reader.option("__globPaths__", "false").option("recursiveFileLookup", "true").load(list(paths))


def _listed(session: "SparkSession", paths: Sequence[str]) -> list[tuple[str, int]]:
    from pyspark.errors import AnalysisException

    try:
        reader = session.read.format("binaryFile").option("recursiveFileLookup", "true")
        rows = reader.load([os.fspath(path) for path in paths]).select("path", "length").distinct().collect()
    except AnalysisException as error:
        said = str(error).splitlines()[0]
        raise UsageError(f"the logs cannot be listed: {said}", "check the paths and who may read them") from None
    return sorted((row["path"], row["length"]) for row in rows)


def _take_whole(found: LakeFiles, path: str, size: int) -> None:
    if size > LARGEST_WHOLE_BYTES:
        reason = f"{size:,} bytes that cannot be cut at lines: store the file unpacked, a record a line, or in parts"
        found.refused.append(Reject(work.plain(path), 0, reason, "{}"))
    else:
        found.whole.append(path)


def _can_be_cut(session: "SparkSession", path: str) -> bool:
    """Answered where the file is read: not even its first line comes here."""
    answer = lines(session, [path]).select("start", "value").mapInArrow(work.begins_lines, "lines boolean").head(1)
    return bool(answer and answer[0]["lines"])
