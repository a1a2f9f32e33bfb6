"""How long streams take until their first token, by region and by what says so: sources are never mixed."""

from aoai_insights.model import Latency, LatencyRow, Measures
from aoai_insights.reports import text
from aoai_insights.reports.content import Cell, DataTable, Heading, Row, Section

SOURCES = (
    ("stated by the answer", "ttft", "latency_checkpoint of the answer's body, as the service measured it"),
    ("traced by a policy", "ttft_traced", "the gateway's time until the head of a stream came back"),
    ("proxy", "ttft_proxy", "DurationMs of streams in the Azure OpenAI log, which looks like the time to first bytes"),
)  # fmt: skip
"""Words, the prefix of the fields of Measures, and the meaning of each source, best first."""


def first_token_section(latency: Latency) -> Section | None:
    """None where no source says anything."""
    rows = [(row, source) for row in sorted(latency.rows, key=lambda row: row.key["region"]) for source in SOURCES
            if _requests(row.measures, source[1])]  # fmt: skip
    if not rows:
        return None
    table = DataTable(
        "Time to first token by region and source, of answered calls",
        (Heading("Region"), Heading("Source"), Heading("Calls", numeric=True), Heading("p50", numeric=True),
         Heading("p95", numeric=True)),
        tuple(_line(row, words, prefix) for row, (words, prefix, _) in rows),
    )  # fmt: skip
    used = [source for source in SOURCES if any(source is one for _, one in rows)]
    points = [f"{words.capitalize()}: {meaning}." for words, _, meaning in used]
    if len(used) > 1:
        points.append("A call is in the first of these that it has; times of two sources do not compare.")
    return Section("first-token", "Time to first token", "", (table,), tuple(points))


def _line(row: LatencyRow, words: str, prefix: str) -> Row:
    measures = row.measures
    return Row((
        Cell(text.name(row.key["region"], "(unknown)"), code=True), Cell(words),
        Cell(text.count(_requests(measures, prefix))), Cell(text.ms(getattr(measures, f"{prefix}_p50_ms"))),
        Cell(text.ms(getattr(measures, f"{prefix}_p95_ms"))),
    ))  # fmt: skip


def _requests(measures: Measures | None, prefix: str) -> int:
    return 0 if measures is None else int(getattr(measures, f"{prefix}_requests"))
