"""Numbers, money, dates and foreign names as people read them: the one place that decides how."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate

from aoai_insights.model import Period
from aoai_insights.money import quantum, round_to

NOTHING = "–"
"""Shown where there is no value. Never 0: a missing figure and a zero are different news."""

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
"""Own names: strftime follows the locale of the machine, a report does not."""

_LONGEST_NAME = 160
_MOST_MARKS = 3
"""Combining marks on one letter: three serve every living script, hundreds paint over the neighbouring rows."""

_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Cn", "Zl", "Zp"))
"""Unicode categories without a face: controls, formats, lone surrogates, unassigned, line and paragraph separators."""

_INVISIBLE = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters, marks and symbols by their category, drawn as nothing (Unicode: Default_Ignorable_Code_Point, and the
blank Braille pattern)."""


def step_for(total: Decimal, currency: str) -> Decimal:
    """What shown amounts are multiples of: the currency's smallest unit; four places finer for a total below 1."""
    finest = quantum(currency)
    return finest.scaleb(-4) if 0 < abs(total) < 1 else finest


def money(amount: Decimal, currency: str, step: Decimal | None = None) -> str:
    """USD 24,310.55. Rounds to `step`, by default the currency's smallest unit; no float ever comes near."""
    rounded = round_to(amount, quantum(currency) if step is None else step)
    return f"{currency} {_minus(f'{rounded:,f}')}"


def amount(value: Decimal, step: Decimal) -> str:
    """24,310.55: money in a column whose heading names the currency."""
    return _minus(f"{round_to(value, step):,f}")


def count(n: int) -> str:
    """1,234,567."""
    return _minus(f"{n:,}")


def counted(n: int, one: str, many: str = "") -> str:
    """1 request, 1,234 requests."""
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def roughly(n: int) -> str:
    """48.3 million: a count for a sentence, where digits hide the size."""
    for size, word in ((10**12, "trillion"), (10**9, "billion"), (10**6, "million")):
        # 999,950,000 would round to 1000.0 million; it is said as 1.0 billion.
        if n * 1000 >= size * 9995 // 10:
            return f"{n / size:.1f} {word}"
    return count(n)


def ratio(part: Decimal | int, whole: Decimal | int) -> float | None:
    """`part` of `whole`, None where there is no whole."""
    return float(Decimal(part) / Decimal(whole)) if whole else None


def share(x: float | None) -> str:
    """12.3%. Never says 0% of something that is there, nor 100% of something that lacks a bit."""
    if x is None:
        return NOTHING
    percent = x * 100
    if 0 < percent < 0.05:
        return "<0.1%"
    if 99.95 <= percent < 100:
        return ">99.9%"
    return f"{percent:.0f}%" if percent in (0, 100) else _minus(f"{percent:.1f}%")


def percent_change(now: Decimal | float, before: Decimal | float) -> str:
    """39%, 8.1%, or "12 times" where a percentage is beyond grasp. Without sign: the words around it say up or down."""
    if not before:
        return ""
    grown = float(now) / float(before)
    if grown >= 10:
        return f"{grown:,.0f} times"
    percent = abs(float(now) - float(before)) / float(before) * 100
    return "<0.1%" if 0 < percent < 0.05 else f"{percent:.1f}%" if percent < 9.95 else f"{percent:.0f}%"


def ms(x: float | None) -> str:
    """1,240 ms."""
    return NOTHING if x is None else f"{x:,.0f} ms"


def seconds(x: float | None) -> str:
    """Milliseconds as seconds with three figures, for narrow cells: 0.81, 1.24, 12.4, 124."""
    if x is None:
        return NOTHING
    value = x / 1000
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:,.0f}"


def day(d: date) -> str:
    """3 October 2026."""
    return f"{d.day} {_MONTHS[d.month - 1]} {d.year}"


def weekday(d: date) -> str:
    """Sat 3 Oct: a row of a daily table."""
    return f"{('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[d.weekday()]} {d.day} {_MONTHS[d.month - 1][:3]}"


def days(dates: Iterable[date]) -> str:
    """3–5 and 17 October 2026: runs joined, the month said once per run of the same month."""
    runs: list[tuple[date, date]] = []
    for d in sorted(set(dates)):
        if runs and d - runs[-1][1] == timedelta(days=1) and d.month == runs[-1][1].month:
            runs[-1] = (runs[-1][0], d)
        else:
            runs.append((d, d))
    words = []
    for position, (first, last) in enumerate(runs):
        span = str(first.day) if first == last else f"{first.day}–{last.day}"
        following = runs[position + 1][0] if position + 1 < len(runs) else None
        same_month = following is not None and (following.year, following.month) == (last.year, last.month)
        words.append(span if same_month else f"{span} {_MONTHS[last.month - 1]} {last.year}")
    return listed(words)


def period(p: Period) -> str:
    """October 2026, or 1–7 October 2026 where the period is not a calendar month. The end is the last day inside."""
    if p.month is not None:
        return f"{_MONTHS[p.start.month - 1]} {p.start.year}"
    last = (p.end - timedelta(microseconds=1)).date()
    first = p.start.date()
    if (first.year, first.month) == (last.year, last.month):
        return day(first) if first == last else f"{first.day}–{day(last)}"
    return f"{day(first)} – {day(last)}"


def instant(moment: datetime) -> str:
    """3 October 2026, 14:05 UTC."""
    return f"{day(moment.date())}, {moment:%H:%M} UTC"


def listed(words: Sequence[str]) -> str:
    """a, b and c."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def name(raw: str, missing: str = "(none)", longest: int = _LONGEST_NAME) -> str:
    """A name that somebody else chose, so that a reader sees what it holds.

    Control characters, direction overrides, invisible characters and lone surrogates become ⟨U+202E⟩: two names that
    look the same are the same. Names beyond `longest` characters lose their middle and say how much.
    """
    shown: list[str] = []
    marks = 0
    for position, character in enumerate(raw):
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        hidden = category in _HIDDEN or character in _INVISIBLE or marks > _MOST_MARKS
        if hidden and not _joins_emoji(raw, position):
            shown.append(f"⟨U+{ord(character):04X}⟩")
        else:
            shown.append(character)
    if not "".join(shown).strip():
        return f"⟨{counted(len(raw), 'space')}⟩" if raw else missing
    if sum(map(len, shown)) <= longest:
        return "".join(shown)
    head, tail = _within(shown, longest // 2), _within(shown[::-1], longest // 2)
    left_out = counted(len(shown) - head - tail, "character")
    return f"{''.join(shown[:head])}⟨… {left_out} …⟩{''.join(shown[len(shown) - tail :])}"


def _within(pieces: Sequence[str], room: int) -> int:
    """How many of the pieces, from the first, take up at most `room` characters."""
    return sum(1 for used in accumulate(map(len, pieces)) if used <= room)


def sentence(raw: str) -> str:
    """A sentence from elsewhere in the program that may quote names: shown like one, but hardly ever shortened."""
    return name(raw, "", 1000)


def _joins_emoji(raw: str, position: int) -> bool:
    """The joiner in 👩‍💻 is part of the picture; anywhere else it makes two names look like one."""
    return (
        raw[position] == "\u200d"
        and 0 < position < len(raw) - 1
        and (raw[position - 1] == "\ufe0f" or unicodedata.category(raw[position - 1]) in ("So", "Sk"))
        and unicodedata.category(raw[position + 1]) == "So"
    )


def _minus(digits: str) -> str:
    """A true minus sign: as wide as a digit, and never broken off by a line end."""
    return digits.replace("-", "−")
