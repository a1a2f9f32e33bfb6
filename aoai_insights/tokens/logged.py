"""One call as a log shows it: bodies that may be missing or cut, and what is known beside them."""

from typing import Literal

from msgspec import Struct

from aoai_insights.tokens.exchange import Api


class Exchange(Struct, frozen=True):
    """One call as it was logged. Bodies are UTF-8; None or empty where they were not logged."""

    api: Api
    request: bytes | None
    response: bytes | None
    streamed: bool | None = None
    """What the log says; what the bodies say goes before."""
    provider: Literal["azure", "openai"] = "azure"
    models: tuple[str, ...] = ()
    """What others than the bodies say the model is, most trusted first: the serving header, the config."""
    deployment: str | None = None
    sent_at: int | None = None
    """Unix time of the request: decides between dated rules where the answer does not say its own."""
    request_total_bytes: int | None = None
    """Size of the whole request body, which may have been cut; None where unknown."""
    response_total_bytes: int | None = None
    request_spread_bytes: int = 0
    response_spread_bytes: int = 0
    """Standard deviation of these two, where they were derived from sizes that include headers."""
