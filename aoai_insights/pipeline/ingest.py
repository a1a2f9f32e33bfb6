"""Ingest: exported logs into the store, in parallel, bodies counted and dropped on the way."""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from aoai_insights.config import Config
from aoai_insights.model import Kind
from aoai_insights.own_process import begin_worker
from aoai_insights.sources import GatewayOptions, Piece, Reject, find_pieces
from aoai_insights.sources.count import PieceResult, counted, read_and_count
from aoai_insights.store import connect, write

if TYPE_CHECKING:
    import duckdb

__all__ = ["IngestReport", "configured_models", "counted", "gateway_options", "ingest"]

_AHEAD = 3
"""Pieces under way for each worker: enough that none waits for another."""

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
    sizes = {piece: _size(piece) for piece in pieces}
    report = IngestReport(files=len({piece.path for piece in pieces}))
    ledger: dict[str, list[int]] = {}
    waiting: dict[Kind, list[pa.RecordBatch]] = {}
    done = staged = 0
    parallel = len(pieces) > 1 and sum(sizes.values()) > SMALL_INPUT_BYTES
    with (
        _counting(pieces, config, workers if parallel else 1) as results,
        connect.open_for_writing(store, joining=joining) as connection,
    ):
        write.list_apis(connection, config.gateway.apis)
        for piece, result in results:
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
            if staged >= write.ROWS_PER_COMMIT:
                _commit(connection, waiting, ledger, now, report)
                staged = 0
            done += sizes[piece]
            progress(done, sum(sizes.values()))
        _commit(connection, waiting, ledger, now, report)
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


_Results = Iterator[tuple[Piece, PieceResult]]


@contextmanager
def _counting(pieces: Sequence[Piece], config: Config, workers: int) -> Iterator[_Results]:
    """Every piece with its result, in this process or as workers finish them, who begin at once.

    Workers are spawned, because pyarrow has threads here. After an error they end with their piece.
    """
    work = partial(read_and_count, options=gateway_options(config), models=configured_models(config))
    if workers == 1:
        yield ((piece, work(piece)) for piece in pieces)
        return
    executor = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=begin_worker)
    try:
        queue = iter(pieces)
        with _deaf():
            running = {executor.submit(work, piece): piece for piece in islice(queue, workers * _AHEAD)}
        yield _as_they_finish(executor, work, running, queue)
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)  # nobody takes any more what they have begun
        raise
    executor.shutdown()


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes that are started meanwhile leave Ctrl-C to this one, which gives them no more."""
    if threading.current_thread() is not threading.main_thread():  # no other may say so
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _as_they_finish(
    executor: Executor,
    work: Callable[[Piece], PieceResult],
    running: dict[Future[PieceResult], Piece],
    queue: Iterator[Piece],
) -> _Results:
    """Never more under way than at first, so that memory stays flat."""
    while running:
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            piece = running.pop(future)
            for following in islice(queue, 1):
                running[executor.submit(work, following)] = following
            yield piece, future.result()
    executor.shutdown(wait=False)  # their memory is free before the last records are merged and joined


def _commit(
    connection: "duckdb.DuckDBPyConnection",
    waiting: dict[Kind, list[pa.RecordBatch]],
    ledger: Mapping[str, Sequence[int]],
    now: datetime,
    report: IngestReport,
) -> None:
    """Many small files are staged as one batch: a statement costs as much for one row as for thousands."""
    for kind, batches in waiting.items():
        for batch in pa.Table.from_batches(batches).combine_chunks().to_batches():
            write.stage(connection, kind, batch)
    waiting.clear()
    files = ((path, *counts) for path, counts in ledger.items())
    for kind, count in write.commit(connection, files, now).items():  # type: ignore[arg-type]
        report.added[kind] += count


def _size(piece: Piece) -> int:
    end = piece.end if piece.end is not None else Path(piece.path).stat().st_size
    return max(end - piece.start, 0)
