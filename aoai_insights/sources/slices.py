"""Windows of time, half-open, cut so that one answer can hold what they hold."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)

SECOND = timedelta(seconds=1)

FLOOR = timedelta(milliseconds=1)
"""A slice is not cut finer than this: more rows than an answer holds in one moment is a case for exports."""

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
    wanted: Iterable[datetime], rows: Mapping[datetime, int], most_rows: int, longest: timedelta, unit: timedelta = HOUR
) -> Iterator[Slice]:
    """Pieces of time, each `unit` long, as slices of consecutive ones: `longest` at most, `most_rows` as far as known.

    A piece with more rows is a slice of its own.
    """
    begun: datetime | None = None
    held = 0
    ordered = sorted(wanted)
    for piece, following in zip(ordered, [*ordered[1:], None], strict=True):
        begun = begun or piece
        held += rows.get(piece, 0)
        end = piece + unit
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
