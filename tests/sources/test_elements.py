"""Elements of a long JSON array, cut out one by one: the same ones wherever the data falls apart, and however alike."""

import json
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aoai_insights.sources.json_text import documents
from aoai_insights.sources.unpack import DamagedError

TEXTS = st.sampled_from(["", "a", '{"time":', '},{"time":1},', "\\", '"', "\n", "é🐟", "]}", '{"records":[{'])
VALUES = st.recursive(
    st.none() | st.integers(0, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["time", "a", '{"time":']), inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.lists(VALUES.map(lambda value: {"time": 1, "more": value}) | st.dictionaries(TEXTS, VALUES, max_size=2), max_size=6)
WRITERS = {
    "compact": lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False),
    "with blanks": json.dumps,
    "indented": lambda value: json.dumps(value, indent=2),
    "one a line": lambda value: json.dumps(value).replace("}, {", "},\n{"),
}


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@given(RECORDS, st.sampled_from(sorted(WRITERS)), st.booleans(), st.integers(1, 40))
def test_elements_are_those_of_the_array(records: list[Any], writer: str, batch: bool, size: int) -> None:
    data = WRITERS[writer]({"records": records} if batch else records).encode()
    found = list(documents(pieces(data, size)))
    assert [orjson.loads(raw) for _, raw in found] == records
    place = 0
    for line, raw in found:
        place = data.index(raw, place)
        assert line == data.count(b"\n", 0, place) + 1
        place += len(raw)


@given(RECORDS.filter(len), st.integers(1, 40), st.data())
def test_of_an_array_that_breaks_off_its_whole_elements_are_given(records: list[Any], size: int, draw: st.DataObject) -> None:
    write = WRITERS["compact"]
    data = write(records).encode()
    cut = data[: draw.draw(st.integers(1, len(data) - 1))]
    whole = sum(len(write(records[:count]).encode()) - 1 <= len(cut) for count in range(1, len(records) + 1))
    found: list[bytes] = []
    with pytest.raises(DamagedError):
        found.extend(raw for _, raw in documents(pieces(cut, size)))
    assert [orjson.loads(raw) for raw in found] == records[:whole]


@pytest.mark.parametrize("damage", [DamagedError("corrupt"), OSError("gone")], ids=["damaged", "unreadable"])
@given(records=RECORDS.filter(len), size=st.integers(1, 40), draw=st.data())
def test_what_is_whole_before_damage_is_given(damage: Exception, records: list[Any], size: int, draw: st.DataObject) -> None:
    def damaged(data: bytes) -> Iterator[bytes]:
        yield from pieces(data, size)
        raise damage

    write = WRITERS["compact"]
    data = write(records).encode()
    cut = data[: draw.draw(st.integers(1, len(data)))]
    whole = sum(len(write(records[:count]).encode()) - 1 <= len(cut) for count in range(1, len(records) + 1))
    found: list[bytes] = []
    with pytest.raises(type(damage)):
        found.extend(raw for _, raw in documents(damaged(cut)))
    assert [orjson.loads(raw) for raw in found] == records[:whole]


def test_an_element_that_is_no_json_is_given_as_it_stands() -> None:
    data = b'[{"time":1,"a":tru},{"time":2,"a":"\xff"},{"time":3}]'
    assert [raw for _, raw in documents(iter([data]))] == [b'{"time":1,"a":tru}', b'{"time":2,"a":"\xff"}', b'{"time":3}']


@pytest.mark.parametrize("record", [{"a": [{"a": 1}]}, {"time": "t", "rows": [{"time": 1}]}, {"a": {"a": {"a": {}}}}])
def test_an_element_that_holds_its_own_key_again_is_given_whole(record: Any) -> None:
    data = json.dumps([record, record], separators=(",", ":")).encode()
    assert [orjson.loads(raw) for _, raw in documents(iter([data]))] == [record, record]


@pytest.mark.parametrize("long", [1_000, 300_000, 700_000])
def test_long_elements_are_given_whole(long: int) -> None:
    records = [{"time": i, "body": "x" * long + '{"time":'} for i in range(4)]
    data = json.dumps(records).encode()
    assert [orjson.loads(raw) for _, raw in documents(pieces(data, 1 << 18))] == records
