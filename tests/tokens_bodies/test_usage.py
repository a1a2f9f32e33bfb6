"""`usage` in every API's spelling."""

import pytest

from aoai_insights.tokens.exchange import Usage
from aoai_insights.tokens.usage import read_usage


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        pytest.param({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}, Usage(5, 2), id="chat"),
        pytest.param({"prompt_tokens": 5, "total_tokens": 5}, Usage(5, 0), id="embeddings have no completion"),
        pytest.param({"prompt_tokens": 5, "total_tokens": 9}, Usage(5, 4), id="a completion follows from the total"),
        pytest.param({"input_tokens": 5, "output_tokens": 2}, Usage(5, 2), id="responses"),
        pytest.param(
            {
                "prompt_tokens": 50,
                "completion_tokens": 20,
                "prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 3, "cache_write_tokens": 6},
                "completion_tokens_details": {"reasoning_tokens": 9, "audio_tokens": 1},
            },
            Usage(50, 20, 8, 6, 9, 3, 1),
            id="details of chat",
        ),
        pytest.param(
            {
                "input_tokens": 50,
                "output_tokens": 20,
                "input_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 6},
                "output_tokens_details": {"reasoning_tokens": 9},
            },
            Usage(50, 20, 8, 6, 9),
            id="details of responses",
        ),
        pytest.param(
            {"input_tokens": 40, "output_tokens": 10, "input_token_details": {"text_tokens": 0, "audio_tokens": 40}},
            Usage(40, 10, audio_prompt_tokens=40),
            id="a transcription spells its details without the s",
        ),
        pytest.param(
            {
                "input_tokens": 1000,
                "output_tokens": 300,
                "input_token_details": {
                    "text_tokens": 150,
                    "audio_tokens": 800,
                    "image_tokens": 50,
                    "cached_tokens": 600,
                    "cached_tokens_details": {"text_tokens": 90, "audio_tokens": 500, "image_tokens": 10},
                },
                "output_token_details": {"text_tokens": 100, "audio_tokens": 200},
            },
            Usage(
                1000,
                300,
                600,
                audio_prompt_tokens=800,
                audio_completion_tokens=200,
                cached_audio_tokens=500,
                image_prompt_tokens=50,
                cached_image_tokens=10,
            ),
            id="the Realtime API says what came from the cache",
        ),
        pytest.param(
            {
                "input_tokens": 40,
                "output_tokens": 10,
                "input_tokens_details": {"audio_tokens": 40, "cached_tokens": 32},
            },
            Usage(40, 10, 32, audio_prompt_tokens=40, cached_audio_tokens=32, cached_image_tokens=0),
            id="what is cached of a prompt of audio alone is audio",
        ),
        pytest.param(
            {
                "input_tokens": 40,
                "output_tokens": 10,
                "input_tokens_details": {"image_tokens": 30, "cached_tokens": 32},
            },
            Usage(40, 10, 32, image_prompt_tokens=30),
            id="what is cached of a mixed prompt is not guessed",
        ),
        pytest.param(
            {"input_tokens": 40, "output_tokens": 10, "input_tokens_details": {"text_tokens": 40}},
            Usage(40, 10, audio_prompt_tokens=0, image_prompt_tokens=0),
            id="a prompt that is all text has no audio and no images",
        ),
        pytest.param(
            {"input_tokens": 40, "output_tokens": 9, "output_tokens_details": {"text_tokens": 1, "image_tokens": 8}},
            Usage(40, 9, image_completion_tokens=8),
            id="an answer of text and images",
        ),
        pytest.param({"type": "duration", "seconds": 12}, None, id="a transcription billed by duration has no tokens"),
        pytest.param({"prompt_tokens": 5.0, "completion_tokens": 2.0}, Usage(5, 2), id="whole floats are counts"),
        pytest.param({"prompt_tokens": True, "completion_tokens": 2}, None, id="a boolean is no count"),
        pytest.param({"prompt_tokens": -1, "completion_tokens": 2}, None, id="a negative number is no count"),
        pytest.param({"prompt_tokens": 10**30, "completion_tokens": 2}, None, id="a number beyond 64 bits is no count"),
        pytest.param({"prompt_tokens": "5"}, None, id="a string is no count"),
        pytest.param({"prompt_tokens": 5, "prompt_tokens_details": None}, Usage(5, 0), id="details may be null"),
        pytest.param({}, None, id="an empty object is no usage"),
    ],
)
def test_usage_is_read(usage: dict[str, object], read: Usage | None) -> None:
    assert read_usage(usage) == read
