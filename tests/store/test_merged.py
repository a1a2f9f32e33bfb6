"""The store's merge on records that live elsewhere: the same records, in any grouping."""

from itertools import permutations

import pyarrow as pa
import pytest

from aoai_insights.model import Kind
from aoai_insights.store.merged import merged

from .rows import T0, batch

GUID = "0a1b2c3d-0000-4000-8000-0000000000aa"
VERSIONS: dict[Kind, list[pa.RecordBatch]] = {
    "gateway": [
        batch("gateway", {"correlation_id": GUID, "body_source": "lower_bound", "prompt_tokens": 5}),
        batch("gateway", {"correlation_id": GUID.upper(), "body_source": "body_usage", "prompt_tokens": 9, "started_at": T0}),
        batch("gateway", {"correlation_id": "no guid", "caller_ip": "10.0.0.1"}, {"correlation_id": "no guid"}),
    ],
    "llm": [batch("llm", {"correlation_id": GUID}), batch("llm", {"correlation_id": GUID, "prompt_tokens": 4}),
            batch("llm", {"correlation_id": GUID, "sequence_number": 1})],
    "aoai": [batch("aoai", {"correlation_id": GUID}), batch("aoai", {"correlation_id": GUID, "model": "gpt-4o"}),
             batch("aoai", {"correlation_id": GUID, "category": "AzureOpenAIRequestUsage"})],
}  # fmt: skip


def _rows(table: pa.Table) -> list[dict[str, object]]:
    return sorted(table.to_pylist(), key=str)


@pytest.mark.parametrize("kind", VERSIONS)
def test_merging_parts_and_then_the_merged_is_merging_all_at_once_in_any_order(kind: Kind) -> None:
    at_once = merged(kind, VERSIONS[kind])
    assert at_once.num_rows == 2
    for order in permutations(VERSIONS[kind]):
        first = merged(kind, order[:2])
        in_steps = merged(kind, [*merged(kind, order[2:]).to_batches(), *first.to_batches()])
        assert _rows(in_steps) == _rows(at_once)


def test_versions_of_one_record_have_one_key_once_the_store_has_spelled_their_ids() -> None:
    spelled = [merged("gateway", [version]).column("correlation_id").to_pylist() for version in VERSIONS["gateway"][:2]]
    assert spelled == [[GUID]] * 2


def test_nothing_merged_is_an_empty_table_of_the_right_columns() -> None:
    for kind in VERSIONS:
        assert merged(kind, []).num_rows == 0
