"""What the URL of a call says: host, deployment, API, and whether it is Azure OpenAI at all."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?(\[[^\]]*\]|[^/:?#\[]*)(?::\d*)?([^?#]*)", re.IGNORECASE)
_DEPLOYMENT = re.compile(r"/deployments/([^/]+)", re.IGNORECASE)
_AOAI_HOST = re.compile(
    r".+\.(?:openai\.azure|cognitiveservices\.azure|services\.ai\.azure)\.(?:com|us|cn)", re.IGNORECASE
)
"""Public cloud, and the same names under .us and .cn (design: what is AOAI traffic)."""
_API_PATH = re.compile(r"/(chat/completions|completions|embeddings|responses|images|audio)(?:/|$)")


@dataclass(frozen=True, slots=True)
class Url:
    """What one URL says. `api` is None where its path names none."""

    host: str | None = None
    deployment: str | None = None
    api: str | None = None
    aoai_host: bool = False
    aoai_path: bool = False
    model_in_body: bool = False
    """The request names its deployment as `model` in the body: `/openai/v1/…`, `/openai/responses`, `/models/…`."""


_NO_URL = Url()


@lru_cache(maxsize=8192)
def read_url(url: str | None) -> Url:
    """Parts of an absolute URL, or of a path alone."""
    if not url:
        return _NO_URL
    match = _URL.match(url)
    host, path = (match[1].lower().rstrip("."), match[2]) if match else ("", url.partition("?")[0].partition("#")[0])
    found = _DEPLOYMENT.search(path)
    low = path.lower()
    named = _API_PATH.search(low)
    api = {"chat/completions": "chat"}.get(named[1], named[1]) if named else None
    return Url(
        host=host or None,
        deployment=unquote(found[1]) if found else None,
        api=api,
        aoai_host=_AOAI_HOST.fullmatch(host) is not None,
        aoai_path="/openai/" in low,
        model_in_body=found is None and api is not None,
    )


@lru_cache(maxsize=4096)
def api_of_operation(operation_id: str | None) -> str:
    """The API that an operation id such as ChatCompletions_Create names, where the URL does not say it; else other."""
    low = (operation_id or "").lower()
    if "completion" in low:
        return "chat" if "chat" in low else "completions"
    if "embedding" in low:
        return "embeddings"
    if "response" in low:
        return "responses"
    if "image" in low:
        return "images"
    if "transcription" in low or "translation" in low or "speech" in low or "audio" in low:
        return "audio"
    return "other"
