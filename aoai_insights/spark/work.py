"""What executors do: Arrow batches in, Arrow batches out, by the functions that one machine uses.

A task's text ends where it was read: rows that leave a task hold counts, names, ids and times.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from urllib.parse import unquote

import pyarrow as pa

from aoai_insights.model import Kind
from aoai_insights.pipeline.ingest import counted
from aoai_insights.sources import GatewayOptions, Ignored, Piece, Reject, read_piece
from aoai_insights.sources.counted import IGNORED, REJECTS, SCHEMAS
from aoai_insights.spark.shape import TALLY, rows_of
from aoai_insights.store.merged import merged
from aoai_insights.tokens.batch import count_row

Batches = Iterator[pa.RecordBatch]
Work = Callable[[Batches], Batches]

_ROWS_IN_HAND = 200_000
_PACKED = pa.schema([("packed", pa.binary())])


def count_files(options: GatewayOptions, models: Mapping[tuple[str, str], str]) -> Work:
    """Work on (path, content) of whole files. Gives rows of shape.COUNTED, as `count_lines` does."""
    return partial(_count, _files, options, models)


def count_lines(options: GatewayOptions, models: Mapping[tuple[str, str], str]) -> Work:
    """Work on (path, start, value): the lines of large files, in order, by the block in which they begin."""
    return partial(_count, _blocks, options, models)


def merge(kind: Kind) -> Work:
    """Work on counted records of a kind, all versions of a record in one task: the fullest version of each."""
    return partial(_merge, kind)


def pack(batches: Batches) -> Batches:
    """Any batches as rows of bytes, which a driver can take one by one whatever the release of Spark."""
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    for batch in batches:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema, options=options) as stream:
            stream.write_batch(batch)
        yield pa.RecordBatch.from_arrays([pa.array([sink.getvalue().to_pybytes()], pa.binary())], schema=_PACKED)


def begins_lines(batches: Batches) -> Batches:
    """Work on (start, value) of one large file: can it be cut at its lines? One row, of its first block."""
    from aoai_insights.sources.find import is_json_lines

    for batch in batches:
        if batch.num_rows and batch.column("start")[0].as_py() == 0:
            first = batch.column("value")[0].cast(pa.binary()).as_py()
            yield pa.RecordBatch.from_pydict({"lines": [is_json_lines(first + b"\n")]})
        return


@dataclass(slots=True)
class _InHand:
    """What a task has counted and not yet given away."""

    batches: dict[Kind, list[pa.RecordBatch]] = field(default_factory=lambda: {kind: [] for kind in SCHEMAS})
    rejects: list[dict[str, object]] = field(default_factory=list)
    ignored: list[dict[str, object]] = field(default_factory=list)
    rows: int = 0

    def given(self) -> Batches:
        """Everything, merged: what is known twice here need not travel twice."""
        tally = {kind: sum(batch.num_rows for batch in batches) for kind, batches in self.batches.items()}
        for kind, batches in self.batches.items():
            if batches:
                yield from rows_of(kind, merged(kind, batches))
        yield from rows_of("rejects", pa.Table.from_pylist(self.rejects, schema=REJECTS))
        yield from rows_of("ignored", pa.Table.from_pylist(self.ignored, schema=IGNORED))
        read = [{"kind": kind, "records": records} for kind, records in tally.items() if records]
        yield from rows_of("tally", pa.Table.from_pylist(read, schema=TALLY))


def _count(
    pieces: Callable[[Batches], Iterator[Piece]],
    options: GatewayOptions,
    models: Mapping[tuple[str, str], str],
    batches: Batches,
) -> Batches:
    hand, count = _InHand(), partial(count_row, models)
    for piece in pieces(batches):
        for item in read_piece(piece, options, count=count):
            if isinstance(item, Reject):
                hand.rejects.append(asdict(item))
            elif isinstance(item, Ignored):
                hand.ignored.append({"path": piece.path, **asdict(item)})
            else:
                hand.batches[item.kind].append(counted(item, models))
                hand.rows += item.records.num_rows
            if hand.rows >= _ROWS_IN_HAND:
                yield from hand.given()
                hand = _InHand()
    yield from hand.given()


def _files(batches: Batches) -> Iterator[Piece]:
    for batch in batches:
        for path, content in zip(batch.column("path"), batch.column("content"), strict=True):
            yield Piece(plain(path.as_py()), content=content.as_py())


def _blocks(batches: Batches) -> Iterator[Piece]:
    """Each block as a piece with all of its lines: rows of one call, which stand together, are counted together.

    Spark gives the paths of blocks as URLs, and those of whole files as they are.
    """
    at: tuple[str, int] | None = None
    lines: list[bytes] = []
    for batch in batches:
        values = batch.column("value").cast(pa.binary()).to_pylist()
        for path, start, line in zip(
            batch.column("path").to_pylist(), batch.column("start").to_pylist(), values, strict=True
        ):
            if at != (path, start):
                yield from _block(at, lines)
                at, lines = (path, start), []
            lines.append(line)
    yield from _block(at, lines)


def _block(at: tuple[str, int] | None, lines: list[bytes]) -> Iterable[Piece]:
    if at is None:
        return
    content = b"\n".join(lines)
    yield Piece(plain(unquote(at[0])), at[1], at[1] + len(content), content=content)


def plain(path: str) -> str:
    """A path as people write it: a local one without its scheme."""
    return "/" + path.removeprefix("file:").lstrip("/") if path.startswith("file:/") else path


def _merge(kind: Kind, batches: Batches) -> Batches:
    yield from merged(kind, (batch.cast(SCHEMAS[kind]) for batch in batches)).to_batches(10_000)
