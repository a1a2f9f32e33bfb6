"""The same files through LiteLLM's counter: `python -m bench.litellm_peer FOLDER`.

LiteLLM is no dependency of this project; an environment of its own with `pip install litellm` is enough for this file,
which imports nothing of ours. It asks for prompt and completion of every row, from whole bodies, as the notebook does.
"""

import json
import os
import sys
from pathlib import Path

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it asks GitHub for prices first; its tokenizers it brings

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
