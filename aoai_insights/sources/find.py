"""Which files there are to read, cut into pieces that workers can share."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from aoai_insights.errors import UsageError
from aoai_insights.sources.json_text import one_a_line
from aoai_insights.sources.piece import Piece

_NO_LOGS = (
    ".txt .md .rst .toml .yaml .yml .ini .cfg .html .htm .css .js .svg .png .jpg .jpeg .gif .pdf .xlsx .xls .docx .pptx"
    " .py .sh .ps1 .kql .sql .bicep .tf .duckdb .wal .db .sqlite .md5 .sha256 .crc .tmp .lock"
)
_NO_LOG_NAMES = ("readme", "license", "notice", "changelog", "_success", "_started", "_committed", "thumbs.db")
_HEAD_BYTES = 1 << 20

PIECE_BYTES = 32 * 1024 * 1024
"""Of a file that can be cut, what one worker takes at a time."""


def find_pieces(paths: Sequence[Path], piece_bytes: int = PIECE_BYTES) -> list[Piece]:
    """Every log file under `paths`, sorted by path and offset, each once.

    In a tree, hidden files and files that are no logs by their name are left out; a file that is named is always read.
    Only plain files of JSON lines are cut; everything else is one piece.
    """
    found: dict[str, str] = {}
    for path in paths:
        if not path.exists():
            raise UsageError(f"no such file or folder: {path}", "check the path after --from")
        for name in _tree(path) if path.is_dir() else [os.fspath(path)]:
            found.setdefault(os.path.realpath(name), name)
    return [piece for name in sorted(found.values()) for piece in _cut(name, piece_bytes)]


def _tree(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = os.path.join(folder, name)
            if may_be_log(name) and (os.path.isfile(path) or os.path.islink(path)):
                yield path


def may_be_log(name: str) -> bool:
    """Is a file that was found in a tree read, as far as its name says?"""
    low = name.lower().removesuffix(".gz").removesuffix(".zst")
    return not low.startswith((".", *_NO_LOG_NAMES)) and os.path.splitext(low)[1] not in _NO_LOGS.split()


def _cut(name: str, piece_bytes: int) -> list[Piece]:
    try:
        size = os.path.getsize(name) if os.path.isfile(name) else 0
        if size <= piece_bytes or not _json_lines(name):
            return [Piece(name)]
    except OSError:
        return [Piece(name)]  # reading it says what is wrong
    starts = range(0, size, piece_bytes)
    return [Piece(name, start, None if start + piece_bytes >= size else start + piece_bytes) for start in starts]


def _json_lines(name: str) -> bool:
    with open(name, "rb") as file:
        return is_json_lines(file.read(_HEAD_BYTES))


def is_json_lines(head: bytes) -> bool:
    """Can a file that begins so be cut at its lines?"""
    return head.lstrip()[:1] == b"{" and one_a_line(head, whole=False)
