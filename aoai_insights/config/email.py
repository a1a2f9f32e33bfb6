"""How reports leave: whom to write to, and through what."""

import re

import msgspec

from aoai_insights.config.place import ConfigFile, nearest

TRANSPORTS = ("file", "smtp", "acs", "graph")
SMTP_SECURITY = ("starttls", "tls", "none")


class SmtpSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    host: str = ""
    port: int = 587
    security: str = "starttls"
    """starttls | tls | none. none is for a relay on this machine or in a closed network."""
    username: str = ""
    password_file: str = ""
    """A file that holds the password and nothing else; the password itself has no key here."""
    ca_file: str = ""
    """Certificates to trust instead of the system's, for a relay with a company certificate."""


class AcsSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    endpoint: str = ""
    access_key_file: str = ""
    """A file that holds the resource's access key, where no identity can be had; the key itself has no key here."""


class GraphSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    mailbox: str = ""
    """The mailbox that sends; the address of [email] from where it is empty."""
    endpoint: str = "https://graph.microsoft.com"


class Email(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename={"sender": "from"}):
    sender: str = ""
    transport: str = "file"
    folder: str = "outbox"
    """Where the file transport puts its messages."""
    recipients: list[str] = []
    """Who gets the whole report."""
    operators: list[str] = []
    """Who is told when there is no whole report to send."""
    statements: bool = True
    """Whether owners of apps and cost centres get a statement of theirs."""
    allowed_domains: list[str] = []
    """Domains that may be written to; no address elsewhere is."""
    reply_to: str = ""
    report_link: str = ""
    """Where the full report lies, behind a sign-in; {month} is replaced."""
    smtp: SmtpSection = SmtpSection()
    acs: AcsSection = AcsSection()
    graph: GraphSection = GraphSection()


def check_email(email: Email, file: ConfigFile) -> None:
    """Known words, and addresses that a token may be sent to."""
    if email.smtp.security not in SMTP_SECURITY:
        raise file.fails(f'email.smtp.security = "{email.smtp.security}" is not known',
                         nearest(email.smtp.security, SMTP_SECURITY))  # fmt: skip
    for key_name, endpoint in (("acs", email.acs.endpoint), ("graph", email.graph.endpoint)):
        # A token sent over plain HTTP is anybody's; only this machine may be talked to so.
        if endpoint and not re.match(r"https://|http://(127\.0\.0\.1|localhost)(:\d+)?(/|$)", endpoint):
            raise file.fails(f'email.{key_name}.endpoint = "{endpoint}" is no address', "write https://…")
    if email.transport not in TRANSPORTS:
        raise file.fails(f'email.transport = "{email.transport}" is not known', nearest(email.transport, TRANSPORTS))
