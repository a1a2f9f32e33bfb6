"""The text of an answer, as people read it first: every event by itself."""

import json


def answer(body: str) -> str:
    if not body.startswith("data:"):
        return str(json.loads(body)["choices"][0]["message"]["content"])
    text = ""
    for line in body.split("\n"):
        if line.startswith("data: ") and line != "data: [DONE]":
            for choice in json.loads(line[6:])["choices"]:
                text += choice["delta"].get("content") or ""
    return text
