"""Log Analytics, asked through Microsoft's own SDK: one query, one answer, or a word for what went wrong.

What the service says and what it means (research: log schemas, sections 7 and 8):

    200 with tables              the answer
    200 with `error`             a partial answer, in `Answer.partial`
    204, or 200 without a body   no data, in `Answer.empty`
    400                          RefusedError; AbsentTableError where the workspace never got a row of the table
    413, "too large"             SplitError: ask for less
    504, 408, no answer in time  SplitError: ask for less
    429, 500, 502, 503           asked again, after Retry-After, else after 1, 2, 4 … seconds with jitter
    a dropped connection         asked again
    401, 403, no credential      SourceError with the role that is missing

https://learn.microsoft.com/azure/azure-monitor/logs/api/errors
https://learn.microsoft.com/azure/azure-monitor/service-limits#log-queries-and-language
"""

import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aoai_insights.errors import SourceError, UsageError
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

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError
    from azure.monitor.query import LogsQueryClient

LONGEST_WAIT_SECONDS = 600.0

ENDPOINTS = {
    "public": "https://api.loganalytics.io",
    "usgov": "https://api.loganalytics.us",
    "china": "https://api.loganalytics.azure.cn",
}
AUTHORITIES = {
    "public": "login.microsoftonline.com",
    "usgov": "login.microsoftonline.us",
    "china": "login.chinacloudapi.cn",
}
"""https://learn.microsoft.com/python/api/overview/azure/monitor-query-readme and azure.identity.AzureAuthorityHosts"""

_RETRIED = (429, 500, 502, 503)
_TIMED_OUT = (408, 504)
_TOO_LARGE = re.compile(
    r"too ?large|result_?set_?too|maximum (response )?size|64000000|exceeded the allowed limits", re.IGNORECASE
)
_ABSENT = re.compile(r"failed to resolve table", re.IGNORECASE)


@dataclass(slots=True)
class Logs:
    """A client with its manners, and the service's limits."""

    client: "LogsQueryClient"
    timeout_seconds: int = 600
    grace_seconds: int = 30
    """How much longer than the service's own limit an answer is waited for."""
    row_cap: int = ROW_CAP
    pace: Pace = field(default_factory=Pace)
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def ask(self, workspace_id: str, query: str, workspace: str = "") -> Answer:
        """Runs `query`, which bounds its own time. Raises SplitError, AbsentTableError, SourceError or DeniedError."""
        name = workspace or workspace_id
        return persist(lambda: self._once(workspace_id, query, name), name, self.pace, self.sleep, self.chance)

    def _once(self, workspace_id: str, query: str, name: str) -> Answer | Again:
        from azure.core import exceptions as azure

        heard: list[Any] = []
        try:
            result = self.client.query_workspace(
                workspace_id, query, timespan=None, server_timeout=self.timeout_seconds,
                read_timeout=self.timeout_seconds + self.grace_seconds, retry_total=0,
                raw_response_hook=lambda response: heard.append(response.http_response),
            )  # fmt: skip
        except json.JSONDecodeError as error:
            # The SDK reads the body of a refusal too, and stumbles over an empty one before it looks at the status.
            if heard and heard[-1].status_code >= 400:
                return _http_outcome(azure.HttpResponseError(response=heard[-1]), name)
            if not error.doc.strip():
                return Answer(empty=True)
            return Again("the answer broke off")
        except azure.ServiceResponseTimeoutError:
            raise SplitError("timed out") from None
        except azure.HttpResponseError as error:
            return _http_outcome(error, name)
        except (azure.ServiceRequestError, azure.ServiceResponseError) as error:
            return Again(f"not reached ({type(error.inner_exception or error).__name__})")
        return _answer(result)


def connect(cloud: str = "public", endpoint: str = "", timeout_seconds: int = 600) -> Logs:
    """The service of a cloud, with DefaultAzureCredential: environment, workload and managed identity, az login.

    An endpoint may be given instead: https, or http on this machine, to which no token is sent. Raises UsageError for
    http to anywhere else.
    """
    import logging

    from azure.monitor.query import LogsQueryClient

    logging.getLogger("azure").setLevel(logging.ERROR)  # what breaks off is said in our own words
    if not endpoint:
        return Logs(LogsQueryClient(credential(cloud), endpoint=ENDPOINTS[cloud]), timeout_seconds)
    parts = urlsplit(endpoint)
    if parts.scheme == "https":
        return Logs(LogsQueryClient(credential(cloud), endpoint=endpoint, audience=ENDPOINTS[cloud]), timeout_seconds)
    if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise UsageError(f'azure.endpoint = "{endpoint}" would carry a token in the clear', "write an https address")
    from azure.core.pipeline.policies import SansIOHTTPPolicy

    policy: SansIOHTTPPolicy[Any, Any] = SansIOHTTPPolicy()
    client = LogsQueryClient(_NoCredential(), endpoint=endpoint, authentication_policy=policy)
    return Logs(client, timeout_seconds)


def credential(cloud: str = "public") -> Any:
    """Whatever this machine has to sign in with, in Microsoft's order."""
    import logging

    from azure.identity import DefaultAzureCredential

    logging.getLogger("azure").setLevel(logging.ERROR)  # what it tried and did not find is said in our own words
    return DefaultAzureCredential(authority=AUTHORITIES[cloud])


class _NoCredential:
    """Never asked: requests to this machine carry no token."""

    def get_token(self, *scopes: str, **_: Any) -> Any:
        raise UsageError("an endpoint on this machine asks for a token", "give an https address in azure.endpoint")


def _answer(result: Any) -> Answer:
    """The first table of a whole or partial result."""
    error = getattr(result, "partial_error", None)
    tables = result.partial_data if error is not None else result.tables
    partial = _codes_text(error) if error is not None else ""
    if not tables:
        return Answer(partial=partial, empty=not partial)
    table = tables[0]
    rows = [list(row) for row in table.rows]
    return Answer(tuple(table.columns), tuple(table.columns_types), rows, partial)


def _codes_text(error: Any) -> str:
    words = [str(error.code or "PartialError")]
    for detail in error.details or ():
        inner = detail.get("innererror") if isinstance(detail, Mapping) else None
        words += [str(part["code"]) for part in (detail, inner) if isinstance(part, Mapping) and part.get("code")]
    return " ".join(dict.fromkeys(words))


def _http_outcome(error: "HttpResponseError", name: str) -> Again:
    """What a refusal means. Its message may quote the query, which holds no secret, but never more than one line."""
    from azure.core.exceptions import ClientAuthenticationError

    status = error.status_code
    if status is None:
        if isinstance(error, ClientAuthenticationError):
            first = str(error.message).strip().splitlines()[0]
            raise DeniedError(f"no credential works: {first}", "sign in with: az login") from None
        return Again("the answer broke off")
    codes, message = _said(error)
    if _ABSENT.search(message):
        raise AbsentTableError(message) from None
    if status == 413 or _TOO_LARGE.search(f"{codes} {message}"):
        raise SplitError("too large") from None
    if status in _TIMED_OUT:
        raise SplitError("timed out") from None
    if status < 400:
        return Again("the answer broke off")
    if status in _RETRIED:
        wait = _retry_after_s(getattr(error.response, "headers", {}))
        if wait is not None and wait > LONGEST_WAIT_SECONDS:
            raise SourceError(f"workspace {name}: {status}, and asks for {wait:.0f} s of patience",
                              "run the same command again later") from None  # fmt: skip
        return Again("throttled (429)" if status == 429 else f"answered {status}", wait)
    if status in (401, 403):
        raise DeniedError(
            f"workspace {name}: {status} {codes}",
            'give the identity the role "Log Analytics Reader" on the workspace; see: aoai-insights doctor',
        ) from None
    if status == 404:
        raise DeniedError(f"workspace {name}: 404 {codes}", "check its workspace_id in the config") from None
    raise RefusedError(f"workspace {name}: {status} {codes}: {message[:300]}", "see: aoai-insights doctor") from None


def _said(error: "HttpResponseError") -> tuple[str, str]:
    """Codes from the outside in, and the innermost message."""
    try:
        node: Any = json.loads(error.response.text()) if error.response is not None else {}
    except (ValueError, AttributeError):
        node = {}
    codes: list[str] = []
    message = str(error.reason or "")
    node = node.get("error") if isinstance(node, dict) else None
    while isinstance(node, dict):
        codes += [str(node["code"])] if node.get("code") else []
        message = str(node.get("message") or message)
        node = node.get("innererror")
    return " ".join(dict.fromkeys(codes)), " ".join(message.split())


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from a number, a number of milliseconds, or a date."""
    for name, scale in (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            return max(0.0, float(value) * scale)
        except ValueError:
            pass  # a date, or nothing that can be read
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
        except ValueError:
            continue
    return None
