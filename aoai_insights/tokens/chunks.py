"""The chunks of Chat Completions and Completions streams, and their one-piece form, to an `Answer`."""

from collections.abc import Mapping
from typing import Any

from aoai_insights.tokens.exchange import Answer, Choice, ToolCall, Usage
from aoai_insights.tokens.json_text import as_count, as_name, as_object, as_objects, as_text
from aoai_insights.tokens.lone_delta import read_lone_delta
from aoai_insights.tokens.usage import read_usage

_FACTS = ("id", "model", "created", "service_tier", "latency_checkpoint")
"""Members of a chunk that say something about the whole answer; the last that is not empty counts."""


class _ChoiceParts:
    """The deltas of one choice so far."""

    __slots__ = ("calls", "finish_reason", "function", "refusal", "text")

    def __init__(self) -> None:
        self.text: list[str] = []
        self.refusal: list[str] = []
        self.calls: dict[int, tuple[list[str], list[str]]] = {}
        self.function: tuple[list[str], list[str]] | None = None
        self.finish_reason: str | None = None

    def add(self, delta: dict[str, Any]) -> str:
        """Take one delta; returns what it adds to the text of the answer, to refusal or arguments."""
        added = ""
        content = delta.get("content")
        if content:
            added = (
                content if isinstance(content, str) else "".join(as_text(p.get("text")) for p in as_objects(content))
            )
            self.text.append(added)
        if refusal := as_text(delta.get("refusal")):
            self.refusal.append(refusal)
            added += refusal
        if calls := delta.get("tool_calls"):
            for position, call in enumerate(as_objects(calls)):
                names, arguments = self.calls.setdefault(as_count(call.get("index", position)) or 0, ([], []))
                added += _add_call(call, names, arguments)
        if isinstance(function := delta.get("function_call"), dict):
            self.function = self.function or ([], [])
            added += _add_call({"function": function}, *self.function)
        return added

    def choice(self) -> Choice:
        return Choice(
            "".join(self.text),
            "".join(self.refusal),
            tuple([_joined(*self.calls[i]) for i in sorted(self.calls)]) if self.calls else (),
            _joined(*self.function) if self.function else None,
            self.finish_reason,
        )


def _add_call(call: dict[str, Any], names: list[str], arguments: list[str]) -> str:
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
        self._broken = False

    def add(self, data: object) -> tuple[str, str]:
        """Take one decoded event; returns its kind (content, role, finish, usage, done, other, broken) and its text."""
        if data == "[DONE]":
            self._done = True
            return "done", ""
        if not isinstance(data, dict):
            self._broken = True
            return "broken", ""
        facts = self._facts
        for name in _FACTS:
            if value := data.get(name):
                facts[name] = value
        choices = as_objects(data.get("choices"))
        added, finished = "", False
        for choice in choices:
            added += self._add_choice(choice)
            finished |= bool(choice.get("finish_reason"))
        if (usage := data.get("usage")) and isinstance(usage, dict) and (read := read_usage(usage)):
            self._usage, self._usage_is_last = read, not choices
            return "usage", added
        if finished:
            return "finish", added
        if added:
            return "content", added
        return _kind_without_text(choices), added

    def add_text(self, raw: bytes) -> str | None:
        """Take one event, as JSON, that goes on with a text that was begun and says nothing else: `add`, but faster.

        Returns the text; None of any other event, which is not taken.
        """
        found = read_lone_delta(raw)
        if found is None:
            return None
        chunk, text = found
        choice = chunk.choices[0]
        parts = self._choices.get(choice.index)
        if not text or parts is None:
            return None
        if not choice.delta.tool_calls:
            parts.text.append(text)
        elif (begun := parts.calls.get(choice.delta.tool_calls[0].index)) is not None:
            begun[1].append(text)
        else:
            return None
        facts = self._facts
        for name in _FACTS:
            if value := getattr(chunk, name):
                facts[name] = value
        return text

    def _add_choice(self, choice: dict[str, Any]) -> str:
        index = choice.get("index")
        index = 0 if index == 0 else as_count(index) or 0
        parts = self._choices.get(index)
        if parts is None:
            parts = self._choices[index] = _ChoiceParts()
        if reason := as_name(choice.get("finish_reason")):
            parts.finish_reason = reason
            self._filtered |= reason == "content_filter"
        delta = choice.get("delta") or choice.get("message")
        if isinstance(delta, dict):
            return parts.add(delta)
        return parts.add({"content": as_text(choice.get("text"))})

    @property
    def complete(self) -> bool:
        """Has the stream ended: did `[DONE]` come, or has every choice its finish reason?"""
        return self._done or (bool(self._choices) and None not in [p.finish_reason for p in self._choices.values()])

    def answer(self, filtered: bool, complete: bool | None = None) -> Answer:
        """The answer so far; `complete` says what a body in one piece cannot."""
        if complete is None:
            complete = self.complete
        # Some hosts state the usage so far in every chunk; of a cut stream that is not the usage of the call.
        usage = self._usage if complete or self._usage_is_last else None
        return Answer(
            complete=complete,
            model=as_name(self._facts.get("model")),
            response_id=as_name(self._facts.get("id")),
            created=as_count(self._facts.get("created")),
            service_tier=as_name(self._facts.get("service_tier")),
            choices=tuple([self._choices[i].choice() for i in sorted(self._choices)]),
            usage=usage,
            content_filtered=filtered or self._filtered,
            ttft_ms=ttft_of(self._facts),
        )


def _kind_without_text(choices: list[dict[str, Any]]) -> str:
    for choice in choices:
        if "role" in as_object(choice.get("delta")):
            return "role"
    return "other"


def ttft_of(body: Mapping[str, Any]) -> int | None:
    """Milliseconds to the first token, where the service says them (research: logs, section 3; undocumented)."""
    checkpoint = body.get("latency_checkpoint")
    if not isinstance(checkpoint, dict):
        return None
    for name in ("user_visible_ttft_ms", "engine_ttft_ms"):
        value = checkpoint.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**31:
            return round(value)
    return None
