"""One message to one recipient: text, HTML and attachments. Pure: the same parts give the same bytes."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from aoai_insights.errors import UsageError

_WIRE = SMTP.clone(max_line_length=100)
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "aoai-insights/deliveries")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels with a message."""

    name: str
    content: bytes
    maintype: str = "text"
    subtype: str = "csv"


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom, and which message of all it is."""

    sender: str
    """An address, or a name with one: Azure costs <costs@example.com>."""
    recipient: str
    key: str
    """report / period / revision / recipient: the same key is the same message."""
    sent_at: datetime
    reply_to: str = ""


def compose(
    envelope: Envelope, subject: str, plain: str, html: str, attachments: Sequence[Attachment] = ()
) -> EmailMessage:
    """multipart/mixed[multipart/alternative[text/plain, text/html], attachments]; without them alternative.

    `Message-ID` and `X-Entity-Ref-ID` follow from the key, so that a receiver can see that two copies are one message,
    and a mail client does not fold the months into one thread. Raises UsageError for an address that is none.
    """
    message = EmailMessage()
    message["From"] = _address(envelope.sender)
    message["To"] = _address(envelope.recipient)
    if envelope.reply_to:
        message["Reply-To"] = _address(envelope.reply_to)
    message["Subject"] = subject
    message["Date"] = format_datetime(envelope.sent_at)
    message["Message-ID"] = message_id(envelope.key, envelope.sender)
    message["X-Entity-Ref-ID"] = _digest(envelope.key)
    # RFC 3834: asks out-of-office programs not to answer.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(plain, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    for attachment in attachments:
        message.add_attachment(
            attachment.content, maintype=attachment.maintype, subtype=attachment.subtype, filename=attachment.name
        )
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{_digest(envelope.key)}_{number}")
    return message


def on_the_wire(message: EmailMessage) -> bytes:
    """The message as mail systems pass it on. A subject of 78 characters stays on one line: folded, some show a gap."""
    return message.as_bytes(policy=_WIRE)


def draft(subject: str, plain: str, html: str) -> EmailMessage:
    """A message without sender and recipient, to look at or to send by hand."""
    message = EmailMessage()
    message["Subject"] = subject
    # Mail programs open a message with this header for editing.
    message["X-Unsent"] = "1"
    message.set_content(plain, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{_digest(subject)}")
    return message


def message_id(key: str, sender: str) -> str:
    """<32 hex digits of the key@domain of the sender>."""
    return f"<{_digest(key)}@{domain_of(sender)}>"


def operation_id(key: str) -> str:
    """The same key as a UUID, for services that take one to tell a repeated request."""
    return str(uuid.uuid5(_NAMESPACE, key))


def domain_of(address: str) -> str:
    """What is behind the @, in lower case."""
    return parseaddr(address)[1].rpartition("@")[2].lower()


def _address(text: str) -> Address:
    """Header values are built from parts, never from strings: a line end in one would begin a header of its own."""
    name, bare = parseaddr(text)
    try:
        return Address(display_name=name, addr_spec=bare)
    except (ValueError, IndexError, AttributeError):
        raise UsageError(f"{text!r} is no mail address", "write name@example.com") from None


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]
