"""Bytes of a piece, decompressed: what the first bytes say decides, not the name.

Damage is an event of the data, not a failure of the program: what stands before it is given, then `DamagedError` says
why there is no more.
"""

import codecs
import io
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Protocol

import zstandard

from aoai_insights.sources.piece import Piece

CHUNK_BYTES = 1 << 18
"""Read at once: so much stays in a core's own cache until its lines are cut out."""
_PACKED_CHUNK_BYTES = 1 << 16
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_UTF8_BOM = codecs.BOM_UTF8
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class DamagedError(Exception):
    """The rest of a file cannot be read. Never leaves this package: it becomes a Reject."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def chunks(piece: Piece) -> Iterator[bytes]:
    """The decompressed bytes of a piece; of a range, the lines that start in it."""
    if piece.content is not None:
        parts = _parts(piece.content)
        ranged = piece.start or piece.end is not None
        yield from parts if ranged else _decompressed(piece.content, parts)
        return
    with open(piece.path, "rb") as file:
        if piece.start or piece.end is not None:
            yield from _whole_lines(file, piece)
            return
        head = file.read(CHUNK_BYTES)
        raw = _chain(head, iter(lambda: file.read(CHUNK_BYTES), b""))
        yield from _decompressed(head, raw)


def _parts(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), CHUNK_BYTES):
        yield content[start : start + CHUNK_BYTES]


def as_utf8(data: Iterator[bytes]) -> Iterator[bytes]:
    """Text without byte order mark, UTF-16 turned into UTF-8."""
    head = next(data, b"")
    encoding = _UTF16.get(head[:2])
    if encoding is None:
        yield from _chain(head.removeprefix(_UTF8_BOM), data)
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chain(head[2:], data):
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeDecodeError as error:
        raise DamagedError("not valid UTF-16 from here on") from error


def line_start(file: BinaryIO, offset: int) -> int:
    """Where the first line begins that starts at or after `offset`."""
    if offset == 0:
        return 0
    file.seek(offset - 1)
    file.readline()
    return file.tell()


class ChunkFile(io.RawIOBase):
    """Chunks as a file that can be read forward, for readers that ask for a number of bytes."""

    def __init__(self, data: Iterable[bytes]) -> None:
        self._data = iter(data)
        self._buffer = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts, missing = [], size
        while size < 0 or missing > 0:
            if not self._buffer:
                chunk = next(self._data, None)
                if chunk is None:
                    break
                self._buffer = memoryview(chunk)
            part = self._buffer if size < 0 else self._buffer[:missing]
            self._buffer = self._buffer[len(part) :]
            missing -= len(part)
            parts.append(part)
        return b"".join(parts)


def _whole_lines(file: BinaryIO, piece: Piece) -> Iterator[bytes]:
    start = line_start(file, piece.start)
    left = os.fstat(file.fileno()).st_size if piece.end is None else line_start(file, piece.end)
    left -= start
    file.seek(start)
    while left > 0:
        chunk = file.read(min(CHUNK_BYTES, left))
        if not chunk:
            return
        left -= len(chunk)
        yield chunk


def _chain(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest


def _decompressed(head: bytes, raw: Iterator[bytes]) -> Iterator[bytes]:
    if head.startswith(_GZIP):
        return _members(raw, _gzip_member, "gzip")
    if head.startswith(_ZSTD):
        return _members(raw, _zstd_frame, "zstd")
    return raw


def _gzip_member() -> _Decompressor:
    return zlib.decompressobj(wbits=31)


def _zstd_frame() -> _Decompressor:
    return zstandard.ZstdDecompressor().decompressobj()


def _members(raw: Iterator[bytes], begin: Callable[[], _Decompressor], name: str) -> Iterator[bytes]:
    """Everything in a row of compressed members; zero padding between and after them is skipped."""
    member: _Decompressor | None = None
    for chunk in raw:
        for step in range(0, len(chunk), _PACKED_CHUNK_BYTES):
            data = chunk[step : step + _PACKED_CHUNK_BYTES]
            while data:
                if member is None:
                    data = data.lstrip(b"\0")
                    if not data:
                        break
                    member = begin()
                try:
                    out = member.decompress(data)
                except (zlib.error, zstandard.ZstdError) as error:
                    raise DamagedError(f"corrupt {name} data from here on") from error
                if out:
                    yield out
                data = member.unused_data if member.eof else b""
                if member.eof:
                    member = None
    if member is not None:
        raise DamagedError(f"the {name} data ends in the middle")
