"""Opening: every migration once, an older store is brought up to date, a newer one is refused."""

import re
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from aoai_insights.errors import UsageError
from aoai_insights.store import connect


def applied(path: Path) -> list[int]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return [row[0] for row in connection.execute("SELECT number FROM migrations ORDER BY number").fetchall()]


def test_a_new_store_has_every_migration_once(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "s.duckdb"
    for _ in range(2):
        with connect.open_for_writing(path):
            pass
    numbers = applied(path)
    assert numbers == sorted(set(numbers))
    assert {1, 2} <= set(numbers)


def test_a_migration_that_a_store_lacks_is_applied_whatever_its_number(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    folder = Path(connect.__file__).parent / "migrations"
    early = folder / "0030_deliveries.sql"
    tables = re.findall(r"CREATE TABLE (\w+)", early.read_text())
    with connect.open_for_writing(path) as connection:
        connection.execute("DELETE FROM migrations WHERE number = ?", [int(early.name[:4])])
        for table in tables:
            connection.execute(f"DROP TABLE {table}")
    with connect.open_for_reading(path) as connection:
        assert connection.execute(f"SELECT count(*) FROM {tables[0]}").fetchall() == [(0,)]
    assert applied(path) == sorted(int(file.name[:4]) for file in folder.glob("*.sql"))


def test_days_to_be_joined_again_are_all_their_hours_since(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    with connect.open_for_writing(path):
        pass
    with duckdb.connect(str(path)) as connection:
        connection.execute("DELETE FROM migrations WHERE number = 50")
        connection.execute("DROP TABLE touched_hours")
        connection.execute("CREATE TABLE touched_days AS SELECT DATE '2026-10-02' AS day UNION ALL SELECT NULL")
    with suppress(KeyError), connect.open_for_writing(path) as connection:
        hours = [hour for (hour,) in connection.execute("SELECT hour FROM touched_hours ORDER BY 1 NULLS FIRST").fetchall()]
        raise KeyError("before they are joined")
    assert [hour and (hour.day, hour.hour) for hour in hours] == [None, *((2, hour) for hour in range(24))]


def test_a_store_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    with connect.open_for_writing(path) as connection:
        connection.execute("INSERT INTO migrations VALUES (9999, NULL)")
    for opening in (connect.open_for_reading, connect.open_for_writing):
        with pytest.raises(UsageError, match="newer release"), opening(path):
            pass


def test_a_store_whose_tables_another_build_made_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    with connect.open_for_writing(path) as connection:
        connection.execute("UPDATE migrations SET fingerprint = 'another' WHERE number = 2")
    for opening in (connect.open_for_reading, connect.open_for_writing):
        with pytest.raises(UsageError, match="another build of this release"), opening(path):
            pass


def test_a_store_of_a_build_that_kept_no_fingerprints_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    with connect.open_for_writing(path) as connection:
        connection.execute("ALTER TABLE migrations DROP COLUMN fingerprint")
    with pytest.raises(UsageError, match="fill a new store"), connect.open_for_reading(path):
        pass


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    with connect.open_for_writing(path):
        pass
    with connect.open_for_reading(path) as connection, pytest.raises(duckdb.InvalidInputException):
        connection.execute("DELETE FROM gateway")
