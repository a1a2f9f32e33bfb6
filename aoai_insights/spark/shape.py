"""What travels between the tasks of a job: one table that holds records of all kinds, and never a body."""

from collections.abc import Iterator, Mapping

import pyarrow as pa

from aoai_insights.sources.counted import IGNORED, REJECTS, SCHEMAS

TALLY = pa.schema([("kind", pa.string()), ("records", pa.int64())])
"""How many records a task read, before versions of one record were merged."""

PARTS: Mapping[str, pa.Schema] = {
    **{str(kind): schema for kind, schema in SCHEMAS.items()},
    "rejects": REJECTS,
    "ignored": IGNORED,
    "tally": TALLY,
}
COUNTED = pa.schema([("part", pa.string()), *((name, pa.struct(list(schema))) for name, schema in PARTS.items())])
"""A row holds one part: the column that `part` names. The other columns are null."""

_ROWS = 10_000
_TYPES = {
    pa.string(): "string",
    pa.bool_(): "boolean",
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.binary(): "binary",
    pa.timestamp("us", "UTC"): "timestamp",
}


def rows_of(part: str, table: pa.Table) -> Iterator[pa.RecordBatch]:
    """A table of one of PARTS as rows of COUNTED."""
    for batch in table.combine_chunks().to_batches(_ROWS):
        held = pa.StructArray.from_arrays(batch.columns, fields=list(PARTS[part]))
        count = batch.num_rows
        columns = [held if name == part else pa.nulls(count, COUNTED.field(name).type) for name in PARTS]
        yield pa.RecordBatch.from_arrays([pa.array([part] * count, pa.string()), *columns], schema=COUNTED)


def ddl(schema: pa.Schema) -> str:
    """The schema in Spark's words."""
    return ", ".join(f"`{field.name}` {_type(field.type)}" for field in schema)


def _type(kind: pa.DataType) -> str:
    if pa.types.is_struct(kind):
        return f"struct<{', '.join(f'`{field.name}`: {_type(field.type)}' for field in kind)}>"
    return _TYPES[kind]
