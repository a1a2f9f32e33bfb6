"""A reader that takes bytes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aoai_insights.sources import GatewayOptions, Piece

from .records import Reading, read

ReadBytes = Callable[..., Reading]


@pytest.fixture
def read_bytes(tmp_path: Path) -> ReadBytes:
    def from_bytes(content: bytes, options: GatewayOptions | None = None, name: str = "PT1H.json") -> Reading:
        path = tmp_path / name
        path.write_bytes(content)
        return read(Piece(str(path)), options)

    return from_bytes
