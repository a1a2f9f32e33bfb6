"""Proof from the store file itself that it holds no prompt text: every column, its type, and its longest value."""

from dataclasses import dataclass

import duckdb

_HOLDS_NO_TEXT = (
    "BOOLEAN",
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL",
    "DATE",
    "TIME",
    "TIMESTAMP",
    "INTERVAL",
    "UUID",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
)
_NAMES_OF_TEXT = (
    "body",
    "bodies",
    "message",
    "messages",
    "prompt",
    "completion",
    "content",
    "answer",
    "request",
    "response",
    "text",
)
LONGEST = 1024
"""Characters. Names, ids, header values and paths are shorter; prompts of any use are not."""

MOST_WORDS = 40
"""No name has so many; a sentence of this program about what is missing has fewer."""


@dataclass(frozen=True, slots=True)
class TextColumn:
    """One column of the store. `verdict` is "" where it holds no text of prompts, else why it may."""

    table: str
    column: str
    kind: str
    values: int
    longest: int
    most_words: int
    verdict: str


def columns(connection: duckdb.DuckDBPyConnection) -> tuple[TextColumn, ...]:
    """Every column of every table, views aside: they hold nothing of their own."""
    found = connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns()"
        " WHERE NOT internal AND table_name IN (SELECT table_name FROM duckdb_tables()) ORDER BY 1, column_index"
    ).fetchall()
    return tuple(_column(connection, *row) for row in found)


def _column(connection: duckdb.DuckDBPyConnection, table: str, column: str, kind: str) -> TextColumn:
    if kind.partition("(")[0] in _HOLDS_NO_TEXT and not kind.endswith("]"):
        return TextColumn(table, column, kind, 0, 0, 0, "")
    quoted = f'"{column}"::VARCHAR'
    ((values, longest, words),) = connection.execute(
        f"SELECT count({quoted}), coalesce(max(length({quoted})), 0),"
        f" coalesce(max(len(regexp_extract_all({quoted}, '\\S+'))), 0) FROM \"{table}\""
    ).fetchall()
    verdict = ""
    if kind != "VARCHAR":
        verdict = f"{kind} can hold anything"
    elif column.lower() in _NAMES_OF_TEXT or column.lower().endswith(
        ("_body", "_bodies", "_messages", "_content", "_text")
    ):
        verdict = "its name says that it holds text"
    elif longest > LONGEST:
        verdict = f"a value of {longest:,} characters"
    elif words > MOST_WORDS:
        verdict = f"a value of {words} words"
    return TextColumn(table, column, kind, values, longest, words, verdict)
