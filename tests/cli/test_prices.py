"""The price commands as processes: a list, a check, a diff, a price sheet that changes a bill, and a refresh."""

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.pricing.build import item
from tests.pricing.test_price_sheets import line, sheet
from tests.pricing.test_refresh import page

from .conftest import Run, run


@pytest.fixture
def contoso(tmp_path: Path) -> Path:
    folder = tmp_path / "contoso"
    assert run("demo", "--keep", folder, "-o", tmp_path / "r.html").code == 0
    return folder


@pytest.fixture
def price_list() -> Iterator[Any]:
    """A server that answers as the Azure Retail Prices API does: the old service has no rows."""

    class Handler(BaseHTTPRequestHandler):
        items: list[dict[str, Any]] = []  # noqa: RUF012

        def do_GET(self) -> None:
            body = page(self.items if "Foundry" in self.path else [])
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Handler, f"http://127.0.0.1:{server.server_address[1]}/api"
    server.shutdown()
    thread.join()
    server.server_close()


def cost_of(folder: Path, model: str) -> Decimal:
    payload = json.loads(run("chargeback", "--month", "2026-10", "--by", "model", "-f", "json", cwd=folder).out)
    return Decimal(next(row["cost"] for row in payload["rows"] if row["model"] == model))


def test_every_listed_price_says_who_says_so() -> None:
    rows = json.loads(run("prices", "list", "--model", "gpt-4o*", "--day", "2026-10-01", "-f", "json").out)["rows"]
    assert len(rows) > 20
    assert all(row["source"] and row["effective_from"] and Decimal(row["price"]) > 0 for row in rows)
    assert all(row["effective_to"] is None or row["effective_to"] >= "2026-10-01" for row in rows)


def test_check_names_what_has_no_price_and_exits_with_4(ask: Run) -> None:
    checked = ask("prices", "check", "--month", "2026-10", "-f", "json")
    assert checked.code == 4
    findings = json.loads(checked.out)["rows"]
    assert {row["model"] for row in findings if row["kind"] == "missing"} == {"contoso-experimental-1"}


def test_diff_shows_a_price_cut_with_both_prices() -> None:
    rows = json.loads(run("prices", "diff", "2026-08-31", "2026-09-01", "--model", "gpt-5.6-sol", "-f", "json").out)[
        "rows"
    ]
    plain = next(row for row in rows if (row["scope"], row["what"]) == ("global", "input"))
    assert (plain["old"], plain["new"]) == ("USD 5", "USD 4")


def test_a_price_sheet_changes_the_bill_and_only_for_its_meter(contoso: Path, tmp_path: Path) -> None:
    before, other = cost_of(contoso, "gpt-4o"), cost_of(contoso, "gpt-5-mini")
    lines = [line(meter=f"gpt-4o-1120-{what}-glbl Tokens", price=price, end="2026-12-31")
             for what, price in (("Inp", "0.00125"), ("Outp", "0.005"), ("cached Inp", "0.000625"))]  # fmt: skip
    lines[2] = line(meter="gpt 4o 1120 cached Inp glbl Tokens", price="0.000625", end="2026-12-31")
    lines += [text.replace("SE Central", "US East 2") for text in lines]
    file = sheet(tmp_path, *lines)
    tried = run("prices", "import", file, "--dry-run", cwd=contoso)
    assert (tried.code, cost_of(contoso, "gpt-4o")) == (0, before), tried.err
    assert run("prices", "import", file, cwd=contoso).code == 0
    assert cost_of(contoso, "gpt-4o") * 2 == before
    assert cost_of(contoso, "gpt-5-mini") == other


def test_a_refresh_appends_and_names_the_months_it_touches(contoso: Path, price_list: Any) -> None:
    handler, url = price_list
    handler.items = [
        item(
            "gpt-4o-1120-Inp-glbl Tokens",
            "0.003",
            armRegionName=region,
            meterId=f"m-{region}",
            effectiveStartDate="2026-10-15T00:00:00Z",
        )
        for region in ("swedencentral", "eastus2")
    ]
    tried = run("prices", "refresh", "--endpoint", url, "--dry-run", cwd=contoso)
    assert (tried.code, (contoso / "retail-prices.csv.gz").exists()) == (0, False), tried.err
    done = run("prices", "refresh", "--endpoint", url, cwd=contoso)
    assert done.code == 0, done.err
    assert "2026-10" in done.err
    before, after = (
        json.loads(run("prices", "list", "--model", "gpt-4o", "--version", "2024-11-20", "--scope", "global", "--region", "eastus2",
                       "--tier", "standard", "--day", day, "-f", "json", cwd=contoso).out)["rows"]
        for day in ("2026-10-14", "2026-10-15")
    )  # fmt: skip
    assert {row["source"] for row in before} == {"book"}
    assert "retail" in {row["source"] for row in after}


def test_an_empty_price_list_is_an_error_and_writes_nothing(contoso: Path, price_list: Any) -> None:
    _, url = price_list
    ran = run("prices", "refresh", "--endpoint", url, cwd=contoso)
    assert ran.code == 3
    assert ran.err.startswith("aoai-insights: error: ")
    assert not (contoso / "retail-prices.csv.gz").exists()
