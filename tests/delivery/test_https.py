"""Communication Services and Graph, spoken to over HTTP: a server on this machine that speaks their wire format."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken

from aoai_insights.delivery.acs import AcsTransport
from aoai_insights.delivery.attempt import TRIES, Outcome, attempt
from aoai_insights.delivery.graph import GraphTransport
from aoai_insights.delivery.message import operation_id
from aoai_insights.delivery.secret import Secret, acs_key
from aoai_insights.delivery.transport import Transport
from aoai_insights.errors import ConfigError

from .test_smtp import KEY, message


class Identity:
    """What a managed identity hands out."""

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken(f"token for {scopes[0]}", 4_000_000_000)


@dataclass
class Cloud:
    """Answers POSTs with what `answers` says, then 202; `status` is what an operation is said to have come to."""

    answers: list[Any] = field(default_factory=list)
    status: str = "Succeeded"
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    polls: list[str] = field(default_factory=list)
    port: int = 0


@contextmanager
def cloud(**settings: Any) -> Iterator[Cloud]:
    state = Cloud(**settings)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None: ...

        def reply(self, code: int, headers: dict[str, str], body: bytes = b"") -> None:
            self.send_response(code)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.posts.append((self.path, dict(self.headers), body))
            answer = state.answers.pop(0) if state.answers else 202
            if answer == "drop":
                self.connection.close()
                return
            code, headers = answer if isinstance(answer, tuple) else (answer, {})
            error = json.dumps({"error": {"code": "Because", "message": "of a rule"}}).encode() if code >= 400 else b""
            self.reply(code, {"Content-Type": "application/json", **headers}, error)

        def do_GET(self) -> None:
            state.polls.append(self.path)
            if not state.status:
                self.reply(404, {})
                return
            self.reply(200, {"Content-Type": "application/json"}, json.dumps({"status": state.status}).encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def transport(kind: str, at: Cloud) -> Transport:
    endpoint = f"http://127.0.0.1:{at.port}"
    if kind == "acs":
        return AcsTransport(endpoint, Identity(), sleep=lambda seconds: None)
    return GraphTransport("", endpoint, Identity())


def send(kind: str, at: Cloud) -> tuple[Outcome, list[str], list[float]]:
    told: list[str] = []
    waits: list[float] = []
    outcome = attempt(
        transport(kind, at), message(), KEY, claim=lambda n: told.append(f"claimed {n}"),
        hand_over=lambda: told.append("sending"), sleep=waits.append, draw=lambda: 0.0,
    )  # fmt: skip
    return outcome, told, waits


CASES = [
    pytest.param([], "sent", 1, [], id="accepted: sent"),
    pytest.param([(429, {"Retry-After": "17"})], "sent", 2, [17.0], id="throttled: waits as long as it is told"),
    pytest.param([503], "sent", 2, [1.0], id="unavailable: tried again"),
    pytest.param([429] * 9, "refused", TRIES, [1.0, 4.0, 16.0, 64.0], id="throttled for ever: given up"),
    pytest.param([400], "refused", 1, [], id="a bad request: refused"),
    pytest.param([401], "refused", 1, [], id="no right to send: refused"),
    pytest.param([500], "unknown", 1, [], id="failed inside: it may have sent before, so never again"),
    pytest.param(["drop"], "unknown", 1, [], id="line lost after the request: unknown"),
]


@pytest.mark.parametrize("kind", ["acs", "graph"])
@pytest.mark.parametrize(("answers", "state", "attempts", "waits"), CASES)
def test_each_answer_has_one_meaning(
    kind: str, answers: list[Any], state: str, attempts: int, waits: list[float]
) -> None:
    with cloud(answers=list(answers)) as at:
        outcome, told, waited = send(kind, at)
    assert (outcome.state, outcome.attempts, waited) == (state, attempts, waits)
    assert len(at.posts) == attempts == told.count("sending")


@pytest.mark.parametrize("kind", ["acs", "graph"])
def test_nobody_listening_is_certain(kind: str) -> None:
    with cloud() as gone:
        pass
    outcome, _, _ = send(kind, gone)
    assert (outcome.state, outcome.attempts) == ("refused", TRIES)


def test_communication_services_get_their_own_form() -> None:
    with cloud() as at:
        outcome, _, _ = send("acs", at)
    path, headers, content = at.posts[0]
    body = json.loads(content)
    assert path == "/emails:send?api-version=2023-03-31"
    assert headers["Authorization"] == "Bearer token for https://communication.azure.com/.default"
    assert headers["Operation-Id"] == operation_id(KEY) == outcome.receipt.split()[1]
    assert body["senderAddress"] == "costs@contoso.example"
    assert body["recipients"] == {"to": [{"address": "finance@contoso.example"}]}
    assert body["content"]["subject"] == "Azure OpenAI: 3 €"
    assert body["headers"]["Message-ID"] == message()["Message-ID"]
    assert body["headers"]["x-ms-acsemail-validate-message-id"] == "true"
    assert [(a["name"], base64.b64decode(a["contentInBase64"])) for a in body["attachments"]] == [("a.csv", b"a,b\n")]
    assert at.polls == [f"/emails/operations/{operation_id(KEY)}?api-version=2023-03-31"]


OUTCOMES = [
    pytest.param("Succeeded", f"Succeeded {operation_id(KEY)}", id="it was delivered after all"),
    pytest.param("", "", id="it never came: safe to send"),
    pytest.param("Failed", "", id="it failed: safe to send"),
    pytest.param("Running", None, id="still under way: nobody knows yet"),
]


@pytest.mark.parametrize(("status", "expected"), OUTCOMES)
def test_communication_services_know_what_became_of_a_lost_answer(status: str, expected: str | None) -> None:
    with cloud(status=status) as at:
        assert transport("acs", at).outcome(KEY) == expected


def test_an_operation_that_fails_is_refused() -> None:
    with cloud(status="Failed") as at:
        assert send("acs", at)[0].state == "refused"


def test_an_operation_that_never_ends_is_unknown() -> None:
    with cloud(status="Running") as at:
        assert send("acs", at)[0].state == "unknown"


def test_graph_gets_the_message_itself() -> None:
    with cloud() as at:
        send("graph", at)
    path, headers, content = at.posts[0]
    assert path == "/v1.0/users/costs%40contoso.example/sendMail"
    assert headers["Content-Type"] == "text/plain"
    assert headers["Authorization"] == "Bearer token for https://graph.microsoft.com/.default"
    assert headers["client-request-id"] == operation_id(KEY)
    got = message_from_bytes(base64.b64decode(content), policy=policy.default)
    assert (got["Message-ID"], got["Subject"]) == (message()["Message-ID"], "Azure OpenAI: 3 €")


def test_a_request_signed_with_the_access_key_is_the_one_that_arrives() -> None:
    """Recomputed from what the server got, as the service does it; no token is asked for."""
    key = base64.b64encode(b"not a real key, thirty-two bytes").decode()
    with cloud() as at:
        signed = AcsTransport(f"http://127.0.0.1:{at.port}", sleep=lambda seconds: None, access_key=Secret(key))
        signed.deliver(message(), KEY, lambda: None)
    [(path, headers, content)] = at.posts
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert headers["x-ms-content-sha256"] == digest
    said = f"POST\n{path}\n{headers['x-ms-date']};{headers['Host']};{digest}"
    expected = base64.b64encode(hmac.new(base64.b64decode(key), said.encode(), "sha256").digest()).decode()
    assert headers["Authorization"] == (
        f"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={expected}"
    )
    assert parsedate_to_datetime(headers["x-ms-date"]).tzinfo is not None


def test_an_access_key_that_is_none_is_said_without_being_shown() -> None:
    with pytest.raises(ConfigError) as raised:
        AcsTransport("https://contoso.communication.azure.com", access_key=Secret("hunter2!"))
    assert "hunter2" not in str(raised.value)


def test_the_access_key_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file\n")
    found = [
        acs_key({"AOAI_INSIGHTS_ACS_KEY": "said"}, ""),
        acs_key({"AOAI_INSIGHTS_ACS_KEY_FILE": str(tmp_path / "key")}, ""),
        acs_key({}, str(tmp_path / "key")),
        acs_key({}, ""),
    ]
    assert [secret and secret.reveal() for secret in found] == ["said", "from the file", "from the file", None]
