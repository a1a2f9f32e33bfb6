"""Every figure of a chargeback can be taken apart, and its parts sum to it exactly."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from aoai_insights.config import load_config
from aoai_insights.config.unit_prices import config_prices
from aoai_insights.errors import UsageError
from aoai_insights.pipeline.explain import compute_explanation
from aoai_insights.pipeline.figures import compute_chargeback
from aoai_insights.sources.prices import shipped_book

from ..cli.conftest import CONFIG, Run, run
from ..cli.conftest import ask as ask
from ..cli.conftest import tenant_store as tenant_store
from .tenant import APPS, NOW, OCTOBER, PTU, call, fill, write_config

AT = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize("by", ["app,cost_center", "model,region", "day", "app,model,deployment"])
def test_the_lines_and_the_requests_of_every_row_sum_to_it(tenant_store: Path, by: str) -> None:
    config = load_config(CONFIG)
    prices = [*config_prices(config), *shipped_book()]
    rows = compute_chargeback(tenant_store, config, OCTOBER, by.split(","), now=AT, prices=prices).rows
    for row in rows[:: max(1, len(rows) // 6)]:
        found = compute_explanation(tenant_store, config, OCTOBER, row.key, calls=True, now=AT, prices=prices)
        assert found.cost == row.cost
        assert sum((line.amount for line in found.lines), Decimal(0)) == row.cost
        assert sum((call["cost"] or Decimal(0) for call in found.calls), Decimal(0)) == row.cost
        assert len(found.calls) == row.requests
        assert sum(rule.requests for rule in found.allocated) == row.requests
        for line in found.lines:
            if line.price is not None and line.per is not None:
                assert line.amount == line.price * line.tokens / line.per


def test_a_mixed_month_with_ptus_shared_cost_and_euros_sums_too(tmp_path: Path) -> None:
    text = 'currency = "EUR"\n' + APPS + PTU + (
        '[[shared_costs]]\nname = "gateway"\namount = "310"\nrule = "even"\n'
        '[[fx]]\nfrom = "USD"\nto = "EUR"\nrate = "0.9"\neffective_from = 2026-10-01\nsource = "ECB"\n'
    )  # fmt: skip
    config = load_config(write_config(tmp_path, text))
    calls = [call("2026-10-05T10:05", "a", 1_000, 100), call("2026-10-05T10:05", "a", 1_000_000, 0, spilled_over=True)]
    store = fill(tmp_path, calls)
    found = compute_explanation(store, config, OCTOBER, {"app": "a"}, calls=False, now=NOW, prices=list(shipped_book()))
    amounts = {(line.kind, line.token_class): line.amount for line in found.lines}
    assert amounts == {
        ("tokens", "input"): Decimal("2.475"),
        ("tokens", "all tokens"): Decimal(0),
        ("provisioned", "PTU-hours of res-a/chat"): Decimal("36828"),
        ("shared", "(shared: gateway)"): Decimal(155),
    }
    assert found.cost == Decimal("36985.475")
    assert found.lines[0].fx_source == "ECB"
    assert len(found.rules) == 3


NAMES = ["nobody", "it's", "' OR true --", "{0}", "%"]


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_that_does_not_exist_is_an_error_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    store, config = fill(tmp_path, [call("2026-10-05T10:05", "a", 1, 1)]), load_config(write_config(tmp_path, APPS))
    with pytest.raises(UsageError, match="there is no figure"):
        compute_explanation(store, config, OCTOBER, {"app": name}, calls=True, now=NOW, prices=[])


def test_the_command_names_meter_date_source_rule_and_rounding(ask: Run) -> None:
    ran = ask("explain", "--month", "2026-10", "--app", "report-writer", "--model", "gpt-4o")
    assert ran.code == 4  # a missing day and an unpriced model are part of the tenant
    words = " ".join(ran.text.split())
    for said in ("gpt 4o 1120", "2024-12-01", "Azure Retail Prices API, read 2026-08-11", "entry 3 of [[apps]]",
                 'header = "x-app-id", value = "report-writer"', "Exact: 3.6453325 USD", "largest remainder"):  # fmt: skip
        assert said in words, said
    assert max(map(len, ran.text.splitlines())) <= 80


def test_the_command_lists_requests_in_every_format(ask: Run) -> None:
    words = ("explain", "--month", "2026-10", "--app", "claims-triage", "--requests")
    payload = json.loads(ask(*words, "-f", "json").out)
    assert payload["schema"] == "aoai-insights/explain/1"
    assert len(payload["calls"]) == payload["requests"] == 29
    assert any(line["kind"] == "unpriced" and "contoso-experimental-1" in line["why"] for line in payload["rows"])
    lines = ask(*words, "-f", "csv").text.splitlines()
    assert len(lines) == 30
    assert lines[0].startswith("started_at,service,correlation_id")
    assert "29 requests" in ask(*words, "-f", "markdown").text


def test_no_such_figure_exits_with_2(tenant_store: Path) -> None:
    ran = run("explain", "--month", "2026-10", "--day", "2026-09-01", "--store", tenant_store, "--config", CONFIG)
    assert (ran.code, ran.out) == (2, b"")


def test_cost_beside_tokens_says_which_part_of_the_whole_it_is(tmp_path: Path) -> None:
    shared = '[[shared_costs]]\nname = "gateway"\namount = "310.00"\nrule = "even"\n'
    calls = [call("2026-10-05T10:00", "a", 3000, 0), call("2026-10-05T10:00", "b", 1000, 0)]
    store = fill(tmp_path, calls)
    config = write_config(tmp_path, APPS + PTU + shared)
    ran = run("explain", "--month", "2026-10", "--app", "b", "--requests", "--store", store, "--config", config)
    words = " ".join(ran.text.split())
    assert "PTU-hours of res-a/chat 0 25.00% of 40,920.00" in words
    assert "(shared: gateway) 0 50.00% of 310.00" in words
    # a terminal has room for when, which, how many and how much; no column is cut
    requests = ran.text[ran.text.index("1 request") :]
    assert max(map(len, requests.splitlines())) <= 80
    assert str(calls[1]["correlation_id"]) in requests
    assert "10-05 10:00:00" in requests
