"""Images: size from the first bytes, cost from the model: rule 7 of docs/token-rules.md."""

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aoai_insights.tokens.images import image_tokens, size_of, size_of_data_url


def _png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + struct.pack(">II", width, height)


def _jpeg(width: int, height: int) -> bytes:
    exif = b"\xff\xe1" + struct.pack(">H", 202) + bytes(200)
    frame = b"\xff\xc2" + struct.pack(">HBHH", 17, 8, height, width) + bytes(10)
    return b"\xff\xd8" + exif + b"\xff" + frame


def _webp(kind: bytes, rest: bytes) -> bytes:
    return b"RIFF\x00\x00\x00\x00WEBP" + kind + bytes(4) + rest


def _url(image: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(image).decode()}"


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(_png(640, 480), id="PNG"),
        pytest.param(_jpeg(640, 480), id="JPEG, its frame behind metadata"),
        pytest.param(b"GIF89a" + struct.pack("<HH", 640, 480), id="GIF"),
        pytest.param(_webp(b"VP8X", bytes(4) + (639).to_bytes(3, "little") + (479).to_bytes(3, "little")), id="WebP"),
        pytest.param(_webp(b"VP8 ", bytes(6) + struct.pack("<HH", 640, 480)), id="lossy WebP"),
        pytest.param(_webp(b"VP8L", b"\x2f" + struct.pack("<I", 639 | 479 << 14)), id="lossless WebP"),
    ],
)
def test_the_size_stands_in_the_first_bytes(image: bytes) -> None:
    assert size_of(image) == (640, 480)
    assert size_of_data_url(_url(image)) == (640, 480)


@pytest.mark.parametrize("url", ["https://example.com/cat.png", "data:image/png;base64,AAAA", "data:,", "", "data:x"])
def test_no_size_where_none_can_be_read(url: str) -> None:
    assert size_of_data_url(url) is None


@given(
    st.binary(max_size=60), st.sampled_from([b"", b"\xff\xd8", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"RIFF0000WEBPVP8X"])
)
def test_damaged_images_raise_nothing(rest: bytes, start: bytes) -> None:
    size_of_data_url(_url(start + rest))


@pytest.mark.parametrize(
    ("model", "size", "detail", "tokens"),
    [
        pytest.param("gpt-4o", (640, 480), None, 85 + 2 * 170, id="tiles of 512"),
        pytest.param("gpt-4o", (4096, 8192), "high", 85 + 6 * 170, id="scaled into 2048, then to a short side of 768"),
        pytest.param("gpt-4o", (1024, 1024), "auto", 85 + 4 * 170, id="scaled to a short side of 768"),
        pytest.param("gpt-4o", (4096, 8192), "low", 85, id="low detail costs the base"),
        pytest.param("gpt-4o-mini", (512, 512), None, 2833 + 5667, id="gpt-4o-mini has its own prices"),
        pytest.param("gpt-5", (512, 512), None, 70 + 140, id="GPT-5"),
        pytest.param("o3", (512, 512), None, 75 + 150, id="o-series"),
        pytest.param("gpt-4.1-mini", (640, 480), None, 487 + 1, id="patches of 32 in floating point: 300 x 1.62 > 486"),
        pytest.param("gpt-4.1-nano", (1, 1), None, 3 + 1, id="at least one patch"),
        pytest.param("o4-mini", (1800, 2400), None, 2498 + 1, id="scaled down to fit 1536 patches: 33 x 44"),
        pytest.param("gpt-5.4", (2048, 1024), "high", 2458 + 1, id="GPT-5.4 takes 2,500 patches"),
        pytest.param("gpt-5.4", (4096, 2048), "high", 2458 + 1, id="and a longest side of 2048"),
        pytest.param("gpt-5.4", (4096, 2048), "original", 9831 + 1, id="or 10,000 patches for original detail"),
    ],
)
def test_the_cost_of_an_image(model: str, size: tuple[int, int], detail: str | None, tokens: int) -> None:
    assert image_tokens(model, _url(_png(*size)), detail) == (tokens, True)


def test_an_image_by_url_gets_a_marked_default() -> None:
    assert image_tokens("gpt-4o", "https://example.com/cat.png", "auto") == (85 + 4 * 170, False)


def test_the_responses_api_charges_gpt_5_patches_alone() -> None:
    assert image_tokens("gpt-5-nano", _url(_png(128, 128)), None, "responses") == (24, True)
