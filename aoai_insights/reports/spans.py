"""Hours in words."""

from collections.abc import Sequence

from aoai_insights.latency.effects import hour_ranges
from aoai_insights.reports import text

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def hours_of_day(hours: Sequence[int]) -> str:
    """14:00–16:00 and 22:00–24:00."""
    return text.listed([f"{first:02d}:00–{end:02d}:00" for first, end in hour_ranges(hours)])


def hours_of_week(hours: Sequence[int]) -> str:
    """Mon–Fri 14:00–16:00; days of the same hours are told together. Hour 0 is Monday 00:00."""
    by_day: dict[tuple[int, ...], list[int]] = {}
    for day in range(7):
        mine = tuple(hour % 24 for hour in hours if hour // 24 == day)
        if mine:
            by_day.setdefault(mine, []).append(day)
    parts = []
    for mine, days in by_day.items():
        named = f"{DAYS[days[0]]}–{DAYS[days[-1]]}" if len(days) > 2 else ", ".join(DAYS[day] for day in days)
        parts.append(f"{named} " + ", ".join(f"{first:02d}:00–{end:02d}:00" for first, end in hour_ranges(mine)))
    return "; ".join(parts)
