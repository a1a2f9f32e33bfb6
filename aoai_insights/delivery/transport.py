"""What every way of sending promises: one message, at most one hand-over, and an honest word on what became of it.

The line that matters is the hand-over: the moment from which on the other side may have the message. Before it every
failure is certain ("not delivered", so trying again is safe). After it only an answer makes it certain.
"""

from collections.abc import Callable
from email.message import EmailMessage
from typing import Protocol

HandOver = Callable[[], None]
"""Called by a transport right before the message leaves; when it returns, the ledger says so."""


class Transport(Protocol):
    """A way to send. `deliver` returns the other side's receipt, or raises one of the three below."""

    name: str
    repeatable: bool
    """Delivering the same message twice leaves one message (a file written over itself)."""

    def deliver(self, message: EmailMessage, key: str, hand_over: HandOver) -> str: ...

    def outcome(self, key: str) -> str | None:
        """What became of a message that was never answered: a receipt, "" if it certainly never arrived, else None."""


class Refused(Exception):
    """The other side said no, and will say so again."""


class TryLater(Exception):
    """Not delivered, for sure; a later attempt may be. `after_s`: the wait that the other side asks for."""

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Uncertain(Exception):
    """Handed over, and no answer came: it may have been delivered."""
