"""Requests to Communication Services signed with the resource's access key, where no identity can be had.

https://learn.microsoft.com/rest/api/communication/authentication, "Access key authentication": HMAC-SHA256 with the
decoded key over method, path with query, date, host and the hash of the content.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy

from aoai_insights.delivery.secret import Secret
from aoai_insights.errors import ConfigError

SIGNED = "x-ms-date;host;x-ms-content-sha256"


class AccessKeyPolicy(SansIOHTTPPolicy[Any, Any]):
    """Signs every request. Raises ConfigError for a key that is none."""

    def __init__(self, key: Secret, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        try:
            base64.b64decode(key.reveal(), validate=True)
        except (binascii.Error, ValueError):
            raise ConfigError("the access key of Communication Services is not base64", "copy it as it is") from None
        self._key, self._clock = key, clock

    def on_request(self, request: PipelineRequest[Any]) -> None:
        request.context.options.pop("enforce_https", None)  # is for policies that send a token
        sent = request.http_request
        address = urlsplit(sent.url)
        target = f"{address.path}?{address.query}" if address.query else address.path
        content = sent.content if isinstance(sent.content, bytes) else (sent.content or "").encode()
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        date = format_datetime(self._clock(), usegmt=True)
        key = base64.b64decode(self._key.reveal())
        signature = sign(key, sent.method, target, date, address.netloc, digest)
        sent.headers.update(
            {
                "x-ms-date": date,
                "x-ms-content-sha256": digest,
                "Authorization": f"HMAC-SHA256 SignedHeaders={SIGNED}&Signature={signature}",
            }
        )


def sign(key: bytes, method: str, target: str, date: str, host: str, digest: str) -> str:
    """The signature, in base64."""
    text = f"{method.upper()}\n{target}\n{date};{host};{digest}"
    return base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
