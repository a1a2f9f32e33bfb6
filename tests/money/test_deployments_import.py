"""aoai-insights deployments import: Azure's list as entries of the config."""

import json
from pathlib import Path
from typing import Any

import pytest

from aoai_insights.config import load_config
from aoai_insights.errors import UsageError
from aoai_insights.sources.deployment_list import read_deployments

from ..cli.conftest import run
from .tenant import APPS, PTU, write_config


def item(name: str, sku: str, capacity: int, model: str = "gpt-4o", version: str = "2024-11-20") -> dict[str, Any]:
    """As the Azure CLI prints it, shortened to half of its keys."""
    account = (
        "/subscriptions/5ca1ab1e-0000-4000-8000-00000c0ffee5/resourceGroups/rg-ai/providers/Microsoft.CognitiveServices"
    )
    return {
        "etag": '"1"', "id": f"{account}/accounts/Res-A/deployments/{name}", "name": name,
        "properties": {"model": {"format": "OpenAI", "name": model, "version": version}, "provisioningState": "Succeeded",
                       "rateLimits": [{"count": 10, "key": "request", "renewalPeriod": 60}], "raiPolicyName": None},
        "resourceGroup": "rg-ai", "sku": {"capacity": capacity, "family": None, "name": sku, "size": None, "tier": None},
        "type": "Microsoft.CognitiveServices/accounts/deployments",
    }  # fmt: skip


LIST = [item("chat", "DataZoneProvisionedManaged", 100), item("mini", "GlobalStandard", 250, "gpt-4o-mini", "2024-07-18"),
        item("new", "GlobalSomething", 1)]  # fmt: skip


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "d.json"
    path.write_text(json.dumps(LIST))
    return path


def test_what_it_prints_is_a_config(tmp_path: Path, listed: Path) -> None:
    ran = run("deployments", "import", listed, "--config", write_config(tmp_path, ""))
    assert ran.code == 0
    read = load_config(write_config(tmp_path, ran.text)).deployments
    assert [(d.resource, d.deployment, d.type, d.model, d.model_version, d.ptu) for d in read] == [
        ("res-a", "chat", "DataZoneProvisionedManaged", "gpt-4o", "2024-11-20", 100),
        ("res-a", "mini", "GlobalStandard", "gpt-4o-mini", "2024-07-18", 0),
    ]
    assert 'type "GlobalSomething" is not known' in ran.err


def test_an_entry_of_the_config_is_kept_and_differences_are_said(tmp_path: Path, listed: Path) -> None:
    config = write_config(tmp_path, APPS + PTU + "# my own words\n")
    ran = run("deployments", "import", listed, "--append", "--config", config)
    assert (ran.code, ran.out) == (0, b"")
    assert "the config says ptu = 50, Azure 100; kept as it is" in ran.err
    assert config.read_text().startswith(APPS + PTU + "# my own words\n")
    assert [(d.deployment, d.ptu) for d in load_config(config).deployments] == [("chat", 50), ("mini", 0)]
    ran = run("deployments", "import", listed, "--append", "--config", config)
    assert "0 entries added" in ran.err
    assert len(load_config(config).deployments) == 2


def test_a_config_that_cannot_take_entries_at_its_end_stays_as_it_is(tmp_path: Path, listed: Path) -> None:
    config = write_config(tmp_path, 'deployments = [{resource = "r", deployment = "d"}]\n')
    before = config.read_bytes()
    assert run("deployments", "import", listed, "--append", "--config", config).code == 2
    assert config.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["aoai-insights.toml", "d.json"]


WRONG = {
    "no JSON": "az: error",
    "no list": '{"error": "denied"}',
    "an item without a sku": json.dumps([{**LIST[0], "sku": None}]),
    "an item without an account": json.dumps([{**LIST[0], "id": "/subscriptions/x"}]),
    "a capacity that is no number": json.dumps(
        [{**LIST[0], "sku": {"name": "ProvisionedManaged", "capacity": "many"}}]
    ),
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_list_of_deployments_is_refused_with_the_command_that_writes_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "d.json"
    path.write_text(text)
    with pytest.raises(UsageError) as error:
        read_deployments(path)
    assert "az cognitiveservices account deployment list" in error.value.remedy


def test_the_answer_of_the_rest_api_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    path.write_text(json.dumps({"value": LIST}))
    assert len(read_deployments(path)) == 3
