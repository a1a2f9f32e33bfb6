"""A record of ApiManagementGatewayLlmLog as a row of LLM_RAW.

Columns: research, log schemas, section 2. Several rows per call; which of them hold tokens and which messages is told
by their content, not by their sequence number.
"""

from aoai_insights.sources.fields import Fields
from aoai_insights.sources.gateway import service_name
from aoai_insights.sources.values import count, flag, instant, json_text, region_code, small, text


def llm_row(fields: Fields) -> tuple[object, ...] | str:
    """One row, or why there is none."""
    get = fields.get
    correlation_id = text(get("correlationid"))
    if correlation_id is None:
        return "an LLM record without correlationId"
    region = text(get("region")) or text(get("location"))
    return (
        service_name(fields),
        correlation_id.strip().lower(),
        small(get("sequencenumber")) or 0,
        instant(get("timegenerated") or get("time")),
        text(get("requestid")),
        region_code(region) if region else None,
        text(get("deploymentname")),
        text(get("modelname")),
        flag(get("isstreamcompletion")),
        count(get("prompttokens")),
        count(get("completiontokens")),
        _messages(get("requestmessages")),
        _messages(get("responsemessages")),
    )


def _messages(value: object) -> str | None:
    if isinstance(value, (list, dict)):
        value = json_text(value) if value else None
    return value if isinstance(value, str) and value not in ("", "[]", "{}", "null") else None
