"""A secret that no accident prints. It comes from the environment or a file, never from a flag or the config."""

from collections.abc import Mapping
from pathlib import Path

from aoai_insights.errors import ConfigError

SMTP_PASSWORD = "AOAI_INSIGHTS_SMTP_PASSWORD"
"""The password itself."""
SMTP_PASSWORD_FILE = "AOAI_INSIGHTS_SMTP_PASSWORD_FILE"
"""A file that holds it, as systemd's LoadCredential and mounted secrets give it."""


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
    """The password, from the environment, else from the file it or the config names. None where nobody names one.

    Raises ConfigError for a file that cannot be read or is empty; the message has its path, never its content.
    """
    if environment.get(SMTP_PASSWORD):
        return Secret(environment[SMTP_PASSWORD])
    named = environment.get(SMTP_PASSWORD_FILE) or configured_file
    if not named:
        return None
    try:
        text = Path(named).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"the SMTP password file {named} cannot be read: {reason}", "check path and rights") from None
    if not text:
        raise ConfigError(f"the SMTP password file {named} is empty", "put the password into it, and nothing else")
    return Secret(text)
