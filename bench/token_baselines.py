"""How others count prompts: OpenAI's cookbook and LiteLLM. Measured beside our own count, never used by it."""

import importlib.util
import os
from collections.abc import Mapping, Sequence
from typing import Any

from aoai_insights.tokens.encoding import text_tokens


def has_litellm() -> bool:
    """Is LiteLLM installed here? It is no dependency of this project."""
    return importlib.util.find_spec("litellm") is not None


def messages_of(api: str, request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Chat messages; of a Responses request the nearest thing to them."""
    if api == "chat":
        return [dict(message) for message in request.get("messages") or []]
    given = request.get("input")
    messages: list[dict[str, Any]] = []
    if request.get("instructions"):
        messages.append({"role": "system", "content": request["instructions"]})
    if isinstance(given, str):
        return [*messages, {"role": "user", "content": given}]
    for item in given or []:
        if "role" in item:
            messages.append({"role": item["role"], "content": item.get("content")})
        elif item.get("type") == "function_call":
            call = {"id": item.get("call_id"), "type": "function", "function": {"name": item.get("name")}}
            call["function"]["arguments"] = item.get("arguments")
            messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        elif item.get("type") == "function_call_output":
            messages.append({"role": "tool", "tool_call_id": item.get("call_id"), "content": str(item.get("output"))})
    return messages


def tools_of(api: str, request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Function tools in the form of Chat Completions."""
    tools = [tool for tool in request.get("tools") or [] if tool.get("type", "function") == "function"]
    if api == "chat":
        return tools or [{"type": "function", "function": one} for one in request.get("functions") or []]
    return [{"type": "function", "function": {k: v for k, v in tool.items() if k != "type"}} for tool in tools]


def cookbook_prompt(model: str, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> int:
    """The rules of https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken, messages and tools."""
    total = 3
    for message in messages:
        total += 3
        for key, value in message.items():
            total += text_tokens(model, _as_text(value)) + (1 if key == "name" else 0)
    return total + (_cookbook_tools(model, tools) if tools else 0)


def _as_text(value: Any) -> str:
    """The cookbook knows text only; of content parts the text is taken."""
    if isinstance(value, list) and all(isinstance(part, Mapping) and "type" in part for part in value):
        return "".join(str(part.get("text") or part.get("function") or "") for part in value)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _cookbook_tools(model: str, tools: Sequence[Mapping[str, Any]]) -> int:
    function_start = 7 if model.startswith("gpt-4o") else 10
    total = 12
    for tool in tools:
        function = tool["function"]
        description = (function.get("description") or "").removesuffix(".")
        total += function_start + text_tokens(model, f"{function['name']}:{description}")
        properties = (function.get("parameters") or {}).get("properties") or {}
        total += 3 if properties else 0
        for key, value in properties.items():
            value = value if isinstance(value, dict) else {}
            total += 3
            if value.get("enum"):
                total += -3 + sum(3 + text_tokens(model, str(one)) for one in value["enum"])
            described = (value.get("description") or "").removesuffix(".")
            total += text_tokens(model, f"{key}:{value.get('type')}:{described}")
    return total


def litellm_prompt(model: str, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> int | None:
    """LiteLLM's counter; None where it raises."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it asks the internet for prices first
    import litellm

    litellm.suppress_debug_info = True
    try:
        return int(litellm.token_counter(model=model, messages=list(messages), tools=list(tools) or None))
    except Exception:  # a baseline that fails on a case is reported as failing on it
        return None
