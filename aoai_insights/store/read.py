"""Reading figures: each function runs one query of queries/*.sql. Rows are summed here; money is not."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from aoai_insights.allocation import Claim
from aoai_insights.deployments import Names, Served
from aoai_insights.errors import UsageError
from aoai_insights.model import CountingError, Period
from aoai_insights.store.joined import CALLERS
from aoai_insights.store.statements import sql as _sql

BY_COLUMNS = {
    "app": "app",
    "cost_center": "cost_center",
    "model": "model",
    "region": "region",
    "deployment": "deployment",
    "day": "strftime(day, '%Y-%m-%d')",
}
"""What a chargeback can be grouped by, and the column of `facts` that says it."""

LATENCY_COLUMNS = {
    **{name: name for name in ("region", "backend", "deployment", "model", "api", "app", "streamed")},
    "hour": "printf('%02d', hour_number)",
    "hour_of_week": "['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][weekday_number] || printf(' %02d', hour_number)",
}
"""What latency can be grouped by, and the column of `calls` that says it."""

_NUMBERED = {
    "hour": ("hour_number", "printf('%02d', {})"),
    "hour_of_week": (
        "weekday_number * 24 + hour_number",
        "['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][{0} // 24] || printf(' %02d', {0} % 24)",
    ),
}
"""Those that are numbers of calls, and how a number reads: worded once a group, not once a call."""

CALLER_COLUMNS = ("apim_subscription", "product", "entra_app", "caller_ip")

_CELL_COLUMNS = {*BY_COLUMNS.values(), *CALLER_COLUMNS, "caller_headers", "resource", "spilled_over"}
"""Usage by any of these is summed from `cells`, by others from `facts`."""

UNMEASURED = """CASE
        WHEN unsaid IN ('', 'quantity') OR regexp_matches(model, 'audio|realtime|transcribe|tts|image') THEN unsaid
        ELSE ''
    END"""
"""What a price would need of a call and no log says, as pricing.UsageLine names it; columns of `facts`."""

CallerRow = tuple[str, str, str, str, str]
"""apim_subscription, product, entra_app, caller_ip, caller_headers (a JSON object or "")."""


def list_apis(connection: duckdb.DuckDBPyConnection, apis: Iterable[str]) -> None:
    """Today's config stands in for that of the last ingest: the views find this table before the stored one."""
    _relation(connection, "listed_apis", {"api_id": pa.string()}, [(api,) for api in apis])


def callers(connection: duckdb.DuckDBPyConnection) -> list[CallerRow]:
    """Everybody who called in the period."""
    return connection.execute(_sql("callers")).fetchall()


def all_callers(connection: duckdb.DuckDBPyConnection) -> list[CallerRow]:
    """The same, where the period is not summed."""
    called = "FROM callers WHERE caller_id IN (SELECT caller_id FROM joined)"
    return connection.execute(f"SELECT {', '.join(CALLERS)} {called}").fetchall()


def all_names(connection: duckdb.DuckDBPyConnection) -> list[tuple[Names, int]]:
    """Everything that ever served, as the logs name it; how often is not looked at."""
    rows = connection.execute(f"SELECT DISTINCT {', '.join(Names.__dataclass_fields__)} FROM servers").fetchall()
    return [(Names(*row), 0) for row in rows]


def names(connection: duckdb.DuckDBPyConnection, first: date, last: date) -> list[tuple[Names, int]]:
    """Everything that served on these days of the period, as the logs name it, with its calls that have tokens."""
    rows = connection.execute(_sql("names"), {"first": first, "last": last}).fetchall()
    return [(Names(*row[:-1]), row[-1]) for row in rows]


def load_facts(
    connection: duckdb.DuckDBPyConnection,
    claimed: Iterable[tuple[CallerRow, Claim]],
    named: Iterable[tuple[Names, Served, int]],
) -> None:
    """Hands back who pays and what served; from here on the requests can be grouped by app and model."""
    load_payers(connection, claimed, named)
    connection.execute(_sql("facts").format(made="VIEW facts", of="period_calls"))
    connection.execute(_sql("facts").format(made="TABLE cells", of="raw_cells"))


def load_payers(
    connection: duckdb.DuckDBPyConnection,
    claimed: Iterable[tuple[CallerRow, Claim]],
    named: Iterable[tuple[Names, Served, int]],
) -> None:
    """Hands back who pays and what served, for period.load_calls."""
    claim_rows = [
        (payer, *caller, claim.first, claim.last, claim.app, claim.cost_center)
        for payer, (caller, claim) in enumerate(claimed)
    ]
    _relation(
        connection,
        "claims",
        {"payer": pa.int32(), **dict.fromkeys((*CALLER_COLUMNS, "caller_headers"), pa.string()),
         "first": pa.date32(), "last": pa.date32(), "app": pa.string(), "cost_center": pa.string()},
        claim_rows,
    )  # fmt: skip
    served_rows = [
        (server, n.resource, n.deployment, n.region, n.served_model, n.aoai_model, n.aoai_model_version, n.service_tier,
         n.spilled_over, s.model, s.model_version, s.deployment_type, s.region, s.tier, s.first, s.last)
        for server, (n, s, _) in enumerate(named)
    ]  # fmt: skip
    texts = ("resource", "deployment", "log_region", "served_model", "aoai_model", "aoai_model_version", "service_tier")
    _relation(
        connection,
        "served",
        {"server": pa.int32(), **dict.fromkeys(texts, pa.string()), "spilled_over": pa.bool_(),
         **dict.fromkeys(("model", "model_version", "deployment_type", "region", "tier"), pa.string()),
         "first": pa.date32(), "last": pa.date32()},
        served_rows,
    )  # fmt: skip
    connection.execute(_sql("payers").format(callers=", ".join(CALLERS)))


def usage(connection: duckdb.DuckDBPyConnection, columns: Sequence[str], where: str = "true") -> list[dict[str, Any]]:
    """Usage by `columns` (SQL over `facts`) and by everything that a price depends on."""
    aliased = ", ".join(f"{column} AS key_{i}" for i, column in enumerate(columns)) or "1 AS key_none"
    return _usage(connection, aliased, where, source="cells" if _CELL_COLUMNS.issuperset(columns) else "facts")


def usage_by_spans(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[str], where: str, breaks: Sequence[date],
    apart: Sequence[str],
) -> list[dict[str, Any]]:  # fmt: skip
    """`usage` of days together, from one of `breaks` to the next, whatever the token source; `price_day` is the first.

    The models in `apart` stay apart by day and token source.
    """
    span = " ".join(f"WHEN day < DATE '{day.isoformat()}' THEN '{number}'" for number, day in enumerate(sorted(breaks)))
    span = f"CASE {span} ELSE '' END" if breaks else "''"
    if apart:
        models = ", ".join(f"'{_escaped(model)}'" for model in apart)
        span = f"CASE WHEN model IN ({models}) THEN day || token_source ELSE {span} END"
    aliased = ", ".join(f"{column} AS key_{i}" for i, column in enumerate(columns))
    return _usage(connection, f"{span} AS span, {aliased}", where, day="min(day)", token_source="min(token_source)")


def _usage(
    connection: duckdb.DuckDBPyConnection, by: str, where: str, *, source: str = "cells", day: str = "day",
    token_source: str = "token_source",
) -> list[dict[str, Any]]:  # fmt: skip
    parts = {"by": by, "where": where, "source": source, "day": day, "token_source": token_source}
    text = _sql("usage").format(**parts, unmeasured=UNMEASURED)
    return _dicts(connection.execute(text))


def latency(
    connection: duckdb.DuckDBPyConnection, by: Sequence[str], *, with_measures: bool = True, with_total: bool = False
) -> list[dict[str, Any]]:
    """Percentiles by the LATENCY_COLUMNS named in `by`, after period.calls_at.

    `with_measures`: of further times, and how calls ended. `with_total`: one more row, with `over_all` 1 and no keys,
    which costs less than asking again.
    """
    names = [f"key_{i}" for i in range(len(by))]
    raw = [_NUMBERED.get(column, (LATENCY_COLUMNS[column], ""))[0] for column in by]
    numbered = [(name, _NUMBERED[column][1]) for column, name in zip(by, names, strict=True) if column in _NUMBERED]
    worded = [f"{word.format(name)} AS {name}" for name, word in numbered]
    said = f"REPLACE ({', '.join(worded)})" if worded else ""
    sets = [f"({', '.join(names)})", *(["()"] if with_total and by else [])]
    over_all = f"(grouping({names[0]}) = 1)::INTEGER" if by else "1"
    return _dicts(
        connection.execute(
            _sql("latency").format(
                keys="".join(f"{column} AS {name}, " for column, name in zip(raw, names, strict=True)),
                by="".join(f"{name}, " for name in names) + f"{over_all} AS over_all,",
                said=said, sets=", ".join(sets), measures=_sql("latency_measures") if with_measures else "",
            )
        )
    )  # fmt: skip


def matching(asked: Mapping[str, str]) -> str:
    """A condition over `facts`: each of the BY_COLUMNS that are named has its value."""
    return " AND ".join(f"{BY_COLUMNS[name]} = '{_escaped(value)}'" for name, value in asked.items()) or "true"


def _escaped(value: str) -> str:
    """Text inside a quoted literal of DuckDB, and inside a template of str.format."""
    return value.replace("'", "''")


def provisioned(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Usage of deployments that are paid by the PTU-hour, by hour (UTC, without a zone in the store, with one here)."""
    rows = _dicts(connection.execute(_sql("provisioned")))
    return [{**row, "hour": row["hour"].replace(tzinfo=UTC)} for row in rows]


def spilled_hours(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, datetime]]:
    """(resource, deployment, hour) in which a full provisioned deployment handed calls on."""
    rows = connection.execute(_sql("spilled_hours")).fetchall()
    return [(resource, deployment, hour.replace(tzinfo=UTC)) for resource, deployment, hour in rows]


def match_counts(connection: duckdb.DuckDBPyConnection, period: Period) -> Mapping[str, int]:
    """How the three record kinds met, and what was left over."""
    return _dicts(connection.execute(_sql("quality"), _bounds(period)))[0]


def days_present(connection: duckdb.DuckDBPyConnection, period: Period) -> tuple[date, ...]:
    """Days of the period on which the gateway wrote anything."""
    return tuple(row[0] for row in connection.execute(_sql("days"), _bounds(period)).fetchall())


def hidden_reasoning(connection: duckdb.DuckDBPyConnection) -> list[tuple[int | None, int, int]]:
    """(width of the group that calibrated, calls, reasoning tokens); width None: no group knew enough."""
    return connection.execute(_sql("hidden_summary")).fetchall()


def counting_errors(connection: duckdb.DuckDBPyConnection) -> list[CountingError]:
    """Our own count against the service's, by model, API and streamed."""
    return [CountingError(**row) for row in _dicts(connection.execute(_sql("counting_errors")))]


def missing_reasons(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Why successful calls have no tokens, as the notes of counting say, with the calls that say so."""
    return dict(connection.execute(_sql("missing_reasons")).fetchall())


def months(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The months of which the store holds gateway records, in order."""
    rows = connection.execute("SELECT DISTINCT strftime(started_at, '%Y-%m') AS month FROM gateway ORDER BY month")
    return [row[0] for row in rows.fetchall()]


def in_use(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str, str, str, bool]]:
    """model, version, deployment type, region, tier and long context of everything that was charged for."""
    return connection.execute(
        "SELECT DISTINCT model, model_version, deployment_type, region, tier, long_context FROM cells"
        " WHERE prompt_tokens + completion_tokens > 0 ORDER BY ALL"
    ).fetchall()


def call_counts(connection: duckdb.DuckDBPyConnection, period: Period) -> Mapping[str, int]:
    """Calls of the period by what is known of them."""
    return _dicts(connection.execute(_sql("doctor"), _bounds(period)))[0]


def ask(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """One query of the user's: no other file, no network, no second statement. Raises UsageError where it fails."""
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    try:
        statements = duckdb.extract_statements(sql)
        if len(statements) != 1:
            raise UsageError(f"{len(statements)} statements were given", "give exactly one query")
        result = connection.execute(statements[0])
        return [column[0] for column in result.description or []], result.fetchall()
    except duckdb.Error as error:
        raise UsageError(f"the query failed: {str(error).splitlines()[0]}", "see: aoai-insights sql --help") from None


def _bounds(period: Period) -> dict[str, datetime]:
    return {"start": period.start.replace(tzinfo=None), "end": period.end.replace(tzinfo=None)}



def _dicts(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    description = result.description or []
    columns = [column[0] for column in description]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def _relation(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Mapping[str, pa.DataType],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """`rows` as a temporary table, so that a query can join it."""
    arrays = [pa.array([row[i] for row in rows], type=kind) for i, kind in enumerate(columns.values())]
    table = pa.table(arrays, names=list(columns))
    connection.register("incoming", table)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM incoming")
    connection.unregister("incoming")
