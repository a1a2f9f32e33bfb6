"""What a request and its answer look like once the wire form is gone: the seam between reading bodies and counting.

`answer.py` and `stream.py` make an `Answer` out of a JSON body or a stream; `prompt.py` and `completion.py` count.
Nothing here outlives the counting of one exchange: no value of this module is ever stored or logged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from msgspec import Struct

Api = Literal["chat", "completions", "embeddings", "responses", "images", "audio", "other"]
TokenSource = Literal[
    "llm_log", "aoai_log", "body_usage", "stream_usage", "tokenized", "extrapolated", "lower_bound", "none"
]

Request = Mapping[str, Any]
"""The request body as JSON decodes it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the service states them.

    cached, cache_write, audio, image ⊂ prompt; reasoning, audio, image ⊂ completion.
    cached_audio ⊂ cached and audio, cached_image ⊂ cached and image. None: not said, and it does not follow.
    """

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    audio_prompt_tokens: int | None = None
    audio_completion_tokens: int | None = None
    cached_audio_tokens: int | None = None
    image_prompt_tokens: int | None = None
    cached_image_tokens: int | None = None
    image_completion_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One function call of an answer. `arguments` is the text the model wrote, as it wrote it."""

    name: str
    arguments: str


class Choice(Struct, frozen=True):
    """One of the n answers of Chat Completions or Completions, its deltas joined."""

    text: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    function_call: ToolCall | None = None
    finish_reason: str | None = None


class Answer(Struct, frozen=True):
    """What a response body shows. Of a cut body: what can still be read, with `complete` False."""

    complete: bool
    model: str | None = None
    response_id: str | None = None
    created: int | None = None
    service_tier: str | None = None
    choices: tuple[Choice, ...] = ()
    items: tuple[Mapping[str, Any], ...] = ()
    """Output items of the Responses API, as in a `response.completed` event."""
    usage: Usage | None = None
    content_filtered: bool = False
    ttft_ms: int | None = None
    """`latency_checkpoint.user_visible_ttft_ms` or `engine_ttft_ms`, where the body says it."""


class Counted(Struct, frozen=True):
    """Tokens by our own count, and what the count could not see.

    `tokens` is None when there is no honest count: no OpenAI tokenizer for the model, or content that is not in the
    request (`notes` says which). `notes` are short codes such as `image_by_url`, `hosted_tool`, `server_side_context`.
    """

    tokens: int | None
    notes: tuple[str, ...] = ()
    reasoning_tokens: int | None = None
    """Of a completion: reasoning that could be sized (`encrypted_content`); included in `tokens`."""
    lower_bound: int | None = None
    """Where `tokens` is None because part of the content is elsewhere: what the visible part alone costs."""
