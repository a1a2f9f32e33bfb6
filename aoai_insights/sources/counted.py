"""Records counted before, as Parquet: what another engine read, counted and merged, in the shapes of model/.

Beside them stand what that engine could not read and what it left out, so that nobody takes its output for more than it
is. A kind is told by its columns; names are those of model/, which no log table uses.
"""

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from aoai_insights.model import AOAI, GATEWAY, LLM, Kind
from aoai_insights.sources.piece import Batch, Ignored, Piece, Reject

if TYPE_CHECKING:
    import pyarrow.parquet as pq

SCHEMAS: Mapping[Kind, pa.Schema] = {"gateway": GATEWAY, "llm": LLM, "aoai": AOAI}
REJECTS = pa.schema([("path", pa.string()), ("line", pa.int64()), ("reason", pa.string()), ("record", pa.string())])
IGNORED = pa.schema([("path", pa.string()), ("category", pa.string()), ("count", pa.int64())])

_TOLD_BY: Mapping[Kind, frozenset[str]] = {
    "gateway": frozenset({"service", "correlation_id", "body_source"}),
    "llm": frozenset({"service", "correlation_id", "sequence_number", "messages_whole"}),
    "aoai": frozenset({"resource", "correlation_id", "category", "logged_at"}),
}
_MAGIC = b"PAR1"
_ROWS = 65_536


def counted_table(piece: Piece) -> "pq.ParquetFile | None":
    """The piece as a table of counted records, rejects or ignored records; None where it is anything else."""
    if piece.start or piece.end is not None:
        return None
    try:
        if piece.content is not None:
            source: io.BytesIO | str = io.BytesIO(piece.content)
            head = piece.content[:4]
        else:
            source = piece.path
            with open(piece.path, "rb") as file:
                head = file.read(4)
        if head != _MAGIC:
            return None
        import pyarrow.parquet as pq

        table = pq.ParquetFile(source)
    except (OSError, pa.ArrowException):
        return None  # whoever reads it as a log says what is wrong
    names = table.schema_arrow.names
    if _kind(names) is not None or names in (REJECTS.names, IGNORED.names):
        return table
    table.close()
    return None


def read(path: str, table: "pq.ParquetFile") -> Iterator[Batch | Reject | Ignored]:
    """Everything in the table. A column that is missing, as in an older release's files, is empty."""
    names = table.schema_arrow.names
    kind = _kind(names)
    rows = 0
    try:
        with table:
            unknown = sorted(set(names) - set(SCHEMAS[kind].names)) if kind is not None else []
            if unknown:
                yield Reject(path, 0, f"records of a newer release (column {unknown[0]}): upgrade aoai-insights", "{}")
                return
            for batch in table.iter_batches(_ROWS):
                if kind is not None:
                    yield Batch(kind, _as(SCHEMAS[kind], batch), counted=True)
                elif names == REJECTS.names:
                    yield from (Reject(**row) for row in batch.to_pylist())
                else:
                    yield from (Ignored(row["category"], row["count"]) for row in batch.to_pylist())
                rows += batch.num_rows
    except (pa.ArrowException, OSError, ValueError):
        yield Reject(path, rows + 1, f"corrupt Parquet after row {rows}: the rest is not read", "{}")


def _kind(names: list[str]) -> Kind | None:
    return next((kind for kind, told_by in _TOLD_BY.items() if told_by <= set(names)), None)


def _as(schema: pa.Schema, batch: pa.RecordBatch) -> pa.RecordBatch:
    present = set(batch.schema.names)
    columns = [
        batch.column(field.name).cast(field.type) if field.name in present else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
