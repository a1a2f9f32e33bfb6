"""What a source takes and what it gives: the seam between files on disk and the pipeline."""

from dataclasses import dataclass, field

import pyarrow as pa

from aoai_insights.model import Kind


@dataclass(frozen=True, slots=True)
class GatewayOptions:
    """What the config says about gateway records. Header names are compared in lower case."""

    apis: frozenset[str] = frozenset()
    """ApiIds that are Azure OpenAI traffic whatever their URLs look like; compared in lower case."""
    entra_app_header: str | None = None
    """Logged request header that names the caller's Entra app."""
    entra_app_trace: str | None = None
    """Key in a trace record that names the caller's Entra app."""
    caller_headers: frozenset[str] = frozenset()
    """Logged request headers that allocation rules ask for; kept whatever their value looks like."""

    def __post_init__(self) -> None:
        for name in ("apis", "caller_headers"):
            object.__setattr__(self, name, frozenset(entry.lower() for entry in getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Piece:
    """A file, or a byte range of a plain file of JSON lines. A range owns the lines that start in it."""

    path: str
    start: int = 0
    end: int | None = None
    content: bytes | None = field(default=None, repr=False, compare=False)
    """The bytes, where somebody else has read them: of a whole file as they are, of a range its own lines."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Something that could not be read as a record. Holds no text of a prompt or an answer.

    `line` is 1-based within the piece: a line, or the number of a record in formats without lines; 0 for the file.
    `record` is a JSON object with the category, correlation id and time, as far as they could be read.
    """

    path: str
    line: int
    reason: str
    record: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Well-formed records of a category that no figure needs, counted."""

    category: str
    count: int


@dataclass(slots=True)
class Batch:
    """Normalised records: GATEWAY_RAW, LLM_RAW or AOAI of model/; where `counted`, GATEWAY, LLM or AOAI."""

    kind: Kind
    records: pa.RecordBatch
    counted: bool = False
