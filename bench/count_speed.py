"""What a log row costs by the shape of its bodies: `python -m bench.count_speed [ROWS]`, one process, CPU time.

Rows are made up, seeded and in the true wire shape: a prompt of about 250 words and an answer of about 120 tokens,
streamed as one delta per token. They are read from the JSON lines of an export and counted; the best of three.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from aoai_insights.sources import GatewayOptions, Piece
from aoai_insights.sources.count import read_and_count

_WORDS = ("the", "heron", "stands", "in", "shallow", "water", "and", "waits", "for", "a", "fish", "that", "swims")
_FILTERS = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
_USAGE = {"prompt_tokens": 260, "completion_tokens": 120, "total_tokens": 380}
_LIMIT = 8192

_Write = Callable[[object], str]
_compact = partial(json.dumps, separators=(",", ":"), ensure_ascii=False)


def _text(rng: random.Random, words: int) -> list[str]:
    return [" " + rng.choice(_WORDS) for _ in range(words)]


def _request(rng: random.Random, **more: Any) -> str:
    messages = [
        {"role": "system", "content": "".join(_text(rng, 60))},
        {"role": "user", "content": "".join(_text(rng, 190))},
    ]
    return json.dumps({"model": "gpt-4o", "messages": messages, "max_tokens": 800} | more)


def _tools() -> list[dict[str, Any]]:
    """Ten, the same in every call of an app."""
    rng = random.Random(1)
    fields = {f"field_{i}": {"type": "string", "description": "".join(_text(rng, 10))} for i in range(7)}
    parameters = {"type": "object", "properties": fields, "required": ["field_0"]}
    described = (("".join(_text(rng, 20)), f"wade_{i}") for i in range(10))
    functions = [{"name": name, "description": text, "parameters": parameters} for text, name in described]
    return [{"type": "function", "function": function} for function in functions]


def _chunk(delta: dict[str, Any], finish: str | None = None, index: int = 0, **more: Any) -> dict[str, Any]:
    choice = {"content_filter_results": _FILTERS, "delta": delta, "finish_reason": finish, "index": index} | more
    facts = {"created": 1760000000, "id": "chatcmpl-" + "a" * 29, "model": "gpt-4o-2024-08-06"}
    return {"choices": [choice], **facts, "object": "chat.completion.chunk"}


def _sse(deltas: Iterator[dict[str, Any]], write: _Write = _compact, blank: str = "\n\n", usage: bool = False) -> str:
    events = [_chunk({"content": "", "role": "assistant"}), *deltas, _chunk({}, "stop")]
    if usage:
        events.append({"choices": [], "model": "gpt-4o-2024-08-06", "usage": _USAGE})
    return "".join(f"data: {write(event)}{blank}" for event in events) + f"data: [DONE]{blank}"


def _texts(rng: random.Random) -> Iterator[dict[str, Any]]:
    return (_chunk({"content": text}) for text in _text(rng, 120))


def _padded(rng: random.Random) -> Iterator[dict[str, Any]]:
    return (event | {"obfuscation": "x" * rng.randint(1, 14)} for event in _texts(rng))


def _arguments(rng: random.Random) -> Iterator[dict[str, Any]]:
    yield _chunk({"tool_calls": [{"index": 0, "id": "call_1", "function": {"name": "wade", "arguments": ""}}]})
    for text in _text(rng, 120):
        yield _chunk({"tool_calls": [{"index": 0, "function": {"arguments": text}}]})


def _filtered_beside(rng: random.Random) -> Iterator[dict[str, Any]]:
    for number, event in enumerate(_texts(rng)):
        yield event
        if number % 10 == 9:
            yield {"choices": [{"content_filter_offsets": {"end_offset": number}, "finish_reason": None, "index": 0}]}


def _two_choices(rng: random.Random) -> Iterator[dict[str, Any]]:
    return (_chunk({"content": text}, index=number % 2) for number, text in enumerate(_text(rng, 120)))


def _log_probabilities(rng: random.Random) -> Iterator[dict[str, Any]]:
    for text in _text(rng, 120):
        token = {"token": text, "logprob": -rng.random(), "bytes": list(text.encode())}
        yield _chunk({"content": text}, logprobs={"content": [token], "refusal": None})


def _answer(rng: random.Random, usage: bool) -> str:
    message = {"role": "assistant", "content": "".join(_text(rng, 120))}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "model": "gpt-4o-2024-08-06"}
    return json.dumps(body | ({"usage": _USAGE} if usage else {}))


_SHAPES: dict[str, Callable[[random.Random], str]] = {
    "JSON with usage": lambda rng: _answer(rng, True),
    "JSON without usage": lambda rng: _answer(rng, False),
    "JSON without usage, ten tools": lambda rng: _answer(rng, False),
    "stream with usage": lambda rng: _sse(_texts(rng), usage=True),
    "stream": lambda rng: _sse(_texts(rng)),
    "stream of a call's arguments": lambda rng: _sse(_arguments(rng)),
    "stream with random padding": lambda rng: _sse(_padded(rng)),
    "stream, blanks in its JSON": lambda rng: _sse(_texts(rng), json.dumps),
    "stream, other line ends": lambda rng: _sse(_texts(rng), blank="\r\n\r\n"),
    "stream, verdicts between": lambda rng: _sse(_filtered_beside(rng)),
    "stream of two choices": lambda rng: _sse(_two_choices(rng)),
    "stream, log probabilities": lambda rng: _sse(_log_probabilities(rng)),
}


def _lines(shape: str, rows: int, cut: bool) -> bytes:
    rng = random.Random(7)
    more = {"tools": _tools()} if shape.endswith("ten tools") else {}
    return b"".join(_line(number, _request(rng, **more), _SHAPES[shape](rng), cut) for number in range(rows))


def _line(number: int, request: str, response: str, cut: bool) -> bytes:
    url = "https://aoai-1.openai.azure.com/openai/deployments/chat/chat/completions"
    properties = {
        "method": "POST", "apiId": "aoai", "backendUrl": url, "responseCode": 200, "backendResponseCode": 200,
        "requestSize": len(request) + 441, "responseSize": len(response) + 629, "backendRequestBody": request,
        "backendResponseBody": response[:_LIMIT] if cut else response,
    }  # fmt: skip
    record = {"time": "2026-10-01T00:00:00Z", "category": "GatewayLogs", "correlationId": f"call-{number}"}
    return json.dumps(record | {"properties": properties}).encode() + b"\n"


def _measured(lines: bytes) -> tuple[float, list[str]]:
    """Seconds of CPU, and the sources of the counts."""
    started = time.process_time()
    result = read_and_count(Piece("made", content=lines), GatewayOptions(), {})
    seconds = time.process_time() - started
    sources = {source for _, batch in result.batches for source in batch.column("body_source").to_pylist()}
    return seconds, sorted(sources)


def main(rows: int) -> None:
    _measured(_lines("stream", 50, cut=False))  # loads the tokenizer
    for shape in _SHAPES:
        for cut in (False, True):
            lines = _lines(shape, rows, cut)
            seconds, sources = min(_measured(lines) for _ in range(3))
            each, megabytes = seconds / rows * 1e6, len(lines) / 1e6
            bodies = "cut" if cut else "whole"
            print(f"{shape:29} {bodies:5} {each:6.0f} us/row {megabytes / seconds:5.0f} MB/s  {', '.join(sources)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
