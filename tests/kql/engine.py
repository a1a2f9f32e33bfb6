"""Tables of a workspace in DuckDB, and KQL run on them by duckdb-kql: an engine that shares nothing with the binder."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import duckdb_kql
import pyarrow as pa
from duckdb_kql.engine import schema
from duckdb_kql.types import kusto_type

TABLES: Mapping[str, Mapping[str, str]] = json.loads((Path(__file__).parent / "tables.json").read_text())
"""Columns that the table reference documents for every workspace.
https://learn.microsoft.com/azure/azure-monitor/reference/tables-category"""

INGESTED = "ingested_at"
"""The fixture column that stands for ingestion_time(), which this engine does not know."""

_SQL = {"string": "VARCHAR", "int": "INTEGER", "long": "BIGINT", "real": "DOUBLE", "bool": "BOOLEAN",
        "datetime": "TIMESTAMP", "dynamic": "JSON"}  # fmt: skip
Row = Mapping[str, Any]


def workspace(tables: Mapping[str, Iterable[Row]], more: Mapping[str, Mapping[str, str]] | None = None) -> Any:
    """A connection with the tables. Strings that a row leaves out are '' and not null, as in Kusto.

    `more` adds columns, as a workspace does when a record first brings them. A table that is not named does not exist.
    """
    connection = duckdb_kql.connect()
    for name, rows in tables.items():
        columns = {**TABLES[name], **(more or {}).get(name, {}), INGESTED: "datetime"}
        spelled = ", ".join(f'"{column}" {_SQL[kind]}' for column, kind in columns.items())
        connection.execute(f'CREATE TABLE "{name}" ({spelled})')
        filled = [[_cell(row.get(column), kind) for column, kind in columns.items()] for row in rows]
        if filled:
            arrays = [
                pa.array([row[i] for row in filled], type=_ARROW[kind]) for i, kind in enumerate(columns.values())
            ]
            connection.register("incoming", pa.table(arrays, names=list(columns)))
            connection.execute(f'INSERT INTO "{name}" SELECT * FROM incoming')
            connection.unregister("incoming")
    return connection


_ARROW = {"string": pa.string(), "int": pa.int32(), "long": pa.int64(), "real": pa.float64(), "bool": pa.bool_(),
          "datetime": pa.timestamp("us"), "dynamic": pa.string()}  # fmt: skip


def _cell(value: Any, kind: str) -> Any:
    if value is None:
        return "" if kind == "string" else None
    if kind == "dynamic":
        return value if isinstance(value, str) and _is_json(value) else json.dumps(value)
    if kind == "datetime" and isinstance(value, str):
        return dt.datetime.fromisoformat(value).replace(tzinfo=None)
    if kind == "datetime" and value.tzinfo:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    if kind in ("int", "long"):
        return int(value)
    return str(value) if kind == "string" else value


def _is_json(text: str) -> bool:
    """What is no JSON, as a part of a message that was split over rows, is a string in a dynamic column."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def run(connection: Any, text: str) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
    """Typed columns and rows. Nulls of string columns come back as '', since Kusto's strings are never null."""
    # Executed at once: a relation is bound when it is made, and again when it is read.
    translated = duckdb_kql.to_sql(text.replace("ingestion_time()", INGESTED), schema=schema(connection))
    assert not translated.parameters
    cursor = connection.execute(str(translated))
    columns = [(name, kusto_type(kind)) for name, kind, *_ in cursor.description]
    kinds: Sequence[str] = [kind for _, kind in columns]
    rows = [
        tuple("" if value is None and kind == "string" else value for value, kind in zip(row, kinds, strict=True))
        for row in cursor.fetchall()
    ]
    return columns, rows


__all__ = ["INGESTED", "TABLES", "duckdb", "run", "workspace"]
