"""Prompts of any API: embeddings and completions (rule 12), and requests nobody should send."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aoai_insights.tokens.completion import count_completion, message_tokens
from aoai_insights.tokens.exchange import Answer, Api
from aoai_insights.tokens.prompt import count_prompt


@pytest.mark.parametrize(
    ("api", "model", "request_", "tokens"),
    [
        pytest.param("embeddings", "text-embedding-3-small", {"input": "hello world"}, 2, id="a text"),
        pytest.param("embeddings", "text-embedding-3-small", {"input": ["hello", "world hello"]}, 3, id="several"),
        pytest.param("embeddings", "text-embedding-3-small", {"input": [1, 2, 3]}, 3, id="token ids"),
        pytest.param("embeddings", "text-embedding-3-small", {"input": [[1, 2], [3]]}, 3, id="lists of token ids"),
        pytest.param("completions", "davinci-002", {"prompt": "hello world"}, 2, id="a prompt"),
        pytest.param("completions", "davinci-002", {"prompt": ["hello", "world"]}, 2, id="several prompts"),
        pytest.param("completions", "davinci-002", {}, 0, id="no prompt"),
    ],
)
def test_inputs(api: Api, model: str, request_: dict[str, Any], tokens: int) -> None:
    assert count_prompt(api, model, request_).tokens == tokens


@pytest.mark.parametrize(
    ("api", "model", "note"),
    [
        pytest.param("chat", "grok-4", "no_tokenizer", id="a model without an OpenAI tokenizer"),
        pytest.param("images", "gpt-image-1", "images_api", id="an API whose tokens are not text"),
    ],
)
def test_what_is_not_counted_says_why(api: Api, model: str, note: str) -> None:
    counted = count_prompt(api, model, {"messages": [{"role": "user", "content": "hello"}]})
    assert (counted.tokens, counted.lower_bound, counted.notes) == (None, None, (note,))


_NAMES = """
type role content name tool_calls function id arguments tool_call_id function_call text image_url url detail parameters
properties items anyOf enum required $ref default title description json_schema schema format input messages tools
functions response_format tool_choice instructions output prompt encrypted_content reasoning additionalProperties allOf
"""
_KEYS = st.sampled_from(_NAMES.split())
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats()
    | st.sampled_from(["", "\ud800", "#/a", "data:image/png;base64,iVBORw0KGgo=", "user", "assistant", "tool", "text"])
    | st.sampled_from(["function", "image_url", "function_call", "reasoning", "object", "array", "json_schema"])
)
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=30
)


@settings(deadline=None)
@given(
    request_=st.dictionaries(_KEYS, _JSON, max_size=6),
    api=st.sampled_from(["chat", "responses", "completions", "embeddings"]),
    model=st.sampled_from(["gpt-4o", "gpt-4-0613", "gpt-5.4", "o3", "o1-mini"]),
)
def test_any_json_is_counted_and_nothing_is_raised(request_: dict[str, Any], api: Api, model: str) -> None:
    counted = count_prompt(api, model, request_)
    assert (counted.tokens is None) == (counted.lower_bound is not None)
    assert (counted.tokens if counted.tokens is not None else counted.lower_bound or 0) >= 0
    message_tokens(model, request_)
    count_completion(api, model, request_, Answer(complete=True, items=(request_,)))


def test_deep_nesting_comes_to_an_end() -> None:
    schema: Any = {"type": "string"}
    default: Any = 1
    for _ in range(900):
        schema = {"type": "object", "properties": {"a": schema}}
        default = [default]
    parameters = {"type": "object", "properties": {"deep": schema, "other": {"type": "array", "default": default}}}
    function = {"name": "f", "parameters": parameters}
    request = {
        "messages": [{"role": "user", "content": "hello"}],
        "tools": [{"type": "function", "function": function}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "f", "schema": parameters}},
    }
    assert (count_prompt("chat", "gpt-4o", request).tokens or 0) > 100
