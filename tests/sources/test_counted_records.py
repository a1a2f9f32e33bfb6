"""Records that another engine counted are taken as they are; what it rejected and left out is not forgotten."""

import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aoai_insights.model import AOAI, GATEWAY, LLM
from aoai_insights.resources import resource_root
from aoai_insights.sources import Batch, GatewayOptions, Ignored, Piece, Reject, read_piece
from aoai_insights.sources.counted import IGNORED, REJECTS

from ..store.rows import batch

RECORDS = {
    "gateway": batch("gateway", {"correlation_id": "a", "prompt_tokens": 7, "body_source": "body_usage"}),
    "llm": batch("llm", {"correlation_id": "a", "prompt_tokens": 7}),
    "aoai": batch("aoai", {"correlation_id": "b"}),
}


def _parquet(table: pa.Table) -> bytes:
    target = io.BytesIO()
    pq.write_table(table, target)
    return target.getvalue()


def _read(content: bytes) -> list[Batch | Reject | Ignored]:
    return list(read_piece(Piece("lake/part-0.parquet", content=content), GatewayOptions()))


@pytest.mark.parametrize("kind", RECORDS)
def test_records_that_were_counted_come_back_as_they_were(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    path.write_bytes(_parquet(pa.Table.from_batches([RECORDS[kind]])))
    from_bytes, from_disk = _read(path.read_bytes()), list(read_piece(Piece(str(path)), GatewayOptions()))
    for item in (*from_bytes, *from_disk):
        assert isinstance(item, Batch)
        assert (item.kind, item.counted) == (kind, True)
        assert item.records.equals(RECORDS[kind])
    assert len(from_bytes) == len(from_disk) == 1


@pytest.mark.parametrize("schema", [GATEWAY, LLM, AOAI], ids=["gateway", "llm", "aoai"])
def test_a_table_without_rows_is_no_error(schema: pa.Schema) -> None:
    assert _read(_parquet(schema.empty_table())) == []


def test_a_column_that_an_older_release_did_not_write_is_empty() -> None:
    older = pa.Table.from_batches([RECORDS["gateway"]]).drop_columns(["ttft_ms"])
    (item,) = _read(_parquet(older))
    assert isinstance(item, Batch)
    assert item.records.schema == GATEWAY
    assert item.records.column("ttft_ms").to_pylist() == [None]


REFUSED: list[tuple[str, Any, str]] = [
    ("a column of a newer release is not dropped in silence",
     _parquet(pa.Table.from_batches([RECORDS["gateway"]]).append_column("video_tokens", pa.array([3]))),
     "records of a newer release (column video_tokens): upgrade aoai-insights"),
    ("text where a count should be is corrupt",
     _parquet(pa.Table.from_batches([RECORDS["llm"]]).drop_columns(["prompt_tokens"]).append_column("prompt_tokens", pa.array(["x"]))),
     "corrupt Parquet after row 0: the rest is not read"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_refused(content: bytes, reason: str) -> None:
    (item,) = _read(content)
    assert isinstance(item, Reject)
    assert item.reason == reason


def test_rejects_and_ignored_records_of_the_other_engine_are_still_known() -> None:
    reject = {"path": "abfss://x/PT1H.json", "line": 3, "reason": "not JSON", "record": "{}"}
    assert _read(_parquet(pa.Table.from_pylist([reject], schema=REJECTS))) == [Reject(**reject)]
    ignored = {"path": "abfss://x/PT1H.json", "category": "Audit", "count": 2}
    assert _read(_parquet(pa.Table.from_pylist([ignored], schema=IGNORED))) == [Ignored("Audit", 2)]


def test_a_piece_may_bring_its_bytes_along() -> None:
    for path in sorted((resource_root("fixtures") / "logs").rglob("*"))[-12:]:
        if path.is_file():
            on_disk = list(read_piece(Piece(str(path)), GatewayOptions()))
            brought = list(read_piece(Piece("lake/elsewhere", content=path.read_bytes()), GatewayOptions()))
            assert [item.records for item in on_disk if isinstance(item, Batch)] == [
                item.records for item in brought if isinstance(item, Batch)
            ]
            assert on_disk


def test_the_bytes_of_a_piece_are_in_no_message() -> None:
    assert "canary" not in repr(Piece("lake/PT1H.json", content=b"a canary in a prompt"))
