"""Prompt tokens of Chat Completions: one row per rule of docs/token-rules.md.

Texts are made of words that are one token each in the tokenizer at hand, so that every sum can be checked by eye.
"""

from typing import Any

import pytest

from aoai_insights.tokens.completion import message_tokens
from aoai_insights.tokens.encoding import text_tokens
from aoai_insights.tokens.prompt import count_prompt
from aoai_insights.tokens.tools import TOOLS_HEADING, functions_text, response_format_text

USER = {"role": "user", "content": "hello world"}
SYSTEM = {"role": "system", "content": "hello"}
FUNCTION = {"name": "now", "description": "hello", "parameters": {"type": "object", "properties": {}}}
TOOL = {"type": "function", "function": FUNCTION}
FORMAT = {"name": "person", "schema": {"type": "object", "properties": {"name": {"type": "string"}}}}
AS_FORMAT = {"type": "json_schema", "json_schema": FORMAT}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png", "detail": "low"}}

JUNE_2024 = 1717200000
JUNE_2025 = 1748736000
JUNE_2026 = 1780272000


def _call(name: str, arguments: str, call_id: str = "1") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _prompt(model: str, *messages: dict[str, Any], created: int | None = None, **request: Any) -> int | None:
    return count_prompt("chat", model, {"messages": list(messages), **request}, created).tokens


@pytest.mark.parametrize(
    ("model", "messages", "tokens"),
    [
        pytest.param("gpt-4o", [USER], 3 + 4 + 2, id="rule 1: 4 per message and 3 once"),
        pytest.param("gpt-4o", [SYSTEM, USER], 3 + 4 + 1 + 4 + 2, id="rule 1: two messages"),
        pytest.param("gpt-4-turbo", [USER], 3 + 4 + 2, id="rule 1: GPT-4 as GPT-4o"),
        pytest.param("o3", [USER], 2 + 4 + 2, id="rule 1: o-series 2 once"),
        pytest.param("gpt-5-mini", [USER], 2 + 4 + 2, id="rule 1: GPT-5 2 once"),
        pytest.param("o1-mini", [USER], 7 + 3, id="rule 1: o1-mini 11 per message less 4, and a line feed"),
        pytest.param(
            "gpt-4o",
            [{"role": "user", "content": [{"type": "text", "text": "hel"}, {"type": "text", "text": "lo"}]}],
            3 + 4 + 1,
            id="rule 1: parts are joined before they are counted",
        ),
        pytest.param("gpt-4o", [{"role": "user", "content": None}], 3 + 4, id="rule 1: no content"),
        pytest.param("gpt-4o", [{**USER, "name": "world"}], 3 + 4 + 2 + 2, id="rule 2: a name and one more"),
        pytest.param("gpt-4o", [{**USER, "name": "user"}], 3 + 4 + 2 + 1, id="rule 2: a name that is the role"),
        pytest.param(
            "gpt-5", [USER, {"role": "assistant", "content": "hello"}], 2 + 6 + 5 + 2, id="rule 3: 2 per earlier answer"
        ),
        pytest.param(
            "gpt-4o", [USER, {"role": "assistant", "content": "hello"}], 3 + 6 + 5, id="rule 3: not before GPT-5"
        ),
        pytest.param(
            "gpt-4o", [{"role": "user", "content": [IMAGE]}], 3 + 4 + 85, id="rule 7: an image costs what it costs"
        ),
    ],
)
def test_messages(model: str, messages: list[dict[str, Any]], tokens: int) -> None:
    assert _prompt(model, *messages) == tokens


def test_rule_1_the_first_gpt_35_on_azure_takes_one_more_per_message() -> None:
    assert _prompt("gpt-35-turbo", SYSTEM, USER, created=JUNE_2024) == 3 + 5 + 6 + 2
    assert _prompt("gpt-35-turbo", SYSTEM, USER, created=JUNE_2026) == 3 + 5 + 6


@pytest.mark.parametrize(
    ("model", "heading", "extra"),
    [
        pytest.param("gpt-4o", "", 3 - 1, id="GPT-4o"),
        pytest.param("o3", "# Instructions\n\n", 2 + 0, id="o-series, under a heading"),
        pytest.param("gpt-5", "# Instructions\n\n", 2 + 81, id="GPT-5, under a heading and with a hidden tool"),
    ],
)
def test_rule_4_tools_stand_in_the_first_system_message(model: str, heading: str, extra: int) -> None:
    section = TOOLS_HEADING + functions_text([FUNCTION])
    joined = extra + 4 + text_tokens(model, f"{heading}hello\n\n{section}") + 6
    assert _prompt(model, SYSTEM, USER, tools=[TOOL]) == joined
    own = extra + 4 + text_tokens(model, section) + 6
    assert _prompt(model, USER, tools=[TOOL]) == own
    assert _prompt(model, USER, functions=[FUNCTION]) == own


@pytest.mark.parametrize(
    ("model", "choice", "extra"),
    [
        pytest.param("gpt-4o", {"type": "function", "function": {"name": "now"}}, 6 + 2, id="a forced function"),
        pytest.param("gpt-4o", "none", 1, id="none"),
        pytest.param("gpt-4o", "required", 0, id="required"),
        pytest.param("gpt-4o", "auto", 0, id="auto"),
        pytest.param("gpt-5", {"type": "function", "function": {"name": "now"}}, 0, id="GPT-5 does not see the choice"),
        pytest.param("gpt-4-0613", {"type": "function", "function": {"name": "now"}}, 4 + 1, id="models of 2023"),
    ],
)
def test_rule_4_tool_choice(model: str, choice: Any, extra: int) -> None:
    without = _prompt(model, USER, tools=[TOOL])
    assert without is not None
    assert _prompt(model, USER, tools=[TOOL], tool_choice=choice) == without + extra


def test_rule_4_gpt_5_takes_one_less_for_a_function_without_description() -> None:
    bare = {**FUNCTION, "description": ""}
    tokens = 2 + 81 - 1 + 4 + text_tokens("gpt-5", TOOLS_HEADING + functions_text([bare])) + 6
    assert _prompt("gpt-5", USER, tools=[{"type": "function", "function": bare}]) == tokens


def test_rule_5_a_response_format_is_a_section_and_names_every_earlier_answer() -> None:
    section = text_tokens("gpt-4o", response_format_text(FORMAT))
    assert _prompt("gpt-4o", USER, response_format=AS_FORMAT) == 3 + 4 + section + (2 + 1) + 6
    answer = {"role": "assistant", "content": "hello"}
    assert _prompt("gpt-4o", USER, answer, response_format=AS_FORMAT) == 3 + 4 + section + 3 + 6 + 5 + (2 + 1)
    assert _prompt("gpt-5", USER, response_format=AS_FORMAT) == 2 + 4 + section + 6
    assert _prompt("gpt-4o", USER, response_format={"type": "json_object"}) == 3 + 6


def test_rule_5_tools_and_a_response_format_are_one_section() -> None:
    section = TOOLS_HEADING + functions_text([FUNCTION]) + "\n\n" + response_format_text(FORMAT)
    tokens = 3 - 1 + 4 + text_tokens("gpt-4o", section) + 6
    assert _prompt("gpt-4o", USER, tools=[TOOL], response_format=AS_FORMAT) == tokens


@pytest.mark.parametrize(("model", "start", "call"), [("gpt-4o", 3, 12), ("o3", 2, 15), ("gpt-5", 2, 18)])
def test_rule_6_a_call_and_its_result(model: str, start: int, call: int) -> None:
    asked = {"role": "assistant", "content": None, "tool_calls": [_call("now", '{"a": 1}')]}
    result = {"role": "tool", "tool_call_id": "1", "content": "hello"}
    named = text_tokens(model, "functions.now") + text_tokens(model, "now")
    tokens = start + 6 + call + named + text_tokens(model, '{"a":1}') + 1
    assert _prompt(model, USER, asked, result) == tokens


def test_rule_6_text_beside_a_call_is_a_message_of_its_own() -> None:
    asked = {"role": "assistant", "content": "", "tool_calls": [_call("now", "{}")]}
    without = _prompt("gpt-5", USER, asked)
    assert without is not None
    assert _prompt("gpt-5", USER, {**asked, "content": "hello"}) == without + 4 + 2 + 1


@pytest.mark.parametrize(
    ("created", "results"),
    [(JUNE_2025, '["hello", "\\u00fc"]'), (JUNE_2026, '["hello", "ü"]'), (None, '["hello", "ü"]')],
    ids=["escaped until February 2026", "raw since", "raw where the date is unknown"],
)
def test_rule_6_parallel_calls_and_their_results_are_one_call(created: int | None, results: str) -> None:
    asked = {"role": "assistant", "tool_calls": [_call("now", "{}", "1"), _call("now", "{}", "2")]}
    second = {"role": "tool", "tool_call_id": "2", "content": "ü"}
    first = {"role": "tool", "tool_call_id": "1", "content": "hello"}
    use = '{"recipient_name":"functions.now","parameters":{}}'
    wrapper = text_tokens("gpt-4o", f'{{"tool_uses":[{use},{use}]}}')
    tokens = 3 + 6 + 20 + wrapper + text_tokens("gpt-4o", results)
    assert _prompt("gpt-4o", USER, asked, second, first, created=created) == tokens


@pytest.mark.parametrize(("model", "start", "calls"), [("gpt-4-turbo", 3, 20), ("o3", 2, 23), ("gpt-5", 2, 26)])
def test_rule_6_parallel_calls_by_family(model: str, start: int, calls: int) -> None:
    asked = {"role": "assistant", "tool_calls": [_call("now", "{}", "1"), _call("now", "{}", "2")]}
    use = '{"recipient_name":"functions.now","parameters":{}}'
    wrapper = text_tokens(model, f'{{"tool_uses":[{use},{use}]}}')
    assert _prompt(model, USER, asked) == start + 6 + wrapper + calls - 9
    result = {"role": "tool", "tool_call_id": "2", "content": "hello"}
    assert _prompt(model, USER, asked, result) == start + 6 + wrapper + calls + text_tokens(model, '["hello"]')


def test_rule_6_calls_and_results_in_the_form_of_2023() -> None:
    asked = {"role": "assistant", "content": None, "function_call": {"name": "now", "arguments": "{}"}}
    result = {"role": "function", "name": "now", "content": "hello"}
    named = text_tokens("gpt-4", "functions.now")
    assert _prompt("gpt-4-0613", USER, asked, result) == 3 + 6 + (7 + named + 1) + (4 + 1 + 1)


@pytest.mark.parametrize(
    ("part", "note", "bound"),
    [
        pytest.param({"type": "file", "file": {"file_data": "x"}}, "file", 3 + 4, id="a file"),
        pytest.param({"type": "input_audio", "input_audio": {"data": "x"}}, "audio", 3 + 4, id="audio"),
        pytest.param({"type": "hologram"}, "unknown_part", 3 + 4, id="a part nobody knows yet"),
    ],
)
def test_content_that_cannot_be_counted_is_named_and_leaves_a_lower_bound(part: Any, note: str, bound: int) -> None:
    counted = count_prompt("chat", "gpt-4o", {"messages": [{"role": "user", "content": [part]}]})
    assert (counted.tokens, counted.lower_bound, counted.notes) == (None, bound, (note,))


@pytest.mark.parametrize(
    ("request_", "note"),
    [
        pytest.param({"web_search_options": {}}, "hosted_tool", id="what a web search found"),
        pytest.param({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "custom_tool", id="a custom tool"),
    ],
)
def test_what_the_service_adds_is_named(request_: dict[str, Any], note: str) -> None:
    counted = count_prompt("chat", "gpt-4o", {"messages": [USER], **request_})
    assert (counted.tokens, counted.notes) == (None, (note,))


def test_an_image_by_url_is_assumed_and_marked() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
    counted = count_prompt("chat", "gpt-4o", {"messages": [{"role": "user", "content": [image]}]})
    assert (counted.tokens, counted.notes) == (3 + 4 + 765, ("image_by_url",))


def test_one_message_alone_has_no_request_constant() -> None:
    assert message_tokens("gpt-4o", USER) == 4 + 2
    assert message_tokens("gpt-5", {"role": "assistant", "content": "hello"}) == 4 + 1 + 2
    assert message_tokens("gpt-4o", {"role": "assistant", "tool_calls": [_call("now", "{}")]}) == 7 + 2 + 1
    assert message_tokens("grok-4", USER) == 0
