"""Sending a period's letters: each to each recipient once per revision, whatever ends the run in between."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Literal

from aoai_insights.config import Email
from aoai_insights.delivery.attempt import TRIES, Outcome, attempt
from aoai_insights.delivery.message import Attachment, Envelope, compose, on_the_wire
from aoai_insights.delivery.transport import Transport
from aoai_insights.pipeline.letters import NOTICE, Letter, bare
from aoai_insights.pipeline.revised import ledger_name
from aoai_insights.reports import revision
from aoai_insights.reports.email import Mail
from aoai_insights.store import deliveries as ledger
from aoai_insights.store.deliveries import Delivery, Revision

AFTER_HAND_OVER_S = 600.0
"""How long a held store is waited for once a message is out: giving up would turn "sent" into "unknown"."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of one letter to one recipient in this run."""

    report: str
    recipient: str
    revision: int
    subject: str
    state: Literal["sent", "already sent", "refused", "unknown", "would be sent"]
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """How a run sends."""

    store: Path
    email: Email
    transport: Transport
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    resend: bool = False
    """Send again what may have arrived."""
    once: bool = False
    """Send nothing to who has had any revision."""


@dataclass(slots=True)
class Patience:
    """How often the next message is tried. Where one was given up, the others need not wait as long, each on its own:
    minutes times hundreds of owners is longer than a job may take. The first that gets through restores it."""

    tries: int = TRIES

    def after(self, outcome: Outcome) -> None:
        self.tries = 1 if outcome.gave_up else TRIES


def send(posting: Posting, letters: Sequence[Letter]) -> list[Posted]:
    """Sends what has not been sent. Raises SourceError while another send on this store is under way."""
    patience = Patience()
    with ledger.only_sender(posting.store):
        return [posted for letter in letters if letter.recipients for posted in _post(posting, letter, patience)]


def rehearse(posting: Posting, letters: Sequence[Letter]) -> list[Posted]:
    """What `send` would do, without a message and without a line in the ledger."""
    found = []
    for letter in letters:
        number, _ = _revision(posting, letter)
        for recipient in dict.fromkeys(bare(address) for address in letter.recipients):
            mail = _mail(posting, letter, recipient, number)
            skipped = _skip(posting, letter, recipient, _known(posting, letter, recipient, number))
            would = Posted(letter.report, recipient, number, mail.subject, "would be sent", "")
            found.append(skipped or would)
    return found


def messages(posting: Posting, letters: Sequence[Letter]) -> list[tuple[str, EmailMessage]]:
    """(key, message) of everything that is due, as it would go out."""
    return [
        (
            _key(posting, letter, recipient, number),
            _message(posting, letter, recipient, number, _mail(posting, letter, recipient, number)),
        )
        for letter in letters
        for number, _ in (_revision(posting, letter),)
        for recipient in dict.fromkeys(bare(address) for address in letter.recipients)
    ]


def _post(posting: Posting, letter: Letter, patience: Patience) -> list[Posted]:
    number, is_new = _revision(posting, letter)
    if is_new:
        figures = Revision(number, revision.digest(letter.figures), letter.figures)
        ledger.keep(posting.store, _report(posting, letter), letter.period, figures, posting.clock())
    posted = []
    for recipient in dict.fromkeys(bare(address) for address in letter.recipients):
        known = _settled(posting, _known(posting, letter, recipient, number))
        skipped = _skip(posting, letter, recipient, known)
        posted.append(skipped or _deliver(posting, letter, recipient, number, patience))
    return posted


def _revision(posting: Posting, letter: Letter) -> tuple[int, bool]:
    """The revision's number, and whether the ledger lacks it."""
    past = ledger.revisions(posting.store, _report(posting, letter), letter.period)
    reached = frozenset[int]().union(*_reached(posting, letter).values())
    number, is_new = 1, True
    if past:
        last = past[-1]
        is_new = last.digest != revision.digest(letter.figures)
        # Figures that reached nobody were never said: the next ones take their number.
        number = last.number + (is_new and last.number in reached)
    return number, is_new


def _reached(posting: Posting, letter: Letter) -> dict[str, frozenset[int]]:
    """The revisions that each recipient may hold."""
    report, found = _report(posting, letter), dict[str, frozenset[int]]()
    for delivery in ledger.deliveries(posting.store, letter.period):
        if delivery.report == report and delivery.state in ledger.MAY_HAVE_ARRIVED:
            found[delivery.recipient] = found.get(delivery.recipient, frozenset()) | {delivery.revision}
    return found


def _mail(posting: Posting, letter: Letter, recipient: str, number: int) -> Mail:
    """The letter's words. What is revised is what this recipient was told: to who had nothing it is no revision."""
    told = _reached(posting, letter).get(recipient, frozenset())
    past = ledger.revisions(posting.store, _report(posting, letter), letter.period)
    said = [earlier for earlier in past if earlier.number < number and earlier.number in told]
    revised = revision.differences(said[-1].figures, letter.figures) if said and letter.report != NOTICE else ()
    return letter.mail(number, revised)


def _known(posting: Posting, letter: Letter, recipient: str, number: int) -> Delivery | None:
    key = _key(posting, letter, recipient, number)
    return next((d for d in ledger.deliveries(posting.store, letter.period) if d.key == key), None)


def _settled(posting: Posting, known: Delivery | None) -> Delivery | None:
    """What an earlier run left open, settled as far as the other side can tell. Nobody else is sending meanwhile."""
    if known is None or known.state not in ("sending", "unknown"):
        return known
    receipt = posting.transport.outcome(known.key) if known.transport == posting.transport.name else None
    if receipt is None:
        said = known.receipt if known.state == "unknown" else "the sender ended before the answer came"
        found = replace(known, state="unknown", receipt=said)
    elif receipt:
        found = replace(known, state="sent", receipt=receipt)
    else:
        found = replace(known, state="refused", receipt="it never arrived")
    found = replace(found, updated_at=posting.clock())
    ledger.note(posting.store, found)
    return found


def _skip(posting: Posting, letter: Letter, recipient: str, known: Delivery | None) -> Posted | None:
    """Why nothing is sent to this recipient now, if so."""
    if posting.once:
        had = [
            d
            for d in ledger.deliveries(posting.store, letter.period)
            if d.report == _report(posting, letter) and d.recipient == bare(recipient) and d.state == "sent"
        ]  # fmt: skip
        if had:
            return _said(had[-1], "already sent", f"revision {had[-1].revision} on {had[-1].updated_at:%Y-%m-%d}")
    if known is None:
        return None
    if known.state == "sent":
        return _said(known, "already sent", f"on {known.updated_at:%Y-%m-%d %H:%M} UTC")
    if known.state in ("unknown", "sending") and not posting.resend:
        return _said(known, "unknown", f"{known.receipt}; ask {known.recipient}, then: send --resend --to …")
    return None


def _said(known: Delivery, state: Literal["already sent", "unknown"], detail: str) -> Posted:
    return Posted(known.report.removeprefix("file:"), known.recipient, known.revision, "", state, detail)


def _deliver(posting: Posting, letter: Letter, recipient: str, number: int, patience: Patience) -> Posted:
    key = _key(posting, letter, recipient, number)
    mail = _mail(posting, letter, recipient, number)
    message = _message(posting, letter, recipient, number, mail)
    row = Delivery(
        key=key,
        report=_report(posting, letter),
        period=letter.period,
        revision=number,
        recipient=recipient,
        transport=posting.transport.name,
        state="claimed",
        attempts=0,
        receipt="",
        content_sha256=sha256(on_the_wire(message)).hexdigest(),
        updated_at=posting.clock(),
    )
    tries = 0

    def claim(attempts: int) -> None:
        nonlocal tries
        tries = attempts
        ledger.note(posting.store, replace(row, attempts=attempts, updated_at=posting.clock()))

    def hand_over() -> None:
        ledger.note(posting.store, replace(row, state="sending", attempts=tries, updated_at=posting.clock()))

    outcome = attempt(
        posting.transport, message, key, claim=claim, hand_over=hand_over, sleep=posting.sleep, tries=patience.tries
    )
    patience.after(outcome)
    done = replace(
        row, state=outcome.state, receipt=outcome.receipt, attempts=outcome.attempts, updated_at=posting.clock()
    )
    ledger.note(posting.store, done, AFTER_HAND_OVER_S)
    return Posted(letter.report, recipient, number, mail.subject, outcome.state, outcome.receipt)


def _message(posting: Posting, letter: Letter, recipient: str, number: int, mail: Mail) -> EmailMessage:
    key = _key(posting, letter, recipient, number)
    envelope = Envelope(posting.email.sender, recipient, key, posting.clock(), posting.email.reply_to)
    attached = [Attachment(letter.csv_name, letter.csv)] if letter.csv is not None else []
    return compose(envelope, mail.subject, mail.text, mail.html, attached)


def _key(posting: Posting, letter: Letter, recipient: str, number: int) -> str:
    """report / period / revision / recipient."""
    span = f"{letter.period.start:%Y-%m-%dT%H:%M}-{letter.period.end:%Y-%m-%dT%H:%M}"
    when = letter.period.month or span
    return f"{_report(posting, letter)}/{when}/{number}/{bare(recipient)}"


def _report(posting: Posting, letter: Letter) -> str:
    return ledger_name(letter.report, posting.transport.name)
