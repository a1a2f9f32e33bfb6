"""aoai-insights sql: any question to the store, read-only."""

from typing import Annotated, Literal

import typer

from aoai_insights.cli import options
from aoai_insights.cli.options import Format


def sql(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="One SELECT; the view `requests` has a row per call.")],
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Run one query on the store. Nothing can be changed, and no other file can be read.

    Example: aoai-insights sql "select token_source, count(*) as calls from requests group by all"
    """
    from aoai_insights.cli import output
    from aoai_insights.model import Column, Table
    from aoai_insights.pipeline.figures import query as run_query

    config, store = options.settings(config_file, store_file)
    names, rows = run_query(store, query)
    records = [dict(zip(names, row, strict=True)) for row in rows]
    kinds = {name: _kind([record[name] for record in records]) for name in names}
    table = Table(
        title=f"{len(rows):,} row" + ("" if len(rows) == 1 else "s"),
        columns=tuple(Column(name, name, kinds[name]) for name in names),
        rows=tuple(records),
    )
    payload = {"schema": "aoai-insights/sql/1", "rows": records}
    output.show(table, payload, config.currency, chosen, target)


def _kind(values: list[object]) -> Literal["text", "number"]:
    numeric = [isinstance(value, int | float) and not isinstance(value, bool) for value in values if value is not None]
    return "number" if numeric and all(numeric) else "text"
