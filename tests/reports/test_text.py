from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aoai_insights.model import Period
from aoai_insights.reports import text


@pytest.mark.parametrize(
    ("amount", "currency", "step", "shown"),
    [
        pytest.param("24310.55", "USD", None, "USD 24,310.55", id="dollars have cents and grouped thousands"),
        pytest.param("24310.555", "USD", None, "USD 24,310.56", id="halves go to the even cent"),
        pytest.param("24310.545", "USD", None, "USD 24,310.54", id="halves go to the even cent, downwards too"),
        pytest.param("1234.5", "JPY", None, "JPY 1,234", id="yen have no decimals"),
        pytest.param("1.2345", "KWD", None, "KWD 1.234", id="dinars have three"),
        pytest.param("0.00875", "USD", "0.000001", "USD 0.008750", id="a finer step is kept to its last zero"),
        pytest.param("-3.1", "EUR", None, "EUR −3.10", id="a refund has a true minus sign"),
    ],
)
def test_money(amount, currency, step, shown):
    assert text.money(Decimal(amount), currency, Decimal(step) if step else None) == shown


@pytest.mark.parametrize(
    ("total", "currency", "step"),
    [
        pytest.param("1", "USD", "0.01", id="from one dollar on: cents"),
        pytest.param("0.99", "USD", "0.000001", id="below one dollar: four places more"),
        pytest.param("0", "USD", "0.01", id="nothing is shown in cents"),
        pytest.param("0.5", "JPY", "0.0001", id="below one yen: four places"),
    ],
)
def test_step(total, currency, step):
    assert text.step_for(Decimal(total), currency) == Decimal(step)


@pytest.mark.parametrize(
    ("x", "shown"),
    [
        pytest.param(None, "–", id="no whole, no share"),
        pytest.param(0.0, "0%", id="nothing"),
        pytest.param(0.0001, "<0.1%", id="something is never 0%"),
        pytest.param(0.0005, "0.1%", id="the smallest share that is spelled out"),
        pytest.param(0.1234, "12.3%", id="one decimal"),
        pytest.param(0.9999, ">99.9%", id="almost all is never 100%"),
        pytest.param(1.0, "100%", id="all"),
    ],
)
def test_share(x, shown):
    assert text.share(x) == shown


@pytest.mark.parametrize(
    ("n", "shown"),
    [
        pytest.param(999_499, "999,499", id="below a million: every digit"),
        pytest.param(999_950, "1.0 million", id="what rounds to a million is a million"),
        pytest.param(48_300_000, "48.3 million", id="millions"),
        pytest.param(999_950_000, "1.0 billion", id="never 1000.0 million"),
        pytest.param(5_575_173_741, "5.6 billion", id="billions"),
        pytest.param(2_000_000_000_000, "2.0 trillion", id="trillions"),
    ],
)
def test_roughly(n, shown):
    assert text.roughly(n) == shown


@pytest.mark.parametrize(
    ("now", "before", "shown"),
    [
        pytest.param(139, 100, "39%", id="whole percents from ten on"),
        pytest.param("108.1", 100, "8.1%", id="a decimal below ten"),
        pytest.param(90, 100, "10%", id="a fall has no sign: words say down"),
        pytest.param(1200, 100, "12 times", id="beyond tenfold: times"),
        pytest.param("100.001", 100, "<0.1%", id="a trace"),
        pytest.param(5, 0, "", id="nothing before: no percentage"),
    ],
)
def test_percent_change(now, before, shown):
    assert text.percent_change(Decimal(now), Decimal(before)) == shown


@pytest.mark.parametrize(
    ("x", "shown"),
    [(None, "–"), (812.0, "0.81"), (9_994.0, "9.99"), (9_996.0, "10.0"), (12_400.0, "12.4"), (124_000.0, "124")],
)
def test_seconds_keep_three_figures(x, shown):
    assert text.seconds(x) == shown


@pytest.mark.parametrize(
    ("dates", "shown"),
    [
        pytest.param([], "", id="none"),
        pytest.param([(10, 18)], "18 October 2026", id="one"),
        pytest.param([(10, 5), (10, 3), (10, 4), (10, 17)], "3–5 and 17 October 2026", id="runs join, in order"),
        pytest.param(
            [(10, 30), (10, 31), (11, 1)], "30–31 October 2026 and 1 November 2026", id="month end parts a run"
        ),
        pytest.param([(10, 1), (10, 3), (10, 5)], "1, 3 and 5 October 2026", id="a list"),
    ],
)
def test_days(dates, shown):
    assert text.days(date(2026, month, day) for month, day in dates) == shown


@pytest.mark.parametrize(
    ("start", "end", "month", "shown"),
    [
        pytest.param((2026, 10, 1), (2026, 11, 1), "2026-10", "October 2026", id="a calendar month"),
        pytest.param((2026, 10, 1), (2026, 10, 8), None, "1–7 October 2026", id="the last day is inside"),
        pytest.param((2026, 10, 5), (2026, 10, 6), None, "5 October 2026", id="one day"),
        pytest.param((2026, 10, 28), (2026, 11, 4), None, "28 October 2026 – 3 November 2026", id="over a month end"),
    ],
)
def test_period(start, end, month, shown):
    assert text.period(Period(datetime(*start, tzinfo=UTC), datetime(*end, tzinfo=UTC), month)) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        pytest.param("support-bot", "support-bot", id="a name stays"),
        pytest.param("", "(none)", id="an empty name is said"),
        pytest.param("   ", "⟨3 spaces⟩", id="a name of blanks is said"),
        pytest.param("invoice\u202etxt.exe", "invoice⟨U+202E⟩txt.exe", id="a direction override is visible"),
        pytest.param("a\nb\x00\x1b[31m", "a⟨U+000A⟩b⟨U+0000⟩⟨U+001B⟩[31m", id="control characters are visible"),
        pytest.param("sup\u200bport", "sup⟨U+200B⟩port", id="a zero-width space is visible"),
        pytest.param("sup\u200dport", "sup⟨U+200D⟩port", id="a joiner between letters is visible"),
        pytest.param("👩\u200d💻", "👩\u200d💻", id="a joiner inside an emoji is part of it"),
        pytest.param("x\ud800", "x⟨U+D800⟩", id="a lone surrogate can be written to UTF-8"),
        pytest.param("\u3164", "⟨U+3164⟩", id="the Hangul filler, a letter drawn as nothing"),
        pytest.param("مساعد", "مساعد", id="right-to-left letters are letters"),
        pytest.param("e\u0301", "e\u0301", id="an accent is an accent"),
        pytest.param("Z" + "\u0310" * 5, "Z" + "\u0310" * 3 + "⟨U+0310⟩⟨U+0310⟩", id="a tower of accents is cut"),
        pytest.param("<img onerror=x>", "<img onerror=x>", id="markup is left to the medium, which escapes it"),
        pytest.param("a" * 161, "a" * 80 + "⟨… 1 character …⟩" + "a" * 80, id="too long a name loses its middle"),
        pytest.param("a" * 160, "a" * 160, id="the longest name that is whole"),
    ],
)
def test_name(raw, shown):
    assert text.name(raw) == shown


@given(st.text(alphabet=st.characters(), max_size=400))
def test_any_name_is_printable_short_and_survives_utf_8(raw):
    shown = text.name(raw)
    assert shown.strip()
    assert len(shown) <= 160 + len("⟨… 400 characters …⟩")
    assert shown.encode("utf-8")
    assert not set(shown) & set("\x00\n\r\t\x1b\u202e\u2066\u200b\ufeff")
