"""Completion tokens of Chat Completions and Completions: rules 8 and 12 of docs/token-rules.md."""

from typing import Any, Literal

import pytest

from aoai_insights.tokens.completion import count_completion
from aoai_insights.tokens.encoding import text_tokens
from aoai_insights.tokens.exchange import Answer, Choice, ToolCall
from aoai_insights.tokens.tools import parallel_calls_text

TOOL = {"type": "function", "function": {"name": "now", "description": "hello"}}
FORCED = {"type": "function", "function": {"name": "now"}}
AS_FORMAT = {"type": "json_schema", "json_schema": {"name": "person", "schema": {}}}
CALL = ToolCall("now", "{}")

JANUARY_2025 = 1736000000
MARCH_2025 = 1740900000
APRIL_2025 = 1744000000
JUNE_2025 = 1748736000


def _count(
    model: str,
    *choices: Choice,
    provider: Literal["azure", "openai"] = "openai",
    created: int | None = JUNE_2025,
    **request: Any,
) -> int | None:
    answer = Answer(complete=True, choices=choices, created=created)
    return count_completion("chat", model, request, answer, provider).tokens


def _text(text: str, finish_reason: str = "stop") -> Choice:
    return Choice(text=text, finish_reason=finish_reason)


@pytest.mark.parametrize(
    ("model", "request_", "choice", "tokens"),
    [
        pytest.param("gpt-4o", {}, _text("hello world"), 2, id="a text is its tokens"),
        pytest.param("gpt-4o", {"tools": [TOOL]}, _text("hello"), 1 + 1, id="one more where tools were offered"),
        pytest.param("gpt-4o", {"tools": [TOOL], "tool_choice": "none"}, _text("hello"), 1, id="but not to be used"),
        pytest.param("gpt-4o", {}, Choice(refusal="hello", finish_reason="stop"), 1 + 1, id="a refusal and one more"),
        pytest.param("gpt-4o", {"tools": [TOOL]}, _text("hello", "length"), 1, id="a text cut at its length is bare"),
        pytest.param("gpt-4o", {"response_format": AS_FORMAT}, _text("hello"), 1, id="a format costs GPT-4o nothing"),
        pytest.param(
            "gpt-4o",
            {"response_format": AS_FORMAT, "tools": [TOOL]},
            _text("hello"),
            1 + 1 + 3,
            id="unless there are tools, then its name",
        ),
        pytest.param("gpt-4o", {"tools": [TOOL]}, Choice(tool_calls=(CALL,)), 2 + 1 + 6, id="a call"),
        pytest.param(
            "gpt-4o",
            {"tools": [TOOL], "tool_choice": FORCED},
            Choice(tool_calls=(CALL,)),
            1,
            id="a forced call is its arguments",
        ),
        pytest.param("gpt-4-0613", {"tools": [TOOL]}, Choice(tool_calls=(CALL,)), 1 + 1 + 4, id="a call of 2023"),
        pytest.param(
            "gpt-3.5-turbo-0125",
            {"functions": [TOOL["function"]]},
            Choice(function_call=CALL),
            1 + 1 + 7,
            id="a function_call",
        ),
        pytest.param(
            "gpt-3.5-turbo-0125",
            {"functions": [TOOL["function"]], "function_call": {"name": "now"}},
            Choice(function_call=CALL),
            1,
            id="a forced function_call",
        ),
        pytest.param("gpt-5.4", {}, _text("hello"), 1 + 3, id="GPT-5: the channel"),
        pytest.param("gpt-5.4", {"tools": [TOOL]}, Choice(tool_calls=(CALL,)), 2 + 1 + 9, id="a call of GPT-5"),
        pytest.param("gpt-5.4", {"response_format": AS_FORMAT}, _text("hello"), 1 + 3 + 3, id="and the format's name"),
    ],
)
def test_answers(model: str, request_: dict[str, Any], choice: Choice, tokens: int) -> None:
    assert _count(model, choice, **request_) == tokens


@pytest.mark.parametrize(
    ("model", "calls"),
    [
        pytest.param("gpt-4o", (CALL, CALL), id="two calls stand in a wrapper"),
        pytest.param("gpt-4o", (ToolCall("now", '{"a": 1}'),), id="so did one whose arguments were written anew"),
        pytest.param("gpt-4-turbo", (CALL, CALL, CALL), id="three calls too"),
    ],
)
def test_calls_out_of_a_wrapper(model: str, calls: tuple[ToolCall, ...]) -> None:
    wrapper = text_tokens(model, parallel_calls_text([(call.name, call.arguments) for call in calls]))
    assert _count(model, Choice(tool_calls=calls), tools=[TOOL]) == wrapper + 10


@pytest.mark.parametrize(
    ("model", "text", "call", "parallel"),
    [("o3-mini", 7 + 6, 14 + 6, 18 + 6), ("o1-mini", 5 + 6, 14 + 6, 18 + 6), ("gpt-5", 3 + 6, 9 + 6, 13 + 6)],
)
def test_models_that_reason_spend_six_more(model: str, text: int, call: int, parallel: int) -> None:
    wrapper = text_tokens(model, parallel_calls_text([("now", "{}"), ("now", "{}")]))
    assert _count(model, _text("hello")) == 1 + text
    assert _count(model, Choice(tool_calls=(CALL,)), tools=[TOOL]) == 2 + 1 + call
    assert _count(model, Choice(tool_calls=(CALL, CALL)), tools=[TOOL]) == wrapper + parallel


@pytest.mark.parametrize(
    ("provider", "created", "extra"),
    [
        pytest.param("azure", JANUARY_2025, 0, id="not billed at first"),
        pytest.param("openai", JANUARY_2025, 0, id="nor on api.openai.com"),
        pytest.param("openai", MARCH_2025, 1, id="billed on api.openai.com since February 2025"),
        pytest.param("azure", MARCH_2025, 0, id="but not yet on Azure"),
        pytest.param("azure", APRIL_2025, 1, id="on Azure since March 2025"),
        pytest.param("openai", APRIL_2025, 1, id="when both billed it"),
        pytest.param("azure", JUNE_2025, 1, id="Azure still bills it"),
        pytest.param("openai", JUNE_2025, 0, id="api.openai.com stopped in May 2025"),
        pytest.param("azure", None, 1, id="an unknown date is now"),
        pytest.param("openai", None, 0, id="an unknown date is now, on api.openai.com"),
    ],
)
def test_the_token_that_ends_an_answer(provider: Literal["azure", "openai"], created: int | None, extra: int) -> None:
    one, two = _text("hello"), _text("world")
    assert _count("gpt-4o", one, provider=provider, created=created) == 1 + extra
    assert _count("gpt-4o", one, two, provider=provider, created=created) == 2 + 2 * extra
    assert _count("gpt-4o", _text("hello", "length"), provider=provider, created=created) == 1


def test_hidden_reasoning_is_said_to_be_missing() -> None:
    answer = Answer(complete=True, choices=(_text("hello"),), created=JUNE_2025)
    counted = count_completion("chat", "gpt-5-mini", {}, answer, "openai")
    assert (counted.tokens, counted.notes) == (1 + 3 + 6, ("reasoning_not_visible",))
    told_not_to = count_completion("chat", "gpt-5-mini", {"reasoning_effort": "minimal"}, answer, "openai")
    assert (told_not_to.tokens, told_not_to.notes) == (1 + 3, ())


def test_spoken_answers_are_not_counted() -> None:
    answer = Answer(complete=True, choices=(_text("hello"),), created=JUNE_2025)
    counted = count_completion("chat", "gpt-audio", {"modalities": ["text", "audio"]}, answer, "openai")
    assert (counted.tokens, counted.lower_bound, counted.notes) == (None, 1, ("audio",))


def test_other_apis() -> None:
    texts = Answer(complete=True, choices=(Choice(text="hello world"), Choice(text="hello")))
    assert count_completion("completions", "davinci-002", None, texts).tokens == 3
    assert count_completion("embeddings", "text-embedding-3-small", None, Answer(complete=True)).tokens == 0
    assert count_completion("images", "gpt-image-1", None, Answer(complete=True)).notes == ("images_api",)
    assert count_completion("chat", "grok-4", None, texts).notes == ("no_tokenizer",)
