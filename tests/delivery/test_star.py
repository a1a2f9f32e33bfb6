"""The star schema: its keys join, its sums are the chargeback's."""

import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from aoai_insights.pipeline.star import key
from tests.cli.conftest import CONFIG, run

DIMENSIONS = ("app", "model", "region", "deployment", "token_source")


@pytest.fixture(scope="module")
def star(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    folder = tmp_path_factory.mktemp("star")
    done = run("export", "parquet", folder, "--month", "2026-10", "--store", filled, "--config", CONFIG)
    assert done.code == 4, done.err
    return {path.stem: pl.read_parquet(path) for path in folder.glob("*.parquet")}


def test_there_is_one_fact_table_and_its_dimensions(star: dict[str, pl.DataFrame]) -> None:
    assert set(star) == {"fact_usage", "dim_date", *(f"dim_{name}" for name in DIMENSIONS)}


@pytest.mark.parametrize("name", DIMENSIONS)
def test_every_fact_finds_exactly_one_row(star: dict[str, pl.DataFrame], name: str) -> None:
    dimension = star[f"dim_{name}"]
    assert dimension[f"{name}_key"].is_unique().all()
    joined = star["fact_usage"].join(dimension, on=f"{name}_key", how="inner")
    assert joined.height == star["fact_usage"].height


def test_the_calendar_has_no_holes(star: dict[str, pl.DataFrame]) -> None:
    days = star["dim_date"]["date"]
    assert days.is_unique().all()
    assert (days.diff().drop_nulls().dt.total_days() == 1).all()
    assert star["fact_usage"]["date"].is_in(days.to_list()).all()


def test_sums_are_those_of_the_chargeback(star: dict[str, pl.DataFrame], filled: Path) -> None:
    words = ("chargeback", "--month", "2026-10", "--by", "app", "-f", "json", "--store", filled, "--config", CONFIG)
    told = {row["app"]: row for row in json.loads(run(*words).out)["rows"]}
    by_app = (
        star["fact_usage"]
        .join(star["dim_app"], on="app_key")
        .group_by("app")
        .agg(pl.col("requests", "prompt_tokens", "cost").sum())
    )
    assert set(by_app["app"]) == set(told)
    for row in by_app.iter_rows(named=True):
        assert row["requests"] == told[row["app"]]["requests"]
        assert row["prompt_tokens"] == told[row["app"]]["prompt_tokens"]
        assert abs(row["cost"] - Decimal(told[row["app"]]["cost"])) < Decimal("1e-12")


def test_keys_are_the_same_in_every_export_and_differ_by_dimension() -> None:
    assert key("app", ("support-bot", "CC-1001")) == key("app", ("support-bot", "CC-1001"))
    assert key("app", ("ab", "c")) != key("app", ("a", "bc"))
    assert key("region", ("x",)) != key("model", ("x",))
