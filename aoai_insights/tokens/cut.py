"""What a cut body leaves out: an estimate from its known total size, with a 90 % interval.

The gateway logs at most 8,192 bytes of a body, but it logs the size of the whole. A stream is uniform: each delta event
takes nearly the same bytes, and what follows the last delta can be told from the events before it (cut_streams.py). So
the missing bytes say how many deltas are missing (research: logs, facts 5 and 6). docs/estimates.md explains the method
and its accuracy.
"""

import math
from collections.abc import Sequence

from msgspec import Struct

REQUEST_HEADER_BYTES = 441
RESPONSE_HEADER_BYTES = 629
"""What RequestSize and ResponseSize hold beside the body, where headers were not logged (research: logs, section 1)."""

HEADER_BYTES_SPREAD = 120
"""Standard deviation of these two between gateways: assumed, from the three values that were seen."""

_Z90 = 1.645


class Rest(Struct, frozen=True):
    """Tokens that a cut body leaves out, with the 90 % interval."""

    tokens: int
    low: int
    high: int


def rest_of_text(
    visible_tokens: int, visible_bytes: int, left_bytes: float, spread_bytes: float, spread_ratio: float
) -> Rest:
    """Tokens in `left_bytes` more of a text whose visible part has so many tokens in so many bytes.

    `spread_ratio` is the relative standard deviation of tokens per byte between the visible and the missing part.
    """
    per_byte = visible_tokens / visible_bytes if visible_bytes and visible_tokens else _TOKENS_PER_BYTE
    tokens = max(0.0, left_bytes) * per_byte
    half = _Z90 * math.hypot(tokens * spread_ratio, spread_bytes * per_byte)
    return _rounded(tokens, half)


_TOKENS_PER_BYTE = 0.25


def _rounded(tokens: float, half: float) -> Rest:
    return Rest(round(tokens), max(0, math.floor(tokens - half + 0.5)), math.ceil(tokens + half - 0.5))


class RestOfStream(Struct, frozen=True):
    """How the rest of a stream is made: bytes that are no deltas, and what one more delta costs in bytes."""

    other_bytes: float
    """Of the events that are still to come whatever the text."""
    other_spread_bytes: float
    delta_bytes: float
    """Of one more delta, with every copy of its text that later events repeat."""
    delta_spread_bytes: float
    visible_deltas: int
    closed_item_bytes: float | None = None
    """Set where the open text is closed, so that only a further call could add tokens: the bytes of the last item."""

    def tokens(
        self,
        left_bytes: float,
        spread_bytes: float,
        tokens_per_delta: float,
        tokens_per_item: float,
        visible_items: int,
    ) -> Rest:
        """Tokens in the `left_bytes` behind the last whole event, which are known to within `spread_bytes`."""
        left = left_bytes - self.other_bytes
        if self.closed_item_bytes is not None:
            share = left / self.closed_item_bytes
            if share < _SMALLEST_ITEM:
                return Rest(0, 0, 0)
            items = max(1, round(share))
            tokens = items * tokens_per_item + (_SECOND_CALL_TOKENS if visible_items == 1 else 0)
            return _rounded(tokens, _Z90 * _ITEM_SPREAD * tokens)
        deltas = max(0.0, left) / self.delta_bytes
        seen = max(1, self.visible_deltas)
        of_sizes = self.delta_spread_bytes / self.delta_bytes * math.sqrt(deltas * (1 + deltas / seen))
        of_total = math.hypot(spread_bytes, self.other_spread_bytes) / self.delta_bytes
        of_ratio = deltas * _RATIO_SPREAD / math.sqrt(seen)
        half = _Z90 * math.hypot(of_sizes, of_total, of_ratio) * tokens_per_delta
        return _rounded(deltas * tokens_per_delta, half)


_RATIO_SPREAD = 0.15
"""Relative standard deviation of tokens in one delta event: assumed, and checked by the coverage it gives (docs)."""

_SMALLEST_ITEM = 0.35
_ITEM_SPREAD = 0.25
"""A further call takes at least this share of the last item's bytes, and its tokens vary by this share."""

_SECOND_CALL_TOKENS = 14
"""What parallel calls cost once (research: tokens, Responses API)."""


def mean_and_spread(sizes: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation of what was seen; `sizes` is not empty."""
    mean = sum(sizes) / len(sizes)
    return mean, math.dist(sizes, [mean] * len(sizes)) / math.sqrt(len(sizes))
