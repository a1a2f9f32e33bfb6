"""Logs of a lake to records without bodies, in one job: read, count, merge, write."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import reduce
from typing import TYPE_CHECKING

from aoai_insights.config import Config
from aoai_insights.errors import UsageError
from aoai_insights.model import Kind
from aoai_insights.pipeline.ingest import configured_models, gateway_options
from aoai_insights.sources import Reject
from aoai_insights.sources.counted import REJECTS, SCHEMAS
from aoai_insights.sources.find import PIECE_BYTES
from aoai_insights.spark import files, work
from aoai_insights.spark.shape import COUNTED, PARTS, ddl
from aoai_insights.store.write import KEYS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ROWS_PER_TASK = 500_000
"""Records that one task merges: some 300 MB of memory, and a Parquet file of a useful size."""

REJECTS_SHOWN = 20

_ALWAYS = {
    "spark.sql.files.ignoreCorruptFiles": "false",  # nothing is dropped in silence
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.files.maxPartitionBytes": str(PIECE_BYTES),
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",  # a clock that is wrong by centuries is still a time
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
}
_WHOLE = {"spark.sql.files.openCostInBytes": str(1 << 20)}
_LINES = {"spark.sql.files.openCostInBytes": str(PIECE_BYTES)}
"""Spark cuts files no finer than this; so blocks are the pieces that one machine cuts."""


@dataclass(slots=True)
class LakeReport:
    """What a job read and what became of it. `kept` are records after versions of one record were merged."""

    files: int = 0
    records: dict[Kind, int] = field(default_factory=lambda: {"gateway": 0, "llm": 0, "aoai": 0})
    kept: dict[Kind, int] = field(default_factory=lambda: {"gateway": 0, "llm": 0, "aoai": 0})
    ignored: dict[str, int] = field(default_factory=dict)
    rejected: int = 0
    rejects: list[Reject] = field(default_factory=list)
    """The first of them; all are in the folder `rejects`."""


def read_logs(session: "SparkSession", paths: Sequence[str], out: str, *, config: Config) -> LakeReport:
    """Reads exported logs under `paths` and writes their records to `out`: gateway, llm, aoai, rejects, ignored.

    `out` is a folder of this job: what an earlier run wrote there is replaced. Running it again, in another order, or
    with executors that die gives the same records. Raises UsageError for a path that does not exist or holds no logs,
    and where `out` and the logs are in one folder. Bad records never raise: they are in the report.
    """
    _refuse_overlap(paths, out)
    parallelism = {"spark.sql.sources.parallelPartitionDiscovery.parallelism": str(_tasks(session))}
    with files.settings(session, _ALWAYS | _WHOLE | parallelism):
        found = files.find(session, paths)
        if not found.count:
            raise UsageError("no log files under " + ", ".join(paths), "check the paths")
        options, models = gateway_options(config), configured_models(config)
        report = LakeReport(files=found.count)
        counted = []
        try:
            if found.whole:
                frame = files.whole(session, found.whole)
                counted.append(_held(frame.mapInArrow(work.count_files(options, models), ddl(COUNTED)), report))
            if found.lines:
                with files.settings(session, _LINES):
                    frame = files.lines(session, found.lines)
                    counted.append(_held(frame.mapInArrow(work.count_lines(options, models), ddl(COUNTED)), report))
            _write(session, counted, found.refused, out, report)
        finally:
            for frame in counted:
                frame.unpersist()
    return report


def _held(frame: "DataFrame", report: LakeReport) -> "DataFrame":
    """Counts once and keeps what was counted, on the executors; notes in the report what was read."""
    from pyspark import StorageLevel

    held = frame.persist(StorageLevel.MEMORY_AND_DISK)
    for row in held.where("part = 'tally'").groupBy("tally.kind").sum("tally.records").collect():
        report.records[row[0]] += row[1]
    return held


def _write(
    session: "SparkSession", counted: Sequence["DataFrame"], refused: Sequence[Reject], out: str, report: LakeReport
) -> None:
    for kind in SCHEMAS:
        tasks = -(-report.records[kind] // ROWS_PER_TASK) or 1
        records = _part(session, counted, kind).repartition(tasks, *KEYS[kind])
        merged = records.mapInArrow(work.merge(kind), ddl(SCHEMAS[kind]))
        merged.write.mode("overwrite").parquet(f"{out}/{kind}")
        report.kept[kind] = session.read.schema(ddl(SCHEMAS[kind])).parquet(f"{out}/{kind}").count()
    rejects = _part(session, counted, "rejects")
    if refused:
        rejects = rejects.union(session.createDataFrame([asdict(reject) for reject in refused], ddl(REJECTS)))
    rejects.coalesce(1).write.mode("overwrite").parquet(f"{out}/rejects")
    rejects = session.read.schema(ddl(REJECTS)).parquet(f"{out}/rejects")
    report.rejected = rejects.count()
    if report.rejected:
        report.rejects = [
            Reject(**row.asDict()) for row in rejects.orderBy("path", "line").limit(REJECTS_SHOWN).collect()
        ]
    ignored = _part(session, counted, "ignored")
    ignored.coalesce(1).write.mode("overwrite").parquet(f"{out}/ignored")
    for row in ignored.groupBy("category").sum("count").orderBy("category").collect():
        report.ignored[row[0]] = row[1]


def _part(session: "SparkSession", counted: Sequence["DataFrame"], part: str) -> "DataFrame":
    chosen = [frame.where(f"part = '{part}'").select(f"{part}.*") for frame in counted]
    if not chosen:
        return session.createDataFrame([], ddl(PARTS[part]))
    return reduce(lambda one, other: one.union(other), chosen)


def _tasks(session: "SparkSession") -> int:
    """A few tasks a core for listing: Spark's own choice is one a file."""
    return 4 * int(session.sparkContext.defaultParallelism)


def _refuse_overlap(paths: Sequence[str], out: str) -> None:
    target = work.plain(out).rstrip("/") + "/"
    for path in paths:
        source = work.plain(path).rstrip("/") + "/"
        if source.startswith(target) or target.startswith(source):
            raise UsageError(f"the logs ({path}) and the records ({out}) are in one folder", "write to another folder")
