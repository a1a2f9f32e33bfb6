"""One POST over Azure's own client library, with its outcome told apart. It never repeats a request by itself.

azure-core says which side of the hand-over a failure was on: ServiceRequestError, the request never left;
ServiceResponseError, it left and no whole answer came.
"""

from collections.abc import Mapping
from typing import Any

from azure.core import PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, UserAgentPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest, HttpResponse

from aoai_insights.delivery.transport import HandOver, Refused, TryLater, Uncertain

SECONDS = 120.0


class Service:
    """A service at an https address (or on this machine), spoken to with an Entra token of `scope`."""

    def __init__(
        self, endpoint: str, scope: str, credential: TokenCredential | None = None, signer: Any = None
    ) -> None:
        """`signer`: a policy that signs each request, instead of a token."""
        self.endpoint = endpoint.rstrip("/")
        self.scope = scope
        self.credential = None if signer else credential or _default_credential()
        policy = BearerTokenCredentialPolicy(self.credential, scope) if self.credential else signer
        self.client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(
            self.endpoint,
            policies=[UserAgentPolicy("aoai-insights"), policy],
            transport=RequestsTransport(connection_timeout=30, read_timeout=SECONDS),
        )

    def post(self, path: str, headers: Mapping[str, str], content: bytes, hand_over: HandOver) -> HttpResponse:
        """The answer of 2xx. Raises Refused, TryLater or Uncertain for everything else."""
        try:
            # The token first: without one nothing leaves, and the ledger need not say that it might have.
            if self.credential:
                self.credential.get_token(self.scope)
        except ClientAuthenticationError as error:
            raise Refused(f"no token for {self.endpoint}: {_first_line(error)}") from None
        except (ServiceRequestError, ServiceResponseError) as error:
            raise TryLater(f"no token for {self.endpoint}: {_first_line(error)}") from None
        hand_over()
        try:
            answer = self._send("POST", path, headers, content)
        except ServiceRequestError as error:
            raise TryLater(f"{self.endpoint} cannot be reached: {_first_line(error)}") from None
        except ServiceResponseError as error:
            raise Uncertain(f"the line to {self.endpoint} was lost before its answer: {_first_line(error)}") from None
        if answer.status_code // 100 == 2:
            return answer
        words = f"{answer.status_code} {said(answer)}"
        if answer.status_code in (408, 429, 503):
            raise TryLater(words, _seconds(answer.headers.get("Retry-After")))
        if answer.status_code >= 500:
            # A server that failed on the way may have sent the mail before it did.
            raise Uncertain(words)
        raise Refused(words)

    def get(self, path: str) -> HttpResponse:
        """The answer, whatever its status. Raises TryLater where there is none."""
        try:
            return self._send("GET", path, {}, None)
        except (ServiceRequestError, ServiceResponseError, ClientAuthenticationError) as error:
            raise TryLater(f"{self.endpoint}: {_first_line(error)}") from None

    def _send(self, method: str, path: str, headers: Mapping[str, str], content: bytes | None) -> HttpResponse:
        request = HttpRequest(method, f"{self.endpoint}{path}", headers=dict(headers), content=content)
        # The config has refused plain HTTP to anywhere else.
        on_this_machine = self.endpoint.startswith("http://")
        answer: HttpResponse = self.client.send_request(request, enforce_https=not on_this_machine)
        return answer


def said(answer: HttpResponse) -> str:
    """The service's own words: the error code and message where it gives them."""
    try:
        error: Any = answer.json().get("error", {})
        return " ".join(str(error.get(key, "")) for key in ("code", "message")).strip()[:300]
    except (ValueError, AttributeError):
        return str(answer.reason or "")


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; its other form, a date, is read as nothing asked."""
    return float(text) if text and text.isdigit() else None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _default_credential() -> TokenCredential:
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential()
