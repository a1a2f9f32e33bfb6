"""One piece of a file as batches of normalised records."""

from collections.abc import Iterator

from aoai_insights.sources.piece import Batch, GatewayOptions, Ignored, Piece, Reject


def read_piece(piece: Piece, options: GatewayOptions, batch_rows: int = 4096) -> Iterator[Batch | Reject | Ignored]:
    """The records of `piece`, in file order."""
    raise NotImplementedError
