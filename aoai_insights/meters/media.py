"""Meters that count no tokens: images, characters that are spoken, seconds that are heard. Read whole, or not at all.

https://azure.microsoft.com/pricing/details/cognitive-services/openai-service/ ("Image models", "Speech models").
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from aoai_insights.meters.words import SCOPES

SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class MediaMeter:
    """What `per` units of such a meter are. `grade`: of images; see `image_grade`."""

    kind: str  # image | speech | transcription
    model: str
    direction: str
    modality: str
    scope: str
    unit: str  # image | character | second
    per: int
    grade: str = ""


_SCOPE = "(?P<scope>" + "|".join(sorted(SCOPES, key=len, reverse=True)) + ")"
_SPEECH_BLOCKS = {"1M": 1_000_000, "1K": 1_000}
_SHAPES: tuple[tuple[str, Callable[[re.Match[str], str], MediaMeter | None]], ...] = (
    (rf"image-dall-e-2-{_SCOPE}( ep)? images", lambda name, unit: _image("dall-e-2", "", name, unit)),
    (
        rf"image-dall-e-3 (?P<quality>std|hd) (?P<size>low|high)res-{_SCOPE}( ep)? images",
        lambda name, unit: _image("dall-e-3", _grade(name["quality"] == "hd", name["size"] == "high"), name, unit),
    ),
    (rf"speech-text to speech(?P<hd> hd)?-{_SCOPE}( ep)? characters", lambda name, unit: _spoken(name, unit)),
    (rf"speech-to-text-batch-whisper-{_SCOPE}( ep)? unit", lambda name, unit: _heard("whisper", name, unit)),
    (
        rf"(?P<model>gpt-realtime-(?:whisper|translate)) opt {_SCOPE} unit",
        lambda name, unit: _heard(name["model"], name, unit),
    ),
)


def read_media_meter(name: str, unit_of_measure: str) -> MediaMeter | str | None:
    """The meter of a name in lower case; a sentence where it looks like one and cannot be read; else None."""
    for shape, read in _SHAPES:
        if found := re.fullmatch(shape, name):
            return read(found, unit_of_measure) or f"not sold by {unit_of_measure!r}"
    if re.search(r"dall-e|text to speech|whisper", name):
        return f"a name of images or speech that is not known: {name!r}"
    return None


def image_grade(size: str, quality: str) -> str | None:
    """The grade of a DALL-E 3 image by the request's `size` and `quality`; None for a value that is none of them."""
    high = {"1024x1024": False, "1792x1024": True, "1024x1792": True}.get(size)
    hd = {"standard": False, "hd": True}.get(quality)
    return None if high is None or hd is None else _grade(hd, high)


def _grade(hd: bool, high: bool) -> str:
    return f"{'hd' if hd else 'standard'} {'high' if high else 'low'}"


def _image(model: str, grade: str, name: re.Match[str], unit: str) -> MediaMeter | None:
    if not unit.isdigit() or not int(unit):
        return None
    return MediaMeter("image", model, "output", "image", SCOPES[name["scope"]], "image", int(unit), grade)


def _spoken(name: re.Match[str], unit: str) -> MediaMeter | None:
    block = _SPEECH_BLOCKS.get(unit)
    model = "tts-hd" if name["hd"] else "tts"
    return MediaMeter("speech", model, "input", "text", SCOPES[name["scope"]], "character", block) if block else None


def _heard(model: str, name: re.Match[str], unit: str) -> MediaMeter | None:
    if unit not in ("1 Hour", "1/Hour"):
        return None
    return MediaMeter("transcription", model, "input", "audio", SCOPES[name["scope"]], "second", SECONDS_PER_HOUR)
