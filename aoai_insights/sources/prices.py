"""Where price rows are kept: the book in the wheel and the files that a refresh or an import writes.

A file of prices is CSV with the columns of UnitPrice, regions separated by spaces, gzipped where its name ends in .gz.
"""

import csv
import gzip
import io
from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from pathlib import Path

from aoai_insights.errors import UsageError
from aoai_insights.pricing import UnitPrice

COLUMNS = tuple(f.name for f in fields(UnitPrice))
BOOK = "price_book.csv.gz"


def shipped_book() -> list[UnitPrice]:
    """The price book that ships with this version."""
    packed = files("aoai_insights").joinpath("data", BOOK).read_bytes()
    return _rows(gzip.decompress(packed).decode(), BOOK)


def book_age() -> date:
    """The newest day on which a price of the shipped book was read."""
    return max(row.retrieved_at for row in shipped_book() if row.retrieved_at is not None)


def read_prices(path: Path) -> list[UnitPrice]:
    """The rows of a price file; a line that is not a price is a UsageError naming file and line."""
    try:
        packed = path.read_bytes()
        return _rows((gzip.decompress(packed) if path.suffix == ".gz" else packed).decode(), str(path))
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise UsageError(f"cannot read prices from {path}: {error}", "refresh or import the prices again") from error


def write_prices(rows: Iterable[UnitPrice], path: Path) -> None:
    """Writes a price file whole, or leaves the one that is there: it is the only memory of past prices."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_text(getattr(row, column)) for column in COLUMNS])
    packed = text.getvalue().encode()
    if path.suffix == ".gz":
        packed = gzip.compress(packed, mtime=0)
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_bytes(packed)
    unfinished.replace(path)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, frozenset):
        return " ".join(sorted(value))
    return format(value, "f") if isinstance(value, Decimal) else str(value)


_day = cache(date.fromisoformat)
_regions = cache(lambda text: frozenset(text.split()))
_price = cache(Decimal)


def _rows(text: str, name: str) -> list[UnitPrice]:
    lines = csv.reader(io.StringIO(text))
    header = tuple(next(lines, ()))
    if header != COLUMNS:
        odd = sorted(set(header) ^ set(COLUMNS)) or ["their order"]
        raise UsageError(f"{name} is no price file: its columns differ in {', '.join(odd)}", "export it again")
    rows: list[UnitPrice] = []
    for line in lines:
        try:
            (id_, model, version, kind, direction, modality, cached, tier, scope, context, regions, unit, per, price,
             currency, start, end, meter_id, meter, product, source, detail, retrieved, confidence, grade,
             ) = line  # fmt: skip
            rows.append(
                UnitPrice(
                    id_, model, version, kind, direction, modality, cached, tier, scope, context or None,
                    _regions(regions), unit, int(per), _price(price), currency, _day(start),
                    _day(end) if end else None, meter_id, meter, product, source, detail,
                    _day(retrieved) if retrieved else None, confidence, grade,
                )
            )  # fmt: skip
        except (ValueError, InvalidOperation) as error:
            raise UsageError(
                f"{name}, line {lines.line_num}: {error}", "correct the line or export it again"
            ) from error
    return rows
