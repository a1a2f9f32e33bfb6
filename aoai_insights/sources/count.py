"""One piece of a file, read and counted: all that a worker process does, and all that it has to load.

Nothing here imports the store, the config or a command, so that a worker is at work soon after it was started.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa

from aoai_insights.model import Kind
from aoai_insights.sources.piece import Batch, GatewayOptions, Ignored, Piece, Reject
from aoai_insights.sources.read import read_piece
from aoai_insights.tokens.batch import count_gateway, count_llm, count_row


@dataclass(slots=True)
class PieceResult:
    """What a worker hands back for one piece: no bodies."""

    batches: list[tuple[Kind, pa.RecordBatch]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)


def counted(batch: Batch, models: Mapping[tuple[str, str], str]) -> pa.RecordBatch:
    """A batch as the store takes it. Bodies are dropped here."""
    if batch.counted:
        return batch.records
    if batch.kind == "gateway":
        return count_gateway(batch.records, models)
    return count_llm(batch.records) if batch.kind == "llm" else batch.records


def read_and_count(piece: Piece, options: GatewayOptions, models: Mapping[tuple[str, str], str]) -> PieceResult:
    """One piece, read and counted."""
    result = PieceResult()
    for item in read_piece(piece, options, count=partial(count_row, models)):
        if isinstance(item, Reject):
            result.rejects.append(item)
        elif isinstance(item, Ignored):
            result.ignored[item.category] = result.ignored.get(item.category, 0) + item.count
        else:
            result.batches.append((item.kind, counted(item, models)))
    return result
