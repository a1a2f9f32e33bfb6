"""The queries of kql/, and values bound to their parameters as typed literals.

Azure Monitor Logs does not support `declare query_parameters`
(https://learn.microsoft.com/azure/azure-monitor/logs/log-query-overview#language-differences), so a value becomes a
`let` in front of the text. Nothing is ever formatted into a query: a literal reads back as the value it was made of,
and a character that no literal carries safely is refused.
"""

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from aoai_insights.errors import UsageError
from aoai_insights.resources import resource_root

KINDS = ("string", "datetime", "timespan", "long", "int", "real", "bool", "dynamic")
"""The types that a header may declare; `dynamic` is a list of strings."""

LONGEST_SAID = 80
"""Characters of a wrong value that its error quotes."""

_PARAMETER = re.compile(r"// param: (\w+) (\w+) ?(.*)")
_SPAN = re.compile(r"(\d{1,6})(d|h|m|s)")
_SPAN_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Query:
    """One file of kql/: what its header says, and its text."""

    name: str
    summary: str
    parameters: tuple[Parameter, ...]
    text: str


def queries() -> tuple[Query, ...]:
    """Every query, by name."""
    return tuple(_read(path) for path in sorted(resource_root("kql").glob("*.kql")))


def query(name: str) -> Query:
    """The query of that name. Raises UsageError where there is none."""
    known = {path.stem: path for path in resource_root("kql").glob("*.kql")}
    if name not in known:
        close = get_close_matches(name, known, n=1)
        remedy = f'did you mean "{close[0]}"?' if close else "see: aoai-insights kql list"
        raise UsageError(f'no query "{name}"', remedy)
    return _read(known[name])


def bind(asked: Query, values: Mapping[str, Any]) -> str:
    """The text to send: a `let` for each parameter, then the query. Raises UsageError for a missing or unknown name."""
    declared = {parameter.name: parameter for parameter in asked.parameters}
    for name in values:
        if name not in declared:
            raise UsageError(f'{asked.name} has no parameter "{name}"', f"it has: {', '.join(declared) or 'none'}")
    missing = [f"{name} ({p.kind}: {p.meaning})" for name, p in declared.items() if name not in values]
    if missing:
        raise UsageError(f"{asked.name} needs {', '.join(missing)}", "give each with --param name=value")
    lets = (f"let {name} = {literal(name, p.kind, values[name])};\n" for name, p in declared.items())
    return "".join(lets) + asked.text


def literal(name: str, kind: str, value: Any) -> str:
    """A value as KQL writes it. Raises UsageError where the value is none of `kind`, or holds a control character.

    https://learn.microsoft.com/kusto/query/scalar-data-types/
    """
    if kind == "string" and isinstance(value, str):
        return _quoted(name, value)
    if kind == "datetime" and isinstance(value, datetime) and value.tzinfo is not None:
        return f"datetime({value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z)"
    if kind == "timespan" and isinstance(value, timedelta):
        return _span_literal(value)
    if kind in ("long", "int") and isinstance(value, int) and not isinstance(value, bool):
        bits = 63 if kind == "long" else 31
        if -(2**bits) < value < 2**bits:
            return f"{kind}({value})"
    if kind == "real" and isinstance(value, float) and math.isfinite(value):
        return f"real({value!r})"
    if kind == "bool" and isinstance(value, bool):
        return "true" if value else "false"
    if kind == "dynamic" and isinstance(value, list) and all(isinstance(item, str) for item in value):
        for item in value:
            _refuse_controls(name, item)
        return f"dynamic({json.dumps(value, ensure_ascii=False)})"
    raise UsageError(f"parameter {name}: {value!r} is no {kind}", f"give a {kind}")


def parse(name: str, kind: str, text: str) -> Any:
    """A value as somebody typed it. Raises UsageError where it is none of `kind`."""
    try:
        if kind == "string":
            return text
        if kind == "datetime":
            moment = datetime.fromisoformat(text)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if kind == "timespan" and (span := _SPAN.fullmatch(text)):
            return timedelta(**{_SPAN_UNITS[span[2]]: int(span[1])})
        if kind in ("long", "int"):
            return int(text)
        if kind == "real":
            return float(text)
        if kind == "bool" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if kind == "dynamic":
            items = json.loads(text) if text.startswith("[") else text.split(",")
            if all(isinstance(item, str) for item in items):
                return items
    except (ValueError, OverflowError, RecursionError):
        pass  # said below, in the words of the parameter
    examples = {"datetime": "2026-10-01T06:00Z", "timespan": "90m", "bool": "true", "dynamic": '["a","b"]'}
    said = text if len(text) <= LONGEST_SAID else f"{text[:LONGEST_SAID]}…"
    raise UsageError(f'--param {name}: "{said}" is no {kind}', f"write one such as {examples.get(kind, '7')}")


def _read(path: Path) -> Query:
    text = path.read_text(encoding="utf-8")
    summary: list[str] = []
    parameters: list[Parameter] = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        declared = _PARAMETER.fullmatch(line)
        if declared:
            parameters.append(Parameter(declared[1], declared[2], declared[3]))
        elif not parameters:
            summary.append(line.removeprefix("//").strip())
    return Query(path.stem, " ".join(summary), tuple(parameters), text)


def _quoted(name: str, value: str) -> str:
    _refuse_controls(name, value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _refuse_controls(name: str, value: str) -> None:
    """Control characters, line separators and halves of surrogate pairs; names and addresses hold none."""
    for character in value:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            raise UsageError(f"parameter {name} holds the control character U+{ord(character):04X}", "leave it out")


def _span_literal(value: timedelta) -> str:
    microseconds = abs(value) // timedelta(microseconds=1)
    seconds, fraction = divmod(microseconds, 1_000_000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    sign = "-" if value < timedelta(0) else ""
    return f"timespan({sign}{day}.{hour:02}:{minute:02}:{second:02}.{fraction:06})"
