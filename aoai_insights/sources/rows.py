"""Fields of a record to a row of its shape, and rows to a batch: the one normalisation of every source."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from aoai_insights.model import AOAI, GATEWAY, GATEWAY_RAW, LLM_RAW, Kind
from aoai_insights.sources.aoai import aoai_row
from aoai_insights.sources.fields import Fields, flatten
from aoai_insights.sources.gateway import gateway_row
from aoai_insights.sources.llm import llm_row
from aoai_insights.sources.piece import Batch, GatewayOptions, Reject
from aoai_insights.sources.rejects import keep_of_record

SCHEMAS: Mapping[Kind, pa.Schema] = {"gateway": GATEWAY_RAW, "llm": LLM_RAW, "aoai": AOAI}

Row = tuple[object, ...]


def row_of(kind: Kind, fields: Fields, options: GatewayOptions) -> Row | str:
    """One row, or why there is none."""
    if kind == "gateway":
        return gateway_row(fields, options)
    return llm_row(fields) if kind == "llm" else aoai_row(fields)


def batch_of(kind: Kind, rows: Iterable[Row], count: Callable[[Row], Row] | None = None) -> Batch:
    """Rows of one kind, at least one; those of the gateway counted by `count`."""
    schema, counted = SCHEMAS[kind], False
    if kind == "gateway" and count is not None:
        rows, schema, counted = map(count, rows), GATEWAY, True
    columns = [pa.array(cells, type=field.type) for cells, field in zip(zip(*rows, strict=True), schema, strict=True)]
    return Batch(kind, pa.RecordBatch.from_arrays(columns, schema=schema), counted)


def answer_batch(
    kind: Kind, records: Iterable[Mapping[str, Any]], place: str, options: GatewayOptions
) -> Iterator[Batch | Reject]:
    """The records of a query's answer, all of one kind, as one batch, since rows of one call are counted together.

    `place` names workspace and table where a record is rejected.
    """
    rows: list[Row] = []
    for number, record in enumerate(records, start=1):
        row = row_of(kind, flatten(record), options)
        if isinstance(row, str):
            yield Reject(place, number, row, keep_of_record(record))
        else:
            rows.append(row)
    if rows:
        yield batch_of(kind, rows)
