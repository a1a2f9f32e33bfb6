"""The emitted pool: against the published schema, and by parsers that are not ours."""

import io
import json
import re
from typing import Any
from xml.etree import ElementTree

import hcl2
import jsonschema
import pytest
from pycep import BicepParser

from aoai_insights.routing.pool_policy import profile_policy, smart_policy
from aoai_insights.routing.pool_template import PoolMember, PoolTemplate, arm_template, bicep, terraform

from .schema import PROPERTIES, RESOURCE

MEMBERS = (
    PoolMember("aoai-ptu", "https://aoai-ptu.openai.azure.com/openai", 1, 100),
    PoolMember("aoai-se", "https://aoai-se.openai.azure.com/openai", 2, 70),
    PoolMember("1-odd_name", "https://odd.openai.azure.com/openai", 2, 30),
)
REST = PoolTemplate("chat", "p95 1,240 ms becomes 980 ms (-21%)", (), MEMBERS)
PEAK = PoolTemplate("chat-hours", 'it\'s ${slow} %{x} \\ "then"\nand {later}', (14, 15, 38), MEMBERS[::-1])
POOLS = (PEAK, REST)
BOTH = pytest.mark.parametrize("with_backends", [True, False])


@BOTH
def test_the_arm_template_follows_the_published_schema(with_backends: bool) -> None:
    template = json.loads(arm_template(POOLS, with_backends=with_backends))
    for resource in template["resources"]:
        jsonschema.validate(resource, RESOURCE)
    pools = [r["properties"]["pool"]["services"] for r in template["resources"] if r["properties"]["type"] == "Pool"]
    assert [[(s["priority"], s["weight"]) for s in pool] for pool in pools] == [
        [(m.priority, m.weight) for m in pool.members] for pool in POOLS
    ]
    singles = [r["name"] for r in template["resources"] if r["properties"]["type"] == "Single"]
    assert len(singles) == (3 if with_backends else 0)
    for resource in template["resources"]:
        for dependency in resource.get("dependsOn", []):
            name = re.search(r", '([^']+)'\)\]$", dependency)
            assert name
            assert any(f"'{name[1]}'" in single for single in singles)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"pool": {"services": [{"id": "x", "weight": 101}]}}, id="weights end at 100"),
        pytest.param({"url": "https://a"}, id="a pool with a url is refused by the service"),
        pytest.param({"protocol": "http"}, id="a pool with a protocol is refused by the service"),
        pytest.param({"wieght": 1}, id="a misspelt property"),
    ],
)
def test_the_schema_refuses_what_it_should(change: dict[str, Any]) -> None:
    broken = json.loads(arm_template(POOLS, with_backends=True))["resources"][-1]
    jsonschema.validate(broken, RESOURCE)
    broken["properties"] |= change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, RESOURCE)


def test_checks_that_would_refuse_a_pool_are_off_for_pools_alone() -> None:
    assert bicep(POOLS, with_backends=True).count("#disable-next-line BCP035") == len(POOLS)
    assert terraform(POOLS, with_backends=True).count("schema_validation_enabled = false") == len(POOLS)


def _plain(node: Any) -> Any:
    """What the Bicep parser found, as JSON would hold it; references stand as their text."""
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items() if not key.startswith("__")}
    if isinstance(node, list):
        return [_plain(item) for item in node]
    return node


@BOTH
def test_the_bicep_is_read_by_a_bicep_parser_and_follows_the_schema(with_backends: bool) -> None:
    plain = (REST, PoolTemplate("chat-hours", "slow hours", (14,), MEMBERS[::-1]))
    text = bicep(plain, with_backends=with_backends)
    parsed = BicepParser().parse(text=text)
    resources = parsed["resources"]
    assert set(parsed["parameters"]) == {"apimName"}
    assert len(resources) == 1 + 3 + 2
    found = 0
    for resource in resources.values():
        assert resource["api_version"] == "2024-05-01"
        properties = _plain(resource["config"].get("properties"))
        if properties is None:
            assert resource["existing"]
            continue
        for service in properties.get("pool", {}).get("services", []):
            service["id"] = ".".join(service["id"]["operator"]["operands"].values())
        jsonschema.validate(properties, PROPERTIES)
        found += 1
    assert found == (5 if with_backends else 2)
    for symbol in re.findall(r"id: (\w+)\.id", text):
        assert symbol in resources


def test_bicep_text_cannot_end_its_own_string() -> None:
    text = bicep(POOLS, with_backends=False)
    assert r"description: 'it\'s \${slow} %{x} \\ " in text
    assert "\nand {later}" not in text


@BOTH
def test_the_terraform_is_read_by_an_hcl_parser_and_follows_the_schema(with_backends: bool) -> None:
    parsed = hcl2.load(io.StringIO(terraform(POOLS, with_backends=with_backends)))
    resources = [body for block in parsed["resource"] for kind in block.values() for body in kind.values()]
    assert len(resources) == (5 if with_backends else 2)
    for resource in resources:
        assert resource["type"].strip('"') == "Microsoft.ApiManagement/service/backends@2024-05-01"
        assert str(resource["parent_id"]) in ("var.apim_id", "${var.apim_id}")
        jsonschema.validate(_unquoted(resource["body"])["properties"], PROPERTIES)


def _unquoted(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key).strip('"'): _unquoted(value) for key, value in node.items() if not str(key).startswith("__")}
    if isinstance(node, list):
        return [_unquoted(item) for item in node]
    return node.strip('"') if isinstance(node, str) else node


def test_hcl_text_is_no_template() -> None:
    text = terraform(POOLS, with_backends=False)
    assert "$${slow} %%{x}" in text


@pytest.mark.parametrize("pools", [POOLS, (REST,)], ids=["two profiles", "one profile"])
def test_policies_are_well_formed(pools: tuple[PoolTemplate, ...]) -> None:
    policy = ElementTree.fromstring(smart_policy(pools))
    assert [section.tag for section in policy] == ["inbound", "backend", "outbound", "on-error"]
    retry = policy.find("backend/retry")
    assert retry is not None
    assert retry.get("count") == "2"
    assert "StatusCode == 429" in str(retry.get("condition"))
    order = policy.find("inbound/set-variable")
    assert order is not None
    assert "1:100:aoai-ptu;2:70:aoai-se;2:30:1-odd_name" in str(order.get("value"))
    fragment = ElementTree.fromstring(profile_policy(pools))
    assert [node.get("backend-id") for node in fragment.iter("set-backend-service")] == (
        ["chat-hours", "chat"] if len(pools) == 2 else ["chat"]
    )


@pytest.mark.parametrize("pools", [POOLS, (REST,)], ids=["two profiles", "one profile"])
def test_brackets_of_policy_expressions_are_paired(pools: tuple[PoolTemplate, ...]) -> None:
    for text in (smart_policy(pools), profile_policy(pools)):
        for node in ElementTree.fromstring(text).iter():
            for value in node.attrib.values():
                for opening, closing in ("()", "{}", "[]"):
                    assert value.count(opening) == value.count(closing), value
                assert value.count('"') % 2 == 0
