"""The difficult part of the month: every trap that real logs hold, each on a call (or record) that bears its name."""

from dataclasses import dataclass
from datetime import datetime

from fixture_tenant.tenant import (
    ASSISTANT,
    EXPERIMENTAL,
    GPT_4O_SWEDEN,
    GPT_4O_US,
    GPT_5_MINI,
    GPT_41,
    GPT_41_MINI,
    MINI,
    UNALLOCATED,
    UNKNOWN,
    Call,
    Deployment,
    Logged,
    at,
    claims,
    legacy,
    marketing,
    notebooks,
    reports,
    search,
    support,
)
from fixture_tenant.texts import (
    CLAIM,
    CLAIM_ANSWER,
    CLAIMS_SYSTEM,
    COPY,
    COPY_ANSWER,
    EXPORT,
    EXPORT_ANSWER,
    MUG,
    MUG_ANSWER,
    ORDER,
    ORDER_ANSWER,
    REPORT,
    REPORT_ANSWER,
    SUPPORT_SYSTEM,
    Text,
)


def chat_prompt(*messages: Text) -> int:
    """Prompt tokens of a plain text chat with a gpt-4o or gpt-4.1 model: 3, and for each message 4 + its text."""
    return 3 + sum(4 + message.tokens for message in messages)


_ORDER_TALK = (("system", SUPPORT_SYSTEM), ("user", ORDER))
_MUG_TALK = (("system", SUPPORT_SYSTEM), ("user", MUG))
_CLAIM_TALK = (("system", CLAIMS_SYSTEM), ("user", CLAIM))


def streams_and_bodies() -> list[Call]:
    """Tokens from bodies: counted, read from a usage event, or estimated because the body was cut at 8,192 bytes."""
    both = {"request_body": True, "response_body": True, "llm": "none"}
    return [
        Call(
            "stream-no-usage-1", at(6, "10:05:12.400"), deployment=GPT_4O_SWEDEN, total_ms=1_210, streamed=True,
            prompt=chat_prompt(SUPPORT_SYSTEM, ORDER), completion=ORDER_ANSWER.tokens + 1, token_source="tokenized",
            traps=("stream-without-usage",), **support(),
            logged=Logged(_ORDER_TALK, ORDER_ANSWER, usage_in_body=False, **both),
        ),
        Call(
            "stream-no-usage-2", at(8, "11:40:03.150"), deployment=MINI, total_ms=940, streamed=True,
            prompt=chat_prompt(COPY), completion=COPY_ANSWER.tokens + 1, token_source="tokenized",
            traps=("stream-without-usage",), **marketing(),
            logged=Logged((("user", COPY),), COPY_ANSWER, usage_in_body=False, **both),
        ),
        Call(
            "stream-usage", at(6, "10:17:44.020"), deployment=GPT_4O_US, total_ms=1_190, streamed=True,
            prompt=chat_prompt(SUPPORT_SYSTEM, MUG), completion=MUG_ANSWER.tokens + 1, token_source="stream_usage",
            traps=("stream-with-usage",), **support(), logged=Logged(_MUG_TALK, MUG_ANSWER, **both),
        ),
        Call(
            "cut-known-size", at(9, "09:20:31.500"), deployment=GPT_41, total_ms=3_420, streamed=True,
            prompt=chat_prompt(EXPORT), completion=10, completion_at_most=120, token_source="extrapolated",
            traps=("cut-body-known-size",), **legacy(),
            logged=Logged((("user", EXPORT),), EXPORT_ANSWER, usage_in_body=False, cut_at=8_192, **both),
        ),
        Call(
            "cut-unknown-size", at(9, "09:48:02.900"), deployment=GPT_41, total_ms=3_380, streamed=True,
            prompt=chat_prompt(EXPORT), completion=10, completion_at_most=94, token_source="lower_bound",
            traps=("cut-body-unknown-size",), **legacy(),
            logged=Logged((("user", EXPORT),), EXPORT_ANSWER, usage_in_body=False, cut_at=8_192, response_size=False,
                          **both),
        ),
        Call(
            "nothing-to-count", at(14, "13:31:09.700"), deployment=GPT_41_MINI, total_ms=1_020, streamed=True,
            token_source="none", traps=("nothing-to-count-from",), **claims(), logged=Logged(llm="zero"),
        ),
    ]  # type: ignore[arg-type]  # fmt: skip


def llm_rows() -> list[Call]:
    """ApiManagementGatewayLlmLog in all its shapes."""
    return [
        Call(
            "llm-chunks", at(7, "08:12:20.100"), deployment=GPT_4O_SWEDEN, total_ms=1_310,
            prompt=chat_prompt(SUPPORT_SYSTEM, ORDER), completion=ORDER_ANSWER.tokens + 1,
            traps=("llm-rows-in-several-chunks",), **support(),
            logged=Logged(_ORDER_TALK, ORDER_ANSWER, llm="chunks"),
        ),
        Call(
            "llm-split", at(8, "11:05:41.800"), deployment=GPT_41_MINI, total_ms=870, streamed=True,
            prompt=chat_prompt(CLAIMS_SYSTEM, CLAIM), completion=CLAIM_ANSWER.tokens + 1, token_source="tokenized",
            traps=("llm-message-split-in-two-rows",), **claims(),
            logged=Logged(_CLAIM_TALK, CLAIM_ANSWER, llm="split"),
        ),
        Call(
            "llm-two-rows", at(12, "10:02:15.300"), deployment=GPT_4O_SWEDEN, total_ms=2_260, prompt=2_180,
            completion=164, traps=("llm-two-token-rows",), **support(), logged=Logged(llm="two_rows"),
        ),
        Call(
            "model-from-aoai", at(12, "10:22:52.650"), deployment=ASSISTANT, total_ms=1_480, prompt=1_930,
            completion=121, traps=("model-only-in-aoai-diagnostics",), **support(), logged=Logged(llm="unnamed"),
        ),
        Call(
            "llm-late", at(13, "09:15:00.900"), deployment=GPT_4O_US, total_ms=1_730, prompt=2_444, completion=98,
            traps=("late-record",), **support(), logged=Logged(llm="late"),
        ),
    ]  # type: ignore[arg-type]  # fmt: skip


def usage_elsewhere() -> list[Call]:
    """Cached and reasoning tokens, service tiers, and usage that only Azure OpenAI itself logged."""
    answer_only = {"response_body": True}
    return [
        Call(
            "cached-1", at(5, "09:31:10.000"), deployment=GPT_4O_SWEDEN, total_ms=1_330, prompt=3_208, cached=2_048,
            completion=ORDER_ANSWER.tokens + 1, traps=("cached-tokens-only-in-body",), **support(),
            logged=Logged(_ORDER_TALK, ORDER_ANSWER, **answer_only),
        ),
        Call(
            "cached-2", at(5, "09:44:27.250"), deployment=MINI, total_ms=760, prompt=2_600, cached=1_280,
            completion=MUG_ANSWER.tokens + 1, traps=("cached-tokens-only-in-body",), **support(),
            logged=Logged(_MUG_TALK, MUG_ANSWER, **answer_only),
        ),
        Call(
            "cached-3", at(16, "11:20:05.100"), deployment=GPT_41_MINI, total_ms=905, prompt=4_110, cached=3_072,
            completion=CLAIM_ANSWER.tokens + 1, traps=("cached-tokens-only-in-body",), **claims(),
            logged=Logged(_CLAIM_TALK, CLAIM_ANSWER, **answer_only),
        ),
        Call(
            "request-usage-1", at(19, "09:05:18.330"), deployment=GPT_4O_US, total_ms=1_560, prompt=5_120, cached=4_096,
            completion=210, token_source="aoai_log", traps=("azure-openai-request-usage",), **support(),
            logged=Logged(llm="none", aoai="usage"),
        ),
        Call(
            "request-usage-2", at(19, "09:36:47.010"), deployment=GPT_41_MINI, total_ms=1_140, prompt=1_900,
            completion=64, token_source="aoai_log", traps=("azure-openai-request-usage",), **search(),
            logged=Logged(llm="none", aoai="usage"),
        ),
        Call(
            "token-keys", at(20, "10:11:33.470"), deployment=GPT_4O_SWEDEN, total_ms=1_420, prompt=2_750,
            completion=133, token_source="aoai_log", traps=("tokens-in-aoai-requestresponse",), **support(),
            logged=Logged(llm="none", aoai="token_keys"),
        ),
        Call(
            "reasoning-1", at(14, "13:10:00.500"), deployment=GPT_5_MINI, total_ms=9_800, prompt=18_400,
            completion=1_048, reasoning=1_024, token_source="body_usage", traps=("reasoning-tokens",), **reports(),
            logged=Logged((("user", REPORT),), REPORT_ANSWER, llm="none", **answer_only),
        ),
        Call(
            "reasoning-2", at(20, "10:40:20.500"), deployment=GPT_5_MINI, total_ms=6_150, prompt=15_250, cached=14_336,
            completion=600, reasoning=576, traps=("reasoning-tokens", "cached-tokens-only-in-body"), **reports(),
            logged=Logged((("user", REPORT),), REPORT_ANSWER, **answer_only),
        ),
        Call(
            "priority", at(21, "15:02:02.200"), deployment=GPT_5_MINI, total_ms=2_040, prompt=22_000, completion=280,
            reasoning=256, tier="priority", token_source="body_usage", traps=("service-tier-priority",), **reports(),
            logged=Logged((("user", REPORT),), REPORT_ANSWER, llm="none", service_tier="priority", **answer_only),
        ),
        *(
            Call(
                f"experimental-{i}", at(20 + i, "15:25:40.000"), deployment=EXPERIMENTAL, total_ms=3_100 + 70 * i,
                prompt=5_000 + 500 * i, completion=300 + 10 * i, traps=("unpriced-model",), **claims(),
            )
            for i in (1, 2, 3)
        ),
    ]  # type: ignore[arg-type]  # fmt: skip


def joins() -> list[Call]:
    """How a gateway call finds its row in the Azure OpenAI diagnostics."""
    return [
        Call(
            "trace-record", at(15, "09:12:11.600"), deployment=GPT_41_MINI, total_ms=880, prompt=1_410, completion=40,
            matched="trace", traps=("missing-apim-request-id-header", "found-by-trace-record"), **claims(),
            logged=Logged(headers="trace"),
        ),
        Call(
            "heuristic", at(15, "09:33:24.080"), deployment=GPT_4O_US, total_ms=1_250,
            prompt=chat_prompt(SUPPORT_SYSTEM, MUG), completion=MUG_ANSWER.tokens + 1, matched="heuristic",
            traps=("missing-apim-request-id-header", "found-by-heuristic"), **support(),
            logged=Logged(_MUG_TALK, MUG_ANSWER, request_body=True, headers="none"),
        ),
        Call(
            "unmatched", at(15, "09:52:58.700"), deployment=GPT_41_MINI, total_ms=990, prompt=3_020, completion=77,
            matched="none", traps=("missing-apim-request-id-header", "not-found"), **search(),
            logged=Logged(headers="none", aoai="none"),
        ),
        Call(
            "headers-text", at(21, "15:10:14.000"), deployment=GPT_4O_SWEDEN, total_ms=3_900, prompt=20_010,
            completion=240, traps=("headers-as-json-text",), **reports(), logged=Logged(headers="string"),
        ),
        Call(
            "headers-lists", at(22, "09:08:33.000"), deployment=GPT_4O_SWEDEN, total_ms=3_650, prompt=18_340,
            completion=225, traps=("headers-as-lists",), **reports(), logged=Logged(headers="lists"),
        ),
        Call(
            "revision", at(22, "09:24:07.000"), deployment=MINI, total_ms=1_060, prompt=1_220, completion=88,
            traps=("api-revision",), **support(), logged=Logged(revision=True),
        ),
        Call(
            "v1-url", at(22, "09:41:55.500"), deployment=GPT_4O_SWEDEN, total_ms=1_390, prompt=1_775, completion=92,
            traps=("v1-url",), **support(), logged=Logged(v1_url=True),
        ),
        Call(
            "properties-object", at(23, "11:09:01.300"), deployment=GPT_4O_US, total_ms=1_610, prompt=2_090,
            completion=140, traps=("aoai-properties-as-object",), **support(), logged=Logged(aoai="object"),
        ),
        Call(
            "thin-twin", at(23, "11:31:18.900"), deployment=GPT_4O_SWEDEN, total_ms=1_290, prompt=1_640, completion=90,
            traps=("fuller-version-of-the-same-record",), **support(), logged=Logged(aoai="thin_twin"),
        ),
        Call(
            "thin-first", at(23, "11:50:40.200"), deployment=GPT_4O_US, total_ms=1_510,
            prompt=chat_prompt(SUPPORT_SYSTEM, ORDER), completion=ORDER_ANSWER.tokens + 1, token_source="body_usage",
            traps=("fuller-version-of-the-same-record",), **support(),
            logged=Logged(_ORDER_TALK, ORDER_ANSWER, request_body=True, response_body=True, llm="none",
                          place="thin_first"),
        ),
        Call(
            "retried-1", at(7, "15:22:18.000"), deployment=GPT_4O_SWEDEN, total_ms=2_870, prompt=2_310, completion=150,
            failed_over_from=GPT_4O_US, traps=("retried-call",), **support(),
        ),
        Call(
            "retried-2", at(20, "10:55:00.750"), deployment=GPT_4O_US, total_ms=2_640, prompt=2_870, completion=171,
            failed_over_from=GPT_4O_SWEDEN, traps=("retried-call",), **support(),
        ),
    ]  # type: ignore[arg-type]  # fmt: skip


def failures() -> list[Call]:
    """Calls without tokens: stopped by the gateway, refused or failed by the model, answered from a cache."""
    none = {"token_source": "none"}
    stopped = {**none, "matched": "", "deployment": None}
    return [
        Call(
            "bad-key", at(13, "09:40:00.100"), app=UNALLOCATED, total_ms=4, status=401, caller_ip="203.0.113.9",
            error_reason="SubscriptionKeyInvalid", traps=("refused-by-the-gateway",),
            logged=Logged(v1_url=True, headers="none", llm="none", aoai="none"), **stopped,
        ),
        Call(
            "token-limit", at(16, "11:44:12.000"), total_ms=7, status=429, error_reason="RateLimitExceeded",
            traps=("throttled-by-the-gateway",), **support(),
            logged=Logged(v1_url=True, headers="none", llm="none", aoai="none"), **stopped,
        ),
        Call(
            "content-filter", at(16, "11:05:30.400"), deployment=GPT_4O_US, total_ms=310, status=400,
            error_reason="", traps=("content-filter",), **support(), **none,
            logged=Logged((("user", MUG),), request_body=True, response_body=True, llm="none"),
        ),
        Call(
            "backend-500", at(21, "15:40:01.000"), deployment=GPT_4O_US, total_ms=5_020, status=500,
            traps=("backend-error",), **support(), **none, logged=Logged(llm="none"),
        ),
        Call(
            "no-such-deployment", at(22, "09:55:00.000"), deployment=MINI, model=UNKNOWN, total_ms=35, status=404,
            traps=("hostile-deployment-name",), **marketing(), **none,
            logged=Logged(llm="none", url_deployment="%3Cscript%3Ealert(1)%3C%2Fscript%3E"),
        ),
        Call(
            "cache-hit", at(27, "09:30:30.300"), deployment=MINI, region=UNKNOWN, total_ms=6, cache="hit", matched="",
            traps=("gateway-cache-hit",), **support(), **none,
            logged=Logged(_MUG_TALK, MUG_ANSWER, response_body=True, headers="none", llm="none", aoai="none"),
        ),
    ]  # type: ignore[arg-type]  # fmt: skip


def places_and_edges() -> list[Call]:
    """Records in odd places, and calls on the edges of the month, of a rule and of an app."""
    return [
        Call(
            "late", at(13, "23:58:40.000"), deployment=GPT_4O_SWEDEN, total_ms=1_330, prompt=1_990, completion=101,
            traps=("late-record",), **support(), logged=Logged(place="next_day"),
        ),
        Call(
            "duplicate", at(24, "10:15:20.600"), deployment=GPT_4O_US, total_ms=1_440, prompt=2_020, completion=118,
            traps=("exact-duplicate",), **support(), logged=Logged(place="both"),
        ),
        Call(
            "half-line", at(25, "11:02:10.250"), deployment=GPT_41_MINI, total_ms=930, prompt=2_640, completion=60,
            traps=("half-written-last-line",), **claims(), logged=Logged(place="half_line"),
        ),
        Call(
            "table-export", at(31, "09:14:40.500"), deployment=MINI, total_ms=1_180, prompt=1_870, completion=140,
            traps=("log-analytics-csv",), **support(), logged=Logged(place="csv"),
        ),
        Call(
            "table-export-notebook", at(31, "10:20:11.000"), deployment=GPT_41_MINI, total_ms=1_020, prompt=2_310,
            completion=77, traps=("log-analytics-csv",), **notebooks(), logged=Logged(place="csv"),
        ),
        Call(
            "last-of-the-rule", at(15, "23:59:59.900"), deployment=GPT_5_MINI, total_ms=4_400, prompt=12_000,
            completion=500, traps=("rule-change-at-midnight",), **reports(), logged=Logged(place="next_day"),
        ),
        Call(
            "first-of-the-rule", at(16, "00:00:00.000"), deployment=GPT_5_MINI, total_ms=4_300, prompt=13_000,
            completion=520, traps=("rule-change-at-midnight",), **reports(),
        ),
        Call(
            "two-claims", at(26, "12:12:12.000"), deployment=MINI, total_ms=1_090, prompt=1_340, completion=95,
            traps=("two-rules-match",), **support(caller_ip="10.20.30.99"),
        ),
        Call(
            "letter-case", at(26, "12:33:00.000"), deployment=GPT_4O_SWEDEN, total_ms=1_260, prompt=1_505,
            completion=84, traps=("letter-case-of-ids",), **support(apim_subscription="SUB-Support"),
        ),
        Call(
            "september", at(30, "23:59:58.500", month=9), deployment=GPT_4O_SWEDEN, total_ms=1_900, prompt=1_111,
            completion=99, traps=("month-edge",), **support(), logged=Logged(place="next_day"),
        ),
        Call(
            "october-31", at(31, "23:59:59.600"), deployment=GPT_4O_SWEDEN, total_ms=1_340, prompt=1_212, completion=66,
            traps=("month-edge",), **support(), logged=Logged(place="next_day"),
        ),
        Call(
            "november", at(1, "00:00:00.200", month=11), deployment=GPT_4O_SWEDEN, total_ms=1_280, prompt=1_313,
            completion=55, traps=("month-edge",), **support(),
        ),
    ]  # type: ignore[arg-type]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bypass:
    """A call that went to Azure OpenAI directly, past the gateway: only the diagnostics of the resource know it."""

    name: str
    at: datetime
    deployment: Deployment
    duration_ms: int
    prompt: int | None
    completion: int | None


BYPASSES = (
    Bypass("bypass-1", at(26, "10:30:12.000"), GPT_4O_US, 1_900, 4_200, 310),
    Bypass("bypass-2", at(28, "18:45:40.000"), GPT_41_MINI, 1_150, None, None),
)

OTHER_API_CALLS = (
    ("petstore-1", at(2, "09:00:10.000"), 200),
    ("petstore-2", at(14, "13:45:00.000"), 200),
    ("petstore-3", at(28, "10:01:00.000"), 500),
)
"""Name, moment and status of the calls of an API that has nothing to do with Azure OpenAI."""


def trap_calls() -> list[Call]:
    """Every trap that is a gateway call of Azure OpenAI, in order of time."""
    calls = [
        *streams_and_bodies(), *llm_rows(), *usage_elsewhere(), *joins(), *failures(), *places_and_edges(),
    ]  # fmt: skip
    return sorted(calls, key=lambda call: call.at)
