"""What a period has to say to whom: the whole report, the owners' statements, or a word to the operators."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from email.utils import parseaddr
from typing import Any

from aoai_insights.config import Config, Email
from aoai_insights.errors import UsageError
from aoai_insights.model import Column, Latency, Period, Table, UsageFact
from aoai_insights.reports import revision
from aoai_insights.reports.content import Report
from aoai_insights.reports.csv_text import as_csv
from aoai_insights.reports.email import Mail, render_mail
from aoai_insights.reports.figures import Amounts, ReportFigures, rounded
from aoai_insights.reports.lines import SHOWN_ROWS
from aoai_insights.reports.notice import notice, said_missing
from aoai_insights.reports.statement import Scope, cut_down, statement
from aoai_insights.reports.view import view

WHOLE = "chargeback"
NOTICE = "incomplete"
"""Names of reports in the ledger; a statement's is "statement:" and whose it is."""

_CSV_FIELDS = (
    "app", "cost_center", "model", "model_version", "region", "deployment", "deployment_type", "token_source", "kind",
)  # fmt: skip
_CSV_SUMS = (
    "requests", "prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens", "cost", "unpriced_requests",
    "missing_requests",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Letter:
    """One report of a period and who gets it. `mail` words it, given its revision and what the revision changes."""

    report: str
    period: Period
    recipients: tuple[str, ...]
    figures: str
    """JSON that later revisions are compared with."""
    mail: Callable[[int, tuple[str, ...]], Mail]
    csv: bytes | None
    csv_name: str


def letters(
    config: Config,
    figures: ReportFigures,
    usage: Sequence[UsageFact],
    usage_before: Sequence[UsageFact] | None,
    latency_by_app: Latency,
    *,
    incomplete_too: bool = False,
) -> list[Letter]:
    """Everything that is due, the whole report first.

    Figures that are incomplete go to nobody; operators are told what is missing.
    """
    whole = view(figures)
    if whole.trust.status == "incomplete" and not incomplete_too:
        return [_notice(config, figures)]
    made = [_whole(config, figures, usage)]
    if config.email.statements:
        made += _statements(config, figures, usage, usage_before, latency_by_app)
    return made


def narrowed(made: Sequence[Letter], to: Sequence[str]) -> list[Letter]:
    """Only for these addresses: what is due to them anyhow, and the first letter for one that nothing is due to."""
    wanted = {bare(address) for address in to}
    kept = [replace(letter, recipients=tuple(r for r in letter.recipients if bare(r) in wanted)) for letter in made]
    strangers = wanted - {bare(recipient) for letter in kept for recipient in letter.recipients}
    first, *others = kept
    return [replace(first, recipients=(*first.recipients, *sorted(strangers))), *others]


def check_recipients(made: Sequence[Letter], email: Email) -> None:
    """Raises UsageError before anything is sent: for a recipient outside the allowed domains, or a sender missing."""
    if not parseaddr(email.sender)[1]:
        raise UsageError("nobody to send as", 'write from = "Costs <costs@example.com>" under [email]')
    allowed = {domain.lower().lstrip("@") for domain in email.allowed_domains}
    for letter in made:
        for recipient in letter.recipients:
            address = bare(recipient)
            if "@" not in address or not address.isascii() or any(c.isspace() for c in address):
                raise UsageError(f'"{recipient}" is no mail address', "write name@example.com")
            if address.rpartition("@")[2] not in allowed:
                known = ", ".join(sorted(allowed)) or "none"
                raise UsageError(
                    f"{recipient} is outside the domains that may be written to ({known})",
                    "add its domain to allowed_domains under [email], if it belongs there",
                )


def bare(address: str) -> str:
    """The address alone, in lower case: one mailbox has one spelling in the ledger."""
    return (parseaddr(address)[1] or address).lower()


def usage_csv(usage: Sequence[UsageFact]) -> bytes:
    """The figures behind a report, exact, one line per app, model, region, deployment and token source.

    Begins with a byte order mark: without it Excel reads names as another alphabet.
    """
    sums: dict[tuple[str, ...], dict[str, Any]] = {}
    for fact in usage:
        key = tuple(str(getattr(fact, field)) for field in _CSV_FIELDS)
        row = sums.setdefault(key, {**dict(zip(_CSV_FIELDS, key, strict=True)), **dict.fromkeys(_CSV_SUMS, 0)})
        for name in _CSV_SUMS:
            row[name] += getattr(fact, name)
    columns = (*(Column(f, f, "text") for f in _CSV_FIELDS), *(Column(f, f, "number") for f in _CSV_SUMS))
    return b"\xef\xbb\xbf" + as_csv(Table("usage", columns, tuple(sums[key] for key in sorted(sums))))


def _whole(config: Config, figures: ReportFigures, usage: Sequence[UsageFact]) -> Letter:
    amounts = rounded(figures)

    def mail(number: int, revised: tuple[str, ...]) -> Mail:
        return render_mail(
            lambda shown: replace(view(figures, shown), revision=number, revised=revised), _link(config, figures)
        )

    return Letter(
        WHOLE, figures.period, tuple(config.email.recipients), revision.said(figures, amounts), mail, usage_csv(usage),
        f"azure-openai-{_when(figures.period)}.csv",
    )  # fmt: skip


def _statements(
    config: Config, figures: ReportFigures, usage: Sequence[UsageFact], before: Sequence[UsageFact] | None,
    latency_by_app: Latency,
) -> list[Letter]:  # fmt: skip
    amounts = rounded(figures)
    made = []
    for name, recipient, scope in scopes(config, usage, before):
        own, own_amounts = cut_down(figures, amounts, scope, usage, before)

        def mail(
            number: int, revised: tuple[str, ...], own: ReportFigures = own, own_amounts: Amounts = own_amounts,
            scope: Scope = scope,
        ) -> Mail:  # fmt: skip
            def page(shown: int = SHOWN_ROWS) -> Report:
                made = statement(own, own_amounts, scope, latency_by_app, shown)
                return replace(made, revision=number, revised=revised)

            return render_mail(page)

        mine = [fact for fact in usage if (fact.app, fact.cost_center) in scope.owns]
        made.append(
            Letter(
                f"statement:{name}",
                figures.period,
                (recipient,),
                revision.said(own, own_amounts),
                mail,
                usage_csv(mine),
                f"azure-openai-statement-{_when(figures.period)}.csv",
            )
        )
    return made


def scopes(
    config: Config, usage: Sequence[UsageFact], before: Sequence[UsageFact] | None
) -> list[tuple[str, str, Scope]]:
    """(name in the ledger, recipient, scope) of everybody who owns something that was used, now or before."""
    used = {(fact.app, fact.cost_center) for fact in (*usage, *(before or ()))}
    found = []
    for centre in config.cost_centers:
        owns = frozenset(pair for pair in used if pair[1] == centre.name)
        if centre.owner and owns:
            budget = Decimal(centre.budget) if centre.budget else None
            found.append((f"cost-centre:{centre.name}", centre.owner, Scope(centre.name, owns, budget)))
    owners: dict[str, list[tuple[str, str]]] = {}
    budgets: dict[str, str] = {}
    for app in config.apps:
        if "@" in app.owner:
            owners.setdefault(bare(app.owner), []).append((app.name, app.cost_center))
            budgets[app.name] = app.budget or budgets.get(app.name, "")
    for owner, pairs in owners.items():
        owns = frozenset(pairs) & used
        names = {name for name, _ in pairs}
        # A sum that leaves out an app would read as room that is not there.
        whole = sum((Decimal(budgets[n]) for n in names), Decimal(0)) if all(budgets[n] for n in names) else None
        if owns:
            label = next(iter(names)) if len(names) == 1 else owner
            found.append((owner, owner, Scope(label, owns, whole)))
    return found


def _notice(config: Config, figures: ReportFigures) -> Letter:
    return Letter(
        NOTICE, figures.period, tuple(config.email.operators), said_missing(figures), lambda number, _: notice(figures),
        None, "",
    )  # fmt: skip


def _link(config: Config, figures: ReportFigures) -> str:
    return config.email.report_link.replace("{month}", _when(figures.period))


def _when(period: Period) -> str:
    """2026-10, or 2026-10-01-2026-10-07 where the period is no calendar month; the last day is inside."""
    if period.month:
        return period.month
    return f"{period.start:%Y-%m-%d}-{period.end - timedelta(microseconds=1):%Y-%m-%d}"
