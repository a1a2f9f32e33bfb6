"""Where records come from: files that Azure writes, as Arrow batches in the three shapes of model/."""

from aoai_insights.sources.find import find_pieces
from aoai_insights.sources.piece import Batch, GatewayOptions, Ignored, Piece, Reject
from aoai_insights.sources.read import read_piece

__all__ = ["Batch", "GatewayOptions", "Ignored", "Piece", "Reject", "find_pieces", "read_piece"]
