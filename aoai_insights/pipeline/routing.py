"""Routing advice: the pools of the config, or those that the logs show, with what each backend should get."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aoai_insights.config import BackendPool, Config
from aoai_insights.latency.counts import Counts, Server, by_server
from aoai_insights.model import Period, Quality
from aoai_insights.pipeline.figures import Facts, open_facts
from aoai_insights.pipeline.latency import TIMES, block_length
from aoai_insights.pricing import UnitPrice
from aoai_insights.routing import advice
from aoai_insights.routing.backend_pool import Advice, Member, Pool, Rules
from aoai_insights.store import read_calls

SEPARATOR = "\x1f"
LEARNED_POOL = "concat_ws(chr(31), model, model_version, lower(deployment))"
UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class RoutingAdvice:
    """Advice on every pool of a period; hours are UTC, as a gateway's policy reads them."""

    period: Period
    time: str
    rules: Rules
    advices: tuple[Advice, ...]
    urls: Mapping[str, str]
    """Runtime URL of each backend."""
    quality: Quality


def advise_routing(
    store: Path, config: Config, period: Period, *, rules: Rules, time: str, now: datetime,
    prices: Iterable[UnitPrice], only: str | None = None, seed: int = 1,
) -> RoutingAdvice:  # fmt: skip
    """Priorities and weights for each pool, with reasons and the replay. `only` names one pool."""
    with open_facts(store, config, period, now, prices) as facts:
        facts.load_calls(UTC)
        calls = by_server(read_calls.latency_keys(facts.connection, TIMES[time], block_length(period)))
        pools, urls = pools_of(facts, config, only=only)
        return RoutingAdvice(period, time, rules, advices_on(calls, pools, rules, seed=seed), urls, facts.quality)


AskedPool = tuple[Pool, list[Server]]
"""A pool, and the servers that its members are."""


def pools_of(facts: Facts, config: Config, *, only: str | None = None) -> tuple[list[AskedPool], dict[str, str]]:
    """The pools of an open period and their backends' URLs; `facts` has its calls loaded."""
    found = _configured(facts, config.pools) if config.pools else _learned(facts)
    pools: list[AskedPool] = []
    urls: dict[str, str] = {}
    for pool, where, unit, hosts in found:
        if only is None or pool.name == only:
            pools.append((pool, read_calls.servers_of(facts.connection, unit, where)))
            urls |= hosts
    return pools, urls


def advices_on(calls: Counts, pools: Sequence[AskedPool], rules: Rules, *, seed: int = 1) -> tuple[Advice, ...]:
    """The advice on each, given what all of them together may say by chance; the hours of `calls` are those of UTC."""
    advices: list[Advice] = []
    for pool, servers in pools:
        counts = calls.of_servers(servers, [member.backend for member in pool.members])
        advices += advice.advise(pool, counts, rules, pools=len(pools), seed=seed)
    return tuple(advices)


_Found = tuple[Pool, str, str, dict[str, str]]


def _learned(facts: Facts) -> list[_Found]:
    """Hosts that serve the same model, version and deployment name."""
    rows = read_calls.routing_backends(facts.connection, LEARNED_POOL, "backend")
    by_pool: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_pool.setdefault(row["pool"], []).append(row)
    pools = {key: members for key, members in by_pool.items() if len(members) > 1}
    names = _pool_names(pools)
    shared = {row["backend_id"] for row in rows if row["backend_id"] and _hosts_of(rows, row["backend_id"]) > 1}
    return [
        (
            _pool(names[key], "logs", _shared_out([_member(row, shared) for row in members]), members),
            _learned_where(key),
            "backend",
            {row["backend"]: f"https://{row['host']}/openai" for row in members},
        )
        for key, members in pools.items()
    ]


def _learned_where(key: str) -> str:
    """A call whose backend nobody logged is in no pool."""
    return f"backend <> '' AND {LEARNED_POOL} = {_quoted(key)}"


def _configured(facts: Facts, pools: Sequence[BackendPool]) -> list[_Found]:
    found = []
    for pool in pools:
        unit = _unit(pool)
        rows = {row["backend"]: row for row in read_calls.routing_backends(
            facts.connection, _quoted(pool.name), unit)}  # fmt: skip
        stated = sum(backend.weight for backend in pool.backends)
        answered = sum(row["calls"] for row in rows.values())
        members, seen = [], []
        for backend in sorted(pool.backends, key=lambda b: b.host.lower() or b.backend_id):
            name = backend.host.lower() or backend.backend_id
            row = rows.get(name, {"region": "", "calls": 0, "attempts": 0, "throttled": 0, "peak": 0.0, "busiest": 0.0,
                                  "ptu": False, "host": backend.host.lower(), "resource": ""})  # fmt: skip
            weight = backend.weight / stated if stated else row["calls"] / max(answered, 1)
            members.append(
                Member(name, backend.backend_id or _slug(name), row["region"], backend.priority, weight,
                       backend.ptu or row["ptu"], backend.residency, row["calls"],
                       row["throttled"] / max(row["attempts"], 1))
            )  # fmt: skip
            seen.append({**row, "url": backend.url})
        urls = {m.backend: row["url"] or f"https://{row['host']}/openai" for m, row in zip(members, seen, strict=True)}
        found.append((_pool(pool.name, "config", members, seen), "true", unit, urls))
    return found


def _unit(pool: BackendPool) -> str:
    """The configured backend that answered a call, as SQL."""
    cases = [
        f"WHEN lower(backend) = {_quoted(b.host.lower())} THEN {_quoted(b.host.lower())}"
        if b.host else f"WHEN backend_id = {_quoted(b.backend_id)} THEN {_quoted(b.backend_id)}"
        for b in pool.backends
    ]  # fmt: skip
    return f"CASE {' '.join(cases)} END"


def _pool(name: str, origin: str, members: Sequence[Member], rows: Sequence[Mapping[str, Any]]) -> Pool:
    busiest = max((row["busiest"] for row in rows), default=0.0)
    return Pool(name, origin, tuple(members), tuple(row["peak"] for row in rows), busiest)


def _member(row: Mapping[str, Any], shared_ids: set[str]) -> Member:
    """A host as the logs show it; an id that several hosts share is the pool's own, and no name for one of them."""
    known = row["backend_ids"] == 1 and row["backend_id"] and row["backend_id"] not in shared_ids
    name = row["backend_id"] if known else _slug(row["resource"] or row["backend"])
    return Member(
        row["backend"], name, row["region"], 1, float(row["calls"]), row["ptu"], "", row["calls"],
        row["throttled"] / max(row["attempts"], 1),
    )  # fmt: skip


def _shared_out(members: Sequence[Member]) -> list[Member]:
    """Weights are the shares of answered calls: what the gateway does now, as far as logs tell."""
    total = sum(member.weight for member in members)
    return [replace(member, weight=member.weight / total) for member in members]


def _hosts_of(rows: Sequence[Mapping[str, Any]], backend_id: str) -> int:
    return len({row["backend"] for row in rows if row["backend_id"] == backend_id})


def _pool_names(pools: Mapping[str, object]) -> dict[str, str]:
    """The deployment's name where one pool has it, else with model and version before it."""
    last = [key.split(SEPARATOR)[-1] for key in pools]
    return {
        key: _slug(
            key.split(SEPARATOR)[-1] if last.count(key.split(SEPARATOR)[-1]) == 1 else key.replace(SEPARATOR, "-")
        )
        for key in pools
    }


def _slug(text: str) -> str:
    """A name that API Management takes for a backend: letters, digits and hyphens."""
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in text).strip("-")
    return kept[:78] or "backend"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
