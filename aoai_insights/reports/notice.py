"""A word to the operators: this period is incomplete, so nobody got a bill. What is missing, and what to do."""

import html
import json

from aoai_insights.reports import text
from aoai_insights.reports.email import Mail
from aoai_insights.reports.figures import ReportFigures, rounded
from aoai_insights.reports.plain import wrapped
from aoai_insights.reports.trust import trust


def notice(figures: ReportFigures) -> Mail:
    """Short, without a single amount: what is incomplete must not be mistaken for a bill."""
    when = text.period(figures.period)
    gaps = trust(figures, rounded(figures)).alarms
    lines = [
        f"The chargeback of {when} is incomplete. It was sent to nobody.",
        *gaps,
        "To settle it: ingest the missing exports, or add the missing prices, and run the same command again. "
        "To send it as it is, marked as incomplete: aoai-insights send --incomplete.",
        f"aoai-insights {figures.version}, {text.instant(figures.generated_at)}",
    ]
    style = "margin:0 0 10px 0;font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:20px;color:#14202b"
    paragraphs = "\n".join(f'<p style="{style}">{html.escape(line)}</p>' for line in lines)
    subject = f"Incomplete, not sent: Azure OpenAI chargeback, {when}"
    page = (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{html.escape(subject)}</title></head>\n'
        f"<body>\n{paragraphs}\n</body>\n</html>\n"
    )
    plain = "\n\n".join("\n".join(wrapped(line)) for line in lines) + "\n"
    return Mail(subject, page, plain)


def said_missing(figures: ReportFigures) -> str:
    """What is missing, as JSON: the same gaps are told once, not every day."""
    coverage = figures.quality.coverage
    return json.dumps(
        {
            "days_missing": [day.isoformat() for day in coverage.days_missing],
            "partial_queries": coverage.partial_queries,
            "not_over": figures.generated_at < figures.period.end,
            "unpriced": sorted({item.model for item in figures.quality.unpriced}),
        },
        ensure_ascii=False,
    )
