"""The command line: one file per command, each of which parses, calls one use-case and prints.

Only Typer is imported before a command is known; everything heavy is imported inside the command (a test guards it).
"""

import os
import sys

import typer

from aoai_insights.cli import (
    anomalies,
    budgets,
    chargeback,
    demo,
    deployments,
    diagnostics,
    doctor,
    explain,
    export,
    ingest,
    init,
    kql,
    latency,
    prices,
    ptu,
    quality,
    report,
    routing,
    send,
    sql,
    status,
    throttling,
    tokens,
)
from aoai_insights.own_process import start_lean

app = typer.Typer(
    name="aoai-insights",
    help="Chargeback and region latency for Azure OpenAI behind Azure API Management, from the logs you already have.",
    epilog="First time here: aoai-insights demo",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command("demo")(demo.demo)
app.command("init")(init.init)
app.command("ingest")(ingest.ingest)
app.command("doctor")(doctor.doctor)
app.command("status")(status.status)
app.command("chargeback")(chargeback.chargeback)
app.command("latency")(latency.latency)
app.command("throttling")(throttling.throttling)
app.add_typer(routing.app, name="routing")
app.command("quality")(quality.quality)
app.command("budgets")(budgets.budgets)
app.command("anomalies")(anomalies.anomalies)
app.add_typer(deployments.app, name="deployments")
app.command("explain")(explain.explain)
app.command("ptu")(ptu.ptu)
app.add_typer(prices.app, name="prices")
app.add_typer(tokens.app, name="tokens")
app.command("report")(report.report)
app.add_typer(export.app, name="export")
app.command("send")(send.send)
app.command("deliveries")(send.deliveries)
app.add_typer(kql.app, name="kql")
app.command("sql")(sql.sql)


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
    debug: bool = typer.Option(False, "--debug", help="Show tracebacks; may stand anywhere."),
) -> None:
    """The options before a command."""
    if version:
        from aoai_insights import __version__

        typer.echo(f"aoai-insights {__version__}")
        raise typer.Exit


_SECONDS_TO_END = 5.0
"""After the death of the workers: far more than what is left to do takes."""


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit code that it also exits with when called by the console script."""
    if arguments is None:
        start_lean()
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    code = 1
    try:
        code = diagnostics.guarded(app, [word for word in given if word != "--debug"], debug=debug)
    finally:
        if arguments is None:
            _end_workers(code)
    if arguments is None:
        sys.exit(code)
    return code


def _end_workers(code: int) -> None:
    """Where a command failed: else the interpreter's end would wait until they have read what they hold."""
    if "multiprocessing" not in sys.modules:
        return
    from multiprocessing import active_children

    if workers := active_children():
        import threading

        for worker in workers:
            worker.kill()
        # Of a worker that was handing over its result the rest is waited for in vain.
        last = threading.Timer(_SECONDS_TO_END, os._exit, (code,))
        last.daemon = True
        last.start()
