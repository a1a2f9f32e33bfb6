"""Tables as bytes. Formats know tables, not commands: CSV, JSON and Parquet are exact, the others round once."""

import html
import io
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from aoai_insights.model import Column, Table
from aoai_insights.money import quantum, round_parts, round_to
from aoai_insights.reports import text
from aoai_insights.reports.csv_text import decimal_text
from aoai_insights.resources import resource_root

SHORT, LONGEST = 10, 1_000
"""Characters of a value that is never wrapped (dates, regions), and of one that loses its middle."""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()+!|~:@])")
"""What Markdown would read as its own, the colon of a bare link included; < > & become entities."""

NARROW, WIDE = 80, 140
"""Columns of a table where there is no terminal, and at most where there is one."""


def as_json(payload: Mapping[str, Any]) -> bytes:
    """Money as decimal strings, dates as ISO 8601, keys in the order of the contract."""

    def plain(value: Any) -> str:
        if isinstance(value, Decimal):
            return decimal_text(value)
        if hasattr(value, "isoformat"):
            return str(value.isoformat())
        if isinstance(value, (UUID, timedelta)):  # a query of the user's own may ask for ids and differences of times
            return str(value)
        raise TypeError(f"{type(value).__name__} has no JSON form")

    return (json.dumps(payload, indent=2, default=plain, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def as_parquet(table: Table) -> bytes:
    """Typed columns: money as decimal, counts as 64-bit integers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"text": pa.string(), "count": pa.int64(), "ms": pa.float64(), "share": pa.float64()}
    kinds["money"] = pa.decimal128(38, 15)

    def cell(value: Any, column: Column) -> Any:
        if column.kind != "text" or value is None:
            return value
        return value.isoformat() if hasattr(value, "isoformat") else str(value)

    arrays = [
        pa.array([cell(row.get(column.name), column) for row in table.rows], type=kinds.get(column.kind))
        for column in table.columns
    ]
    sink = io.BytesIO()
    pq.write_table(pa.table(arrays, names=[column.name for column in table.columns]), sink)
    return sink.getvalue()


def as_markdown(table: Table) -> bytes:
    """A pipe table; names are escaped so that none can break out of its cell or become HTML."""

    def cell(value: Any, column: Column) -> str:
        shown = _shown(value, column)
        return _MARKDOWN.sub(r"\\\1", html.escape(shown, quote=False)) if column.kind == "text" else shown

    lines = [f"### {table.title}", "", "| " + " | ".join(column.heading for column in table.columns) + " |"]
    lines.append("|" + "|".join(" :--- " if column.kind == "text" else " ---: " for column in table.columns) + "|")
    total = {table.columns[0].name: "Total", **table.total} if table.total else None
    for row in [*table.rows, *([total] if total else [])]:
        lines.append("| " + " | ".join(cell(row.get(column.name), column) for column in table.columns) + " |")
    lines += ["", *(f"- {note}" for note in table.notes)]
    return ("\n".join(lines).rstrip() + "\n").encode("utf-8", "replace")


def as_html(table: Table) -> bytes:
    """One self-contained page with the table."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource_root("report_templates")), autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    rows = [[_shown(row.get(c.name), c) for c in table.columns] for row in table.rows]
    total = [_shown(table.total.get(c.name), c) for c in table.columns] if table.total else None
    page = environment.get_template("table.html.j2").render(table=table, rows=rows, total=total)
    return page.encode("utf-8", "replace")


def as_text(table: Table, on_terminal: bool) -> bytes:
    """For a terminal: fits 80 columns, or as many as the terminal has; no name can colour or move anything."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    terminal = shutil.get_terminal_size((NARROW, 24)).columns if on_terminal else NARROW
    drawn = RichTable(
        title=Text(table.title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False,
        show_footer=bool(table.total), padding=(0, 1, 0, 0),
    )  # fmt: skip
    for i, column in enumerate(table.columns):
        left = column.kind == "text"
        short = all(len(_shown(row.get(column.name), column)) <= SHORT for row in table.rows)
        footer = (
            Text(_shown(table.total.get(column.name), column) or ("Total" if i == 0 else "")) if table.total else ""
        )
        drawn.add_column(
            Text(column.heading),
            footer=footer,
            justify="left" if left else "right",
            no_wrap=short or not left,
            overflow="fold",
        )
    for row in table.rows:
        drawn.add_row(*(Text(_shown(row.get(column.name), column)) for column in table.columns))
    buffer = io.StringIO()
    console = Console(file=buffer, width=max(NARROW, min(terminal, WIDE)), color_system=None)
    console.print(drawn)
    for note in table.notes:
        console.print(Text(note))
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()).encode("utf-8", "replace") + b"\n"


def rounded(table: Table, currency: str) -> Table:
    """Money rounded once, so that the rows that are shown add up to a total that is shown; without one, alone."""
    rows = [dict(row) for row in table.rows]
    total = dict(table.total) if table.total else None
    for column in table.columns:
        if column.kind != "money" or not rows:
            continue
        values = [row.get(column.name) for row in rows]
        amounts = [value if isinstance(value, Decimal) else Decimal(0) for value in values]
        whole = sum(amounts, Decimal(0))
        step = text.step_for(whole, currency) if table.total else quantum(currency)
        parts = round_parts(amounts, step) if table.total else [round_to(amount, step) for amount in amounts]
        for row, value, part in zip(rows, values, parts, strict=True):
            row[column.name] = part if isinstance(value, Decimal) else value
        if total is not None:
            total[column.name] = round_parts([whole], step)[0]
    return replace(table, rows=tuple(rows), total=total)


def _shown(value: Any, column: Column) -> str:
    if value is None:
        return "" if column.kind == "text" else text.NOTHING
    if column.kind == "count":
        return _short(value) if isinstance(value, int) else str(value)
    if column.kind == "money":
        return f"{value:,f}"
    if column.kind == "ms":
        return f"{value:,.0f}"
    if column.kind == "number":
        return text.name(str(value))
    if column.kind == "share":
        return text.share(value)
    return text.name(str(value), longest=LONGEST)


def _short(n: int) -> str:
    """1,234,567: exact where a narrow column can hold it, else 12.35G."""
    for size, letter in ((10**12, "T"), (10**9, "G")):
        if abs(n) >= size:
            return f"{n / size:,.2f}{letter}"
    return text.count(n)
