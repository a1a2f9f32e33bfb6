"""Records of a lake into a store on the driver, through Spark, so that the driver needs no access of its own."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from aoai_insights.config import Config
from aoai_insights.model import Kind
from aoai_insights.pipeline.ingest import IngestReport
from aoai_insights.sources import Reject
from aoai_insights.sources.counted import IGNORED, REJECTS, SCHEMAS
from aoai_insights.spark import work
from aoai_insights.spark.shape import ddl
from aoai_insights.store import connect, write

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def fill_store(session: "SparkSession", out: str, *, store: Path, config: Config, now: datetime) -> IngestReport:
    """What `read_logs` wrote to `out`, merged into the store: as `ingest --from` does with a copy of the folder.

    Raises SourceError when the store is held. Memory is that of some thousand rows, whatever the size of the records.
    """
    report = IngestReport()
    with connect.open_for_writing(store) as connection:
        write.list_apis(connection, config.gateway.apis)
        for row in session.read.schema(ddl(REJECTS)).parquet(f"{out}/rejects").toLocalIterator():
            report.rejects.append(Reject(**row.asDict()))
        for row in (
            session.read.schema(ddl(IGNORED)).parquet(f"{out}/ignored").groupBy("category").sum("count").collect()
        ):
            report.ignored[row[0]] = row[1]
        staged = 0
        for kind, schema in SCHEMAS.items():
            frame = session.read.schema(ddl(schema)).parquet(f"{out}/{kind}")
            for row in frame.mapInArrow(work.pack, "packed binary").toLocalIterator():
                for batch in pa.ipc.open_stream(bytes(row["packed"])):
                    write.stage(connection, kind, batch.cast(schema))
                    report.records[kind] += batch.num_rows
                    staged += batch.num_rows
                if staged >= write.ROWS_PER_COMMIT:
                    _note(report, write.commit(connection, (), now))
                    staged = 0
        line = (out, sum(report.records.values()), len(report.rejects), sum(report.ignored.values()))
        _note(report, write.commit(connection, [line], now))
    report.rejects.sort(key=lambda reject: (reject.path, reject.line))
    return report


def _note(report: IngestReport, added: Mapping[Kind, int]) -> None:
    for kind, count in added.items():
        report.added[kind] += count
