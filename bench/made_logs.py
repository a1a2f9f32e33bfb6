"""Made-up gateway logs in the true wire shape: JSON lines of a diagnostic-settings export, seeded.

Requests of 100 to 3,000 tokens of English and code (the standard library's own documentation and source) with some
other languages; answers of about 110 tokens, three in four streamed, one delta per word in events of some 300 bytes,
and no usage in them, so that every token is counted. About 53 kB a row; bodies of 8,192 bytes at most when cut.
"""

import argparse as argparse_
import inspect
import json
import random
import textwrap
from collections.abc import Iterator
from pathlib import Path

CUT_BYTES = 8192
ROWS_PER_FILE = 5_000

_OTHER = (
    "Der Reiher steht im flachen Wasser und wartet auf einen Fisch. ", "Le héron attend sans bouger au bord de l'eau. ",
    "鹭鸶站在浅水里等鱼。", "サギは浅瀬に立って魚を待つ。", "Цапля стоит на мелководье и ждёт рыбу. ", "🐟🌊 ",
)  # fmt: skip


def write(folder: Path, rows: int, *, cut: bool, seed: int = 7) -> int:
    """Writes `rows` calls as files of JSON lines into `folder`. Returns their bytes."""
    rng = random.Random(seed)
    texts = _texts()
    size = 0
    for number, start in enumerate(range(0, rows, ROWS_PER_FILE)):
        path = folder / f"{number:05d}.json"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(_lines(rng, texts, range(start, min(start + ROWS_PER_FILE, rows)), cut))
        size += path.stat().st_size
    return size


def _texts() -> str:
    """A few hundred thousand characters of English and code."""
    parts = []
    for module in (argparse_, random, json, textwrap, inspect):
        source = inspect.getsource(module)
        parts += [inspect.getdoc(module) or "", source]
        parts += [inspect.getdoc(member) or "" for _, member in sorted(inspect.getmembers(module, callable))]
    return "\n".join(parts)


def _lines(rng: random.Random, texts: str, numbers: range, cut: bool) -> Iterator[str]:
    for number in numbers:
        streamed = rng.random() < 0.75
        request = json.dumps(
            {"messages": [{"role": "system", "content": _cutting(rng, texts, 200, 1_200)},
                          {"role": "user", "content": _cutting(rng, texts, 200, 9_000) + rng.choice(_OTHER)}],
             "stream": streamed, "max_tokens": 800}, ensure_ascii=False)  # fmt: skip
        words = _cutting(rng, texts, 200, 800).split(" ")
        response = _stream(number, words) if streamed else _whole(number, words)
        sizes = len(request.encode()), len(response.encode())
        if cut:
            request, response = request[:CUT_BYTES], response[:CUT_BYTES]
        yield json.dumps(_record(rng, number, request, response, sizes, streamed), ensure_ascii=False) + "\n"


def _cutting(rng: random.Random, texts: str, least: int, most: int) -> str:
    size = rng.randint(least, most)
    start = rng.randrange(len(texts) - size)
    return texts[start : start + size]


def _stream(number: int, words: list[str]) -> str:
    facts = (
        f'"created":1790000000,"id":"chatcmpl-{number:029d}","model":"gpt-4o-2024-11-20","object":"chat.completion.chunk"'
    )
    safe = ",".join(f'"{name}":{{"filtered":false,"severity":"safe"}}' for name in ("hate", "self_harm", "violence"))

    def event(delta: str, finish: str) -> str:
        ended = f'"finish_reason":{finish},"index":0,"logprobs":null'
        choice = f'"content_filter_results":{{{safe}}},"delta":{delta},{ended}'
        return f'data: {{"choices":[{{{choice}}}],{facts}}}\n\n'

    deltas = (event(f'{{"content":{json.dumps(word + " ", ensure_ascii=False)}}}', "null") for word in words)
    first = event('{"content":"","role":"assistant"}', "null")
    return first + "".join(deltas) + event("{}", '"stop"') + "data: [DONE]\n\n"


def _whole(number: int, words: list[str]) -> str:
    message = {"role": "assistant", "content": " ".join(words)}
    choices = [{"index": 0, "finish_reason": "stop", "message": message}]
    facts = {"id": f"chatcmpl-{number:029d}", "model": "gpt-4o-2024-11-20", "object": "chat.completion"}
    return json.dumps({"choices": choices, **facts}, ensure_ascii=False)


def _record(
    rng: random.Random, number: int, request: str, response: str, sizes: tuple[int, int], streamed: bool
) -> dict[str, object]:
    second = number * 25 % 2_592_000
    day, hour, minute = second // 86_400 + 1, second // 3_600 % 24, second // 60 % 60
    path = "/openai/deployments/chat/chat/completions?api-version=2024-10-21"
    resource = f"aoai-{rng.randrange(5)}"
    ms = rng.randint(300, 9_000)
    return {
        "time": f"2026-10-{day:02d}T{hour:02d}:{minute:02d}:{second % 60:02d}.1234567Z",
        "resourceId": "/SUBSCRIPTIONS/0/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.APIMANAGEMENT/SERVICE/APIM",
        "category": "GatewayLogs", "operationName": "Microsoft.ApiManagement/GatewayLogs",
        "correlationId": f"{rng.getrandbits(32):08x}-0000-4000-8000-{number:012d}",
        "callerIpAddress": f"10.0.0.{number % 50}",
        "durationMs": ms, "isRequestSuccess": True, "location": "East US 2",
        "properties": {
            "method": "POST", "url": "https://apim.azure-api.net" + path, "apiId": "aoai", "operationId": "chat",
            "apimSubscriptionId": f"sub-{number % 40}", "productId": f"product-{number % 8}", "responseCode": 200,
            "cache": "none", "requestSize": sizes[0] + 441, "responseSize": sizes[1] + 629, "clientTime": 1,
            "backendUrl": f"https://{resource}.openai.azure.com" + path, "backendResponseCode": 200,
            "backendTime": ms - 5, "backendRequestBody": request, "backendResponseBody": response,
            "backendResponseHeaders": {
                "apim-request-id": f"{rng.getrandbits(32):08x}-0000-4000-9000-{number:012d}",
                "x-ms-region": "Sweden Central",
                "Content-Type": "text/event-stream" if streamed else "application/json",
            },
        },
    }  # fmt: skip
