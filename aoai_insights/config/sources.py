"""Where records come from and where they go: the store, the workspaces, the gateway, backend pools."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from aoai_insights.config.place import ConfigFile

DEFAULT_STORE = Path("aoai-insights.duckdb")


class StoreSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    path: str = str(DEFAULT_STORE)


class Workspace(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Logs to be read: a Log Analytics workspace, or a database of Azure Data Explorer that holds the same tables."""

    name: str
    workspace_id: str = ""
    cluster: str = ""
    """The query address of an Azure Data Explorer cluster; needs the extra [adx]."""
    database: str = ""

    @property
    def asked_as(self) -> str:
        """What the service knows it by."""
        return self.workspace_id or self.database

    @property
    def key(self) -> str:
        """What the ledger knows it by: no other workspace or database has it."""
        return self.workspace_id or f"{self.cluster.rstrip('/').lower()}/{self.database}"


class AzureSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where [[workspaces]] are asked."""

    cloud: Literal["public", "usgov", "china"] = "public"
    endpoint: str = ""
    """Another address of the query API: https, or http on this machine, to which no token is sent."""
    timeout_seconds: Annotated[int, msgspec.Meta(ge=1, le=600)] = 600
    """How long one query may take; the service allows 600."""


class GatewaySection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    apis: list[str] = []
    """ApiIds that are Azure OpenAI traffic although neither host nor path shows it."""
    entra_app_header: str = ""
    """Logged header that carries the calling Entra application's id."""
    entra_app_trace: str = ""
    """Key of a trace record's JSON message that carries it."""


class PoolBackend(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A member of a backend pool, as the gateway has it now: named by the host of its URL, or by its backend id."""

    host: str = ""
    backend_id: str = ""
    url: str = ""
    """Runtime URL, for the emitted template (default: https://HOST/openai)."""
    priority: int = 1
    weight: int = 0
    """0: not known, the share of calls that the logs show stands for it."""
    ptu: bool = False
    residency: str = ""
    """Calls never move between backends of different residency."""


class BackendPool(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    backends: list[PoolBackend]


def check_sources(workspaces: Sequence[Workspace], pools: Sequence[BackendPool], file: ConfigFile) -> None:
    """A workspace is named by its id, which becomes part of an address, and by a name that no other has."""
    for i, workspace in enumerate(workspaces):
        _check_database(workspace, i, file)
        if not workspace.cluster and not re.fullmatch(r"[0-9A-Za-z-]{1,64}", workspace.workspace_id):
            raise file.fails_at("workspaces", i, "workspace_id", f'"{workspace.workspace_id}" is no workspace id',
                                "write the GUID that the portal calls Workspace ID")  # fmt: skip
        for key, named in (("name", "name"), ("key", "database" if workspace.cluster else "workspace_id")):
            value = getattr(workspace, key).lower()
            if any(getattr(other, key).lower() == value for other in workspaces[:i]):
                raise file.fails_at("workspaces", i, named, f'"{value}" is listed twice', "remove one entry")
    for i, pool in enumerate(pools):
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,77}", pool.name):
            raise file.fails_at("pools", i, "name", f'"{pool.name}" cannot name a backend of API Management',
                                "use letters, digits and hyphens, at most 78")  # fmt: skip
        if any(bool(backend.host) == bool(backend.backend_id) for backend in pool.backends):
            raise file.fails_at("pools", i, "backends", "a backend is named by host or by backend_id",
                                "give one of them")  # fmt: skip
        if any(not (0 <= b.priority <= 100 and 0 <= b.weight <= 100) for b in pool.backends):
            raise file.fails_at("pools", i, "backends", "priority and weight are 0 to 100",
                                "write whole numbers in that range")  # fmt: skip


def _check_database(workspace: Workspace, i: int, file: ConfigFile) -> None:
    """A database is named by its cluster and its name, and is no workspace."""
    if bool(workspace.cluster) != bool(workspace.database) or (workspace.cluster and workspace.workspace_id):
        raise file.fails_at("workspaces", i, "cluster" if workspace.cluster else "database",
                            "a database is named by cluster and database, a workspace by workspace_id",
                            "give workspace_id, or cluster and database")  # fmt: skip
    local = re.match(r"http://(127\.0\.0\.1|localhost|\[::1\])([:/]|$)", workspace.cluster)
    if workspace.cluster and not local and not workspace.cluster.startswith("https://"):
        raise file.fails_at("workspaces", i, "cluster", f'"{workspace.cluster}" would carry a token in the clear',
                            "write an https address, such as https://logs.westeurope.kusto.windows.net")  # fmt: skip
