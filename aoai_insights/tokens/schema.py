"""A JSON Schema as the TypeScript that OpenAI's chat models are shown (research: tokens, rule 4).

Nothing here is documented by OpenAI: every line is what makes recorded prompts with tools come out to the token.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = Any
"""A JSON Schema: an object, or true/false."""

_DEPTH = 40
_NODES = 20_000


@dataclass(slots=True)
class Walk:
    """One schema on its way to text: where `$ref` points into, and how much may still be written.

    The limits stop schemas that refer to themselves; no recorded schema comes near them.
    """

    root: Schema
    nodes: int = field(default=_NODES)

    def may_enter(self, depth: int) -> bool:
        self.nodes -= 1
        return depth < _DEPTH and self.nodes > 0


def comment_lines(text: str) -> list[str]:
    """A description as comment: stripped, every line stripped and behind `// `, an empty line as `//`."""
    stripped = text.strip()
    if not stripped:
        return []
    return [f"// {line.strip()}" if line.strip() else "//" for line in stripped.split("\n")]


def comment_of(schema: Schema, walk: Walk, *, with_format: bool = False) -> list[str]:
    """Title and description of a schema as comment lines: `// Title`, then `//` if a description follows."""
    if isinstance(schema, Mapping) and "$ref" in schema:
        schema = {**_target(schema, walk), **schema}
    if not isinstance(schema, Mapping):
        return []
    title = _text(schema.get("title"))
    description = comment_lines(_text(schema.get("description")))
    lines = comment_lines(title)
    if lines and description:
        lines.append("//")
    lines += description
    if with_format and schema.get("format"):
        lines.append("// Format: " + literal(schema["format"]))
    return lines


def literal(value: Any) -> str:
    """A JSON value as the prompt shows it: with spaces after `,` and `:`, other scripts unescaped."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:  # a default value nested deeper than Python's own JSON can write is nobody's real schema
        return "any"


def object_type(schema: Mapping[str, Any], walk: Walk, depth: int = 0) -> str:
    """An object: on one line while no property has a comment, else one property per line, unindented, comma behind."""
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    other = schema.get("additionalProperties")
    is_open = other is True or isinstance(other, Mapping)
    if not properties and not is_open:
        return "object"
    required = schema.get("required")
    required = required if isinstance(required, list) else []
    commented = any(_has_comment(value, walk) for value in properties.values())
    lines: list[str] = []
    for name, value in properties.items():
        mark = "" if name in required else "?"
        if commented:
            lines += comment_of(value, walk)
            written = type_of(value, walk, depth + 1)
            line = f"{name}{mark}:{'' if written.startswith(chr(10)) else ' '}{written},"
            if isinstance(value, Mapping) and "default" in value:
                line += " // default: " + literal(value["default"])
            lines.append(line)
        else:
            lines.append(f"{name}{mark}: {type_of(value, walk, depth + 1)}")
    if is_open:
        value_type = "any" if other is True else type_of(other, walk, depth + 1)
        lines.append(f"[k: string]: {value_type}" + ("," if commented else ""))
    return "{\n" + "\n".join(lines) + "\n}" if commented else "{ " + ", ".join(lines) + " }"


def type_of(schema: Schema, walk: Walk, depth: int = 0) -> str:
    """Any schema as a type; `any` for what says nothing."""
    if not isinstance(schema, Mapping) or not schema or not walk.may_enter(depth):
        return "any"
    if "$ref" in schema:
        return type_of(_target(schema, walk), walk, depth + 1)
    for keyword in ("anyOf", "oneOf"):
        if isinstance(schema.get(keyword), list) and schema[keyword]:
            return _union(schema[keyword], walk, depth)
    if isinstance(schema.get("allOf"), list) and schema["allOf"]:
        return " & ".join(type_of(part, walk, depth + 1) for part in schema["allOf"])
    kind = schema.get("type")
    if isinstance(kind, list):
        return _union([{**schema, "type": one} for one in kind], walk, depth)
    if isinstance(schema.get("enum"), list):
        return " | ".join(literal(value) for value in schema["enum"])
    if "const" in schema:
        return literal(schema["const"])
    if kind == "array":
        return _array(schema.get("items"), walk, depth)
    if kind == "object" or "properties" in schema:
        return object_type(schema, walk, depth)
    return {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}.get(
        kind if isinstance(kind, str) else "", "any"
    )


def _array(items: Schema, walk: Walk, depth: int) -> str:
    """`T[]`, but `Array<...>` over several lines where the item has a comment or needs several lines itself."""
    if not items:
        return "any[]"
    written = type_of(items, walk, depth + 1)
    comment = comment_of(items, walk)
    if comment or "\n" in written:
        return "Array<\n" + "\n".join([*comment, written]) + "\n>"
    return f"({written})[]" if " | " in written and not written.startswith("{") else f"{written}[]"


def _union(variants: list[Schema], walk: Walk, depth: int) -> str:
    """`a | b`; a line each once a variant has a comment or format; an object without properties makes it `any`."""
    comments = [comment_of(variant, walk, with_format=True) for variant in variants]
    if any(comments):
        return "".join(
            "\n | " + "".join(line + "\n" for line in comment) + type_of(variant, walk, depth + 1)
            for variant, comment in zip(variants, comments, strict=True)
        )
    types = [type_of(variant, walk, depth + 1) for variant in variants]
    return "any" if any(one in ("any", "object") for one in types) else " | ".join(types)


def _has_comment(schema: Schema, walk: Walk) -> bool:
    return bool(comment_of(schema, walk)) or (isinstance(schema, Mapping) and "default" in schema)


def object_type_2023(schema: Mapping[str, Any], walk: Walk, depth: int = 0) -> str:
    """An object as the models of 2023 saw it: always a property per line, nested ones indented by two and without
    comments, no titles, and no trace of an object that names no properties."""
    properties = schema.get("properties")
    required = schema.get("required")
    required = required if isinstance(required, list) else []
    lines: list[str] = []
    for name, value in properties.items() if isinstance(properties, Mapping) else ():
        shown = _target(value, walk) if isinstance(value, Mapping) and "$ref" in value else value
        if isinstance(shown, Mapping) and shown.get("type") == "object" and not shown.get("properties"):
            continue
        if depth == 0 and isinstance(value, Mapping):
            lines += comment_lines(_text(value.get("description")))
        line = f"{name}{'' if name in required else '?'}: {_type_2023(shown, walk, depth)},"
        lines.append("  " + line if depth else line)
    return "{\n" + "\n".join(lines) + "\n}"


def _type_2023(schema: Schema, walk: Walk, depth: int) -> str:
    if not isinstance(schema, Mapping) or not walk.may_enter(depth):
        return "any"
    if "$ref" in schema:
        return _type_2023(_target(schema, walk), walk, depth + 1)
    if schema.get("type") == "object":
        return object_type_2023(schema, walk, depth + 1)
    if schema.get("type") == "array" and schema.get("items"):
        return _type_2023(schema["items"], walk, depth + 1) + "[]"
    return "any" if "anyOf" in schema or "oneOf" in schema else type_of(schema, walk, depth)


def _target(schema: Mapping[str, Any], walk: Walk) -> Mapping[str, Any]:
    """What `#/$defs/Name` points to; an empty schema when it points nowhere."""
    reference = schema["$ref"]
    found: Any = walk.root
    for part in reference.lstrip("#/").split("/") if isinstance(reference, str) else ():
        found = found.get(part) if isinstance(found, Mapping) and part else found
    return found if isinstance(found, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
