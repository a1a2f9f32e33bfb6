"""Microsoft Graph: POST /users/{mailbox}/sendMail with the MIME message, in base64.

https://learn.microsoft.com/graph/api/user-sendmail. It answers 202 without an id and promises nothing about a request
that comes twice, so a lost answer stays unknown. The permission is Mail.Send, restricted to one mailbox by an
application access policy or RBAC for Applications in Exchange Online.
"""

import base64
from email.message import EmailMessage
from email.utils import parseaddr
from urllib.parse import quote

from azure.core.credentials import TokenCredential

from aoai_insights.delivery.https import Service
from aoai_insights.delivery.message import on_the_wire, operation_id
from aoai_insights.delivery.transport import HandOver, Refused

LARGEST = 3_000_000
"""Bytes of a MIME message before base64 that one request takes (Graph refuses bodies over 4 MB)."""


class GraphTransport:
    """Managed identity, workload identity or `az login`: no secret."""

    name = "graph"
    repeatable = False

    def __init__(
        self,
        mailbox: str = "",
        endpoint: str = "https://graph.microsoft.com",
        credential: TokenCredential | None = None,
    ) -> None:
        self.mailbox = mailbox
        self.service = Service(endpoint, f"{_resource(endpoint)}/.default", credential)

    def deliver(self, message: EmailMessage, key: str, hand_over: HandOver) -> str:
        content = on_the_wire(message)
        if len(content) > LARGEST:
            raise Refused(f"the message has {len(content):,} bytes, Graph takes {LARGEST:,}")
        mailbox = self.mailbox or parseaddr(str(message["From"]))[1]
        identity = operation_id(key)
        answer = self.service.post(
            f"/v1.0/users/{quote(mailbox)}/sendMail",
            {"Content-Type": "text/plain", "client-request-id": identity},
            base64.b64encode(content),
            hand_over,
        )
        return f"{answer.status_code} {answer.headers.get('request-id', identity)}"

    def outcome(self, key: str) -> str | None:
        return None


def _resource(endpoint: str) -> str:
    """Tokens are for the cloud's Graph, also where the endpoint is a stand-in on this machine."""
    return endpoint.rstrip("/") if endpoint.startswith("https://") else "https://graph.microsoft.com"
