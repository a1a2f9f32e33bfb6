"""A Log Analytics workspace on this machine: the true wire format, the query text executed, and faults on demand.

Wire format: research on the query API, checked against responses published by others; see docs/collect.md.
"""

import datetime as dt
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import duckdb
import duckdb_kql

from tests.kql.engine import TABLES, run, workspace

from .tables import AOAI_COLUMNS, Tables


@dataclass(slots=True)
class Fault:
    """What to do to the next `times` requests whose query holds `where`."""

    kind: str
    times: int = 1
    where: str = ""
    skip: int = 0


@dataclass(slots=True)
class Asked:
    workspace_id: str
    query: str
    columns: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    fault: str = ""


class Prepared:
    """A workspace's tables in the engine. Rows do not change, so a text that was executed once is not executed again."""

    def __init__(self, tables: Tables) -> None:
        self.connection = workspace(tables, {"AzureDiagnostics": AOAI_COLUMNS})
        self.lock = threading.Lock()
        self.answers: dict[str, tuple[list[tuple[str, str]], list[list[Any]]]] = {}

    def answer(self, query: str) -> tuple[list[tuple[str, str]], list[list[Any]]]:
        """Typed columns, and rows as the wire spells them."""
        with self.lock:
            if query not in self.answers:
                columns, rows = run(self.connection, query)
                wired = [[_wire(value, kind) for value, (_, kind) in zip(row, columns, strict=True)] for row in rows]
                self.answers[query] = columns, wired
            return self.answers[query]


class LogAnalytics:
    """Serves workspaces by id. `row_cap` is the number of rows at which an answer ends without a word."""

    def __init__(self, workspaces: Mapping[str, Tables | Prepared], row_cap: int | None = None) -> None:
        self.workspaces = {
            name: tables if isinstance(tables, Prepared) else Prepared(tables) for name, tables in workspaces.items()
        }
        self.own = [self.workspaces[name] for name, tables in workspaces.items() if not isinstance(tables, Prepared)]
        self.row_cap = row_cap
        self.hanging, self.release = threading.Event(), threading.Event()
        self.faults: list[Fault] = []
        self.asked: list[Asked] = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                owner.answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}"

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
        for prepared in self.own:
            prepared.connection.close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        found = re.fullmatch(r"/v1/workspaces/([^/]+)/query", request.path)
        asked = Asked(found[1] if found else "", body["query"])
        with self.lock:
            self.asked.append(asked)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            asked.fault = self._fault(body["query"])
        try:
            self._answer(request, asked)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client gave up waiting
        finally:
            with self.lock:
                self.at_once -= 1

    def _fault(self, query: str) -> str:
        for fault in self.faults:
            if fault.where in query and fault.times > 0:
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                return fault.kind
        return ""

    def _answer(self, request: BaseHTTPRequestHandler, asked: Asked) -> None:
        known = ERRORS.get(asked.fault)
        if known is not None:
            _send(request, known.status, known.body, known.headers)
        elif asked.workspace_id not in self.workspaces:
            _send(request, 404, error("PathNotFoundError", "The requested path does not exist"))
        elif asked.fault == "drop":
            request.close_connection = True
            request.connection.close()
        elif asked.fault == "hang":
            self.hanging.set()
            self.release.wait(60)
        elif asked.fault == "slow":
            time.sleep(3.5)
            _send(request, 504, error("GatewayTimeout", "Gateway timeout"))
        else:
            self._tables(request, asked)

    def _tables(self, request: BaseHTTPRequestHandler, asked: Asked) -> None:
        try:
            columns, rows = self.workspaces[asked.workspace_id].answer(asked.query)
        except (duckdb_kql.KqlError, duckdb.Error) as refusal:
            missing = re.search(r"Table with name (\w+) does not exist|unknown table.*?(\w+)", str(refusal))
            words = str(refusal)
            if missing:
                table = missing[1] or next(name for name in TABLES if name in asked.query)
                words = f"'where' operator: Failed to resolve table or column expression named '{table}'"
            _send(request, 400, semantic_error(words))
            return
        asked.columns = [name for name, _ in columns]
        asked.rows = rows[: self.row_cap]
        payload: dict[str, Any] = {
            "tables": [
                {"name": "PrimaryResult", "columns": [{"name": n, "type": k} for n, k in columns], "rows": asked.rows}
            ]
        }
        if asked.fault == "silent_half":
            asked.rows = payload["tables"][0]["rows"] = asked.rows[: len(asked.rows) // 2]
        if asked.fault in ("partial", "partial_too_large"):
            asked.rows = payload["tables"][0]["rows"] = asked.rows[: len(asked.rows) // 2]
            inner = {
                "code": "-2133196797",
                "message": "Query result set has exceeded the internal data size limit 64000000 (E_QUERY_RESULT_SET_TOO_LARGE).",
            }
            payload["error"] = {"code": "PartialError", "message": "There were some errors when processing your query.",
                                "details": [{"code": "EngineError", "message": "Something went wrong.", "innererror": inner}]}  # fmt: skip
        text = json.dumps(payload).encode()
        if asked.fault == "cut":
            _send(request, 200, text, length=len(text) + 100)
        elif asked.fault == "garbage":
            _send(request, 200, text[: len(text) // 2])
        else:
            _send(request, 200, text)


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def error(code: str, message: str) -> bytes:
    return json.dumps({"error": {"code": code, "message": message}}).encode()


def semantic_error(message: str) -> bytes:
    inner = {
        "code": "SemanticError",
        "message": "A semantic error occurred.",
        "innererror": {"code": "SEM0100", "message": message},
    }
    return json.dumps(
        {
            "error": {
                "message": "The request had some invalid properties",
                "code": "BadArgumentError",
                "innererror": inner,
            }
        }
    ).encode()


ERRORS = {
    "throttle": Refusal(429, error("ThrottledError", "Too many requests"), {"Retry-After": "0"}),
    "throttle_bare": Refusal(429, error("ThrottledError", "Too many requests")),
    "throttle_mute": Refusal(429, b""),
    "internal_mute": Refusal(500, b""),
    "internal": Refusal(500, error("InternalServerError", "Internal")),
    "bad_gateway": Refusal(502, b"<html>Bad gateway</html>"),
    "unavailable": Refusal(503, error("ServiceUnavailable", "Busy"), {"Retry-After": "0"}),
    "timeout": Refusal(504, json.dumps({"error": {"code": "GatewayTimeout", "message": "Gateway timeout", "innererror": {"code": "GatewayTimeout", "message": "Unable to unzip response"}}}).encode()),
    "too_large": Refusal(413, error("ResponsePayloadTooLarge", "The response is too large")),
    "denied": Refusal(403, error("InsufficientAccessError", "The provided credentials have insufficient access to perform the requested operation")),
    "unauthorized": Refusal(401, error("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")),
    "empty": Refusal(200, b""),
    "no_content": Refusal(204, b""),
}  # fmt: skip


def _send(
    request: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    length: int | None = None,
) -> None:
    request.send_response(status)
    request.send_header("Content-Type", "application/json; charset=utf-8")
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body) if length is None else length))
    request.end_headers()
    request.wfile.write(body)
    if length is not None:
        request.close_connection = True


_SPELLED: Mapping[str, Callable[[Any], Any]] = {
    "datetime": lambda value: value.isoformat(timespec="microseconds") + "0Z",
    "dynamic": lambda value: value if isinstance(value, str) else json.dumps(value),
    "real": lambda value: value if value == value and abs(value) != float("inf") else str(value).replace("nan", "NaN"),
    "timespan": str,
    "decimal": str,
}


def _wire(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        value = value.replace(tzinfo=None)
    return _SPELLED.get(kind, lambda plain: plain)(value)
