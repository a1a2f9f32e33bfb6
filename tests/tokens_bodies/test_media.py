"""Image and audio calls: what they are sold by, where their bodies hold it, and nothing where they do not."""

import json
from typing import Any

import pytest

from aoai_insights.tokens.count import Count, count_exchange
from aoai_insights.tokens.exchange import Api
from aoai_insights.tokens.logged import Exchange


def counted(api: Api, request: object, response: object) -> Count:
    bodies = [json.dumps(body).encode() if isinstance(body, dict) else body for body in (request, response)]
    return count_exchange(Exchange(api=api, request=bodies[0], response=bodies[1]))


def made(number: int) -> dict[str, Any]:
    return {"created": 1, "data": [{"url": "https://x"}] * number}


VERBOSE = {"task": "transcribe", "language": "english", "duration": 8.470000267028809, "text": 'say "duration": 5, now'}
BODIES: dict[str, tuple[Api, object, object, str]] = {
    # id: api, request, response -> source, images, grade, characters, seconds
    "an image with nothing said is the default of the API": (
        "images", {"prompt": "a"}, made(1), "tokenized 1 standard low - -"),
    "quality and size decide the grade": (
        "images", {"prompt": "a", "quality": "hd", "size": "1024x1792"}, made(1), "tokenized 1 hd high - -"),
    "as many as the answer holds": ("images", {"prompt": "a", "n": 4}, made(3), "tokenized 3 standard low - -"),
    "as many as were asked for where the answer is cut": (
        "images", {"prompt": "a", "n": 4}, b'{"created":1,"data":[{"b64_json":"AAAA', "tokenized 4 standard low - -"),
    "a size that has no price has no grade": (
        "images", {"prompt": "a", "size": "512x512"}, made(1), "tokenized 1 - - -"),
    "a form is not read, its answer is": ("images", b"--x\r\nContent-Disposition: form-data", made(2), "tokenized 2 - - -"),
    "a request that was cut says nothing": ("images", b'{"prompt":"a","n":2', None, "none - - - -"),
    "no bodies, no quantity": ("images", None, None, "none - - - -"),
    "characters are counted, not bytes": (
        "audio", {"model": "tts", "input": "Grüße 👋", "voice": "x"}, b"\xff\xfbID3", "tokenized - - 7 -"),
    "a text that was cut says nothing": ("audio", b'{"model":"tts","input":"Gr', b"\xff\xfb", "none - - - -"),
    "a duration is whole seconds, rounded up": ("audio", b"--x\r\nform", VERBOSE, "body_usage - - - 9"),
    "usage by duration goes before": (
        "audio", b"--x", {**VERBOSE, "usage": {"type": "duration", "seconds": 11}}, "body_usage - - - 11"),
    "a duration stands before the cut": (
        "audio", None, json.dumps(VERBOSE).encode()[:90], "body_usage - - - 9"),
    "a duration that touches the cut may be short": ("audio", None, b'{"task":"transcribe","duration":8', "none - - - -"),
    "a text is no duration": ("audio", None, {"text": 'she said "duration": 99,'}, "none - - - -"),
    "plain text says nothing": ("audio", b"--x", b"The beach was popular.", "none - - - -"),
    "a duration of a year is none": ("audio", None, {"duration": 31_536_000}, "none - - - -"),
}  # fmt: skip


@pytest.mark.parametrize(("api", "request_body", "response", "expected"), BODIES.values(), ids=BODIES.keys())
def test_a_call_is_measured(api: Api, request_body: object, response: object, expected: str) -> None:
    count = counted(api, request_body, response)
    said = (count.images, count.image_grade, count.characters, count.audio_seconds)
    assert " ".join([count.source, *("-" if value is None else str(value) for value in said)]) == expected


def test_tokens_of_an_image_call_go_before_its_images() -> None:
    usage = {"input_tokens": 500, "output_tokens": 4160, "total_tokens": 4660,
             "input_tokens_details": {"text_tokens": 12, "image_tokens": 488}}  # fmt: skip
    count = counted("images", {"prompt": "a"}, {"data": [{"b64_json": "A"}], "usage": usage})
    assert (count.source, count.images, count.prompt_tokens, count.image_prompt_tokens, count.image_completion_tokens) == (
        "body_usage", None, 500, 488, 4160)  # fmt: skip


def test_a_failed_call_is_charged_for_nothing() -> None:
    exchange = Exchange(api="audio", request=b'{"input":"hello"}', response=b'{"error":{"code":"429"}}')
    assert count_exchange(exchange, reconstruct=False).characters is None


def test_speech_as_a_stream_states_its_tokens() -> None:
    stream = b'data: {"type":"speech.audio.delta","audio":"AA"}\n\ndata: {"type":"speech.audio.done","usage":' \
             b'{"input_tokens":14,"output_tokens":101,"total_tokens":115}}\n\n'  # fmt: skip
    count = counted("audio", {"model": "gpt-4o-mini-tts", "input": "hello"}, stream)
    assert (count.source, count.prompt_tokens, count.completion_tokens, count.characters) == (
        "stream_usage",
        14,
        101,
        None,
    )
