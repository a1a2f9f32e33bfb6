"""aoai-insights send and deliveries: the month's mail, each message once, and what became of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aoai_insights.cli import diagnostics, options
from aoai_insights.cli.options import Format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aoai_insights.model import Table
    from aoai_insights.pipeline.deliver import Posted
    from aoai_insights.store.deliveries import Delivery


def send(
    month: options.Month = None,
    since: options.Since = None,
    until: options.Until = None,
    last: options.Last = None,
    to: Annotated[
        list[str] | None, typer.Option("--to", metavar="ADDRESS", help="Only to this address; may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, send nothing.")] = False,
    messages: Annotated[
        Path | None, typer.Option("--messages", metavar="FOLDER", help="With --dry-run: the messages as .eml files.")
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Nothing to who has had the period's report, even if figures changed.")
    ] = False,
    resend: Annotated[bool, typer.Option("--resend", help="Also what may have arrived already; needs --to.")] = False,
    incomplete: Annotated[
        bool, typer.Option("--incomplete", help="Send incomplete figures too, marked as such.")
    ] = False,
    timezone: options.TimeZone = "UTC",
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """Send the report and the owners' statements by mail.

    Once per report, period, revision and recipient, whatever ended earlier runs. Figures that changed since go out as
    a revision that says what changed. Incomplete figures go to nobody: the operators get a notice, and the exit code
    is 4. A message that was refused, or that nobody can say arrived, makes it 5; such a one is never sent again by
    itself.

    Example: aoai-insights send --month last --dry-run
    """
    import os

    from aoai_insights import __version__
    from aoai_insights.cli import output, period
    from aoai_insights.delivery.choose import transport
    from aoai_insights.delivery.file import FileTransport
    from aoai_insights.errors import ExitCode, UsageError
    from aoai_insights.pipeline import deliver
    from aoai_insights.pipeline.due import due
    from aoai_insights.pipeline.letters import check_recipients, narrowed

    if resend and not to:
        raise UsageError("--resend without --to", "name who says that nothing arrived")
    if messages and not dry_run:
        raise UsageError("--messages without --dry-run", "give both")
    config, store = options.settings(config_file, store_file)
    asked = options.period_of(month, since, until, last, options.now())
    diagnostics.note(f"period: {asked.start:%Y-%m-%d %H:%M} to {asked.end:%Y-%m-%d %H:%M} UTC, end exclusive")
    quality, letters = due(
        store,
        config,
        asked,
        period.before(asked),
        zone=options.zone_of(timezone),
        now=options.now(),
        version=__version__,
        prices=options.prices(config),
        incomplete_too=incomplete,
    )
    if to:
        letters = narrowed(letters, to)
    check_recipients(letters, config.email)
    if not any(letter.recipients for letter in letters):
        who = "operators" if len(letters) == 1 and letters[0].csv is None else "recipients"
        raise UsageError("nobody to send to", f"name {who} under [email], or give --to")
    posting = deliver.Posting(
        store=store,
        email=config.email,
        transport=transport(config.email, os.environ),
        clock=options.now,
        resend=resend,
        once=once,
    )
    posted = deliver.rehearse(posting, letters) if dry_run else deliver.send(posting, letters)
    if messages:
        folder = FileTransport(messages)
        for key, message in deliver.messages(posting, letters):
            diagnostics.note(f"message: {folder.deliver(message, key, lambda: None)}")
    output.show(_table(posted), _payload(posted), config.currency, chosen, target)
    if any(each.state in ("refused", "unknown") for each in posted):
        diagnostics.note("aoai-insights: not everything was delivered for certain; see: aoai-insights deliveries")
        raise typer.Exit(ExitCode.DELIVERY)
    diagnostics.exit_for(quality)


def deliveries(
    month: options.Month = None,
    chosen: options.FormatName = Format.TABLE,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
    store_file: options.StoreFile = None,
) -> None:
    """What was sent to whom, and what became of it.

    Exits with 5 when something of the period did not arrive for certain, or nothing was sent at all: another scheduler
    can watch the first with it.

    Example: aoai-insights deliveries --month last
    """
    from aoai_insights.cli import output
    from aoai_insights.errors import ExitCode
    from aoai_insights.model import Column, Table
    from aoai_insights.reports import text
    from aoai_insights.store import deliveries as ledger

    config, store = options.settings(config_file, store_file)
    asked = options.period_of(month, None, None, None, options.now())
    found = ledger.deliveries(store, asked)
    names = ("report", "recipient", "revision", "transport", "state", "attempts", "receipt", "updated_at")
    headings = ("Report", "To", "Rev.", "By", "State", "Tries", "Answer", "At, UTC")
    rows = [
        {**{name: getattr(row, name) for name in names}, "updated_at": row.updated_at.isoformat(sep=" ")[:19]}
        for row in found
    ]
    numbers = ("revision", "attempts")
    table = Table(
        f"Deliveries, {text.period(asked)}",
        tuple(Column(n, h, "number" if n in numbers else "text") for n, h in zip(names, headings, strict=True)),
        tuple(rows),
    )
    output.show(table, {"schema": "aoai-insights/deliveries/1", "rows": rows}, config.currency, chosen, target)
    if not found:
        diagnostics.note(f"aoai-insights: nothing was sent of {text.period(asked)}")
    if not found or any(row.state != "sent" for row in _newest(found)):
        raise typer.Exit(ExitCode.DELIVERY)


def _newest(found: "Sequence[Delivery]") -> "list[Delivery]":
    """The newest revision of each report to each recipient: older ones are history."""
    return list({(row.report, row.recipient): row for row in sorted(found, key=lambda row: row.revision)}.values())


def _table(posted: "Sequence[Posted]") -> "Table":
    from aoai_insights.model import Column, Table

    return Table(
        "Mail",
        (
            Column("recipient", "To", "text"),
            Column("report", "Report", "text"),
            Column("revision", "Rev.", "number"),
            Column("state", "State", "text"),
            Column("detail", "What was said", "text"),
        ),
        tuple(_row(each) for each in posted),
    )


def _payload(posted: "Sequence[Posted]") -> dict[str, Any]:
    return {"schema": "aoai-insights/mail/1", "rows": [_row(each) for each in posted]}


def _row(each: "Posted") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(each)
