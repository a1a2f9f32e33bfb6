"""The figures of the fixture tenant equal those computed by hand (docs/fixture-tenant.md), to the token and the cent."""

import json
from decimal import Decimal
from typing import Any

import pytest

from .conftest import TENANT, Run

EXPECTED: dict[str, Any] = json.loads((TENANT / "expected.json").read_text(encoding="utf-8"))
ESTIMATED = EXPECTED["estimated"]
EXACT = ("requests", "prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens", "unpriced_requests",
         "measured_tokens", "reconstructed_tokens", "missing_requests")  # fmt: skip


def chargeback(ask: Run, by: str) -> dict[str, Any]:
    ran = ask("chargeback", "--month", EXPECTED["month"], "--by", by, "-f", "json")
    assert ran.code == 4, ran.err  # a missing day and an unpriced model are part of the tenant
    payload: dict[str, Any] = json.loads(ran.out)
    return payload


@pytest.mark.parametrize("by", sorted(EXPECTED["chargeback"]))
def test_every_row_equals_the_hand_computed_one(ask: Run, by: str) -> None:
    keys = by.split(",")
    got = {tuple(row[key] for key in keys): row for row in chargeback(ask, by)["rows"]}
    wanted = {tuple(row[key] for key in keys): row for row in EXPECTED["chargeback"][by]}
    assert got.keys() == wanted.keys()
    for key, want in wanted.items():
        if want["estimated_requests"]:  # estimates are bounded below, in a test of their own
            assert got[key]["requests"] == want["requests"]
            continue
        assert {name: got[key][name] for name in EXACT} == {name: want[name] for name in EXACT}, key
        assert Decimal(got[key]["cost"]) == Decimal(want["cost"]), key
        assert got[key]["estimated_tokens"] == 0


def test_the_total_is_the_hand_computed_one_plus_the_two_estimates(ask: Run) -> None:
    payload = chargeback(ask, "app")
    total, want = payload["total"], EXPECTED["total"]
    estimated = next(row for row in payload["rows"] if row["app"] == ESTIMATED[0]["app"])
    assert total["requests"] == want["requests"]
    assert Decimal(total["cost"]) == Decimal(want["cost"]) + Decimal(estimated["cost"])
    assert total["prompt_tokens"] == want["prompt_tokens"] + estimated["prompt_tokens"]
    assert sum((Decimal(row["cost"]) for row in payload["rows"]), Decimal(0)) == Decimal(total["cost"])


def test_what_is_estimated_stays_within_its_bounds_and_is_said_to_be_estimated(ask: Run) -> None:
    row = next(row for row in chargeback(ask, "app")["rows"] if row["app"] == ESTIMATED[0]["app"])
    assert row["estimated_tokens"] == row["prompt_tokens"] + row["completion_tokens"]
    low = sum(item["completion_tokens_at_least"] for item in ESTIMATED)
    high = sum(item["completion_tokens_at_most"] for item in ESTIMATED)
    assert low <= row["completion_tokens"] <= high


def test_quality_says_how_the_records_met(ask: Run) -> None:
    quality, want = chargeback(ask, "app")["quality"], EXPECTED["quality"]
    for name in ("failed_requests", "llm_matched", "aoai_matched", "unallocated_requests", "other_api_requests",
                 "bypass_requests", "bypass_tokens", "retried_attempts"):  # fmt: skip
        assert quality[name] == want[name], name
    assert quality["coverage"]["days_missing"] == want["days_missing"]
    assert Decimal(quality["unallocated_cost"]) == Decimal(want["unallocated_cost"])
    sources = {s["token_source"]: s for s in quality["token_sources"]}
    for source, figures in want["token_sources"].items():
        assert sources[source]["requests"] == figures["requests"], source
        if source not in ("extrapolated", "lower_bound"):
            assert sources[source]["tokens"] == figures["tokens"], source
    assert quality["complete"] is False


def test_latency_equals_an_independent_computation(ask: Run) -> None:
    payload = json.loads(ask("latency", "--month", EXPECTED["month"], "--by", "region", "-f", "json").out)
    got = {row["region"]: row for row in payload["rows"]}
    for want in EXPECTED["latency"]["region"]:
        row = got[want["region"]]
        assert row["requests"] == want["requests"]
        for name in ("p50_ms", "p95_ms", "p99_ms"):
            assert row[name] == pytest.approx(want[name], abs=1e-6), (want["region"], name)
        assert row["error_rate"] == pytest.approx(want["failed"] / want["requests"])
        assert row["throttled_rate"] == pytest.approx(want["throttled"] / want["requests"])
