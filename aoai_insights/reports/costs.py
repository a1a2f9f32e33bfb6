"""Who pays how much: the cost tables by cost centre, app, model and region, and day."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from aoai_insights.allocation import UNALLOCATED
from aoai_insights.model import ChargeRow
from aoai_insights.reports import text
from aoai_insights.reports.charts import lengths
from aoai_insights.reports.content import Cell, DataTable, Heading, Row, Section, Tone
from aoai_insights.reports.figures import Amounts, ReportFigures
from aoai_insights.reports.lines import (
    SHOWN_ROWS,
    CostColumn,
    Line,
    change_columns,
    cost_column,
    cost_table,
    count_column,
    name_column,
    ranked,
    share_column,
)

NO_REQUESTS = "No requests in this period."
NO_CENTRE = "(no cost centre)"
UNKNOWN = "(unknown)"
NO_NAME = "(no name)"


def cost_sections(figures: ReportFigures, amounts: Amounts, shown: int = SHOWN_ROWS) -> tuple[Section, ...]:
    """Cost by owner, by model and region, by day; tables fold behind `shown` rows."""
    return (_by_owner(figures, amounts, shown), _by_model(figures, amounts, shown), _by_day(figures, amounts))


def _by_owner(figures: ReportFigures, amounts: Amounts, shown: int) -> Section:
    title = "Cost by cost centre and app"
    if not figures.by_app.rows:
        return Section("owners", title, NO_REQUESTS)
    tables = (_centres(figures, amounts, shown), _apps(figures, amounts, shown))
    return Section("owners", title, _how_many(figures), tables)


def leader(figures: ReportFigures, amounts: Amounts, field: str = "app") -> str:
    """Who cost most: the app, or with `field` the model, its amount and its share, and the next two by name."""
    chargeback, shown = (
        (figures.by_app, amounts.by_app) if field == "app" else (figures.by_model, amounts.by_model)
    )  # fmt: skip
    costs: dict[str, tuple[Decimal, Decimal]] = {}
    for row, part in zip(chargeback.rows, shown, strict=True):
        exact, so_far = costs.get(row.key[field], (Decimal(0), Decimal(0)))
        costs[row.key[field]] = exact + row.cost, so_far + part
    whole = chargeback.total.cost
    first, *others = sorted(costs, key=lambda name: (-costs[name][0], name)) or [""]
    if whole <= 0 or not costs:
        return ""
    said = _called(first, UNKNOWN if field == "model" else NO_NAME)
    if not others:
        return f"All of it is {said}."
    parts = [
        f"{_called(name, UNKNOWN if field == 'model' else NO_NAME)} ({text.share(text.ratio(costs[name][0], whole))})"
        for name in others[:2]
        if costs[name][1]
    ]
    amount = text.money(costs[first][1], figures.currency, amounts.step)
    most = f"{said[:1].upper()}{said[1:]}" if first == UNALLOCATED else said
    share = text.share(text.ratio(costs[first][0], whole))
    return f"{most} cost most: {amount}, {share} of the whole{f'; then {text.listed(parts)}' if parts else ''}."


def _called(name: str, missing: str) -> str:
    return "unallocated calls" if name == UNALLOCATED else text.name(name, missing, longest=60)


def _how_many(figures: ReportFigures) -> str:
    owned = [row.key for row in figures.by_app.rows if row.key["app"] != UNALLOCATED]
    apps = text.counted(len({key["app"] for key in owned}), "app")
    centres = text.counted(len({key["cost_center"] for key in owned}), "cost centre")
    return f"{apps} in {centres}."


def _centres(figures: ReportFigures, amounts: Amounts, shown: int) -> DataTable:
    rows = figures.by_cost_center.rows
    lines = ranked(rows, amounts.by_cost_center, _costs_before(figures, amounts, rows, "cost_center"))
    return cost_table(
        "Cost centres, highest cost first",
        "cost centres",
        [name_column("Cost centre", "cost_center", NO_CENTRE), *_owner_columns(figures, amounts)],
        lines,
        _total(figures, amounts),
        lambda line: _tone(line, "cost_center"),
        shown,
    )


def _apps(figures: ReportFigures, amounts: Amounts, shown: int) -> DataTable:
    rows = figures.by_app.rows
    lines = ranked(rows, amounts.by_app, _costs_before(figures, amounts, rows, "app", "cost_center"))
    known = frozenset(row.key["app"] for row in figures.comparable.rows) if figures.comparable else frozenset()
    return cost_table(
        "Apps, highest cost first",
        "apps",
        [
            name_column("App", "app", NO_NAME),
            *_owner_columns(figures, amounts, known),
            name_column("Cost centre", "cost_center", NO_CENTRE, minor=True),
            CostColumn(Heading("Doubts", minor=True), lambda line: Cell(_doubts(line.row)), None),
        ],
        lines,
        _total(figures, amounts),
        lambda line: _tone(line, "app"),
        shown,
    )


def _owner_columns(figures: ReportFigures, amounts: Amounts, known: frozenset[str] = frozenset()) -> list[CostColumn]:
    return [
        cost_column(figures.currency, amounts),
        share_column(figures.by_app.total.cost),
        *change_columns(figures, amounts.step, known),
        count_column("Tokens", lambda line: line.tokens),
        count_column("Requests", lambda line: line.row.requests),
    ]


def _by_model(figures: ReportFigures, amounts: Amounts, shown: int) -> Section:
    title = "Models and regions"
    if not figures.by_model.rows:
        return Section("models", title, NO_REQUESTS)

    def cached(line: Line) -> Cell:
        return Cell(text.share(text.ratio(line.row.cached_tokens, line.row.prompt_tokens)))

    table = cost_table(
        "Models by the region that answered, highest cost first",
        "models and regions",
        [
            name_column("Model", "model", UNKNOWN),
            name_column("Region", "region", UNKNOWN),
            cost_column(figures.currency, amounts),
            share_column(figures.by_model.total.cost),
            count_column("Requests", lambda line: line.row.requests),
            count_column("Prompt tokens", lambda line: line.row.prompt_tokens),
            CostColumn(Heading("of them cached", numeric=True, minor=True), cached, cached),
            count_column("Completion tokens", lambda line: line.row.completion_tokens),
        ],
        ranked(figures.by_model.rows, amounts.by_model),
        Line(figures.by_model.total, amounts.total),
        shown=shown,
    )
    return Section("models", title, "Reasoning tokens are part of completion tokens.", (table,))


def _by_day(figures: ReportFigures, amounts: Amounts) -> Section:
    title = "Cost per day"
    lines = {
        date.fromisoformat(row.key["day"]): Line(row, cost)
        for row, cost in zip(figures.by_day.rows, amounts.by_day, strict=True)
    }
    every = sorted({*figures.days, *lines})
    absent = {*figures.quality.coverage.days_missing, *figures.days_to_come}
    if not lines:
        return Section("days", title, NO_REQUESTS)
    bars = lengths([lines[d].cost if d in lines else None if d in absent else Decimal(0) for d in every])
    rows = [_day(d, lines.get(d), bar, figures, amounts) for d, bar in zip(every, bars, strict=True)]
    columns = _day_columns(figures, amounts)
    total = Line(figures.by_day.total, amounts.total)
    table = DataTable(
        "Cost by day, days in UTC",
        (Heading("Day"), *(column.heading for column in columns)),
        tuple(rows),
        Row((Cell("All"), *(column.summed(total) if column.summed else Cell("") for column in columns)), "total"),
    )
    return Section("days", title, _highest_day(lines, figures, amounts), (table,))


def _day(d: date, line: Line | None, bar: float | None, figures: ReportFigures, amounts: Amounts) -> Row:
    """One day. A day without logs has no amount; a day with logs and without calls has the amount 0."""
    name = text.weekday(d)
    missing = d in figures.quality.coverage.days_missing
    to_come = d in figures.days_to_come
    if line is None and (missing or to_come):
        note = "still to come" if to_come else "no logs"
        return Row((Cell(name), Cell(note), Cell(""), Cell(text.NOTHING), Cell(text.NOTHING)), "missing")
    if line is None:
        return Row((Cell(name), Cell(text.amount(Decimal(0), amounts.step)), Cell("", bar=0.0), Cell("0"), Cell("0")))
    columns = _day_columns(figures, amounts)
    cells = [column.cell(line) for column in columns]
    cells = [
        Cell(cell.text, bar=bar) if column.heading.bar else cell for column, cell in zip(columns, cells, strict=True)
    ]
    return Row((Cell(f"{name}, in part" if missing else name), *cells), "missing" if missing else "")


def _day_columns(figures: ReportFigures, amounts: Amounts) -> list[CostColumn]:
    return [
        cost_column(figures.currency, amounts),
        CostColumn(Heading("Beside the highest day", bar=True), lambda line: Cell(""), None),
        count_column("Requests", lambda line: line.row.requests),
        count_column("Tokens", lambda line: line.tokens),
    ]


def _highest_day(lines: dict[date, Line], figures: ReportFigures, amounts: Amounts) -> str:
    if not lines:
        return NO_REQUESTS
    highest = max(lines, key=lambda d: (lines[d].cost, -d.toordinal()))
    amount = text.money(lines[highest].cost, figures.currency, amounts.step)
    return f"{text.day(highest)} cost most: {amount}."


def _total(figures: ReportFigures, amounts: Amounts) -> Line:
    return Line(figures.by_app.total, amounts.total, amounts.total_before if figures.comparable else None)


def _tone(line: Line, field: str) -> Tone:
    return "attention" if line[field] == UNALLOCATED else ""


def _doubts(row: ChargeRow) -> str:
    """What lowers the trust in one app's amount."""
    counted = row.measured_tokens + row.reconstructed_tokens + row.estimated_tokens
    said = []
    if row.estimated_tokens:
        said.append(f"{text.share(text.ratio(row.estimated_tokens, counted))} estimated")
    if row.unpriced_requests:
        said.append(f"{text.count(row.unpriced_requests)} without a price")
    if row.missing_requests:
        said.append(f"{text.count(row.missing_requests)} without tokens")
    return "; ".join(said) or "none"


def _costs_before(
    figures: ReportFigures, amounts: Amounts, rows: Sequence[ChargeRow], *fields: str
) -> list[Decimal | None]:
    """What each row was shown to cost in the period before; None for a row that was not there."""
    costs: dict[tuple[str, ...], Decimal] = {}
    for row in figures.comparable.rows if figures.comparable else ():
        key = tuple(row.key[field] for field in fields)
        costs.setdefault(key, Decimal(0))
    for (app, centre), amount in amounts.before.items():
        key = tuple({"app": app, "cost_center": centre}[field] for field in fields)
        costs[key] = costs.get(key, Decimal(0)) + amount
    return [costs.get(tuple(row.key[field] for field in fields)) for row in rows]
