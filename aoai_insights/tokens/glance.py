"""The few members of a request that are wanted even where the service stated the tokens."""

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder

from aoai_insights.tokens.json_text import as_count, as_name
from aoai_insights.tokens.request import RequestBody, read_request


class _Asked(Struct):
    model: str | None = None
    stream: bool | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    max_output_tokens: int | None = None


_decode = Decoder(_Asked).decode


def glance(body: bytes) -> RequestBody:
    """Model, stream flag and token limit only: enough where the tokens are known."""
    try:
        asked = _decode(body)
    except (MsgspecError, RecursionError, UnicodeDecodeError):
        return read_request(body)
    limit = asked.max_completion_tokens or asked.max_output_tokens or asked.max_tokens
    return RequestBody(True, len(body), None, as_name(asked.model), asked.stream, as_count(limit) or None)
