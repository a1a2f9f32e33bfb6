"""Laws of reading: however a file is cut its records are the same, and nothing in a file makes reading fail."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aoai_insights.sources import Piece

from .records import AOAI, GATEWAY, LLM, changed, json_lines, read
from .shapes import EXPORTED, GATEWAY_COLUMNS, shapes

LAW = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])

LINES = st.lists(
    st.sampled_from(
        [
            json_lines(GATEWAY),
            json_lines(changed(GATEWAY, {"correlationId": "é" * 9})),
            json_lines(LLM),
            json_lines(AOAI),
            b"\n",
            b"broken\n",
            b"\r\n",
        ]
    ),
    max_size=6,
)
LAST = [b"", json_lines(AOAI).rstrip(), b'{"half']


@LAW
@given(
    lines=LINES, last=st.sampled_from([b"", json_lines(AOAI).rstrip(), b'{"half']), cuts=st.lists(st.integers(0, 9000))
)
def test_any_split_into_ranges_gives_the_same_records(
    tmp_path: Path, lines: list[bytes], last: bytes, cuts: list[int]
) -> None:
    path = tmp_path / "PT1H.json"
    path.write_bytes(json_lines(GATEWAY) + b"".join(lines) + last)
    edges = [0, *sorted(set(cuts) - {0}), None]
    whole = read(Piece(str(path)))
    parts = [read(Piece(str(path), start or 0, end)) for start, end in pairwise(edges)]
    for kind in EXPORTED:
        assert [row for part in parts for row in getattr(part, kind)] == getattr(whole, kind)
    assert sum(len(part.rejects) for part in parts) == len(whole.rejects)


KEYS = st.sampled_from(
    sorted(
        {*GATEWAY, *GATEWAY["properties"], *AOAI["properties"], *LLM["properties"], *GATEWAY_COLUMNS}
        | {"records", "tables", "rows", "columns", "error", "traceRecords", "AdditionalFields", "properties_s", "url_s"}
    )
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["GatewayLogs", "RequestResponse", "GatewayLlmLogs", GATEWAY["time"], "https://[x/openai/", "{", "[]"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


@LAW
@given(garbage=JSON, kind=st.sampled_from(sorted(EXPORTED)), where=st.booleans(), key=KEYS)
def test_no_value_in_any_field_makes_reading_fail(
    tmp_path: Path, garbage: Any, kind: str, where: bool, key: str
) -> None:
    record = EXPORTED[kind]
    strange = changed(record, {key: garbage}) if where else changed(record, **{key: garbage})
    path = tmp_path / "PT1H.json"
    path.write_bytes(orjson.dumps(strange) + b"\n" + orjson.dumps(garbage) + b"\n" + json_lines(record))
    reading = read(Piece(str(path)))
    assert len(getattr(reading, kind)) >= 1


SHAPES = [content for kind in EXPORTED for content in shapes(kind).values()]


@LAW
@given(st.data())
def test_no_damage_makes_reading_fail(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(SHAPES)))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, max(len(content) - 1, 0)))
        match data.draw(st.sampled_from(["flip", "cut", "insert", "drop"])):
            case "flip" if content:
                content[position] = data.draw(st.integers(0, 255))
            case "cut":
                del content[position:]
            case "insert":
                content[position:position] = data.draw(st.binary(max_size=8))
            case _:
                del content[position : position + 5]
    path = tmp_path / "file"
    path.write_bytes(content)
    reading = read(Piece(str(path)))
    assert reading.rows or reading.rejects or reading.ignored


@LAW
@given(
    magic=st.sampled_from([b"", b"{", b"[", b"Obj\x01", b"PAR1", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"\xff\xfe"]),
    noise=st.binary(max_size=200),
)
def test_random_bytes_make_reading_not_fail(tmp_path: Path, magic: bytes, noise: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(magic + noise)
    reading = read(Piece(str(path)))
    assert reading.rows == []
    assert reading.rejects or reading.ignored
