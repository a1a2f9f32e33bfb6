"""Text and numbers of files that people download, save again and send on: their encodings, their commas."""

import codecs
import gzip
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path

from aoai_insights.errors import UsageError

_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+\.\d+")


def read_text(path: Path, remedy: str) -> str:
    """The text of a file, unpacked where its name ends in .gz. Raises UsageError for one that cannot be read.

    UTF-8, or UTF-16 where a byte order mark says so: what `>` of Windows PowerShell and a save from Excel write.
    """
    try:
        packed = path.read_bytes()
        plain = gzip.decompress(packed) if path.suffix.lower() == ".gz" else packed
        marked = plain.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return plain.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"cannot read {path}: byte {error.start + 1} is no UTF-8 text", remedy) from None
    except (OSError, EOFError) as error:
        raise UsageError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}", remedy) from None


def amount(value: object) -> Decimal:
    """A number of a table. A comma is only read where it can but part thousands: in 1,234.50, not in 0,25 or 1,250.

    Raises ValueError for anything else, as for no number at all.
    """
    text = str(value if value is not None else "").strip()
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    try:
        found = Decimal(text)
    except InvalidOperation:
        comma = "; write it with a decimal point and without other commas" if "," in text else ""
        raise ValueError(f"{text!r} is no number{comma}") from None
    if not found.is_finite():
        raise ValueError(f"{text!r} is no number")
    return found
