"""Tables of Log Analytics that somebody exported: CSV, Parquet, saved query responses.

Every row becomes a record keyed by column name. Cells of CSV are strings, "" is null, dynamic columns hold JSON text;
the portal writes `TimeGenerated [UTC]` for a column name.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import pyarrow as pa

from aoai_insights.sources.unpack import DamagedError

PARQUET = b"PAR1"

_KNOWN = frozenset(
    {"correlationid", "category", "timegenerated", "_resourceid", "type", "tenantid", "sequencenumber", "time"}
)
_LONGEST_CELL = 16 << 20
_PARQUET_ROWS = 256
"""So many bodies are held as Python's text at once."""


def csv_dialect(first_line: str) -> str | None:
    """The delimiter of a CSV header with columns of a log table; None where the line is no such header."""
    for delimiter in (",", ";", "\t"):
        try:
            names = next(csv.reader([first_line], delimiter=delimiter), [])
        except csv.Error:
            continue
        if len(names) > 1 and _KNOWN & {_column(name)[0].lower() for name in names}:
            return delimiter
    return None


def csv_rows(data: Iterator[bytes], delimiter: str) -> Iterator[tuple[int, dict[str, str] | str]]:
    """(line, row) of each row, or (line, what is wrong with it)."""
    csv.field_size_limit(_LONGEST_CELL)  # bodies and messages outgrow the library's 128 kB
    broken: list[bool] = []
    text_lines = chain.from_iterable(_decoded(block, broken) for block in _whole_lines(data))
    reader = csv.reader(text_lines, delimiter=delimiter, strict=True)
    columns: list[str] | None = None
    while True:
        begins = reader.line_num + 1
        broken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield begins, f"not CSV: {error}"
            continue
        if columns is None:
            columns = [_utc_column(cell) for cell in cells]
        elif broken:
            yield begins, "not UTF-8"
        elif len(cells) == len(columns):
            yield begins, {name: cell for name, cell in zip(columns, cells, strict=True) if cell}
        elif cells:
            yield begins, f"{len(cells)} cells under {len(columns)} columns"


def _whole_lines(data: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks that end where a line ends. Damage takes the line in which it falls along."""
    tail = b""
    for chunk in data:
        block, end, rest = chunk.rpartition(b"\n")
        if end or len(tail) > _LONGEST_CELL:
            yield tail + block + end
            tail = rest
        else:
            tail += chunk
    if tail:
        yield tail


def _decoded(block: bytes, broken: list[bool]) -> Iterable[str]:
    """Lines of text, in one step where the block is sound: a body in a cell may hold hundreds of lines."""
    try:
        return io.StringIO(block.decode(), newline="\n")
    except UnicodeDecodeError:
        return _decoded_one_by_one(block, broken)


def _decoded_one_by_one(block: bytes, broken: list[bool]) -> Iterator[str]:
    for line in io.BytesIO(block):
        try:
            yield line.decode()
        except UnicodeDecodeError:
            broken.append(True)
            yield line.decode(errors="replace")


def _column(name: str) -> tuple[str, str]:
    """Name of a column, and the time zone that the portal writes behind it."""
    match = re.fullmatch(r"\s*(.*?)\s*(?:\[(.*)\])?\s*", name)
    return (match[1], match[2] or "") if match else (name, "")


def _utc_column(cell: str) -> str:
    name, zone = _column(cell)
    if zone and zone.upper() != "UTC":
        raise DamagedError(f"column {name} is in the zone {zone!r}: export it again with times in UTC")
    return name


def parquet_rows(file: io.IOBase | str) -> Iterator[tuple[int, dict[str, Any]]]:
    """(number, row) of each row; times in UTC, empty cells left out."""
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(file) as parquet:
            for batch in parquet.iter_batches(_PARQUET_ROWS):
                names = [_utc_column(name) for name in batch.schema.names]
                columns = [_plain(column).to_pylist() for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    number += 1
                    yield number, {name: cell for name, cell in zip(names, cells, strict=True) if cell is not None}
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DamagedError(f"corrupt Parquet after row {number}") from error


def _plain(column: pa.Array) -> pa.Array:
    """Times to the microsecond (finer ones have no Python value), dictionaries to their values."""
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def response_tables(document: Mapping[str, Any]) -> list[Any] | None:
    """The tables of a saved Log Analytics or Kusto query response; None where the document is none."""
    tables = document.get("tables", document.get("Tables"))
    return tables if isinstance(tables, list) else None


def response_rows(document: Mapping[str, Any], tables: list[Any]) -> Iterator[dict[str, Any] | str]:
    """Rows of a query response, or what is wrong with one; a partial answer says so at its end."""
    for table in tables:
        columns = table.get("columns", table.get("Columns")) if isinstance(table, dict) else None
        rows = table.get("rows", table.get("Rows")) if isinstance(table, dict) else None
        if not isinstance(columns, list) or not isinstance(rows, list):
            yield "a table of a query response without columns and rows"
            continue
        names = [str(c.get("name", c.get("ColumnName", ""))) if isinstance(c, dict) else "" for c in columns]
        for cells in rows:
            if isinstance(cells, list) and len(cells) == len(names):
                yield dict(zip(names, cells, strict=True))
            else:
                yield "a row of a query response that does not fit its columns"
    if document.get("error"):
        yield error_of(document["error"])


def error_of(error: object) -> str:
    """What a query response that carries an error is worth. Only the code is repeated: messages quote queries."""
    code = error.get("code") if isinstance(error, dict) else None
    named = code if isinstance(code, str) and re.fullmatch(r"[A-Za-z]{1,60}", code) else "no code"
    return f"the saved query response is not whole (error: {named}): run the query again in smaller slices"
