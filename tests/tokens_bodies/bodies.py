"""Bodies in the true shapes of Azure OpenAI, written for these tests."""

import json
from collections.abc import Callable, Sequence
from typing import Any

MODEL = "gpt-4o-2024-08-06"
USAGE = {
    "prompt_tokens": 20,
    "completion_tokens": 7,
    "total_tokens": 27,
    "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 0},
}
REQUEST = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Where do herons sleep?"}]}
FILTERS = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}

Json = dict[str, Any]


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def chunk(delta: Json | None, *, index: int = 0, finish: str | None = None, **members: Any) -> Json:
    """One chunk; no choice at all where `delta` is None. Verdicts come with text only."""
    filters = FILTERS if delta and delta.get("content") else {}
    choice = {"content_filter_results": filters, "delta": delta, "finish_reason": finish, "index": index}
    return {
        "choices": [] if delta is None else [choice],
        "created": 1760000000,
        "id": "chatcmpl-heron",
        "model": MODEL,
        "object": "chat.completion.chunk",
        "system_fingerprint": "fp_1",
    } | members


PROMPT_FILTER = {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": []}


def text_chunks(texts: Sequence[str], usage: Json | None = None) -> list[Json]:
    """The usual stream: filter verdict, role, deltas, finish, usage where asked for."""
    expected: Json = {} if usage is None else {"usage": None}
    chunks = [PROMPT_FILTER, chunk({"content": "", "refusal": None, "role": "assistant"}, **expected)]
    chunks += [chunk({"content": text}, **expected) for text in texts]
    chunks.append(chunk({}, finish="stop", **expected))
    return chunks if usage is None else [*chunks, chunk(None, usage=usage)]


def sse(
    events: Sequence[Json], *, done: bool = True, newline: str = "\n", write: Callable[[object], str] = compact
) -> str:
    blocks = [f"data: {write(event)}" for event in events] + (["data: [DONE]"] if done else [])
    return "".join(block + newline * 2 for block in blocks)


def typed_sse(events: Sequence[Json], *, write: Callable[[object], str] = compact) -> str:
    """The Responses API names each event and has no [DONE]."""
    return "".join(f"event: {event['type']}\ndata: {write(event)}\n\n" for event in events)


def chat_json(text: str | None, usage: Json | None = USAGE, finish: str = "stop", **message: Any) -> Json:
    body: Json = {
        "choices": [
            {
                "content_filter_results": FILTERS,
                "finish_reason": finish,
                "index": 0,
                "message": {"content": text, "refusal": None, "role": "assistant"} | message,
            }
        ],
        "created": 1760000000,
        "id": "chatcmpl-heron",
        "model": MODEL,
        "object": "chat.completion",
    }
    return body if usage is None else body | {"usage": usage}


def response_json(status: str, output: Sequence[Json] = (), usage: Json | None = None) -> Json:
    return {
        "id": "resp_heron",
        "object": "response",
        "created_at": 1760000000,
        "status": status,
        "model": MODEL,
        "output": list(output),
        "tools": [],
        "service_tier": "default",
        "usage": usage,
    }


RESPONSE_USAGE = {
    "input_tokens": 30,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 9,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 39,
}


def message_item(text: str, status: str = "completed") -> Json:
    content = [{"type": "output_text", "annotations": [], "logprobs": [], "text": text}]
    item = {"id": "msg_" + "a" * 50, "type": "message", "status": status, "role": "assistant"}
    return item | {"content": content if status == "completed" else []}


def response_events(texts: Sequence[str], usage: Json | None = RESPONSE_USAGE) -> list[Json]:
    place = {"item_id": "msg_" + "a" * 50, "output_index": 0, "content_index": 0}
    whole = "".join(texts)
    part = {"type": "output_text", "annotations": [], "logprobs": []}
    events: list[Json] = [
        {"type": "response.created", "response": response_json("in_progress")},
        {"type": "response.in_progress", "response": response_json("in_progress")},
        {"type": "response.output_item.added", "output_index": 0, "item": message_item("", "in_progress")},
        {"type": "response.content_part.added", **place, "part": part | {"text": ""}},
    ]
    events += [
        {"type": "response.output_text.delta", **place, "delta": text, "logprobs": [], "obfuscation": "x" * 12}
        for text in texts
    ]
    events += [
        {"type": "response.output_text.done", **place, "text": whole, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": part | {"text": whole}},
        {"type": "response.output_item.done", "output_index": 0, "item": message_item(whole)},
        {"type": "response.completed", "response": response_json("completed", [message_item(whole)], usage)},
    ]
    return [event | {"sequence_number": number} for number, event in enumerate(events)]


WORDS = ("birds", "stand", "very", "still", "in", "deep", "water", "and", "wait", "for", "a", "fish", "to", "come")


def words(count: int) -> list[str]:
    """Deltas of one word each, each one token."""
    return [" " + WORDS[i % len(WORDS)] for i in range(count)]


def call_chunks(arguments: Sequence[str]) -> list[Json]:
    """A stream of one tool call."""
    first = {"index": 0, "id": "call_" + "a" * 24, "type": "function", "function": {"name": "wade", "arguments": ""}}
    chunks = [PROMPT_FILTER, chunk({"content": None, "role": "assistant", "tool_calls": [first]})]
    chunks += [chunk({"tool_calls": [{"index": 0, "function": {"arguments": text}}]}) for text in arguments]
    return [*chunks, chunk({}, finish="tool_calls")]
