"""Arrow schemas of the three record kinds.

Record kinds (research: the true shapes of the logs): `gateway` = ApiManagementGatewayLogs, `llm` =
ApiManagementGatewayLlmLog, `aoai` = AzureDiagnostics of Microsoft.CognitiveServices. A source yields *raw* batches,
which still hold bodies; counting replaces the bodies by tokens; only what then remains may be stored.
"""

from typing import Literal

import pyarrow as pa

Kind = Literal["gateway", "llm", "aoai"]

_INSTANT = pa.timestamp("us", "UTC")

GATEWAY_FACTS = pa.schema(
    [
        ("service", pa.string()),  # name of the API Management service, lower case
        ("correlation_id", pa.string()),  # the gateway's own request id
        ("started_at", _INSTANT),  # TimeGenerated: the gateway begins to process the request
        ("gateway_region", pa.string()),  # region code of the gateway, e.g. eastus2; not the model's region
        ("api_id", pa.string()),  # without ";rev=N"
        ("operation_id", pa.string()),
        ("product_id", pa.string()),
        ("apim_subscription", pa.string()),
        ("user_id", pa.string()),
        ("backend_id", pa.string()),
        ("backend_host", pa.string()),  # host of BackendUrl, lower case
        ("deployment", pa.string()),  # /deployments/{this}/ of BackendUrl, else of Url, else x-ms-deployment-name
        ("api", pa.string()),  # chat | completions | embeddings | responses | images | audio | other
        ("aoai_url", pa.bool_()),  # BackendUrl's host is an AOAI host, or a path holds /openai/
        ("caller_ip", pa.string()),
        ("method", pa.string()),
        ("status_code", pa.int32()),  # to the client
        ("backend_status_code", pa.int32()),
        ("request_bytes", pa.int64()),  # RequestSize, headers included
        ("response_bytes", pa.int64()),  # ResponseSize, headers included
        ("total_ms", pa.int64()),
        ("backend_ms", pa.int64()),
        ("client_ms", pa.int64()),
        ("cache_ms", pa.int64()),
        ("cache", pa.string()),  # hit | miss | none
        ("error_source", pa.string()),  # LastErrorSource
        ("error_reason", pa.string()),  # LastErrorReason
        ("apim_request_id", pa.string()),  # AOAI's CorrelationId, from the response header or the trace record
        ("apim_request_id_from", pa.string()),  # header | trace
        ("aoai_region", pa.string()),  # x-ms-region as a region code
        ("served_model", pa.string()),  # x-ms-served-model
        ("spilled_over", pa.bool_()),  # x-ms-is-spilled-over
        ("retry_after_s", pa.int64()),
        ("processed_tier", pa.string()),  # azureai-processed-tier
        ("entra_app", pa.string()),  # from the configured header or trace record
        ("caller_headers", pa.string()),  # JSON object of the request headers that may name a caller; see sources
        ("traced_ttft_ms", pa.int64()),  # from the trace record of the policy fragment ttft.xml
    ]
)
"""One row per client call."""

GATEWAY_BODIES = pa.schema(
    [
        ("request_body", pa.large_string()),  # BackendRequestBody where logged, else RequestBody
        ("response_body", pa.large_string()),  # BackendResponseBody where logged, else ResponseBody
        ("response_content_type", pa.string()),
        ("response_header_bytes", pa.int64()),  # size of the logged response headers, None where none were logged
    ]
)
"""Beside GATEWAY_FACTS in a raw batch; never stored."""

GATEWAY_TOKENS = pa.schema(
    [
        ("body_source", pa.string()),  # the rung of the token-source ladder that the bodies reach
        ("body_model", pa.string()),  # model as the response says
        ("requested_model", pa.string()),  # model as the request says: on /openai/v1/ paths the deployment's name
        ("response_id", pa.string()),
        ("streamed", pa.bool_()),
        ("prompt_tokens", pa.int64()),
        ("cached_tokens", pa.int64()),
        ("cache_write_tokens", pa.int64()),
        ("completion_tokens", pa.int64()),
        ("reasoning_tokens", pa.int64()),
        ("audio_prompt_tokens", pa.int64()),
        ("audio_completion_tokens", pa.int64()),
        ("prompt_tokens_low", pa.int64()),  # 90 % interval of an estimate
        ("prompt_tokens_high", pa.int64()),
        ("completion_tokens_low", pa.int64()),
        ("completion_tokens_high", pa.int64()),
        ("counted_prompt_tokens", pa.int64()),  # our own count where usage is known too: measures our error
        ("counted_completion_tokens", pa.int64()),
        ("service_tier", pa.string()),  # as the response says
        ("finish_reason", pa.string()),
        ("content_filtered", pa.bool_()),
        ("max_tokens", pa.int64()),  # as requested
        ("ttft_ms", pa.int64()),
        ("request_body_bytes", pa.int64()),  # only of a request body that was logged whole
        ("notes", pa.string()),  # codes joined by ";"
        ("cached_audio_tokens", pa.int64()),  # of cached_tokens and audio_prompt_tokens
        ("image_prompt_tokens", pa.int64()),
        ("cached_image_tokens", pa.int64()),
        ("image_completion_tokens", pa.int64()),
        ("images", pa.int64()),  # made by a call that states no tokens
        ("image_grade", pa.string()),  # their size and quality: media_meters.image_grade
        ("characters", pa.int64()),  # spoken
        ("audio_seconds", pa.int64()),  # heard
    ]
)
"""What counting makes of the bodies."""

GATEWAY_RAW = pa.schema([*GATEWAY_FACTS, *GATEWAY_BODIES])
GATEWAY = pa.schema([*GATEWAY_FACTS, *GATEWAY_TOKENS])

LLM_FACTS = pa.schema(
    [
        ("service", pa.string()),
        ("correlation_id", pa.string()),
        ("sequence_number", pa.int32()),
        ("started_at", _INSTANT),
        ("response_id", pa.string()),  # RequestId of the log = `id` of the response body
        ("gateway_region", pa.string()),
        ("deployment", pa.string()),
        ("model", pa.string()),
        ("streamed", pa.bool_()),
        ("prompt_tokens", pa.int64()),
        ("completion_tokens", pa.int64()),
    ]
)
"""Several rows per call."""

LLM_BODIES = pa.schema([("request_messages", pa.large_string()), ("response_messages", pa.large_string())])
LLM_TOKENS = pa.schema(
    [
        # Sums over the messages of this row that could be read whole; None where the row holds no messages.
        ("counted_prompt_tokens", pa.int64()),
        ("counted_completion_tokens", pa.int64()),
        ("messages_whole", pa.bool_()),  # False: a row of a message that was split over rows
    ]
)
LLM_RAW = pa.schema([*LLM_FACTS, *LLM_BODIES])
LLM = pa.schema([*LLM_FACTS, *LLM_TOKENS])

AOAI = pa.schema(
    [
        ("resource", pa.string()),  # name of the Azure OpenAI resource, lower case
        ("correlation_id", pa.string()),  # = the apim-request-id response header
        ("category", pa.string()),  # RequestResponse | AzureOpenAIRequestUsage
        ("logged_at", _INSTANT),  # TimeGenerated / time: when the record was written
        ("started_at", _INSTANT),  # properties.requestTime (ticks)
        ("operation", pa.string()),
        ("status_code", pa.int32()),  # resultSignature
        ("duration_ms", pa.int64()),
        ("caller_ip", pa.string()),  # last octet masked by the service
        ("region", pa.string()),  # region code
        ("request_bytes", pa.int64()),  # requestLength: of the body
        ("response_bytes", pa.int64()),  # responseLength: of the body, 0 for streams
        ("object_id", pa.string()),  # Entra object id of the caller, where it is not empty
        ("streamed", pa.bool_()),
        ("deployment", pa.string()),
        ("model", pa.string()),
        ("model_version", pa.string()),
        ("prompt_tokens", pa.int64()),
        ("cached_tokens", pa.int64()),
        ("completion_tokens", pa.int64()),
    ]
)
"""One row per backend attempt and category. Holds no bodies, raw or stored."""
