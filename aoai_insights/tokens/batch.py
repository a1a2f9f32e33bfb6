"""Gateway records with bodies in, gateway records with tokens out: the bodies end here.

Pure functions on Arrow batches, so any engine can map them over any number of processes. A row never gets lost: one
that cannot be counted leaves with `body_source` none and a note that says why.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import Any
from zlib import crc32

import pyarrow as pa
from msgspec.structs import astuple

from aoai_insights import model
from aoai_insights.tokens.count import Count, count_exchange
from aoai_insights.tokens.cut import HEADER_BYTES_SPREAD, REQUEST_HEADER_BYTES, RESPONSE_HEADER_BYTES
from aoai_insights.tokens.families import encoding_name
from aoai_insights.tokens.logged import Exchange
from aoai_insights.tokens.messages import Messages, RowTokens, completion_tokens, count_pieces, prompt_tokens

_COUNTED_BESIDE_ONE_IN = 8
"""Of the calls whose usage is known, how many are counted as well, to measure our error: enough, and cheap."""

_EPOCH, _SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)
_BACKGROUND = re.compile(r'"background"\s*:\s*true', re.ASCII)
_UNFINISHED = re.compile(r'\A\s*\{.*"status"\s*:\s*"(?:queued|in_progress)"', re.DOTALL | re.ASCII)
_READ = (
    "correlation_id",
    "backend_host",
    "deployment",
    "api",
    "method",
    "status_code",
    "backend_status_code",
    "request_bytes",
    "response_bytes",
    "cache",
    "served_model",
    "started_at",
    "request_body",
    "response_body",
    "response_content_type",
    "response_header_bytes",
)
_FACTS = len(model.GATEWAY_FACTS)
_read_of = itemgetter(*[model.GATEWAY_RAW.names.index(name) for name in _READ])
_NOTES = model.GATEWAY_TOKENS.names.index("notes")


def count_gateway(batch: pa.RecordBatch, models: Mapping[tuple[str, str], str]) -> pa.RecordBatch:
    """GATEWAY_RAW to GATEWAY.

    `models` says what the config knows: (backend host, deployment) to model; the host "" stands for any.
    """
    rows = zip(*[batch.column(name).to_pylist() for name in _READ], strict=True)
    counts = [_tokens_of(_count_call(row, models)) for row in rows]
    columns = zip(*counts, strict=True) if counts else [()] * len(model.GATEWAY_TOKENS)
    facts = [batch.column(name) for name in model.GATEWAY_FACTS.names]
    tokens = [pa.array(cells, field.type) for cells, field in zip(columns, model.GATEWAY_TOKENS, strict=True)]
    return pa.RecordBatch.from_arrays([*facts, *tokens], schema=model.GATEWAY)


def count_row(models: Mapping[tuple[str, str], str], row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same for one row: of GATEWAY_RAW to one of GATEWAY."""
    return row[:_FACTS] + _tokens_of(_count_call(_read_of(row), models))


def _tokens_of(count: Count) -> tuple[Any, ...]:
    """Cells of GATEWAY_TOKENS, whose order is that of a Count's fields."""
    cells = astuple(count)
    return (*cells[:_NOTES], ";".join(count.notes) or None, *cells[_NOTES + 1 :])


def _count_call(cells: tuple[Any, ...], models: Mapping[tuple[str, str], str]) -> Count:
    """`cells` are those of _READ."""
    (
        correlation_id, backend_host, deployment, api, method, status_code, backend_status_code, request_bytes,
        response_bytes, cache, served_model, started_at, request_body, response_body, content_type, header_bytes,
    ) = cells  # fmt: skip
    if cache == "hit":
        return Count("none", notes=("gateway_cache_hit",))  # the gateway answered by itself: nothing was billed
    posted = (method or "POST").upper() == "POST"
    in_background = api == "responses" and _BACKGROUND.search(response_body or "") is not None
    if not posted and not in_background:
        return Count("none", notes=("no_inference",))  # a stored answer: its usage was billed with its own call
    if posted and in_background and _UNFINISHED.search(response_body):
        return Count("none", notes=("background_call",))  # its usage comes with the answer, when that is fetched
    host, deployment = backend_host or "", deployment or ""
    configured = models.get((host, deployment)) or models.get(("", deployment)) if models else None
    exchange = Exchange(
        api=api or "other",
        request=_utf8(request_body),
        response=_utf8(response_body),
        streamed=True if (content_type or "").startswith("text/event-stream") else None,
        provider="openai" if host == "api.openai.com" else "azure",
        models=tuple([name for name in (served_model, configured) if name]) if served_model or configured else (),
        deployment=deployment or None,
        sent_at=(started_at - _EPOCH) // _SECOND if started_at is not None else None,
        request_total_bytes=_body_bytes(request_bytes, REQUEST_HEADER_BYTES),
        response_total_bytes=_body_bytes(
            response_bytes, RESPONSE_HEADER_BYTES if header_bytes is None else header_bytes
        ),
        request_spread_bytes=HEADER_BYTES_SPREAD,
        response_spread_bytes=HEADER_BYTES_SPREAD if header_bytes is None else 0,
    )
    count_anyway = crc32((correlation_id or "").encode()) % _COUNTED_BESIDE_ONE_IN == 0
    status = backend_status_code or status_code
    return count_exchange(exchange, count_anyway=count_anyway, reconstruct=status is None or 200 <= status < 300)


def _utf8(body: str | None) -> bytes | None:
    return None if body is None else body.encode("utf-8", "replace")


def _body_bytes(with_headers: int | None, header_bytes: int) -> int | None:
    return None if not with_headers else max(0, with_headers - header_bytes)


def count_llm(batch: pa.RecordBatch) -> pa.RecordBatch:
    """LLM_RAW to LLM. Rows of one call are read together, so a batch should hold all that a source has of a call.

    A message row often names no model; then another row of its call does. Where none does, nothing is counted.
    """
    rows = batch.select(["service", "correlation_id", "sequence_number", "deployment", "model"]).to_pylist()
    bodies = (batch.column("request_messages").to_pylist(), batch.column("response_messages").to_pylist())
    calls: dict[tuple[str | None, str | None], list[int]] = {}
    for i, row in enumerate(rows):
        calls.setdefault((row["service"], row["correlation_id"]), []).append(i)
    prompts: list[int | None] = [None] * len(rows)
    completions: list[int | None] = [None] * len(rows)
    whole: list[bool | None] = [None] * len(rows)
    for members in calls.values():
        members.sort(key=lambda i: rows[i]["sequence_number"] or 0)
        name = _model_of_call([rows[i] for i in members])
        if name is None:
            continue
        for texts, counter, counts in zip(
            bodies, (prompt_tokens, completion_tokens), (prompts, completions), strict=True
        ):
            for i, counted in zip(members, _count_messages([texts[i] for i in members], counter, name), strict=True):
                if counted is not None:
                    counts[i] = counted.tokens
                    whole[i] = counted.whole and whole[i] is not False
    columns = [
        pa.array(values, field.type)
        for values, field in zip((prompts, completions, whole), model.LLM_TOKENS, strict=True)
    ]
    facts = [batch.column(name) for name in model.LLM_FACTS.names]
    return pa.RecordBatch.from_arrays([*facts, *columns], schema=model.LLM)


def _model_of_call(rows: list[dict[str, Any]]) -> str | None:
    names = [row[column] for column in ("model", "deployment") for row in rows]
    return next((name for name in names if name and encoding_name(name) is not None), None)


def _count_messages(
    texts: list[str | None], counter: Callable[[str, Messages], int], name: str
) -> list[RowTokens | None]:
    try:
        return count_pieces(texts, partial(counter, name), name)
    except Exception:
        return [None] * len(texts)  # as for bodies: a message that breaks us costs its count, not its row
