"""Budgets of the month in a report and in a statement: spent, where the month will end, and which need a word."""

from decimal import Decimal

from aoai_insights.budgets import BudgetLine
from aoai_insights.reports import text
from aoai_insights.reports.content import Cell, DataTable, Heading, Row, Section
from aoai_insights.reports.figures import Amounts, ReportFigures

WORDS = {"ok": "within", "forecast": "will be over", "alert": "close", "over": "over"}
FORECAST = (
    "The forecast is what is spent and, for each day to come, the average of its weekday over 8 weeks, or of all days "
    "where a weekday is known less than twice. The range holds 9 of 10 months if days vary as they did."
)


def budget_sections(figures: ReportFigures, amounts: Amounts) -> tuple[Section, ...]:
    """One section, the furthest used first; none where no budget is configured or the period is no month."""
    if not figures.budgets:
        return ()
    ahead = any(line.forecast is None or line.forecast.method != "actual" for line in figures.budgets)
    headings = [
        Heading("Budget of"),
        Heading("Budget", numeric=True, minor=True),
        Heading("Spent", numeric=True),
        Heading("Used", numeric=True, bar=True),
        *([Heading("Forecast", numeric=True), Heading("9 of 10 months", numeric=True, minor=True)] if ahead else []),
        Heading("Left", numeric=True, minor=True),
        Heading("Status"),
    ]
    rows = tuple(_row(line, ahead, figures, amounts) for line in figures.budgets)
    table = DataTable(f"Budgets of {text.period(figures.period)}, the furthest used first", tuple(headings), rows)
    return (Section("budgets", "Budgets", _lead(figures), (table,), (FORECAST,) if ahead else ()),)


def _row(line: BudgetLine, ahead: bool, figures: ReportFigures, amounts: Amounts) -> Row:
    step, spent = amounts.step, _spent(line, figures, amounts)
    found = line.forecast
    forecast = [Cell(text.NOTHING), Cell(text.NOTHING)]
    if found is not None:
        forecast = [
            Cell(text.amount(max(found.expected, spent), step)),
            Cell(f"{text.amount(max(found.low, spent), step)} to {text.amount(max(found.high, spent), step)}"),
        ]
    whose = text.name(line.budget.name)
    cells = [
        Cell(f"{whose} (cost centre)" if line.budget.scope == "cost_center" else whose, code=True),
        Cell(text.amount(line.budget.amount, step)),
        Cell(text.amount(spent, step)),
        Cell(text.share(float(line.used)), bar=float(min(line.used, Decimal(1)))),
        *(forecast if ahead else []),
        Cell(text.amount(line.budget.amount - spent, step)),
        Cell(WORDS[line.status]),
    ]
    return Row(tuple(cells), "" if line.status == "ok" else "attention")


def _spent(line: BudgetLine, figures: ReportFigures, amounts: Amounts) -> Decimal:
    """The amount that the tables of the same report show for the app or the cost centre."""
    chargeback, shown = (
        (figures.by_app, amounts.by_app) if line.budget.scope == "app" else
        (figures.by_cost_center, amounts.by_cost_center)
    )  # fmt: skip
    mine = (
        amount for row, amount in zip(chargeback.rows, shown, strict=True)
        if row.key[line.budget.scope] == line.budget.name
    )  # fmt: skip
    return sum(mine, Decimal(0).quantize(amounts.step))


def _lead(figures: ReportFigures) -> str:
    """How many need a word, the worst first, in one sentence."""
    lines = figures.budgets
    said = []
    for status, one, many in (
        ("over", "is over", "are over"),
        ("alert", f"is used to {lines[0].alert_percent}% or more", f"are used to {lines[0].alert_percent}% or more"),
        ("forecast", "will be over by the month's end", "will be over by the month's end"),
    ):
        named = [text.name(line.budget.name, longest=40) for line in lines if line.status == status]
        if named:
            few = ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
            said.append(f"{len(named)} {one if len(named) == 1 else many} ({few})")
    of = text.counted(len(lines), "budget")
    return f"Of {of}, {'; '.join(said)}." if said else f"{of[:1].upper()}{of[1:]}, none of them close to its limit."
