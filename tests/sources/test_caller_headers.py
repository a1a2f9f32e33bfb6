"""Which request headers are kept: they may name a caller, never a secret."""

from typing import Any

import orjson
import pytest

from aoai_insights.sources import GatewayOptions

from .conftest import ReadBytes
from .records import GATEWAY, changed, json_lines

ASKED = GatewayOptions(
    caller_headers=frozenset({"X-Team", "authorization", "x-cost-token"}), entra_app_header="X-Entra-App"
)


def kept(read_bytes: ReadBytes, headers: object, options: GatewayOptions | None = None) -> dict[str, Any]:
    [row] = read_bytes(json_lines(changed(GATEWAY, requestHeaders=headers)), options).gateway
    return {} if row["caller_headers"] is None else orjson.loads(row["caller_headers"])


LEFT_OUT = """
    authorization proxy-authorization ocp-apim-subscription-key api-key x-token client-secret cookie set-cookie
    x-password x-signature x-auth-user content-type accept accept-language host user-agent traceparent tracestate
    x-request-id x-ms-client-request-id x-correlation-id request-id date connection via forwarded x-forwarded-for
    x-jwt-assertion x-ms-client-principal x-app-session x-sas x-client-hmac x-app-credential x-user-email x-app-user
    x-service-pat x-app-prompt x-anything
"""


@pytest.mark.parametrize("name", LEFT_OUT.split())
def test_secrets_and_transport_are_left_out(read_bytes: ReadBytes, name: str) -> None:
    assert kept(read_bytes, {name.title(): "value", "x-app": "bot"}) == {"x-app": "bot"}


@pytest.mark.parametrize(
    "value", ["two words", "x" * 129, "é", "Bearer abc", '{"a":1}', "", "a\nb"], ids=lambda value: repr(value[:12])
)
def test_a_value_that_looks_like_no_name_is_left_out(read_bytes: ReadBytes, value: str) -> None:
    assert kept(read_bytes, {"x-app": value}) == {}


def test_keys_are_sorted_and_lower_case(read_bytes: ReadBytes) -> None:
    headers = {"X-Team-B": "2", "X-App": "ops@contoso.com"}
    [row] = read_bytes(json_lines(changed(GATEWAY, requestHeaders=headers))).gateway
    assert row["caller_headers"] == '{"x-app":"ops@contoso.com","x-team-b":"2"}'


def test_a_header_that_a_rule_asks_for_is_kept_whatever_its_value(read_bytes: ReadBytes) -> None:
    headers = {"x-team": "Équipe " + "x" * 400, "X-Cost-Token": "cc 7"}
    assert kept(read_bytes, headers, ASKED) == {"x-team": ("Équipe " + "x" * 400)[:256], "x-cost-token": "cc 7"}


@pytest.mark.parametrize("name", ["authorization", "Authorization", "Proxy-Authorization"])
def test_an_authorization_header_is_kept_under_no_option(read_bytes: ReadBytes, name: str) -> None:
    options = GatewayOptions(caller_headers=frozenset({name}), entra_app_header=name)
    [row] = read_bytes(json_lines(changed(GATEWAY, requestHeaders={name: "Bearer-x"})), options).gateway
    assert (row["caller_headers"], row["entra_app"]) == (None, None)


@pytest.mark.parametrize("column", ["requestHeaders", "backendRequestHeaders"])
def test_the_entra_app_comes_from_the_named_header(read_bytes: ReadBytes, column: str) -> None:
    record = changed(GATEWAY, **{column: {"x-entra-app": ["app-7"]}})
    assert read_bytes(json_lines(record), ASKED).gateway[0]["entra_app"] == "app-7"


def test_or_from_the_named_key_of_a_trace(read_bytes: ReadBytes) -> None:
    record = changed(GATEWAY, traceRecords=[{"message": '{"AppId":"app-8"}'}])
    options = GatewayOptions(entra_app_header="x-entra-app", entra_app_trace="appid")
    assert read_bytes(json_lines(record), options).gateway[0]["entra_app"] == "app-8"
