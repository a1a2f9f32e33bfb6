"""Tokens of an answer."""

from collections.abc import Mapping
from typing import Any, Literal

from aoai_insights.tokens.exchange import Answer, Api, Counted, Request


def count_completion(
    api: Api, model: str, request: Request | None, answer: Answer, provider: Literal["azure", "openai"] = "azure"
) -> Counted:
    """Completion tokens of one complete answer."""
    raise NotImplementedError


def message_tokens(model: str, message: Mapping[str, Any]) -> int:
    """One chat message's own tokens, without the per-request constant."""
    raise NotImplementedError
