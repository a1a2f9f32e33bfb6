"""Azure Data Explorer, asked through Microsoft's own SDK, with the answers and the errors of Log Analytics.

For teams whose logs go there: the database has the tables of Log Analytics, by name and column. The queries are the
same files; `ingestion_time()` is the engine's own.

What the service says and what it means:

    frames, no error                            the answer
    E_QUERY_RESULT_SET_TOO_LARGE, 413           SplitError: ask for less; an answer ends at 500,000 rows or 64 MB
    E_RUNAWAY_QUERY, low memory, timed out, 504 SplitError: ask for less
    "Failed to resolve table"                   AbsentTableError
    429, 500, 502, 503, a dropped connection    asked again
    401, 403                                    SourceError with the role that is missing

https://learn.microsoft.com/kusto/concepts/query-limits
https://learn.microsoft.com/kusto/api/rest/response-v2
"""

import json
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from aoai_insights.errors import UsageError
from aoai_insights.sources.answers import (
    ROW_CAP,
    AbsentTableError,
    Again,
    Answer,
    DeniedError,
    Pace,
    RefusedError,
    SplitError,
    persist,
)
from aoai_insights.sources.log_analytics import credential

_ABSENT = re.compile(r"failed to resolve (table|entity)|SEM0100.*table", re.IGNORECASE)
_TOO_LARGE = re.compile(r"RESULT_SET_TOO_LARGE|80DA0003|exceeded the allowed limits|64000000", re.IGNORECASE)
_TOO_SLOW = re.compile(
    r"RUNAWAY_QUERY|LOW_MEMORY_CONDITION|80DA0001|80DA0007|timed? ?out|0x80131505|E_QUERY_TIMEOUT", re.IGNORECASE
)
_RETRIED = (429, 500, 502, 503, 520)
_KINDS = {"double": "real", "boolean": "bool", "date": "datetime"}


@dataclass(slots=True)
class Kusto:
    """A database of a cluster, asked as a workspace is: `ask` takes the database for the workspace's id."""

    client: Any
    timeout_seconds: int = 600
    row_cap: int = ROW_CAP
    pace: Pace = field(default_factory=Pace)
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def ask(self, workspace_id: str, query: str, workspace: str = "") -> Answer:
        """Runs `query`, which bounds its own time. Raises SplitError, AbsentTableError, SourceError or DeniedError."""
        name = workspace or workspace_id
        return persist(lambda: self._once(workspace_id, query, name), name, self.pace, self.sleep, self.chance)

    def _once(self, database: str, query: str, name: str) -> Answer | Again:
        from azure.kusto.data import ClientRequestProperties
        from azure.kusto.data import exceptions as kusto

        properties = ClientRequestProperties()  # type: ignore[no-untyped-call]  # the SDK's constructor has no types
        properties.set_option("servertimeout", timedelta(seconds=self.timeout_seconds))
        try:
            result = self.client.execute_query(database, query, properties)
        except kusto.KustoThrottlingError:
            return Again("throttled (429)")
        except kusto.KustoNetworkError as error:
            if "Timeout" in type(error.__cause__).__name__:
                raise SplitError("timed out") from None
            return Again(f"not reached ({type(error.__cause__).__name__})")
        except kusto.KustoAuthenticationError as error:
            raise DeniedError(f"no credential works: {str(error).splitlines()[0]}", "sign in with: az login") from None
        except kusto.KustoMultiApiError as error:
            return _partial(" ".join(f"{one.code} {one.description}" for one in error.get_api_errors()))
        except kusto.KustoServiceError as error:
            return _refusal(error, name)
        except (json.JSONDecodeError, LookupError):
            return Again("the answer broke off")
        return _answer(result)


def _answer(result: Any) -> Answer:
    if result.errors_count:
        return _partial(" ".join(str(error) for error in result.get_exceptions()))
    tables = result.primary_results
    if not tables:
        return Answer(empty=True)
    columns = tables[0].columns
    kinds = tuple(_KINDS.get(column.column_type, column.column_type) for column in columns)
    rows = [[_cell(value) for value in row] for row in tables[0].rows]
    return Answer(tuple(column.column_name for column in columns), kinds, rows)


def _partial(words: str) -> Answer:
    _raise_where_less_helps(words)
    return Answer(partial=" ".join(words.split())[:200])


def _cell(value: Any) -> Any:
    """A dynamic value comes as an object here and as its JSON text from Log Analytics; a timespan as a duration."""
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value) if isinstance(value, timedelta) else value


def _refusal(error: Any, name: str) -> Again:
    response = error.get_raw_http_response()
    status = getattr(response, "status_code", 0)
    words = " ".join(f"{error} {getattr(response, 'text', '')}".split())
    if _ABSENT.search(words):
        raise AbsentTableError(words[:300])
    _raise_where_less_helps(words)
    if status == 413:
        raise SplitError("too large")
    if status in (408, 504):
        raise SplitError("timed out")
    if status in (401, 403):
        raise DeniedError(
            f"workspace {name}: {status}", "give the identity the role Viewer on the database of the cluster"
        )
    if status in _RETRIED:
        return Again("throttled (429)" if status == 429 else f"answered {status}")
    if status == 200:
        return Again("the answer broke off")
    raise RefusedError(f"workspace {name}: {status}: {words[:300]}", "see docs/collect.md, Azure Data Explorer")


def _raise_where_less_helps(words: str) -> None:
    if _TOO_LARGE.search(words):
        raise SplitError("too large")
    if _TOO_SLOW.search(words):
        raise SplitError("timed out")


def connect(cluster: str, cloud: str = "public", timeout_seconds: int = 600) -> Kusto:
    """A cluster's query endpoint: https, or http on this machine, to which no token is sent. Raises UsageError."""
    try:
        from azure.kusto.data import KustoClient, KustoConnectionStringBuilder
    except ImportError:
        raise UsageError(
            "a cluster is configured, and azure-kusto-data is not installed", "pip install 'aoai-insights[adx]'"
        ) from None
    parts = urlsplit(cluster)
    if parts.scheme == "https":
        builder = KustoConnectionStringBuilder.with_azure_token_credential(cluster, credential(cloud))
    elif parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1"):
        builder = KustoConnectionStringBuilder(cluster)
    else:
        raise UsageError(f'cluster = "{cluster}" would carry a token in the clear', "write an https address")
    client = KustoClient(builder)
    client.set_http_retries(0)
    return Kusto(client, timeout_seconds)
