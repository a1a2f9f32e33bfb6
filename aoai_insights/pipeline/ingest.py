"""Ingest: exported logs into the store, in parallel, bodies counted and dropped on the way."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from aoai_insights.config import Config
from aoai_insights.model import Kind
from aoai_insights.sources import GatewayOptions, Piece, Reject, find_pieces
from aoai_insights.sources.count import PieceResult, counted, end_with_parent, read_and_count
from aoai_insights.store import connect, write

if TYPE_CHECKING:
    import duckdb

__all__ = ["IngestReport", "configured_models", "counted", "gateway_options", "ingest"]

ROWS_PER_STAGE = 10_000
"""Rows of many small files are staged together until there are this many."""

SMALL_INPUT_BYTES = 16_000_000
"""Below this, starting worker processes costs more than they save."""


@dataclass(slots=True)
class IngestReport:
    """What a run read and what became of it. `added` are records that the store did not know."""

    files: int = 0
    records: dict[Kind, int] = field(default_factory=lambda: {"gateway": 0, "llm": 0, "aoai": 0})
    added: dict[Kind, int] = field(default_factory=lambda: {"gateway": 0, "llm": 0, "aoai": 0})
    ignored: dict[str, int] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)

    @property
    def repeated(self) -> int:
        """Records that were already known, in this input or in the store."""
        return sum(self.records.values()) - sum(self.added.values())


def ingest(
    paths: Sequence[Path],
    *,
    store: Path,
    config: Config,
    now: datetime,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, of: None,
    joining: Callable[[int, int], None] = lambda done, of: None,
) -> IngestReport:
    """Reads exported logs into the store. Running it twice, in another order, or after a crash gives the same store.

    Raises UsageError for a path that does not exist, SourceError when the store is held. Bad records never raise: they
    are in the report's `rejects`. `progress` is called with (bytes done, bytes in all), `joining` thereafter
    with (days done, days in all).
    """
    pieces = find_pieces(paths)
    options = gateway_options(config)
    models = configured_models(config)
    sizes = {piece: _size(piece) for piece in pieces}
    report = IngestReport(files=len({piece.path for piece in pieces}))
    ledger: dict[str, list[int]] = {}
    waiting: dict[Kind, list[pa.RecordBatch]] = {}
    done = staged = 0
    with connect.open_for_writing(store, joining=joining) as connection:
        write.list_apis(connection, config.gateway.apis)
        parallel = workers > 1 and len(pieces) > 1 and sum(sizes.values()) > SMALL_INPUT_BYTES
        with _executor(workers if parallel else 1) as executor:
            for piece, result in _in_parallel(executor, pieces, options, models, ahead=workers * 3):
                counts = ledger.setdefault(write.absolute(piece.path), [0, 0, 0])
                for kind, batch in result.batches:
                    waiting.setdefault(kind, []).append(batch)
                    report.records[kind] += batch.num_rows
                    counts[0] += batch.num_rows
                    staged += batch.num_rows
                report.rejects += result.rejects
                for category, count in result.ignored.items():
                    report.ignored[category] = report.ignored.get(category, 0) + count
                counts[1] += len(result.rejects)
                counts[2] += sum(result.ignored.values())
                if sum(batch.num_rows for batches in waiting.values() for batch in batches) >= ROWS_PER_STAGE:
                    _stage(connection, waiting)
                if staged >= write.ROWS_PER_COMMIT:
                    _stage(connection, waiting)
                    _commit(connection, ledger, now, report)
                    staged = 0
                done += sizes[piece]
                progress(done, sum(sizes.values()))
        _stage(connection, waiting)
        _commit(connection, ledger, now, report)
    report.rejects.sort(key=lambda reject: (reject.path, reject.line))
    return report


def gateway_options(config: Config) -> GatewayOptions:
    """What a source must know of the config to normalise gateway records."""
    return GatewayOptions(
        apis=frozenset(api.lower() for api in config.gateway.apis),
        entra_app_header=config.gateway.entra_app_header.lower() or None,
        entra_app_trace=config.gateway.entra_app_trace or None,
        caller_headers=frozenset(match.header.lower() for app in config.apps for match in app.match if match.header),
    )


def configured_models(config: Config) -> dict[tuple[str, str], str]:
    """(resource, deployment) to model, as far as the config names it; the resource "" stands for any."""
    models = {(d.resource.lower(), d.deployment.lower()): d.model for d in config.deployments if d.model}
    return models | {("", d.deployment.lower()): d.model for d in config.deployments if d.model}


@contextmanager
def _executor(workers: int) -> Iterator[Executor | None]:
    """Worker processes, or None to work in this one. Spawned, because a database with threads is open here."""
    if workers == 1:
        yield None
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=end_with_parent) as executor:
        yield executor


def _in_parallel(
    executor: Executor | None, pieces: Iterable[Piece], options: GatewayOptions,
    models: Mapping[tuple[str, str], str], ahead: int,
) -> Iterator[tuple[Piece, PieceResult]]:  # fmt: skip
    """Every piece with its result, as they finish; at most `ahead` are under way, so that memory stays flat."""
    queue = iter(pieces)
    if executor is None:
        for piece in queue:
            yield piece, read_and_count(piece, options, models)
        return
    running: dict[Future[PieceResult], Piece] = {
        executor.submit(read_and_count, piece, options, models): piece for piece in islice(queue, ahead)
    }
    while running:
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            piece = running.pop(future)
            for following in islice(queue, 1):
                running[executor.submit(read_and_count, following, options, models)] = following
            yield piece, future.result()


def _stage(connection: "duckdb.DuckDBPyConnection", waiting: dict[Kind, list[pa.RecordBatch]]) -> None:
    """Many small files are staged as one batch: a statement costs as much for one row as for a thousand."""
    for kind, batches in waiting.items():
        for batch in pa.Table.from_batches(batches).combine_chunks().to_batches():
            write.stage(connection, kind, batch)
    waiting.clear()


def _commit(
    connection: "duckdb.DuckDBPyConnection", ledger: Mapping[str, Sequence[int]], now: datetime, report: IngestReport
) -> None:
    files = ((path, *counts) for path, counts in ledger.items())
    for kind, count in write.commit(connection, files, now).items():  # type: ignore[arg-type]
        report.added[kind] += count


def _size(piece: Piece) -> int:
    end = piece.end if piece.end is not None else Path(piece.path).stat().st_size
    return max(end - piece.start, 0)
