"""Prompt tokens of Chat Completions (research: tokens, "Chat prompt", rules 1 to 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aoai_insights.tokens.content import read_content
from aoai_insights.tokens.encoding import text_tokens
from aoai_insights.tokens.exchange import Request
from aoai_insights.tokens.families import GPT_5, O_SERIES, Family, family, is_2023
from aoai_insights.tokens.tools import (
    TOOLS_HEADING,
    Function,
    compact_arguments,
    functions_text,
    parallel_calls_text,
    parallel_results_text,
    response_format_text,
)

MESSAGE = 4
"""Every message: its start, its role, the separator before the content, its end (rule 1)."""

RAW_RESULTS_SINCE = 1772323200
"""2026-03-01: results of parallel calls are no longer ASCII-escaped (rule 6)."""


@dataclass(slots=True)
class Tally:
    """Tokens so far, and what could not be counted."""

    model: str
    family: Family
    tokens: int = 0
    notes: list[str] = field(default_factory=list)

    def text(self, text: str) -> None:
        self.tokens += text_tokens(self.model, text)


def chat_prompt(model: str, request: Request, created: int | None) -> Tally:
    """Prompt tokens of a chat request."""
    tally = Tally(model, family(model))
    messages = [message for message in listed(request.get("messages")) if isinstance(message, Mapping)]
    functions = offered_functions(request)
    format_ = json_schema_of(request)
    tally.tokens += tally.family.reply_start
    sections = _sections(tally, functions, format_)
    heads = bool(messages) and messages[0].get("role") in ("system", "developer")
    if sections and not heads:
        tally.tokens += MESSAGE
        tally.text(sections)
    _add_constants(tally, request, functions, format_)
    answer_name = _schema_name_tokens(model, format_)
    position = 0
    called: dict[Any, str] = {}
    while position < len(messages):
        message = messages[position]
        before = sections if heads and position == 0 else ""
        position += 1 + _add_message(tally, message, messages[position + 1 :], called, before, answer_name, created)
    return tally


def _sections(tally: Tally, functions: Sequence[Function], format_: Mapping[str, Any] | None) -> str:
    parts = []
    if functions:
        parts.append(TOOLS_HEADING + functions_text(functions, titles=not is_2023(tally.model)))
    if format_ is not None:
        parts.append(response_format_text(format_))
    return "\n\n".join(parts)


def _add_constants(
    tally: Tally, request: Request, functions: Sequence[Function], format_: Mapping[str, Any] | None
) -> None:
    if functions:
        tally.tokens += tally.family.tools_section
        if tally.family is GPT_5 and not all(described(function) for function in functions):
            tally.tokens -= 1
        tally.tokens += _tool_choice_tokens(tally, request)
    elif format_ is not None and tally.family not in (GPT_5, O_SERIES):
        tally.tokens += _schema_name_tokens(tally.model, format_)


def _tool_choice_tokens(tally: Tally, request: Request) -> int:
    if tally.family in (GPT_5, O_SERIES):
        return 0
    name = forced_function(request)
    if name is not None:
        return 5 + text_tokens(tally.model, name) if is_2023(tally.model) else 6 + text_tokens(tally.model, "functions." + name)
    return 1 if request.get("tool_choice", request.get("function_call")) == "none" else 0


def _schema_name_tokens(model: str, format_: Mapping[str, Any] | None) -> int:
    return 0 if format_ is None else 2 + text_tokens(model, str(format_.get("name") or ""))


def _add_message(
    tally: Tally,
    message: Mapping[str, Any],
    following: Sequence[Mapping[str, Any]],
    called: dict[Any, str],
    sections: str,
    answer_name: int,
    created: int | None,
) -> int:
    """Count one message; return how many of the following ones were counted with it."""
    role = message.get("role")
    content = read_content(tally.model, message.get("content"))
    tally.notes += content.notes
    tally.tokens += content.image_tokens
    taken = 0
    calls = [call for call in listed(message.get("tool_calls")) if isinstance(call, Mapping)]
    legacy = message.get("function_call")
    if calls:
        if content.text:
            tally.tokens += MESSAGE + tally.family.earlier_answer
            tally.text(content.text)
        _add_name(tally, message)
        taken = _add_calls(tally, calls, following, called, created)
    elif role == "tool":
        tally.tokens += 5
        tally.text(called.get(message.get("tool_call_id")) or text_of(message.get("name")))
        tally.text(content.text)
    elif role == "function":
        tally.tokens += MESSAGE
        tally.text(text_of(message.get("name")))
        tally.text(content.text)
    elif role == "assistant" and isinstance(legacy, Mapping):
        if content.text:
            tally.tokens += MESSAGE
            tally.text(content.text)
        tally.tokens += 7
        tally.text("functions." + text_of(legacy.get("name")))
        tally.text(compact_arguments(text_of(legacy.get("arguments"))))
    else:
        text = content.text
        if sections:
            text = f"{tally.family.instructions_heading}{text}\n\n{sections}"
        tally.tokens += MESSAGE
        tally.text(text)
        if tally.model in ("gpt-3.5-turbo-0301",):
            tally.tokens += 1
        if role == "assistant":
            tally.tokens += tally.family.earlier_answer + answer_name
        _add_name(tally, message)
    return taken


def _add_name(tally: Tally, message: Mapping[str, Any]) -> None:
    name = text_of(message.get("name"))
    if name:
        tally.tokens += 1 if name == message.get("role") else 1 + text_tokens(tally.model, name)


def _add_calls(
    tally: Tally,
    calls: Sequence[Mapping[str, Any]],
    following: Sequence[Mapping[str, Any]],
    called: dict[Any, str],
    created: int | None,
) -> int:
    named = [function_of(call) for call in calls]
    for call, (name, _) in zip(calls, named, strict=True):
        called[call.get("id")] = name
    if len(calls) == 1:
        name, arguments = named[0]
        tally.tokens += tally.family.call - 5
        tally.text("functions." + name)
        tally.text(compact_arguments(arguments))
        return 0
    tally.tokens += tally.family.parallel_calls - 9
    tally.text(parallel_calls_text(named))
    results: dict[Any, str] = {}
    taken = 0
    for message in following:
        if message.get("role") != "tool":
            break
        content = read_content(tally.model, message.get("content"))
        tally.notes += content.notes
        tally.tokens += content.image_tokens
        results[message.get("tool_call_id")] = content.text
        taken += 1
    if results:
        ordered = [results[call.get("id")] for call in calls if call.get("id") in results]
        tally.tokens += 9
        tally.text(parallel_results_text(ordered, escaped=created is not None and created < RAW_RESULTS_SINCE))
    return taken


def offered_functions(request: Request) -> list[Function]:
    """Functions of `tools`, or of the older `functions`."""
    tools = request.get("tools")
    if isinstance(tools, list) and tools:
        offered = [tool for tool in tools if isinstance(tool, Mapping) and tool.get("type", "function") == "function"]
        return [tool["function"] for tool in offered if isinstance(tool.get("function"), Mapping)]
    return [function for function in listed(request.get("functions")) if isinstance(function, Mapping)]


def json_schema_of(request: Request) -> Mapping[str, Any] | None:
    """The json_schema response format of a chat request."""
    format_ = request.get("response_format")
    if isinstance(format_, Mapping) and format_.get("type") == "json_schema":
        schema = format_.get("json_schema")
        return schema if isinstance(schema, Mapping) else None
    return None


def forced_function(request: Request) -> str | None:
    """The one function that `tool_choice` or `function_call` makes the model call."""
    choice = request.get("tool_choice", request.get("function_call"))
    if not isinstance(choice, Mapping):
        return None
    function = choice.get("function")
    name = function.get("name") if isinstance(function, Mapping) else choice.get("name")
    return name if isinstance(name, str) and name else None


def described(function: Function) -> bool:
    """Has the function a description?"""
    return bool(text_of(function.get("description")).strip())


def function_of(call: Mapping[str, Any]) -> tuple[str, str]:
    """Name and arguments of one tool call of a message."""
    function = call.get("function")
    if not isinstance(function, Mapping):
        return "", ""
    return text_of(function.get("name")), text_of(function.get("arguments"))


def listed(value: Any) -> list[Any]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """`value` if it is text, else an empty text."""
    return value if isinstance(value, str) else ""
