"""The time that a figure is about."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    """A charge period: UTC, start inclusive, end exclusive. `month` is set when it is exactly a calendar month."""

    start: datetime
    end: datetime
    month: str | None = None

    @property
    def days(self) -> tuple[date, date]:
        """The first day and the last."""
        return self.start.date(), (self.end - timedelta(microseconds=1)).date()
