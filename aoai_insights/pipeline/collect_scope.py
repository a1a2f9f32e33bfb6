"""What is collected of a workspace: its tables with their queries, and what a run says of them."""

from dataclasses import dataclass, field
from datetime import timedelta

from aoai_insights.errors import SourceError
from aoai_insights.model import Kind
from aoai_insights.pipeline.ingest import IngestReport

AFTERMATH = timedelta(hours=1)
"""Other logs of a call are written after it began: AOAI's when the answer has ended (research: log schemas, 0.9)."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table of a workspace, the query that reads it, and those that say what is new in it and how much there is."""

    kind: Kind
    table: str
    reads: str
    arrivals: str
    counts: str
    aftermath: timedelta
    filtered: bool
    """The reading query leaves rows out that the other one counts."""


SOURCES = (
    Source(
        "gateway",
        "ApiManagementGatewayLogs",
        "gateway_requests",
        "gateway_arrivals",
        "gateway_counts",
        timedelta(0),
        True,
    ),
    Source("llm", "ApiManagementGatewayLlmLog", "llm_usage", "llm_arrivals", "llm_counts", AFTERMATH, False),
    Source("aoai", "AzureDiagnostics", "aoai_requests", "aoai_arrivals", "aoai_counts", AFTERMATH, False),
)


@dataclass(slots=True)
class CollectReport(IngestReport):
    """What a run read from workspaces, and in words what it could not."""

    gaps: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: SourceError | None = None
    """The first that stopped a workspace; what other workspaces gave is in the store."""
