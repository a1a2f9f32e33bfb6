"""Tools, structured output and earlier calls as the text the model reads (research: tokens, rules 4 to 6)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from aoai_insights.tokens.schema import Walk, comment_lines, comment_of, object_type, object_type_2023
from aoai_insights.tokens.written import remembering

Function = Mapping[str, Any]
"""name, description, parameters of one function, as in a request's `tools` or `functions`."""

TOOLS_HEADING = "# Tools\n\n## functions\n\n"


def functions_text(functions: Sequence[Function], *, as_of_2023: bool = False) -> str:
    """All functions as one TypeScript namespace."""
    return (_namespace_2023 if as_of_2023 else _namespace)(functions)


def _namespace_of(functions: Sequence[Function], as_of_2023: bool) -> str:
    body = "\n\n".join(_function_text(function, as_of_2023) for function in functions)
    return "namespace functions {\n\n" + body + "\n\n} // namespace functions"


_namespace = remembering(partial(_namespace_of, as_of_2023=False))
_namespace_2023 = remembering(partial(_namespace_of, as_of_2023=True))


def _function_text(function: Function, as_of_2023: bool) -> str:
    lines = comment_lines(_text(function.get("description")))
    parameters = function.get("parameters")
    parameters = parameters if isinstance(parameters, Mapping) else {}
    walk = Walk(parameters)
    other = parameters.get("additionalProperties")
    name = _text(function.get("name"))
    if not parameters.get("properties") and other is not True and not isinstance(other, Mapping):
        lines.append(f"type {name} = () => any;")
    elif as_of_2023:
        lines.append(f"type {name} = (_: {object_type_2023(parameters, walk)}) => any;")
    else:
        head = "".join(line + "\n" for line in comment_of(parameters, walk))
        lines.append(f"type {name} = (_: {head}{object_type(parameters, walk)}) => any;")
    return "\n".join(lines)


_NOT_SHOWN = frozenset({
    "additionalProperties", "required", "default", "format", "pattern", "multipleOf", "uniqueItems",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "minLength", "maxLength",
})  # fmt: skip
"""Keywords of a json_schema that constrain decoding but are not written into the prompt (rule 5)."""


@remembering
def response_format_text(format_: Mapping[str, Any]) -> str:
    """A json_schema response format: heading, name, description as a comment, the schema as compact ASCII JSON."""
    description = _text(format_.get("description"))
    schema = json.dumps(_shown(format_.get("schema") or {}), separators=(",", ":"))
    comment = f"// {description}\n" if description else ""
    return f"# Response Formats\n\n## {_text(format_.get('name'))}\n\n{comment}{schema}"


def _shown(schema: Any, *, names: bool = False, depth: int = 0) -> Any:
    """`schema` without what is not shown; under `names` the keys are the author's own and all stay."""
    if depth > 100:
        return None
    if isinstance(schema, Mapping):
        return {
            key: _shown(value, names=key in ("properties", "$defs", "definitions") and not names, depth=depth + 1)
            for key, value in schema.items()
            if names or key not in _NOT_SHOWN
        }
    if isinstance(schema, list):
        return [_shown(value, depth=depth + 1) for value in schema]
    return schema


def compact_arguments(arguments: str) -> str:
    """Arguments as the prompt shows them again: parsed and written without spaces; unchanged when they are no JSON."""
    try:
        return json.dumps(json.loads(arguments), separators=(",", ":"), ensure_ascii=False)
    except (ValueError, RecursionError):
        return arguments


def parallel_calls_text(calls: Iterable[tuple[str, str]]) -> str:
    """Several (name, arguments) as the one call to `multi_tool_use.parallel` that they are to the model."""
    uses = ",".join(
        f'{{"recipient_name":"functions.{name}","parameters":{compact_arguments(arguments or "{}")}}}'
        for name, arguments in calls
    )
    return '{"tool_uses":[' + uses + "]}"


def is_spaced(arguments: str) -> bool:
    """Were the arguments written anew by the service, with a space behind `,` and `:`?

    A model writes them without. In Chat Completions the service parses the wrapper of parallel calls and writes each
    call's arguments anew: a single call with such arguments came out of a wrapper that held only one (rule 8).
    """
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return False
    spaced = json.dumps(value, ensure_ascii=False)
    return arguments == spaced and spaced != json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def parallel_results_text(results: Sequence[str], *, escaped: bool) -> str:
    """The results of parallel calls as one JSON list: JSON objects and lists embedded, everything else as strings."""
    return json.dumps([_embedded(result) for result in results], ensure_ascii=escaped)


def _embedded(result: str) -> Any:
    try:
        value = json.loads(result)
    except (ValueError, RecursionError):
        return result
    return value if isinstance(value, dict | list) else result


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
