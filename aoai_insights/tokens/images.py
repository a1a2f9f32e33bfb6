"""How many tokens an image costs (research: tokens, rule 7; https://platform.openai.com/docs/guides/images-vision).

An image in the request says its size in its first bytes; an image by URL does not, and gets a marked default.
"""

import base64
import binascii
import math
import re
import struct
from dataclasses import dataclass
from typing import Any, Literal

from aoai_insights.tokens.families import GPT_5, base_name, family

Size = tuple[int, int]
"""Width and height in pixels."""

DEFAULT_SIZE: Size = (1024, 1024)
"""Assumed for an image whose bytes are not in the request: four tiles, the middle of what is seen."""

_HEAD_CHARS = (200, 700_000)
"""Base64 characters that are read: few for most images, more to find a JPEG's frame behind its metadata."""


@dataclass(frozen=True, slots=True)
class TilePrice:
    """Scaled into 2048 x 2048, then to a short side of 768, then cut into tiles of 512; `low` detail costs `base`."""

    base: int
    per_tile: int


@dataclass(frozen=True, slots=True)
class PatchPrice:
    """Cut into patches of 32, each worth `factor` tokens; more patches or longer sides are scaled down first."""

    factor: float
    limits: tuple[int, int] = (1536, 100_000)
    """Most patches and longest side in pixels."""
    original_limits: tuple[int, int] = (1536, 100_000)
    """The same for `detail: original`."""


_PRICES: tuple[tuple[str, TilePrice | PatchPrice], ...] = (
    ("gpt-4o-mini", TilePrice(2833, 5667)),
    ("gpt-4.1-mini", PatchPrice(1.62)),
    ("gpt-4.1-nano", PatchPrice(2.46)),
    ("gpt-4", TilePrice(85, 170)),
    ("gpt-5-mini", PatchPrice(1.2)),
    ("gpt-5-nano", PatchPrice(1.5)),
    ("gpt-5.4-mini", PatchPrice(1.2)),
    ("gpt-5.4-nano", PatchPrice(1.2)),
    ("gpt-5.1", TilePrice(70, 140)),
    ("gpt-5.2", PatchPrice(1.2)),
    ("gpt-5.3", PatchPrice(1.2)),
    ("gpt-5.", PatchPrice(1.2, (2500, 2048), (10_000, 6000))),  # 2.56 and 10.24 million pixels, since 2026-03-05
    ("gpt-5", TilePrice(70, 140)),
    ("o4-mini", PatchPrice(1.72)),
    ("o", TilePrice(75, 150)),
    ("computer-use", TilePrice(65, 129)),
    ("gpt-", PatchPrice(1.2, (2500, 2048), (10_000, 6000))),
    ("", TilePrice(85, 170)),
)
"""By the start of the model's base name; the first match holds. Not confirmed by
recordings: gpt-5.1 to 5.3, gpt-5.5 and newer, and the larger limits of gpt-5.4."""


def image_tokens(model: str, url: Any, detail: Any, api: Literal["chat", "responses"] = "chat") -> tuple[int, bool]:
    """Tokens of one image part and whether its size was read (False: the default size was assumed)."""
    size = size_of_data_url(url) if isinstance(url, str) else None
    price = next(price for start, price in _PRICES if base_name(model).startswith(start))
    if isinstance(price, TilePrice):
        if detail == "low":
            return price.base, True
        return price.base + price.per_tile * _tiles(size or DEFAULT_SIZE), size is not None
    # Floating point is part of the rule: 300 patches at 1.62 come to 486.00000000000006 and are billed as 487.
    end = 0 if api == "responses" and family(model) is GPT_5 else 1
    limits = price.original_limits if detail == "original" else price.limits
    return math.ceil(_patches(size or DEFAULT_SIZE, *limits) * price.factor) + end, size is not None


def _tiles(size: Size) -> int:
    width, height = map(float, size)
    if max(width, height) > 2048:
        scale = 2048 / max(width, height)
        width, height = width * scale, height * scale
    if min(width, height) > 768:
        scale = 768 / min(width, height)
        width, height = width * scale, height * scale
    return math.ceil(round(width, 6) / 512) * math.ceil(round(height, 6) / 512)


def _patches(size: Size, limit: int, longest: int) -> int:
    width, height = map(float, size)
    if max(width, height) > longest:
        width, height = width * longest / max(width, height), height * longest / max(width, height)
    patches = math.ceil(width / 32) * math.ceil(height / 32)
    if patches <= limit:
        return patches
    scale = math.sqrt(32 * 32 * limit / (width * height))
    across, down = width * scale / 32, height * scale / 32
    scale *= min(math.floor(across) / across, math.floor(down) / down)
    return min(limit, math.ceil(width * scale / 32 - 1e-9) * math.ceil(height * scale / 32 - 1e-9))


def size_of_data_url(url: str) -> Size | None:
    """Width and height of a base64 `data:` URL; None for any other URL or an image that cannot be read."""
    match = re.match(r"data:[^,]{0,200},", url)
    if match is None:
        return None
    start = match.end()
    return next((size for chars in _HEAD_CHARS if (size := _size_of_base64(url[start : start + chars]))), None)


def _size_of_base64(head: str) -> Size | None:
    text = "".join(head.split())
    try:
        return size_of(base64.b64decode(text[: len(text) // 4 * 4]))
    except (binascii.Error, struct.error, ValueError):
        return None


def size_of(image: bytes) -> Size | None:
    """Width and height out of a PNG, GIF, WebP or JPEG header."""
    if image[:8] == b"\x89PNG\r\n\x1a\n":
        width, height = struct.unpack(">II", image[16:24])
        return width, height
    if image[:6] in (b"GIF87a", b"GIF89a"):
        width, height = struct.unpack("<HH", image[6:10])
        return width, height
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return _webp_size(image)
    return _jpeg_size(image) if image[:2] == b"\xff\xd8" else None


def _webp_size(image: bytes) -> Size | None:
    kind = image[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(image[24:27], "little"), 1 + int.from_bytes(image[27:30], "little")
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", image[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(image[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    return None


_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _jpeg_size(image: bytes) -> Size | None:
    position = 2
    while position + 9 < len(image):
        marker = image[position + 1]
        if image[position] != 0xFF or marker == 0xFF:
            position += 1
        elif marker in _JPEG_FRAMES:
            height, width = struct.unpack(">HH", image[position + 5 : position + 9])
            return width, height
        elif marker == 0x01 or 0xD0 <= marker <= 0xD7:
            position += 2
        else:
            position += 2 + int.from_bytes(image[position + 2 : position + 4], "big")
    return None
