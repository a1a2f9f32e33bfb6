"""Chargeback and region latency for Azure OpenAI behind Azure API Management.

The public names below are loaded when first used, so that `import aoai_insights` costs nothing. Everything else
may move between releases. docs/python.md shows them at work.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOME = {
    "Config": "config",
    "Count": "tokens.count",
    "Exchange": "tokens.logged",
    "InsightsError": "errors",
    "Period": "model",
    "compute_chargeback": "pipeline.figures",
    "compute_latency": "pipeline.figures",
    "compute_quality": "pipeline.figures",
    "count_exchange": "tokens.count",
    "ingest": "pipeline.ingest",
    "load_config": "config",
    "shipped_book": "sources.prices",
}
"""Public name -> the module that it lives in."""

__all__ = sorted([*_HOME, "__version__"])  # pyright: ignore[reportUnsupportedDunderAll]

if TYPE_CHECKING:
    from aoai_insights.config import Config as Config
    from aoai_insights.config import load_config as load_config
    from aoai_insights.errors import InsightsError as InsightsError
    from aoai_insights.model import Period as Period
    from aoai_insights.pipeline.figures import compute_chargeback as compute_chargeback
    from aoai_insights.pipeline.figures import compute_latency as compute_latency
    from aoai_insights.pipeline.figures import compute_quality as compute_quality
    from aoai_insights.pipeline.ingest import ingest as ingest
    from aoai_insights.sources.prices import shipped_book as shipped_book
    from aoai_insights.tokens.count import Count as Count
    from aoai_insights.tokens.count import count_exchange as count_exchange
    from aoai_insights.tokens.logged import Exchange as Exchange


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"aoai_insights has no public name {name!r}; it has {', '.join(sorted(_HOME))}")
    return getattr(import_module(f"aoai_insights.{_HOME[name]}"), name)
