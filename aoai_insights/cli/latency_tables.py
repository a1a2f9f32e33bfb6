"""Latency, comparison and throttling as tables, as JSON, and as pictures for a terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import log
from typing import Any

from aoai_insights.cli.tables import HEADINGS, period_json, quality_json
from aoai_insights.latency.comparison import Interval
from aoai_insights.latency.effects import Effect
from aoai_insights.latency.throttling import CAUSES, ThrottlingRow
from aoai_insights.model import Column, Latency, Period, Quality, Table
from aoai_insights.pipeline.latency import Comparison, Curve, Throttling
from aoai_insights.reports import text
from aoai_insights.reports.spans import hours_of_day

MEASURES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "backend": (("backend_p50_ms", "Backend p50", "ms"), ("backend_p95_ms", "p95", "ms"),
                ("overhead_p50_ms", "Overhead p50", "ms"), ("overhead_p95_ms", "p95", "ms")),
    "pace": (("ms_per_output_token_p50", "ms/token p50", "number"), ("ms_per_output_token_p95", "p95", "number")),
    "ttft": (("ttft_requests", "Stated", "count"), ("ttft_p50_ms", "p50", "ms"), ("ttft_p95_ms", "p95", "ms"),
             ("ttft_traced_requests", "Traced", "count"), ("ttft_traced_p50_ms", "p50", "ms"),
             ("ttft_traced_p95_ms", "p95", "ms"),
             ("ttft_proxy_requests", "Proxy", "count"), ("ttft_proxy_p50_ms", "p50", "ms"),
             ("ttft_proxy_p95_ms", "p95", "ms")),
    "rates": (("p90_ms", "p90 ms", "ms"), ("answered_requests", "Answered", "count"),
              ("cached_requests", "Cached", "count"), ("cancelled_requests", "Cancelled", "count"),
              ("content_filter_rate", "Filtered", "share")),
}  # fmt: skip
"""Groups of further columns; JSON, CSV and Parquet hold them all."""

GROUP_TITLES: Mapping[str, str] = {
    "backend": "Backend time and gateway overhead",
    "pace": "Milliseconds per output token",
    "ttft": "Time to first token",
    "rates": "How calls ended",
}

TTFT_SOURCES = (
    "Stated: latency_checkpoint of the answer's body, as the service measured it.",
    "Traced: a gateway policy, until the head of a stream came (aoai-insights doctor --show ttft.xml).",
    "Proxy: DurationMs of streams in the AOAI log. A call is in the first of the three that it has; none is mixed.",
)

LEVELS = "▁▂▃▄▅▆▇█"


def measure_tables(table: Table, by: Sequence[str], groups: Sequence[str]) -> list[Table]:
    """The latency table, and beside it one table per group of MEASURES, each narrow enough for a terminal."""
    made = [table]
    keys = tuple(column for column in table.columns if column.name in (*by, "requests"))
    for group in groups:
        columns = MEASURES[group]
        rows = [table.total or {}, *table.rows]
        total, *lines = ({**row, **{name: _tenth(row.get(name)) for name, _, kind in columns if kind == "number"}}
                         for row in rows)  # fmt: skip
        added = tuple(Column(name, heading, kind) for name, heading, kind in columns)  # type: ignore[arg-type]
        notes = ["Over answered calls, without cached and cancelled ones."]
        if group == "ttft":
            notes += TTFT_SOURCES
        made.append(Table(table.title.replace("End-to-end latency", GROUP_TITLES[group]), (*keys, *added),
                          tuple(lines), total, tuple(notes)))  # fmt: skip
    return made


def heat_map(figures: Latency) -> str:
    """p95 in seconds by hour, eight hours a line, the level drawn beside the number; a hole stays a hole."""
    other = next(name for name in figures.by if name != "hour")
    grid: dict[str, dict[str, float | None]] = {}
    for row in figures.rows:
        grid.setdefault(row.key[other], {})[row.key["hour"]] = row.p95_ms
    values = [value for line in grid.values() for value in line.values() if value is not None]
    if not values:
        return ""
    low, high = min(values), max(values)
    names = {key: text.name(key, longest=18) for key in grid}
    width = max(len(name) for name in (*names.values(), HEADINGS[other]))
    scale = f"{LEVELS[0]} {text.seconds(low)} to {LEVELS[-1]} {text.seconds(high)}"
    lines = [f"p95 in seconds by hour of {figures.timezone}; {scale}"]
    for third in (range(8), range(8, 16), range(16, 24)):
        lines.append("")
        lines.append(HEADINGS[other].ljust(width) + "".join(f"{hour:02d}".rjust(6) for hour in third))
        for key, cells in grid.items():
            drawn = "".join(_cell(cells.get(f"{hour:02d}"), low, high).rjust(6) for hour in third)
            lines.append(names[key].ljust(width) + drawn)
    return "\n".join(lines) + "\n\n"


def curve_picture(curves: Sequence[Curve], height: int = 12, width: int = 60) -> str:
    """Cumulative shares over a logarithmic axis of ms, a letter per curve; * where curves meet."""
    shown = [curve for curve in curves if curve.points][:26]
    if not shown:
        return ""
    all_ms = [max(ms, 1.0) for curve in shown for _, ms in curve.points]
    low, high = log(min(all_ms)), log(max(all_ms))
    span = (high - low) or 1.0
    grid = [[" "] * width for _ in range(height)]
    for number, curve in enumerate(shown):
        letter = chr(ord("a") + number)
        for (share, ms), (later_share, later_ms) in zip(curve.points, curve.points[1:], strict=False):
            for step in range(9):
                at = ms + (later_ms - ms) * step / 8
                x = round((log(max(at, 1.0)) - low) / span * (width - 1))
                y = round((1 - (share + (later_share - share) * step / 8)) * (height - 1))
                grid[y][x] = letter if grid[y][x] in (" ", letter) else "*"
    lines = [f"{(1 - row / (height - 1)):>5.0%} |" + "".join(cells) for row, cells in enumerate(grid)]
    ends = f"{text.ms(min(all_ms))}".ljust(width - 12) + text.ms(max(all_ms)).rjust(12)
    legend = "   ".join(f"{chr(ord('a') + n)} {text.name(curve.key, longest=24)}" for n, curve in enumerate(shown))
    return "\n".join([*lines, "      +" + "-" * width, "       " + ends, "", legend]) + "\n\n"


COARSE = (("gateway_limit", "Gate"), ("backend_429", "Backend"), ("other", "Other"))
SHOWN_SHARES = (0.05, 0.2, 0.5, 0.8, 0.9, 0.95, 0.99)


def curve_table(curves: Sequence[Curve], column: str, period_name: str, *, whole: bool) -> Table:
    """The points of the curves: one row per key, one column per share. `whole`: every point."""
    shares = [share for share, _ in curves[0].points if whole or share in SHOWN_SHARES] if curves else []
    return Table(
        title=f"Share of successful calls answered within so many ms, {period_name}",
        columns=(
            Column(column, HEADINGS[column], "text"), Column("requests", "Calls", "count"),
            *(Column(f"p{share * 100:g}_ms", f"p{share * 100:g}", "ms") for share in shares),
        ),
        rows=tuple(
            {column: c.key, "requests": c.requests, **{f"p{share * 100:g}_ms": ms for share, ms in c.points}}
            for c in curves
        ),
    )  # fmt: skip


def curve_json(curves: Sequence[Curve], column: str, period: Period, quality: Quality) -> dict[str, Any]:
    """The payload aoai-insights/latency-cdf/1."""
    rows = [{column: c.key, "requests": c.requests, "points": [{"share": share, "ms": ms} for share, ms in c.points]}
            for c in curves]  # fmt: skip
    return {"schema": "aoai-insights/latency-cdf/1", "period": period_json(period), "by": [column], "rows": rows,
            "quality": quality_json(quality)}  # fmt: skip


def comparison_table(figures: Comparison, *, whole: bool) -> Table:
    """One line per unit: its time before and after the mix, the difference with its interval, and the verdict."""
    columns: tuple[Column, ...] = (
        Column("unit", figures.unit.capitalize(), "text"), Column("requests", "Calls", "count"),
        Column("shared", "Shared", "share"), Column("raw_ms", "Raw ms", "ms"), Column("adjusted_ms", "Adjusted", "ms"),
        Column("reference_adjusted_ms", "Reference", "ms"), Column("interval", "Difference", "text"),
        Column("verdict", "Verdict", "text"),
    )  # fmt: skip
    if whole:
        kinds = {"requests": "count", "shared": "share", "raw_ms": "ms", "adjusted_ms": "ms"}
        names = [name for name in (effect_fields(figures.effects[0]) if figures.effects else {})
                 if name not in ("unshared", "hours", "slow_hours", "grain")]  # fmt: skip
        columns = tuple(Column(name, name, kinds.get(name, "number")) for name in names)  # type: ignore[arg-type]
    rows = tuple({**effect_fields(effect), "interval": _interval(effect)} for effect in figures.effects)
    reference = text.name(figures.effects[0].reference) if figures.effects else ""
    notes = [f"Each against {reference}, for the same calls: {_grain(figures)}."]
    if not figures.effects:
        notes = [f"Nothing to compare: fewer than two of {figures.unit} answered."]
    for effect in figures.effects:
        notes += _effect_notes(effect)
    return Table(
        title=f"p{figures.percentile * 100:g} of {figures.time} time for the same mix, {text.period(figures.period)}",
        columns=columns, rows=rows, notes=tuple(notes),
    )  # fmt: skip


def comparison_json(figures: Comparison) -> dict[str, Any]:
    """The payload aoai-insights/latency-comparison/1."""
    return {
        "schema": "aoai-insights/latency-comparison/1",
        "period": period_json(figures.period),
        "timezone": figures.timezone,
        "unit": figures.unit,
        "time": figures.time,
        "percentile": figures.percentile,
        "block_hours": figures.block_hours,
        "rows": [effect_fields(effect) for effect in figures.effects],
        "quality": quality_json(figures.quality),
    }


def effect_fields(effect: Effect) -> dict[str, Any]:
    """An effect, flat: `difference` 0.2 is 20 % slower than the reference."""
    fields = asdict(effect)
    interval = fields.pop("difference") or {"estimate": None, "low": None, "high": None}
    hours, unshared, grain = fields.pop("hours"), fields.pop("unshared"), fields.pop("grain")
    slow, rest = fields.pop("slow_hours"), fields.pop("other_hours") or {"estimate": None, "low": None, "high": None}
    return {
        **{("requests" if name == "calls" else name.replace("reference_calls", "reference_requests")): value
           for name, value in fields.items()},
        "difference": interval["estimate"], "difference_low": interval["low"], "difference_high": interval["high"],
        "hours": [{"hour": hour["hour"], "percentile": hour["percentile"], **hour["difference"]} for hour in hours],
        "slow_hours": [{**span, **{f"difference{end}": value for end, value in zip(
            ("", "_low", "_high"), span["difference"].values(), strict=True)}} for span in slow],
        "other_hours": rest["estimate"], "other_hours_low": rest["low"], "other_hours_high": rest["high"],
        "unshared": unshared, "grain": grain,
    }  # fmt: skip


def throttling_table(figures: Throttling, *, whole: bool) -> Table:
    """One line per key: attempts, causes that occurred, and what was lost."""
    occurring = [cause for cause in CAUSES if figures.total.causes[cause]]
    keys = tuple(Column(name, HEADINGS[name], "text") for name in figures.by)
    if whole:
        kinds = {"lost_seconds": "number", "attempts_per_answer": "number", "max_tokens_used": "share"}
        names = [name for name in throttling_fields(figures.total) if name not in figures.by]
        numbers = tuple(Column(name, name, kinds.get(name, "count")) for name in names)  # type: ignore[arg-type]
    else:
        numbers = (
            Column("requests", "Calls", "count"), Column("attempts_per_answer", "Tries", "number"),
            *(Column(name, heading, "count") for name, heading in COARSE), Column("lost_seconds", "Lost s", "number"),
            Column("max_tokens_used", "Room used", "share"),
        )  # fmt: skip
    total = figures.total
    notes = [f"{text.count(total.causes[cause])} {cause.replace('_', ' ')}: {CAUSES[cause]}." for cause in occurring]
    lost = f"{text.count(round(total.lost_seconds))} s and {text.count(total.lost_tokens)} tokens"
    again = text.counted(total.retried_attempts, "attempt")
    notes.append("Gate, Backend: 429s of the gateway's limits and of backends. Other: every other failure.")
    notes.append(f"Lost: {lost} in failed calls and in {again} that had to be made again.")
    if total.requested_max_tokens:
        used = text.share(total.max_tokens_used)
        notes.append(
            f"max_tokens: {used} of what callers asked for was used; the rate limit counts all that was asked."
        )
    if total.odd_retry_afters:
        longest = text.count(total.longest_retry_after_s or 0)
        times = text.counted(total.odd_retry_afters, "time")
        notes.append(f"Retry-After of an hour or more: {times}, at most {longest} s; who obeys is out for that long.")
    if total.spilled_over_requests:
        notes.append(f"Spilled over from PTUs: {text.counted(total.spilled_over_requests, 'call')}.")
    return Table(
        title=f"Throttling and failures, {text.period(figures.period)}",
        columns=(*keys, *numbers), rows=tuple(_table_fields(row, whole) for row in figures.rows),
        total=_table_fields(total, whole), notes=tuple(notes),
    )  # fmt: skip


def throttling_json(figures: Throttling) -> dict[str, Any]:
    """The payload aoai-insights/throttling/1."""
    return {
        "schema": "aoai-insights/throttling/1",
        "period": period_json(figures.period),
        "timezone": figures.timezone,
        "by": list(figures.by),
        "rows": [throttling_fields(row) for row in figures.rows],
        "total": throttling_fields(figures.total),
        "quality": quality_json(figures.quality),
    }


def throttling_fields(row: ThrottlingRow) -> dict[str, Any]:
    """Keys first, then the figures, flat: a column per cause."""
    fields = asdict(row)
    return {**fields.pop("key"), **fields.pop("causes"), **fields,
            "attempts_per_answer": row.attempts_per_answer, "max_tokens_used": row.max_tokens_used}  # fmt: skip


def _table_fields(row: ThrottlingRow, whole: bool) -> dict[str, Any]:
    fields = throttling_fields(row)
    if not whole:
        tries = row.attempts_per_answer
        fields |= {"attempts_per_answer": None if tries is None else f"{tries:.2f}",
                   "lost_seconds": text.count(round(row.lost_seconds)),
                   "backend_429": row.causes["backend_limit"] + row.causes["ptu_full"],
                   "other": sum(n for cause, n in row.causes.items()
                                if cause not in ("gateway_limit", "backend_limit", "ptu_full"))}  # fmt: skip
    return fields


def _cell(value: float | None, low: float, high: float) -> str:
    if value is None:
        return text.NOTHING
    first, last = log(max(low, 1)), log(max(high, 1))
    level = (log(max(value, 1)) - first) / ((last - first) or 1)
    return text.seconds(value) + LEVELS[round(level * (len(LEVELS) - 1))]


def _tenth(value: object) -> str | None:
    return f"{value:.1f}" if isinstance(value, float) else None


def _interval(effect: Effect) -> str:
    return text.NOTHING if effect.difference is None else _percent(effect.difference)


def _percent(interval: Interval) -> str:
    return f"{interval.estimate:+.0%} ({interval.low:+.0%} to {interval.high:+.0%})"


def _grain(figures: Comparison) -> str:
    return ("same model, streamed or not, sizes of prompt and answer, and time of day;"
            f" intervals of 95 % from {figures.block_hours}-hour blocks")  # fmt: skip


def slow_hours_sentences(effect: Effect) -> list[str]:
    """Which of the two is slow at which hours, and what remains of the difference at all others."""
    said = []
    for slow in effect.slow_hours:
        of = "" if slow.percentile == effect.percentile else f" at p{slow.percentile * 100:g}"
        sides = f"{text.name(slow.slower)} is slower than {text.name(slow.than)}"
        said.append(f"{sides} at {hours_of_day(slow.hours)}: {_percent(slow.difference)}{of}.")
    rest = effect.other_hours
    if said and rest is not None:
        none = "no difference beyond chance, " if rest.holds_zero else ""
        said.append(f"At other hours {text.name(effect.unit)}: {none}{_percent(rest)}.")
    return said


def _effect_notes(effect: Effect) -> list[str]:
    notes = []
    unit = text.name(effect.unit)
    if effect.reason:
        notes.append(f"{unit}: {effect.reason}.")
    notes += slow_hours_sentences(effect)
    for group in effect.unshared[:2] if min(effect.shared, effect.reference_shared) < 0.9 else ():
        streamed = "streamed" if group.streamed else "not streamed"
        notes.append(
            f"{unit}, not compared: {text.name(group.model)}, {streamed}, prompts of {group.prompt_tokens} and answers"
            f" of {group.completion_tokens} tokens ({text.count(group.calls)} calls here,"
            f" {text.count(group.reference_calls)} there)."
        )
    return notes
