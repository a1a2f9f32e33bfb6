"""aoai-insights prices: what a token costs, and who says so."""

from typing import Annotated

import typer

from aoai_insights.cli import options
from aoai_insights.cli.options import Format

app = typer.Typer(
    help="What a token costs, from what day, and who says so.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list")
def list_prices(
    model: Annotated[str, typer.Option("--model", help="Only models whose name begins so.")] = "",
    scope: Annotated[str, typer.Option("--scope", help="Only global, datazone or regional.")] = "",
    region: Annotated[str, typer.Option("--region", help="Only rows that hold in this region.")] = "",
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
) -> None:
    """Every price row: the config's own first, then the shipped book.

    Example: aoai-insights prices list --model gpt-4o --scope global
    """
    from aoai_insights.cli import output, tables

    config, _ = options.settings(config_file, None)
    rows = [
        price
        for price in options.prices(config)
        if price.model.startswith(model.lower())
        and scope in ("", price.scope)
        and (not region or not price.regions or region in price.regions)
    ]
    table = tables.price_table(rows, whole=chosen in (Format.CSV, Format.PARQUET))
    payload = {"schema": "aoai-insights/prices/1", "rows": [tables.price_fields(price) for price in rows]}
    output.show(table, payload, config.currency, chosen, target)
