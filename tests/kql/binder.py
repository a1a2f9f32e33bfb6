"""Microsoft's language service for KQL, run in an embedded V8: no Node, no network."""

import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from py_mini_racer import MiniRacer

HERE = Path(__file__).parent
_BUNDLE = ("bridge.min.js", "Kusto.Language.Bridge.min.js")
_BROWSER = "var globalThis = this; var console = {log(){}, error(){}, warn(){}, info(){}, debug(){}};"


@dataclass(frozen=True, slots=True)
class Analysis:
    problems: list[str]
    tables: list[str]
    columns: list[tuple[str, str]]


class Binder:
    """Close it: an embedded V8 that is still open holds up the interpreter's exit."""

    def __init__(self, tables: Mapping[str, Mapping[str, str]]) -> None:
        self._tables = json.dumps(tables)
        self._engine = MiniRacer()
        self._engine.eval(_BROWSER)
        for name in _BUNDLE:
            self._engine.eval(lzma.decompress((HERE / "vendor" / f"{name}.xz").read_bytes()).decode("utf-8-sig"))
        self._engine.eval((HERE / "binder.js").read_text())

    def analyze(self, text: str, parameters: Mapping[str, str]) -> Analysis:
        found = self._call("analyze", self._tables, json.dumps(text), json.dumps(parameters))
        return Analysis(found["problems"], found["tables"], [(name, kind) for name, kind in found["columns"]])

    def bound(self, text: str) -> Any:
        """The names and string values of the `let`s of a text, and what is wrong with it."""
        return self._call("bound", json.dumps(text))

    def _call(self, name: str, *parts: str) -> Any:
        return json.loads(self._engine.eval(f"call({', '.join(json.dumps(part) for part in (name, *parts))})"))

    def close(self) -> None:
        self._engine.close()
