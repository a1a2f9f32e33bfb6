"""Records in the true shapes, and all that one piece gave."""

import copy
from dataclasses import dataclass, field
from typing import Any

import orjson

from aoai_insights.sources import Batch, GatewayOptions, Ignored, Piece, Reject, read_piece

Record = dict[str, Any]

SERVICE_ID = "/SUBSCRIPTIONS/S1/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.APIMANAGEMENT/SERVICE/CONTOSO-APIM"
ACCOUNT_ID = "/SUBSCRIPTIONS/S1/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/AOAI-EASTUS2"

GATEWAY: Record = {
    "Level": 4,
    "callerIpAddress": "10.1.2.3",
    "category": "GatewayLogs",
    "correlationId": "6f1c0001-0000-4000-8000-000000000001",
    "durationMs": 812,
    "isRequestSuccess": True,
    "location": "East US 2",
    "operationName": "Microsoft.ApiManagement/GatewayLogs",
    "properties": {
        "apiId": "aoai;rev=2",
        "apimSubscriptionId": "sub-support",
        "productId": "support",
        "userId": "user-1",
        "backendId": "pool-1",
        "operationId": "ChatCompletions_Create",
        "method": "POST",
        "url": "https://contoso.azure-api.net/openai/deployments/gpt-4o/chat/completions?api-version=1",
        "backendUrl": "https://AOAI-EastUS2.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=1",
        "responseCode": 200,
        "backendResponseCode": 200,
        "requestSize": 536,
        "responseSize": 1604,
        "backendTime": 800,
        "clientTime": 3,
        "cacheTime": 1,
        "cache": "none",
        "requestHeaders": {"x-app-id": "support-bot"},
        "backendResponseHeaders": {
            "apim-request-id": "0E5A0001-0000-4000-8000-000000000001",
            "x-ms-region": "Sweden Central",
            "Content-Type": "application/json",
        },
        "requestBody": '{"messages":[{"role":"user","content":"azure heron"}]}',
        "responseBody": '{"usage":{"prompt_tokens":9,"completion_tokens":1}}',
    },
    "resourceId": SERVICE_ID,
    "time": "2026-10-02T06:31:31.4465902Z",
}

LLM: Record = {
    "category": "GatewayLlmLogs",
    "correlationId": "6f1c0001-0000-4000-8000-000000000001",
    "location": "East US 2",
    "operationName": "Microsoft.ApiManagement/GatewayLlmLogs",
    "properties": {
        "sequenceNumber": 0,
        "requestId": "chatcmpl-1",
        "deploymentName": "gpt-4o",
        "modelName": "gpt-4o-2024-11-20",
        "isStreamCompletion": True,
        "promptTokens": 120,
        "completionTokens": 35,
        "totalTokens": 155,
        "requestMessages": [{"role": "user", "content": "azure heron"}],
    },
    "resourceId": SERVICE_ID,
    "time": "2026-10-02T06:31:31.4465902Z",
}

AOAI: Record = {
    "Tenant": "eastus2",
    "callerIpAddress": "10.1.2.*",
    "category": "RequestResponse",
    "correlationId": "0e5a0001-0000-4000-8000-000000000001",
    "durationMs": 798,
    "event": "ShoeboxCallResult",
    "location": "eastus2",
    "operationName": "ChatCompletions_Create",
    "properties": {
        "apiName": "Azure OpenAI API version 2024-10-21",
        "requestTime": 638978186277847539,
        "responseTime": 638978186285827539,
        "requestLength": 95,
        "responseLength": 977,
        "objectId": "",
        "streamType": "Non-Streaming",
        "modelDeploymentName": "gpt-4o",
        "modelName": "gpt-4o",
        "modelVersion": "2024-11-20",
    },
    "resourceId": ACCOUNT_ID,
    "resultSignature": "200",
    "time": "2026-10-02T06:31:33.9910000Z",
}


def changed(record: Record, top: Record | None = None, **properties: object) -> Record:
    """A copy with other fields; ... takes a field away."""
    new = copy.deepcopy(record)
    for target, changes in ((new, top or {}), (new["properties"], properties)):
        for key, value in changes.items():
            if value is ...:
                target.pop(key, None)
            else:
                target[key] = value
    return new


def json_lines(*records: Record) -> bytes:
    return b"".join(orjson.dumps(record) + b"\n" for record in records)


@dataclass
class Reading:
    """All that one piece gave."""

    gateway: list[Record] = field(default_factory=list)
    llm: list[Record] = field(default_factory=list)
    aoai: list[Record] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)
    batch_sizes: list[int] = field(default_factory=list)

    @property
    def rows(self) -> list[Record]:
        return [*self.gateway, *self.llm, *self.aoai]


def read(piece: Piece, options: GatewayOptions | None = None, batch_rows: int = 4096) -> Reading:
    reading = Reading()
    for item in read_piece(piece, options or GatewayOptions(), batch_rows):
        match item:
            case Batch(kind, records):
                records.validate(full=True)
                reading.batch_sizes.append(records.num_rows)
                getattr(reading, kind).extend(records.to_pylist())
            case Reject():
                reading.rejects.append(item)
            case Ignored(category, count):
                reading.ignored[category] = count
    return reading
