"""The report as an Excel workbook: a sheet per table, numbers as numbers, names as text that nothing runs."""

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from aoai_insights.model import Chargeback
from aoai_insights.reports import text
from aoai_insights.reports.content import Report
from aoai_insights.reports.figures import Amounts, ReportFigures, fit, rounded

_LONGEST_COLUMN = 60
Sheet = tuple[str, Sequence[tuple[str, str]], Sequence[Sequence[Any]]]
"""Name, (heading, kind) of each column, rows. Kinds: text, count, money, ms, share."""


def workbook(figures: ReportFigures, report: Report) -> bytes:
    """An .xlsx: what to know first, then every table whole. Its amounts are those of the page, to the same cent."""
    target = io.BytesIO()
    options = {
        "in_memory": True,
        # A name stays a name: no formula, no link, no number is made of text.
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(target, options) as book:
        step = rounded(figures).step
        places = "0" * max(0, -int(step.as_tuple().exponent))
        formats = {
            "text": book.add_format({"valign": "top"}),
            "count": book.add_format({"num_format": "#,##0"}),
            "money": book.add_format({"num_format": f"#,##0.{places}" if places else "#,##0"}),
            "ms": book.add_format({"num_format": "#,##0"}),
            "share": book.add_format({"num_format": "0.0%"}),
            "head": book.add_format(
                {"bold": True, "bg_color": "#2f3e4c", "font_color": "#ffffff", "valign": "top", "text_wrap": True}
            ),
            "strong": book.add_format({"bold": True, "font_size": 16}),
            "wrapped": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        _first(book.add_worksheet("Summary"), report, formats)
        for name, columns, rows in _sheets(figures, rounded(figures)):
            if rows:
                _fill(book.add_worksheet(name), columns, rows, formats)
    return target.getvalue()


def _first(sheet: Worksheet, report: Report, formats: dict[str, Format]) -> None:
    """The first screen, in the order of the page."""
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    lines = [
        *([("Who", report.leader)] if report.leader else []),
        ("", report.standfirst),
        *(("Revised", point) for point in report.revised),
    ]
    lines += [("Trust", report.trust.verdict), *(("!", alarm) for alarm in report.trust.alarms)]
    lines += [(number.label, f"{number.value} · {number.detail} · {number.change}") for number in report.numbers]
    lines += [(report.changes_title if i == 0 else "", change) for i, change in enumerate(report.changes)]
    lines += [(fact.label, fact.text) for fact in report.trust.facts]
    lines += [("", words) for words in (*report.method, *report.footer)]
    sheet.write_string(0, 0, report.question, formats["strong"])
    state = " (incomplete)" if report.trust.status == "incomplete" else ""
    sheet.write_string(1, 0, f"{report.answer}{f', {report.moved}' if report.moved else ''}{state}", formats["strong"])
    _on_paper(sheet)
    sheet.fit_to_pages(1, 1)
    for row, (label, words) in enumerate(lines, 3):
        # Not every program grows a row with its text.
        sheet.set_row(row, 15 * max(1, -(-len(words) // 88), -(-len(label) // 22)))
        sheet.write_string(row, 0, label, formats["wrapped"])
        sheet.write_string(row, 1, words, formats["wrapped"])


def _fill(
    sheet: Worksheet, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]], formats: dict[str, Format]
) -> None:
    for position, (heading, _) in enumerate(columns):
        sheet.write_string(0, position, heading, formats["head"])
    for number, row in enumerate(rows, 1):
        for position, (value, (_, kind)) in enumerate(zip(row, columns, strict=True)):
            if value is None:
                sheet.write_blank(number, position, None, formats["text"])
            elif kind == "text":
                sheet.write_string(number, position, text.name(str(value), ""), formats["text"])
            else:
                # xlsxwriter writes a Decimal with 16 digits: an amount in cents keeps every one of them.
                sheet.write_number(number, position, value, formats[kind])
    _on_paper(sheet)
    sheet.repeat_rows(0)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    for position, (heading, _) in enumerate(columns):
        longest = max(len(_width(row[position])) for row in rows)
        sheet.set_column(position, position, min(_LONGEST_COLUMN, max(len(heading), longest) + 2))


def _on_paper(sheet: Worksheet) -> None:
    """A4 across, every column on the page."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _width(value: object) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int | Decimal) else str(value)[:_LONGEST_COLUMN]


def _sheets(figures: ReportFigures, amounts: Amounts) -> list[Sheet]:
    cost = (f"Cost {figures.currency}", "money")
    counts: list[tuple[str, str]] = [
        ("Requests", "count"), ("Prompt tokens", "count"), ("Cached tokens", "count"), ("Completion tokens", "count"),
        ("Reasoning tokens", "count"), ("Requests without a price", "count"), ("Estimated tokens", "count"),
        ("Requests without tokens", "count"),
    ]  # fmt: skip

    def charged(chargeback: Chargeback, shown: Sequence[Decimal]) -> list[list[Any]]:
        made = [
            [*row.key.values(), amount, row.requests, row.prompt_tokens, row.cached_tokens, row.completion_tokens,
             row.reasoning_tokens, row.unpriced_requests, row.estimated_tokens, row.missing_requests]
            for row, amount in zip(chargeback.rows, shown, strict=True)
        ]  # fmt: skip
        keys = len(chargeback.by)
        return sorted(made, key=lambda row: -row[keys]) if chargeback.by != ("day",) else made

    speed = [
        ("Requests", "count"),
        ("p50 ms", "ms"),
        ("p95 ms", "ms"),
        ("p99 ms", "ms"),
        ("Errors", "share"),
        ("Throttled (429)", "share"),
    ]

    def timed(rows: Sequence[Any]) -> list[list[Any]]:
        return [
            [*row.key.values(), row.requests, row.p50_ms, row.p95_ms, row.p99_ms, row.error_rate, row.throttled_rate]
            for row in rows
        ]

    return [
        ("Apps", [*texts("App", "Cost centre"), cost, *counts], charged(figures.by_app, amounts.by_app)),
        (
            "Cost centres",
            [*texts("Cost centre"), cost, *counts],
            charged(figures.by_cost_center, amounts.by_cost_center),
        ),
        ("Models and regions", [*texts("Model", "Region"), cost, *counts], charged(figures.by_model, amounts.by_model)),
        ("Days", [*texts("Day"), cost, *counts], charged(figures.by_day, amounts.by_day)),
        ("Latency by region", [*texts("Region"), *speed], timed(figures.latency_by_region.rows)),
        ("Latency by hour", [*texts("Region", "Hour"), *speed], timed(figures.latency_by_region_hour.rows)),
        *_gaps(figures, amounts),
    ]


def _gaps(figures: ReportFigures, amounts: Amounts) -> list[Sheet]:
    quality = figures.quality
    used: list[tuple[str, str]] = [("Tokens", "count"), ("Requests", "count")]
    cost = (f"Cost {figures.currency}", "money")
    rest = quality.unallocated_cost - sum((caller.cost for caller in quality.unallocated), Decimal(0))
    shown = fit([*(caller.cost for caller in quality.unallocated), rest], amounts.unallocated, amounts.step)
    return [
        (
            "Token sources",
            [*texts("Token source", "Class"), cost, *used],
            [
                [source.token_source, source.token_class, amount, source.tokens, source.requests]
                for source, amount in zip(quality.token_sources, amounts.by_source, strict=True)
            ],
        ),
        (
            "Without a price",
            [*texts("Model", "Version", "Deployment type", "Region", "Why"), *used],
            [
                [u.model, u.model_version, u.deployment_type, u.region, u.reason, u.tokens, u.requests]
                for u in quality.unpriced
            ],
        ),
        (
            "Unallocated callers",
            [*texts("APIM subscription", "Product", "Entra app", "Caller IP"), cost, *used],
            [
                [c.apim_subscription, c.product, c.entra_app, c.caller_ip, amount, c.tokens, c.requests]
                for c, amount in zip(quality.unallocated, shown[:-1], strict=True)
            ],
        ),
    ]


def texts(*names: str) -> list[tuple[str, str]]:
    """Columns of text."""
    return [(name, "text") for name in names]
