"""A period's calls: joined (joined.py), with hidden reasoning added, and summed into cells."""

from collections.abc import Iterable
from datetime import datetime

import duckdb

from aoai_insights.deployments import LONG_CONTEXT_TOKENS
from aoai_insights.errors import InsightsError
from aoai_insights.model import Period
from aoai_insights.store.joined import join_period
from aoai_insights.store.statements import sql as _sql

LEAST_SAMPLES = 20
"""Calls with stated reasoning that a group needs before it speaks for calls without."""


def load_period(connection: duckdb.DuckDBPyConnection, period: Period, *, with_ids: bool = False) -> None:
    """Makes the period's calls and their cells, which most functions of `read` are asked of."""
    load_joined(connection, period, with_ids=with_ids)
    connection.execute(_sql("cells").replace("$long_context_tokens", str(LONG_CONTEXT_TOKENS)))
    ((joined, named),) = connection.execute(_sql("cells_check")).fetchall()
    if joined != named:
        raise InsightsError(f"of {joined} joined calls {named} have names", "fill a new store from the same logs")


def load_joined(connection: duckdb.DuckDBPyConnection, period: Period, *, with_ids: bool = False) -> None:
    """Makes the period's calls, of which load_facts then makes no cells: enough for latency.

    `with_ids`: the calls know their ids, too, for which all of them are joined anew.
    """
    join_period(connection, period, with_ids=with_ids)
    connection.execute(_sql("period").replace("$long_context_tokens", str(LONG_CONTEXT_TOKENS)))
    silent = "SELECT count(*) FROM joined WHERE mark_id IN (SELECT mark_id FROM marks WHERE hides_reasoning)"
    if connection.execute(silent).fetchall() != [(0,)]:
        connection.execute(_sql("calibration").replace("$least", str(LEAST_SAMPLES)))
        connection.execute(_sql("hidden"))


def load_calls(connection: duckdb.DuckDBPyConnection) -> None:
    """How the period's calls ended; `calls_at` makes them readable with their times."""
    connection.execute(_sql("endings"))


def calls_at(connection: duckdb.DuckDBPyConnection, offsets: Iterable[tuple[datetime, datetime, int]]) -> None:
    """The view `calls`, after load_calls; `offsets` are (first, until, seconds east of UTC)."""
    # As an expression: a join on a range of time would sort every call.
    cases = " ".join(
        f"WHEN started_at < TIMESTAMP '{until.replace(tzinfo=None).isoformat()}' THEN {seconds}"
        for _, until, seconds in offsets
    )
    shifted = f"started_at + to_seconds(CASE {cases} END)"
    connection.execute(f"CREATE OR REPLACE TEMP MACRO local_time(started_at) AS {shifted}")
    connection.execute(_sql("calls"))
