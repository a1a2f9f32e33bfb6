"""The chunks of Chat Completions and Completions streams, and their one-piece form, to an `Answer`."""

from collections.abc import Mapping
from typing import Any

from aoai_insights.tokens.exchange import Answer, Choice, ToolCall, Usage
from aoai_insights.tokens.json_text import as_count, as_name, as_object, as_objects, as_text
from aoai_insights.tokens.usage import read_usage


class _ChoiceParts:
    """The deltas of one choice so far."""

    __slots__ = ("calls", "finish_reason", "function", "refusal", "text")

    def __init__(self) -> None:
        self.text: list[str] = []
        self.refusal: list[str] = []
        self.calls: dict[int, tuple[list[str], list[str]]] = {}
        self.function: tuple[list[str], list[str]] | None = None
        self.finish_reason: str | None = None

    def add(self, delta: Mapping[str, Any]) -> str:
        """Take one delta; returns what it adds to the text of the answer, to refusal or arguments."""
        text = as_text(delta.get("content")) or "".join(
            as_text(p.get("text")) for p in as_objects(delta.get("content"))
        )
        refusal = as_text(delta.get("refusal"))
        self.text.append(text)
        self.refusal.append(refusal)
        added = text + refusal
        for position, call in enumerate(as_objects(delta.get("tool_calls"))):
            names, arguments = self.calls.setdefault(as_count(call.get("index", position)) or 0, ([], []))
            added += _add_call(call, names, arguments)
        if isinstance(function := delta.get("function_call"), Mapping):
            self.function = self.function or ([], [])
            added += _add_call({"function": function}, *self.function)
        return added

    def choice(self) -> Choice:
        return Choice(
            text="".join(self.text),
            refusal="".join(self.refusal),
            tool_calls=tuple(_joined(*self.calls[i]) for i in sorted(self.calls)),
            function_call=_joined(*self.function) if self.function else None,
            finish_reason=self.finish_reason,
        )


def _add_call(call: Mapping[str, Any], names: list[str], arguments: list[str]) -> str:
    function = as_object(call.get("function")) or as_object(call.get("custom"))
    names.append(as_text(function.get("name")))
    arguments.append(as_text(function.get("arguments")) or as_text(function.get("input")))
    return arguments[-1]


def _joined(names: list[str], arguments: list[str]) -> ToolCall:
    return ToolCall("".join(names), "".join(arguments))


class ChatChunks:
    """Gathers the events of a stream of chunks; a body in one piece is one chunk with `message` for `delta`."""

    def __init__(self) -> None:
        self._choices: dict[int, _ChoiceParts] = {}
        self._facts: dict[str, Any] = {}
        self._usage: Usage | None = None
        self._usage_is_last = False
        self._done = False
        self._filtered = False
        self._ttft_ms: int | None = None
        self._broken = False

    def add(self, data: object) -> tuple[str, str]:
        """Take one decoded event; returns its kind (content, role, finish, usage, done, other, broken) and its text."""
        if data == "[DONE]":
            self._done = True
            return "done", ""
        if not isinstance(data, Mapping):
            self._broken = True
            return "broken", ""
        for name in ("id", "model", "created", "service_tier"):
            if value := data.get(name):
                self._facts[name] = value
        self._ttft_ms = ttft_of(data) or self._ttft_ms
        choices = as_objects(data.get("choices"))
        added = "".join(self._add_choice(choice) for choice in choices)
        if isinstance(usage := data.get("usage"), Mapping) and (read := read_usage(usage)):
            self._usage, self._usage_is_last = read, not choices
            return "usage", added
        if any(choice.get("finish_reason") for choice in choices):
            return "finish", added
        if added:
            return "content", added
        return ("role" if any("role" in as_object(choice.get("delta")) for choice in choices) else "other"), added

    def _add_choice(self, choice: Mapping[str, Any]) -> str:
        parts = self._choices.setdefault(as_count(choice.get("index")) or 0, _ChoiceParts())
        if reason := as_name(choice.get("finish_reason")):
            parts.finish_reason = reason
            self._filtered |= reason == "content_filter"
        if isinstance(text := choice.get("text"), str):
            return parts.add({"content": text})
        return parts.add(as_object(choice.get("delta")) or as_object(choice.get("message")))

    def answer(self, filtered: bool, complete: bool | None = None) -> Answer:
        """The answer so far. `complete` None: whole if `[DONE]` came or every choice has its finish reason."""
        if complete is None:
            finished = bool(self._choices) and all(p.finish_reason for p in self._choices.values())
            complete = self._done or finished
        # Some hosts state the usage so far in every chunk; of a cut stream that is not the usage of the call.
        usage = self._usage if complete or self._usage_is_last else None
        return Answer(
            complete=complete,
            model=as_name(self._facts.get("model")),
            response_id=as_name(self._facts.get("id")),
            created=as_count(self._facts.get("created")),
            service_tier=as_name(self._facts.get("service_tier")),
            choices=tuple(self._choices[i].choice() for i in sorted(self._choices)),
            usage=usage,
            content_filtered=filtered or self._filtered,
            ttft_ms=self._ttft_ms,
        )


def ttft_of(body: Mapping[str, Any]) -> int | None:
    """Milliseconds to the first token, where the service says them (research: logs, section 3; undocumented)."""
    checkpoint = as_object(body.get("latency_checkpoint"))
    for name in ("user_visible_ttft_ms", "engine_ttft_ms"):
        value = checkpoint.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**31:
            return round(value)
    return None
