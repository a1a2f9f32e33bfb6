"""An Azure Data Explorer cluster on this machine: frames of the v2 query endpoint over the tables of a workspace.

https://learn.microsoft.com/kusto/api/rest/response-v2
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import duckdb
import duckdb_kql

from .server import Prepared

PATH = "/v2/rest/query"


class Cluster:
    """Serves databases by name. `faults` are taken from its front, one a request whose text holds the mark."""

    def __init__(self, databases: dict[str, Prepared]) -> None:
        self.databases = databases
        self.faults: list[str] = []
        self.mark = ""
        self.asked: list[dict[str, Any]] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # what the SDK asks of a cluster before it signs in
                _send(self, 404, b"")

            def do_POST(self) -> None:
                owner.answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}"

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        asked = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        self.asked.append(asked)
        fault = self.faults.pop(0) if self.faults and self.mark in asked["csl"] else ""
        if request.path != PATH:
            _send(request, 404, b"")
        elif fault in ("429", "503", "403"):
            _send(request, int(fault), _refusal("General_Refused", "Request is refused"))
        elif fault == "drop":
            request.close_connection = True
            request.connection.close()
        elif fault == "garbage":
            _send(request, 200, b'[{"FrameType":"DataSetHea')
        elif fault == "slow":
            _send(request, 504, _refusal("Timeout", "Request timed out", "E_QUERY_TIMEOUT"))
        else:
            self._frames(request, asked, fault)

    def _frames(self, request: BaseHTTPRequestHandler, asked: dict[str, Any], fault: str) -> None:
        try:
            columns, rows = self.databases[asked["db"]].answer(asked["csl"])
        except (duckdb_kql.KqlError, duckdb.Error) as error:
            words = str(error)
            if "does not exist" in words:
                words = "Semantic error: SEM0100: 'where' operator: Failed to resolve table or column expression"
            _send(request, 400, _refusal("General_BadRequest", words))
            return
        table = {
            "FrameType": "DataTable",
            "TableId": 1,
            "TableKind": "PrimaryResult",
            "TableName": "PrimaryResult",
            "Columns": [{"ColumnName": name, "ColumnType": kind} for name, kind in columns],
            "Rows": [[_native(cell, kind) for cell, (_, kind) in zip(row, columns, strict=True)] for row in rows],
        }
        end: dict[str, Any] = {"FrameType": "DataSetCompletion", "HasErrors": False, "Cancelled": False}
        if fault in ("too_large", "partial"):
            table["Rows"] = [
                *table["Rows"][: len(table["Rows"]) // 2],
                {"OneApiErrors": [_one_error(fault)]},
            ]
            end |= {"HasErrors": True, "OneApiErrors": [_one_error(fault)]}
        header = {"FrameType": "DataSetHeader", "IsProgressive": False, "Version": "v2.0"}
        _send(request, 200, json.dumps([header, table, end]).encode())


def _one_error(fault: str) -> dict[str, Any]:
    words = "E_QUERY_RESULT_SET_TOO_LARGE (0x80DA0003)" if fault == "too_large" else "E_UNEXPECTED"
    return {
        "error": {
            "code": "LimitsExceeded" if fault == "too_large" else "Internal",
            "message": "Request is invalid and cannot be executed.",
            "@type": "Kusto.Data.Exceptions.KustoServicePartialQueryFailureLimitsExceededException",
            "@message": f"Query execution has exceeded the allowed limits ({words})."
            if fault == "too_large"
            else words,
            "@permanent": False,
        }
    }


def _refusal(code: str, words: str, more: str = "") -> bytes:
    error = {
        "code": code,
        "message": words,
        "@type": "Kusto.Exception",
        "@message": f"{words} {more}",
        "@permanent": False,
    }
    return json.dumps({"error": error}).encode()


def _native(cell: Any, kind: str) -> Any:
    """Dynamic values are objects here, and their JSON text in Log Analytics."""
    if kind == "dynamic" and isinstance(cell, str):
        return json.loads(cell)
    return cell


def _send(request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
