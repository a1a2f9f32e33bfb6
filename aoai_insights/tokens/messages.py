"""Messages of ApiManagementGatewayLlmLog: rows of one call, some of them pieces of a message that was split.

The gateway splits messages above 32 KB over rows with rising sequence numbers; whether a piece is JSON by itself is not
documented (research: logs, section 2). So each row is tried alone, then the pieces of a call joined, and what then is
still no JSON is counted as text and marked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aoai_insights.tokens.chunks import ChatChunks
from aoai_insights.tokens.completion import count_completion, message_tokens
from aoai_insights.tokens.encoding import text_tokens
from aoai_insights.tokens.json_text import as_objects, decode

Messages = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class RowTokens:
    """Tokens of the messages of one row; `whole` is False where more was billed than they show: they could not be read
    as messages, or they show calls of tools, whose definitions no message holds."""

    tokens: int
    whole: bool


def count_pieces(pieces: Sequence[str | None], count: Callable[[Messages], int], model: str) -> list[RowTokens | None]:
    """Tokens of each row of one call, in sequence order; None where a row holds no messages.

    The messages of a split are booked on the first of its rows, the others have 0.
    """
    counted: list[RowTokens | None] = [None] * len(pieces)
    split: list[int] = []
    for i, piece in enumerate(pieces):
        if not piece:
            continue
        messages = read_messages(piece)
        if messages is None:
            split.append(i)
        else:
            counted[i] = RowTokens(count(messages), not _show_tools(messages))
    joined = read_messages("".join(pieces[i] or "" for i in split)) if len(split) > 1 else None
    for i in split:
        if joined is None:
            counted[i] = RowTokens(text_tokens(model, pieces[i] or ""), False)
        else:
            counted[i] = RowTokens(count(joined) if i == split[0] else 0, not _show_tools(joined))
    return counted


def _show_tools(messages: Messages) -> bool:
    return any(
        message.get("role") in ("tool", "function") or message.get("tool_calls") or message.get("function_call")
        for message in messages
    )


def read_messages(text: str) -> Messages | None:
    """A JSON array of messages, one message, or a JSON string of either; None where it is none of them."""
    value = decode(text.encode("utf-8", "replace"))
    if isinstance(value, str):
        value = decode(value.encode("utf-8", "replace"))
    if isinstance(value, Mapping):
        return [value]
    return as_objects(value) if isinstance(value, list) else None


def prompt_tokens(model: str, messages: Messages) -> int:
    """The messages' own tokens; what a request costs once is not in here."""
    return sum(message_tokens(model, message) for message in messages)


def completion_tokens(model: str, messages: Messages) -> int:
    """Tokens of answers, each with what ends it."""
    total = 0
    for index, message in enumerate(messages):
        answer = ChatChunks()
        answer.add({"choices": [{"index": index, "message": message, "finish_reason": "stop"}]})
        counted = count_completion("chat", model, None, answer.answer(filtered=False, complete=True))
        total += counted.tokens if counted.tokens is not None else counted.lower_bound or 0
    return total
