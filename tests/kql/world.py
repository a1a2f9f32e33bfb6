"""One small workspace in which every condition of every query decides about some row; bounds are hit exactly."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from .engine import INGESTED

START = datetime(2026, 10, 1, tzinfo=UTC)
END = datetime(2026, 10, 1, 23, tzinfo=UTC)
NOON = START + timedelta(hours=12)
SINCE = NOON + timedelta(minutes=30)
"""Where the arrivals begin: a row that was ingested exactly then is new."""

APIM = "/subscriptions/s/resourcegroups/rg/providers/microsoft.apimanagement/service/apim"
AOAI = "/subscriptions/s/resourcegroups/rg/providers/microsoft.cognitiveservices/accounts/res"
PATH = "/openai/deployments/chat/chat/completions"
SECRET = "what somebody wrote"
USAGE = '{"completion_tokens":5,"prompt_tokens":7,"prompt_tokens_details":{"cached_tokens":3},"total_tokens":12}'
ANSWER = '{"id":"c","model":"gpt-4o-2024-11-20","choices":[{"message":{"content":"' + SECRET + '"}}]'
OWN = f'{ANSWER},"usage":{USAGE}}}'
LESS = '{"prompt_tokens":7,"total_tokens":7}'
STREAM = f'data: {{"model":"gpt-4o-2024-11-20","choices":[{{"delta":{{"content":"{SECRET}"}}}}]}}\n\n'

Row = dict[str, Any]


def call(name: str, at: datetime = NOON, **more: Any) -> Row:
    row = {
        "TimeGenerated": at, "CorrelationId": name, "_ResourceId": APIM, "ApiId": "aoai", "Method": "POST", "Region": "East US",
        "Url": "https://gw.example" + PATH, "BackendUrl": "https://res.openai.azure.com" + PATH, "ApimSubscriptionId": "sub",
        "ProductId": "prod", "CallerIpAddress": "10.0.0.1", "ResponseCode": 200, "BackendResponseCode": 200,
        "TotalTime": 100, "BackendTime": 80, "Cache": "none",
        "BackendRequestBody": '{"messages":[{"role":"user","content":"' + SECRET + '"}]}',
        "BackendResponseBody": ANSWER + "}", INGESTED: at,
    }  # fmt: skip
    return row | more


def llm(
    name: str, prompt: int | None, completion: int | None, at: datetime = NOON, number: int = 0, **more: Any
) -> Row:
    row = {"TimeGenerated": at, "CorrelationId": name, "_ResourceId": APIM, "SequenceNumber": number, "PromptTokens": prompt,
           "CompletionTokens": completion, "TotalTokens": (prompt or 0) + (completion or 0), "ModelName": "gpt-4o-2024-11-20",
           "DeploymentName": "chat", "IsStreamCompletion": False, INGESTED: at}  # fmt: skip
    return row | more


def attempt(name: str, at: datetime = NOON, **more: Any) -> Row:
    row = {"TimeGenerated": at, "CorrelationId": name, "_ResourceId": AOAI, "ResourceProvider": "MICROSOFT.COGNITIVESERVICES",
           "Category": "RequestResponse", "OperationName": "ChatCompletions_Create", "ResultSignature": "200", "DurationMs": 80,
           "Resource": "RES", "event_s": "ShoeboxCallResult", "properties_s": '{"modelDeploymentName":"chat"}', INGESTED: at}  # fmt: skip
    return row | more


def id_header(name: str) -> str:
    return json.dumps({"apim-request-id": name, "x-ms-region": "Sweden Central"})


TOKENS = '{"promptTokens":7,"completionTokens":5}'
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TICK = timedelta(microseconds=1)
V1 = {"Url": "https://gw.example/openai/v1/responses", "BackendUrl": "https://res.openai.azure.com/openai/v1/responses"}
EMBEDDINGS = "/openai/deployments/embed/embeddings"
NO_REQUEST = {"BackendRequestBody": "", "RequestBody": ""}

GATEWAY = [
    call("first", START, **{INGESTED: SINCE}),
    call("last", END - TICK),
    call("after", END),
    call("before", START - TICK),
    call("llm-knows"),
    call("llm-margin-start", START),
    call("llm-margin-end", END - TICK),
    call("llm-too-late", END - TICK),
    call("llm-prompt-only"),
    call(
        "llm-embedding", Url="https://gw.example" + EMBEDDINGS, BackendUrl="https://res.openai.azure.com" + EMBEDDINGS
    ),
    call(
        "own-usage",
        BackendRequestBody='{"model":"named-by-the-address"}',
        BackendResponseBody=f'{ANSWER},"usage":{USAGE},"service_tier":"priority"}}',
    ),
    call("asked-model", **V1, BackendRequestBody='{"input":"a","model":"dep-1"}', BackendResponseBody=OWN),
    call("asked-model-cut", **V1, BackendRequestBody='{"model":"dep-2","input":"a', BackendResponseBody=OWN),
    call("asked-model-text", **V1, BackendRequestBody='{"model":"what somebody wrote"}', BackendResponseBody=OWN),
    call("two-usages", BackendResponseBody=f'data: {{"usage":{LESS}}}\n\ndata: {{"choices":[],"usage":{USAGE}}}\n\n'),
    call(
        "own-stream-usage",
        BackendResponseBody=f'{STREAM}data: {{"choices":[],"usage":{USAGE}}}\n\ndata: [DONE]\n\n',
        TraceRecords=r'[{"source":"aoai-insights","message":"{\"ttft_ms\":412}"}]',
    ),
    call("usage-cut", BackendResponseBody=f'{ANSWER},"usage":{{"completion_tokens":5,"prompt'),
    call("usage-in-a-schema", BackendResponseBody=ANSWER + ',"text":{"usage":{"type":"object"}}}'),
    call("stream", BackendResponseBody=STREAM),
    call(
        "client-bodies", BackendRequestBody="", BackendResponseBody="", RequestBody="asked", ResponseBody=ANSWER + "}"
    ),
    call("aoai-knows", BackendResponseHeaders=id_header("REQ-1")),
    call("aoai-knows-by-client-header", ResponseHeaders=id_header("req-2")),
    call("aoai-generated", BackendResponseHeaders=id_header("req-5")),
    call("aoai-prompt-only", BackendResponseHeaders=id_header("req-6")),
    call("aoai-margin", END - TICK, BackendResponseHeaders=id_header("req-3")),
    call("aoai-too-late", END - TICK, BackendResponseHeaders=id_header("req-4")),
    call("failed", ResponseCode=500, BackendResponseCode=500, TotalTime=5),
    call("failed-then-mended", ResponseCode=200, BackendResponseCode=500),
    call(
        "filtered",
        ResponseCode=400,
        BackendResponseCode=400,
        BackendResponseBody='{"error":{"filtered":true}}',
        **NO_REQUEST,
    ),
    call("redirect", ResponseCode=300, BackendResponseCode=300),
    call("fetched", Method="GET"),
    call("background", Method="GET", BackendResponseBody=f'{ANSWER},"background":true,"usage":{USAGE}}}'),
    call("from-cache", Cache="hit", BackendResponseCode=None),
    call("policy", ResponseCode=429, BackendResponseCode=None, BackendResponseBody="", BackendUrl="", **NO_REQUEST),
    call("throttled", ResponseCode=429, BackendResponseCode=429, BackendResponseBody="", **NO_REQUEST),
    call("throttled-then-served", ResponseCode=200, BackendResponseCode=429, BackendResponseBody="", **NO_REQUEST),
    call("throttled-first", START, ResponseCode=429, BackendResponseCode=429, BackendResponseBody="", **NO_REQUEST),
    call("throttled-after", END, ResponseCode=429, BackendResponseCode=429, BackendResponseBody="", **NO_REQUEST),
    call("llm-at-end", END - TICK),
    call("at-end", END),
    call("host-only", Url="https://gw.example/x", BackendUrl="https://res.cognitiveservices.azure.com/x"),
    call("client-path-only", BackendUrl="https://other.example/x"),
    call("backend-path-only", Url="https://gw.example/x", BackendUrl="https://other.example/OpenAI/x"),
    call("llm-only", Url="https://gw.example/x", BackendUrl="https://other.example/x"),
    call("listed", Url="https://gw.example/x", BackendUrl="https://other.example/x", ApiId="My-LLM"),
    call("listed-revision", Url="https://gw.example/x", BackendUrl="https://other.example/x", ApiId="My-LLM;rev=2"),
    call("other-api", Url="https://gw.example/x", BackendUrl="https://other.example/x"),
    call("late", START + HOUR, **{INGESTED: SINCE}),
    call("later", START + HOUR, **{INGESTED: SINCE + HOUR}),
    call("just-not-late", START + 2 * HOUR, **{INGESTED: SINCE - TICK}),
    call(
        "long-body",
        BackendResponseBody="x" * 8192,
        BackendRequestBody="",
        TraceRecords='[{"message":"apim-request-id=1"}]',
    ),
    call("short-body", BackendResponseBody="y" * 8191, BackendRequestBody="", CallerIpAddress="10.0.0.2"),
]

LLM = [
    llm("first", 10, 5, START, **{INGESTED: SINCE}),
    llm("after", 10, 5, END),
    llm("llm-knows", 10, 5),
    llm("llm-knows", None, None, number=1, RequestMessages=json.dumps([{"role": "user", "content": SECRET}])),
    llm("llm-knows", 0, 0, number=2, ResponseMessages=json.dumps([{"role": "assistant", "content": SECRET}])),
    llm("llm-margin-start", 10, 5, START - 10 * MINUTE),
    llm("llm-margin-end", 10, 5, END + 10 * MINUTE - TICK),
    llm("llm-too-late", 10, 5, END + 10 * MINUTE),
    llm("llm-prompt-only", 10, 0, IsStreamCompletion=True),
    llm("llm-embedding", 10, 0, ModelName="", DeploymentName="embed"),
    llm("llm-only", 0, 0, IsStreamCompletion=True),
    llm("messages-only", 0, 0, number=1, RequestMessages=json.dumps([{"role": "user", "content": "needed"}])),
    llm("split", None, None, END - TICK, number=1, RequestMessages='[{"half'),
    llm("split", 4, 2, END + 10 * MINUTE - TICK),
    llm("split-too-late", None, None, END - TICK, number=1, RequestMessages='[{"half'),
    llm("split-too-late", 4, 2, END + 10 * MINUTE),
    llm("split-before", None, None, START, number=1, RequestMessages='[{"half'),
    llm("split-before", 4, 2, START - 10 * MINUTE),
    llm("llm-at-end", 10, 5, END),
    llm("at-end", 10, 5, END - TICK),
    llm("late", 1, 1, START + HOUR, **{INGESTED: SINCE}),
    llm("just-not-late", 1, 1, START + 2 * HOUR, **{INGESTED: SINCE - TICK}),
    llm("", 99, 99),
]

DIAGNOSTICS = [
    attempt("req-0", START, **{INGESTED: SINCE}),
    attempt("req-after", END),
    attempt("req-1", properties_s=TOKENS, location_s="swedencentral"),
    attempt("req-2", Category="AzureOpenAIRequestUsage", properties_s='{"promptTokens":[7],"generatedTokens":[5]}'),
    attempt("req-3", END + HOUR - TICK, properties_s=TOKENS),
    attempt("req-4", END + HOUR, properties_s=TOKENS),
    attempt("req-5", START, properties_s='{"promptTokens":[7],"generatedTokens":[5]}'),
    attempt("req-6", properties_s='{"promptTokens":7}'),
    attempt("", properties_s=TOKENS),
    attempt("audit", Category="Audit"),
    attempt("search", ResourceProvider="MICROSOFT.SEARCH", Resource="S"),
    attempt("gateway", ResourceProvider="MICROSOFT.APIMANAGEMENT", Category="GatewayLogs"),
    attempt("late", START + HOUR, **{INGESTED: SINCE}),
    attempt("just-not-late", START + 2 * HOUR, **{INGESTED: SINCE - TICK}),
]


def _metric(name: str, value: float, at: datetime = NOON, **more: Any) -> Row:
    return {
        "TimeGenerated": at,
        "Name": name,
        "Sum": value,
        "Properties": json.dumps({"Subscription ID": "sub", "API ID": "aoai"}),
        **more,
    }


def _total(
    name: str, value: float, at: datetime = NOON, provider: str = "MICROSOFT.COGNITIVESERVICES", resource: str = "RES"
) -> Row:
    return {"TimeGenerated": at, "MetricName": name, "Total": value, "ResourceProvider": provider, "Resource": resource}


APP_METRICS = [
    _metric("Prompt Tokens", 10.0, START),
    _metric("Prompt Tokens", 1.0, END),
    _metric("Prompt Tokens", 2.0, START - TICK),
    _metric("Prompt Cached Tokens", 4.0),
    _metric("Completion Tokens", 5.0),
    _metric("Completion Reasoning Tokens", 3.0),
    _metric("Total Tokens", 15.0),
    _metric("Something else", 99.0),
]
AZURE_METRICS = [
    _total("ProcessedPromptTokens", 10.0, START),
    _total("ProcessedPromptTokens", 1.0, END),
    _total("ProcessedPromptTokens", 2.0, START - TICK),
    _total("GeneratedTokens", 5.0),
    _total("TokenTransaction", 15.0),
    _total("AzureOpenAIRequests", 2.0),
    _total("AzureOpenAIRequests", 9.0, provider="MICROSOFT.SEARCH"),
    _total("Requests", 60.0, START, "MICROSOFT.APIMANAGEMENT", "APIM"),
    _total("Requests", 1.0, END, "MICROSOFT.APIMANAGEMENT", "APIM"),
    _total("Requests", 2.0, START - TICK, "MICROSOFT.APIMANAGEMENT", "APIM"),
    _total("Requests", 7.0, NOON, "MICROSOFT.APIMANAGEMENT", "SILENT"),
    _total("Requests", 9.0),
    _total("Capacity", 5.0, NOON, "MICROSOFT.APIMANAGEMENT", "APIM"),
]

TABLES = {
    "ApiManagementGatewayLogs": GATEWAY,
    "ApiManagementGatewayLlmLog": LLM,
    "AzureDiagnostics": DIAGNOSTICS,
    "AppMetrics": APP_METRICS,
    "AzureMetrics": AZURE_METRICS,
}
VALUES: dict[str, Any] = {"start_time": START, "end_time": END, "ingested_from": SINCE, "apis": ["my-llm"], "ip": "",
                          "grain": HOUR}  # fmt: skip
