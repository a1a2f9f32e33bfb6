"""Counts per second of processor time by kind of exchange: `python bench/count_speed.py [ROWS]`, one process.

Rows are made up, seeded and in the true wire shape: a prompt of about 250 words and an answer of about 120 tokens,
streamed as one delta per token of some 400 bytes. MB/s is of bodies. Some rows of each kind warm the tokenizer up.
"""

import json
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pyarrow as pa

from aoai_insights.model import GATEWAY_RAW
from aoai_insights.tokens.batch import count_gateway

_WORDS = (
    "the",
    "heron",
    "stands",
    "in",
    "shallow",
    "water",
    "and",
    "waits",
    "for",
    "a",
    "fish",
    "that",
    "swims",
    "near",
)
_FILTERS = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
_USAGE = {"prompt_tokens": 260, "completion_tokens": 120, "total_tokens": 380}
_LIMIT = 8192


def _text(rng: random.Random, words: int) -> list[str]:
    return [" " + rng.choice(_WORDS) for _ in range(words)]


def _request(rng: random.Random, streamed: bool) -> str:
    messages = [
        {"role": "system", "content": "".join(_text(rng, 60))},
        {"role": "user", "content": "".join(_text(rng, 190))},
    ]
    return json.dumps({"model": "gpt-4o", "messages": messages, "stream": streamed, "max_tokens": 800})


def _chunk(delta: dict[str, str], finish: str | None = None) -> str:
    choice = {"content_filter_results": _FILTERS, "delta": delta, "finish_reason": finish, "index": 0, "logprobs": None}
    facts = {"created": 1760000000, "id": "chatcmpl-" + "a" * 29, "model": "gpt-4o-2024-08-06"}
    return "data: " + json.dumps(
        {"choices": [choice], **facts, "object": "chat.completion.chunk"}, separators=(",", ":")
    )


def _stream(rng: random.Random, usage: bool) -> str:
    blocks = [_chunk({"content": "", "role": "assistant"}), *(_chunk({"content": t}) for t in _text(rng, 120))]
    blocks.append(_chunk({}, "stop"))
    if usage:
        blocks.append('data: {"choices":[],"model":"gpt-4o-2024-08-06","usage":' + json.dumps(_USAGE) + "}")
    return "\n\n".join([*blocks, "data: [DONE]", ""])


def _answer(rng: random.Random, usage: bool) -> str:
    message = {"role": "assistant", "content": "".join(_text(rng, 120))}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "model": "gpt-4o-2024-08-06"}
    return json.dumps(body | ({"usage": _USAGE} if usage else {}))


def _tools(rng: random.Random) -> str:
    calls = [{"index": 0, "function": {"arguments": t}} for t in _text(rng, 120)]
    head = {"index": 0, "id": "call_1", "function": {"name": "wade", "arguments": ""}}
    blocks = [_chunk({"tool_calls": [call]}) for call in (head, *calls)]  # type: ignore[dict-item]
    return "\n\n".join([*blocks, _chunk({}, "tool_calls"), "data: [DONE]", ""])


_KINDS: dict[str, Callable[[random.Random], tuple[str, str]]] = {
    "JSON with usage": lambda rng: (_request(rng, False), _answer(rng, True)),
    "JSON without usage": lambda rng: (_request(rng, False), _answer(rng, False)),
    "stream with usage": lambda rng: (_request(rng, True), _stream(rng, True)),
    "stream without usage": lambda rng: (_request(rng, True), _stream(rng, False)),
    "stream cut at 8,192 bytes": lambda rng: (_request(rng, True), _stream(rng, False)[:_LIMIT]),
    "stream of a tool call": lambda rng: (_request(rng, True), _tools(rng)),
}


def batch(kind: str, rows: int) -> pa.RecordBatch:
    rng = random.Random(7)
    made = [_KINDS[kind](rng) for _ in range(rows)]
    columns = {
        "correlation_id": [f"call-{i}" for i in range(rows)],
        "started_at": [datetime(2026, 10, 1, tzinfo=UTC)] * rows,
        "deployment": ["chat"] * rows,
        "api": ["chat"] * rows,
        "method": ["POST"] * rows,
        "status_code": [200] * rows,
        "request_bytes": [len(request) + 441 for request, _ in made],
        "response_bytes": [len(response) + (40_000 if len(response) == _LIMIT else 0) + 629 for _, response in made],
        "request_body": [request for request, _ in made],
        "response_body": [response for _, response in made],
    }
    return pa.RecordBatch.from_arrays(
        [pa.array(columns.get(field.name, [None] * rows), field.type) for field in GATEWAY_RAW], schema=GATEWAY_RAW
    )


def main(rows: int) -> None:
    for kind in _KINDS:
        rows_of_kind = batch(kind, rows)
        megabytes = sum(rows_of_kind.column(name).nbytes for name in ("request_body", "response_body")) / 1e6
        count_gateway(rows_of_kind.slice(0, 50), {})
        start = time.process_time()
        counted = count_gateway(rows_of_kind, {})
        seconds = time.process_time() - start
        sources = sorted(set(counted.column("body_source").to_pylist()))
        print(f"{kind:28} {rows / seconds:9,.0f} rows/s {megabytes / seconds:7.0f} MB/s  {', '.join(sources)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
