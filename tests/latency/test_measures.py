"""Measures and throttling from a store of a few records, case by case."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aoai_insights.config import App, Config, Deployment, Match
from aoai_insights.model import Latency, Measures, Period
from aoai_insights.pipeline.figures import compute_latency
from aoai_insights.pipeline.latency import Throttling, compute_throttling, latency_curves
from aoai_insights.store.read import LATENCY_COLUMNS

from ..store.rows import T0
from .conftest import NOW, PERIOD

Stored = Callable[..., Path]
UTC = ZoneInfo("UTC")
ANSWERED = {"body_source": "body_usage", "prompt_tokens": 100, "completion_tokens": 10, "backend_ms": 900}


def latency(store: Path, *by: str, zone: ZoneInfo = UTC) -> Latency:
    return compute_latency(store, Config(), PERIOD, by, zone=zone, now=NOW, prices=())


def measures(store: Path) -> Measures:
    found = latency(store, "region").total.measures
    assert found is not None
    return found


def throttling(store: Path, *by: str, config: Config | None = None) -> Throttling:
    return compute_throttling(store, config or Config(), PERIOD, by, zone=UTC, now=NOW, prices=())


def by_hand(values: list[float], q: float) -> float:
    """The percentile by its definition: linear between the two nearest ranks."""
    ordered, place = sorted(values), q * (len(values) - 1)
    low = int(place)
    return ordered[low] + (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]) * (place - low)


def test_percentiles_equal_an_independent_computation(stored: Stored) -> None:
    source = random.Random(4)
    rows = [{**ANSWERED, "total_ms": source.randint(1_000, 90_000), "backend_ms": source.randint(100, 900),
             "completion_tokens": source.randint(1, 500)} for _ in range(137)]  # fmt: skip
    total = latency(stored(rows), "region").total
    assert total.measures is not None
    for name, q in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)):
        assert getattr(total, name) == pytest.approx(by_hand([r["total_ms"] for r in rows], q))
    for name, q in (("backend_p50_ms", 0.5), ("backend_p90_ms", 0.9), ("backend_p95_ms", 0.95), ("backend_p99_ms", 0.99)):
        assert getattr(total.measures, name) == pytest.approx(by_hand([r["backend_ms"] for r in rows], q))
    assert total.measures.p90_ms == pytest.approx(by_hand([r["total_ms"] for r in rows], 0.9))
    over = [r["total_ms"] - r["backend_ms"] for r in rows]
    assert total.measures.overhead_p95_ms == pytest.approx(by_hand(over, 0.95))
    pace = [r["backend_ms"] / r["completion_tokens"] for r in rows]
    assert total.measures.ms_per_output_token_p50 == pytest.approx(by_hand(pace, 0.5))


def test_without_measures_the_rest_is_the_same_by_groups_and_over_all(stored: Stored) -> None:
    hosts = ("a", "b", "c")
    rows = [{**ANSWERED, "total_ms": 100 * n * n, "backend_host": f"{hosts[n % 3]}.openai.azure.com", "started_at": T0 + timedelta(hours=n % 5),
             "status_code": 429 if n % 7 == 0 else 200} for n in range(60)]  # fmt: skip
    store = stored(rows)
    for by in ((), ("backend",), ("backend", "hour"), ("hour_of_week",)):
        whole = latency(store, *by)
        few = compute_latency(store, Config(), PERIOD, by, zone=UTC, now=NOW, prices=(), with_measures=False)
        assert {row.measures for row in (*few.rows, few.total)} == {None}
        assert [replace(row, measures=None) for row in (*whole.rows, whole.total)] == [*few.rows, few.total]
        assert whole.total == latency(store).total


def test_latency_is_the_same_where_nobody_asks_how_far_to_trust_it(stored: Stored) -> None:
    rows = [{**ANSWERED, "total_ms": 100 * n, "backend_host": f"res-{'abc'[n % 3]}.openai.azure.com", "status_code": 429 if n % 7 == 0 else 200,
             "started_at": T0 + timedelta(days=n % 9 - 1), "apim_subscription": f"sub-{n % 2}", "deployment": f"chat-{n % 4}"}
            for n in range(90)]  # fmt: skip
    moved = T0.date() + timedelta(days=3)
    config = Config(
        apps=[App("early", match=[Match(apim_subscription="sub-0")], valid_to=moved - timedelta(days=1)),
              App("late", match=[Match(apim_subscription="sub-0")], valid_from=moved)],
        deployments=[Deployment("res-a", "chat-1", type="GlobalStandard", model="gpt-4o", region="uksouth", valid_from=moved),
                     Deployment("res-b", "chat-2", type="GlobalProvisionedManaged", ptu=50)],
    )  # fmt: skip
    store, week = stored(rows), Period(PERIOD.start, PERIOD.start + timedelta(days=5, hours=11))
    for by in ((), *((column,) for column in LATENCY_COLUMNS), ("app", "region", "model", "hour")):
        asked = partial(compute_latency, store, config, week, by, zone=UTC, now=NOW, prices=())
        whole, alone = asked(), asked(with_quality=False)
        assert whole.quality is not None
        assert whole.coverage == whole.quality.coverage
        assert alone == replace(whole, quality=None)


def test_cancelled_cached_and_failed_calls_are_told_apart(stored: Stored) -> None:
    store = stored([
        {**ANSWERED, "total_ms": 1_000},
        {**ANSWERED, "total_ms": 7, "backend_ms": None, "cache": "hit"},
        {**ANSWERED, "total_ms": 50, "backend_ms": 45, "error_reason": "ClientConnectionFailure"},
        {"status_code": 500, "backend_status_code": 500, "total_ms": 5_000},
        {"status_code": 429, "backend_status_code": None, "total_ms": 3},
    ])  # fmt: skip
    total = latency(store, "region").total
    found = measures(store)
    assert (found.answered_requests, found.cached_requests, found.cancelled_requests) == (1, 1, 1)
    assert (total.requests, total.error_rate, total.throttled_rate) == (5, 0.4, 0.2)
    assert found.backend_p50_ms == 900  # neither the cancelled call's 45 nor the cached one's
    assert total.p50_ms == 50  # the contract: over all calls that succeeded


def test_content_filter_rate_counts_what_the_filter_stopped(stored: Stored) -> None:
    store = stored([ANSWERED, {"status_code": 400, "backend_status_code": 400, "content_filtered": True}])
    assert measures(store).content_filter_rate == 0.5


def test_time_to_first_token_is_of_one_source_and_no_call_is_in_two(stored: Stored) -> None:
    store = stored(
        [
            {**ANSWERED, "streamed": True, "ttft_ms": 300, "traced_ttft_ms": 410, "apim_request_id": "a0"},
            {**ANSWERED, "streamed": True, "apim_request_id": "a1"},
            {**ANSWERED, "streamed": False, "traced_ttft_ms": 420, "apim_request_id": "a2"},
            {**ANSWERED, "streamed": True, "traced_ttft_ms": 430, "apim_request_id": "a3"},
            {**ANSWERED, "streamed": True, "traced_ttft_ms": 5, "cache": "hit"},
        ],
        [{"correlation_id": f"a{i}", "duration_ms": 200 + i} for i in range(4)],
    )
    found = measures(store)
    assert (found.ttft_requests, found.ttft_p50_ms) == (1, 300)
    assert (found.ttft_traced_requests, found.ttft_traced_p50_ms) == (1, 430)  # not the whole answer's, nor the cache's
    assert (found.ttft_proxy_requests, found.ttft_proxy_p50_ms) == (1, 201)


def test_no_output_tokens_give_no_pace(stored: Stored) -> None:
    assert measures(stored([{**ANSWERED, "completion_tokens": 0}])).ms_per_output_token_p50 is None


def test_hours_of_the_week_are_those_of_the_zone_and_begin_on_monday(stored: Stored) -> None:
    rows = [{**ANSWERED, "started_at": T0 + timedelta(hours=h)} for h in (13, 0)]  # Monday 23:00 and 10:00 UTC
    keys = [row.key["hour_of_week"] for row in latency(stored(rows), "hour_of_week", zone=ZoneInfo("Europe/Zurich")).rows]
    assert keys == ["Mon 12", "Tue 01"]


@pytest.mark.parametrize("by", ["deployment", "api", "streamed", "model", "backend", "hour_of_week"])
def test_every_column_adds_up_to_all_calls(stored: Stored, by: str) -> None:
    store = stored([{**ANSWERED, "streamed": i % 2 == 0, "api_id": f"api-{i % 3}"} for i in range(6)])
    figures = latency(store, by)
    assert sum(row.requests for row in figures.rows) == figures.total.requests == 6


def test_curves_rise_to_the_slowest_calls(stored: Stored) -> None:
    store = stored([{**ANSWERED, "total_ms": 100 * (i + 1)} for i in range(101)])
    (curve,), _ = latency_curves(store, Config(), PERIOD, "region", zone=UTC, now=NOW, prices=())
    assert curve.requests == 101
    assert dict(curve.points)[0.5] == 5_100
    assert [ms for _, ms in curve.points] == sorted(ms for _, ms in curve.points)


CAUSES: list[tuple[str, dict[str, Any], str]] = [
    ("a 429 that no backend gave is the gateway's limit", {"status_code": 429, "backend_status_code": None}, "gateway_limit"),
    ("a quota that is used up, too", {"status_code": 403, "backend_status_code": None, "error_reason": "QuotaExceeded"}, "gateway_limit"),
    ("a 429 of the backend", {"status_code": 429, "backend_status_code": 429}, "backend_limit"),
    ("a 503 that no backend gave is a pool without a backend in service", {"status_code": 503, "backend_status_code": None}, "breaker"),
    ("a 503 of the backend", {"status_code": 503, "backend_status_code": 503}, "backend_error"),
    ("no answer in time", {"status_code": 500, "backend_status_code": None, "error_reason": "Timeout"}, "timeout"),
    ("a backend out of reach", {"status_code": 500, "backend_status_code": None, "error_reason": "BackendConnectionFailure"}, "no_connection"),
    ("the content filter", {"status_code": 400, "backend_status_code": 400, "content_filtered": True}, "content_filter"),
    ("a wrong key", {"status_code": 401, "backend_status_code": None}, "refused"),
    ("a caller that went away", {"status_code": 499, "backend_status_code": None}, "cancelled"),
    ("a caller that went away in the middle of an answer", {"error_reason": "ClientConnectionFailure"}, "cancelled"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "cause"), [case[1:] for case in CAUSES], ids=[case[0] for case in CAUSES])
def test_a_failure_has_one_cause(stored: Stored, record: dict[str, Any], cause: str) -> None:
    total = throttling(stored([{**record, "total_ms": 2_500}]), "app").total
    assert {name: n for name, n in total.causes.items() if n} == {cause: 1}
    assert total.lost_seconds == 2.5


def test_a_429_of_a_provisioned_deployment_is_full_ptus(stored: Stored) -> None:
    config = Config(deployments=[Deployment("res-a", "chat", type="GlobalProvisionedManaged", ptu=50)])
    total = throttling(stored([{"status_code": 429, "backend_status_code": 429}]), "app", config=config).total
    assert total.causes["ptu_full"] == 1


def test_attempts_made_again_count_for_their_backend_and_app(stored: Stored) -> None:
    """One call, answered at its second backend: two attempts, and 300 ms lost at the first."""
    store = stored(
        [
            {**ANSWERED, "backend_host": "res-b.openai.azure.com", "apim_request_id": "b", "total_ms": 2_000},
            {**ANSWERED, "backend_host": "res-a.openai.azure.com", "started_at": T0 + timedelta(hours=1)},
        ],
        [
            {"correlation_id": "b", "resource": "res-b", "started_at": T0 + timedelta(milliseconds=500)},
            {"correlation_id": "lost", "status_code": 429, "duration_ms": 300},
        ],
    )
    total = throttling(store, "app").total
    assert (total.requests, total.answered_requests, total.attempts, total.retried_attempts) == (2, 2, 3, 1)
    assert total.attempts_per_answer == 1.5
    assert total.causes["backend_limit"] == 1
    assert total.lost_seconds == pytest.approx(0.3)
    rows = {row.key["backend"]: row for row in throttling(store, "backend").rows}
    assert rows["res-a.openai.azure.com"].causes["backend_limit"] == 1
    assert rows["res-b.openai.azure.com"].causes["backend_limit"] == 0
    (app,) = throttling(store, "app").rows
    assert app.retried_attempts == 1


def test_an_attempt_has_the_host_of_its_resource_on_that_day(stored: Stored) -> None:
    """Of three servers, the last of which answered on another day only, and so names no host."""
    names = ("res-a", "res-b", "res-c")
    days = (0, 0, -1)
    store = stored(
        [
            {**ANSWERED, "backend_host": "res-b.openai.azure.com", "apim_request_id": "b", "total_ms": 2_000},
            *({**ANSWERED, "backend_host": f"{name}.openai.azure.com", "started_at": T0 + timedelta(days=day, hours=1)}
              for name, day in zip(names, days, strict=True)),
        ],
        [
            {"correlation_id": "b", "resource": "res-b", "started_at": T0 + timedelta(milliseconds=500)},
            *({"correlation_id": f"lost-{name}", "resource": name, "status_code": 429} for name in names),
        ],
    )
    lost = {row.key["backend"]: row.causes["backend_limit"] for row in throttling(store, "backend").rows}
    assert lost == {"res-a.openai.azure.com": 1, "res-b.openai.azure.com": 1, "res-c": 1}


@pytest.mark.parametrize(
    ("took_ms", "failed_after_ms"),
    [(20_000, 50), (20_000, 15_000), (59_999, 59_900), (60_000, 59_950), (61_000, 60_900), (600_000, 400_000)],
)
def test_an_attempt_is_the_app_s_whose_call_was_held_then(stored: Stored, took_ms: int, failed_after_ms: int) -> None:
    """The call begins a tenth of a second before a minute does, and fails in that minute or a later one."""
    began = T0 + timedelta(seconds=59.9)
    failed = began + timedelta(milliseconds=failed_after_ms)
    store = stored(
        [
            {**ANSWERED, "backend_host": "res-b.openai.azure.com", "apim_request_id": "b", "started_at": began, "total_ms": took_ms},
            {**ANSWERED, "backend_host": "res-a.openai.azure.com", "started_at": T0 + timedelta(hours=1)},
        ],
        [
            {"correlation_id": "b", "resource": "res-b", "started_at": began},
            {"correlation_id": "lost", "status_code": 429, "started_at": failed, "logged_at": failed},
        ],
    )
    (app,) = throttling(store, "app").rows
    assert (app.key["app"], app.retried_attempts) == ("(unallocated)", 1)


def test_room_asked_for_and_used(stored: Stored) -> None:
    store = stored([{**ANSWERED, "max_tokens": 1_000}, {**ANSWERED, "max_tokens": None, "completion_tokens": 999}])
    total = throttling(store, "app").total
    assert (total.requested_max_tokens, total.used_max_tokens, total.max_tokens_used) == (1_000, 10, 0.01)


def test_a_retry_after_of_a_day_is_odd(stored: Stored) -> None:
    failed = {"status_code": 503, "backend_status_code": None}
    total = throttling(stored([{**failed, "retry_after_s": 86_400}, {**failed, "retry_after_s": 7}]), "app").total
    assert (total.odd_retry_afters, total.longest_retry_after_s) == (1, 86_400)


def test_spill_over_is_counted(stored: Stored) -> None:
    assert throttling(stored([{**ANSWERED, "spilled_over": True}, ANSWERED]), "app").total.spilled_over_requests == 1


@pytest.mark.parametrize("by", ["app", "backend", "region", "deployment", "model", "hour"])
def test_throttling_adds_up_whatever_it_is_grouped_by(stored: Stored, by: str) -> None:
    store = stored([{**record, "total_ms": 100} for _, record, _ in CAUSES] + [ANSWERED])
    figures = throttling(store, by)
    assert (figures.total,) == throttling(store).rows  # asked of all attempts, not added up
    assert sum(row.requests for row in figures.rows) == figures.total.requests == len(CAUSES) + 1
    assert sum(row.lost_seconds for row in figures.rows) == pytest.approx(figures.total.lost_seconds)
