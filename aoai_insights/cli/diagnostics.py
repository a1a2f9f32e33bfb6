"""Everything on stderr, and the exit code. stdout belongs to output.py."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from aoai_insights.errors import ExitCode, InsightsError
from aoai_insights.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from aoai_insights.model import Coverage, Quality


def guarded(app: typer.Typer, arguments: Sequence[str], *, debug: bool) -> int:
    """Runs the app; any error becomes one line on stderr and an exit code, and a traceback only when asked for."""
    try:
        result = typer.main.get_command(app)(args=list(arguments), prog_name="aoai-insights", standalone_mode=False)
        sys.stdout.flush()
        return int(result) if isinstance(result, int) else ExitCode.OK
    except typer.Exit as done:
        return done.exit_code
    except (typer.Abort, KeyboardInterrupt):
        _error("interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough (`| head`). Point stdout elsewhere so that the interpreter's last flush is quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except typer.TyperException as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        if not message:  # a group without a command has printed its help
            return ExitCode.USAGE
        context = getattr(error, "ctx", None)
        _error(f"{message.rstrip('.')}; see: {context.command_path if context else 'aoai-insights'} --help")
        return ExitCode.USAGE
    except InsightsError as error:
        if debug:
            raise
        _error(str(error))
        return error.exit_code
    except Exception as error:
        if type(error).__name__ == "InterruptException" or str(error) == "Query interrupted":  # DuckDB's Ctrl-C
            return ExitCode.INTERRUPTED
        if debug:
            raise
        _error(
            f"defect: {type(error).__name__}: {printable(str(error))[:300]}; please report it with the --debug output"
        )
        return ExitCode.INTERNAL


def note(text: str) -> None:
    """One line of narration."""
    typer.echo(printable(text), err=True)


def exit_for(quality: "Quality") -> None:
    """Says what an incomplete answer lacks and exits with 4; does nothing for a whole one."""
    _exit_for(list(missing_parts(quality)))


def exit_for_days(coverage: "Coverage") -> None:
    """As exit_for, for answers that no price enters."""
    _exit_for(list(_missing_days(coverage)))


def _exit_for(gaps: Sequence[str]) -> None:
    if not gaps:
        return
    for gap in gaps:
        note(f"aoai-insights: incomplete: {gap}")
    raise typer.Exit(ExitCode.INCOMPLETE)


def missing_parts(quality: "Quality") -> Iterator[str]:
    """What keeps an answer from being whole, one line each, with what to do."""
    from aoai_insights.reports import text

    yield from _missing_days(quality.coverage)
    for item in quality.unpriced:
        if not item.requests:  # PTUs that are paid whether or not anybody calls
            yield f"{item.deployment_type} without a price: {item.reason}"
    unpriced = sum(item.requests for item in quality.unpriced)
    if unpriced:
        models = sorted({item.model for item in quality.unpriced})
        named = ", ".join(models[:3]) + (" …" if len(models) > 3 else "")
        yield f"{text.counted(unpriced, 'request')} without a price ({named}); see: aoai-insights prices check"


def _missing_days(coverage: "Coverage") -> Iterator[str]:
    from aoai_insights.reports import text

    missing = coverage.days_missing
    if missing:
        named = ", ".join(day.isoformat() for day in missing[:5]) + (" …" if len(missing) > 5 else "")
        yield f"{text.counted(len(missing), 'day')} without any record ({named}); ingest the exports"
    if coverage.partial_queries:
        yield f"{text.counted(coverage.partial_queries, 'query', 'queries')} came back partial; ingest again"


@contextmanager
def progress_bars(label: str) -> "Iterator[tuple[Callable[[int, int], None], Callable[[int, int], None]]]":
    """Bars on stderr for work in bytes, and for days joined thereafter; nothing at all where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield (lambda done, of: None), (lambda done, of: None)
        return
    from rich.console import Console
    from rich.filesize import decimal
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    so_far = TextColumn("{task.fields[so_far]}")
    columns = (TextColumn("{task.description}"), BarColumn(), so_far, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        read = bars.add_task(label, total=None, so_far="")
        join = bars.add_task("Joining days", total=None, so_far="", visible=False)
        yield (
            lambda done, of: bars.update(read, completed=done, total=of, so_far=f"{decimal(done)} of {decimal(of)}"),
            lambda done, of: bars.update(join, completed=done, total=of, so_far=f"{done} of {of}", visible=True),
        )


def _error(message: str) -> None:
    typer.echo(f"aoai-insights: error: {printable(message)}", err=True)
