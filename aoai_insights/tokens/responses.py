"""Prompt and completion tokens of the Responses API (research: tokens, "Responses API")."""

import json
from collections.abc import Mapping
from typing import Any

from aoai_insights.tokens.chat import MESSAGE, Tally, described, listed, text_of
from aoai_insights.tokens.content import read_content
from aoai_insights.tokens.encoding import text_tokens
from aoai_insights.tokens.exchange import Answer, Request
from aoai_insights.tokens.families import GPT_5, O_SERIES, base_name, family, is_2023
from aoai_insights.tokens.tools import functions_text, response_format_text, parallel_calls_text

_SERVER_SIDE = ("previous_response_id", "conversation", "prompt")


def responses_prompt(model: str, request: Request, created: int | None) -> Tally:
    tally = Tally(model, family(model))
    fam = tally.family
    tally.tokens += fam.reply_start
    tools = [t for t in listed(request.get("tools")) if isinstance(t, Mapping)]
    functions = [t for t in tools if t.get("type") == "function"]
    for t in tools:
        if t.get("type") != "function":
            tally.notes.append("hosted_tool")
    for k in _SERVER_SIDE:
        if request.get(k):
            tally.notes.append("server_side_context")
    format_ = text_format(request)
    if functions:
        nodesc = not all(described(f) for f in functions)
        tally.tokens += {"gpt-5": 9 - nodesc, "o-series": 6}.get(fam.generation, 3)
        tally.text(functions_text(functions))
        tally.tokens += _choice(tally, request)
    if format_ is not None:
        tally.text(response_format_text(format_))
        if fam not in (GPT_5, O_SERIES) and not functions:
            tally.tokens += 1
    answer_name = 0 if format_ is None else 2 + text_tokens(model, text_of(format_.get("name")))
    instructions = request.get("instructions")
    if isinstance(instructions, str):
        tally.tokens += MESSAGE
        tally.text(instructions)
    inp = request.get("input")
    if isinstance(inp, str):
        tally.tokens += MESSAGE
        tally.text(inp)
        return tally
    last = None
    for item in listed(inp):
        if not isinstance(item, Mapping):
            continue
        kind = item.get("type", "message")
        if kind == "message" or "role" in item:
            content = read_content(model, item.get("content"))
            tally.notes += content.notes
            tally.tokens += MESSAGE + content.image_tokens
            tally.text(content.text)
            if item.get("role") == "assistant":
                tally.tokens += fam.earlier_answer + answer_name
        elif kind == "function_call":
            stored = bool(item.get("id") and item.get("status"))
            k1, k2 = {"gpt-5": (18, 15), "o-series": (15, 15)}.get(fam.generation, (9, 9))
            b = base_name(model)
            if fam is GPT_5 and not b.startswith(("gpt-5.4", "gpt-5.6")):
                k1 = 15
            tally.tokens += (k2 if last == "function_call" else k1) + (3 if stored and fam is not GPT_5 else 0)
            tally.tokens += 2 * text_tokens(model, "functions." + text_of(item.get("name")))
            tally.text(text_of(item.get("arguments")))
        elif kind == "function_call_output":
            out = item.get("output")
            content = read_content(model, out if isinstance(out, str | list) else json.dumps(out))
            tally.notes += content.notes
            tally.tokens += content.image_tokens
            tally.text(content.text)
        elif kind == "reasoning":
            tally.notes.append("reasoning_item")
            continue
        else:
            tally.notes.append("hosted_item")
        last = kind
    return tally


def _choice(tally: Tally, request: Request) -> int:
    if tally.family in (GPT_5, O_SERIES):
        return 0
    c = request.get("tool_choice")
    if isinstance(c, Mapping) and c.get("type") == "function":
        return 6 + text_tokens(tally.model, "functions." + text_of(c.get("name")))
    return 1 if c == "none" else 0


def text_format(request: Request) -> Mapping[str, Any] | None:
    text = request.get("text")
    if isinstance(text, Mapping) and isinstance(text.get("format"), Mapping) and text["format"].get("type") == "json_schema":
        return text["format"]
    return None


def responses_completion(model: str, request: Request | None, answer: Answer, provider: str) -> Tally:
    return Tally(model, family(model))
