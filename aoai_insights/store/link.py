"""What the LLM log and the AOAI log say of a call stands in its gateway row, whichever of the records came last.

The three record kinds stay apart, each with its own key; these columns repeat what a join of them gives. Every commit
keeps them, for the calls that it touches: asked of millions of calls, the join itself takes most of the time.
"""

from datetime import datetime, timedelta

import duckdb

FROM_LLM = {
    "llm_matched": "l.correlation_id IS NOT NULL",
    "llm_deployment": "l.deployment",
    "llm_model": "l.model",
    "llm_streamed": "l.streamed",
    "llm_prompt_tokens": "l.prompt_tokens",
    "llm_completion_tokens": "l.completion_tokens",
    "llm_counted_prompt_tokens": "l.counted_prompt_tokens",
    "llm_counted_completion_tokens": "l.counted_completion_tokens",
    "llm_messages_whole": "l.messages_whole",
}
"""Column of `gateway`, and what it is of a row `l` of llm_calls_of."""

FROM_AOAI = {
    "aoai_matched": "a.correlation_id IS NOT NULL",
    "aoai_resource": "a.resource",
    "aoai_log_region": "a.region",
    "aoai_deployment": "a.deployment",
    "aoai_object_id": "a.object_id",
    "aoai_streamed": "a.streamed",
    "aoai_ms": "a.duration_ms",
    "aoai_model": "a.model",
    "aoai_model_version": "a.model_version",
    "aoai_prompt_tokens": "a.prompt_tokens",
    "aoai_cached_tokens": "a.cached_tokens",
    "aoai_completion_tokens": "a.completion_tokens",
}
"""The same of a row `a` of aoai_calls_of."""

_MARGIN = timedelta(days=7)
"""Records of one call are looked for this far around it, so that a commit costs what it brings, not what the store
holds. They are written minutes apart; a week allows for exports that stamp a record when it was shipped."""


def near(connection: duckdb.DuckDBPyConnection, column: str, of: str, times: str, margin: timedelta = _MARGIN) -> str:
    """A condition: `column` lies within `margin` of the `times` of the table `of`, or either of them is unknown."""
    rows = connection.execute(f"SELECT min({times}), max({times}), count(*) = count({times}) FROM {of}").fetchall()
    first, last, all_known = rows[0]
    if first is None or not all_known:
        return "true"
    return f"({column} BETWEEN '{_moved(first, -margin)}' AND '{_moved(last, margin)}' OR {column} IS NULL)"


def insert_aoai(connection: duckdb.DuckDBPyConnection) -> None:
    """better_aoai into `aoai`, each record marked where a gateway row, of the store or of this commit, claims it."""
    connection.execute(
        f"""
        INSERT INTO aoai BY NAME
        SELECT *, correlation_id IN (
            SELECT apim_request_id FROM better_gateway WHERE apim_request_id IS NOT NULL
            UNION ALL
            SELECT apim_request_id FROM gateway
            WHERE apim_request_id IS NOT NULL AND {near(connection, "started_at", "better_aoai", "logged_at")}
        ) AS claimed
        FROM better_aoai
        ORDER BY logged_at
        """
    )


def update_calls(connection: duckdb.DuckDBPyConnection) -> None:
    """Gateway rows of the store take over what better_llm and better_aoai, which are in the store by now, changed."""
    _gather_llm(connection, "better_llm", "started_at", "(service, correlation_id)")
    _update(connection, FROM_LLM, "llm_calls_of('near_llm') l",
            "gateway.service = l.service AND gateway.correlation_id = l.correlation_id",
            near(connection, "gateway.started_at", "better_llm", "started_at"))  # fmt: skip
    _gather_aoai(connection, "better_aoai", "logged_at", "correlation_id")
    _update(connection, FROM_AOAI, "aoai_calls_of('near_aoai') a", "gateway.apim_request_id = a.correlation_id",
            near(connection, "gateway.started_at", "better_aoai", "logged_at"))  # fmt: skip


def insert_gateway(connection: duckdb.DuckDBPyConnection) -> None:
    """better_gateway into `gateway`, with what the other logs in the store say of its calls."""
    _gather_llm(connection, "better_gateway", "started_at", "(service, correlation_id)")
    _gather_aoai(connection, "better_gateway", "started_at", "apim_request_id")
    values = ", ".join(f"{value} AS {column}" for column, value in (FROM_LLM | FROM_AOAI).items())
    connection.execute(
        f"""
        INSERT INTO gateway BY NAME
        SELECT b.*, {values}
        FROM better_gateway b
        LEFT JOIN llm_calls_of('near_llm') l ON l.service = b.service AND l.correlation_id = b.correlation_id
        LEFT JOIN aoai_calls_of('near_aoai') a ON a.correlation_id = b.apim_request_id
        ORDER BY b.started_at
        """
    )


def claim(connection: duckdb.DuckDBPyConnection) -> None:
    """AOAI records of the store that better_gateway claims, and those of replaced_ids that nothing claims any more."""
    connection.execute(
        f"""
        UPDATE aoai SET claimed = true
        WHERE NOT claimed AND {near(connection, "logged_at", "better_gateway", "started_at")}
            AND correlation_id IN (SELECT apim_request_id FROM better_gateway WHERE apim_request_id IS NOT NULL)
        """
    )
    connection.execute(
        """
        UPDATE aoai SET claimed = false
        WHERE claimed AND correlation_id IN (
            SELECT apim_request_id FROM replaced_ids
            EXCEPT
            SELECT apim_request_id FROM gateway WHERE apim_request_id IN (SELECT apim_request_id FROM replaced_ids)
        )
        """
        if connection.execute("SELECT count(*) FROM replaced_ids").fetchall() != [(0,)]
        else "SELECT 1"
    )


def _gather_llm(connection: duckdb.DuckDBPyConnection, of: str, times: str, key: str) -> None:
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE near_llm AS SELECT * FROM llm"
        f" WHERE {near(connection, 'started_at', of, times)} AND (service, correlation_id) IN (SELECT {key} FROM {of})"
    )


def _gather_aoai(connection: duckdb.DuckDBPyConnection, of: str, times: str, key: str) -> None:
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE near_aoai AS SELECT * FROM aoai"
        f" WHERE {near(connection, 'logged_at', of, times)}"
        f" AND correlation_id IN (SELECT {key} FROM {of} WHERE {key} IS NOT NULL)"
    )


def _update(
    connection: duckdb.DuckDBPyConnection, columns: dict[str, str], source: str, same: str, near_by: str
) -> None:
    values = ", ".join(f"{column} = {value}" for column, value in columns.items())
    connection.execute(f"UPDATE gateway SET {values} FROM {source} WHERE {same} AND {near_by}")


def _moved(moment: datetime, by: timedelta) -> str:
    return (moment + by).isoformat(sep=" ")
