"""Joining a period: the three logs become cells, which every figure is a sum of.

The views of migrations/0002 say what is joined how. Here they read temporary tables in place of some of their own
parts: a name is looked for among these before the stored views, so the join stays written down once.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

import duckdb

from aoai_insights.deployments import LONG_CONTEXT_TOKENS
from aoai_insights.model import Period
from aoai_insights.store.read import _bounds, _sql

LEAST_SAMPLES = 20
"""Calls with stated reasoning that a group needs before it speaks for calls without."""


def load_period(connection: duckdb.DuckDBPyConnection, period: Period) -> None:
    """Joins the period's requests and sums them into cells, which most functions of `read` are asked of."""
    for part in ("hosts", "unclaimed_ids", "aoai_several", "llm_several", "unclaimed_calls", "heuristic_matches"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{part}")
    connection.execute(_sql("met"))
    for part in ("unclaimed_calls", "heuristic_matches"):  # read by two views or more
        connection.execute(f"CREATE TEMP TABLE {part} AS FROM {part}")
    bounds = _bounds(period)
    connection.execute(_bounded(_sql("others"), bounds))
    _sum(connection, bounds)
    calls = connection.execute(_sql("calls_to_expect"), bounds).fetchall()
    if calls != connection.execute("SELECT coalesce(sum(requests), 0) FROM raw_cells").fetchall():
        # one id at two resources, which met.sql does not look for among the claimed
        connection.execute("DROP TABLE temp.aoai_several")
        _sum(connection, bounds)


def _sum(connection: duckdb.DuckDBPyConnection, bounds: dict[str, datetime]) -> None:
    """The cells of the period, and the views they are summed from."""
    connection.execute(_period(bounds, "VIEW period"))
    cells = _sql("cells").replace("$long_context_tokens", str(LONG_CONTEXT_TOKENS))
    with _joined_as_written(connection):
        connection.execute(cells)
        if connection.execute("SELECT bool_or(hides_reasoning) FROM raw_cells").fetchall() == [(True,)]:
            connection.execute(_period(bounds, "TABLE period_rows"))
            connection.execute("CREATE OR REPLACE TEMP VIEW period AS FROM period_rows")
            connection.execute(_sql("calibration").replace("$least", str(LEAST_SAMPLES)))
            connection.execute(_sql("hidden"))
            connection.execute(cells)


def load_calls(connection: duckdb.DuckDBPyConnection) -> None:
    """The period's calls with their times and how they ended, as numbers; `calls_at` makes them readable."""
    with _joined_as_written(connection):
        connection.execute(_sql("latency_calls"))


def calls_at(connection: duckdb.DuckDBPyConnection, offsets: Iterable[tuple[datetime, datetime, int]]) -> None:
    """The view `calls` over what load_calls made; `offsets` are (first, until, seconds east of UTC)."""
    # As an expression: a join on a range of time would sort every call.
    cases = " ".join(
        f"WHEN started_at < TIMESTAMP '{until.replace(tzinfo=None).isoformat()}' THEN {seconds}"
        for _, until, seconds in offsets
    )
    shifted = f"started_at + to_seconds(CASE {cases} END)"
    connection.execute(f"CREATE OR REPLACE TEMP MACRO local_time(started_at) AS {shifted}")
    connection.execute(_sql("calls"))


@contextmanager
def _joined_as_written(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Each log is hashed and the gateway's rows, the widest, pass by, whichever of them DuckDB takes to be more."""
    connection.execute("SET disabled_optimizers = 'build_side_probe_side'")
    yield
    connection.execute("RESET disabled_optimizers")


def _period(bounds: dict[str, datetime], made: str) -> str:
    """The period's requests as a view, which takes no memory, or as a table, which can be corrected."""
    return _bounded(_sql("period").format(made=made), bounds)


def _bounded(text: str, bounds: dict[str, datetime]) -> str:
    """A statement with its bounds written out: a view takes no parameters, nor do several statements at once."""
    for name, bound in bounds.items():
        text = text.replace(f"${name}", f"TIMESTAMP '{bound.isoformat()}'")
    return text
