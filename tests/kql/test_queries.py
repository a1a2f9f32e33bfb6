"""Every query: accepted by Microsoft's parser against documented tables, run on rows, and sensitive to each condition."""

import re
from pathlib import Path
from typing import Any

import pytest

from aoai_insights.model import GATEWAY_RAW
from aoai_insights.sources import kql
from aoai_insights.sources.fields import flatten
from aoai_insights.sources.gateway import gateway_row
from aoai_insights.sources.piece import GatewayOptions

from . import world
from .binder import Binder
from .conftest import rows_of, values_of
from .engine import run

QUERIES = {query.name: query for query in kql.queries()}
each_query = pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())


@each_query
def test_microsofts_parser_accepts_it_and_it_uses_every_parameter(query: kql.Query, binder: Binder) -> None:
    found = binder.analyze(query.text, {parameter.name: parameter.kind for parameter in query.parameters})
    assert found.problems == []
    assert found.tables


@each_query
def test_parser_and_engine_agree_on_its_columns(query: kql.Query, binder: Binder, engine: Any) -> None:
    bound = kql.bind(query, values_of(query))
    analyzed = binder.analyze(bound, {})
    assert analyzed.problems == []
    assert run(engine, bound)[0] == analyzed.columns


@each_query
def test_its_header_says_what_it_is_for_and_its_window_is_half_open(query: kql.Query) -> None:
    assert len(query.summary) > 40
    assert {"start_time", "end_time"} <= {parameter.name for parameter in query.parameters}
    assert all(parameter.meaning for parameter in query.parameters)
    assert "between" not in query.text


def test_the_page_on_queries_lists_each_of_them() -> None:
    page = (Path(__file__).parents[2] / "docs" / "kql.md").read_text()
    assert set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]+)\|", page, re.MULTILINE)))) - PARAMETERS == set(QUERIES)


PARAMETERS = {parameter.name for query in QUERIES.values() for parameter in query.parameters}


# --- what they return on the small workspace ----------------------------------------------------------------------


def bodies(engine: Any) -> dict[str, tuple[bool, str]]:
    query = QUERIES["gateway_requests"]
    rows = rows_of(engine, kql.bind(query, values_of(query)))
    assert len({row["CorrelationId"] for row in rows}) == len(rows)
    return {row["CorrelationId"]: (bool(row["BackendRequestBody"]), row["BackendResponseBody"]) for row in rows}


NEEDS_BODIES = (
    "last", "llm-too-late", "llm-prompt-only", "usage-cut", "usage-in-a-schema", "stream", "client-bodies", "aoai-prompt-only",
    "aoai-too-late", "later", "host-only", "client-path-only", "backend-path-only", "llm-only", "listed", "listed-revision",
    "long-body", "short-body",
)  # fmt: skip


def test_bodies_are_asked_for_only_where_nothing_states_the_usage(engine: Any) -> None:
    found = bodies(engine)
    shown = {
        name
        for name, (request, answer) in found.items()
        if request or world.SECRET in answer or "xxx" in answer or "yyy" in answer
    }
    assert shown == set(NEEDS_BODIES)


def test_calls_of_other_apis_and_other_times_are_left_out(engine: Any) -> None:
    every = {row["CorrelationId"] for row in world.GATEWAY}
    assert every - set(bodies(engine)) == {"after", "at-end", "throttled-after", "before", "other-api"}


REDUCED = {
    "own-usage": '{"choices":[],"usage":' + world.USAGE + ',"model":"gpt-4o-2024-11-20","service_tier":"priority"}',
    "own-stream-usage": 'data: {"choices":[],"usage":'
    + world.USAGE
    + ',"model":"gpt-4o-2024-11-20"}\n\ndata: [DONE]\n\n',
    "background": '{"choices":[],"usage":' + world.USAGE + ',"model":"gpt-4o-2024-11-20","background":true}',
    "two-usages": 'data: {"choices":[],"usage":' + world.USAGE + "}\n\ndata: [DONE]\n\n",
    "filtered": '{"choices":[],"content_filter":{"filtered":true}}',
    "policy": "",
}


def test_of_a_request_only_the_model_remains_and_only_where_no_address_names_it(engine: Any) -> None:
    query = QUERIES["gateway_requests"]
    rows = rows_of(engine, kql.bind(query, values_of(query)))
    named = {row["CorrelationId"]: row["RequestedModel"] for row in rows if row["RequestedModel"]}
    assert named == {"asked-model": "dep-1", "asked-model-cut": "dep-2"}


def test_what_a_policy_traced_comes_along(engine: Any) -> None:
    query = QUERIES["gateway_requests"]
    [row] = [row for row in rows_of(engine, kql.bind(query, values_of(query))) if row["CorrelationId"] == "own-stream-usage"]
    made = gateway_row(flatten(row), GatewayOptions())
    assert not isinstance(made, str)
    assert dict(zip(GATEWAY_RAW.names, made, strict=True))["traced_ttft_ms"] == 412


@pytest.mark.parametrize("name", REDUCED)
def test_of_other_answers_only_figures_and_flags_remain(name: str, engine: Any) -> None:
    assert bodies(engine)[name] == (False, REDUCED[name])


def test_messages_of_the_llm_log_come_along_only_where_no_row_states_tokens(engine: Any) -> None:
    query = QUERIES["llm_usage"]
    rows = rows_of(engine, kql.bind(query, values_of(query)))
    texts = {
        (row["CorrelationId"], row["SequenceNumber"]): row["RequestMessages"] + row["ResponseMessages"] for row in rows
    }
    assert {key: text for key, text in texts.items() if text} == {
        ("messages-only", 1): '[{"role":"user","content":"needed"}]', ("split-too-late", 1): '[{"half'
    }  # fmt: skip
    assert "after" not in {name for name, _ in texts}


EXPECTED: dict[str, list[tuple[Any, ...]]] = {
    "aoai_requests": [(name,) for name in ("", "just-not-late", "late", "req-0", "req-1", "req-2", "req-5", "req-6")],
    "gateway_arrivals": [(0, 1, world.SINCE), (1, 2, world.SINCE + world.HOUR), (22, 6, world.END - world.TICK)],
    "llm_arrivals": [(0, 1, world.SINCE), (1, 1, world.SINCE), (22, 3, world.END - world.TICK)],
    "aoai_arrivals": [(0, 1, world.SINCE), (1, 1, world.SINCE)],
    "gateway_counts": [(0, 3), (1, 2), (2, 1), (12, 36), (22, 6)],
    "llm_counts": [(0, 2), (1, 1), (2, 1), (12, 8), (22, 3)],
    "aoai_counts": [(0, 2), (1, 1), (2, 1), (12, 4)],
    "usage_by_app_and_model": [("embed", 1, 10, 0, 0), ("gpt-4o", 6, 32, 12, 1)],
    "throttling": [("", 1, 0, 1, 100), ("res.openai.azure.com", 1, 1, 0, 100), ("res.openai.azure.com", 1, 2, 0, 200)],
    "coverage": [(44, 38, 7, 6, 40, 8192, 1, 9, 9)],
    "token_metrics": [(10.0, 4.0, 5.0, 3.0, 15.0)],
    "resource_totals": [("res", 2.0, 10.0, 5.0, 15.0)],
    "gateway_totals": [("apim", 60.0, 48), ("silent", 7.0, 0)],
    "token_usage_by_caller_ip_and_model": [
        ("10.0.0.1", "chat", 5, 0, 0, 0), ("10.0.0.1", "gpt-4o-2024-11-20", 29, 5, 35, 60), ("10.0.0.2", "chat", 1, 0, 0, 0)
    ],
    "freshness": [
        ("ApiManagementGatewayLlmLog", 15), ("ApiManagementGatewayLogs", 48), ("AzureDiagnostics AzureOpenAIRequestUsage", 1),
        ("AzureDiagnostics GatewayLogs", 1), ("AzureDiagnostics RequestResponse", 8),
    ],
}  # fmt: skip
SHOWN = {
    "aoai_requests": ["CorrelationId"],
    "gateway_arrivals": ["hour", "rows", "newest"],
    "llm_arrivals": ["hour", "rows", "newest"],
    "aoai_arrivals": ["hour", "rows", "newest"],
    "gateway_counts": ["begun", "rows"],
    "llm_counts": ["begun", "rows"],
    "aoai_counts": ["begun", "rows"],
    "usage_by_app_and_model": ["model", "requests", "prompt_tokens", "completion_tokens", "requests_without_tokens"],
    "throttling": ["backend_host", "throttled_requests", "from_backend", "stopped_by_policy", "milliseconds"],
    "coverage": ["requests", "succeeded", "with_request_id", "with_region", "with_body", "longest_body", "cut_bodies",
                 "with_llm_row", "with_llm_tokens"],
    "token_metrics": ["prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens", "total_tokens"],
    "resource_totals": ["resource", "requests", "prompt_tokens", "completion_tokens", "total_tokens"],
    "gateway_totals": ["service", "counted_requests", "logged_requests"],
    "token_usage_by_caller_ip_and_model": ["caller_ip", "model", "requests", "requests_with_usage", "prompt_tokens", "total_tokens"],
    "freshness": ["log", "rows"],
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_it_returns_what_was_worked_out_by_hand(name: str, engine: Any) -> None:
    rows = rows_of(engine, kql.bind(QUERIES[name], values_of(QUERIES[name])))
    shown = sorted(tuple(_plain(column, row[column]) for column in SHOWN[name]) for row in rows)
    assert shown == sorted(tuple(_naive(value) for value in row) for row in EXPECTED[name])


def test_latency_is_of_successful_calls_by_region_or_else_by_host(engine: Any) -> None:
    query = QUERIES["latency_by_region_and_hour"]
    rows = rows_of(engine, kql.bind(query, values_of(query)))
    assert sum(row["requests"] for row in rows) == 37
    assert {row["aoai_region"] for row in rows} == {
        "Sweden Central", "other.example", "res.cognitiveservices.azure.com", "res.openai.azure.com"
    }  # fmt: skip
    assert {row["p99_ms"] for row in rows} == {100}


def test_prompt_monitoring_shows_the_first_hundred_characters(engine: Any) -> None:
    query = QUERIES["prompt_usage"]
    rows = rows_of(engine, kql.bind(query, values_of(query)))
    assert {row["prompt_start"] for row in rows} == {world.SECRET, ""}
    assert len(rows) == 36


def _plain(column: str, value: Any) -> Any:
    return value.hour if column in ("hour", "begun") else _naive(value)


def _naive(value: Any) -> Any:
    return value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value


# --- change one token and the result changes ------------------------------------------------------------------------

_GENERAL = [
    (r">= (start_time|ingested_from)", r"> \1"),
    (r"< (end_time)", r"<= \1"),
    (r">= (start_time - 10m)", r"> \1"),
    (r"< (end_time \+ (?:10m|1h))", r"<= \1"),
]
_PARTICULAR = {
    "gateway_requests": [
        ("kind=leftouter llm_usage", "kind=inner llm_usage"), ("kind=leftouter aoai_usage", "kind=inner aoai_usage"),
        ("where isnotnull(llm_rows)\n    or", "where"), ('or BackendUrl contains "/openai/"', ""), ('or Url contains "/openai/"', ""),
        ("or ApiId in~ (apis)", ""), ("in~ (apis)\n| extend backend_id", "in (apis)\n| extend backend_id"),
        ("services\\.azure|", "nothing|"), ("tolower(iff(isnotempty(backend_id)", "(iff(isnotempty(backend_id)"),
        ("iff(isnotempty(backend_id), backend_id, client_id)", "backend_id"), ('or properties_s has "generatedTokens"', ""),
        ('and (properties_s has "completionTokens" or properties_s has "generatedTokens")', ""),
        ("llm_completion > 0 or", ""), ('or BackendUrl contains "/embeddings" or Url contains "/embeddings"', ""),
        ("isnotempty(usage) or isnotnull(aoai_rows)", "isnotempty(usage)"), ("isnotempty(usage) or isnotnull(aoai_rows)", "isnotnull(aoai_rows)"),
        ("and inferred", ""), ('and Cache !~ "hit"', ""), ("status < 300", "status <= 300"), ("and (isnull(status) or (status >= 200 and status < 300))", ""),
        ("iff(isnotnull(BackendResponseCode) and BackendResponseCode > 0, BackendResponseCode, ResponseCode)", "ResponseCode"),
        ("iff(isnotempty(BackendResponseBody), BackendResponseBody, ResponseBody)", "BackendResponseBody"),
        ("iff(isnotempty(BackendRequestBody), BackendRequestBody, RequestBody)", "BackendRequestBody"),
        ("(?s)^.*", ""), ('BackendUrl contains "/deployments/" or Url contains "/deployments/", "",', ""), ("isnotempty(whole_model), whole_model,", ""),
        ("    first_model))", '    ""))'), ("{0,63}$", "{0,63}"),
        ('startswith "data:"', 'startswith "x"'), (r'"[a-z_]*tokens[a-z_]*"', r'"[a-z_]*"'), ("max(CompletionTokens)", "min(CompletionTokens)"),
    ],
    "llm_usage": [("where PromptTokens > 0", "where PromptTokens >= 0"), ("kind=leftouter", "kind=inner"), ("isnull(known)", "isnotnull(known)")],
    "aoai_requests": [('"RequestResponse", ', ""), (', "AzureOpenAIRequestUsage"', ""), ('ResourceProvider =~ "MICROSOFT.COGNITIVESERVICES" and', "")],
    "gateway_counts": [("grain)", "1d)"), ("count()", "dcount(Category)")],
    "llm_counts": [("grain)", "1d)"), ("count()", "dcount(CorrelationId)")],
    "aoai_counts": [("grain)", "1d)"), ("count()", "dcount(Category)"), (', "AzureOpenAIRequestUsage"', ""), ('ResourceProvider =~ "MICROSOFT.COGNITIVESERVICES" and', "")],
    "aoai_arrivals": [("max(ingestion_time())", "min(TimeGenerated)")],
    "gateway_arrivals": [("max(ingestion_time())", "min(ingestion_time())"), ("1h", "2h")],
    "llm_arrivals": [("bin(TimeGenerated, 1h)", "bin(TimeGenerated, 1d)")],
    "usage_by_app_and_model": [("max(PromptTokens)", "sum(PromptTokens) * 2"), ("kind=inner", "kind=leftouter"), ('"-\\d{4}', '"x\\d{4}')],
    "throttling": [("or BackendResponseCode == 429\n", "\n"), ("where ResponseCode == 429 or", "where"), ("countif(BackendResponseCode == 429)", "count()")],
    "coverage": [(">= 8192", "> 8192"), ('or tostring(TraceRecords) contains "apim-request-id"', ""), ("< 300", "<= 300"), ("kind=leftouter", "kind=inner")],
    "latency_by_region_and_hour": [("< 300", "<= 300"), ("percentile(TotalTime, 50)", "percentile(BackendTime, 50)"), ('or BackendUrl contains ".cognitiveservices.azure."', "")],
    "token_metrics": [('"Prompt Cached Tokens")', '"Prompt Tokens")')],
    "resource_totals": [('ResourceProvider =~ "MICROSOFT.COGNITIVESERVICES"', "true"), ('== "GeneratedTokens"', '== "TokenTransaction"')],
    "gateway_totals": [("kind=leftouter", "kind=inner"), ('and MetricName == "Requests"', "")],
    "token_usage_by_caller_ip_and_model": [("ResponseCode == 200 and", ""), ("body.usage.prompt_tokens", "body.usage.total_tokens")],
    "prompt_usage": [("0, 100)", "0, 10)"), ("messages[-1]", "messages[9]")],
    "freshness": [('"GatewayLogs", ', ""), ("min(TimeGenerated), newest", "max(TimeGenerated), newest")],
}  # fmt: skip


def _mutants() -> list[Any]:
    found = []
    for name, query in QUERIES.items():
        for pattern, replacement in _GENERAL:
            for match in re.finditer(pattern + r"(?! *[-+])", query.text):
                changed = query.text[: match.start()] + match.expand(replacement) + query.text[match.end() :]
                line = query.text[: match.start()].count("\n") + 1
                found.append(
                    pytest.param(name, changed, id=f"{name} line {line}: {match[0]} -> {match.expand(replacement)}")
                )
        for old, new in _PARTICULAR.get(name, []):
            assert query.text.count(old) >= 1, (name, old)
            found.append(pytest.param(name, query.text.replace(old, new, 1), id=f"{name}: {old!r} -> {new!r}"))
    return found


@pytest.mark.parametrize(("name", "changed"), _mutants())
def test_a_changed_condition_changes_the_result(name: str, changed: str, engine: Any) -> None:
    query = QUERIES[name]
    values = values_of(query)
    mutant = kql.Query(name, query.summary, query.parameters, changed)
    assert _bag(engine, kql.bind(mutant, values)) != _bag(engine, kql.bind(query, values))


def _bag(engine: Any, text: str) -> list[str]:
    return sorted(str(sorted(row.items())) for row in rows_of(engine, text))


def test_a_missing_table_of_tokens_does_not_cost_the_calls() -> None:
    from .engine import workspace

    connection = workspace(
        {"ApiManagementGatewayLogs": world.GATEWAY, "ApiManagementGatewayLlmLog": [], "AzureDiagnostics": []}
    )
    query = QUERIES["gateway_requests"]
    assert len(rows_of(connection, kql.bind(query, values_of(query)))) == 46
    connection.close()
