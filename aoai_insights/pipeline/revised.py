"""Which revision of the whole report a page shows, and what it changes against the one that was sent before it."""

from dataclasses import replace
from pathlib import Path

from aoai_insights.config import Config
from aoai_insights.pipeline.letters import WHOLE
from aoai_insights.reports import revision
from aoai_insights.reports.content import Report
from aoai_insights.reports.figures import ReportFigures, rounded
from aoai_insights.store import deliveries as ledger


def ledger_name(report: str, transport: str) -> str:
    """The report's name in the ledger. A file on this machine tells nobody anything, so it has a ledger of its own."""
    return f"{'file:' if transport == 'file' else ''}{report}"


def marked(report: Report, store: Path, config: Config, figures: ReportFigures) -> Report:
    """`report` as the revision that its figures are; the first one, and one that was never sent, says nothing."""
    name = ledger_name(WHOLE, config.email.transport)
    reached = {
        delivery.revision
        for delivery in ledger.deliveries(store, figures.period)
        if delivery.report == name and delivery.state in ledger.MAY_HAVE_ARRIVED
    }
    sent = [past for past in ledger.revisions(store, name, figures.period) if past.number in reached]
    if not sent:
        return report
    said = revision.said(figures, rounded(figures))
    same = sent[-1].digest == revision.digest(said)
    earlier = sent[:-1] if same else sent
    if not earlier:
        return report
    number = sent[-1].number if same else sent[-1].number + 1
    return replace(report, revision=number, revised=revision.differences(earlier[-1].figures, said))
