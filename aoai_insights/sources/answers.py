"""What a service that runs KQL answers, whichever it is: rows, a part of them, or a word for why there are none."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from aoai_insights.errors import SourceError

ROW_CAP = 500_000
"""A query gives at most this many rows, so an answer with exactly so many was cut."""

AT_ONCE = 5
"""Queries of one user that the service runs at the same time."""

ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows as the service sent them: strings, numbers, bools, datetimes; dynamic values as JSON text."""

    columns: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    rows: Sequence[Sequence[Any]] = ()
    partial: str = ""
    """Why the rows are not all there are; "" where they are."""
    empty: bool = False
    """There was no table at all, not even one without rows."""

    def records(self) -> Iterator[dict[str, Any]]:
        for row in self.rows:
            yield dict(zip(self.columns, row, strict=True))


class Engine(Protocol):
    """A service that answers KQL."""

    row_cap: int

    def ask(self, workspace_id: str, query: str, workspace: str = "") -> Answer:
        """Runs `query`, which bounds its own time. Raises SplitError, AbsentTableError, SourceError or DeniedError."""
        ...


@dataclass(frozen=True, slots=True)
class Again:
    """No answer, and no refusal either: asked once more, after `wait` seconds where the service said how many."""

    said: str
    wait: float | None = None


class SplitError(Exception):
    """The answer is too large or takes too long. Never leaves the use-case that asks."""

    def __init__(self, reason: Literal["too large", "timed out"]) -> None:
        super().__init__(reason)
        self.reason = reason


class AbsentTableError(Exception):
    """The workspace does not have the table. Never leaves the use-case that asks."""


class RefusedError(SourceError):
    """The service does not run this query."""


class DeniedError(SourceError):
    """The credential may not read the workspace: waiting does not help."""


@dataclass(slots=True)
class Pace:
    """At most `requests` in `seconds`, over all threads. https://learn.microsoft.com/azure/azure-monitor/logs/api/timeouts"""

    requests: int = 190
    seconds: float = 30.0
    sleep: Callable[[float], None] = time.sleep
    _begun: deque[float] = field(default_factory=deque)
    _closed_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        with self._lock:
            now = time.monotonic()
            while self._begun and now - self._begun[0] >= self.seconds:
                self._begun.popleft()
            pause = self.seconds - (now - self._begun[0]) if len(self._begun) >= self.requests else 0.0
            if pause:
                self._begun.popleft()
            pause = max(pause, self._closed_until - now)
            self._begun.append(now + max(0.0, pause))
            if pause > 0:
                self.sleep(pause)

    def close(self, seconds: float) -> None:
        """Nobody asks for so long: who is throttled is throttled as a whole, and not one query of him."""
        self._closed_until = max(self._closed_until, time.monotonic() + seconds)


def persist(
    once: Callable[[], Answer | Again],
    name: str,
    pace: Pace,
    sleep: Callable[[float], None],
    chance: Callable[[], float],
) -> Answer:
    """Asks until there is an answer, pausing as told, else twice as long each time with jitter. Raises SourceError."""
    said = ""
    for attempt in range(ATTEMPTS):
        pace.wait()
        outcome = once()
        if isinstance(outcome, Answer):
            return outcome
        said = outcome.said
        if attempt + 1 < ATTEMPTS:
            if outcome.wait:
                pace.close(outcome.wait)
            sleep(outcome.wait if outcome.wait is not None else 2**attempt * (0.5 + chance()))
    raise SourceError(f"workspace {name}: {said}, {ATTEMPTS} times", "run the same command again later")
