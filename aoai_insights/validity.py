"""From which day to which an entry of the config holds."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Protocol


class Dated(Protocol):
    """Something of the config that holds from one day to another, both inclusive; None: without a bound."""

    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...


def spans(entries: Iterable[Dated], first: date, last: date) -> list[tuple[date, date]]:
    """The days from `first` to `last` (inclusive), cut where an entry begins or ends: one span where none does."""
    starts = {first}
    for entry in entries:
        if entry.valid_from and first < entry.valid_from <= last:
            starts.add(entry.valid_from)
        if entry.valid_to and first <= entry.valid_to < last:
            starts.add(entry.valid_to + timedelta(days=1))
    ordered = sorted(starts)
    ends = [start - timedelta(days=1) for start in ordered[1:]]
    return list(zip(ordered, [*ends, last], strict=True))
