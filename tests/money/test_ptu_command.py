"""aoai-insights ptu as a process: who pays, how full, what else it would cost, who overfilled it."""

import json
from pathlib import Path
from typing import Any

import pytest

from ..cli.conftest import Ran, run
from .tenant import APPS, PTU, call, fill, write_config

SPILLED = call("2026-10-05T10:30", "b", 1_000_000, 0, spilled_over=True)
# 10:00: a loads 3,000,000 of 50 x 2,500 x 60 = 7,500,000 an hour, b 1,000,000
CALLS = [call("2026-10-05T10:05", "a", 2_600_000, 100_000), call("2026-10-05T10:59", "b", 1_000_000, 0), SPILLED]


@pytest.fixture
def ask(tmp_path: Path) -> Any:
    store, config = fill(tmp_path, [*CALLS, *_other_days()]), write_config(tmp_path, APPS + PTU)

    def asked(*words: str) -> Ran:
        return run(*words, "--month", "2026-10", "--store", store, "--config", config)

    return asked


def _other_days() -> list[dict[str, Any]]:
    """A call that failed on every other day, so that no day is missing."""
    failed = {"status_code": 500, "backend_status_code": 500, "body_source": None, "body_model": None}
    return [call(f"2026-10-{day:02}T00:00", "a", 0, 0, **failed) for day in range(1, 32) if day != 5]


def test_what_a_deployment_is_worth(ask: Any) -> None:
    ran = ask("ptu", "-f", "json")
    assert ran.code == 0, ran.err
    payload = json.loads(ran.out)
    (item,) = payload["deployments"]
    assert item["cost"] == "40920"
    assert item["hours"] == "744"
    assert item["utilisation"] == round(4_000_000 / (7_500_000 * 744), 4)
    assert item["peak_utilisation"] == round(4 / 7.5, 4)
    assert item["peak_hour"] == "2026-10-05T10:00:00+00:00"
    # Data Zone gpt-4o: 3.6M x 2.75 + 0.1M x 11 = 11.00
    assert item["pay_as_you_go"] == "11"
    rows = {row["app"]: row for row in payload["rows"]}
    assert (rows["a"]["cost"], rows["b"]["cost"]) == ("30690", "10230")
    assert (rows["a"]["spilled_requests"], rows["a"]["spill_caused"]) == (0, 0.75)
    assert (rows["b"]["spilled_requests"], rows["b"]["spilled_cost"], rows["b"]["spill_caused"]) == (1, "2.75", 0.25)


def test_two_entries_of_a_deployment_are_two_lines_with_their_own_calls_cost_and_utilisation(tmp_path: Path) -> None:
    changed = PTU + "valid_to = 2026-10-05\n" + PTU.replace("ptu = 50", "ptu = 100") + "valid_from = 2026-10-06\n"
    later = call("2026-10-06T10:00", "b", 3_000_000, 0)
    store = fill(tmp_path, [*CALLS, *_other_days(), later])
    ran = run(
        "ptu", "--month", "2026-10", "-f", "json", "--store", store, "--config", write_config(tmp_path, APPS + changed)
    )
    assert ran.code == 0, ran.err
    before, after = json.loads(ran.out)["deployments"]
    assert (before["cost"], before["hours"], before["ptu"]) == ("6600", "120", 50)
    assert (after["cost"], after["hours"], after["ptu"]) == ("68640", "624", 100)
    assert (before["pay_as_you_go"], after["pay_as_you_go"]) == ("11", "8.25")
    assert (before["peak_utilisation"], after["peak_utilisation"]) == (round(4 / 7.5, 4), 0.2)
    assert (before["spilled_hours"], after["spilled_hours"]) == (1, 0)
    assert sum(int(row["cost"]) for row in json.loads(ran.out)["rows"]) == 6600 + 68640


def test_people_read_it_in_80_columns(ask: Any) -> None:
    ran = ask("ptu")
    assert ran.code == 0, ran.err
    table, _, notes = ran.text.partition("res-a/chat: ")
    assert max(map(len, table.splitlines())) <= 80
    assert "40,920.00" in table
    notes = " ".join(notes.split())
    assert "in the busiest hour (2026-10-05 10:00)" in notes
    assert "the same tokens cost USD 11.00 pay-as-you-go" in notes
    assert 'policy "absorb"' in notes


def test_the_chargeback_holds_the_same_cost_and_prints_the_rule(ask: Any) -> None:
    payload = json.loads(ask("chargeback", "--by", "app", "-f", "json").out)
    rows = {row["app"]: row for row in payload["rows"]}
    assert (rows["a"]["cost"], rows["a"]["provisioned_cost"]) == ("30690", "30690")
    assert (rows["b"]["cost"], rows["b"]["provisioned_cost"]) == ("10232.75", "10230")
    assert 'policy "absorb"' in payload["rules"][0]
    assert 'policy "absorb"' in ask("chargeback").text


def test_a_tenant_without_ptus_says_so(tmp_path: Path) -> None:
    store, config = fill(tmp_path, CALLS), write_config(tmp_path, APPS)
    ran = run("ptu", "--month", "2026-10", "--store", store, "--config", config)
    assert "No [[deployments]] entry has PTUs." in ran.text


def test_ptus_without_a_price_make_the_answer_incomplete(tmp_path: Path) -> None:
    store, config = (
        fill(tmp_path, _other_days()),
        write_config(tmp_path, APPS + PTU.replace("swedencentral", "atlantis")),
    )
    ran = run("chargeback", "--month", "2026-10", "--store", store, "--config", config)
    assert ran.code == 4
    assert "50 PTUs of res-a/chat without a price: no price for PTU-hours" in ran.err


def test_a_statement_in_euros_names_the_rate_and_its_source_or_says_what_to_add(tmp_path: Path) -> None:
    standard = PTU.replace("DataZoneProvisionedManaged", "DataZoneStandard").replace("ptu = 50\n", "")
    euros = 'currency = "EUR"\n' + APPS + standard
    store, config = fill(tmp_path, [*CALLS, *_other_days()]), write_config(tmp_path, euros)
    words = ("chargeback", "--month", "2026-10", "--store", store, "--config", config)
    ran = run(*words)
    assert (ran.code, ran.out) == (2, b"")
    assert 'add [[fx]] with from = "USD", to = "EUR"' in ran.err
    write_config(
        tmp_path,
        euros
        + '[[fx]]\nfrom = "USD"\nto = "EUR"\nrate = "0.9"\neffective_from = 2026-10-01\nsource = "ECB, 1 October"\n',
    )
    payload = json.loads(run(*words, "-f", "json").out)
    assert (payload["currency"], payload["total"]["cost"]) == ("EUR", "12.375")  # 4.6M x 2.75 + 0.1M x 11, times 0.9
    assert payload["rules"] == ["Prices in USD are converted at 0.9 EUR from 2026-10-01 on (ECB, 1 October)"]
