"""Routing advice as a table and as JSON."""

from collections.abc import Container
from dataclasses import asdict
from typing import Any

from aoai_insights.cli.tables import period_json, quality_json
from aoai_insights.latency.comparison import Interval
from aoai_insights.model import Column, Table
from aoai_insights.pipeline.routing import RoutingAdvice
from aoai_insights.reports import text
from aoai_insights.reports.spans import hours_of_week
from aoai_insights.routing.backend_pool import Advice

OTHER_HOURS = "all others"


def advice_table(figures: RoutingAdvice, *, whole: bool) -> Table:
    """One line per backend; what the pool gains stands in the notes."""
    rows = [fields for advice in figures.advices for fields in line_fields(advice)]
    profiled = {advice.pool for advice in figures.advices if advice.hours}
    if whole:
        names = list(rows[0]) if rows else ["pool"]
        kinds = {"calls": "count"}
        columns = tuple(Column(name, name, kinds.get(name, "number")) for name in names)  # type: ignore[arg-type]
    else:
        columns = (
            Column("pool", "Pool", "text"), Column("hours", "Hours UTC", "text"), Column("backend", "Backend", "text"),
            Column("now", "Now", "number"), Column("advised", "Advised", "number"), Column("reason", "Why", "text"),
        )  # fmt: skip
        rows = [{**row, "hours": row["hours"] or (OTHER_HOURS if row["pool"] in profiled else "all")} for row in rows]
        if not profiled:
            columns = tuple(column for column in columns if column.name != "hours")
    notes = [f"{text.name(advice.pool)}{_profile(advice, profiled)}: {advice.reason}." for advice in figures.advices]
    if not figures.advices:
        notes = ["No advice: no two backends serve one model, version and deployment name; name them in [[pools]]."]
    else:
        notes.append("Now and advised: priority / percent of the pool's calls. A backend is taken to stay as fast as it"
                     " was; a new weight is a step, to be looked at again.")  # fmt: skip
    return Table(f"Routing advice, {text.period(figures.period)}", columns, tuple(rows), notes=tuple(notes))


def advice_json(figures: RoutingAdvice) -> dict[str, Any]:
    """The payload aoai-insights/routing/1: one row per backend, one pool per profile of hours."""
    return {
        "schema": "aoai-insights/routing/1",
        "period": period_json(figures.period),
        "time": figures.time,
        "rules": asdict(figures.rules),
        "rows": [fields for advice in figures.advices for fields in line_fields(advice)],
        "pools": [pool_fields(advice) for advice in figures.advices],
        "quality": quality_json(figures.quality),
    }


def pool_fields(advice: Advice) -> dict[str, Any]:
    """A pool in a profile: whether it should change, why, and its replay."""
    replay = advice.replay
    return {
        "pool": advice.pool, "origin": advice.origin, "hours_of_week": list(advice.hours), "changed": advice.changed,
        "reason": advice.reason, "moved_requests": advice.moved_calls,
        "before_ms": replay.before_ms if replay else None, "after_ms": replay.after_ms if replay else None,
        **_interval("change", replay.change if replay else None), "covered": replay.covered if replay else None,
    }  # fmt: skip


def line_fields(advice: Advice) -> list[dict[str, Any]]:
    """The lines of one advice, flat. Weights are shares of the pool's calls."""
    return [
        {
            "pool": advice.pool, "hours": hours_of_week(advice.hours), "backend": line.backend,
            "backend_id": line.backend_id, "region": line.region, "priority_now": line.priority_now,
            "priority": line.priority, "weight_now": line.weight_now, "weight": line.weight, "reason": line.reason,
            **_interval("difference", line.difference), "load": line.load, "guard_rails": ", ".join(line.rails),
            "now": f"{line.priority_now} / {line.weight_now:.0%}", "advised": f"{line.priority} / {line.weight:.0%}",
        }
        for line in advice.lines
    ]  # fmt: skip


def _profile(advice: Advice, profiled: Container[str]) -> str:
    hours = hours_of_week(advice.hours) or (OTHER_HOURS if advice.pool in profiled else "")
    return f" ({hours})" if hours else ""


def _interval(name: str, interval: Interval | None) -> dict[str, float | None]:
    low, high = (interval.low, interval.high) if interval else (None, None)
    return {name: interval.estimate if interval else None, f"{name}_low": low, f"{name}_high": high}
