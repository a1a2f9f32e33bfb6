"""A record of ApiManagementGatewayLogs as a row of GATEWAY_RAW.

Columns and keys: research, log schemas, section 1. The row's order is the schema's.
"""

import math
import re

from aoai_insights.sources.fields import Fields
from aoai_insights.sources.headers import (
    Headers,
    caller_headers,
    full_set_bytes,
    named_header,
    read_headers,
)
from aoai_insights.sources.piece import GatewayOptions
from aoai_insights.sources.traces import traced_request_id, traced_ttft_ms, traced_value
from aoai_insights.sources.urls import api_of_operation, read_url
from aoai_insights.sources.values import (
    count,
    decode,
    flag,
    instant,
    json_text,
    milliseconds,
    region_code,
    resource_name,
    small,
    text,
)

_FIRST_MEMBER_MODEL = re.compile(r'\s*\{\s*"model"\s*:\s*"([^"\\]+)"')
_DEPLOYMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def gateway_row(fields: Fields, options: GatewayOptions) -> tuple[object, ...] | str:
    """One row, or why there is none."""
    get = fields.get
    correlation_id = text(get("correlationid"))
    if correlation_id is None:
        return "a gateway record without correlationId"
    started_at = instant(get("timegenerated") or get("time") or get("timestamp"))
    if started_at is None:
        return "a gateway record without a readable time"

    backend_url = text(get("backendurl"))
    backend = read_url(backend_url.partition("?")[0] if backend_url else None)
    client_url = text(get("url"))
    client = read_url(client_url.partition("?")[0] if client_url else None)
    api_id = text(get("apiid"))
    if api_id is not None:
        api_id = api_id.partition(";rev=")[0]
    operation_id = text(get("operationid"))

    # The backend's side first: it is what the gateway made of the call, and what it was answered.
    request_headers = read_headers(get("requestheaders")) | read_headers(get("backendrequestheaders"))
    client_response_headers = read_headers(get("responseheaders"))
    response_headers = client_response_headers | read_headers(get("backendresponseheaders"))
    header = response_headers.get

    apim_request_id, id_from = header("apim-request-id"), "header"
    traces = get("tracerecords")
    if apim_request_id is None:
        apim_request_id, id_from = traced_request_id(traces), "trace"
    entra_app = named_header(request_headers, options.entra_app_header)
    if entra_app is None and options.entra_app_trace:
        entra_app = traced_value(traces, options.entra_app_trace)

    request_body = _body(get("backendrequestbody")) or _body(get("requestbody"))
    response_body = _body(get("backendresponsebody")) or _body(get("responsebody"))
    served_name = header("x-ms-deployment-name")
    deployment = backend.deployment or client.deployment or served_name
    if deployment is None and (backend.model_in_body or (backend_url is None and client.model_in_body)):
        deployment = _requested_model(text(get("requestedmodel")), request_body)
    last_error = get("lasterror")
    region = text(get("region")) or text(get("location"))
    aoai_region = header("x-ms-region")
    cache = text(get("cache"))

    return (
        service_name(fields),
        correlation_id.strip().lower(),
        started_at,
        region_code(region) if region else None,
        api_id,
        operation_id,
        text(get("productid")),
        text(get("apimsubscriptionid")),
        text(get("userid")),
        text(get("backendid")),
        backend.host,
        deployment,
        backend.api or client.api or api_of_operation(operation_id),
        backend.aoai_host
        or backend.aoai_path
        or client.aoai_path
        or (api_id is not None and api_id.lower() in options.apis),
        text(get("calleripaddress")),
        text(get("method")),
        small(get("responsecode")),
        small(get("backendresponsecode")),
        count(get("requestsize")),
        count(get("responsesize")),
        milliseconds(get("totaltime", get("durationms"))),
        milliseconds(get("backendtime")),
        milliseconds(get("clienttime")),
        milliseconds(get("cachetime")),
        cache.lower() if cache else None,
        text(get("lasterrorsource")) or _error(fields, last_error, "source"),
        text(get("lasterrorreason")) or _error(fields, last_error, "reason"),
        apim_request_id.lower() if apim_request_id else None,
        id_from if apim_request_id else None,
        region_code(aoai_region) if aoai_region else None,
        header("x-ms-served-model"),
        flag(header("x-ms-is-spilled-over")),
        _retry_after_s(response_headers),
        header("azureai-processed-tier"),
        entra_app,
        caller_headers(request_headers, options.caller_headers) if request_headers else None,
        traced_ttft_ms(traces) if traces else None,
        request_body,
        response_body,
        header("content-type"),
        full_set_bytes(client_response_headers),
    )


def service_name(fields: Fields) -> str:
    """Name of the resource that wrote the record, lower case; "" where the record does not say."""
    for name in ("_resourceid", "resourceid", "resource"):
        value = fields.get(name)
        if isinstance(value, str) and value:
            return resource_name(value)
    return ""


def _body(value: object) -> str | None:
    if isinstance(value, str):
        return value or None
    return json_text(value) if isinstance(value, (dict, list)) else None


def _requested_model(asked: str | None, request_body: str | None) -> str | None:
    """`model` of a request whose URL names no deployment: under /openai/v1/ it is the deployment's name.

    `asked` is what our own query read of a body that it left in the workspace. Of a cut body the first member counts.
    """
    model: object = asked
    if asked is None and request_body is not None:
        try:
            request = decode(request_body)
            model = request.get("model") if isinstance(request, dict) else None
        except ValueError:
            first = _FIRST_MEMBER_MODEL.match(request_body)
            model = first[1] if first else None
    return model if isinstance(model, str) and _DEPLOYMENT_NAME.fullmatch(model) else None


def _error(fields: Fields, last_error: object, part: str) -> str | None:
    """Older exports nest the error, and AzureDiagnostics flattens what was nested."""
    nested = text(last_error.get(part)) if isinstance(last_error, dict) else None
    return nested or text(fields.get("lasterror_" + part))


def _retry_after_s(headers: Headers) -> int | None:
    """Seconds to wait, rounded up; a date instead of a number is not kept."""
    for name, per_second in (("retry-after", 1), ("retry-after-ms", 1000)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) / per_second
        except ValueError:
            continue
        if math.isfinite(seconds) and 0 <= seconds < 1e9:
            return math.ceil(seconds)
    return None
