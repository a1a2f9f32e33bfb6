"""The words of the project as types: the record kinds, and the figures that commands print.

The schemas of records are Arrow's, which costs more to load than all else here: they are loaded when first asked for.
"""

from typing import TYPE_CHECKING

from aoai_insights.model.charges import Chargeback, ChargeRow, CostItem, UsageFact
from aoai_insights.model.period import Period
from aoai_insights.model.quality import Caller, CountingError, Coverage, Quality, SourceShare, Unpriced
from aoai_insights.model.speed import Latency, LatencyRow, Measures
from aoai_insights.model.table import Column, Table

if TYPE_CHECKING:
    from aoai_insights.model.records import (
        AOAI,
        GATEWAY,
        GATEWAY_BODIES,
        GATEWAY_FACTS,
        GATEWAY_RAW,
        GATEWAY_TOKENS,
        LLM,
        LLM_BODIES,
        LLM_FACTS,
        LLM_RAW,
        LLM_TOKENS,
        Kind,
    )

__all__ = [
    "AOAI",
    "GATEWAY",
    "GATEWAY_BODIES",
    "GATEWAY_FACTS",
    "GATEWAY_RAW",
    "GATEWAY_TOKENS",
    "LLM",
    "LLM_BODIES",
    "LLM_FACTS",
    "LLM_RAW",
    "LLM_TOKENS",
    "Caller",
    "ChargeRow",
    "Chargeback",
    "Column",
    "CostItem",
    "CountingError",
    "Coverage",
    "Kind",
    "Latency",
    "LatencyRow",
    "Measures",
    "Period",
    "Quality",
    "SourceShare",
    "Table",
    "Unpriced",
    "UsageFact",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from aoai_insights.model import records

    return getattr(records, name)
