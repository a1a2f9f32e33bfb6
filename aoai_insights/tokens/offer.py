"""What a request offers the model beside its messages: functions, a response format, a choice among tools."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from aoai_insights.tokens.encoding import text_tokens
from aoai_insights.tokens.exchange import Request
from aoai_insights.tokens.tally import mappings, text_of
from aoai_insights.tokens.tools import Function


class Offer(Struct, frozen=True):
    """Functions, the json_schema format and the tool choice, in one form for both APIs."""

    functions: tuple[Function, ...] = ()
    format: Mapping[str, Any] | None = None
    """name, description, schema of a json_schema response format."""
    forced: str = ""
    """The one function that `tool_choice` or `function_call` makes the model call."""
    choice: str = ""
    """The choice where it is a word: auto, none, required."""
    notes: tuple[str, ...] = ()

    def format_name_tokens(self, model: str) -> int:
        """The name of the format, as it stands in the header of each answer in that format (rule 5)."""
        return 0 if self.format is None else 2 + text_tokens(model, text_of(self.format.get("name")))

    @property
    def all_described(self) -> bool:
        return all(text_of(function.get("description")).strip() for function in self.functions)


_NOTHING = Offer()
_CHAT_OFFERS = frozenset(
    {"tools", "functions", "response_format", "tool_choice", "function_call", "web_search_options"}
)
"""Members of a request of which most have none."""


def chat_offer(request: Request) -> Offer:
    """The offer of a Chat Completions request; `functions` and `function_call` are the names of 2023."""
    if _CHAT_OFFERS.isdisjoint(request):
        return _NOTHING
    tools = mappings(request.get("tools"))
    functions = [tool.get("function") for tool in tools if tool.get("type", "function") == "function"]
    named = [function for function in functions if isinstance(function, Mapping)] if tools else []
    format_ = request.get("response_format")
    schema = format_.get("json_schema") if _is_schema(format_) and isinstance(format_, Mapping) else None
    choice = request.get("tool_choice", request.get("function_call"))
    notes = [("custom_tool", len(named) < len(tools)), ("hosted_tool", "web_search_options" in request)]
    return Offer(
        tuple(named or mappings(request.get("functions"))),
        schema if isinstance(schema, Mapping) else None,
        _forced(choice),
        text_of(choice),
        tuple(note for note, is_so in notes if is_so),
    )


def responses_offer(request: Request) -> Offer:
    """The offer of a Responses API request. `required` with a single function forces that function."""
    tools = mappings(request.get("tools"))
    functions = tuple(tool for tool in tools if tool.get("type") == "function")
    others = {str(tool.get("type")) for tool in tools} - {"function"}
    notes = tuple("custom_tool" if kind == "custom" else "hosted_tool" for kind in sorted(others))
    text = request.get("text")
    format_ = text.get("format") if isinstance(text, Mapping) else None
    choice = request.get("tool_choice")
    only = text_of(functions[0].get("name")) if choice == "required" and len(functions) == 1 == len(tools) else ""
    return Offer(
        functions,
        format_ if _is_schema(format_) and isinstance(format_, Mapping) else None,
        _forced(choice) or only,
        text_of(choice),
        notes,
    )


def _is_schema(format_: Any) -> bool:
    return isinstance(format_, Mapping) and format_.get("type") == "json_schema"


def _forced(choice: Any) -> str:
    if not isinstance(choice, Mapping):
        return ""
    function = choice.get("function")
    return text_of(function.get("name") if isinstance(function, Mapping) else choice.get("name"))
