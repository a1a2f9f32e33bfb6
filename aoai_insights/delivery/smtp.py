"""SMTP, with each reply told apart: before the text is handed over a failure is certain, after it only a reply is.

RFC 5321: 4yz is "try later", 5yz "do not repeat" (section 4.2.1); a sender that never sees the reply to the end of the
text cannot know whether the message was taken (section 4.2.5, 6.1).
"""

import contextlib
import re
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr

from aoai_insights.delivery.message import on_the_wire
from aoai_insights.delivery.secret import Secret
from aoai_insights.delivery.transport import HandOver, Refused, TryLater, Uncertain

CONNECT_SECONDS = 30.0
REPLY_SECONDS = 600.0
"""RFC 5321, section 4.5.3.2.6: ten minutes for the reply to the end of the text, or duplicates follow."""


class SmtpTransport:
    """One connection per message: a server that closes between two of them costs no message its certainty."""

    name = "smtp"
    repeatable = False

    def __init__(
        self, host: str, port: int, *, security: str = "starttls", username: str = "", password: Secret | None = None,
        ca_file: str = "", reply_seconds: float = REPLY_SECONDS,
    ) -> None:  # fmt: skip
        self.host, self.port, self.security = host, port, security
        self.username, self.password = username, password
        self.ca_file, self.reply_seconds = ca_file, reply_seconds

    def deliver(self, message: EmailMessage, key: str, hand_over: HandOver) -> str:
        try:
            server = self._connect()
        except ssl.SSLCertVerificationError as error:
            raise Refused(f"the certificate of {self.host} is not trusted: {error.verify_message}") from None
        except smtplib.SMTPResponseException as error:
            raise _failure(error.smtp_code, _text(error.smtp_error), f"{self.host}:{self.port}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise TryLater(f"{self.host}:{self.port} cannot be reached: {error or type(error).__name__}") from None
        try:
            return self._converse(server, message, hand_over)
        finally:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.putcmd("quit")  # its answer changes nothing, and waiting for it would delay the ledger
            server.close()

    def outcome(self, key: str) -> str | None:
        return None

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context(cafile=self.ca_file or None)
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=CONNECT_SECONDS, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=CONNECT_SECONDS)
        if self.security == "starttls":
            try:
                server.ehlo_or_helo_if_needed()
                if not server.has_extn("starttls"):
                    # To go on in the clear is what somebody in between would want.
                    raise Refused(f"{self.host}:{self.port} offers no TLS")
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server

    def _converse(self, server: smtplib.SMTP, message: EmailMessage, hand_over: HandOver) -> str:
        sender = parseaddr(str(message["From"]))[1]
        recipients = [address for _, address in getaddresses([str(message["To"])])]
        handed_over = False
        try:
            self._log_in(server)
            _expect(server.mail(sender), f"sender {sender}")
            for recipient in recipients:
                _expect(server.rcpt(recipient), recipient)
            _expect(server.docmd("DATA"), "the message")
            hand_over()
            handed_over = True
            if server.sock is not None:
                server.sock.settimeout(self.reply_seconds)
            server.send(_with_its_end(message))
            reply = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            said = str(error) or type(error).__name__
            if handed_over:
                raise Uncertain(f"the line to {self.host} was lost before its answer: {said}") from None
            raise TryLater(f"the line to {self.host} was lost: {said}") from None
        if reply[0] // 100 not in (2, 4, 5):
            raise Uncertain(f"the answer of {self.host} is none that SMTP knows: {_text(reply[1])}")
        return _expect(reply, "the message")

    def _log_in(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if not self.username:
            return
        try:
            server.login(self.username, self.password.reveal() if self.password else "")
        except smtplib.SMTPResponseException as error:
            # The server's words may repeat what it was sent; the code is enough.
            raise _failure(error.smtp_code, "login refused", self.username) from None
        except smtplib.SMTPNotSupportedError:
            raise Refused(f"{self.host} offers no login that this program knows") from None


def _with_its_end(message: EmailMessage) -> bytes:
    """The text with its end: a line that begins with a dot gets a second one (RFC 5321, section 4.5.2)."""
    text = re.sub(rb"(?m)^\.", b"..", on_the_wire(message))
    return text + (b"" if text.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _expect(reply: tuple[int, bytes], about: str) -> str:
    code, said = reply
    if code // 100 in (2, 3):
        return f"{code} {_text(said)}"
    raise _failure(code, _text(said), about)


def _failure(code: int, said: str, about: str) -> Refused | TryLater:
    words = f"{about}: {code} {said}"
    return Refused(words) if code // 100 == 5 else TryLater(words)


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:200]
