"""The `usage` object of an answer, in every API's spelling."""

from collections.abc import Mapping
from typing import Any

from aoai_insights.tokens.exchange import Usage

_LARGEST = 2**53
"""A count above this is no count: JSON numbers are exact only up to here."""


def read_usage(usage: Mapping[str, Any]) -> Usage | None:
    """Tokens as the service states them; None where the object states no prompt tokens.

    Chat Completions, Completions and Embeddings say `prompt_tokens`, the Responses, Images and Audio APIs
    `input_tokens` (OpenAI API reference, the `usage` object of each). Embeddings have no completion. A transcription
    that is billed by its duration has no tokens.
    """
    prompt = _count(usage, "prompt_tokens", "input_tokens")
    if prompt is None:
        return None
    completion = _count(usage, "completion_tokens", "output_tokens")
    if completion is None:
        completion = max(0, (_count(usage, "total_tokens") or prompt) - prompt)
    prompt_details = _details(usage, "prompt_tokens_details", "input_tokens_details", "input_token_details")
    completion_details = _details(usage, "completion_tokens_details", "output_tokens_details", "output_token_details")
    cached = _count(prompt_details, "cached_tokens")
    audio, image = _parts(prompt_details, prompt)
    cached_audio, cached_image = _cached_parts(prompt_details, cached, prompt, audio, image)
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=cached,
        cache_write_tokens=_count(prompt_details, "cache_write_tokens"),
        reasoning_tokens=_count(completion_details, "reasoning_tokens"),
        audio_prompt_tokens=audio,
        audio_completion_tokens=_count(completion_details, "audio_tokens"),
        cached_audio_tokens=cached_audio,
        image_prompt_tokens=image,
        cached_image_tokens=cached_image,
        image_completion_tokens=_count(completion_details, "image_tokens"),
    )


def _parts(details: Mapping[str, Any], prompt: int) -> tuple[int | None, int | None]:
    """Audio and image tokens of a prompt; a prompt that is said to be all text has none."""
    audio, image = _count(details, "audio_tokens"), _count(details, "image_tokens")
    if prompt and _count(details, "text_tokens") == prompt:
        return audio or 0, image or 0
    return audio, image


def _cached_parts(
    details: Mapping[str, Any], cached: int | None, prompt: int, audio: int | None, image: int | None
) -> tuple[int | None, int | None]:
    """Audio and image tokens of the cached ones: as stated (the Realtime API does), or where they follow."""
    stated = details.get("cached_tokens_details")
    if isinstance(stated, Mapping):
        return _count(stated, "audio_tokens") or 0, _count(stated, "image_tokens") or 0
    if not cached or not (audio or image):
        return None, None
    if audio == prompt:
        return cached, 0
    return (0, cached) if image == prompt else (None, None)


def _count(source: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = source.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST:
            return value
    return None


def _details(usage: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        value = usage.get(name)
        if isinstance(value, Mapping):
            return value
    return {}
