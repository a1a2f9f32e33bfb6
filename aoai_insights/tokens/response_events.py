"""The Responses API: its response object, and the events of its streams, to an `Answer`."""

from collections.abc import Mapping
from typing import Any

from aoai_insights.tokens.chunks import ttft_of
from aoai_insights.tokens.exchange import Answer
from aoai_insights.tokens.json_text import as_count, as_name, as_object, as_objects, as_text
from aoai_insights.tokens.usage import read_usage

FINAL_EVENTS = ("response.completed", "response.incomplete", "response.failed")
"""The event that ends a stream and repeats the whole response, with its usage."""

_DELTA_FIELDS = {
    "response.function_call_arguments.delta": "arguments",
    "response.mcp_call_arguments.delta": "arguments",
    "response.custom_tool_call_input.delta": "input",
    "response.code_interpreter_call_code.delta": "code",
    "response.shell_call_command.delta": "command",
}
"""Where the text of a delta belongs in its output item (OpenAI API reference, streaming events)."""

_PART_FIELDS = {
    "response.output_text.delta": ("content", "output_text", "text"),
    "response.refusal.delta": ("content", "refusal", "refusal"),
    "response.reasoning_text.delta": ("content", "reasoning_text", "text"),
    "response.reasoning_summary_text.delta": ("summary", "summary_text", "text"),
}


def answer_of_response(response: Mapping[str, Any], items: tuple[Mapping[str, Any], ...] = ()) -> Answer:
    """A response object that came whole. `items` stand in where the object itself repeats no output."""
    usage = response.get("usage")
    return Answer(
        complete=True,
        model=as_name(response.get("model")),
        response_id=as_name(response.get("id")),
        created=as_count(response.get("created_at")),
        service_tier=as_name(response.get("service_tier")),
        items=tuple(as_objects(response.get("output"))) or items,
        usage=read_usage(usage) if isinstance(usage, Mapping) else None,
        content_filtered=_filtered(response),
        ttft_ms=ttft_of(response),
    )


def _filtered(response: Mapping[str, Any]) -> bool:
    if as_object(response.get("incomplete_details")).get("reason") == "content_filter":
        return True
    return any(
        as_object(verdict).get("filtered") is True
        for filters in as_objects(response.get("content_filters"))
        for verdict in as_object(filters.get("content_filter_results")).values()
    )


class ResponseEvents:
    """Gathers the events of a Responses API stream."""

    def __init__(self) -> None:
        self._items: dict[int, dict[str, Any]] = {}
        self._texts: dict[tuple[int, str, int], list[str]] = {}
        self._response: Mapping[str, Any] = {}
        self._final = False

    def add(self, event: Mapping[str, Any]) -> str:
        """Take one decoded event; returns the text that it adds to the answer."""
        kind = as_text(event.get("type"))
        if isinstance(response := event.get("response"), dict):
            self._response = response
            self._final = self._final or kind in FINAL_EVENTS
            return ""
        index = as_count(event.get("output_index")) or 0
        if kind in ("response.output_item.added", "response.output_item.done"):
            item = dict(as_object(event.get("item")))
            if kind == "response.output_item.added":
                item.pop("encrypted_content", None)  # of reasoning that goes on: its size says nothing yet
            self._items[index] = item
            if kind == "response.output_item.done":
                self._texts = {key: text for key, text in self._texts.items() if key[0] != index}
            return ""
        if kind not in _DELTA_FIELDS and kind not in _PART_FIELDS:
            return ""
        part = as_count(event.get("content_index", event.get("summary_index"))) or 0
        text = as_text(event.get("delta"))
        self._texts.setdefault((index, kind, part), []).append(text)
        return text

    def answer(self) -> Answer:
        """The answer so far; complete if the event that ends the stream was among the events."""
        for (index, kind, part), texts in sorted(self._texts.items()):
            self._add_text(self._items.setdefault(index, {}), kind, part, "".join(texts))
        items = tuple(self._items[i] for i in sorted(self._items))
        self._texts = {}
        if self._final:
            return answer_of_response(self._response, items)
        return Answer(
            complete=False,
            model=as_name(self._response.get("model")),
            response_id=as_name(self._response.get("id")),
            created=as_count(self._response.get("created_at")),
            service_tier=as_name(self._response.get("service_tier")),
            items=items,
        )

    @staticmethod
    def _add_text(item: dict[str, Any], kind: str, part: int, text: str) -> None:
        if field := _DELTA_FIELDS.get(kind):
            item[field] = text
            return
        place, part_type, field = _PART_FIELDS[kind]
        item.setdefault("type", "message" if place == "content" else "reasoning")
        parts = list(as_objects(item.get(place)))
        while len(parts) <= min(part, 100):
            parts.append({"type": part_type})
        parts[min(part, 100)] = {"type": part_type, field: text}
        item[place] = parts
