"""The options that several commands share, so that each is spelled and explained once."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from aoai_insights.config import Config
    from aoai_insights.model import Period
    from aoai_insights.pricing import UnitPrice


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"
    PARQUET = "parquet"
    HTML = "html"


ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Config file (default: ./aoai-insights.toml).")
]
StoreFile = Annotated[
    Path | None,
    typer.Option("--store", metavar="FILE", help="Store (default: from the config, else ./aoai-insights.duckdb)."),
]
FormatName = Annotated[Format, typer.Option("-f", "--format", help="How rows are printed.")]
OutputFile = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write here instead of standard output.")
]
Month = Annotated[
    str | None, typer.Option("--month", metavar="2026-10|last|this", help="A calendar month, UTC (default: last).")
]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="First day or moment, UTC.")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="End, exclusive, UTC.")]
Last = Annotated[str | None, typer.Option("--last", metavar="7d", help="The last days (7d) or hours (24h), to now.")]
TimeZone = Annotated[str, typer.Option("--timezone", "-z", metavar="ZONE", help="Zone of the hours, as Europe/Zurich.")]


def now() -> datetime:
    """The one place where the program reads the clock."""
    return datetime.now(UTC)


def settings(config_file: Path | None, store_file: Path | None) -> "tuple[Config, Path]":
    """The config and the path of the store: --store, else the config's, else the default."""
    from aoai_insights.config import load_config

    config = load_config(config_file)
    return config, store_file or Path(config.store.path)


def prices(config: "Config") -> "list[UnitPrice]":
    """Every price that may apply, the strongest first: config, contract, `prices refresh`, the shipped book."""
    from aoai_insights.config.unit_prices import config_prices
    from aoai_insights.sources.prices import read_prices, shipped_book

    files = [Path(name) for name in (config.price_files.contract, config.price_files.retail)]
    read = [row for file in files if file.exists() for row in read_prices(file)]
    return [*config_prices(config), *read, *shipped_book()]


def group_by(text: str, known: "tuple[str, ...]") -> tuple[str, ...]:
    """A comma-separated --by as a tuple. Raises UsageError for a column that is not known, or named twice."""
    from difflib import get_close_matches

    from aoai_insights.errors import UsageError

    columns = tuple(part.strip() for part in text.split(",") if part.strip())
    for column in columns:
        if column not in known:
            close = get_close_matches(column, known, n=1)
            remedy = f'did you mean "{close[0]}"?' if close else f"known: {', '.join(known)}"
            raise UsageError(f'--by: "{column}" is not a column', remedy)
    if not columns or len(set(columns)) != len(columns):
        raise UsageError(f'--by "{text}" names no column or one twice', f"known: {', '.join(known)}")
    return columns


def period_of(month: str | None, since: str | None, until: str | None, last: str | None, at: datetime) -> "Period":
    """The charge period that the flags name. Flags that contradict each other are errors, never ignored."""
    from aoai_insights.cli import period

    return period.resolve(month=month, since=since, until=until, last=last, now=at)


def zone_of(name: str) -> "ZoneInfo":
    """A named time zone. Raises UsageError for a name that does not exist."""
    from zoneinfo import ZoneInfo

    from aoai_insights.errors import UsageError

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UsageError(f'--timezone: "{name}" is no time zone', "write one such as UTC or Europe/Zurich") from None
