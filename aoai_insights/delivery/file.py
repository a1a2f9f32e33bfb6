"""Messages as .eml files in a folder: to look at, or for another program to send."""

import hashlib
import re
from email.message import EmailMessage
from pathlib import Path

from aoai_insights.delivery.message import on_the_wire
from aoai_insights.delivery.transport import HandOver, Refused, TryLater


class FileTransport:
    """One file per message; its name follows from the key, so a second delivery writes the same file again."""

    name = "file"
    repeatable = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        """Readable, and different for different keys whatever characters they hold."""
        words = re.sub(r"[^A-Za-z0-9.@-]+", "-", key).strip("-.")[:80]
        return self.folder / f"{words}-{hashlib.sha256(key.encode()).hexdigest()[:8]}.eml"

    def deliver(self, message: EmailMessage, key: str, hand_over: HandOver) -> str:
        target = self.path(key)
        partial = target.with_name(f".{target.name}.partial")
        hand_over()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(on_the_wire(message))
            partial.replace(target)
        except PermissionError as error:
            raise Refused(f"{target}: {error.strerror}") from None
        except OSError as error:
            raise TryLater(f"{target}: {error.strerror}") from None
        return str(target)

    def outcome(self, key: str) -> str | None:
        return str(self.path(key)) if self.path(key).exists() else ""
