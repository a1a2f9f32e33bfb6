"""A store of a few records, asked through the use-cases."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aoai_insights.model import Period
from aoai_insights.store.connect import open_for_writing
from aoai_insights.store.write import commit, list_apis, stage

from ..store.rows import batch

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PERIOD = Period(datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 6, tzinfo=UTC))


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., Path]:
    """Writes gateway and AOAI records, completed with what is usual, to a store; returns its path."""

    def write(gateway: Sequence[dict[str, Any]], aoai: Sequence[dict[str, Any]] = ()) -> Path:
        path = tmp_path / "store.duckdb"
        numbered = [{"correlation_id": f"g{i}", **record} for i, record in enumerate(gateway)]
        with open_for_writing(path) as connection:
            list_apis(connection, ())
            stage(connection, "gateway", batch("gateway", *numbered))
            if aoai:
                stage(connection, "aoai", batch("aoai", *aoai))
            commit(connection, [], NOW)
        return path

    return write
