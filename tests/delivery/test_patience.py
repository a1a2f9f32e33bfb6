"""A server that is down for everybody: the run ends in minutes, not in minutes times recipients."""

from datetime import UTC, datetime
from pathlib import Path

from aoai_insights.config import Email
from aoai_insights.delivery.attempt import TRIES
from aoai_insights.delivery.smtp import SmtpTransport
from aoai_insights.model import Period
from aoai_insights.pipeline.deliver import Posting, send
from aoai_insights.pipeline.letters import Letter
from aoai_insights.reports.email import Mail
from aoai_insights.store import connect, deliveries

from .mail_server import smtp_server

OCTOBER = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "2026-10")
NOW = datetime(2026, 11, 3, tzinfo=UTC)


def letter(recipients: int) -> Letter:
    whom = tuple(f"owner-{n}@contoso.example" for n in range(recipients))
    return Letter("chargeback", OCTOBER, whom, "{}", lambda number, revised: Mail("s", "<p>h</p>", "t"), None, "")


def test_who_waits_for_a_server_waits_once_and_is_patient_again_after_a_success(tmp_path: Path) -> None:
    waits: list[float] = []
    store = tmp_path / "store.duckdb"
    with connect.open_for_writing(store):
        pass
    with smtp_server({"RCPT": ["451 later"] * (TRIES + 1) + ["250 OK", "451 later", "250 OK"]}) as server:
        posting = Posting(
            store=store,
            email=Email(sender="costs@contoso.example"),
            transport=SmtpTransport("127.0.0.1", server.port, security="none"),
            clock=lambda: NOW,
            sleep=waits.append,
        )
        posted = send(posting, [letter(4)])
    assert [each.state for each in posted] == ["refused", "refused", "sent", "sent"]
    assert [row.attempts for row in sorted(deliveries.deliveries(store), key=lambda row: row.key)] == [TRIES, 1, 1, 2]
    assert len(waits) == TRIES - 1 + 1
