"""A real cluster on this machine: a driver and two executors, each a process of its own, with Python workers."""

import gc
import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aoai_insights.config import Config, load_config
from aoai_insights.resources import resource_root

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NOW = datetime(2026, 11, 3, tzinfo=UTC)
_MISSING = (
    "no pyspark here: pip install -r requirements/spark.lock" if find_spec("pyspark") is None
    else "no Java here: apt-get install openjdk-17-jre-headless" if shutil.which("java") is None
    else ""
)  # fmt: skip

_CHEAP_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData"
_SETTINGS = {
    # Jobs of seconds: what makes long ones fast costs more here than it saves.
    "spark.driver.extraJavaOptions": _CHEAP_START,
    "spark.executor.extraJavaOptions": _CHEAP_START,
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.executor.memory": "1g",
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.session.timeZone": "Asia/Kolkata",  # figures are UTC wherever a cluster thinks it is
    # What is on disk can be read by the test that looks for prompts:
    "spark.cleaner.referenceTracking": "false",
    "spark.shuffle.compress": "false",
    "spark.shuffle.spill.compress": "false",
    "spark.broadcast.compress": "false",
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
    "spark.sql.parquet.compression.codec": "uncompressed",
}


@pytest.fixture(scope="session")
def spark_dirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spark-local")


@pytest.fixture(scope="session")
def session(spark_dirs: Path) -> Iterator["SparkSession"]:
    if _MISSING:
        pytest.skip(_MISSING)
    import pyspark
    from pyspark.sql import SparkSession

    os.environ["SPARK_HOME"] = str(Path(pyspark.__file__).parent)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))
    builder = SparkSession.builder.master("local-cluster[2,1,2048]").appName("aoai-insights tests")
    for key, value in {**_SETTINGS, "spark.local.dir": str(spark_dirs)}.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    work = Path(os.environ["SPARK_HOME"]) / "work" / spark.sparkContext.applicationId
    yield spark
    gateway = spark.sparkContext._gateway
    spark.stop()
    gateway.shutdown()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Spark's client leaves its sockets to the collector
        gc.collect()
    shutil.rmtree(work, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"))


@pytest.fixture(scope="session")
def config() -> Config:
    return load_config(resource_root("fixtures") / "aoai-insights.toml")
