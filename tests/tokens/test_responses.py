"""Prompt and completion tokens of the Responses API: rules 9 to 11 of docs/token-rules.md."""

from typing import Any

import pytest

from aoai_insights.tokens.completion import count_completion
from aoai_insights.tokens.encoding import text_tokens
from aoai_insights.tokens.exchange import Answer
from aoai_insights.tokens.prompt import count_prompt
from aoai_insights.tokens.tools import functions_text, parallel_calls_text, response_format_text

FUNCTION = {"type": "function", "name": "now", "description": "hello", "parameters": {"type": "object"}}
FORMAT = {"type": "json_schema", "name": "person", "schema": {"type": "object", "properties": {}}}
USER = {"role": "user", "content": "hello world"}
CALL = {"type": "function_call", "call_id": "1", "name": "now", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "1", "output": "hello"}
THOUGHT = {"type": "reasoning", "summary": [], "encrypted_content": "x" * (920 + 625)}

MARCH_2025 = 1741600000
JUNE_2025 = 1748736000


def _prompt(model: str, given: Any, created: int | None = None, **request: Any) -> int | None:
    return count_prompt("responses", model, {"input": given, **request}, created).tokens


def _message(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}], **more}


def _answer(*items: dict[str, Any]) -> Answer:
    return Answer(complete=True, items=items)


def _completion(model: str, *items: dict[str, Any], **request: Any) -> int | None:
    return count_completion("responses", model, request, _answer(*items)).tokens


@pytest.mark.parametrize(
    ("model", "given", "request_", "tokens"),
    [
        pytest.param("gpt-4o", "hello world", {}, 3 + 6, id="a text is a user message"),
        pytest.param("gpt-4o", [USER], {"instructions": "hello"}, 3 + 5 + 6, id="instructions are a message"),
        pytest.param("gpt-4o", [USER], {"instructions": ""}, 3 + 6, id="empty instructions are none"),
        pytest.param("gpt-4-0613", [USER], {}, 2 + 6, id="GPT-4 begins with 2"),
        pytest.param("gpt-5", [USER, _message("hello"), USER], {}, 2 + 6 + 7 + 6, id="GPT-5: 2 per earlier answer"),
        pytest.param("gpt-4o", [_message("hello")], {"text": {"format": {"type": "text"}}}, 3 + 5, id="a text format"),
    ],
)
def test_messages(model: str, given: Any, request_: dict[str, Any], tokens: int) -> None:
    assert _prompt(model, given, **request_) == tokens


@pytest.mark.parametrize(
    ("model", "constant"), [("gpt-4o", 3 + 3), ("gpt-4-turbo", 2 + 3), ("o4-mini", 2 + 6), ("gpt-5", 2 + 9)]
)
def test_tools_are_a_section_of_their_own(model: str, constant: int) -> None:
    section = text_tokens(model, functions_text([FUNCTION]))
    assert _prompt(model, [USER], tools=[FUNCTION]) == constant + section + 6
    assert _prompt(model, [USER], tools=[FUNCTION], instructions="hello") == constant + section + 5 + 6


def test_a_single_required_function_is_forced() -> None:
    free = _prompt("gpt-4o", [USER], tools=[FUNCTION])
    assert free is not None
    named = text_tokens("gpt-4o", "functions.now")
    assert _prompt("gpt-4o", [USER], tools=[FUNCTION], tool_choice="required") == free + 6 + named
    other = {**FUNCTION, "name": "then"}
    two = _prompt("gpt-4o", [USER], tools=[FUNCTION, other])
    assert _prompt("gpt-4o", [USER], tools=[FUNCTION, other], tool_choice="required") == two


@pytest.mark.parametrize(("model", "constant"), [("gpt-4o", 3 + 1), ("gpt-5", 2 + 0)])
def test_a_response_format_is_a_section_and_names_no_earlier_answer(model: str, constant: int) -> None:
    section = text_tokens(model, response_format_text(FORMAT))
    answered = 7 if model == "gpt-5" else 5
    given = [USER, _message("hello"), USER]
    assert _prompt(model, given, text={"format": FORMAT}) == constant + section + 6 + answered + 6


@pytest.mark.parametrize(
    ("model", "call"),
    [("gpt-4o", 3 + 9), ("o4-mini", 2 + 15), ("gpt-5", 2 + 15), ("gpt-5.5", 2 + 15), ("gpt-5.4", 2 + 18)],
)
def test_a_call_and_its_output(model: str, call: int) -> None:
    named = 2 * text_tokens(model, "functions.now")
    assert _prompt(model, [USER, CALL, OUTPUT]) == call + 6 + named + 1 + 1
    assert _prompt(model, [USER, {**CALL, "id": "fc_1"}, OUTPUT]) == call + 3 + 6 + named + 1 + 1


def test_calls_that_follow_each_other_are_wrapped_only_for_the_newest() -> None:
    named = text_tokens("gpt-4o", "functions.now")
    wrapper = text_tokens("gpt-4o", parallel_calls_text([("now", "{}"), ("now", "{}")]))
    given = [USER, CALL, CALL, OUTPUT, OUTPUT]
    assert _prompt("gpt-4o", given) == 3 + 6 + 2 * (9 + 2 * named + 1 + 1)
    assert _prompt("gpt-5", given) == 2 + 6 + 2 * (15 + 2 * named + 1 + 1)
    assert _prompt("gpt-5.4", given) == 2 + 6 + 28 + wrapper + 2 * (named + 1)


def test_reasoning_of_an_earlier_turn_costs_nothing() -> None:
    counted = count_prompt("responses", "gpt-5", {"input": [USER, THOUGHT, _message("hello"), USER]})
    assert (counted.tokens, counted.notes) == (2 + 6 + 7 + 6, ())


def test_reasoning_of_this_turn_is_sized_by_its_encrypted_content() -> None:
    without = _prompt("gpt-5", [USER, CALL, OUTPUT])
    counted = count_prompt("responses", "gpt-5", {"input": [USER, THOUGHT, CALL, OUTPUT]})
    assert without is not None
    assert (counted.tokens, counted.notes) == (without + 100 + 10, ("reasoning_by_size",))
    stored = count_prompt("responses", "gpt-5", {"input": [USER, {"type": "reasoning", "id": "rs_1"}, CALL, OUTPUT]})
    assert (stored.tokens, stored.lower_bound, stored.notes) == (None, without, ("reasoning_item",))


@pytest.mark.parametrize(
    ("request_", "note"),
    [
        pytest.param({"previous_response_id": "resp_1"}, "server_side_context", id="an earlier response"),
        pytest.param({"conversation": "conv_1"}, "server_side_context", id="a conversation"),
        pytest.param({"tools": [{"type": "web_search"}]}, "hosted_tool", id="a tool of the service"),
        pytest.param({"tools": [{"type": "custom", "name": "x"}]}, "custom_tool", id="a custom tool"),
        pytest.param({"input": [{"type": "web_search_call"}]}, "hosted_item", id="a call of such a tool"),
        pytest.param({"reasoning": {"mode": "pro"}}, "pro_mode", id="pro mode, with its hidden instructions"),
    ],
)
def test_what_the_request_only_points_to_is_named(request_: dict[str, Any], note: str) -> None:
    counted = count_prompt("responses", "gpt-5.6", {"input": "hello", **request_})
    assert counted.tokens is None
    assert counted.lower_bound is not None
    assert note in counted.notes


def test_the_first_weeks_of_the_api_were_billed_differently() -> None:
    assert _prompt("gpt-4o", [USER], MARCH_2025) == 3 + 6 + 18
    later = _prompt("gpt-4o", [USER], JUNE_2025, tools=[FUNCTION])
    assert later is not None
    assert _prompt("gpt-4o", [USER], MARCH_2025, tools=[FUNCTION]) == later + 216


@pytest.mark.parametrize(
    ("model", "created", "parts"),
    [
        pytest.param("gpt-4.1", None, 2, id="GPT-4.1 since autumn 2025: divided by the calls"),
        pytest.param("gpt-4.1", JUNE_2025, 1, id="before that: whole"),
        pytest.param("gpt-5", None, 1, id="GPT-5: whole"),
    ],
)
def test_a_prompt_answered_by_parallel_calls(model: str, created: int | None, parts: int) -> None:
    request = {"input": [USER], "tools": [FUNCTION]}
    whole = count_prompt("responses", model, request, created).tokens
    assert whole is not None
    counted = count_prompt("responses", model, request, created, answer=_answer(CALL, CALL))
    assert counted.tokens == whole // parts
    assert count_prompt("responses", model, request, created, answer=_answer(CALL)).tokens == whole


@pytest.mark.parametrize(
    ("model", "request_", "items", "tokens"),
    [
        pytest.param("gpt-4o", {}, [_message("hello world")], 2 + 1, id="GPT-4o: text and its end"),
        pytest.param("gpt-4o", {"tools": [FUNCTION]}, [_message("hello world")], 2 + 2, id="one more where tools were"),
        pytest.param("gpt-4o", {}, [_message("hello world", status="incomplete")], 2, id="no end when it was cut off"),
        pytest.param("gpt-4-0613", {}, [_message("hello world")], 2 + 2, id="GPT-4"),
        pytest.param("gpt-5", {}, [_message("hello world")], 2 + 4, id="GPT-5: the channel too"),
        pytest.param("gpt-5", {"text": {"format": FORMAT}}, [_message("hello")], 1 + 4 + 3, id="and the format's name"),
        pytest.param("gpt-4o", {"text": {"format": FORMAT}}, [_message("hello")], 1 + 1, id="which GPT-4o leaves out"),
        pytest.param(
            "gpt-4o",
            {"text": {"format": FORMAT}, "tools": [FUNCTION]},
            [_message("hello")],
            1 + 2 + 3,
            id="unless there are tools",
        ),
        pytest.param("o3", {}, [_message("hello")], 1 + 1, id="o-series: text"),
        pytest.param("o3", {"tools": [FUNCTION]}, [CALL], 2 + 1 + 12, id="a call of o-series"),
        pytest.param("gpt-4o", {"tools": [FUNCTION]}, [CALL], 2 + 1 + 7, id="a call of GPT-4o"),
        pytest.param("gpt-5", {"tools": [FUNCTION]}, [CALL], 2 + 1 + 10, id="a call of GPT-5"),
        pytest.param(
            "gpt-4o",
            {"tools": [FUNCTION], "tool_choice": {"type": "function", "name": "now"}},
            [CALL],
            1 + 1,
            id="a forced call of GPT-4o is its arguments",
        ),
    ],
)
def test_answers(model: str, request_: dict[str, Any], items: list[dict[str, Any]], tokens: int) -> None:
    assert _completion(model, *items, **request_) == tokens


@pytest.mark.parametrize(("model", "constant"), [("gpt-4-turbo", 11), ("gpt-4o", 11), ("o3", 16), ("gpt-5", 14)])
def test_parallel_calls_of_an_answer_are_written_in_their_wrapper(model: str, constant: int) -> None:
    wrapper = text_tokens(model, parallel_calls_text([("now", "{}"), ("now", "{}")]))
    assert _completion(model, CALL, CALL, tools=[FUNCTION]) == wrapper + constant


def test_reasoning_of_an_answer_is_sized_or_said_to_be_hidden() -> None:
    sized = count_completion("responses", "gpt-5", {}, _answer(THOUGHT, _message("hello")))
    assert (sized.tokens, sized.reasoning_tokens, sized.notes) == (1 + 4 + 2 + 100, 100, ("reasoning_by_size",))
    hidden = count_completion("responses", "gpt-5", {}, _answer({"type": "reasoning"}, _message("hello")))
    assert (hidden.tokens, hidden.reasoning_tokens, hidden.notes) == (1 + 4 + 2, None, ("reasoning_not_visible",))


def test_the_work_of_a_hosted_tool_leaves_a_lower_bound() -> None:
    counted = count_completion("responses", "gpt-4o", {}, _answer({"type": "web_search_call"}, _message("hello")))
    assert (counted.tokens, counted.lower_bound, counted.notes) == (None, 1 + 1, ("hosted_item",))
