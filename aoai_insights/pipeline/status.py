"""What the store holds of each workspace's tables: asked without what reads them."""

from pathlib import Path

from aoai_insights.store import collected, connect


def store_status(store: Path) -> tuple[collected.TableStatus, ...]:
    """The store's ledger, a line for each table of each workspace."""
    with connect.open_for_reading(store) as connection:
        return collected.status(connection)
