"""Beyond one machine: the same reading, counting and merging on a Spark cluster. Needs the extra `[spark]`.

`read_logs` turns exported logs of a lake into records without bodies: Parquet that `aoai-insights ingest --from` takes.
`fill_store` brings such records into a store on the driver, for every figure there is; `write_charges` writes charges
to the lake. No rule lives here: what a record is, how it is counted and which of two versions stays is asked of the
functions that one machine uses. docs/spark.md shows jobs for Databricks, Synapse and Fabric.
"""

from aoai_insights.spark.charges import write_charges
from aoai_insights.spark.job import LakeReport, read_logs
from aoai_insights.spark.records import fill_store

__all__ = ["LakeReport", "fill_store", "read_logs", "write_charges"]
