"""The running count of one prompt or answer, and JSON read without trust in its types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aoai_insights.tokens.content import Content
from aoai_insights.tokens.encoding import text_tokens
from aoai_insights.tokens.exchange import Counted
from aoai_insights.tokens.families import Family

UNSEEN = frozenset(
    {
        "audio",
        "custom_tool",
        "file",
        "hosted_item",
        "hosted_tool",
        "pro_mode",
        "reasoning_item",
        "server_side_context",
        "unknown_part",
    }
)
"""Notes that mean: part of what was billed is not in the body, so the count is only a lower bound."""


@dataclass(slots=True)
class Tally:
    """Tokens so far, and notes on what they do not hold or only assume."""

    model: str
    family: Family
    tokens: int = 0
    notes: list[str] = field(default_factory=list)
    reasoning_tokens: int | None = None

    def text(self, text: str) -> None:
        """Add the tokens of `text`."""
        self.tokens += text_tokens(self.model, text)

    def content(self, content: Content) -> None:
        """Add images and notes of a content, not its text."""
        self.tokens += content.image_tokens
        self.notes += content.notes

    def counted(self) -> Counted:
        """The finished count: only a lower bound once a note says that something billed is not in the body."""
        tokens = max(0, self.tokens)  # a request without messages can come to less
        if not self.notes:
            return Counted(tokens, (), self.reasoning_tokens)
        notes = tuple(dict.fromkeys(self.notes))
        if UNSEEN.isdisjoint(notes):
            return Counted(tokens, notes, self.reasoning_tokens)
        return Counted(None, notes, self.reasoning_tokens, lower_bound=tokens)


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """The objects in `value` if it is a list, else none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """`value` if it is text, else an empty text."""
    return value if isinstance(value, str) else ""
