"""What image and audio calls are sold by where not by tokens: images, spoken characters, seconds of audio.

Each follows from bodies that are whole: an image from the request, characters from the text to speak, seconds from a
transcription that states its duration. A default is used only where the API reference fixes it. No body, no quantity.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

from aoai_insights.meters.media import image_grade
from aoai_insights.tokens.json_text import as_count, as_object, decode
from aoai_insights.tokens.logged import Exchange
from aoai_insights.tokens.request import RequestBody

LONGEST_S = 7 * 24 * 3600
"""A longer duration is no duration of one call."""


@dataclass(frozen=True, slots=True)
class Media:
    """What one call is charged for. `stated`: the service says the quantity, nobody counted it."""

    images: int | None = None
    image_grade: str | None = None
    characters: int | None = None
    audio_seconds: int | None = None
    stated: bool = False


def measure(exchange: Exchange, request: RequestBody | None) -> Media | None:
    """The quantity of an answered image or audio call; None where its bodies do not hold it."""
    if exchange.api == "images":
        return _images(exchange, request)
    return _audio(exchange, request) if exchange.api == "audio" else None


def _images(exchange: Exchange, request: RequestBody | None) -> Media | None:
    """As many images as the answer holds, else as were asked for (`n`, 1 where the request does not say).

    `size` is 1024x1024 and `quality` standard where the request does not say
    (https://learn.microsoft.com/azure/ai-foundry/openai/reference, image generation). Forms (edits) are not read.
    """
    asked = request.value if request is not None and request.whole else None
    if asked is not None and not isinstance(asked.get("prompt"), str):
        asked = None
    answered = as_object(decode(exchange.response)).get("data") if exchange.response else None
    if isinstance(answered, list):
        number: int | None = len(answered)
    elif asked is not None:
        number = as_count(asked.get("n", 1))
    else:
        number = None
    if number is None or number <= 0:
        return None
    grade = None
    if asked is not None:
        grade = image_grade(_word(asked.get("size"), "1024x1024"), _word(asked.get("quality"), "standard"))
    return Media(images=number, image_grade=grade)


def _audio(exchange: Exchange, request: RequestBody | None) -> Media | None:
    """Characters of `input` of a request to speak, or the seconds that a transcription states.

    Seconds are whole: `usage.seconds` is `duration` rounded up (API reference, transcription object).
    """
    if request is not None and request.whole and request.value is not None:
        text = request.value.get("input")
        if isinstance(text, str) and text:
            return Media(characters=len(text))
    body = exchange.response or b""
    if not body.lstrip().startswith(b"{"):
        return None
    answer = as_object(decode(body))
    usage = as_object(answer.get("usage"))
    seconds = usage.get("seconds") if usage.get("type") == "duration" else None
    for value in (seconds, answer.get("duration"), None if answer else _duration_before_cut(body)):
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= LONGEST_S:
            return Media(audio_seconds=math.ceil(value), stated=True)
    return None


def _duration_before_cut(body: bytes) -> float | None:
    """`duration` stands before the text; a quote inside a text is escaped, so that no text looks like it."""
    found = re.search(rb'"duration"\s*:\s*(\d{1,6}(?:\.\d{1,20})?)\s*[,}]', body)
    return float(found[1]) if found else None


def _word(value: Any, default: str) -> str:
    return default if value is None else str(value).lower()
