"""Who and what Contoso is: resources, deployments, apps, and the shape of one call."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fixture_tenant.texts import Text

AZURE_SUBSCRIPTION = "5CA1AB1E-0000-4000-8000-00000C0FFEE5"
GATEWAY_IP = "20.36.155.***"
"""The gateway's own address as Azure OpenAI logs it: with the last octet masked."""

REGION_NAMES = {"eastus2": "East US 2", "swedencentral": "Sweden Central"}
"""Region code -> the name that headers and gateway records use."""

HOSTILE_APP = '=HYPERLINK("http://evil.example","<img src=x onerror=alert(1)>")'
UNALLOCATED = "(unallocated)"
UNKNOWN = "(unknown)"
CLAIMS_ENTRA_APP = "c1a15000-0000-4000-8000-0000000000aa"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment of a model on an Azure OpenAI resource; `kind` is the deployment type (ARM's sku.name)."""

    region: str
    name: str
    model: str
    version: str
    kind: str

    @property
    def resource(self) -> str:
        return f"aoai-{self.region}"

    @property
    def dated_model(self) -> str:
        return f"{self.model}-{self.version}" if len(self.version) == 10 else self.model


GPT_4O_SWEDEN = Deployment("swedencentral", "gpt-4o", "gpt-4o", "2024-11-20", "GlobalStandard")
GPT_4O_US = Deployment("eastus2", "gpt-4o", "gpt-4o", "2024-11-20", "GlobalStandard")
MINI = Deployment("eastus2", "gpt-4o-mini", "gpt-4o-mini", "2024-07-18", "DataZoneStandard")
ASSISTANT = Deployment("eastus2", "assistant", "gpt-4o-mini", "2024-07-18", "DataZoneStandard")
GPT_41_MINI = Deployment("swedencentral", "gpt-4.1-mini", "gpt-4.1-mini", "2025-04-14", "Standard")
GPT_41 = Deployment("eastus2", "gpt-4.1", "gpt-4.1", "2025-04-14", "GlobalStandard")
GPT_5_MINI = Deployment("swedencentral", "gpt-5-mini", "gpt-5-mini", "2025-08-07", "GlobalStandard")
EMBED = Deployment("swedencentral", "embed-small", "text-embedding-3-small", "1", "GlobalStandard")
EXPERIMENTAL = Deployment("eastus2", "experimental-1", "contoso-experimental-1", "2026-09-01", "GlobalStandard")


@dataclass(frozen=True, slots=True)
class Logged:
    """How a call shows in the logs, where that is not the usual way.

    Bodies are given as the exchange that was really sent; `cut_at` says how many bytes of the response were logged.
    """

    messages: tuple[tuple[str, Text], ...] = ()
    answer: Text | None = None
    request_body: bool = False
    response_body: bool = False
    usage_in_body: bool = True
    service_tier: str = "default"
    cut_at: int | None = None
    response_size: bool = True
    llm: str = "tokens"  # tokens | none | zero | chunks | split | two_rows | unnamed | late
    aoai: str = "row"  # row | none | object | thin_twin | usage | token_keys
    headers: str = "object"  # object | string | lists | none | trace
    revision: bool = False
    v1_url: bool = False
    url_deployment: str | None = None
    place: str = "blob"  # blob | next_day | capture | both | half_line | csv | thin_first


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a client, with the truth about it.

    `prompt`, `cached`, `completion`, `reasoning` are what the best source in the logs says (reasoning and cached only
    where some record names them). `app` is who must pay. `matched` is how its row in the Azure OpenAI diagnostics is
    found: header | trace | heuristic | none, or "" when the call never reached a model. `traps` are names that the
    tenant's page explains.
    """

    name: str
    at: datetime
    app: str
    deployment: Deployment | None
    total_ms: int
    prompt: int = 0
    completion: int = 0
    cached: int = 0
    reasoning: int = 0
    token_source: str = "llm_log"
    api: str = "chat"
    streamed: bool = False
    status: int = 200
    tier: str = "standard"
    matched: str = "header"
    cache: str = "none"
    error_reason: str = ""
    apim_subscription: str = ""
    product: str = ""
    caller_ip: str = "10.20.1.17"
    request_headers: Mapping[str, str] = field(default_factory=dict)
    traps: tuple[str, ...] = ()
    logged: Logged = Logged()
    region: str = ""
    model: str = ""
    failed_over_from: Deployment | None = None
    completion_at_most: int | None = None
    """Set for an estimate: `completion` is then what is visible at least."""

    @property
    def known_region(self) -> str:
        return self.region or (self.deployment.region if self.deployment else UNKNOWN)

    @property
    def known_model(self) -> str:
        return self.model or (self.deployment.model if self.deployment else UNKNOWN)


def guid(kind: str, name: str) -> str:
    """The id of this kind that belongs to `name`: the same in every build."""
    return str(uuid.uuid5(uuid.UUID(AZURE_SUBSCRIPTION), f"{kind}/{name}"))


def at(day: int, clock: str, month: int = 10) -> datetime:
    """A moment of 2026, e.g. at(5, "10:12:07.123")."""
    return datetime.fromisoformat(f"2026-{month:02d}-{day:02d}T{clock}").replace(tzinfo=UTC)


def support(**more: object) -> dict[str, object]:
    return {"app": "support-bot", "apim_subscription": "sub-support", "product": "support", **more}


def search(**more: object) -> dict[str, object]:
    return {
        "app": "search-index",
        "apim_subscription": "sub-search",
        "product": "search",
        "caller_ip": "10.20.2.8",
        **more,
    }


def reports(**more: object) -> dict[str, object]:
    return {
        "app": "report-writer", "apim_subscription": "sub-shared", "product": "shared",
        "caller_ip": "10.20.3.40", "request_headers": {"x-app-id": "report-writer"}, **more,
    }  # fmt: skip


def notebooks(**more: object) -> dict[str, object]:
    return {
        "app": "finance-notebooks", "apim_subscription": "sub-shared", "product": "shared", "caller_ip": "10.20.30.7",
        **more,
    }  # fmt: skip


def claims(**more: object) -> dict[str, object]:
    return {
        "app": "claims-triage", "apim_subscription": "sub-shared", "product": "shared", "caller_ip": "10.20.4.12",
        "request_headers": {"x-entra-app": CLAIMS_ENTRA_APP}, **more,
    }  # fmt: skip


def marketing(**more: object) -> dict[str, object]:
    return {"app": HOSTILE_APP, "apim_subscription": "sub-marketing", "product": "marketing", **more}


def legacy(**more: object) -> dict[str, object]:
    return {"app": "legacy-portal", "apim_subscription": "sub-legacy", "product": "legacy", **more}


def unclaimed(**more: object) -> dict[str, object]:
    return {
        "app": UNALLOCATED,
        "apim_subscription": "sub-pilot",
        "product": "starter",
        "caller_ip": "10.99.0.5",
        **more,
    }
