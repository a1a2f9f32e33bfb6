"""aoai-insights init: a commented config to start from."""

from pathlib import Path
from typing import Annotated

import typer

from aoai_insights.cli import diagnostics


def init(
    target: Annotated[Path, typer.Argument(metavar="[FILE]", help="Where to write it.")] = Path("aoai-insights.toml"),
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the file, for editors.")] = False,
) -> None:
    """Write a commented aoai-insights.toml. An existing file is never overwritten."""
    from aoai_insights.cli import output
    from aoai_insights.cli.options import Format
    from aoai_insights.errors import UsageError
    from aoai_insights.resources import resource_root

    if schema:
        from aoai_insights.cli.formats import as_json
        from aoai_insights.config import json_schema

        output.emit(as_json(json_schema()), Format.JSON, None)
        return
    if target.exists():
        raise UsageError(f"{target} exists", "give another file name")
    output.write_whole(target, (resource_root("data") / "aoai-insights.toml").read_bytes())
    diagnostics.note(f"wrote {target}; next: name your apps in it, then: aoai-insights ingest --from PATH")
