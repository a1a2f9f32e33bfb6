"""What every command prints, where, and with which exit code."""

import json
import subprocess
import sys
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from .conftest import CONFIG, PROGRAM, TENANT, Run, run

HOSTILE = '=HYPERLINK("http://evil.example","<img src=x onerror=alert(1)>")'
SENTINEL = b"azure heron"


class Tags(HTMLParser):
    """The tags and attribute names that a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_help_and_version_import_nothing_heavy() -> None:
    heavy = (
        "duckdb",
        "pyarrow",
        "polars",
        "tiktoken",
        "jinja2",
        "rich",
        "azure",
        "msgspec",
        "orjson",
        "fastavro",
        "numpy",
    )
    script = (
        "import sys\nfrom aoai_insights.cli import main\nmain([sys.argv[1]])\n"
        f"loaded = [m for m in {heavy!r} if m in sys.modules]\nassert not loaded, loaded\n"
        "print('modules', len(sys.modules))"
    )
    for flag in ("--help", "--version"):
        done = subprocess.run([sys.executable, "-c", script, flag], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert int(done.stdout.rsplit(maxsplit=1)[1]) < 300, "an import has crept into the start"


@pytest.mark.parametrize("chosen", ["table", "json", "csv", "markdown", "html", "parquet"])
@pytest.mark.parametrize("command", ["chargeback", "latency", "quality"])
def test_a_file_and_a_pipe_get_the_same_bytes(ask: Run, tmp_path: Path, command: str, chosen: str) -> None:
    target = tmp_path / "out"
    printed = ask(command, "--month", "2026-10", "-f", chosen)
    assert ask(command, "--month", "2026-10", "-f", chosen, "-o", target).out == b""
    assert target.read_bytes() == printed.out
    assert printed.out


def test_a_table_fits_80_columns_and_holds_nothing_that_a_terminal_obeys(ask: Run) -> None:
    for command in ("chargeback", "latency", "quality"):
        text = ask(command, "--month", "2026-10").text
        assert max(len(line) for line in text.splitlines()) <= 80, command
        assert all(c.isprintable() or c == "\n" for c in text), command


def test_what_is_shown_adds_up_to_the_shown_total(ask: Run) -> None:
    lines = ask("chargeback", "--month", "2026-10", "--by", "model", "-f", "markdown").text.splitlines()
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("| ") and "---" not in line
    ]
    column = cells[0].index("Cost USD")
    shown = {row[0]: row[column] for row in cells[1:]}
    total = shown.pop("Total")
    assert shown.pop("contoso-experimental-1") == "–"  # without a price there is no amount, not one of 0
    assert sum((Decimal(amount) for amount in shown.values()), Decimal(0)) == Decimal(total)
    assert len(shown) > 5


def test_a_hostile_name_stays_a_name_in_every_format(ask: Run) -> None:
    def printed(chosen: str) -> str:
        return ask("chargeback", "--month", "2026-10", "-f", chosen).text

    rows = printed("csv").splitlines()
    assert not any(line.startswith(('"=', "=")) for line in rows)
    assert any(line.startswith("\"'=HYPERLINK") for line in rows)
    assert json.loads(printed("json"))["rows"]
    assert HOSTILE in {row["app"] for row in json.loads(printed("json"))["rows"]}
    page = Tags(printed("html"))
    assert not page.seen & {"img", "script", "iframe"}
    assert "onerror" not in page.attributes
    assert "<img" not in printed("markdown")


def test_parquet_has_types(ask: Run, tmp_path: Path) -> None:
    target = tmp_path / "c.parquet"
    ask("chargeback", "--month", "2026-10", "-f", "parquet", "-o", target)
    schema = pq.read_schema(target)
    assert str(schema.field("cost").type).startswith("decimal128")
    assert str(schema.field("prompt_tokens").type) == "int64"


def test_the_report_is_one_page_that_loads_nothing_and_runs_nothing(ask: Run, tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    assert ask("report", "--month", "2026-10", "-o", target).code == 4
    page = target.read_text(encoding="utf-8")
    tags = Tags(page)
    assert not tags.seen & {"script", "img", "iframe", "link", "object"}
    assert not {name for name in tags.attributes if name.startswith("on")} | (tags.attributes & {"src"})
    assert "8.10" in page
    assert "18 October 2026" in page


@pytest.mark.parametrize("form", ["json", "csv", "parquet", "markdown"])
def test_sql_shows_ids_and_times(ask: Run, tmp_path: Path, tenant_store: Path, form: str) -> None:
    question = "select max(correlation_id) as id, max(started_at) - min(started_at) as took, max(started_at) as last from gateway"
    with duckdb.connect(str(tenant_store), read_only=True) as connection:
        ((id_, took, last),) = connection.execute(question).fetchall()
    asked = ask("sql", question, "-f", form, "-o", str(tmp_path / "out"))
    assert (asked.code, asked.err) == (0, "")
    if form == "parquet":
        (row,) = pq.read_table(tmp_path / "out").to_pylist()
        assert row == {"id": str(id_), "took": str(took), "last": last.isoformat()}
    else:
        shown = (tmp_path / "out").read_text().replace("\\", "")
        assert all(str(one) in shown for one in (id_, took, last.date()))


def test_sql_reads_and_cannot_write_or_read_other_files(ask: Run) -> None:
    counted = ask(
        "sql", "select count(*) as calls from requests where day >= '2026-10-01' and day < '2026-11-01'", "-f", "json"
    )
    assert json.loads(counted.out)["rows"] == [{"calls": 257}]
    for query in ("delete from gateway", f"select * from read_text('{CONFIG}')", "select 1; select 2", "copy gateway to 'x.csv'",
                  "set enable_external_access = true", "select nonsense from"):  # fmt: skip
        refused = ask("sql", query)
        assert refused.code == 2, query
        assert refused.err.startswith("aoai-insights: error: "), refused.err
        assert refused.err.count("\n") == 1


def test_demo_prints_both_tables_and_says_where_the_report_is(tmp_path: Path) -> None:
    ran = run("demo", cwd=tmp_path)
    assert ran.code == 0, ran.err
    assert "support-bot" in ran.text
    assert "swedencentral" in ran.text
    assert str(tmp_path / "aoai-insights-demo.html") in ran.err
    assert (tmp_path / "aoai-insights-demo.html").stat().st_size > 20_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["aoai-insights-demo.html"]


def test_init_writes_a_config_once(tmp_path: Path) -> None:
    assert run("init", cwd=tmp_path).code == 0
    again = run("init", cwd=tmp_path)
    assert (again.code, "exists" in again.err) == (2, True)
    schema = json.loads(run("init", "--schema", cwd=tmp_path).out)
    assert "aoai_insights" not in json.dumps(schema).lower() or schema["$schema"]


ERRORS = [
    pytest.param(["chargeback", "--month", "2026-10", "--last", "7d"], 2, "name two periods", id="two periods"),
    pytest.param(["chargeback", "--by", "app,app"], 2, "names no column or one twice", id="a column twice"),
    pytest.param(["chargeback", "--by", "modle"], 2, 'did you mean "model"?', id="a column misspelt"),
    pytest.param(["chargeback", "-f", "xml"], 2, "xml", id="a format"),
    pytest.param(["chargeback", "--store", "none.duckdb"], 2, "no store at none.duckdb", id="no store"),
    pytest.param(["chargeback", "--config", "none.toml"], 2, "no config file at none.toml", id="no config"),
    pytest.param(["chargeback", "--store", "folder"], 2, "folder is no file", id="a store that is a folder"),
    pytest.param(["chargeback", "--store", "rows.csv"], 2, "rows.csv is not a store", id="a store that is a CSV file"),
    pytest.param(
        ["ingest", "--from", "rows.csv", "--store", "rows.csv/s.duckdb"], 2, "cannot be made", id="a store in a file"
    ),
    pytest.param(["chargeback", "--store", "text.duckdb"], 2, "text.duckdb is not a store", id="a store that is none"),
    pytest.param(["chargeback", "--store", "other.duckdb"], 2, "of something else", id="a database of something else"),
    pytest.param(["ingest", "--from", "nowhere"], 2, "nowhere", id="a path that does not exist"),
    pytest.param(["latency", "-z", "Mars/Olympus"], 2, "is no time zone", id="a time zone"),
    pytest.param(["nonsense"], 2, "No such command", id="a command"),
]


@pytest.mark.parametrize(("words", "code", "said"), ERRORS)
def test_an_error_is_one_line_with_the_value_and_the_remedy(
    tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    (tmp_path / "text.duckdb").write_text("not a database at all, only words " * 200)
    duckdb.connect(str(tmp_path / "other.duckdb")).execute("CREATE TABLE t (i INTEGER)").close()
    ran = run(*words, cwd=tmp_path)
    assert (ran.code, ran.out) == (code, b"")
    assert ran.err.startswith("aoai-insights: error: ")
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_month_without_data_is_printed_and_incomplete(ask: Run) -> None:
    ran = ask("chargeback", "--month", "2025-02", "-f", "json")
    assert (ran.code, json.loads(ran.out)["rows"]) == (4, [])
    assert "28 days without any record" in ran.err


def test_a_reader_that_has_seen_enough_is_no_error(tenant_store: Path) -> None:
    words = [*PROGRAM, "sql", "select range from range(200000)", "--store", str(tenant_store), "-f", "csv"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_no_prompt_text_and_no_secret_is_at_rest_or_said(tmp_path: Path) -> None:
    store, rejects = tmp_path / "s.duckdb", tmp_path / "rejects.jsonl"
    ran = run("ingest", "--from", TENANT / "logs", "--store", store, "--config", CONFIG, "--rejects", rejects)
    assert ran.code == 0
    logs = b"".join(path.read_bytes() for path in (TENANT / "logs").rglob("*.json"))
    assert SENTINEL in logs
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert SENTINEL not in content, path
        assert b"Bearer" not in content, path
    assert SENTINEL not in ran.out + ran.err.encode()
    assert len(rejects.read_text().splitlines()) == 2
