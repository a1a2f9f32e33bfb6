"""How far a period's figures can be trusted: coverage, matches, token sources, prices, and what nobody claims."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from aoai_insights import allocation, chargeback, deployments
from aoai_insights.model import Caller, ChargeRow, Period, Quality
from aoai_insights.pipeline.calls import NamedServer, coverage
from aoai_insights.pipeline.exchange import fx_sentences
from aoai_insights.pipeline.money import Beside
from aoai_insights.pipeline.rating import rated_in_spans, rated_usage
from aoai_insights.pricing import Charge, Missing, PriceBook, UnitPrice
from aoai_insights.store import read

if TYPE_CHECKING:
    import duckdb

TOP_CALLERS = 10
"""How many of the callers that no rule claims are named."""


def assess(
    connection: "duckdb.DuckDBPyConnection", period: Period, now: datetime, currency: str, book: PriceBook,
    prices: Sequence[UnitPrice], named: Sequence[NamedServer], beside: Beside,
) -> Quality:  # fmt: skip
    counts = read.match_counts(connection, period)
    rated = rated_usage(connection, [], book, currency)
    callers = rated_in_spans(
        connection, read.CALLER_COLUMNS, book, currency, f"app = '{allocation.UNALLOCATED}'", rated
    )
    unclaimed = chargeback.rows(callers, read.CALLER_COLUMNS)
    rules = dict.fromkeys((*beside.rules, *fx_sentences(rated)))
    return Quality(
        coverage=coverage(connection, period, now),
        requests=counts["requests"],
        failed_requests=counts["failed_requests"],
        llm_matched=counts["llm_matched"],
        aoai_matched={how: counts[f"{how}_matched"] for how in ("header", "trace", "heuristic")},
        token_sources=chargeback.source_shares(rated, beside.items),
        unpriced=(*chargeback.unpriced(rated), *beside.unpriced),
        unallocated=tuple(_callers(unclaimed)[:TOP_CALLERS]),
        unallocated_requests=sum(row.requests for row in unclaimed),
        unallocated_cost=sum((row.cost for row in unclaimed), Decimal(0))
        + sum((item.amount for item in beside.items if item.app == allocation.UNALLOCATED), Decimal(0)),
        other_api_requests=counts["other_api_requests"],
        bypass_requests=counts["bypass_requests"],
        bypass_tokens=counts["bypass_tokens"],
        doubtful_requests=counts["doubtful_requests"],
        retried_attempts=counts["retried_attempts"],
        counting_errors=tuple(read.counting_errors(connection)),
        missing_reasons=read.missing_reasons(connection),
        assumptions=(*_assumptions(rated, named), *_hidden(connection), *rules),
        price_book=_price_book_sentence(rated, beside.prices),
    )


def _callers(unclaimed: Sequence[ChargeRow]) -> list[Caller]:
    """The dearest first. Who has a subscription or an Entra app is one caller, from however many addresses."""
    rows_of: dict[tuple[str, ...], list[ChargeRow]] = {}
    for row in unclaimed:
        subscription, product, entra_app, address = (row.key[name] for name in read.CALLER_COLUMNS)
        key = (subscription, product, entra_app, "" if subscription or entra_app else address)
        rows_of.setdefault(key, []).append(row)
    callers = [
        Caller(
            apim_subscription=key[0],
            product=key[1],
            entra_app=key[2],
            caller_ip=_address([address for row in rows if (address := row.key["caller_ip"])]),
            requests=sum(row.requests for row in rows),
            tokens=sum(row.prompt_tokens + row.completion_tokens for row in rows),
            cost=sum((row.cost for row in rows), Decimal(0)),
        )
        for key, rows in rows_of.items()
    ]
    return sorted(callers, key=lambda caller: (-caller.cost, -caller.requests))


def _address(known: Sequence[str]) -> str:
    return "".join(known) if len(known) < 2 else f"{len(known):,} addresses"


def _assumptions(rated: Sequence[chargeback.Rated], named: Sequence[NamedServer]) -> tuple[str, ...]:
    """What the figures rest on that no log and no config says, in sentences. Calls without tokens rest on nothing."""
    used = [(names, served, calls) for names, served, calls in named if calls]
    sentences = []
    typeless = sorted({f"{n.resource}/{n.deployment}" for n, s, _ in used if s.type_assumed})
    if typeless:
        calls = sum(calls for _, s, calls in used if s.type_assumed)
        sentences.append(
            f"{calls:,} calls to {_few(typeless)}: no type in [[deployments]], priced as {deployments.ASSUMED_TYPE}"
        )
    by_name = sorted({f"{n.resource}/{n.deployment}" for n, s, _ in used if s.model_assumed})
    if by_name:
        sentences.append(f"no log names the model behind {_few(by_name)}: the deployment's name was taken for it")
    unknown = sorted({f"{n.resource}/{n.deployment}" for n, s, _ in used if s.model == deployments.UNKNOWN})
    if unknown:
        sentences.append(f"nothing names the model behind {_few(unknown)}: say it in [[deployments]]")
    by_region = sorted({n.resource for n, s, _ in used if s.region_assumed})
    if by_region:
        sentences.append(f"the region of {_few(by_region)} is read from the name, not from a log")
    flags: dict[str, int] = {}
    for item in rated:
        for flag in item.charge.flags if isinstance(item.charge, Charge) else ():
            flags[flag] = flags.get(flag, 0) + item.usage.billable_requests
    sentences += [f"{count:,} requests: {FLAG_SENTENCES.get(flag, flag)}" for flag, count in sorted(flags.items())]
    return tuple(sentences)


def _hidden(connection: "duckdb.DuckDBPyConnection") -> list[str]:
    """What rests on reasoning that no body shows, and who it was learned from."""
    groups = {1: "calls of the same deployment", 2: "calls of the same model and API, streamed alike",
              3: "calls of the same model and API", 4: "calls of the same model"}  # fmt: skip
    return [
        f"{calls:,} calls hide their reasoning: {tokens:,} tokens for it learned from {groups[width]}"
        " whose usage is known"
        if width
        else f"{calls:,} calls hide their reasoning and no call of their model states it: a lower bound"
        for width, calls, tokens in read.hidden_reasoning(connection)
    ]


def _few(words: Sequence[str]) -> str:
    """The first three, and how many more."""
    return ", ".join(words[:3]) + (f" and {len(words) - 3} more" if len(words) > 3 else "")


FLAG_SENTENCES: Mapping[str, str] = {
    "before_first_known_price": "dated before the first price known for their meter, priced at that first price",
    "no_cached_price": "their model has no cached meter, cached tokens cost as much as others",
    "paid_by_ptu_hours": "served by PTUs, they cost nothing by the token: the PTU-hours are shared instead",
    "region_unknown_same_price": "region unknown, every region had the same price that day",
    "version_unknown_same_price": "model version unknown, all versions had the same price that day",
}


def _price_book_sentence(rated: Sequence[chargeback.Rated], hours: Sequence[UnitPrice]) -> str:
    """Where the prices that this period used come from, and when they were read. `hours`: of PTUs and hosting."""
    used = {part.price for item in rated if isinstance(item.charge, Charge) for part in item.charge.parts} | {*hours}
    listed = sorted(price.retrieved_at for price in used if price.source in ("retail", "book") and price.retrieved_at)
    words = []
    if listed:
        first, last = listed[0].isoformat(), listed[-1].isoformat()
        words.append(f"list prices read on {last}" if first == last else f"list prices read between {first} and {last}")
    for source, name in (("price_sheet", "contract prices"), ("config", "prices of your config")):
        count = sum(price.source == source for price in used)
        words += [f"{count} {name}"] if count else []
    free = sum(not price.price for price in used)
    words += [f"{free} of them 0"] if free else []
    unpriced = any(isinstance(item.charge, Missing) for item in rated)
    return ", ".join(words) or ("none applies" if unpriced else "no price was needed")
