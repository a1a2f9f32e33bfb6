"""Usage that is priced alike, and the classes of tokens in it that have a price of their own."""

from dataclasses import dataclass
from datetime import date

CLASSES = (
    # direction, modality, cache
    ("input", "text", "none"),
    ("input", "text", "read"),
    ("input", "text", "write"),
    ("input", "audio", "none"),
    ("input", "audio", "read"),
    ("input", "image", "none"),
    ("input", "image", "read"),
    ("output", "text", "none"),
    ("output", "audio", "none"),
    ("output", "image", "none"),
)
"""The order in which `classes_of` tells a line's tokens apart."""


@dataclass(frozen=True, slots=True)
class UsageLine:
    """Tokens of one day that are priced alike. cached, cache_write, audio, image ⊂ prompt; audio, image ⊂ completion.

    cached_audio ⊂ cached and audio; cached_image ⊂ cached and image. What is sold by the piece is beside the tokens.
    """

    day: date
    model: str
    model_version: str  # "" unknown
    deployment_type: str  # GlobalStandard, DataZoneStandard, Standard, GlobalBatch, ...
    region: str  # "" unknown
    tier: str  # standard | batch | priority | flex; provisioned: paid for by PTU-hours
    long_context: bool
    prompt_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    completion_tokens: int
    audio_prompt_tokens: int
    audio_completion_tokens: int
    cached_audio_tokens: int = 0
    image_prompt_tokens: int = 0
    cached_image_tokens: int = 0
    image_completion_tokens: int = 0
    images: int = 0
    image_grade: str = ""
    """Of `images`, where size and quality decide the price; see media_meters.image_grade."""
    characters: int = 0
    """Spoken."""
    audio_seconds: int = 0
    """Heard."""
    unmeasured: str = ""
    """What of these calls no log says: "quantity" (of an image or audio call), "split" (of their tokens by modality),
    "cached split" (of their cached tokens by modality); "" nothing."""


def classes_of(line: UsageLine) -> tuple[int, ...]:
    """Tokens of the line by CLASSES; they sum to its prompt and completion. Negative where its parts contradict."""
    return (
        line.prompt_tokens
        - line.cached_tokens
        - line.cache_write_tokens
        - (line.audio_prompt_tokens - line.cached_audio_tokens)
        - (line.image_prompt_tokens - line.cached_image_tokens),
        line.cached_tokens - line.cached_audio_tokens - line.cached_image_tokens,
        line.cache_write_tokens,
        line.audio_prompt_tokens - line.cached_audio_tokens,
        line.cached_audio_tokens,
        line.image_prompt_tokens - line.cached_image_tokens,
        line.cached_image_tokens,
        line.completion_tokens - line.audio_completion_tokens - line.image_completion_tokens,
        line.audio_completion_tokens,
        line.image_completion_tokens,
    )


def contradiction(line: UsageLine) -> str:
    """The parts of a line that are more than their whole, in words."""
    said = [
        f"{value} {name}" for name, value in (
            ("cached", line.cached_tokens), ("written", line.cache_write_tokens), ("audio", line.audio_prompt_tokens),
            ("cached audio", line.cached_audio_tokens), ("image", line.image_prompt_tokens),
            ("cached image", line.cached_image_tokens),
        ) if value
    ]  # fmt: skip
    out = [
        f"{value} {name}" for name, value in (
            ("audio", line.audio_completion_tokens), ("image", line.image_completion_tokens),
        ) if value
    ]  # fmt: skip
    return (
        f"tokens of {line.model} do not add up: {', '.join(said) or 'nothing else'} of {line.prompt_tokens} prompt"
        f" tokens, {', '.join(out) or 'nothing else'} of {line.completion_tokens} completion tokens"
    )
