"""Tables as CSV: exact, and inert in a spreadsheet whatever names they hold."""

import csv
import io
from decimal import Decimal
from typing import Any

from aoai_insights.model import Table
from aoai_insights.printable import printable

FORMULA_STARTS = ("=", "+", "-", "@")
"""A spreadsheet runs text that begins so. https://owasp.org/www-community/attacks/CSV_Injection"""


def as_csv(table: Table) -> bytes:
    """Field names, exact values, no total: another program adds up. Text that a spreadsheet would run gets a '."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    for row in table.rows:
        writer.writerow([_value(row.get(column.name)) for column in table.columns])
    return buffer.getvalue().encode("utf-8", "replace")


def decimal_text(value: Decimal) -> str:
    """A decimal without exponent and without trailing zeros: "0.0125", "3", "1200"."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def _value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, bool | int | float):
        return str(value)
    plain = printable(str(value)).replace("\n", "\\x0a")
    return f"'{plain}" if plain.lstrip().startswith(FORMULA_STARTS) else plain
