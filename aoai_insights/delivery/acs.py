"""Azure Communication Services: POST /emails:send, then the operation's status until it is final.

https://learn.microsoft.com/rest/api/communication/email/email/send (api-version 2023-03-31). The operation's id is
ours, a UUID of the key: asked later, the service can say what became of a message whose answer was lost. It is also
told to refuse a second message with the same Message-ID
(https://learn.microsoft.com/azure/communication-services/concepts/email/email-headers).
"""

import base64
import json
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from typing import Any

from azure.core.credentials import TokenCredential

from aoai_insights.delivery.access_key import AccessKeyPolicy
from aoai_insights.delivery.https import Service, said
from aoai_insights.delivery.message import operation_id
from aoai_insights.delivery.secret import Secret
from aoai_insights.delivery.transport import HandOver, Refused, TryLater, Uncertain

API = "2023-03-31"
SCOPE = "https://communication.azure.com/.default"
_POLLS, _POLL_S = 40, 3.0
"""Two minutes for a mail to leave the service's queue."""
_PASSED_ON = ("Message-ID", "X-Entity-Ref-ID", "Auto-Submitted")


class AcsTransport:
    """Managed identity, workload identity or `az login`: no secret. With `access_key`, that instead."""

    name = "acs"
    repeatable = False

    def __init__(
        self, endpoint: str, credential: TokenCredential | None = None, sleep: Callable[[float], None] = time.sleep,
        access_key: Secret | None = None,
    ) -> None:  # fmt: skip
        self.service = Service(endpoint, SCOPE, credential, AccessKeyPolicy(access_key) if access_key else None)
        self.sleep = sleep

    def deliver(self, message: EmailMessage, key: str, hand_over: HandOver) -> str:
        identity = operation_id(key)
        headers = {
            "Content-Type": "application/json",
            "Operation-Id": identity,
            "x-ms-client-request-id": identity,
        }
        body = json.dumps(_body(message)).encode()
        self.service.post(f"/emails:send?api-version={API}", headers, body, hand_over)
        for _ in range(_POLLS):
            try:
                status = self._status(identity)
            except TryLater:
                status = None
            if status == "Succeeded":
                return f"Succeeded {identity}"
            if status in ("Failed", "Canceled"):
                raise Refused(f"the service says {status} of operation {identity}")
            self.sleep(_POLL_S)
        raise Uncertain(f"operation {identity} was taken and is not finished")

    def outcome(self, key: str) -> str | None:
        identity = operation_id(key)
        try:
            status = self._status(identity)
        except TryLater:
            return None
        if status == "Succeeded":
            return f"Succeeded {identity}"
        return "" if status in ("", "Failed", "Canceled") else None

    def _status(self, identity: str) -> str:
        """Succeeded, Failed, Canceled, Running, NotStarted; "" where the service knows no such operation."""
        answer = self.service.get(f"/emails/operations/{identity}?api-version={API}")
        if answer.status_code == 404:
            return ""
        if answer.status_code != 200:
            raise TryLater(f"{answer.status_code} {said(answer)}")
        return str(answer.json().get("status", ""))


def _body(message: EmailMessage) -> dict[str, Any]:
    """The message in the service's own form."""
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    body: dict[str, Any] = {
        "senderAddress": parseaddr(str(message["From"]))[1],
        "recipients": {"to": [{"address": address} for _, address in getaddresses([str(message["To"])])]},
        "content": {
            "subject": str(message["Subject"]),
            "plainText": plain.get_content() if plain else "",
            "html": html.get_content() if html else "",
        },
        "headers": {
            **{name: str(message[name]) for name in _PASSED_ON},
            "x-ms-acsemail-validate-message-id": "true",
        },
        "attachments": [
            {
                "name": part.get_filename() or "attachment",
                "contentType": part.get_content_type(),
                "contentInBase64": base64.b64encode(part.get_payload(decode=True)).decode(),  # type: ignore[arg-type]
            }
            for part in message.iter_attachments()
        ],
        # Nobody's reading of a bill is followed.
        "userEngagementTrackingDisabled": True,
    }
    if message["Reply-To"]:
        body["replyTo"] = [{"address": address} for _, address in getaddresses([str(message["Reply-To"])])]
    return body
