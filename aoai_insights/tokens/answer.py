"""A response body as it was logged, JSON or stream, whole or cut, to what it shows."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from aoai_insights.tokens.chunks import ChatChunks
from aoai_insights.tokens.exchange import Answer, Api
from aoai_insights.tokens.json_text import as_object, decode, decode_cut, whole_member
from aoai_insights.tokens.response_events import answer_of_response
from aoai_insights.tokens.stream import Stream, read_stream, read_usage_event
from aoai_insights.tokens.usage import read_usage

_REFUSED_BY_FILTER = ("content_filter", "content_policy_violation")
"""https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter (error codes of a refused prompt)"""

_STREAM_STARTS = (b"data:", b"event:", b"id:", b"retry:", b":")


class Body(Struct, frozen=True):
    """A response body, read once. `stream` is set where the text of a stream was read; none is neither form."""

    form: Literal["json", "stream", "none"]
    answer: Answer
    stream: Stream | None = None


def read_answer(api: Api, body: str, streamed: bool | None = None) -> Answer:
    """What a response body shows; whatever it is, an answer comes back and nothing is raised.

    `streamed` decides only where the body itself does not tell: a stream starts with a field name, JSON with a bracket.
    """
    return read_body(api, body.encode("utf-8", "replace"), streamed).answer


def read_body(api: Api, body: bytes, streamed: bool | None = None, *, usage_is_enough: bool = False) -> Body:
    """The same for UTF-8 bytes, with what an estimate of a cut body needs to know.

    `usage_is_enough`: where a stream states its usage, its text may stay unread.
    """
    text = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(_STREAM_STARTS) or (streamed and not text.startswith((b"{", b"["))):
        if usage_is_enough and (stated := read_usage_event(text)):
            return Body("stream", stated)
        stream = read_stream(text)
        if stream.answer.usage is None and not stream.answer.complete:
            answer = _with_usage_before_the_cut(stream.answer, text)
            stream = stream if answer is stream.answer else replace(stream, answer=answer)
        return Body("stream", stream.answer, stream)
    if not text.startswith((b"{", b"[")):
        return Body("none", Answer(complete=False))
    whole = decode(text)
    if whole is not None:
        return Body("json", _answer_of(as_object(whole), text, complete=True))
    cut = decode_cut(text)
    if cut is None:
        return Body("none", Answer(complete=False))
    return Body("json", _answer_of_cut(api, as_object(cut), text))


def _with_usage_before_the_cut(answer: Answer, text: bytes) -> Answer:
    """A cut may fall into the last event behind its usage: then that is the usage of the call."""
    last = text[text.rfind(b"\ndata:") + 1 :]
    if b'"usage"' not in last or decode(last.removeprefix(b"data:").strip()) is not None:
        return answer
    usage = whole_member(last, "usage")
    return replace(answer, usage=read_usage(usage)) if usage else answer


def _answer_of(body: Mapping[str, Any], text: bytes, complete: bool) -> Answer:
    if "output" in body or body.get("object") == "response":
        return replace(answer_of_response(body), complete=complete)
    chunks = ChatChunks()
    chunks.add(body)
    filtered = b'"filtered":true' in text or b'"filtered": true' in text
    filtered |= as_object(body.get("error")).get("code") in _REFUSED_BY_FILTER
    return chunks.answer(filtered, complete=complete)


def _answer_of_cut(api: Api, body: Mapping[str, Any], text: bytes) -> Answer:
    """Of a cut body the usage counts only if all of it was seen: a number at the cut may have lost digits."""
    usage = body.get("usage")
    seen_whole = whole_member(text, "usage") if isinstance(usage, Mapping) else None
    answer = _answer_of({**body, "usage": None}, text, complete=False)
    if not seen_whole or seen_whole != usage:
        return answer
    return replace(answer, usage=read_usage(seen_whole))
