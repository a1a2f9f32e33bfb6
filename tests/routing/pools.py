"""Pools over simulated tenants."""

from collections.abc import Callable

import numpy as np

from aoai_insights.latency.counts import Counts
from aoai_insights.routing.backend_pool import Member, Pool


def pool_of(
    counts: Counts, *, weights: list[float] | None = None, member: Callable[[int, Member], Member] = lambda i, m: m
) -> Pool:
    """The tenant's units as one pool; weights are the shares seen, unless given; every hour is equally busy."""
    calls = np.bincount(counts.unit, weights=counts.calls, minlength=len(counts.units))
    shares = weights or [float(n) for n in calls / calls.sum()]
    members = tuple(
        member(i, Member(f"{unit}.openai.azure.com", unit, unit, 1, shares[i], False, "", int(calls[i]), 0.0))
        for i, unit in enumerate(counts.units)
    )
    return Pool("chat", "logs", members, tuple(float(n) for n in calls), float(calls.sum()))
