"""What a line of usage costs."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aoai_insights.pricing import Charge, Missing, PriceBook, UnitPrice, UsageLine, charge, scope_of
from aoai_insights.pricing.unit_price import EXACT

from .build import row, usage

TEXT = [row("2.5"), row("1.25", cache="read"), row("10", direction="output")]
WRITES = [*TEXT, row("3.125", cache="write")]
AUDIO = [*TEXT, row("40", modality="audio"), row("80", modality="audio", direction="output")]
BATCH = [*TEXT, row("1.25", tier="batch"), row("5", tier="batch", direction="output")]
LONG = [*TEXT, row("5", context="long"), row("2.5", cache="read", context="long"),
        row("15", direction="output", context="long")]  # fmt: skip

AMOUNTS: dict[str, tuple[list[UnitPrice], dict[str, Any], str, str]] = {
    # id: rows, usage, amount, flags
    "input and output": (TEXT, {"prompt_tokens": 1000, "completion_tokens": 100}, "0.0035", ""),
    "cached tokens are inside the prompt": (TEXT, {"prompt_tokens": 1000, "cached_tokens": 600}, "0.00175", ""),
    "no cached meter: the input price, flagged": (
        [row("2.5")], {"prompt_tokens": 1000, "cached_tokens": 600}, "0.0025", "no_cached_price"),
    "cache writes at their own price": (
        WRITES, {"prompt_tokens": 1000, "cached_tokens": 200, "cache_write_tokens": 300}, "0.0024375", ""),
    "a model without a write meter: the input price, flagged": (
        TEXT, {"prompt_tokens": 1000, "cache_write_tokens": 400}, "0.0025", "no_cache_write_price"),
    "audio apart from text, both ways": (
        AUDIO, {"prompt_tokens": 1000, "audio_prompt_tokens": 400, "completion_tokens": 500,
                "audio_completion_tokens": 300}, "0.0435", ""),
    "batch by the tier": (BATCH, {"tier": "batch", "prompt_tokens": 1000, "completion_tokens": 100}, "0.00175", ""),
    "batch by the deployment type": (
        BATCH, {"deployment_type": "GlobalBatch", "prompt_tokens": 1000, "completion_tokens": 100}, "0.00175", ""),
    "cached in batch at the batch input price": (
        BATCH, {"tier": "batch", "prompt_tokens": 1000, "cached_tokens": 1000}, "0.00125", "no_cached_price"),
    "the whole long request at long rates": (
        LONG, {"long_context": True, "prompt_tokens": 300000, "cached_tokens": 100000, "completion_tokens": 1000},
        "1.265", ""),
    "an embedding has no output": (
        [row("0.02", model="text-embedding-3-small")],
        {"model": "text-embedding-3-small", "model_version": "1", "prompt_tokens": 8000}, "0.00016", ""),
    "before the first known day": (
        [row("2.5", start="2026-11-01")], {"prompt_tokens": 1000}, "0.0025", "before_first_known_price"),
    "an unknown version whose versions cost the same": (
        [row("2.5", version="2024-08-06"), row("2.5", version="2024-11-20")],
        {"model_version": "", "prompt_tokens": 1000}, "0.0025", "version_unknown_same_price"),
    "a flag is named once": (
        [replace(r, effective_from=date(2026, 11, 1)) for r in TEXT],
        {"prompt_tokens": 1000, "completion_tokens": 100}, "0.0035", "before_first_known_price"),
    "no tokens cost nothing and need no price": ([], {"model": "anything"}, "0", ""),
    "no tokens on a provisioned deployment": ([], {"deployment_type": "ProvisionedManaged"}, "0", ""),
    "a whole number has no exponent": (TEXT, {"prompt_tokens": 400_000_000}, "1000", ""),
    "one token is not rounded away": ([row("0.083")], {"prompt_tokens": 1}, "0.000000083", ""),
    "a price per thousand": ([row("0.000083", per=1000)], {"prompt_tokens": 7}, "0.000000581", ""),
}  # fmt: skip

IMAGE_MODEL = [row("5"), row("1.25", cache="read"), row("8", modality="image"), row("2", modality="image", cache="read"),
               row("30", modality="image", direction="output")]  # fmt: skip
REALTIME = [*TEXT, row("32", modality="audio"), row("0.4", modality="audio", cache="read"),
            row("64", modality="audio", direction="output")]  # fmt: skip
TUNED = "gpt-4o-2024-08-06.ft-0a1b"
OF_IMAGE = {"kind": "image", "direction": "output", "modality": "image", "unit": "image", "per": 100}
DALL_E = [
    row("4", model="dall-e-3", grade="standard low", **OF_IMAGE),
    row("12", model="dall-e-3", grade="hd high", **OF_IMAGE),
]
WHISPER = [row("0.36", model="whisper", kind="transcription", modality="audio", unit="second", per=3600)]
SPEECH = [row("15", model="tts", kind="speech", unit="character")]
AMOUNTS |= {
    "cached audio at its own price": (
        REALTIME, {"prompt_tokens": 1000, "cached_tokens": 600, "audio_prompt_tokens": 800, "cached_audio_tokens": 500},
        # 100 text x 2.5 + 100 cached text x 1.25 + 300 audio x 32 + 500 cached audio x 0.4
        "0.010175", ""),
    "audio from the cache without a cached meter: as other audio, flagged": (
        AUDIO, {"prompt_tokens": 100, "cached_tokens": 100, "audio_prompt_tokens": 100, "cached_audio_tokens": 100},
        "0.004", "no_cached_price"),
    "image tokens apart from text, both ways and cached": (
        IMAGE_MODEL, {"prompt_tokens": 1000, "cached_tokens": 300, "image_prompt_tokens": 700, "cached_image_tokens": 200,
                      "completion_tokens": 4160, "image_completion_tokens": 4160}, "0.130325", ""),
    "an image shown to a chat model is text": (TEXT, {"prompt_tokens": 1000, "image_prompt_tokens": 765}, "0.0025", ""),
    "the answer of a model that answers in images only": (
        IMAGE_MODEL, {"prompt_tokens": 10, "completion_tokens": 1056}, "0.03173", ""),
    "the answer of a model that answers in audio only": (
        [row("0.6"), row("12", modality="audio", direction="output")],
        {"prompt_tokens": 100, "completion_tokens": 500, "unmeasured": "split"}, "0.00606", ""),
    "an unknown split of a model of one modality": (
        TEXT, {"prompt_tokens": 1000, "completion_tokens": 100, "unmeasured": "split"}, "0.0035", ""),
    "an unknown split of cached tokens without any cached meter": (
        [row("2.5"), row("40", modality="audio")],
        {"prompt_tokens": 1000, "cached_tokens": 500, "audio_prompt_tokens": 400, "unmeasured": "cached split"},
        "0.0175", ""),
    "a fine-tuned model on its own meters": (
        [row("2.5"), row("3", kind="ft_inference"), row("1.5", kind="ft_inference", cache="read")],
        {"model": TUNED, "model_version": "", "prompt_tokens": 1000, "cached_tokens": 400}, "0.0024", ""),
    "a fine-tuned model on a Developer deployment": (
        [row("3", kind="ft_inference"), row("2", kind="ft_dev")],
        {"model": TUNED, "deployment_type": "DeveloperTier", "prompt_tokens": 1000}, "0.002", ""),
    "images by the hundred": (DALL_E, {"model": "dall-e-3", "images": 3, "image_grade": "hd high"}, "0.36", ""),
    "seconds by the hour": (WHISPER, {"model": "whisper", "audio_seconds": 90}, "0.009", ""),
    "the name that OpenAI has for it": (WHISPER, {"model": "whisper-1", "audio_seconds": 90}, "0.009", ""),
    "characters by the million": (SPEECH, {"model": "tts", "characters": 4096}, "0.06144", ""),
    "an hour that seconds do not divide: rounded at the fifteenth decimal": (
        [row("0.37", model="whisper", kind="transcription", modality="audio", unit="second", per=3600)],
        {"model": "whisper", "audio_seconds": 9}, "0.000925000000002", ""),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "tokens", "amount", "flags"), AMOUNTS.values(), ids=AMOUNTS.keys())
def test_the_amount_is(rows: list[UnitPrice], tokens: dict[str, Any], amount: str, flags: str) -> None:
    found = charge(usage(**tokens), PriceBook(rows), "USD")
    assert isinstance(found, Charge), found
    assert format(found.amount, "f") == amount
    assert ";".join(found.flags) == flags


MISSING: dict[str, tuple[list[UnitPrice], dict[str, Any], str]] = {
    "one class without a price makes the line unpriced": ([row("2.5")], {"prompt_tokens": 9, "completion_tokens": 1},
                                                          "output"),
    "audio is not billed as text": (TEXT, {"prompt_tokens": 9, "audio_prompt_tokens": 9}, "audio input"),
    "cached tokens in another currency": ([row(currency="EUR")], {"prompt_tokens": 9, "cached_tokens": 9}, "EUR"),
    "a write of a model that charges writes, in a tier without that meter": (
        [*WRITES, *BATCH[3:]], {"tier": "batch", "prompt_tokens": 9, "cache_write_tokens": 9}, "cache-write"),
    "a cached price that ended is no missing meter": (
        [row("2.5"), row("1.25", cache="read", end="2026-09-30")], {"prompt_tokens": 9, "cached_tokens": 9}, "ended"),
    "an unknown version, all tokens cached, one version without a cached meter": (
        [row("5", version="2024-05-13"), row("2.5", version="2024-11-20"),
         row("1.25", version="2024-11-20", cache="read")],
        {"model_version": "", "prompt_tokens": 9, "cached_tokens": 9}, "differ"),
    "a provisioned deployment": (TEXT, {"deployment_type": "GlobalProvisionedManaged", "prompt_tokens": 9}, "PTU"),
    "an unknown deployment type": (TEXT, {"deployment_type": "Lunar", "prompt_tokens": 9}, "Lunar"),
    "no deployment type": (TEXT, {"deployment_type": "", "prompt_tokens": 9}, "type unknown"),
    "more cached than prompt": (TEXT, {"prompt_tokens": 9, "cached_tokens": 10}, "do not add up: 10 cached"),
    "more audio than completion": (AUDIO, {"completion_tokens": 9, "audio_completion_tokens": 10}, "do not add up"),
    "embeddings with output": ([row(model="e")], {"model": "e", "prompt_tokens": 9, "completion_tokens": 1}, "output"),
}  # fmt: skip

MISSING |= {
    "an image call of which no log says what it made": (
        DALL_E, {"model": "dall-e-3", "unmeasured": "quantity"}, "number, size and quality of its images"),
    "speech without its text": (SPEECH, {"model": "tts", "unmeasured": "quantity"}, "the characters of its input"),
    "a transcription without its duration": (
        WHISPER, {"model": "whisper", "unmeasured": "quantity"}, "the seconds of its audio"),
    "an image call of a model that is charged by the token": (
        IMAGE_MODEL, {"unmeasured": "quantity"}, "the tokens of the call"),
    "images counted, of a model that is charged by the token": (
        IMAGE_MODEL, {"images": 1, "image_grade": "standard low"}, "charged by the token"),
    "an image of a size that has no price": (DALL_E, {"model": "dall-e-3", "images": 1}, "dall-e-3"),
    "audio and text of one sum": (REALTIME, {"prompt_tokens": 9, "unmeasured": "split"}, "audio and text"),
    "cached tokens that may be audio": (
        REALTIME, {"prompt_tokens": 9, "cached_tokens": 5, "audio_prompt_tokens": 6, "unmeasured": "cached split"}, "cache"),
    "a fine-tuned model is not priced as its base": (TEXT, {"model": TUNED, "prompt_tokens": 9}, "fine-tuned gpt-4o"),
    "a base model is not priced as fine-tuned": ([row(kind="ft_inference")], {"prompt_tokens": 9}, "no price for gpt-4o"),
    "a Developer deployment of a base model": (
        [row(kind="ft_dev")], {"deployment_type": "DeveloperTier", "prompt_tokens": 9}, "DeveloperTier"),
    "more cached audio than audio": (
        REALTIME, {"prompt_tokens": 9, "cached_tokens": 5, "audio_prompt_tokens": 1, "cached_audio_tokens": 2},
        "do not add up"),
    "more images than completion": (IMAGE_MODEL, {"completion_tokens": 9, "audio_completion_tokens": 10}, "do not add up"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "tokens", "named"), MISSING.values(), ids=MISSING.keys())
def test_the_line_has_no_price(rows: list[UnitPrice], tokens: dict[str, Any], named: str) -> None:
    found = charge(usage(**tokens), PriceBook(rows), "USD")
    assert isinstance(found, Missing), found
    assert named in found.reason


@pytest.mark.parametrize(
    ("deployment_type", "scope"),
    [
        ("GlobalStandard", "global"), ("GlobalBatch", "global"), ("DataZoneStandard", "datazone"),
        ("DataZoneBatch", "datazone"), ("Standard", "regional"), ("standard", "regional"),
        ("GlobalProvisionedManaged", None), ("DataZoneProvisionedManaged", None), ("ProvisionedManaged", None),
        ("DeveloperTier", None), ("", None),
    ],
)  # fmt: skip
def test_the_scope_of_a_deployment_type(deployment_type: str, scope: str | None) -> None:
    assert scope_of(deployment_type) == scope


tokens = st.integers(0, 10**13)
EVERY = PriceBook([
    *WRITES, *REALTIME[3:], *IMAGE_MODEL[2:], row("7.5", kind="speech", unit="character"),
    row("4", grade="standard low", **OF_IMAGE), row("0.36", kind="transcription", modality="audio", unit="second", per=3600),
])  # fmt: skip


@st.composite
def lines(draw: st.DrawFn) -> UsageLine:
    cached, written, audio_in, text_in, audio_out, text_out = (draw(tokens) for _ in range(6))
    cached_audio, image_in, cached_image, image_out = (draw(tokens) for _ in range(4))
    cached += cached_audio + cached_image
    return usage(
        prompt_tokens=cached + written + audio_in + image_in + text_in, cached_tokens=cached, cache_write_tokens=written,
        audio_prompt_tokens=audio_in + cached_audio, cached_audio_tokens=cached_audio,
        image_prompt_tokens=image_in + cached_image, cached_image_tokens=cached_image,
        completion_tokens=audio_out + image_out + text_out, audio_completion_tokens=audio_out,
        image_completion_tokens=image_out, images=draw(tokens), image_grade="standard low", characters=draw(tokens),
        audio_seconds=draw(tokens),
    )  # fmt: skip


@given(lines())
def test_every_unit_is_charged_once_and_the_parts_sum_to_the_amount(line: UsageLine) -> None:
    found = charge(line, EVERY, "USD")
    assert isinstance(found, Charge), found
    by_unit = {unit: sum(part.tokens for part in found.parts if part.price.unit == unit)
               for unit in ("token", "image", "character", "second")}  # fmt: skip
    assert by_unit == {"token": line.prompt_tokens + line.completion_tokens, "image": line.images,
                       "character": line.characters, "second": line.audio_seconds}  # fmt: skip
    # Integers, so that this sum cannot round: every price is a whole number of billionths a unit.
    billionths = sum(part.tokens * int(part.price.price * 10**9 / part.price.per) for part in found.parts)
    assert found.amount == Decimal(billionths).scaleb(-9)


@given(lines(), lines())
def test_two_lines_cost_as_much_as_their_sum(one: UsageLine, other: UsageLine) -> None:
    counts = [name for name in UsageLine.__slots__ if isinstance(getattr(one, name), int) and name != "long_context"]
    both = replace(one, **{name: getattr(one, name) + getattr(other, name) for name in counts})
    amounts = [found.amount for found in (charge(line, EVERY, "USD") for line in (one, other, both))
               if isinstance(found, Charge)]  # fmt: skip
    assert EXACT.add(amounts[0], amounts[1]) == amounts[2]
