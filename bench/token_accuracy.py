"""How exact are our own token counts? Recorded exchanges with their usage hidden, against that usage.

    python bench/token_accuracy.py CASES.jsonl[.gz] [--misses CATEGORY]

A line of CASES is {id, api, provider, model, stream, request, response_body, usage, created}. Printed per category:
cases, share exact, mean absolute percentage error, signed aggregate error; for prompts beside the OpenAI cookbook's
rules and LiteLLM's counter. Our count never sees `usage`: counting reads messages, tools and text only.
"""

import argparse
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import token_baselines as others

from aoai_insights.tokens.answer import read_answer
from aoai_insights.tokens.completion import count_completion
from aoai_insights.tokens.encoding import encoder
from aoai_insights.tokens.exchange import Counted
from aoai_insights.tokens.families import reasons
from aoai_insights.tokens.prompt import count_prompt

_ASSUMED = ("image_by_url", "image_unreadable", "reasoning_by_size")
"""Notes of counts that rest on an assumption: shown, not scored."""


@dataclass(slots=True)
class Score:
    """True and counted tokens of one category."""

    cases: list[tuple[str, int, int | None]]

    def line(self) -> str:
        pairs = [(true, ours) for _, true, ours in self.cases if ours is not None]
        failed = len(self.cases) - len(pairs)
        if not pairs:
            return f"fails on {failed}"
        exact = sum(true == ours for true, ours in pairs) / len(pairs)
        apart = sum(abs(ours - true) / max(true, 1) for true, ours in pairs) / len(pairs)
        whole = sum(ours for _, ours in pairs) / max(1, sum(true for true, _ in pairs)) - 1
        text = f"{100 * exact:5.1f} % / {100 * apart:5.2f} % / {100 * whole:+6.2f} %"
        return text + (f" (fails on {failed})" if failed else "")


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("cases", type=Path)
    arguments.add_argument("--misses", default="", help="also print the misses of the categories that start with this")
    given = arguments.parse_args()
    table: dict[str, dict[str, Score]] = defaultdict(lambda: defaultdict(lambda: Score([])))
    skipped = 0
    for case in _read(given.cases):
        if encoder(case["model"]) is None:
            skipped += 1
            continue
        _score(case, table)
    columns = ["ours", "cookbook", "litellm"] if others.has_litellm() else ["ours", "cookbook"]
    print("exact / mean absolute percentage error / signed aggregate error")
    print(f"{'category':58}    n  " + "".join(f"{name:40}" for name in columns))
    for category in sorted(table):
        scores = table[category]
        print(
            f"{category:58}{len(scores['ours'].cases):5}  "
            + "".join(f"{scores[name].line() if name in scores else '-':40}" for name in columns)
        )
    print(f"{skipped} cases of models without an OpenAI tokenizer: not counted")
    if not others.has_litellm():
        print("LiteLLM is not installed here: its column is left out")
    if given.misses:
        _print_misses(table, given.misses)


def _print_misses(table: Mapping[str, Mapping[str, Score]], start: str) -> None:
    for category in sorted(category for category in table if category.startswith(start)):
        for label, true, ours in table[category]["ours"].cases:
            if ours != true:
                print(f"{category}: {label}: true {true}, counted {ours}")


def _score(case: Mapping[str, Any], table: dict[str, dict[str, Score]]) -> None:
    api, model, request = case["api"], case["model"], case["request"]
    prompt_true, completion_true, reasoning = _truth(case["usage"])
    label = f"{case['id']} {model} {case['provider']}"
    created = int(case["created"]) if isinstance(case.get("created"), int | float) else None
    answer = read_answer(api, case["response_body"], bool(case.get("stream")))
    prompt = count_prompt(api, model, request, created, answer=answer)
    completion = count_completion(api, model, request, answer, case["provider"])
    kind = _kind(api, request)
    for category in _prompt_categories(api, kind, prompt):
        columns = table[category]
        columns["ours"].cases.append((label, prompt_true, _number(prompt)))
        if api in ("chat", "responses"):
            messages, tools = others.messages_of(api, request), others.tools_of(api, request)
            columns["cookbook"].cases.append((label, prompt_true, others.cookbook_prompt(model, messages, tools)))
            if others.has_litellm():
                columns["litellm"].cases.append((label, prompt_true, others.litellm_prompt(model, messages, tools)))
    if api == "embeddings":
        return
    hidden = reasoning or reasons(model)
    scored = completion.tokens is not None
    visible = reasoning if completion.reasoning_tokens is None else 0
    categories = [f"{api} completion: reasoning model, hidden tokens added" if hidden else f"{api} completion: all"]
    if not hidden and kind in ("tool turns", "json_schema"):
        categories.append(f"{api} completion: {kind}")
    for category in categories if scored else [f"{api} completion: (not scored)"]:
        counted = _number(completion)
        table[category]["ours"].cases.append((label, completion_true, None if counted is None else counted + visible))


def _number(counted: Counted) -> int | None:
    return counted.tokens if counted.tokens is not None else counted.lower_bound


def _prompt_categories(api: str, kind: str, prompt: Counted) -> list[str]:
    if prompt.tokens is None or any(note in _ASSUMED for note in prompt.notes):
        return [f"{api} prompt: (not scored) {', '.join(prompt.notes)}"[:58]]
    if api not in ("chat", "responses"):
        return [f"{api} prompt"]
    return [f"{api} prompt: {kind}", f"{api} prompt: all that can be reconstructed"]


def _kind(api: str, request: Mapping[str, Any]) -> str:
    """The category of the issue's table that a request belongs to; the rarer feature names it."""
    text = json.dumps(request.get("messages") or request.get("input") or "")
    if '"image_url"' in text or '"input_image"' in text:
        return "inline images"
    if any(mark in text for mark in ('"tool_calls"', '"role": "tool"', '"role": "function"', '"function_call')):
        return "tool turns"
    format_ = request.get("response_format") or (request.get("text") or {}).get("format") or {}
    if isinstance(format_, dict) and format_.get("type") == "json_schema":
        return "json_schema"
    return "tool definitions" if request.get("tools") or request.get("functions") else "text"


def _truth(usage: Mapping[str, Any]) -> tuple[int, int, int]:
    details = usage.get("completion_tokens_details") or usage.get("output_tokens_details") or {}
    prompt = usage.get("prompt_tokens", usage.get("input_tokens")) or 0
    completion = usage.get("completion_tokens", usage.get("output_tokens")) or 0
    return int(prompt), int(completion), int(details.get("reasoning_tokens") or 0)


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        for line in lines:
            yield json.loads(line)


if __name__ == "__main__":
    main()
