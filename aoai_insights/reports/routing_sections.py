"""How long calls take, whether a region is slower for the same calls, what failed, and what the gateway should do."""

from aoai_insights.latency.comparison import Interval
from aoai_insights.latency.effects import Effect
from aoai_insights.latency.throttling import CAUSES, ThrottlingRow
from aoai_insights.reports import text
from aoai_insights.reports.charts import lengths, step_of
from aoai_insights.reports.content import Cell, DataTable, Heading, HeatCell, HeatMap, HeatRow, Row, Section
from aoai_insights.reports.routing_figures import Distribution, RoutingFigures
from aoai_insights.reports.spans import hours_of_day, hours_of_week
from aoai_insights.routing.backend_pool import Advice, Line

SHARES = (0.05, 0.2, 0.5, 0.8, 0.9, 0.95, 0.99)
LIMITS_S = (0.5, 1, 2, 5, 10, 20, 30, 60)
_BOUNDS = (0.2, 0.5, 0.8, 0.9, 0.95)
_LEGEND = ((0.2, "up to 20%"), (0.5, "20–50%"), (0.8, "50–80%"), (0.9, "80–90%"), (0.95, "90–95%"), (1.0, "over 95%"))


def routing_sections(figures: RoutingFigures | None) -> tuple[Section, ...]:
    """The sections that have something to say; none where nothing was asked for."""
    if figures is None:
        return ()
    made = (_distribution(figures), _compared(figures), _failed(figures), _advised(figures))
    return tuple(section for section in made if section is not None)


def _distribution(figures: RoutingFigures) -> Section | None:
    """A distribution as two tables: the share answered within so many seconds, and the exact times behind it."""
    if not figures.distributions:
        return None
    columns = tuple(f"{limit:g} s" for limit in LIMITS_S)
    picture = HeatMap(
        "Share of successful calls answered within so many seconds, read between the times below", "Region", columns,
        tuple(HeatRow(text.name(one.region, "(unknown)"), tuple(_within(one, limit) for limit in LIMITS_S))
              for one in figures.distributions),
        tuple((step_of(bound, _BOUNDS), f"{words} of calls") for bound, words in _LEGEND),
    )  # fmt: skip
    headings = [Heading(f"{share:.0%}", numeric=True, minor=share in (0.05, 0.2, 0.8)) for share in SHARES]
    table = DataTable(
        "So many of the successful calls were answered within so long",
        (Heading("Region"), *headings, Heading("Calls", numeric=True)),
        tuple(
            Row((Cell(text.name(one.region, "(unknown)"), code=True), *(Cell(text.ms(dict(one.points).get(share)))
                 for share in SHARES), Cell(text.count(one.requests))))
            for one in figures.distributions
        ),
    )  # fmt: skip
    return Section("distribution", "How long calls take", "", (picture, table))


def _within(one: Distribution, limit_s: float) -> HeatCell:
    """The share of calls at most `limit_s` long, linear between the known points: an honest reading, not a figure."""
    ms, before = limit_s * 1000, (0.0, 0.0)
    for share, at in one.points:
        if at > ms:
            reached = before[0] + (share - before[0]) * (ms - before[1]) / max(at - before[1], 1e-9)
            shown = f"{reached:.0%}" if before[0] else f"under {share:.0%}"
            return HeatCell(shown, step_of(reached, _BOUNDS), f"within {limit_s:g} s: {shown} of calls")
        before = (share, at)
    return HeatCell("over 99%", step_of(1.0, _BOUNDS), f"within {limit_s:g} s: over 99% of calls")


def _compared(figures: RoutingFigures) -> Section | None:
    if not figures.effects:
        return None
    percentile = f"p{figures.effects[0].percentile * 100:g}"
    reference = text.name(figures.effects[0].reference, "(unknown)")
    table = DataTable(
        f"{percentile} of each region and of {reference} under the same mix of calls",
        (
            Heading("Region"), Heading("Verdict"), Heading("Difference", numeric=True),
            Heading("95% interval", numeric=True),
            Heading("Same mix", numeric=True, minor=True), Heading(reference, numeric=True, minor=True),
            Heading("As it was", numeric=True, minor=True), Heading("Calls compared", numeric=True, minor=True),
        ),
        tuple(_effect(effect) for effect in figures.effects),
    )  # fmt: skip
    points = []
    for effect in figures.effects:
        points += _hours(effect, figures.timezone)
        if effect.reason:
            points.append(f"{text.name(effect.unit, '(unknown)')}: {effect.reason}.")
    points.append(
        "The same: model, streamed or not, sizes of prompt and answer, time of day. An interval that holds 0 is no"
        " difference."
    )
    different = [effect for effect in figures.effects if effect.verdict in ("slower", "faster")]
    if different:
        said = [f"{text.name(one.unit, '(unknown)')} is {one.verdict} than {reference} ({_percent(one.difference)})"
                for one in different]  # fmt: skip
        lead = f"For the same calls {text.listed(said)}."
    elif all(effect.verdict == "unknown" for effect in figures.effects):
        lead = "Too few calls in common to say."
    else:
        lead = f"For the same calls no region differs from {reference} beyond chance."
    return Section("compared", "Are regions slower for the same calls?", lead, (table,), tuple(points))


def _effect(effect: Effect) -> Row:
    interval = effect.difference
    return Row((
        Cell(text.name(effect.unit, "(unknown)"), code=True), Cell(effect.verdict),
        Cell(text.NOTHING if interval is None else f"{interval.estimate:+.0%}"),
        Cell(text.NOTHING if interval is None else f"{interval.low:+.0%} to {interval.high:+.0%}"),
        Cell(text.ms(effect.adjusted_ms)), Cell(text.ms(effect.reference_adjusted_ms)), Cell(text.ms(effect.raw_ms)),
        Cell(text.share(effect.shared)),
    ))  # fmt: skip


def _hours(effect: Effect, timezone: str) -> list[str]:
    said = [
        f"{text.name(slow.slower, '(unknown)')} is slower than {text.name(slow.than, '(unknown)')} at "
        f"{hours_of_day(slow.hours)} ({timezone}): {_percent(slow.difference)}."
        for slow in effect.slow_hours
    ]
    if said and effect.other_hours is not None:
        none = "no difference beyond chance, " if effect.other_hours.holds_zero else ""
        said.append(f"At other hours {text.name(effect.unit, '(unknown)')}: {none}{_percent(effect.other_hours)}.")
    return said


def _failed(figures: RoutingFigures) -> Section | None:
    total = figures.throttling_total
    occurring = [cause for cause in CAUSES if total.causes[cause]]
    if not occurring:
        return None
    rows = [row for row in figures.throttling if any(row.causes.values()) or row.retried_attempts]
    bars = lengths([row.lost_seconds for row in rows])
    table = DataTable(
        "Failed attempts by backend and cause, the most lost seconds first",
        (
            Heading("Backend"), Heading("Seconds lost", numeric=True), Heading("Beside the most", bar=True, minor=True),
            Heading("Tokens lost", numeric=True, minor=True), Heading("Tries per answer", numeric=True, minor=True),
            *(Heading(cause.replace("_", " ").capitalize(), numeric=True) for cause in occurring),
        ),
        tuple(
            _loss(text.name(row.key["backend"], "(none)"), row, occurring, bar)
            for row, bar in zip(rows, bars, strict=True)
        ),
        _loss("All backends", total, occurring, None, total=True),
    )  # fmt: skip
    again = f" and {text.counted(total.retried_attempts, 'attempt')} made again" if total.retried_attempts else ""
    lead = (f"{text.count(round(total.lost_seconds))} s and {text.count(total.lost_tokens)} tokens went into failed"
            f" calls{again}.")  # fmt: skip
    points = [f"{cause.replace('_', ' ').capitalize()}: {CAUSES[cause]}." for cause in occurring]
    if total.odd_retry_afters:
        points.append(f"Retry-After of an hour or more: {text.counted(total.odd_retry_afters, 'time')}, at most"
                      f" {text.count(total.longest_retry_after_s or 0)} s.")  # fmt: skip
    if total.max_tokens_used is not None:
        points.append(f"{text.share(total.max_tokens_used)} of the max_tokens asked for was used; the rate limit counts"
                      " all of it.")  # fmt: skip
    return Section("failed", "Throttled and failed calls", lead, (table,), tuple(points))


def _loss(name: str, row: ThrottlingRow, causes: list[str], bar: float | None, total: bool = False) -> Row:
    tries = row.attempts_per_answer
    cells = (
        Cell(name, code=not total), Cell(text.count(round(row.lost_seconds))), Cell("", bar=bar),
        Cell(text.count(row.lost_tokens)), Cell(text.NOTHING if tries is None else f"{tries:.2f}"),
        *(Cell(text.count(row.causes[cause])) for cause in causes),
    )  # fmt: skip
    return Row(cells, tone="total" if total else "")


def _advised(figures: RoutingFigures) -> Section | None:
    if not figures.advices:
        return None
    changed = [advice for advice in figures.advices if advice.changed]
    profiled = {advice.pool for advice in figures.advices if advice.hours}
    tables = tuple(
        DataTable(
            _title(advice, advice.pool in profiled),
            (
                Heading("Backend"), Heading("Now", numeric=True), Heading("Advised", numeric=True), Heading("Why"),
            ),
            tuple(_line(line) for line in advice.lines),
        )
        for advice in figures.advices
    )  # fmt: skip
    lead = "No pool should change." if not changed else (
        f"{text.listed([text.name(pool) for pool in dict.fromkeys(a.pool for a in changed)])} should change."
    )  # fmt: skip
    points = (
        "Now and advised: priority / percent of the pool's calls. A backend is taken to stay as fast as it was.",
        "As code: aoai-insights routing emit.",
    )
    return Section("advice", "What the gateway should do", lead, tables, points)


def _title(advice: Advice, profiled: bool) -> str:
    hours = hours_of_week(advice.hours) + " UTC" if advice.hours else "all other hours" if profiled else ""
    name = text.name(advice.pool)
    return f"{name}, {hours}: {text.sentence(advice.reason)}" if hours else f"{name}: {text.sentence(advice.reason)}"


def _line(line: Line) -> Row:
    return Row((
        Cell(text.name(line.backend, "(none)"), code=True), Cell(f"{line.priority_now} / {line.weight_now:.0%}"),
        Cell(f"{line.priority} / {line.weight:.0%}"), Cell(text.sentence(line.reason)),
    ))  # fmt: skip


def _percent(interval: Interval | None) -> str:
    return (
        text.NOTHING if interval is None else f"{interval.estimate:+.0%}, {interval.low:+.0%} to {interval.high:+.0%}"
    )
