"""How well a cut body is extended: `python bench/cut_accuracy.py CASES.jsonl[.gz] [BYTES ...]`.

CASES holds recorded exchanges, one JSON object a line: api, provider, stream, model, request (object), response_body
(text) and usage (the truth). Each body is cut at BYTES (default 8192), its total size is given, the usage is hidden,
and the estimate is compared with the truth: the signed error of the sum, the median absolute error, the share of 90 %
intervals that hold the truth, and how wide they are.
"""

import gzip
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from aoai_insights.tokens.count import Count, count_exchange
from aoai_insights.tokens.encoding import encoder
from aoai_insights.tokens.logged import Exchange
from aoai_insights.tokens.usage import read_usage

Scores = dict[str, list[tuple[int, Count]]]


def cases(path: str) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt") if path.endswith(".gz") else open(path) as lines:
        yield from map(json.loads, lines)


def exchange_of(
    case: dict[str, Any], request: bytes, response: bytes, totals: tuple[int | None, int | None]
) -> Exchange:
    return Exchange(
        api=case["api"],
        request=request,
        response=response,
        streamed=case["stream"],
        provider=case["provider"],
        models=(case["model"],),
        request_total_bytes=totals[0],
        response_total_bytes=totals[1],
    )


def score(path: str, limit: int) -> tuple[Scores, Scores]:
    answers: Scores = defaultdict(list)
    prompts: Scores = defaultdict(list)
    for case in cases(path):
        usage = read_usage(case["usage"])
        if usage is None or encoder(case["model"]) is None:
            continue
        request = json.dumps(case["request"], ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        response = case["response_body"].encode("utf-8", "replace").strip()
        if len(response) > limit and case["api"] != "embeddings":
            count = count_exchange(exchange_of(case, request, response[:limit], (None, len(response))), use_usage=False)
            form = "stream" if case["stream"] else "JSON"
            hidden = (
                "reasoning hidden"
                if "reasoning_not_visible" in count.notes and usage.reasoning_tokens
                else "all visible"
            )
            if usage.reasoning_tokens and hidden == "all visible":
                hidden = "reasoning sized"
            answers[f"{case['api']} {form}, {hidden}"].append((usage.completion_tokens, count))
            if hidden == "all visible":
                answers[f"every {form}, {hidden}"].append((usage.completion_tokens, count))
        if len(request) > limit and b"base64" not in request:
            count = count_exchange(exchange_of(case, request[:limit], response, (len(request), None)), use_usage=False)
            if "hosted_tool" not in count.notes and "server_side_context" not in count.notes:
                prompts[f"{case['api']} request"].append((usage.prompt_tokens, count))
    return answers, prompts


def row(name: str, pairs: list[tuple[int, int, int | None, int | None]], missing: int) -> str:
    true = sum(t for t, *_ in pairs)
    error = [abs(e - t) / t for t, e, _, _ in pairs if t]
    held = [low <= t <= high for t, _, low, high in pairs if low is not None and high is not None]
    width = [(high - low) / t for t, _, low, high in pairs if t and low is not None and high is not None]
    return (
        f"{name:34} n {len(pairs):4}  sum {sum(e for _, e, _, _ in pairs) / max(1, true) - 1:+7.1%}"
        f"  median |error| {statistics.median(error or [0]):6.1%}  mean |error| {statistics.mean(error or [0]):6.1%}"
        f"  in interval {sum(held) / max(1, len(held)):5.0%}"
        f"  median width {statistics.median(width or [0]):5.1%}  no estimate {missing}"
    )


def report(scores: Scores, field: str) -> None:
    for name, results in sorted(scores.items()):
        pairs = [
            (true, getattr(c, field), getattr(c, field + "_low"), getattr(c, field + "_high"))
            for true, c in results
            if getattr(c, field + "_high") is not None
        ]
        print(row(name, pairs, len(results) - len(pairs)))


def main(path: str, limits: list[int]) -> None:
    for limit in limits:
        print(f"cut at {limit} bytes")
        answers, prompts = score(path, limit)
        report(answers, "completion_tokens")
        report(prompts, "prompt_tokens")


if __name__ == "__main__":
    main(sys.argv[1], [int(a) for a in sys.argv[2:]] or [8192])
