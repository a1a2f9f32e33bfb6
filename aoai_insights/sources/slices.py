"""Windows of time, half-open, cut so that one answer can hold what they hold."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

HOUR = timedelta(hours=1)

FLOOR = timedelta(seconds=1)
"""A slice is not cut finer than this: more rows than an answer holds in one second is a case for exports."""

SLOW_FLOOR = timedelta(minutes=5)
"""Nor finer than this because a query took too long: the size of so small a slice is not what makes it slow."""


@dataclass(frozen=True, slots=True)
class Slice:
    """From `start`, inclusive, to `end`, exclusive."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def hours(start: datetime, end: datetime) -> Iterator[datetime]:
    """The begin of every hour that the window touches."""
    hour = hour_of(start)
    while hour < end:
        yield hour
        hour += HOUR


def pack(
    wanted: Iterable[datetime], rows: Mapping[datetime, int], most_rows: int, longest: timedelta
) -> Iterator[Slice]:
    """Hours as slices of consecutive hours, `longest` at most, of about `most_rows` where their rows are known.

    An hour with more is cut into equal parts: how its rows lie within it is not known.
    """
    begun: datetime | None = None
    held = 0
    ordered = sorted(wanted)
    for hour, following in zip(ordered, [*ordered[1:], None], strict=True):
        count = rows.get(hour, 0)
        if count > most_rows:
            yield from _parts(hour, -(-count // most_rows))
            continue
        begun = begun or hour
        held += count
        end = hour + HOUR
        full = following is None or held + rows.get(following, 0) > most_rows
        if full or following != end or end - begun >= longest:
            yield Slice(begun, end)
            begun, held = None, 0


def halves(cut: Slice, floor: timedelta) -> tuple[Slice, Slice] | None:
    """Both halves of a slice, or None where they would be finer than `floor`."""
    half = cut.length / 2
    if half < floor:
        return None
    return Slice(cut.start, cut.start + half), Slice(cut.start + half, cut.end)


def _parts(hour: datetime, count: int) -> Iterator[Slice]:
    bounds = [hour + HOUR * i / count for i in range(count)] + [hour + HOUR]
    yield from (Slice(start, end) for start, end in pairwise(bounds))
