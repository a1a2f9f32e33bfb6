"""Everything on stdout, or in the file that -o names: the same bytes either way."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aoai_insights.cli.options import Format
from aoai_insights.errors import UsageError
from aoai_insights.model import Table


def show(table: Table, payload: Mapping[str, Any], currency: str, chosen: Format, target: Path | None) -> None:
    """Prints a table, or its JSON payload, in the chosen format. Raises UsageError for Parquet on a terminal."""
    emit(render(table, payload, currency, chosen), chosen, target)


def render(table: Table, payload: Mapping[str, Any], currency: str, chosen: Format) -> bytes:
    """The bytes of a format."""
    from aoai_insights.cli import formats
    from aoai_insights.reports import csv_text

    if chosen is Format.JSON:
        return formats.as_json(payload)
    if chosen is Format.CSV:
        return csv_text.as_csv(table)
    if chosen is Format.PARQUET:
        return formats.as_parquet(table)
    rounded = formats.rounded(table, currency)
    if chosen is Format.MARKDOWN:
        return formats.as_markdown(rounded)
    if chosen is Format.HTML:
        return formats.as_html(rounded)
    return formats.as_text(rounded, sys.stdout.isatty())


def emit(content: bytes, chosen: Format, target: Path | None) -> None:
    """Writes to the file, whole or not at all, or to stdout."""
    if target is not None:
        write_whole(target, content)
        return
    if chosen is Format.PARQUET and sys.stdout.isatty():
        raise UsageError("Parquet is no text for a terminal", "give a file with -o")
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def write_whole(target: Path, content: bytes) -> None:
    """Puts `content` at `target` in one step, so that nobody reads half a file. Raises UsageError if it cannot be."""
    partial = target.with_name(f".{target.name}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(target)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}", "name another file with -o") from None
