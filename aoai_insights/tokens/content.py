"""What a message holds: its text, joined as the model sees it, its images, and what no count can be made of."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from aoai_insights.tokens.images import image_tokens

_TEXT = {"text": "text", "input_text": "text", "output_text": "text", "summary_text": "text", "refusal": "refusal"}
_UNSEEN = {
    "file": "file",
    "input_file": "file",
    "input_audio": "audio",
    "audio": "audio",
}
"""Part types whose tokens are not in the request: a PDF becomes text and page images at the service."""


class Content(Struct, frozen=True):
    """`text` is all text parts without a separator (rule 1); `notes` name what could not be counted."""

    text: str
    image_tokens: int = 0
    notes: tuple[str, ...] = ()


def read_content(model: str, content: Any, api: Literal["chat", "responses"] = "chat") -> Content:
    """The `content` of a message: None, a string, or a list of parts of Chat Completions or the Responses API."""
    if isinstance(content, str):
        return Content(content)
    if not isinstance(content, list):
        return Content("")
    text: list[str] = []
    images = 0
    notes: list[str] = []
    for part in content:
        if isinstance(part, str):
            text.append(part)
        elif isinstance(part, Mapping):
            kind = str(part.get("type"))
            if kind in _TEXT:
                value = part.get(_TEXT[kind])
                text.append(value if isinstance(value, str) else "")
            elif kind in ("image_url", "input_image"):
                cost, note = _image(model, part, api)
                images += cost
                notes += [note] if note else []
            else:
                notes.append(_UNSEEN.get(kind, "unknown_part"))
    return Content("".join(text), images, tuple(notes))


def _image(model: str, part: Mapping[str, Any], api: Literal["chat", "responses"]) -> tuple[int, str]:
    """Tokens of one image and the note it needs, if any."""
    target = part.get("image_url")
    nested = isinstance(target, Mapping)
    url = target.get("url") if isinstance(target, Mapping) else target
    detail = target.get("detail") if nested and isinstance(target, Mapping) else part.get("detail")
    cost, known = image_tokens(model, url, detail, api)
    if known:
        return cost, ""
    return cost, "image_unreadable" if isinstance(url, str) and url.startswith("data:") else "image_by_url"
