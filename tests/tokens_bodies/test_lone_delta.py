"""Which events say nothing but the text of one delta."""

import json
from typing import Any

import pytest

from aoai_insights.tokens.lone_delta import DELTA, QUOTED_DELTA, is_lone_delta

from .bodies import USAGE, chunk

TEXT = "TEXT"
CALL = {"index": 0, "function": {"arguments": TEXT}}


def is_lone(event: str) -> bool:
    head, _, tail = event.partition(TEXT)
    return is_lone_delta(head.encode(), tail.encode())


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(chunk({"content": TEXT}), id="text"),
        pytest.param(chunk({"content": TEXT}, index=3), id="text of another choice"),
        pytest.param(chunk({"role": "assistant", "content": TEXT, "refusal": None, "tool_calls": []}), id="with members that say nothing"),
        pytest.param(chunk({"content": TEXT}, usage=None), id="usage null"),
        pytest.param(chunk({"tool_calls": [CALL]}), id="arguments"),
        pytest.param(chunk({"content": None, "tool_calls": [{"function": {"name": "", "arguments": TEXT}}]}), id="arguments, no name"),
    ],
)
def test_an_event_with_one_text_is_lone(event: dict[str, Any]) -> None:
    assert is_lone(json.dumps(event))
    assert is_lone(json.dumps(event, separators=(",", ":")))


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(chunk({"content": TEXT}, usage=USAGE), id="a usage"),
        pytest.param(chunk({"content": TEXT}, finish="stop"), id="a finish"),
        pytest.param(chunk({"content": TEXT, "refusal": "no"}), id="a refusal"),
        pytest.param(chunk({"content": TEXT, "function_call": {"arguments": "{}"}}), id="an old call beside text"),
        pytest.param(chunk({"function_call": {"arguments": TEXT}}), id="an old call"),
        pytest.param(chunk({"content": TEXT, "tool_calls": [CALL]}), id="a call beside text"),
        pytest.param(chunk({"content": "x", "tool_calls": [CALL]}), id="text beside a call"),
        pytest.param(chunk({"tool_calls": [CALL, {"index": 1}]}), id="two calls"),
        pytest.param(chunk({"tool_calls": [{"function": {"name": "wade", "arguments": TEXT}}]}), id="a name"),
        pytest.param(chunk({"tool_calls": [{"function": {"name": TEXT, "arguments": ""}}]}), id="a name only"),
        pytest.param(chunk({"tool_calls": TEXT}), id="calls that are no list"),
        pytest.param(chunk({"content": [TEXT]}), id="content that is a list"),
        pytest.param(chunk({"content": "x"}) | {"id": TEXT}, id="an id"),
        pytest.param(chunk(None) | {"id": TEXT}, id="no choice"),
        pytest.param(chunk({}) | {"choices": chunk({"content": TEXT})["choices"] * 2}, id="two choices"),
        pytest.param({"choices": TEXT}, id="choices that are no list"),
        pytest.param([TEXT], id="no object"),
    ],
)
def test_an_event_that_says_more_or_other_is_not(event: object) -> None:
    assert not is_lone(json.dumps(event))


@pytest.mark.parametrize(
    "event",
    [
        pytest.param('{"choices":[{"index":0,"delta":{"content":"TEXT","content":"x"}}]}', id="a member twice"),
        pytest.param(
            '{"choices":[{"index":0,"delta":{"content":"TEXT","content":"~ what the delta says ~"}}]}', id="with the sample"
        ),
        pytest.param('{"choices":[{"index":0,"delta":{"content":"TEXT"}}]', id="no JSON"),
    ],
)
def test_an_event_that_is_made_up_is_not(event: str) -> None:
    assert not is_lone(event)


@pytest.mark.parametrize(
    "delta",
    [
        {"content": TEXT},
        {"role": "assistant", "content": TEXT},
        {"tool_calls": [CALL]},
        {"tool_calls": [{"function": {"arguments": TEXT}, "index": 0}]},
    ],
)
def test_the_text_is_found_however_the_event_is_written(delta: dict[str, Any]) -> None:
    for event in (json.dumps(chunk(delta)), json.dumps(chunk(delta), separators=(",", ":"))):
        found = DELTA.search(event.encode())
        assert found is not None
        assert found.end() == event.index(TEXT)
        quoted = json.dumps(event)
        found = QUOTED_DELTA.search(quoted.encode())
        assert found is not None
        assert found.end() == quoted.index(TEXT)
