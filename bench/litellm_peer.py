"""The same files through LiteLLM's counter: `python -m bench.litellm_peer FOLDER`.

LiteLLM is no dependency of this project: `pip install litellm`. Its totals differ a little, for it has other rules.
"""

import json
import sys
from pathlib import Path

from litellm import token_counter  # type: ignore[import-not-found]

from bench.notebook_answer import answer

MODEL = "gpt-4o"


def main() -> None:
    requests = prompt = completion = 0
    for file in sorted(Path(sys.argv[1]).glob("*.json")):
        for line in file.open(encoding="utf-8"):
            properties = json.loads(line)["properties"]
            requests += 1
            try:
                prompt += token_counter(MODEL, messages=json.loads(properties["backendRequestBody"])["messages"])
                completion += token_counter(MODEL, text=answer(properties["backendResponseBody"]))
            except ValueError:  # a cut body is no JSON
                continue
    print(json.dumps({"requests": requests, "prompt_tokens": prompt, "completion_tokens": completion}))


if __name__ == "__main__":
    main()
