"""What people write first: pandas, json and tiktoken in a notebook; `python -m bench.notebook FOLDER`.

As found in many blogs, not as slow as it can be made: bodies are parsed once, the encoder is kept, and it knows the
token that ends an answer, so that its totals of whole chat bodies are right. Of cut bodies it counts the little it can
parse. It prints its totals as JSON.
"""

import json
import sys
from pathlib import Path

import pandas as pd

from aoai_insights.tokens.encoding import encoder
from bench.notebook_answer import answer

encoding = encoder("gpt-4o")  # tiktoken.encoding_for_model("gpt-4o"), without its download


def count_prompt(body: str) -> int:
    tokens = 3
    for message in json.loads(body)["messages"]:
        tokens += 3
        for value in message.values():
            tokens += len(encoding.encode(value, disallowed_special=()))
    return tokens


def count_completion(body: str) -> int:
    return len(encoding.encode(answer(body), disallowed_special=())) + 1  # the token that ends an answer is billed


def or_zero(count, body: str) -> int:
    try:
        return count(body)
    except ValueError:  # a cut body is no JSON
        return 0


files = sorted(Path(sys.argv[1]).glob("*.json"))
records = [json.loads(line) for file in files for line in file.open(encoding="utf-8")]
df = pd.json_normalize(records)
df["prompt_tokens"] = df["properties.backendRequestBody"].apply(lambda body: or_zero(count_prompt, body))
df["completion_tokens"] = df["properties.backendResponseBody"].apply(lambda body: or_zero(count_completion, body))
by_app = df.groupby("properties.apimSubscriptionId")[["prompt_tokens", "completion_tokens"]].sum()
latency = df["durationMs"].quantile([0.5, 0.95, 0.99])
print(json.dumps({"requests": len(df), **{name: int(by_app[name].sum()) for name in by_app}}))
