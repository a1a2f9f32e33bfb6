"""How the workspaces are set up: sign-in, tables, log settings, sampling, retention; what each gap costs."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aoai_insights.config import Config, Workspace
from aoai_insights.errors import SourceError
from aoai_insights.model import Period
from aoai_insights.pipeline import control_totals
from aoai_insights.pipeline.control_totals import total
from aoai_insights.pipeline.doctor import Finding, State, share_of
from aoai_insights.pipeline.engines import Engines
from aoai_insights.sources import answers, kql
from aoai_insights.sources import log_analytics as la

FRESH = timedelta(hours=6)
"""Rows reach a workspace within minutes; a table this old on a working day has stopped."""

BODY_LIMIT = 8192
"""Bytes that API Management logs of a body at most (research: log schemas, 0.4)."""


def examine_workspaces(
    config: Config, period: Period, now: datetime, logs: answers.Engine | None = None
) -> list[Finding]:
    """Findings from the workspaces themselves, over the period. Raises nothing that the service says."""
    if not config.workspaces:
        return [Finding("workspaces", "ok", "none is configured; only the store was looked at")]
    findings: list[Finding] = []
    if not config.azure.endpoint:
        findings.append(_identity(config))
        if findings[-1].state == "problem":
            return findings
    engines = Engines(config, logs)
    for workspace in config.workspaces:
        try:
            findings += _of_workspace(engines.of(workspace), workspace, period, now)
        except SourceError as error:
            findings.append(
                Finding(
                    workspace.name,
                    "problem",
                    error.message,
                    "none of its records can be read",
                    error.remedy + "; role: --show role.sh",
                )
            )
    return findings


def _identity(config: Config) -> Finding:
    """Who signs in, as the token says; the token itself goes nowhere."""
    from azure.core.exceptions import ClientAuthenticationError

    scope = la.ENDPOINTS[config.azure.cloud] + "/.default"
    try:
        token = la.credential(config.azure.cloud).get_token(scope).token
    except ClientAuthenticationError as error:
        first = str(error.message).strip().splitlines()[0]
        return Finding(
            "credential",
            "problem",
            f"nothing to sign in with: {first}",
            "no workspace can be read",
            "az login, or set AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET",
        )
    try:
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    except (IndexError, ValueError):
        claims = {}
    who = claims.get("upn") or claims.get("unique_name") or claims.get("appid") or "an identity that its token hides"
    return Finding("credential", "ok", f"signed in as {who} (object id {claims.get('oid', 'not stated')})")


def _of_workspace(logs: answers.Engine, workspace: Workspace, period: Period, now: datetime) -> Iterator[Finding]:
    values = {"start_time": period.start, "end_time": period.end}
    seen = {row["log"]: row for row in _ask(logs, workspace, "freshness", {**values, "start_time": _LONG_AGO})}
    yield Finding(f"{workspace.name} access", "ok", "the workspace can be read")
    yield from _tables(workspace.name, seen, period, now)
    if "ApiManagementGatewayLogs" not in seen:
        return
    days = _ask(logs, workspace, "coverage", values)
    stated = _ask(logs, workspace, "usage_by_app_and_model", values)
    resources = _ask(logs, workspace, "resource_totals", values)
    each = control_totals.tokens_per_call(stated, resources)
    if days:
        yield from _settings(workspace.name, days, each)
    yield _sampling(workspace.name, _ask(logs, workspace, "gateway_totals", values), each)
    calls = int(total(days, "requests"))
    yield control_totals.bypass(workspace.name, resources, calls)
    yield from control_totals.policies(workspace.name, _ask(logs, workspace, "token_metrics", values), stated)


_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def _ask(logs: answers.Engine, workspace: Workspace, name: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of a query; none where the workspace lacks a table of it. Raises SourceError for what is too much."""
    try:
        return list(logs.ask(workspace.asked_as, kql.bind(kql.query(name), values), workspace.name).records())
    except answers.AbsentTableError:
        return []
    except answers.SplitError as error:
        raise SourceError(f"workspace {workspace.name}: {name} {error}", "ask for a shorter --last") from None


def _tables(name: str, seen: Mapping[str, Mapping[str, Any]], period: Period, now: datetime) -> Iterator[Finding]:
    wanted: dict[str, tuple[State, str, str]] = {
        "ApiManagementGatewayLogs": ("problem", "there are no calls", "gateway-setting.sh"),
        "ApiManagementGatewayLlmLog": ("warning", "tokens must be read from bodies", "gateway-setting.sh"),
        "AzureDiagnostics RequestResponse": (
            "warning",
            "no model version, no Entra caller, no bypass",
            "aoai-setting.sh",
        ),
        "AzureDiagnostics AzureOpenAIRequestUsage": (
            "warning",
            "cached tokens are known from bodies only",
            "aoai-setting.sh",
        ),
    }
    for log, (state, cost, file) in wanted.items():
        row = seen.get(log)
        if row is None:
            yield Finding(f"{name} {log}", state, "holds no row", cost, f"--show {file}")
            continue
        newest, oldest = _moment(row["newest"]), _moment(row["oldest"])
        stale = period.end > now - FRESH and newest < now - FRESH
        said = f"{int(row['rows']):,} rows from {oldest:%Y-%m-%d %H:%M} to {newest:%Y-%m-%d %H:%M} UTC"
        yield Finding(
            f"{name} {log}",
            "warning" if stale else "ok",
            said,
            "nothing new since then: the newest calls are missing" if stale else "",
            f"look whether its diagnostic setting still exists (--show {file})" if stale else "",
        )
    gateway = seen.get("ApiManagementGatewayLogs")
    if gateway is not None and _moment(gateway["oldest"]) > period.start + timedelta(days=1):
        yield Finding(
            f"{name} retention",
            "warning",
            f"the oldest call is of {_moment(gateway['oldest']):%Y-%m-%d}, asked was {period.start:%Y-%m-%d}",
            "days before it cannot be collected any more",
            "raise the table's retention, or ingest exports",
        )
    if any(log in seen for log in ("AzureDiagnostics GatewayLogs", "AzureDiagnostics GatewayLlmLogs")):
        yield Finding(
            f"{name} mode",
            "problem",
            "gateway logs go to AzureDiagnostics",
            "they are not collected from there",
            "make the diagnostic setting resource-specific (--show gateway-setting.sh)",
        )


def _settings(name: str, days: Sequence[Mapping[str, Any]], each: float | None) -> Iterator[Finding]:
    sums = {
        key: sum(int(day[key] or 0) for day in days)
        for key in (
            "requests",
            "succeeded",
            "with_request_id",
            "with_body",
            "with_llm_tokens",
            "streamed_without_usage",
            "cut_bodies",
        )
    }
    longest = max(int(day["longest_body"] or 0) for day in days)
    yield share_of(
        f"{name} request ids",
        sums["with_request_id"],
        sums["requests"],
        "calls have apim-request-id logged",
        f"{_worth(sums['requests'] - sums['with_request_id'], each)} find their record in Azure OpenAI's log by"
        " guessing, or not at all",
        "--show api-logging.json, or --show trace-request-id.xml",
    )
    yield share_of(
        f"{name} token log",
        sums["with_llm_tokens"],
        sums["succeeded"],
        "successful calls have tokens in the LLM log",
        f"{_worth(sums['succeeded'] - sums['with_llm_tokens'], each)} must come from bodies, are estimated, or missing",
        "--show api-logging.sh",
    )
    if sums["streamed_without_usage"]:
        yield Finding(
            f"{name} streams",
            "warning",
            f"{sums['streamed_without_usage']:,} streams state no usage",
            f"{_worth(sums['streamed_without_usage'], each)} are estimated or missing",
            "--show include-usage.xml",
        )
    if longest == 0:
        yield Finding(
            f"{name} bodies",
            "warning",
            "no body is logged",
            "cached tokens are unknown, so cached prompts are charged in full",
            "--show api-logging.json",
        )
    elif longest < BODY_LIMIT and sums["with_llm_tokens"] < sums["succeeded"]:
        yield Finding(
            f"{name} bodies",
            "warning",
            f"the longest logged body has {longest:,} bytes",
            "answers may be cut earlier than need be",
            f"log {BODY_LIMIT:,} bytes (--show api-logging.json)",
        )
    else:
        yield Finding(
            f"{name} bodies", "ok", f"{sums['with_body']:,} calls have a body, {sums['cut_bodies']:,} of them cut"
        )


def _sampling(name: str, days: Sequence[Mapping[str, Any]], each: float | None) -> Finding:
    counted = total(days, "counted_requests")
    logged = sum(int(day["logged_requests"] or 0) for day in days)
    if not counted:
        return Finding(
            f"{name} sampling",
            "unknown",
            "the gateway's own count is not in the workspace",
            "a sampling below 100 % would go unnoticed",
            "send AllMetrics too (--show gateway-setting.sh)",
        )
    if logged >= 0.99 * counted:
        return Finding(f"{name} sampling", "ok", f"{logged:,} calls logged of {counted:,.0f} counted")
    return Finding(
        f"{name} sampling",
        "problem",
        f"{logged:,} calls logged of {counted:,.0f} counted",
        f"{_worth(counted - logged, each)} are in no figure",
        "set sampling to 100 (--show api-logging.json)",
    )


def _worth(calls: float, each: float | None) -> str:
    """Calls in tokens, at the average of those whose tokens are stated."""
    tokens = "an unknown number of tokens" if each is None else f"about {calls * each:,.0f} tokens"
    return f"{tokens} ({calls:,.0f} calls)"


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
