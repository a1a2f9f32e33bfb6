"""Which files are read, and how they are cut."""

from pathlib import Path

import pytest

from aoai_insights.errors import UsageError
from aoai_insights.sources import Piece, find_pieces

from .records import GATEWAY, json_lines, read

LINE = json_lines(GATEWAY)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (
        "b/y=2026/m=10/d=02/h=06/m=00/PT1H.json",
        "b/y=2026/m=10/d=02/h=05/m=00/PT1H.json.gz",
        "a/capture.avro",
        "a/export.csv",
        "a/extensionless",
        "a/README.md",
        "a/notes.txt",
        "a/readme.json",
        "a/.hidden.json",
        "a/.git/config.json",
        "a/.PT1H.json.gz",
        "aoai-insights.toml",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(LINE)
    return tmp_path


def names(pieces: list[Piece], root: Path) -> list[str]:
    return [str(Path(piece.path).relative_to(root)) for piece in pieces]


def test_a_tree_gives_its_logs_sorted_and_leaves_out_the_rest(tree: Path) -> None:
    assert names(find_pieces([tree]), tree) == [
        "a/capture.avro",
        "a/export.csv",
        "a/extensionless",
        "b/y=2026/m=10/d=02/h=05/m=00/PT1H.json.gz",
        "b/y=2026/m=10/d=02/h=06/m=00/PT1H.json",
    ]


def test_a_file_that_is_named_is_read_whatever_its_name(tree: Path) -> None:
    hidden, notes = tree / "a/.hidden.json", tree / "a/notes.txt"
    assert names(find_pieces([notes, hidden]), tree) == ["a/.hidden.json", "a/notes.txt"]


def test_a_file_is_read_once_however_often_it_is_named(tree: Path) -> None:
    link = tree / "link.json"
    link.symlink_to(tree / "a/export.csv")
    assert len(find_pieces([tree, tree / "a", tree / "a/export.csv", link])) == 5


def test_a_path_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.json"):
        find_pieces([tmp_path / "gone.json"])


def test_only_plain_json_lines_are_cut(tmp_path: Path) -> None:
    contents = {
        "array.json": b"[\n" + b",\n".join([LINE.rstrip()] * 20) + b"\n]",
        "lines.json": LINE * 20,
        "table.csv": b"CorrelationId,Category\n" * 2000,
        "zipped.json.gz": b"\x1f\x8b" + LINE * 20,
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    pieces = find_pieces([tmp_path], piece_bytes=len(LINE) * 8)
    assert [(Path(piece.path).name, piece.start, piece.end) for piece in pieces] == [
        ("array.json", 0, None),
        ("lines.json", 0, len(LINE) * 8),
        ("lines.json", len(LINE) * 8, len(LINE) * 16),
        ("lines.json", len(LINE) * 16, None),
        ("table.csv", 0, None),
        ("zipped.json.gz", 0, None),
    ]
    assert [len(read(piece).gateway) for piece in pieces if Path(piece.path).name == "lines.json"] == [8, 8, 4]


def test_a_line_belongs_to_the_range_in_which_it_starts(tmp_path: Path) -> None:
    path = tmp_path / "PT1H.json"
    path.write_bytes(LINE * 3)
    owned = [
        len(read(Piece(str(path), start, end)).gateway)
        for start, end in ((0, 1), (0, len(LINE)), (1, len(LINE)), (1, len(LINE) + 1), (len(LINE), len(LINE) * 9))
    ]
    assert owned == [1, 1, 0, 1, 2]
