"""The one exception tree. Every message says what happened, with the value, and then what to do.

    InsightsError                 exit 1
    ├── UsageError                exit 2   a flag or argument that cannot be meant
    │   └── ConfigError           exit 2   a key of aoai-insights.toml, with file and line
    ├── SourceError               exit 3   logs unreachable, denied, throttled, or a store held by another process
    ├── IncompleteError           exit 4   there is no answer that could be given whole
    ├── DeliveryError             exit 5   a report that was not, or perhaps not, delivered
    └── ReconciliationError       exit 6   computed and billed cost differ by more than the tolerance

Anything else that is raised is a defect of this program and exits with 1.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says to the job that called it."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    SOURCE = 3
    INCOMPLETE = 4
    DELIVERY = 5
    RECONCILIATION = 6
    INTERRUPTED = 130


class InsightsError(Exception):
    """An error that its reader can act on. `message` is one line; `remedy` says what to do."""

    exit_code = ExitCode.INTERNAL

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}; {self.remedy}" if self.remedy else self.message


class UsageError(InsightsError):
    """Flags or arguments that cannot be meant together, or a value that is not one."""

    exit_code = ExitCode.USAGE


class ConfigError(UsageError):
    """The config file says something that cannot be meant; the message names file, key and line."""


class SourceError(InsightsError):
    """Records or the store could not be reached now; trying again may help."""

    exit_code = ExitCode.SOURCE


class IncompleteError(InsightsError):
    """Nothing true can be said about the whole of what was asked."""

    exit_code = ExitCode.INCOMPLETE


class DeliveryError(InsightsError):
    """A report was not delivered, or nobody can say whether it was."""

    exit_code = ExitCode.DELIVERY


class ReconciliationError(InsightsError):
    """Computed and billed cost differ by more than the tolerance."""

    exit_code = ExitCode.RECONCILIATION
