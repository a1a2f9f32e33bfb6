"""A report as one HTML file: no script, nothing fetched, light and dark, phone to paper."""

from aoai_insights.reports.content import Report


def render_html(report: Report) -> str:
    """One self-contained page. Every name in it is text, never markup."""
    raise NotImplementedError
