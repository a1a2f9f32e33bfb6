"""What executors do, without a cluster: Arrow batches in, Arrow batches out."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pytest

from aoai_insights.sources import GatewayOptions
from aoai_insights.sources.counted import SCHEMAS
from aoai_insights.spark import work
from aoai_insights.spark.shape import COUNTED, PARTS, ddl

from . import lake

OPTIONS = GatewayOptions()


def _parts(batches: Iterator[pa.RecordBatch]) -> dict[str, list[dict[str, object]]]:
    """What a task gave, by part."""
    found: dict[str, list[dict[str, object]]] = {name: [] for name in PARTS}
    for batch in batches:
        assert batch.schema == COUNTED
        for row in batch.to_pylist():
            held = {name for name in PARTS if row[name] is not None}
            assert held == {row["part"]}, "a row holds one part"
            found[row["part"]].append(row[row["part"]])
    return found


def _lines(*rows: tuple[str, int, bytes], at_once: int) -> Iterator[pa.RecordBatch]:
    """As Spark gives them: strings, so many rows at a time."""
    for first in range(0, len(rows), at_once):
        paths, starts, values = zip(*rows[first : first + at_once], strict=True)
        yield pa.RecordBatch.from_pydict({"path": paths, "start": starts, "value": pa.array(values, pa.binary())})


def _line(record: object) -> bytes:
    return lake.lines(record).rstrip(b"\n")


BLOCKS: Sequence[tuple[str, int, bytes]] = [
    ("file:/lake/y%3D1%20a/PT1H.json", 0, _line(lake.gateway(1))),
    ("file:/lake/y%3D1%20a/PT1H.json", 0, b""),
    ("file:/lake/y%3D1%20a/PT1H.json", 0, b"{not json"),
    ("file:/lake/y%3D1%20a/PT1H.json", 33_554_432, b"{nor this"),
    ("file:/lake/y%3D1%20a/PT1H.json", 33_554_432, _line(lake.gateway(1))),
    ("abfss://logs@contoso.dfs.core.windows.net/PT1H.json", 0, b"\xff\xfe"),
]


@pytest.mark.parametrize("at_once", [1, 2, 4, 100])
def test_lines_of_a_block_are_one_piece_however_many_come_at_once(at_once: int) -> None:
    found = _parts(work.count_lines(OPTIONS, {})(_lines(*BLOCKS, at_once=at_once)))
    assert [(row["path"], row["line"]) for row in found["rejects"]] == [
        ("/lake/y=1 a/PT1H.json", 3), ("/lake/y=1 a/PT1H.json", 1), ("abfss://logs@contoso.dfs.core.windows.net/PT1H.json", 1)
    ]  # fmt: skip
    assert len(found["gateway"]) == 1, "two versions of a record travel as one"
    assert found["tally"] == [{"kind": "gateway", "records": 2}]


def test_a_task_gives_away_what_it_holds_before_it_holds_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_ROWS_IN_HAND", 2)
    files = {f"file:/lake/{number}.json": lake.lines(lake.gateway(number), lake.gateway(number + 1)) for number in range(4)}
    batch = pa.RecordBatch.from_pydict({"path": list(files), "content": pa.array(files.values(), pa.binary())})
    found = _parts(work.count_files(OPTIONS, {})(iter([batch])))
    assert found["tally"] == [{"kind": "gateway", "records": 2}] * 4
    assert len(found["gateway"]) == 8


def test_nothing_in_is_nothing_out() -> None:
    assert not any(_parts(work.count_files(OPTIONS, {})(iter([]))).values())
    for kind in SCHEMAS:
        assert sum(batch.num_rows for batch in work.merge(kind)(iter([]))) == 0


def test_times_are_the_same_moments_in_whatever_zone_a_cluster_spells_them() -> None:
    batch = pa.RecordBatch.from_pydict({"path": ["a"], "content": pa.array([lake.lines(lake.gateway(1))], pa.binary())})
    (row,) = _parts(work.count_files(OPTIONS, {})(iter([batch])))["gateway"]
    spelled = pa.RecordBatch.from_pylist([row], schema=SCHEMAS["gateway"])
    at = spelled.schema.get_field_index("started_at")
    in_delhi = spelled.set_column(at, "started_at", spelled.column(at).cast(pa.timestamp("us", "Asia/Kolkata")))
    assert [out.to_pylist() for out in work.merge("gateway")(iter([in_delhi]))] == [[row]]


def test_packed_batches_come_back_as_they_were() -> None:
    batch = pa.RecordBatch.from_pydict({"a": [1, None], "b": ["x", "y"]})
    (packed,) = work.pack(iter([batch]))
    assert list(pa.ipc.open_stream(packed.column("packed")[0].as_py())) == [batch]


LARGE = [
    ("a record a line", 0, _line(lake.gateway(1)), [{"lines": True}]),
    ("an indented document", 0, b"{", [{"lines": False}]),
    ("an array", 0, b"[", [{"lines": False}]),
    ("packed bytes", 0, b"\x1f\x8b\x08", [{"lines": False}]),
    ("a block that is not the first says nothing", 33_554_432, _line(lake.gateway(1)), []),
]


@pytest.mark.parametrize(("start", "line", "answer"), [row[1:] for row in LARGE], ids=[row[0] for row in LARGE])
def test_whether_a_large_file_is_cut_at_its_lines(start: int, line: bytes, answer: list[dict[str, bool]]) -> None:
    batches = _lines(("file:/a", start, line), ("file:/a", start, b"}"), at_once=2)
    assert [row for batch in work.begins_lines(batches) for row in batch.to_pylist()] == answer


def test_schemas_are_spelled_in_sparks_words() -> None:
    assert ddl(PARTS["tally"]) == "`kind` string, `records` bigint"
    assert "`gateway` struct<`service`: string, `correlation_id`: string, `started_at`: timestamp" in ddl(COUNTED)
