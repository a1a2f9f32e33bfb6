"""The merge without a store: for engines that keep records elsewhere and must not have rules of their own."""

from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa

from aoai_insights.model import AOAI, GATEWAY, LLM, Kind
from aoai_insights.store import connect, write

_SCHEMAS: dict[Kind, pa.Schema] = {"gateway": GATEWAY, "llm": LLM, "aoai": AOAI}
_NO_TIME = datetime(1970, 1, 1)  # noqa: DTZ001 - no file is noted, so nothing is stamped with it


def merged(kind: Kind, batches: Iterable[pa.RecordBatch]) -> pa.Table:
    """Counted batches as the store would keep them: each key once, in its fullest version, ids as it spells them.

    Merging what was merged changes nothing, so records may be merged where they are read and again where they meet.
    Columns and types are those of model/.
    """
    with connect.in_memory() as connection:
        for batch in batches:
            write.stage(connection, kind, batch)
        write.commit(connection, (), _NO_TIME)
        found = connection.sql(f"SELECT {', '.join(_plain(field) for field in _SCHEMAS[kind])} FROM {kind}")
        return found.to_arrow_table().cast(_SCHEMAS[kind])


def _plain(field: pa.Field) -> str:
    """The store's ids are UUIDs and its instants have no zone."""
    if pa.types.is_string(field.type):
        return f"{field.name}::VARCHAR AS {field.name}"
    return str(field.name)
