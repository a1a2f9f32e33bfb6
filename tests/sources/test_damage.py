"""Bad input never stops a run: it is counted, and nothing that people wrote is kept of it."""

import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import fastavro
import orjson
import pytest
import zstandard

from aoai_insights.sources import Piece

from .conftest import ReadBytes
from .records import AOAI, GATEWAY, LLM, changed, json_lines, read
from .shapes import AOAI_COLUMNS, CAPTURE, GATEWAY_COLUMNS, LLM_COLUMNS, as_capture, as_csv, as_parquet

Pack = Callable[[bytes], bytes]
LINE = json_lines(GATEWAY)
RANDOM = Random(7)
"""For ids that no compressor shortens, so that damage falls where it is meant to."""


@pytest.mark.parametrize(
    ("content", "rows", "lines"),
    [
        pytest.param(LINE + LINE[:100], 1, [2], id="a half-written last line"),
        pytest.param(LINE[:100], 0, [1], id="nothing but a half-written line"),
        pytest.param(LINE[:100] + b"\n" + LINE, 1, [1], id="a half-written first line"),
        pytest.param(LINE[:101] + b"\n" + LINE + LINE, 2, [1], id="the same at another place"),
        pytest.param(LINE[: LINE.index(b"azure")] + b"one,\n" + LINE, 1, [1], id="broken off at a comma of a prompt"),
        pytest.param(LINE[100:] + LINE, 1, [1], id="a line without its beginning"),
        pytest.param(LINE + b"@@ corrupt @@\n" + LINE, 2, [2], id="a corrupt line"),
        pytest.param(LINE + LINE.replace(b"heron", b"h\xff\xfen") + LINE, 2, [2], id="a line that is not UTF-8"),
        pytest.param(LINE + b"\0\0\0\0\n" + LINE, 2, [2], id="a hole"),
        pytest.param(LINE + b'{"pets": 3}\n' + LINE, 2, [2], id="a foreign record"),
        pytest.param(LINE + b'7\n"x"\nnull\n[1]\n' + LINE, 2, [2, 3, 4, 5], id="JSON that is no record"),
        pytest.param(LINE + b"[" * 5000 + b"\n" + LINE, 2, [2], id="a deep nest"),
        pytest.param(LINE + b"[" * 900 + b"]" * 900 + b"\n" + LINE, 2, [2], id="a deep nest that closes"),
        pytest.param(b'{"records": 5}\n' + LINE, 1, [1], id="records that are none"),
        pytest.param(b'{"tables": [{"rows": 1}]}\n' + LINE, 1, [1], id="a table that is none"),
        pytest.param(
            b'{"tables": [{"columns": [{"name": "a"}], "rows": [[1, 2]]}]}\n' + LINE, 1, [1], id="a wrong row"
        ),
        pytest.param(LINE.rstrip() + b" " + LINE + LINE, 3, [], id="two records on a line"),
        pytest.param(LINE.rstrip() + LINE[:90] + b"\n" + LINE, 1, [1], id="a record and half of one on a line"),
        pytest.param(b"[" + LINE + b"," + LINE[:100], 1, [2], id="an array that breaks off"),
        pytest.param(b'{"records":[' + LINE + b"," + LINE[:100], 1, [2], id="a batch that breaks off"),
        pytest.param(b"[\n" + LINE + b"]]", 1, [3], id="a bracket too many"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0", 0, [1], id="a picture"),
        pytest.param(b"Dear all,\nplease find\n", 0, [1], id="a letter"),
        pytest.param(b"\xff\xfe{\0" + b"\0\xd8" * 3, 0, [1], id="UTF-16 that is none"),
        pytest.param(b"name,shoe size\nazure,44\n", 0, [1], id="a table without columns of a log"),
    ],
)
def test_damaged_text(read_bytes: ReadBytes, content: bytes, rows: int, lines: list[int]) -> None:
    reading = read_bytes(content)
    assert len(reading.gateway) == rows
    assert [reject.line for reject in reading.rejects] == lines


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="no bytes"),
        pytest.param(b"\n \r\n", id="blank lines"),
        pytest.param(b"\xef\xbb\xbf", id="a byte order mark"),
        pytest.param(gzip.compress(b""), id="gzip of nothing"),
        pytest.param(zstandard.compress(b""), id="zstd of nothing"),
        pytest.param(b"[]", id="an empty array"),
        pytest.param(b'{"records":[]}', id="an empty batch"),
        pytest.param(as_capture(), id="a capture window without events"),
        pytest.param(as_csv(GATEWAY_COLUMNS).split(b"\n")[0], id="a CSV header alone"),
    ],
)
def test_an_empty_file_is_no_error(read_bytes: ReadBytes, content: bytes) -> None:
    reading = read_bytes(content)
    assert (reading.rows, reading.rejects, reading.ignored) == ([], [], {"empty file": 1})


def many(count: int = 400) -> bytes:
    return json_lines(*[changed(GATEWAY, {"correlationId": RANDOM.randbytes(16).hex()}) for _ in range(count)])


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
@pytest.mark.parametrize("kept", [0.3, 0.7, 0.99])
def test_a_truncated_archive_keeps_the_records_before_its_end(read_bytes: ReadBytes, pack: Pack, kept: float) -> None:
    packed = pack(many(4000))
    reading = read_bytes(packed[: int(len(packed) * kept)])
    assert 4000 * kept * 0.4 < len(reading.gateway) < 4000
    assert len(reading.rejects) == 1
    assert reading.rejects[0].line == len(reading.gateway) + 1


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_corrupt_archive_keeps_the_records_before_the_damage(read_bytes: ReadBytes, pack: Pack) -> None:
    whole = pack(many(2000))
    reading = read_bytes(whole + whole[:200] + b"\xff" * 400)
    assert len(reading.gateway) >= 2000
    assert "the rest is not read" in reading.rejects[-1].reason


def test_a_corrupt_capture_keeps_the_events_before_the_damage(read_bytes: ReadBytes) -> None:
    whole = as_capture(*[LINE] * 20)
    reading = read_bytes(whole[: int(len(whole) * 0.7)])
    assert 5 < len(reading.gateway) < 20
    assert len(reading.rejects) == 1


def test_a_capture_of_something_else_is_refused_event_by_event(read_bytes: ReadBytes) -> None:
    reading = read_bytes(as_capture(b"hello", LINE, b'{"pets":1}'))
    assert (len(reading.gateway), [reject.line for reject in reading.rejects]) == (1, [1, 3])


def test_a_body_without_bytes_is_refused(read_bytes: ReadBytes) -> None:
    file = io.BytesIO()
    event = {"SequenceNumber": 1, "Offset": "1", "EnqueuedTimeUtc": "", "Body": None}
    fastavro.writer(file, CAPTURE, [event])
    assert len(read_bytes(file.getvalue()).rejects) == 1


@pytest.mark.parametrize("kept", [6, 200, -9, -4])
def test_a_truncated_parquet_file_is_one_reject(read_bytes: ReadBytes, kept: int) -> None:
    reading = read_bytes(as_parquet(AOAI_COLUMNS)[:kept])
    assert (reading.rows, len(reading.rejects)) == ([], 1)


@pytest.mark.parametrize(
    ("damage", "rows", "lines"),
    [
        pytest.param(lambda row: row + b"a,b\r\n" + row, 2, [3], id="a row with too few cells"),
        pytest.param(lambda row: row + b'"half', 1, [3], id="a half-written row"),
        pytest.param(lambda row: row + row.replace(b"heron", b"h\xff"), 1, [3], id="a row that is not UTF-8"),
        pytest.param(lambda row: row + b'"a"b,c\r\n' + row, 2, [3], id="a quote out of place"),
        pytest.param(lambda row: row + b"\r\n" + row, 2, [], id="an empty line"),
        pytest.param(lambda row: row + row.replace(b"6f1c0001", b"") + row, 3, [], id="an odd id is an id"),
    ],
)
def test_damaged_csv(read_bytes: ReadBytes, damage: Pack, rows: int, lines: list[int]) -> None:
    header, _, row = as_csv(GATEWAY_COLUMNS).partition(b"\r\n")
    reading = read_bytes(header + b"\r\n" + damage(row))
    assert len(reading.gateway) == rows
    assert [reject.line for reject in reading.rejects] == lines


def test_a_cell_may_hold_line_ends_and_a_long_message(read_bytes: ReadBytes) -> None:
    message = '[{"content": "' + "azure\n heron, " * 20_000 + '"}]'
    [row] = read_bytes(as_csv(LLM_COLUMNS | {"RequestMessages": message})).llm
    assert row["request_messages"] == message


def test_a_folder_or_a_file_that_went_away_is_one_reject(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone.json"):
        [reject] = read(Piece(str(path))).rejects
        assert (reject.path, reject.line) == (str(path), 0)


def test_a_file_without_permission_is_one_reject(tmp_path: Path) -> None:
    path = tmp_path / "PT1H.json"
    path.write_bytes(LINE)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    [reject] = read(Piece(str(path))).rejects
    assert (reject.line, reject.record) == (0, "{}")


PROMPT = "azure heron"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(LINE[:-40], id="a half-written record"),
        pytest.param(LINE[LINE.index(b"azure") :], id="a line that begins in a prompt"),
        pytest.param(json_lines(changed(GATEWAY, {"time": "x"})), id="a record without time"),
        pytest.param(json_lines(changed(LLM, {"correlationId": ...})), id="messages without an id"),
        pytest.param(json_lines(changed(GATEWAY, {"time": PROMPT, "correlationId": PROMPT})), id="text as a key field"),
        pytest.param(json_lines(changed(GATEWAY, {"category": PROMPT + "!"})), id="text as a category"),
        pytest.param(b'{"messages":[{"content":"azure heron"}], "azure heron": 1}\n', id="a foreign record"),
        pytest.param(b'say "time": "azure heron" and "category": "azure heron" \n', id="text that looks like fields"),
        pytest.param(b'"category" : "azure heron"\n{"azure heron\n', id="the same, after a brace"),
        pytest.param(as_csv(LLM_COLUMNS | {"CorrelationId": ""}), id="a CSV row"),
        pytest.param(as_csv(LLM_COLUMNS) + b"azure heron,azure heron\r\n", id="a short CSV row"),
        pytest.param(as_capture(b"azure heron"), id="an event"),
        pytest.param(orjson.dumps({"tables": [{"columns": [], "rows": [["azure heron"]]}]}), id="a query response"),
        pytest.param(orjson.dumps({"error": {"code": "azure heron"}}), id="an error code"),
        pytest.param(b"Dear all,\nazure heron\n", id="a letter"),
    ],
)
def test_no_reject_holds_what_people_wrote(read_bytes: ReadBytes, content: bytes) -> None:
    reading = read_bytes(content)
    assert reading.rejects
    assert "heron" not in repr(reading.rejects)
    assert "heron" not in repr(reading.ignored)


@pytest.mark.parametrize(
    "content", [LINE[:-40], json_lines(changed(GATEWAY, {"time": "2026-10-02 25:00:00"}))], ids=["half", "unreadable"]
)
def test_a_reject_can_be_found_again(read_bytes: ReadBytes, content: bytes) -> None:
    [reject] = read_bytes(content).rejects
    kept = orjson.loads(reject.record)
    assert (kept["category"], kept["correlationId"]) == ("GatewayLogs", GATEWAY["correlationId"])


def test_a_record_of_the_diagnostics_without_time_is_told_apart(read_bytes: ReadBytes) -> None:
    assert len(read_bytes(json_lines(changed(AOAI, {"time": ...}))).aoai) == 1
