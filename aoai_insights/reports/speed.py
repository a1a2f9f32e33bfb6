"""Which region is slow, and when: latency by region, the time to first token, and the heat map of region by hour."""

from itertools import pairwise

from aoai_insights.model import LatencyRow
from aoai_insights.reports import text
from aoai_insights.reports.charts import STEPS, boundaries, lengths, ramp_step, step_of
from aoai_insights.reports.content import Cell, DataTable, Heading, HeatCell, HeatMap, HeatRow, Row, Section
from aoai_insights.reports.figures import ReportFigures
from aoai_insights.reports.first_token import first_token_section

FEW_CALLS = 20
"""Below this many calls a p95 is the slowest call or nearly so: shown, marked, and not compared."""

_HOURS = tuple(f"{hour:02}" for hour in range(24))


def latency_sections(figures: ReportFigures) -> tuple[Section, ...]:
    """Latency by region, the time to first token where a source for it exists, and latency by region and hour."""
    first_token = first_token_section(figures.latency_by_region)
    return (_by_region(figures), *((first_token,) if first_token is not None else ()), _by_hour(figures))


def _by_region(figures: ReportFigures) -> Section:
    rows = sorted(
        figures.latency_by_region.rows, key=lambda row: (row.p95_ms is None, -(row.p95_ms or 0), row.key["region"])
    )
    if not rows:
        return Section("latency", "Latency by region", "No requests in this period.")
    bars = lengths([row.p95_ms for row in rows])
    table = DataTable(
        "End-to-end latency of successful calls, slowest region first",
        (
            Heading("Region"),
            Heading("p95", numeric=True),
            Heading("Beside the slowest", bar=True),
            Heading("p50", numeric=True, minor=True),
            Heading("p99", numeric=True, minor=True),
            Heading("Requests", numeric=True, minor=True),
            Heading("Errors", numeric=True),
            Heading("Throttled (429)", numeric=True),
        ),
        tuple(_line(text.name(row.key["region"], "(unknown)"), row, bar) for row, bar in zip(rows, bars, strict=True)),
        _line("All regions", figures.latency_by_region.total, None, total=True),
    )
    return Section("latency", "Latency by region", _comparison(rows), (table,))


def _line(name: str, row: LatencyRow, bar: float | None, total: bool = False) -> Row:
    cells = (
        Cell(name, code=not total),
        Cell(text.ms(row.p95_ms)),
        Cell("" if total or row.p95_ms is not None else "no successful call", bar=bar),
        Cell(text.ms(row.p50_ms)),
        Cell(text.ms(row.p99_ms)),
        Cell(text.count(row.requests)),
        Cell(text.share(row.error_rate)),
        Cell(text.share(row.throttled_rate)),
    )
    return Row(cells, tone="total" if total else "")


def _comparison(rows: list[LatencyRow]) -> str:
    enough = [row for row in rows if row.p95_ms is not None and row.requests >= FEW_CALLS]
    mixed = "Regions that serve other models or longer answers differ for that reason alone."
    if len(enough) < 2:
        return ""
    slowest, fastest = enough[0], enough[-1]
    slow, fast = slowest.p95_ms or 0.0, fastest.p95_ms or 0.0
    if not fast or slow / fast < 1.1:
        return "The regions are alike: their p95 lie within 10% of each other."
    return (
        f"{text.name(slowest.key['region'], '(unknown)')} is slowest at p95 {text.ms(slow)}, {slow / fast:.1f} times "
        f"{text.name(fastest.key['region'], '(unknown)')} with {text.ms(fast)}. {mixed}"
    )


def _by_hour(figures: ReportFigures) -> Section:
    latency = figures.latency_by_region_hour
    title = "Latency by region and hour"
    cells = {(row.key["region"], row.key["hour"]): row for row in latency.rows}
    measured = [row.p95_ms for row in latency.rows if row.p95_ms is not None]
    if not measured:
        return Section("hours", title, "No successful call in this period.")
    # One lucky call of 6 ms would stretch the ramp until all else is one colour.
    telling = [row.p95_ms for row in latency.rows if row.p95_ms is not None and row.requests >= FEW_CALLS]
    bounds = boundaries(telling if len(telling) > 1 else measured)
    regions = sorted({region for region, _ in cells})
    heat_rows = tuple(
        HeatRow(
            text.name(region, "(unknown)"), tuple(_heat(cells.get((region, hour)), hour, bounds) for hour in _HOURS)
        )
        for region in regions
    )
    return Section(
        "hours",
        title,
        _worst(list(latency.rows), latency.timezone),
        (
            HeatMap(
                f"p95 in seconds of the calls that began in each hour, hours in {latency.timezone}",
                "Region",
                _HOURS,
                heat_rows,
                _legend(bounds),
            ),
        ),
        (
            f"{text.NOTHING} no successful call in that hour. Values in italics with * rest on fewer than {FEW_CALLS} "
            "calls.",
        ),
    )


def _heat(row: LatencyRow | None, hour: str, bounds: tuple[float, ...]) -> HeatCell:
    if row is None or row.p95_ms is None:
        return HeatCell(text.NOTHING, None, f"{hour}:00, no successful call")
    few = row.requests < FEW_CALLS
    spoken = f"{hour}:00, {text.ms(row.p95_ms)}, {text.counted(row.requests, 'call')}"
    return HeatCell(text.seconds(row.p95_ms), step_of(row.p95_ms, bounds), spoken, few)


def _legend(bounds: tuple[float, ...]) -> tuple[tuple[int, str], ...]:
    """Colour step and the range that it stands for."""
    edges = [text.seconds(bound) for bound in bounds]
    if not edges:
        return ((ramp_step(0, 1), "all hours alike"),)
    ranges = [f"up to {edges[0]} s"]
    ranges += [f"{low}–{high} s" for low, high in pairwise(edges)]
    ranges.append(f"over {edges[-1]} s")
    return tuple((ramp_step(rank, len(ranges)), words) for rank, words in enumerate(ranges[:STEPS]))


def _worst(rows: list[LatencyRow], timezone: str) -> str:
    enough = [row for row in rows if row.p95_ms is not None and row.requests >= FEW_CALLS]
    if not enough:
        return "Every hour has too few calls to compare."
    worst = max(enough, key=lambda row: (row.p95_ms or 0.0, row.key["region"], row.key["hour"]))
    hour = int(worst.key["hour"])
    return (
        f"The slowest hour was {hour:02}:00–{(hour + 1) % 24:02}:00 ({timezone}) in "
        f"{text.name(worst.key['region'], '(unknown)')}: p95 {text.ms(worst.p95_ms)} over "
        f"{text.counted(worst.requests, 'call')}."
    )
