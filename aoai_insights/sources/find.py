"""Which files there are to read, cut into pieces that workers can share."""

from collections.abc import Sequence
from pathlib import Path

from aoai_insights.sources.piece import Piece


def find_pieces(paths: Sequence[Path], piece_bytes: int = 32 * 1024 * 1024) -> list[Piece]:
    """Every log file under `paths`, sorted by path and offset."""
    raise NotImplementedError
