"""One query of kql/ to the configured workspaces: answers for people, stored nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aoai_insights.config import Config, Workspace
from aoai_insights.errors import SourceError, UsageError
from aoai_insights.pipeline.engines import Engines
from aoai_insights.sources import answers, kql


@dataclass(frozen=True, slots=True)
class Asked:
    """Rows by column, the workspace's name first, and in words what is not whole."""

    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    gaps: tuple[str, ...]


def ask(
    config: Config, name: str, values: Mapping[str, Any], workspace: str = "", logs: answers.Engine | None = None
) -> Asked:
    """Runs a named query on every workspace, or on the one named.

    Raises UsageError for a name that is not known, SourceError where a workspace cannot be read or lacks a table.
    """
    text = kql.bind(kql.query(name), values)
    chosen = chosen_workspaces(config, workspace)
    engines = Engines(config, logs)
    columns: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    rows: list[Mapping[str, Any]] = []
    gaps: list[str] = []
    for one in chosen:
        try:
            engine = engines.of(one)
            answer = engine.ask(one.asked_as, text, one.name)
        except answers.AbsentTableError as error:
            raise SourceError(f"workspace {one.name}: {error}", "see: aoai-insights doctor") from None
        except answers.SplitError as error:
            raise SourceError(f"workspace {one.name}: the answer {error}", "ask for a shorter period") from None
        columns, kinds = answer.columns or columns, answer.kinds or kinds
        rows += [{"workspace": one.name, **record} for record in answer.records()]
        if answer.partial:
            gaps.append(f"{one.name}: {answer.partial}")
        elif len(answer.rows) >= engine.row_cap:
            gaps.append(f"{one.name}: {engine.row_cap:,} rows and more")
    return Asked(("workspace", *columns), ("string", *kinds), tuple(rows), tuple(gaps))


def chosen_workspaces(config: Config, name: str) -> list[Workspace]:
    """All, or the one of that name. Raises UsageError where there is none."""
    if not config.workspaces:
        raise UsageError("no [[workspaces]] in the config", "add one; see docs/collect.md")
    chosen = [one for one in config.workspaces if name in ("", one.name)]
    if not chosen:
        raise UsageError(f'no workspace "{name}"', f"known: {', '.join(one.name for one in config.workspaces)}")
    return chosen
