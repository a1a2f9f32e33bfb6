"""Where records come from: files that Azure writes, as Arrow batches in the three shapes of model/.

Prices and Azure's lists are read here as well, by commands that need no reader of records: those are loaded when first
asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aoai_insights.sources.find import find_pieces
    from aoai_insights.sources.piece import Batch, GatewayOptions, Ignored, Piece, Reject
    from aoai_insights.sources.read import read_piece

_HOME = {
    "Batch": "piece",
    "GatewayOptions": "piece",
    "Ignored": "piece",
    "Piece": "piece",
    "Reject": "piece",
    "find_pieces": "find",
    "read_piece": "read",
}

__all__ = ["Batch", "GatewayOptions", "Ignored", "Piece", "Reject", "find_pieces", "read_piece"]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"aoai_insights.sources.{_HOME[name]}"), name)
