"""The commands that talk to workspaces, as processes: what they print, and what they exit with."""

import json
import subprocess
import xml.dom.minidom
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import duckdb
import pytest

from tests.cli.conftest import CONFIG, Ran, run
from tests.kql import world

from .conftest import WORKSPACE
from .server import Fault, LogAnalytics, Prepared
from .tables import Tables

Serve = Callable[..., LogAnalytics]
Command = Callable[..., Ran]


@pytest.fixture
def command(tmp_path: Path) -> Callable[[LogAnalytics], Command]:
    """Runs a command with the fixture tenant's rules and a server's workspace in the config."""

    def of(server: LogAnalytics, workspace_id: str = WORKSPACE) -> Command:
        config = tmp_path / "aoai-insights.toml"
        config.write_text(
            CONFIG.read_text()
            + f'\n[azure]\nendpoint = "{server.endpoint}"\ntimeout_seconds = 2\n'
            + f'\n[[workspaces]]\nname = "prod"\nworkspace_id = "{workspace_id}"\n'
        )
        return lambda *words: run(*words, "--config", config, cwd=tmp_path)

    return of


def test_a_month_from_the_workspace_then_status_and_the_bill(
    serve: Serve, tenant: Prepared, command: Callable[..., Command]
) -> None:
    ask = command(serve({WORKSPACE: tenant}))
    ran = ask("ingest", "--month", "2026-10")
    assert ran.code == 0, ran.err
    assert "257 gateway" in ran.err or "259 gateway" in ran.err
    status = ask("status", "-f", "json")
    assert status.code == 0, status.err
    rows = json.loads(status.out)["rows"]
    assert [row["table"] for row in rows] == [
        "ApiManagementGatewayLlmLog",
        "ApiManagementGatewayLogs",
        "AzureDiagnostics",
    ]
    assert all(len(row["days_complete"]) == 31 and not row["days_missing"] for row in rows)
    bill = ask("chargeback", "--month", "2026-10", "-f", "json")
    assert json.loads(bill.out)["total"]["requests"] == 257
    assert "without any record" not in bill.err  # a day that was read and is empty is not missing


EXITS = [
    ([Fault("throttle", 10_000)], 3, "throttled (429), 6 times"),
    ([Fault("denied", 10_000)], 3, "Log Analytics Reader"),
    ([Fault("unauthorized", 10_000)], 3, "Log Analytics Reader"),
    ([Fault("too_large", 10_000, "let stated")], 4, "ApiManagementGatewayLlmLog"),
    ([Fault("timeout", 10_000, "location_s")], 4, "AzureDiagnostics"),
]


@pytest.mark.parametrize(
    ("faults", "code", "words"), EXITS, ids=[f"{faults[0].kind} is {code}" for faults, code, _ in EXITS]
)
def test_what_lasts_is_an_exit_code_and_a_sentence(
    faults: list[Fault], code: int, words: str, serve: Serve, tenant: Prepared, command: Callable[..., Command]
) -> None:
    server = serve({WORKSPACE: tenant})
    server.faults = [Fault(fault.kind, fault.times, fault.where) for fault in faults]
    ask = command(server)
    ran = ask("ingest", "--month", "2026-10")
    assert ran.code == code, ran.err
    assert words in ran.err
    assert "incomplete:" in ran.err
    if code == 4:
        assert ask("status").code == 4
        bill = ask("chargeback", "--month", "2026-10")
        assert bill.code == 4
        assert "partial" in bill.err


USAGE = [
    (("ingest",), "nothing says what to read"),
    (("ingest", "--month", "2026-10", "--from", "."), "two sources"),
    (("ingest", "--month", "2026-10", "--workers", "2"), "--workers is for files"),
    (("ingest", "--month", "2099-01"), "in the future"),
    (("kql", "run", "nothing"), "no query"),
    (("kql", "run", "throttling", "--param", "nme=1"), "no parameter"),
    (("kql", "run", "throttling", "--param", "start_time=soon"), "is no datetime"),
    (("kql", "run", "throttling", "--last", "7d", "--param", "start_time=2026-10-01"), "two windows"),
    (("kql", "run", "token_usage_by_caller_ip_and_model", "--param", "ip=a\nb"), "control character"),
    (
        ("kql", "show", "throttling", "--param", "start_time=2026-10-02", "--param", "end_time=2026-10-01"),
        "before it begins",
    ),
    (("kql", "run", "throttling", "--workspace", "test"), 'no workspace "test"'),
    (("doctor", "--show", "nothing"), "no fix"),
]


@pytest.mark.parametrize(
    ("words", "said"), USAGE, ids=[" ".join(words).encode("unicode_escape").decode() for words, _ in USAGE]
)
def test_what_cannot_be_meant_is_refused(
    words: tuple[str, ...], said: str, serve: Serve, command: Callable[..., Command]
) -> None:
    ran = command(serve({}))(*words)
    assert (ran.code, said in ran.err) == (2, True), ran.err


def test_without_a_workspace_the_config_is_named() -> None:
    ran = run("ingest", "--month", "2026-10", "--config", CONFIG)
    assert ran.code == 2
    assert "[[workspaces]]" in ran.err


def test_a_named_query_runs_with_a_hostile_value_and_stores_nothing(
    serve: Serve, command: Callable[..., Command], tmp_path: Path
) -> None:
    server = serve({WORKSPACE: world.TABLES})
    ask = command(server)
    window = ("--since", "2026-10-01", "--until", "2026-10-02")
    every = ask("kql", "run", "token_usage_by_caller_ip_and_model", *window, "-f", "csv")
    assert every.code == 0, every.err
    assert "prod,10.0.0.1,gpt-4o-2024-11-20" in every.text
    hostile = ask(
        "kql", "run", "token_usage_by_caller_ip_and_model", *window, "--param", 'ip=" or true //', "-f", "json"
    )
    assert json.loads(hostile.out)["rows"] == []
    shown = ask("kql", "run", "prompt_usage", *window, "-f", "json")
    assert world.SECRET in shown.text
    assert not (tmp_path / "aoai-insights.duckdb").exists()


def test_the_text_that_is_shown_is_the_text_that_is_sent(serve: Serve, command: Callable[..., Command]) -> None:
    server = serve({WORKSPACE: world.TABLES})
    ask = command(server)
    words = ("throttling", "--since", "2026-10-01", "--until", "2026-10-02")
    assert ask("kql", "run", *words).code == 0
    assert ask("kql", "show", *words).text == server.asked[-1].query


def test_every_query_is_listed_with_what_it_returns() -> None:
    rows = json.loads(run("kql", "list", "-f", "json").out)["rows"]
    assert {"gateway_requests", "prompt_usage", "token_usage_by_caller_ip_and_model"} <= {row["name"] for row in rows}
    assert all(row["returns"] for row in rows)


def findings(ran: Ran) -> dict[str, tuple[str, str]]:
    return {row["area"]: (row["state"], row["fix"]) for row in json.loads(ran.out)["rows"]}


def test_doctor_finds_each_thing_that_is_not_set_up(serve: Serve, command: Callable[..., Command]) -> None:
    bare = [world.call(f"c{n}", BackendResponseBody="", **world.NO_REQUEST) for n in range(10)]
    tables: Tables = {
        "ApiManagementGatewayLogs": bare,
        "ApiManagementGatewayLlmLog": [world.llm("c1", 0, 0, IsStreamCompletion=True)],
        "AzureDiagnostics": [world.attempt("g", Category="GatewayLogs")],
        "AzureMetrics": [
            world._total("Requests", 40.0, world.NOON, "MICROSOFT.APIMANAGEMENT", "APIM"),
            world._total("AzureOpenAIRequests", 25.0),
            world._total("TokenTransaction", 1000.0),
        ],
        "AppMetrics": [world._metric("Prompt Tokens", 70.0), world._metric("Prompt Cached Tokens", 30.0)],
    }
    ask = command(serve({WORKSPACE: tables}))
    ran = ask("doctor", "--since", "2026-09-20", "--until", "2026-10-02", "-f", "json")
    assert ran.code == 4, ran.err
    found = findings(ran)
    for area, state, fix in [
        ("prod request ids", "problem", "api-logging.json"), ("prod token log", "problem", "api-logging.sh"),
        ("prod streams", "warning", "include-usage.xml"), ("prod bodies", "warning", "api-logging.json"),
        ("prod sampling", "problem", "api-logging.json"), ("prod mode", "problem", "gateway-setting.sh"),
        ("prod control totals", "warning", "public access"), ("prod token metrics", "warning", "api-logging.sh"),
        ("prod retention", "warning", "retention"), ("prod AzureDiagnostics RequestResponse", "warning", "aoai-setting.sh"),
    ]:  # fmt: skip
        assert found[area][0] == state, (area, found[area])
        assert fix in found[area][1]
    costs = {row["area"]: row["cost"] for row in json.loads(ran.out)["rows"]}
    assert all(costs[area] for area, (state, _) in found.items() if state in ("warning", "problem"))
    # No call states its tokens here, so the resources' own average stands in: 1,000 tokens of 25 calls.
    assert "about 400 tokens (10 calls)" in costs["prod request ids"]
    assert "about 400 tokens (10 calls)" in costs["prod token log"]
    assert "about 40 tokens (1 calls)" in costs["prod streams"]
    assert "about 1,200 tokens (30 calls)" in costs["prod sampling"]


def test_doctor_says_what_bypassed_the_gateway_and_what_policies_know_of_cached_tokens(
    serve: Serve, command: Callable[..., Command]
) -> None:
    tables: Tables = {
        "ApiManagementGatewayLogs": [world.call(f"c{n}") for n in range(10)],
        "AzureMetrics": [world._total("AzureOpenAIRequests", 40.0), world._total("TokenTransaction", 1000.0)],
        "AppMetrics": [world._metric("Prompt Tokens", 70.0), world._metric("Prompt Cached Tokens", 30.0)],
    }
    ran = command(serve({WORKSPACE: tables}))("doctor", "--since", "2026-10-01", "--until", "2026-10-02", "-f", "json")
    rows = {row["area"]: row for row in json.loads(ran.out)["rows"]}
    assert "30 calls (75.0%), about 750 tokens" in rows["prod control totals"]["cost"]
    assert "70 prompt tokens, 30 of them cached" in rows["prod token metrics"]["finding"]


def test_doctor_of_a_sound_tenant_has_no_problem_with_its_workspace(
    serve: Serve, tenant: Prepared, command: Callable[..., Command]
) -> None:
    ask = command(serve({WORKSPACE: tenant}))
    found = findings(ask("doctor", "--month", "2026-10", "-f", "json"))
    assert [area for area, (state, _) in found.items() if state == "problem"] == []
    assert found["prod access"][0] == "ok"
    assert found["tokenizer"] == ("ok", "")


def test_doctor_names_the_role_where_it_is_missing(serve: Serve, command: Callable[..., Command]) -> None:
    server = serve({WORKSPACE: {}})
    server.faults = [Fault("denied", 100)]
    ran = command(server)("doctor")
    assert ran.code == 4
    assert "role.sh" in ran.text


def test_privacy_is_proved_from_the_file_and_a_planted_prompt_is_found(tenant_store: Path, tmp_path: Path) -> None:
    sound = run("doctor", "--privacy", "--store", tenant_store, "-f", "json")
    assert sound.code == 0, sound.err
    assert json.loads(sound.out)["suspect"] == 0
    store = tmp_path / "s.duckdb"
    store.write_bytes(tenant_store.read_bytes())
    for change, column in [
        ("UPDATE gateway SET notes = repeat('what somebody wrote ', 80)", "gateway.notes"),
        ("ALTER TABLE llm ADD COLUMN request_messages VARCHAR", "llm.request_messages"),
        ("ALTER TABLE aoai ADD COLUMN raw JSON", "aoai.raw"),
        ("ALTER TABLE aoai ADD COLUMN parts VARCHAR[]", "aoai.parts"),
    ]:
        with duckdb.connect(str(store)) as connection:
            connection.execute(change).fetchall()
        ran = run("doctor", "--privacy", "--store", store)
        assert ran.code == 4
        assert column in ran.err


FIXES = sorted(entry.name for entry in (files("aoai_insights.data") / "fixes").iterdir())


@pytest.mark.parametrize("name", FIXES)
def test_a_fix_is_well_formed(name: str) -> None:
    text = run("doctor", "--show", name).text
    if name.endswith(".json"):
        logged = json.loads(text)["properties"]
        assert "apim-request-id" in logged["backend"]["response"]["headers"]
        assert logged["sampling"]["percentage"] == 100
        assert "messages" not in json.dumps(logged["largeLanguageModel"])
    elif name.endswith(".xml"):
        assert xml.dom.minidom.parseString(text).documentElement.tagName == "fragment"
    else:
        subprocess.run(["bash", "-n"], input=text.encode(), check=True)
