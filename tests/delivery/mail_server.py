"""An SMTP server that does what a test says at each step of the conversation, and keeps what it has taken."""

import asyncio
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Reply = str | Callable[[], str]


@dataclass
class Server:
    """`answers[step]` are the replies to the first, second … time a step is reached; then all is well.

    "drop" closes the line, "hang" waits for ever, "take and drop" keeps the message and closes the line.
    """

    answers: dict[str, list[Reply]] = field(default_factory=dict)
    taken: list[EmailMessage] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    reached: dict[str, threading.Event] = field(default_factory=dict)
    lost: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    def wait_for(self, step: str) -> bool:
        return self.reached.setdefault(step, threading.Event()).wait(60)

    async def step(self, name: str, server: SMTP, default: str) -> str:
        self.steps.append(name)
        self.reached.setdefault(name, threading.Event()).set()
        answers = self.answers.get(name, [])
        answer = answers.pop(0) if answers else default
        answer = answer() if callable(answer) else answer
        if answer == "hang":
            await asyncio.sleep(3600)
        if answer == "drop":
            server.transport.abort()
            await asyncio.sleep(3600)
        return answer

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, name: str, offers: list[str]
    ) -> Any:
        session.host_name = name
        answer = await self.step("EHLO", server, "")
        return [answer] if answer else offers

    async def handle_MAIL(self, server: SMTP, s: Session, envelope: Envelope, address: str, options: Any) -> str:
        answer = await self.step("MAIL", server, "250 OK")
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(self, server: SMTP, s: Session, envelope: Envelope, address: str, options: Any) -> str:
        answer = await self.step("RCPT", server, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(content, policy=policy.default)
        answers = self.answers.get("DATA", [])
        keeps = answers[0] == "take and drop" if answers else True
        if keeps or (answers and callable(answers[0])):
            self.taken.append(message)  # type: ignore[arg-type]
        if answers and answers[0] == "take and drop":
            answers[0] = "drop"
        return await self.step("DATA", server, "250 taken as 42")


class _Watching(SMTP):
    def connection_lost(self, error: Exception | None) -> None:
        if "DATA" in self.event_handler.steps:
            self.event_handler.lost.set()
        super().connection_lost(error)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Watching(self.handler, **self.SMTP_kwargs)


@contextmanager
def smtp_server(answers: dict[str, list[Reply]] | None = None, **settings: Any) -> Iterator[Server]:
    """A server on a free port of this machine."""
    server = Server(answers or {})
    with socket.create_server(("127.0.0.1", 0)) as free:
        server.port = free.getsockname()[1]
    controller = _Controller(server, hostname="127.0.0.1", port=server.port, **settings)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of 127.0.0.1 that nobody else has signed, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime.datetime(2020, 1, 1)  # noqa: DTZ001
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start.replace(year=2120))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "server.pem", folder / "server.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(public, private)
    return public, context


def knows(username: str, password: str) -> Callable[..., AuthResult]:
    """An authenticator that accepts one login."""

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        good = (data.login, data.password) == (username.encode(), password.encode())
        return AuthResult(success=good, handled=False)

    return check
