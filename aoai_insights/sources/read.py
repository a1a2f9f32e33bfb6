"""One piece of a file as batches of normalised records, told by its content: what it is, and what each record is."""

import io
import os
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from operator import itemgetter
from typing import Any

import pyarrow as pa

from aoai_insights.model import LLM_RAW, Kind
from aoai_insights.sources import avro, counted, tables
from aoai_insights.sources.fields import flatten, kind_of
from aoai_insights.sources.json_text import documents, lines, one_a_line
from aoai_insights.sources.piece import Batch, GatewayOptions, Ignored, Piece, Reject
from aoai_insights.sources.rejects import keep_of_bytes, keep_of_record
from aoai_insights.sources.rows import SCHEMAS, Row, batch_of, row_of
from aoai_insights.sources.unpack import DamagedError, as_utf8, chunks
from aoai_insights.sources.values import decode, decode_all
from aoai_insights.tokens.squeeze import squeeze

_BODY_COLUMNS: dict[Kind, tuple[int, ...]] = {
    kind: tuple(i for i, field in enumerate(schema) if field.type == pa.large_string())
    for kind, schema in SCHEMAS.items()
}
_BATCH_BODY_CHARS = 32 << 20
_HEAD_BYTES = 1 << 20
_DEEPEST_BATCH = 4

_Record = dict[str, Any]
_Found = tuple[int, _Record | str, bytes]
"""Line, a record or what is wrong, and the bytes where they are no record."""


def read_piece(
    piece: Piece, options: GatewayOptions, batch_rows: int = 4096, count: Callable[[Row], Row] | None = None
) -> Iterator[Batch | Reject | Ignored]:
    """The records of `piece`, then what was ignored.

    Within each kind they come in file order, but rows that the LLM log has of a call may wait for the others.

    Nothing in the piece makes this raise: what cannot be read is a Reject; after damage one Reject stands for the rest.
    A file of records that were counted before is given as it is. `count` makes a row of GATEWAY of one of GATEWAY_RAW:
    with it gateway records are given counted, and their bodies are never copied into a batch.
    """
    if (table := counted.counted_table(piece)) is not None:
        yield from counted.read(piece.path, table)
        return
    rows: dict[Kind, list[Row]] = {kind: [] for kind in SCHEMAS}
    body_chars = dict.fromkeys(SCHEMAS, 0)
    ignored: Counter[str] = Counter()
    line, nothing = 0, True
    found = _found(piece)
    while True:
        try:
            line, record, raw = next(found)
        except StopIteration:
            break
        except DamagedError as damage:
            yield Reject(piece.path, line + 1, f"{damage}: the rest is not read", "{}")
            nothing = False
            break
        except OSError as error:
            yield Reject(piece.path, 0, f"cannot be read: {error.strerror or type(error).__name__}", "{}")
            nothing = False
            break
        nothing = False
        if isinstance(record, str):
            yield Reject(piece.path, line, record, keep_of_bytes(raw))
            continue
        fields = flatten(record)
        kind, category = kind_of(fields)
        if kind is None:
            if category is None:
                yield Reject(piece.path, line, "not a record of a log known here", keep_of_record(record))
            else:
                ignored[category] += 1
            continue
        row = row_of(kind, fields, options)
        if isinstance(row, str):
            yield Reject(piece.path, line, row, keep_of_record(record))
            continue
        pending = rows[kind]
        pending.append(row)
        for column in _BODY_COLUMNS[kind]:
            body = row[column]
            if isinstance(body, str):
                body_chars[kind] += len(body)
        if len(pending) >= batch_rows or body_chars[kind] > _BATCH_BODY_CHARS:
            whole, rows[kind] = _whole_calls(pending) if kind == "llm" else (pending, [])
            yield batch_of(kind, whole, count)
            body_chars[kind] = 0
    for kind, pending in rows.items():
        if pending:
            yield batch_of(kind, pending, count)
    if nothing and piece.start == 0 and piece.end is None:
        ignored["empty file"] += 1
    for category, records in sorted(ignored.items()):
        yield Ignored(category, records)


def _whole_calls(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """The rows of calls that are likely to be all here, and those of the last calls, of which more may follow.

    The rows of one call stand together in a log, or nearly so, and are counted together.
    """
    last = {_call_of(row) for row in rows[-_LAST_ROWS:]}
    whole: list[Row] = []
    rest: list[Row] = []
    for row in rows:
        (rest if _call_of(row) in last else whole).append(row)
    return (whole, rest) if len(whole) > len(rest) else (rows, [])


_LAST_ROWS = 32
_call_of = itemgetter(*map(LLM_RAW.names.index, ("service", "correlation_id")))


def _found(piece: Piece) -> Iterator[_Found]:
    data = chunks(piece)
    if piece.start or piece.end is not None:
        yield from _from_lines(lines(data))
        return
    head, data = _peeked(data)
    if head.startswith(avro.MAGIC):
        yield from _from_avro(data)
    elif head.startswith(tables.PARQUET):
        for number, row in tables.parquet_rows(_seekable(piece, data)):
            yield number, row, b""
    else:
        yield from _from_text(as_utf8(data))


def _from_text(data: Iterator[bytes]) -> Iterator[_Found]:
    head, data = _peeked(data)
    start = head.lstrip()
    if start[:1] in (b"{", b"["):
        if one_a_line(start, whole=len(head) < _HEAD_BYTES):
            yield from _from_lines(lines(data))
        else:
            for line, raw in documents(data):
                yield from _from_json(line, raw)
        return
    if not start:
        yield from _from_lines(lines(data))
        return
    first = start.partition(b"\n")[0].decode(errors="replace")
    delimiter = None if b"\0" in head else tables.csv_dialect(first)
    if delimiter is not None:
        for line, row in tables.csv_rows(data, delimiter):
            yield line, row, b""
    elif any(line[:1] == b"{" for line in head.split(b"\n")):
        yield from _from_lines(lines(data))
    else:
        raise DamagedError("neither JSON nor a CSV, Parquet or Avro table of a log known here")


def _from_lines(data: Iterator[bytes]) -> Iterator[_Found]:
    for number, line in enumerate(data, start=1):
        if line and not line.isspace():
            yield from _from_json(number, line)


def _from_json(line: int, raw: bytes) -> Iterator[_Found]:
    """One document, or several that an interrupted writer put on one line."""
    try:
        documents_here = [decode(squeeze(raw))]
    except ValueError:
        documents_here = decode_all(raw) or []
    if not documents_here:
        yield line, "not JSON", raw
    for document in documents_here:
        yield from _records(line, document, 0)


def _from_avro(data: Iterator[bytes]) -> Iterator[_Found]:
    for number, body in avro.bodies(data):
        if isinstance(body, dict):
            yield number, body, b""
            continue
        try:
            document = decode(squeeze(body))
        except ValueError:
            # Some senders put one record a line into an event.
            for line in body.split(b"\n"):
                if line and not line.isspace():
                    yield from _from_json(number, line)
            continue
        yield from _records(number, document, 0)


def _records(line: int, document: object, depth: int) -> Iterator[_Found]:
    """The records of one JSON document: itself, an array, {"records": […]}, or a saved query response."""
    if isinstance(document, dict):
        batch = document.get("records", document.get("value"))
        if isinstance(batch, list) and "category" not in document:
            document = batch
        elif (response := tables.response_tables(document)) is not None:
            for row in tables.response_rows(document, response):
                yield line, row, b""
            return
        elif isinstance(document.get("error"), dict) and len(document) == 1:
            yield line, tables.error_of(document["error"]), b""
            return
        else:
            yield line, document, b""
            return
    if isinstance(document, list) and depth < _DEEPEST_BATCH:
        for item in document:
            yield from _records(line, item, depth + 1)
    else:
        yield line, "not a record of a log known here", b""


def _peeked(data: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first megabyte, or all there is before an end or damage; and the same data from its beginning."""
    seen: list[bytes] = []
    size = 0
    rest: Iterator[bytes] = data
    while size < _HEAD_BYTES:
        try:
            chunk = next(data)
        except StopIteration:
            break
        except DamagedError as damage:
            rest = _raising(damage)
            break
        seen.append(chunk)
        size += len(chunk)
    return b"".join(seen), chain(seen, rest)


def _raising(damage: DamagedError) -> Iterator[bytes]:
    raise damage
    yield b""


def _seekable(piece: Piece, data: Iterator[bytes]) -> io.IOBase | str:
    """Parquet is read from its end: in place where the file is plain, else from memory."""
    if piece.content is None and os.path.isfile(piece.path):
        with open(piece.path, "rb") as file:
            if file.read(len(tables.PARQUET)) == tables.PARQUET:
                return piece.path
    return io.BytesIO(b"".join(data))
