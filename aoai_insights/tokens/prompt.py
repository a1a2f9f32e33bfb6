"""Tokens of a request."""

from aoai_insights.tokens.exchange import Api, Counted, Request


def count_prompt(api: Api, model: str, request: Request, created: int | None = None) -> Counted:
    """Prompt tokens of one request; `created` is the answer's Unix time, which decides between dated rules."""
    raise NotImplementedError
