"""Whether the monthly mail still leaves: a schedule that has stopped says nothing by itself."""

from datetime import datetime, timedelta
from pathlib import Path

from aoai_insights.config import Email
from aoai_insights.model import Period
from aoai_insights.pipeline.doctor import Finding
from aoai_insights.pipeline.letters import NOTICE
from aoai_insights.reports import text
from aoai_insights.store import deliveries as ledger

LAST_DAY = 6
"""Of the month: the jobs in deploy/ run from the 3rd to the 6th."""


def mail(store: Path, email: Email, now: datetime) -> list[Finding]:
    """What became of the last month's mail, and when the last one left; nothing where nobody is written to."""
    if not email.recipients:
        return []
    ends = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    starts = (ends - timedelta(days=1)).replace(day=1)
    month = Period(starts, ends, f"{starts:%Y-%m}")
    # A notice that the month is incomplete is no report; a file that was written tells nobody anything.
    every = [d for d in ledger.deliveries(store) if d.report != NOTICE and d.transport == email.transport]
    sent = [row for row in every if row.state == "sent"]
    last = f"the last one left on {text.day(sent[-1].updated_at.date())}" if sent else "none has ever left"
    of_month = {
        (row.report, row.recipient): row
        for row in sorted(every, key=lambda row: row.revision)
        if (row.period.start, row.period.end) == (starts.replace(tzinfo=None), ends.replace(tzinfo=None))
    }
    open_ones = [row for row in of_month.values() if row.state != "sent"]
    if open_ones:
        return [
            Finding(
                "mail",
                "problem",
                f"{text.counted(len(open_ones), 'message')} of {text.period(month)} did not arrive for certain; {last}",
                "somebody may lack a statement",
                f"aoai-insights deliveries --month {month.month}",
            )
        ]
    if of_month or now.day <= LAST_DAY:
        return [Finding("mail", "ok", last)]
    return [
        Finding(
            "mail",
            "warning",
            f"no report of {text.period(month)} was sent; {last}",
            "the schedule may have stopped, or the month is incomplete",
            f"aoai-insights send --month {month.month}; then look at the job's log",
        )
    ]
