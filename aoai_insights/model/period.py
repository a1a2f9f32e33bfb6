"""The time that a figure is about."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Period:
    """A charge period: UTC, start inclusive, end exclusive. `month` is set when it is exactly a calendar month."""

    start: datetime
    end: datetime
    month: str | None = None
