"""A record of the Azure OpenAI diagnostics (RequestResponse, AzureOpenAIRequestUsage) as a row of AOAI.

Columns and keys: research, log schemas, section 4. A call may have two RequestResponse records, one nearly empty:
both are given, the store keeps the fuller one.
"""

from aoai_insights.sources.fields import Fields
from aoai_insights.sources.gateway import service_name
from aoai_insights.sources.values import count, flag, instant, region_code, small, text, ticks_instant, whole

_USAGE = "azureopenairequestusage"
_TICKS_PER_MS = 10_000


def aoai_row(fields: Fields) -> tuple[object, ...] | str:
    """One row, or why there is none."""
    get = fields.get
    correlation_id = text(get("correlationid"))
    if correlation_id is None:
        return "an Azure OpenAI record without correlationId"
    said = f"{get('category', '')} {get('event', '')}".lower()
    request_ticks, response_ticks = _ticks(get("requesttime")), _ticks(get("responsetime"))
    region = text(get("location")) or text(get("tenant")) or text(get("region"))
    return (
        service_name(fields),
        correlation_id.strip().lower(),
        "AzureOpenAIRequestUsage" if _USAGE in said else "RequestResponse",
        instant(get("timegenerated") or get("time")),
        ticks_instant(request_ticks),
        text(get("operationname")),
        small(get("resultsignature")),
        _duration_ms(count(get("durationms")), request_ticks, response_ticks),
        text(get("calleripaddress")),
        region_code(region) if region else None,
        count(get("requestlength")),
        count(get("responselength")),
        text(get("callerobjectid")) or text(get("objectid")),
        _streamed(get("streamtype")),
        text(get("modeldeploymentname")),
        text(get("modelname")),
        text(get("modelversion")),
        _tokens(get("prompttokens")),
        _tokens(get("cachedtokens")),
        _tokens(get("completiontokens", get("generatedtokens"))),
    )


def _ticks(value: object) -> int | None:
    """Ticks as an integer. A float has already lost their last digits: no value is better than a wrong one."""
    return None if isinstance(value, float) or (isinstance(value, str) and not value.isdigit()) else whole(value)


def _duration_ms(logged: int | None, request_ticks: int | None, response_ticks: int | None) -> int | None:
    """The logged duration; where it is missing or negative (seen for images), the time between the ticks."""
    if logged is not None or request_ticks is None or response_ticks is None:
        return logged
    between = (response_ticks - request_ticks) // _TICKS_PER_MS
    return between if between >= 0 else None


def _streamed(stream_type: object) -> bool | None:
    """`Streaming` or `Non-Streaming`."""
    if not isinstance(stream_type, str):
        return flag(stream_type)
    return {"streaming": True, "non-streaming": False}.get(stream_type.strip().lower())


def _tokens(value: object) -> int | None:
    """A scalar, or an array with one element (research: log schemas, AzureOpenAIRequestUsage); also as JSON text."""
    if isinstance(value, str):
        value = value.strip().strip("[]")
    if isinstance(value, list):
        counts = [number for number in map(count, value) if number is not None]
        return sum(counts) if counts else None
    return count(value)
