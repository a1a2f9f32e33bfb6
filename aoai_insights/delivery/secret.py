"""A secret that no accident prints. It comes from the environment or a file, never from a flag or the config."""

from collections.abc import Mapping
from pathlib import Path

from aoai_insights.errors import ConfigError

SMTP_PASSWORD = "AOAI_INSIGHTS_SMTP_PASSWORD"
ACS_KEY = "AOAI_INSIGHTS_ACS_KEY"
"""The secret itself. With _FILE behind it: a file that holds it, as systemd's LoadCredential and mounted secrets do."""


class Secret:
    """A text whose repr, str and format are masked; `reveal` is the one way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(•••)"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._text)


def smtp_password(environment: Mapping[str, str], configured_file: str) -> Secret | None:
    """Of the mail server, as `found` finds it."""
    return found(environment, SMTP_PASSWORD, configured_file, "SMTP password")


def acs_key(environment: Mapping[str, str], configured_file: str) -> Secret | None:
    """Of the Communication Services resource, as `found` finds it."""
    return found(environment, ACS_KEY, configured_file, "Communication Services key")


def found(environment: Mapping[str, str], variable: str, configured_file: str, what: str) -> Secret | None:
    """The secret, from the environment, else from the file it or the config names. None where nobody names one.

    Raises ConfigError for a file that cannot be read or is empty; the message has its path, never its content.
    """
    if environment.get(variable):
        return Secret(environment[variable])
    named = environment.get(f"{variable}_FILE") or configured_file
    if not named:
        return None
    try:
        text = Path(named).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"the {what} file {named} cannot be read: {reason}", "check path and rights") from None
    if not text:
        raise ConfigError(f"the {what} file {named} is empty", "put the secret into it, and nothing else")
    return Secret(text)
