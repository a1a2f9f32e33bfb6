"""The transport that the config names, with its secrets from the environment or files."""

from collections.abc import Mapping
from pathlib import Path

from aoai_insights.config import Email
from aoai_insights.delivery.file import FileTransport
from aoai_insights.delivery.secret import acs_key, smtp_password
from aoai_insights.delivery.smtp import SmtpTransport
from aoai_insights.delivery.transport import Transport
from aoai_insights.errors import ConfigError


def transport(email: Email, environment: Mapping[str, str]) -> Transport:
    """Raises ConfigError for a setting that the transport cannot do without."""
    if email.transport == "smtp":
        settings = email.smtp
        if not settings.host:
            raise ConfigError("the smtp transport has no server", 'write host = "smtp.example.com" under [email.smtp]')
        password = smtp_password(environment, settings.password_file)
        if settings.username and not password:
            raise ConfigError(
                f"no password for {settings.username} at {settings.host}",
                "set AOAI_INSIGHTS_SMTP_PASSWORD, or name password_file under [email.smtp]",
            )
        if settings.username and settings.security == "none":
            raise ConfigError("a password over a line without TLS", 'write security = "starttls" under [email.smtp]')
        return SmtpTransport(
            settings.host,
            settings.port,
            security=settings.security,
            username=settings.username,
            password=password,
            ca_file=settings.ca_file,
        )
    if email.transport == "acs":
        from aoai_insights.delivery.acs import AcsTransport

        if not email.acs.endpoint:
            raise ConfigError("the acs transport has no endpoint", "write endpoint under [email.acs]")
        return AcsTransport(
            email.acs.endpoint, access_key=acs_key(environment, email.acs.access_key_file)
        )  # fmt: skip
    if email.transport == "graph":
        from aoai_insights.delivery.graph import GraphTransport

        return GraphTransport(email.graph.mailbox, email.graph.endpoint)
    return FileTransport(Path(email.folder))
