"""What each answer of a mail server makes of a message: a real conversation on this machine."""

from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from aoai_insights.delivery.attempt import TRIES, Outcome, attempt, wait
from aoai_insights.delivery.message import Attachment, Envelope, compose
from aoai_insights.delivery.secret import Secret
from aoai_insights.delivery.smtp import SmtpTransport

from .mail_server import Server, certificate, knows, smtp_server

KEY = "chargeback/2026-10/1/finance@contoso.example"


def message() -> EmailMessage:
    envelope = Envelope(
        "Kosten <costs@contoso.example>", "finance@contoso.example", KEY, datetime(2026, 11, 3, tzinfo=UTC)
    )
    plain = ".a line that begins with a dot\n..two\n\nprice 3 €\n"
    return compose(envelope, "Azure OpenAI: 3 €", plain, "<p>3 €</p>", [Attachment("a.csv", b"a,b\n")])


def send(server: Server, **settings: object) -> tuple[Outcome, list[str], list[float]]:
    """The outcome, what the ledger was told, and the waits."""
    told: list[str] = []
    waits: list[float] = []
    transport = SmtpTransport("127.0.0.1", server.port, **{"security": "none", **settings})  # type: ignore[arg-type]
    outcome = attempt(
        transport, message(), KEY, claim=lambda n: told.append(f"claimed {n}"),
        hand_over=lambda: told.append("sending"), sleep=waits.append, draw=lambda: 0.0,
    )  # fmt: skip
    return outcome, told, waits


CASES = [
    pytest.param({}, "sent", 1, 1, id="a server that takes it: sent"),
    pytest.param({"RCPT": ["451 4.7.1 greylisted"]}, "sent", 2, 1, id="greylisted, then taken: sent once"),
    pytest.param(
        {"RCPT": ["451 greylisted"] * 9},
        "refused",
        TRIES,
        0,
        id="greylisted for ever: given up, certainly not delivered",
    ),
    pytest.param(
        {"RCPT": ["550 5.1.1 no such mailbox"]}, "refused", 1, 0, id="no such mailbox: refused and not tried again"
    ),
    pytest.param({"MAIL": ["553 not your domain"]}, "refused", 1, 0, id="a sender that may not: refused"),
    pytest.param({"MAIL": ["421 too busy"]}, "sent", 2, 1, id="too busy, then taken: sent once"),
    pytest.param({"EHLO": ["drop"]}, "sent", 2, 1, id="a line lost before anything was said: tried again"),
    pytest.param({"RCPT": ["drop"]}, "sent", 2, 1, id="a line lost before the text: tried again"),
    pytest.param(
        {"DATA": ["452 disk full"]}, "sent", 2, 1, id="a text that was answered with a temporary no: tried again"
    ),
    pytest.param(
        {"DATA": ["554 5.7.1 looks like spam"]}, "refused", 1, 0, id="a text that was refused: not tried again"
    ),
    pytest.param({"DATA": ["hello?"]}, "unknown", 1, 0, id="an answer that is none: unknown, never sent again"),
    pytest.param({"DATA": ["354 go on"]}, "unknown", 1, 0, id="an answer out of turn: unknown, never sent again"),
    pytest.param({"DATA": ["take and drop"]}, "unknown", 1, 1, id="taken and the line lost: unknown, never sent again"),
    pytest.param(
        {"DATA": ["drop"]}, "unknown", 1, 0, id="not taken and the line lost: unknown too, for nobody can tell"
    ),
]


@pytest.mark.parametrize(("answers", "state", "attempts", "taken"), CASES)
def test_each_answer_has_one_meaning(answers: dict[str, list[str]], state: str, attempts: int, taken: int) -> None:
    with smtp_server({step: list(replies) for step, replies in answers.items()}) as server:
        outcome, told, _ = send(server)
    assert (outcome.state, outcome.attempts, len(server.taken)) == (state, attempts, taken)
    assert told.count("sending") == server.steps.count("DATA")
    assert [t for t in told if t.startswith("claimed")] == [f"claimed {n}" for n in range(1, attempts + 1)]


def test_nobody_listening_is_tried_again_and_then_certain() -> None:
    with smtp_server() as gone:
        pass
    outcome, told, waits = send(gone)
    assert (outcome.state, outcome.attempts) == ("refused", TRIES)
    assert "sending" not in told
    assert waits == [1.0, 4.0, 16.0, 64.0]


def test_what_arrives_is_what_was_composed() -> None:
    with smtp_server() as server:
        send(server)
    [got] = server.taken
    assert got["Message-ID"] == message()["Message-ID"]
    assert got["Subject"] == "Azure OpenAI: 3 €"
    assert got.get_body(("plain",)).get_content().splitlines() == [
        ".a line that begins with a dot",
        "..two",
        "",
        "price 3 €",
    ]
    assert [a.get_filename() for a in got.iter_attachments()] == ["a.csv"]


def test_tls_and_login(tmp_path: Path) -> None:
    ca, context = certificate(tmp_path)
    settings = {"security": "starttls", "username": "costs", "ca_file": str(ca)}
    with smtp_server(
        tls_context=context, require_starttls=True, authenticator=knows("costs", "right"), auth_required=True
    ) as server:
        assert send(server, password=Secret("right"), **settings)[0].state == "sent"
        wrong = send(server, password=Secret("wrong-and-secret"), **settings)[0]
    assert wrong.state == "refused"
    assert "wrong-and-secret" not in wrong.receipt


def test_a_certificate_that_nobody_trusts_gets_no_message(tmp_path: Path) -> None:
    _, context = certificate(tmp_path)
    with smtp_server(tls_context=context) as server:
        outcome = send(server, security="starttls")[0]
    assert (outcome.state, server.taken) == ("refused", [])
    assert "not trusted" in outcome.receipt


def test_a_server_without_tls_gets_nothing_when_tls_was_asked_for() -> None:
    with smtp_server() as server:
        outcome = send(server, security="starttls")[0]
    assert (outcome.state, outcome.receipt.endswith("offers no TLS"), server.taken) == ("refused", True, [])


WAITS = [
    pytest.param(1, None, 0.0, 1.0, id="the first wait is at least a second"),
    pytest.param(1, None, 0.999, 2.0, id="and at most two"),
    pytest.param(4, None, 0.0, 64.0, id="the fourth is long enough for greylisting"),
    pytest.param(9, None, 0.999, 300.0, id="none is longer than five minutes"),
    pytest.param(1, 17.0, 0.0, 17.0, id="a wait that the service asks for is kept"),
    pytest.param(1, 9999.0, 0.0, 300.0, id="but not one of hours"),
]


@pytest.mark.parametrize(("number", "asked", "jitter", "expected"), WAITS)
def test_waits(number: int, asked: float | None, jitter: float, expected: float) -> None:
    assert wait(number, asked, jitter) == pytest.approx(expected, rel=0.01)
