"""The log records that a call leaves, in the shapes that Azure Monitor exports."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fixture_tenant import wire
from fixture_tenant.tenant import (
    AZURE_SUBSCRIPTION,
    GATEWAY_IP,
    Call,
    Deployment,
    guid,
)
from fixture_tenant.traps import Bypass

Record = dict[str, Any]

_GROUP = f"/SUBSCRIPTIONS/{AZURE_SUBSCRIPTION}/RESOURCEGROUPS/RG-AI/PROVIDERS"
GATEWAY_RESOURCE = f"{_GROUP}/MICROSOFT.APIMANAGEMENT/SERVICE/CONTOSO-APIM"
HEADER_BYTES = 560
"""Response headers of an answer, in bytes: ResponseSize counts them too."""

_TICKS_AT_1970 = 621_355_968_000_000_000
_API_VERSION = "2024-10-21"
_OPERATIONS = {"chat": "ChatCompletions_Create", "embeddings": "Embeddings_Create"}
_PATHS = {"chat": "chat/completions", "embeddings": "embeddings"}


def aoai_resource(deployment: Deployment) -> str:
    return f"{_GROUP}/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/{deployment.resource.upper()}"


def stamp(moment: datetime) -> str:
    """Azure Monitor's form of a moment: seven digits behind the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def ticks(moment: datetime) -> int:
    """.NET ticks: 100 ns since the year 1; beyond 2^53, so never a float."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return _TICKS_AT_1970 + (since.days * 86_400 + since.seconds) * 10_000_000 + since.microseconds * 10


def request_bytes(call: Call) -> int:
    """Size of the request body: of the text itself where some record holds it, else what such a prompt would take."""
    if call.logged.request_body or call.logged.llm in ("chunks", "split"):
        return len(wire.request_body(call).encode())
    return 220 + call.prompt * 4


def response_bytes(call: Call) -> int:
    """Size of the response body."""
    spoken = len(wire.response_body(call).encode())
    return spoken or (400 + call.completion * 390 if call.streamed else 700 + call.completion * 5)


def gateway_record(call: Call) -> Record:
    """One GatewayLogs record: absent keys where the gateway had nothing to say."""
    logged, deployment = call.logged, call.deployment
    if logged.v1_url or deployment is None:
        path = f"/openai/v1/{_PATHS[call.api]}"
    else:
        name = logged.url_deployment or deployment.name
        path = f"/openai/deployments/{name}/{_PATHS[call.api]}?api-version={_API_VERSION}"
    backend_ms = max(call.total_ms - 9, 0)
    api_id = "azure-openai-bodies" if logged.request_body or logged.response_body else "azure-openai"
    properties: Record = {
        "method": "POST", "url": f"https://contoso-apim.azure-api.net{path}",
        "apiId": api_id + (";rev=2" if logged.revision else ""), "apiRevision": "2" if logged.revision else "1",
        "operationId": _OPERATIONS[call.api], "apimSubscriptionId": call.apim_subscription, "productId": call.product,
        "responseCode": call.status, "cache": call.cache,
        "requestSize": request_bytes(call) + 441, "responseSize": response_bytes(call) + HEADER_BYTES,
        "clientTime": 4, "clientProtocol": "HTTP/1.1", "clientTlsVersion": "1.3",
    }  # fmt: skip
    if deployment is not None and call.cache != "hit":
        properties |= {
            "backendMethod": "POST", "backendUrl": f"https://{deployment.resource}.openai.azure.com{path}",
            "backendId": "aoai-pool" if deployment.name == "gpt-4o" else deployment.resource,
            "backendResponseCode": call.status, "backendTime": backend_ms, "backendProtocol": "HTTP/1.1",
        }  # fmt: skip
    if call.error_reason:
        properties |= {"lastErrorSource": "validate" if call.status == 401 else "rate-limit",
                       "lastErrorReason": call.error_reason, "lastErrorSection": "inbound"}  # fmt: skip
    if not logged.response_size:
        del properties["responseSize"]
    if logged.request_body:
        properties["requestBody"] = wire.request_body(call)
    if logged.response_body:
        body = wire.response_body(call).encode()
        name = "responseBody" if call.cache == "hit" else "backendResponseBody"
        properties[name] = body[: logged.cut_at].decode(errors="ignore")
    properties |= _headers(call)
    return {
        "DeploymentVersion": "0.48.21337.0", "Level": 4, "Sku": "Standard", "time": stamp(call.at),
        "resourceId": GATEWAY_RESOURCE, "category": "GatewayLogs",
        "operationName": "Microsoft.ApiManagement/GatewayLogs", "correlationId": guid("gateway", call.name),
        "callerIpAddress": call.caller_ip, "durationMs": call.total_ms, "isRequestSuccess": call.status < 400,
        "resultType": "Succeeded" if call.status < 400 else "Failed", "location": "East US 2", "truncated": 0,
        "properties": {key: value for key, value in properties.items() if value not in ("", None)},
    }  # fmt: skip


def _headers(call: Call) -> Record:
    """Request and response headers in one of the forms that consumers have met."""
    pairs = {"requestHeaders": dict(call.request_headers), "backendResponseHeaders": wire.backend_headers(call)}
    match call.logged.headers:
        case "none":
            pairs["backendResponseHeaders"] = {}
        case "trace":
            key = pairs.pop("backendResponseHeaders")["apim-request-id"]
            message = wire.compact({"apim-request-id": key})
            traced: Record = {name: value for name, value in pairs.items() if value}
            return {**traced, "traceRecords": [{"source": "contoso-trace", "message": message}]}
        case "string":
            return {name: wire.compact(value) for name, value in pairs.items() if value}
        case "lists":
            return {name: {k.title(): [v] for k, v in value.items()} for name, value in pairs.items() if value}
    return {name: value for name, value in pairs.items() if value}


def other_api_record(name: str, moment: datetime, status: int) -> Record:
    """A GatewayLogs record of an API that is no language model."""
    host = "contoso-apim.azure-api.net"
    return {
        "DeploymentVersion": "0.48.21337.0", "Level": 4, "Sku": "Standard", "time": stamp(moment),
        "resourceId": GATEWAY_RESOURCE, "category": "GatewayLogs",
        "operationName": "Microsoft.ApiManagement/GatewayLogs", "correlationId": guid("gateway", name),
        "callerIpAddress": "203.0.113.77", "durationMs": 48, "isRequestSuccess": status < 400,
        "resultType": "Succeeded" if status < 400 else "Failed", "location": "East US 2", "truncated": 0,
        "properties": {
            "method": "GET", "url": f"https://{host}/petstore/pets/7", "backendMethod": "GET",
            "backendUrl": "https://petstore.example.com/pets/7", "apiId": "petstore", "apiRevision": "1",
            "operationId": "getPet", "productId": "starter", "apimSubscriptionId": "sub-pets", "responseCode": status,
            "backendResponseCode": status, "backendTime": 40, "cache": "none", "requestSize": 512, "responseSize": 930,
        },
    }  # fmt: skip


def llm_records(call: Call) -> Iterator[Record]:
    """The GatewayLlmLogs records of a call: one with the tokens, and where messages are logged, more."""
    kind = call.logged.llm
    if kind == "none":
        return
    tokens = (call.prompt, call.completion)
    if kind in ("zero", "split"):
        tokens = (0, 0)
    if kind == "two_rows":
        yield _llm_record(call, 0, prompt=call.prompt, completion=0)
        yield _llm_record(call, 1, prompt=call.prompt, completion=call.completion)
        return
    yield _llm_record(call, 0, prompt=tokens[0], completion=tokens[1])
    if kind == "chunks":
        yield _llm_record(call, 1, requestMessages=wire.messages(call))
        yield _llm_record(call, 2, responseMessages=_answer(call))
    elif kind == "split":
        text = wire.compact(wire.messages(call))
        middle = text.index("azure heron") + 20
        yield _llm_record(call, 1, requestMessages=text[:middle])
        yield _llm_record(call, 2, requestMessages=text[middle:])
        yield _llm_record(call, 3, responseMessages=wire.compact(_answer(call)))


def _answer(call: Call) -> list[dict[str, str]]:
    assert call.logged.answer
    return [{"role": "assistant", "content": call.logged.answer.text}]


def _llm_record(call: Call, sequence: int, prompt: int = 0, completion: int = 0, **messages: object) -> Record:
    assert call.deployment
    tokens = {"promptTokens": prompt, "completionTokens": completion, "totalTokens": prompt + completion}
    named = {} if messages else {
        "deploymentName": call.deployment.name,
        "modelName": "" if call.logged.llm == "unnamed" else call.deployment.dated_model,
    }  # fmt: skip
    return {
        "time": stamp(call.at), "resourceId": GATEWAY_RESOURCE, "category": "GatewayLlmLogs",
        "operationName": "Microsoft.ApiManagement/GatewayLlmLogs", "correlationId": guid("gateway", call.name),
        "location": "East US 2",
        "properties": {
            "sequenceNumber": sequence, "requestId": wire.response_id(call), "apiVersion": _API_VERSION, **named,
            "isStreamCompletion": call.streamed, **tokens, **messages,
        },
    }  # fmt: skip


def aoai_records(call: Call) -> Iterator[Record]:
    """The diagnostics of the resource that answered, and before it of the one that was tried first."""
    if call.deployment is None or call.logged.aoai == "none":
        return
    started = call.at + timedelta(milliseconds=5)
    if call.failed_over_from:
        first = replace(call, deployment=call.failed_over_from, status=429)
        yield _aoai_record(first, guid("aoai-first-attempt", call.name), started, 38, 310)
        started += timedelta(milliseconds=1_060)
    key = guid("aoai", call.name)
    spent = max(int((call.at - started).total_seconds() * 1000) + call.total_ms - 8, 2)
    if call.streamed:
        spent = min(spent, 240 + len(call.name) * 9)  # a stream's row ends with its first bytes
    populated = _aoai_record(call, key, started, spent, 0 if call.streamed else response_bytes(call))
    match call.logged.aoai:
        case "object":
            populated["properties"] = _properties(call, started, spent, response_bytes(call))
        case "token_keys":
            values = _properties(call, started, spent, response_bytes(call))
            values |= {"callerObjectId": guid("object", call.app), "promptTokens": call.prompt,
                       "completionTokens": call.completion}  # fmt: skip
            populated["properties"] = wire.compact(values)
    yield populated
    if call.logged.aoai == "thin_twin":
        yield {**populated, "properties": wire.compact({"requestTime": ticks(started)})}
    if call.logged.aoai == "usage":
        counts = {"promptTokens": [call.prompt], "cachedTokens": [call.cached], "generatedTokens": [call.completion]}
        yield {**populated, "category": "AzureOpenAIRequestUsage", "event": "ShoeboxAzureOpenAIRequestUsage",
               "properties": wire.compact(counts)}  # fmt: skip


def bypass_record(bypass: Bypass) -> Record:
    """A RequestResponse record without any gateway record; of the newer form with token keys where tokens are known."""
    call = Call(bypass.name, bypass.at, "", bypass.deployment, bypass.duration_ms, prompt=bypass.prompt or 1_800)
    record = _aoai_record(call, guid("aoai", bypass.name), bypass.at, bypass.duration_ms, 2_100)
    record["callerIpAddress"] = "198.51.100.**"
    if bypass.prompt is not None:
        values = _properties(call, bypass.at, bypass.duration_ms, 2_100)
        values |= {"callerObjectId": guid("object", "analyst"), "promptTokens": bypass.prompt,
                   "completionTokens": bypass.completion}  # fmt: skip
        record["properties"] = wire.compact(values)
    return record


def audit_record(deployment: Deployment, moment: datetime) -> Record:
    """An Audit record: somebody listed the keys of a resource."""
    return {
        "AssetIdentity": guid("asset", deployment.resource), "Tenant": deployment.region, "category": "Audit",
        "operationName": "ListKey", "properties": {"objectId": guid("object", "operator")},
        "resourceId": aoai_resource(deployment), "time": stamp(moment),
    }  # fmt: skip


def _aoai_record(call: Call, key: str, started: datetime, duration_ms: int, response_length: int) -> Record:
    assert call.deployment
    # The record is written some time after the response ended: 0.3 to 2.9 s.
    logged_at = started + timedelta(milliseconds=duration_ms + 300 + int(key[:4], 16) % 2_600)
    return {
        "time": stamp(logged_at), "resourceId": aoai_resource(call.deployment), "category": "RequestResponse",
        "operationName": _OPERATIONS[call.api], "event": "ShoeboxCallResult", "correlationId": key,
        "callerIpAddress": GATEWAY_IP, "durationMs": duration_ms, "resultSignature": str(call.status),
        "location": call.deployment.region, "Tenant": call.deployment.region,
        "properties": wire.compact(_properties(call, started, duration_ms, response_length)),
    }  # fmt: skip


def _properties(call: Call, started: datetime, duration_ms: int, response_length: int) -> Record:
    assert call.deployment
    model: Record = {
        "streamType": "Streaming" if call.streamed else "Non-Streaming", "modelDeploymentName": call.deployment.name,
        "modelName": call.deployment.model, "modelVersion": call.deployment.version,
    }  # fmt: skip
    return {
        "apiName": f"Azure OpenAI API version {_API_VERSION}", "requestTime": ticks(started),
        "requestLength": request_bytes(call), "responseTime": ticks(started + timedelta(milliseconds=duration_ms)),
        "responseLength": response_length, "objectId": "", **({} if call.status == 404 else model),
    }  # fmt: skip
