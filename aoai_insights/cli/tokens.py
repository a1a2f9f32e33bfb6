"""aoai-insights tokens: what an exchange costs in tokens, counted from its bodies."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aoai_insights.cli import diagnostics, options
from aoai_insights.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from aoai_insights.tokens.count import Count
    from aoai_insights.tokens.logged import Exchange

app = typer.Typer(
    help="Count tokens of recorded exchanges, as ingest does.", no_args_is_help=True, rich_markup_mode=None
)


class LinesFormat(StrEnum):
    """One count a line: JSON."""

    JSON = "json"


@app.callback()
def _group() -> None:
    """Count tokens of recorded exchanges, as ingest does."""


@app.command("count")
def count(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.jsonl", help="Exchanges, one JSON object a line; .gz is read too.")
    ],
    ignore_usage: Annotated[
        bool, typer.Option("--ignore-usage", help="Count as if no answer stated its usage, to check the counter.")
    ] = False,
    chosen: Annotated[LinesFormat, typer.Option("-f", "--format", help="One JSON object a line.")] = LinesFormat.JSON,
    target: options.OutputFile = None,
) -> None:
    """Tokens of each exchange in a file, with their source.

    A line holds id, api (chat, completions, embeddings, responses), provider (azure, openai), model, stream, request
    (object or text), response_body (text), and response_bytes or request_bytes where a body was cut. A line that
    cannot be read is named on stderr and the exit code is 4; the others are counted all the same. The tokenizer's
    name and version stand on stderr, too.

    Example: aoai-insights tokens count exchanges.jsonl --ignore-usage -f json
    """
    import orjson

    from aoai_insights.cli import output
    from aoai_insights.tokens.count import count_exchange
    from aoai_insights.tokens.tokenizer import tokenizer

    by = tokenizer()
    diagnostics.note(f"tokenizer: {by.name} {by.version}")
    counted: list[bytes] = []
    bad = 0
    for number, line in _lines(file):
        case = _case(line)
        if isinstance(case, str):
            bad += 1
            diagnostics.note(f"aoai-insights: {file}:{number}: {case}; skipped")
            continue
        identity, exchange = case
        counted.append(orjson.dumps(_payload(identity, count_exchange(exchange, use_usage=not ignore_usage))))
    output.emit(b"".join(line + b"\n" for line in counted), options.Format(chosen.value), target)
    if bad:
        diagnostics.note(f"aoai-insights: incomplete: {bad} lines could not be read; {len(counted)} exchanges counted")
        raise typer.Exit(ExitCode.INCOMPLETE)


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    import gzip

    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line
    except (OSError, EOFError) as error:
        raise UsageError(
            f"{file} cannot be read: {error}", "name a file of exchanges, one JSON object a line"
        ) from None


_APIS = ("chat", "completions", "embeddings", "responses", "images", "audio", "other")


def _case(line: bytes) -> "tuple[object, Exchange] | str":
    """The exchange of a line with its id, or why there is none."""
    import orjson

    from aoai_insights.tokens.json_text import decode
    from aoai_insights.tokens.logged import Exchange

    case = decode(line)
    if not isinstance(case, dict):
        return "no JSON object"
    api, request, response = case.get("api"), case.get("request"), case.get("response_body")
    provider = case.get("provider", "azure")
    if api not in _APIS:
        return f"api is {str(api)[:40]!r}, not one of {', '.join(_APIS)}"
    if provider not in ("azure", "openai"):
        return f"provider is {str(provider)[:40]!r}, not azure or openai"
    if not isinstance(request, dict | str | None):
        return "request is neither an object nor a text"
    if not isinstance(response, dict | str | None):
        return "response_body is neither a text nor an object"
    sizes = [case.get("request_bytes"), case.get("response_bytes")]
    if not all(size is None or (isinstance(size, int) and not isinstance(size, bool) and size >= 0) for size in sizes):
        return "request_bytes or response_bytes is no number of bytes"
    model = case.get("model")
    stream, created = case.get("stream"), case.get("created")

    def text(body: Any) -> bytes | None:
        return body.encode("utf-8", "replace") if isinstance(body, str) else orjson.dumps(body) if body else None

    return case.get("id"), Exchange(
        api=api,
        request=text(request),
        response=text(response),
        streamed=stream if isinstance(stream, bool) else None,
        provider=provider,
        models=(model,) if isinstance(model, str) and model else (),
        sent_at=created if isinstance(created, int) else None,
        request_total_bytes=sizes[0],
        response_total_bytes=sizes[1],
    )


def _payload(identity: object, count: "Count") -> dict[str, object]:
    payload: dict[str, object] = {
        "id": identity,
        "prompt_tokens": count.prompt_tokens,
        "completion_tokens": count.completion_tokens,
        "cached_tokens": count.cached_tokens,
        "reasoning_tokens": count.reasoning_tokens,
        "token_source": count.source,
        "notes": list(count.notes),
    }
    if count.source in ("extrapolated", "lower_bound"):
        for name in ("prompt_tokens_low", "prompt_tokens_high", "completion_tokens_low", "completion_tokens_high"):
            payload[name] = getattr(count, name)
    return payload
