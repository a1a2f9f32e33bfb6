"""How often a message is tried, and what becomes known of it."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

from aoai_insights.delivery.transport import HandOver, Refused, Transport, TryLater, Uncertain

TRIES = 5
FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 300.0
"""2, 8, 32, 128 seconds and their like: greylisting asks for a minute or more, a busy service for seconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known after the last attempt. `receipt` is the other side's last word."""

    state: Literal["sent", "refused", "unknown"]
    receipt: str
    attempts: int
    gave_up: bool = False
    """The other side might have taken it later."""


def attempt(
    transport: Transport,
    message: EmailMessage,
    key: str,
    *,
    claim: Callable[[int], None],
    hand_over: HandOver,
    sleep: Callable[[float], None],
    draw: Callable[[], float] = random.random,
    tries: int = TRIES,
) -> Outcome:
    """Tries up to `tries` times while failure is certain, and never again once it is not.

    `claim` is called with the attempt's number before each, `hand_over` before the message leaves; both must have
    written the ledger when they return. `draw` gives jitter in [0, 1).
    """
    said = ""
    for number in range(1, tries + 1):
        claim(number)
        try:
            return Outcome("sent", transport.deliver(message, key, hand_over), number)
        except Refused as no:
            return Outcome("refused", str(no), number)
        except Uncertain as lost:
            return Outcome("unknown", str(lost), number)
        except TryLater as later:
            said = str(later)
            if number < tries:
                sleep(wait(number, later.after_s, draw()))
    return Outcome("refused", f"{said} ({f'tried {tries} times' if tries > 1 else 'tried once'})", tries, gave_up=True)


def wait(number: int, asked_s: float | None, jitter: float) -> float:
    """Seconds before the next attempt: what was asked for and a little more, else half to whole of a growing span."""
    if asked_s is not None:
        return min(asked_s, LONGEST_WAIT_S) + jitter
    span = float(min(LONGEST_WAIT_S, FIRST_WAIT_S * 4 ** (number - 1)))
    return span * (0.5 + jitter / 2)
