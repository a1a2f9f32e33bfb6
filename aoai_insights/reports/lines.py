"""A cost table from one description of its columns: rows, the sum of the folded rows and the total are made alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from aoai_insights.model import ChargeRow
from aoai_insights.reports import text
from aoai_insights.reports.charts import lengths
from aoai_insights.reports.content import Cell, DataTable, Fold, Heading, Row, Tone
from aoai_insights.reports.figures import Amounts, ReportFigures

SHOWN_ROWS = 25
"""Rows of a table before the rest is folded; one line among the rows stands for them."""

_SPARED_ROWS = 6
"""Fewer rows than these are not worth a fold."""


@dataclass(frozen=True, slots=True)
class Line:
    """A chargeback row with its amount as shown. `before` is that of the period before, as shown; None if it is new."""

    row: ChargeRow
    cost: Decimal
    before: Decimal | None = None

    def __getitem__(self, field: str) -> str:
        return self.row.key[field]

    @property
    def tokens(self) -> int:
        return self.row.prompt_tokens + self.row.completion_tokens

    @property
    def unpriced(self) -> bool:
        """Used, and nobody knows what it costs."""
        return self.row.unpriced_requests > 0 and not self.row.cost


@dataclass(frozen=True, slots=True)
class CostColumn:
    """A heading, the cell of a line, and the cell of a sum of lines (None: stays empty)."""

    heading: Heading
    cell: Callable[[Line], Cell]
    summed: Callable[[Line], Cell] | None


def ranked(rows: Sequence[ChargeRow], costs: Sequence[Decimal], before: Sequence[Decimal | None] = ()) -> list[Line]:
    """Highest cost first; without a cost, most prompt tokens first."""
    then = before or [None] * len(rows)
    lines = [Line(row, cost, earlier) for row, cost, earlier in zip(rows, costs, then, strict=True)]
    return sorted(lines, key=lambda line: (-line.row.cost, -line.row.prompt_tokens, tuple(line.row.key.values())))


def cost_table(
    caption: str,
    many: str,
    columns: Sequence[CostColumn],
    lines: Sequence[Line],
    total: Line,
    tone: Callable[[Line], Tone] = lambda line: "",
    shown: int = SHOWN_ROWS,
) -> DataTable:
    """Rows in the order given and the total; a long table is folded, but never the lines that want attention.

    `many` is what the rows are: "apps"; `shown` is how many rows stand before the fold.
    """
    folded = [line for line in lines[shown:] if tone(line) != "attention"]
    if len(folded) < _SPARED_ROWS:
        folded = []
    bars = dict(zip(map(id, lines), lengths([line.cost for line in lines]), strict=True))

    def drawn(line: Line) -> Row:
        cells = [column.cell(line) for column in columns]
        return Row(
            tuple(
                Cell(cell.text, cell.code, bars[id(line)]) if column.heading.bar else cell
                for column, cell in zip(columns, cells, strict=True)
            ),
            tone(line),
        )

    more = f"{text.count(len(folded))} more {many}"
    hidden = set(map(id, folded))
    rows = tuple(drawn(line) for line in lines if id(line) not in hidden)
    fold = Fold(f"Show the {more}", _summed(more, columns, _sum(folded)), tuple(map(drawn, folded))) if folded else None
    headings = tuple(column.heading for column in columns)
    return DataTable(caption, headings, rows, _summed("All", columns, total, "total"), fold)


def name_column(heading: str, field: str, missing: str, minor: bool = False) -> CostColumn:
    """A key of the chargeback, as a name that somebody else chose."""

    def cell(line: Line) -> Cell:
        return Cell(text.name(line[field], missing), code=True)

    return CostColumn(Heading(heading, minor=minor), cell, None)


def cost_column(currency: str, amounts: Amounts) -> CostColumn:
    """The amount; the heading names the currency. What nobody has a price for is not free."""

    def cell(line: Line) -> Cell:
        return Cell("no price" if line.unpriced else text.amount(line.cost, amounts.step))

    return CostColumn(
        Heading(f"Cost, {currency}", numeric=True), cell, lambda line: Cell(text.amount(line.cost, amounts.step))
    )


def share_column(whole: Decimal) -> CostColumn:
    """Share of the exact whole, with a bar beside it."""

    def cell(line: Line) -> Cell:
        return Cell(text.NOTHING if line.unpriced else text.share(text.ratio(line.row.cost, whole)))

    return CostColumn(Heading("Share", numeric=True, bar=True), cell, cell)


def change_columns(figures: ReportFigures, step: Decimal, moved: frozenset[str] = frozenset()) -> list[CostColumn]:
    """The change since the period before; no column without one. An app of `moved` was under another cost centre."""
    previous = figures.comparable
    if previous is None:
        return []

    def cell(line: Line) -> Cell:
        if line.before is None:
            return Cell("moved" if line.row.key.get("app") in moved else "new")
        return Cell(change(line.cost, line.before, step))

    return [CostColumn(Heading(f"Since {text.period(previous.period)}", numeric=True), cell, cell)]


def count_column(heading: str, of: Callable[[Line], int]) -> CostColumn:
    """A whole number, behind the amounts that it explains."""

    def cell(line: Line) -> Cell:
        return Cell(text.count(of(line)))

    return CostColumn(Heading(heading, numeric=True, minor=True), cell, cell)


def change(now: Decimal, before: Decimal, step: Decimal) -> str:
    """+1,204.10 (+39%), of two amounts as they are shown: whoever subtracts them finds the same."""
    difference = now - before
    if not difference:
        return "same"
    sign = "+" if difference > 0 else "−"
    percent = text.percent_change(now, before)
    said = sign + percent if percent[:1].isdigit() and "times" not in percent else percent
    return f"{sign}{text.amount(abs(difference), step)}{f' ({said})' if said else ''}"


def _summed(name: str, columns: Sequence[CostColumn], line: Line, tone: Tone = "") -> Row:
    cells = [column.summed(line) if column.summed else Cell("") for column in columns[1:]]
    return Row((Cell(name), *cells), tone)


def _sum(lines: Sequence[Line]) -> Line:
    rows = [line.row for line in lines]
    row = ChargeRow(
        key={},
        requests=sum(row.requests for row in rows),
        prompt_tokens=sum(row.prompt_tokens for row in rows),
        cached_tokens=sum(row.cached_tokens for row in rows),
        completion_tokens=sum(row.completion_tokens for row in rows),
        reasoning_tokens=sum(row.reasoning_tokens for row in rows),
        cost=sum((row.cost for row in rows), Decimal(0)),
        unpriced_requests=sum(row.unpriced_requests for row in rows),
        measured_tokens=sum(row.measured_tokens for row in rows),
        reconstructed_tokens=sum(row.reconstructed_tokens for row in rows),
        estimated_tokens=sum(row.estimated_tokens for row in rows),
        missing_requests=sum(row.missing_requests for row in rows),
    )
    before = sum((line.before or Decimal(0) for line in lines), Decimal(0))
    return Line(row, sum((line.cost for line in lines), Decimal(0)), before)
