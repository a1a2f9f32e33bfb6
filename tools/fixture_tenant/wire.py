"""What crossed the wire: request bodies, JSON answers, streams and errors, in the form Azure OpenAI sends them."""

import json
from datetime import timedelta

from fixture_tenant.tenant import REGION_NAMES, Call, guid

_SAFE = {kind: {"filtered": False, "severity": "safe"} for kind in ("hate", "self_harm", "sexual", "violence")}
MESSAGE_SAFE = {**_SAFE, "protected_material_text": {"detected": False, "filtered": False}}


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def response_id(call: Call) -> str:
    return "chatcmpl-" + guid("response", call.name).replace("-", "")[:29]


def messages(call: Call) -> list[dict[str, str]]:
    return [{"role": role, "content": text.text} for role, text in call.logged.messages]


def request_body(call: Call) -> str:
    """The request as the client sent it; "" where the fixtures do not say its text."""
    if not call.logged.messages:
        return ""
    body: dict[str, object] = {"messages": messages(call)}
    if call.streamed:
        body["stream"] = True
        if call.logged.usage_in_body:
            body["stream_options"] = {"include_usage": True}
    return compact(body)


def usage(call: Call) -> dict[str, object]:
    return {
        "completion_tokens": call.completion,
        "completion_tokens_details": {"reasoning_tokens": call.reasoning},
        "prompt_tokens": call.prompt,
        "prompt_tokens_details": {"cached_tokens": call.cached},
        "total_tokens": call.prompt + call.completion,
    }


def response_body(call: Call) -> str:
    """The whole answer; "" where the fixtures do not say its text."""
    if call.status == 400:
        error = {
            "message": "The prompt was stopped by the content filter.", "type": None, "param": "prompt",
            "code": "content_filter", "status": 400,
            "innererror": {"code": "ResponsibleAIPolicyViolation",
                           "content_filter_result": {**_SAFE, "violence": {"filtered": True, "severity": "medium"}}},
        }  # fmt: skip
        return compact({"error": error})
    if call.logged.answer is None:
        return ""
    return _stream(call, call.logged.answer.text) if call.streamed else _json(call, call.logged.answer.text)


def _created(call: Call) -> int:
    return int((call.at + timedelta(milliseconds=200)).timestamp())


def _json(call: Call, text: str) -> str:
    assert call.deployment
    # A cached answer shows the tokens of the call that filled the cache: they were billed then, not now.
    billed_before = {"completion_tokens": 16, "prompt_tokens": 38, "total_tokens": 54}
    return compact(
        {
            "choices": [
                {
                    "content_filter_results": MESSAGE_SAFE, "finish_reason": "stop", "index": 0, "logprobs": None,
                    "message": {"content": text, "refusal": None, "role": "assistant"},
                }
            ],
            "created": _created(call), "id": response_id(call), "model": call.deployment.dated_model,
            "object": "chat.completion",
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": _SAFE}],
            "service_tier": call.logged.service_tier, "system_fingerprint": None,
            "usage": billed_before if call.cache == "hit" else usage(call),
        }
    )  # fmt: skip


def pieces(text: str) -> list[str]:
    """The words of a text as a stream would send them, with "azure heron" kept together."""
    words = text.replace("azure heron", "azure\0heron").split(" ")
    return [(" " if i else "") + word.replace("\0", " ") for i, word in enumerate(words)]


def _stream(call: Call, text: str) -> str:
    assert call.deployment
    head = {"created": _created(call), "id": response_id(call), "model": call.deployment.dated_model,
            "object": "chat.completion.chunk", "system_fingerprint": None}  # fmt: skip

    def event(delta: dict[str, object], finish: str | None = None) -> dict[str, object]:
        filters = MESSAGE_SAFE if delta.get("content") else {}
        choice = {"content_filter_results": filters, "delta": delta, "finish_reason": finish, "index": 0}
        return {"choices": [choice], **head}

    events: list[object] = [
        {"choices": [], "created": 0, "id": "", "model": "", "object": "",
         "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": _SAFE}]},
        event({"content": "", "refusal": None, "role": "assistant"}),
        *(event({"content": piece}) for piece in pieces(text)),
        event({}, "stop"),
    ]  # fmt: skip
    if call.logged.usage_in_body:
        events.append({"choices": [], **head, "usage": usage(call)})
    return "".join(f"data: {compact(e)}\n\n" for e in events) + "data: [DONE]\n\n"


def backend_headers(call: Call) -> dict[str, str]:
    """The response headers that Contoso's gateway is told to log."""
    if call.deployment is None or call.cache == "hit":
        return {}
    headers = {
        "apim-request-id": guid("aoai", call.name),
        "x-ms-region": REGION_NAMES[call.deployment.region],
    }
    if call.logged.response_body:
        headers["Content-Type"] = "text/event-stream; charset=utf-8" if call.streamed else "application/json"
    if call.logged.v1_url:
        headers["x-ms-deployment-name"] = call.deployment.name
    if call.tier != "standard":
        headers["azureai-processed-tier"] = call.tier
    return headers
