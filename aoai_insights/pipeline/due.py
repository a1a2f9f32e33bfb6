"""What is due to be sent of a period, from the store."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from aoai_insights.config import Config
from aoai_insights.errors import SourceError
from aoai_insights.model import Period, Quality
from aoai_insights.pipeline.figures import owner_figures, report_figures
from aoai_insights.pipeline.letters import Letter, letters
from aoai_insights.pricing import UnitPrice


def due(
    store: Path, config: Config, period: Period, before: Period | None, *, zone: ZoneInfo, now: datetime, version: str,
    prices: Sequence[UnitPrice], incomplete_too: bool = False,
) -> tuple[Quality, list[Letter]]:  # fmt: skip
    """The period's quality and its letters. Raises SourceError where the store changed while they were made."""
    figures = report_figures(store, config, period, before, zone=zone, now=now, version=version, prices=prices)
    usage, latency_by_app, _ = owner_figures(store, config, period, zone=zone, now=now, prices=prices)
    usage_before = None
    if before is not None and figures.comparable:
        usage_before, *_ = owner_figures(store, config, before, zone=zone, now=now, prices=prices)
    if sum(fact.cost for fact in usage) != figures.by_app.total.cost:
        # Statements that do not sum to the report would be found out by their readers.
        raise SourceError("the store changed while the report was made", "run the same command again")
    made = letters(config, figures, usage, usage_before, latency_by_app, incomplete_too=incomplete_too)
    return figures.quality, made
