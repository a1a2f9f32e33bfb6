"""The report's times to first token: each line says where it comes from."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from aoai_insights.model import Latency, Period
from aoai_insights.reports.content import DataTable
from aoai_insights.reports.first_token import first_token_section


def latency(**rows: dict[str, Any]) -> Latency:
    """Only what the section reads; every other measure is absent."""
    nothing = {"ttft_requests": 0, "ttft_traced_requests": 0, "ttft_proxy_requests": 0}
    made = [SimpleNamespace(key={"region": name}, measures=SimpleNamespace(**{**nothing, **row}) if row else None)
            for name, row in rows.items()]  # fmt: skip
    period = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "2026-10")
    return SimpleNamespace(rows=made, period=period)  # type: ignore[return-value]


def test_each_line_names_its_region_and_source() -> None:
    section = first_token_section(latency(
        westeurope={"ttft_traced_requests": 7, "ttft_traced_p50_ms": 410.0, "ttft_traced_p95_ms": 900.0,
                    "ttft_proxy_requests": 3, "ttft_proxy_p50_ms": 300.0, "ttft_proxy_p95_ms": 800.0},
        eastus2={"ttft_requests": 2, "ttft_p50_ms": 250.0, "ttft_p95_ms": 260.0},
        francecentral={},
    ))  # fmt: skip
    assert section is not None
    (table,) = section.tables
    assert isinstance(table, DataTable)
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["eastus2", "stated by the answer", "2", "250 ms", "260 ms"],
        ["westeurope", "traced by a policy", "7", "410 ms", "900 ms"],
        ["westeurope", "proxy", "3", "300 ms", "800 ms"],
    ]
    assert len(section.points) == 4


def test_without_any_source_there_is_no_section() -> None:
    assert first_token_section(latency(westeurope={}, eastus2={"ttft_requests": 0})) is None
