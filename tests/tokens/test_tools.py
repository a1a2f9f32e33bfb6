"""Tools and response formats as the text the model reads: rules 4, 5 and 6 of docs/token-rules.md."""

from typing import Any

import pytest

from aoai_insights.tokens.schema import Walk, type_of
from aoai_insights.tokens.tools import (
    compact_arguments,
    functions_text,
    is_spaced,
    parallel_calls_text,
    parallel_results_text,
    response_format_text,
)

_WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        pytest.param({"type": "string"}, "string", id="a string"),
        pytest.param({"type": "integer"}, "number", id="an integer is a number"),
        pytest.param({"type": "string", "enum": ["a", "b"]}, '"a" | "b"', id="an enum lists its values"),
        pytest.param({"const": "a"}, '"a"', id="a const is its value"),
        pytest.param({}, "any", id="a schema that says nothing"),
        pytest.param(True, "any", id="a schema that is true"),
        pytest.param({"type": ["string", "null"]}, "string | null", id="several types are a union"),
        pytest.param({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string | null", id="anyOf is a union"),
        pytest.param(
            {"anyOf": [{"type": "object"}, {"type": "null"}]}, "any", id="an object without properties makes it any"
        ),
        pytest.param(
            {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
            '\n | // Format: "date"\nstring\n | null',
            id="a format in a union puts every variant on its own line",
        ),
        pytest.param({"allOf": [{"type": "string"}]}, "string", id="allOf of one"),
        pytest.param({"type": "array"}, "any[]", id="an array of anything"),
        pytest.param({"type": "array", "items": {"type": "string"}}, "string[]", id="an array"),
        pytest.param(
            {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
            '("a" | "b")[]',
            id="an array of a union has parentheses",
        ),
        pytest.param(
            {"type": "array", "items": {"type": "string", "description": "One."}},
            "Array<\n// One.\nstring\n>",
            id="items with a comment need lines of their own",
        ),
        pytest.param({"type": "object"}, "object", id="an object of unknown properties"),
        pytest.param(
            {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "number"}}, "required": ["a"]},
            "{ a: string, b?: number }",
            id="without comments an object stands on one line, optional properties marked",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": {"type": "string", "description": "First.\n\n  Really. "}}},
            "{\n// First.\n//\n// Really.\na?: string,\n}",
            id="a description is a comment, line by line, stripped",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": {"title": "A", "type": "string", "description": "First."}}},
            "{\n// A\n//\n// First.\na?: string,\n}",
            id="a title stands before the description",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": {"type": "number", "default": 1.5}}},
            "{\na?: number, // default: 1.5\n}",
            id="a default is a comment behind the property",
        ),
        pytest.param(
            {"type": "object", "properties": {}, "additionalProperties": {"type": "string"}},
            "{ [k: string]: string }",
            id="additionalProperties of a type are an index",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
            "{ a?: string }",
            id="additionalProperties false is not shown",
        ),
    ],
)
def test_a_schema_as_typescript(schema: Any, written: str) -> None:
    assert type_of(schema, Walk(schema)) == written


def test_a_reference_shows_what_it_points_to_with_its_comment() -> None:
    root = {
        "type": "object",
        "properties": {"home": {"$ref": "#/$defs/Address"}},
        "required": ["home"],
        "$defs": {"Address": {"title": "Address", "type": "object", "properties": {"street": {"type": "string"}}}},
    }
    assert type_of(root, Walk(root)) == "{\n// Address\nhome: { street?: string },\n}"


def test_a_schema_that_refers_to_itself_comes_to_an_end() -> None:
    node: dict[str, Any] = {"type": "object", "properties": {"next": {"$ref": "#"}, "other": {"$ref": "#"}}}
    assert "any" in type_of(node, Walk(node))


def test_functions_stand_in_one_namespace() -> None:
    functions = [
        {"name": "now", "description": " The time. ", "parameters": {"type": "object", "properties": {}}},
        {"name": "weather", "parameters": {**_WEATHER, "description": "Where."}},
    ]
    assert functions_text(functions) == (
        "namespace functions {\n\n"
        "// The time.\ntype now = () => any;\n\n"
        "type weather = (_: // Where.\n{ city: string }) => any;\n\n"
        "} // namespace functions"
    )


def test_models_of_2023_see_another_form() -> None:
    parameters = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "title": "Name", "description": "Whose."},
            "free": {"type": "object", "description": "Never shown."},
            "homes": {"type": "array", "items": {"$ref": "#/$defs/Home"}},
        },
        "$defs": {"Home": {"type": "object", "properties": {"street": {"type": "string", "description": "Hidden."}}}},
    }
    assert functions_text([{"name": "f", "parameters": parameters}], as_of_2023=True) == (
        "namespace functions {\n\n"
        "type f = (_: {\n// Whose.\nname?: string,\nhomes?: {\n  street?: string,\n}[],\n}) => any;\n\n"
        "} // namespace functions"
    )


def test_a_json_schema_is_shown_without_what_only_constrains() -> None:
    format_ = {
        "name": "person",
        "description": "Who",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"default": {"type": "string", "format": "date", "title": "Größe"}},
            "required": ["default"],
            "additionalProperties": False,
        },
    }
    assert response_format_text(format_) == (
        "# Response Formats\n\n## person\n\n// Who\n"
        '{"type":"object","properties":{"default":{"type":"string","title":"Gr\\u00f6\\u00dfe"}}}'
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        pytest.param('{"a": 1, "b": "ü"}', '{"a":1,"b":"ü"}', id="arguments are shown without spaces"),
        pytest.param('{"a": 1', '{"a": 1', id="cut arguments are shown as they are"),
        pytest.param("[" * 5000, "[" * 5000, id="and so are hostile ones"),
    ],
)
def test_arguments_of_an_earlier_call(written: str, shown: str) -> None:
    assert compact_arguments(written) == shown


@pytest.mark.parametrize(
    ("arguments", "spaced"),
    [('{"a": 1, "b": 2}', True), ('{"a":1}', False), ("{}", False), ('{"a": 1,"b":2}', False), ('{"a": ', False)],
)
def test_arguments_written_anew_by_the_service(arguments: str, spaced: bool) -> None:
    assert is_spaced(arguments) is spaced


def test_parallel_calls_are_one_call_with_a_list() -> None:
    calls = [("f", '{"a": 1}'), ("g", "")]
    assert parallel_calls_text(calls) == (
        '{"tool_uses":[{"recipient_name":"functions.f","parameters":{"a":1}},'
        '{"recipient_name":"functions.g","parameters":{}}]}'
    )


@pytest.mark.parametrize(
    ("results", "escaped", "shown"),
    [
        pytest.param(["warm", "20"], False, '["warm", "20"]', id="texts and numbers are strings"),
        pytest.param(['{"a":1}', "[2]"], False, '[{"a": 1}, [2]]', id="objects and lists are embedded"),
        pytest.param(["ü"], False, '["ü"]', id="raw since March 2026"),
        pytest.param(["ü"], True, '["\\u00fc"]', id="escaped before"),
    ],
)
def test_results_of_parallel_calls_are_one_list(results: list[str], escaped: bool, shown: str) -> None:
    assert parallel_results_text(results, escaped=escaped) == shown
