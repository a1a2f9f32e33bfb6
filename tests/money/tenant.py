"""A store and a config made of the few things that a test is about."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from aoai_insights.config import load_config
from aoai_insights.config.unit_prices import config_prices
from aoai_insights.model import Chargeback, Period
from aoai_insights.pipeline.figures import compute_chargeback
from aoai_insights.sources.prices import shipped_book
from aoai_insights.store.connect import open_for_writing
from aoai_insights.store.write import commit, stage

from ..store.rows import batch

OCTOBER = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), "2026-10")
NOW = datetime(2026, 11, 3, tzinfo=UTC)

APPS = """
[[apps]]
name = "a"
cost_center = "CC-A"
match = [{product = "a"}]

[[apps]]
name = "b"
cost_center = "CC-B"
match = [{product = "b"}]
"""
PTU = """
[[deployments]]
resource = "res-a"
deployment = "chat"
type = "DataZoneProvisionedManaged"
model = "gpt-4o"
model_version = "2024-11-20"
region = "swedencentral"
ptu = 50
"""


def call(at: str, product: str, prompt: int, completion: int, cached: int = 0, **other: Any) -> dict[str, Any]:
    """A call to res-a/chat at "2026-10-05T10:00" (UTC) whose body states its usage."""
    told = {
        "started_at": datetime.fromisoformat(at).replace(tzinfo=UTC), "product_id": product, "body_source": "body_usage",
        "body_model": "gpt-4o-2024-11-20", "prompt_tokens": prompt, "completion_tokens": completion, "cached_tokens": cached,
        "aoai_region": "swedencentral", **other,
    }  # fmt: skip
    return {"correlation_id": str(uuid5(NAMESPACE_OID, repr(sorted(told.items(), key=repr)))), **told}


def fill(folder: Path, calls: Sequence[dict[str, Any]]) -> Path:
    """A new store with these calls."""
    store = folder / f"store-{len(list(folder.glob('*.duckdb')))}.duckdb"
    with open_for_writing(store) as connection:
        if calls:
            stage(connection, "gateway", batch("gateway", *calls))
        commit(connection, [], NOW)
    return store


def write_config(folder: Path, text: str) -> Path:
    path = folder / "aoai-insights.toml"
    path.write_text(text)
    return path


def statement(
    folder: Path, calls: Sequence[dict[str, Any]], config: str, by: str = "app", now: datetime = NOW,
    period: Period = OCTOBER,
) -> Chargeback:  # fmt: skip
    """The chargeback of these calls under this config, at the shipped prices."""
    read = load_config(write_config(folder, config))
    prices = [*config_prices(read), *shipped_book()]
    return compute_chargeback(fill(folder, calls), read, period, tuple(by.split(",")), now=now, prices=prices)


def costs(chargeback: Chargeback) -> dict[str, str]:
    """Cost by key, as plain text."""
    return {
        " ".join(row.key.values()): f"{row.cost.normalize():f}"
        for row in sorted(chargeback.rows, key=lambda row: tuple(row.key.values()))
    }
