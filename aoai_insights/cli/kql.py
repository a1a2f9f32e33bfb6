"""aoai-insights kql: the queries that this program asks, to read, to paste and to run."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aoai_insights.cli import diagnostics, options
from aoai_insights.cli.options import Format

if TYPE_CHECKING:
    from aoai_insights.sources.kql import Query

app = typer.Typer(no_args_is_help=True, help="The queries for Log Analytics: list, show, run.", rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="One of: aoai-insights kql list.")]
Parameters = Annotated[
    list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="A parameter's value; may be repeated.")
]


@app.command("list")
def list_queries(chosen: options.FormatName = Format.TABLE, target: options.OutputFile = None) -> None:
    """Every query with its parameters and what it returns.

    Example: aoai-insights kql list
    """
    from aoai_insights.cli import output
    from aoai_insights.model import Column, Table
    from aoai_insights.sources import kql

    rows = tuple(
        {
            "name": query.name,
            "parameters": ", ".join(f"{p.name} {p.kind}" for p in query.parameters),
            "returns": query.summary.partition(". ")[0].rstrip("."),
        }
        for query in kql.queries()
    )
    columns = (
        Column("name", "Name", "text"),
        Column("parameters", "Parameters", "text"),
        Column("returns", "Returns", "text"),
    )
    output.show(Table("Queries", columns, rows), {"schema": "aoai-insights/kql/1", "rows": rows}, "USD", chosen, target)


@app.command("show")
def show(
    name: Name,
    given: Parameters = None,
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    config_file: options.ConfigFile = None,
) -> None:
    """The text of a query; with a period or --param, ready to be pasted into the portal.

    Example: aoai-insights kql show throttling --last 7d
    """
    from aoai_insights.sources import kql

    query = kql.query(name)
    if given or month or since or until or last:
        text = kql.bind(query, _values(query, given, month, since, until, last, config_file))
    else:
        text = query.text
    typer.echo(text, nl=False)


@app.command("run")
def run(
    name: Name,
    given: Parameters = None,
    workspace: Annotated[
        str, typer.Option("--workspace", metavar="NAME", help="Only this one (default: all of the config).")
    ] = "",
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
) -> None:
    """Run a query on the workspaces of the config and print its rows; nothing is stored.

    start_time and end_time come from --month, --since/--until or --last (default: the last 24 hours).

    Example: aoai-insights kql run token_usage_by_caller_ip_and_model --last 7d --param ip=10.1.2.3
    """
    from aoai_insights.cli import output
    from aoai_insights.errors import ExitCode
    from aoai_insights.model import Column, Table
    from aoai_insights.pipeline.ask import ask
    from aoai_insights.sources import kql

    config, _ = options.settings(config_file, None)
    query = kql.query(name)
    asked = ask(config, name, _values(query, given, month, since, until, last, config_file), workspace)
    numeric = ("int", "long", "real")
    columns = tuple(
        Column(column, column, "number" if kind in numeric else "text")
        for column, kind in zip(asked.columns, asked.kinds, strict=True)
    )
    table = Table(f"{name}: {len(asked.rows):,} rows", columns, asked.rows)
    payload = {"schema": "aoai-insights/kql-run/1", "query": name, "rows": asked.rows, "incomplete": asked.gaps}
    output.show(table, payload, config.currency, chosen, target)
    for gap in asked.gaps:
        diagnostics.note(f"aoai-insights: incomplete: {gap}; ask for a shorter period")
    if asked.gaps:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _values(
    query: "Query", given: list[str] | None, month: str | None, since: str | None, until: str | None, last: str | None,
    config_file: Any,
) -> dict[str, Any]:  # fmt: skip
    """--param values by type; the window from the period flags, `apis` from the config, `ip` empty where not given."""
    from aoai_insights.errors import UsageError
    from aoai_insights.sources import kql

    kinds = {parameter.name: parameter.kind for parameter in query.parameters}
    values: dict[str, Any] = {}
    for pair in given or []:
        name, equals, text = pair.partition("=")
        if not equals:
            raise UsageError(f'--param "{pair}" has no value', "write it as NAME=VALUE")
        if name not in kinds:
            raise UsageError(f'{query.name} has no parameter "{name}"', f"it has: {', '.join(kinds) or 'none'}")
        if name in values:
            raise UsageError(f"--param {name} is given twice", "give it once")
        values[name] = kql.parse(name, kinds[name], text)
    now = options.now()
    period = options.period_of(month, since, until, last or (None if month or since or until else "24h"), now)
    if (month or since or until or last) and {"start_time", "end_time"} & values.keys():
        raise UsageError("a period and --param start_time or end_time name two windows", "give one of them")
    config, _ = options.settings(config_file, None)
    usual: dict[str, Any] = {
        "start_time": period.start, "end_time": period.end, "apis": list(config.gateway.apis), "ip": "",
        "ingested_from": now - timedelta(days=1), "grain": timedelta(hours=1),
    }  # fmt: skip
    bound = {name: value for name, value in usual.items() if name in kinds} | values
    begin, end = bound["start_time"], bound["end_time"]
    if begin >= end:
        raise UsageError(
            f"the window ends ({end.isoformat()}) before it begins ({begin.isoformat()})",
            "give start_time before end_time",
        )
    return bound
