"""The Azure Retail Prices API: the public price list, page by page.

https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices (no credentials). It shows
current prices only, so what it says is appended to what was read before.
"""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from aoai_insights.errors import SourceError
from aoai_insights.pricing import UnitPrice
from aoai_insights.pricing.history import Change, append, collapse, read_items

ENDPOINT = "https://prices.azure.com/api/retail/prices"
API_VERSION = "2023-01-01-preview"
SERVICES = ("Foundry Models", "Cognitive Services")
"""The service's name since 2026 and before. A name that is not in use answers with no rows and no error."""
ATTEMPTS = 6
LONGEST_WAIT_S = 120.0
FULL_PAGES = (100, 1000)
MOST_PAGES = 1000


@dataclass(frozen=True, slots=True)
class Refresh:
    """What a reading of the list makes of the prices read before."""

    rows: tuple[UnitPrice, ...]
    """All retail rows, old and new: what to write back."""
    changes: tuple[Change, ...]
    refused: dict[str, str]
    """Meters that were not understood, with the word: they give no price."""
    left_out: int


def refresh(
    known: Iterable[UnitPrice], items: Iterable[dict[str, Any]], read_on: date, currency: str = "USD"
) -> Refresh:
    """Appends `items` to the retail rows in `known`; a new price closes the old row the day before.

    `known` may hold the shipped book too: its rows are what a first refresh is compared with, and are not returned.
    """
    sound: list[dict[str, Any]] = []
    malformed: dict[str, str] = {}
    for number, item in enumerate(items, 1):
        problem = _malformed(item)
        if problem:
            malformed[f"item {number}"] = problem
        else:
            sound.append(item)
    reading = read_items(
        sound,
        source="retail",
        source_detail=f"Azure Retail Prices API, read {read_on}",
        retrieved_at=read_on,
        confidence="retail",
    )
    if not reading.rows:
        raise SourceError(
            f"the price list has no token price of Azure OpenAI that can be read{_first(reading.refused | malformed)}",
            "the service may have been renamed; the prices read before are kept",
        )
    strange = {row.currency for row in reading.rows} - {currency}
    if strange:
        raise SourceError(f"asked for prices in {currency}, got {', '.join(sorted(strange))}", "try again")
    before = list(known)
    read = collapse(reading.rows)
    kept = [row for row in before if row.source == "retail"]
    rows, changes = append(kept, read)
    if not kept:
        _, changes = append(before, read)
    return Refresh(tuple(collapse(rows)), tuple(changes), {**reading.refused, **malformed}, reading.left_out.total())


def _malformed(item: Any) -> str:
    """What keeps an item from being one of the price list; "" where nothing does."""
    if not isinstance(item, dict):
        return f"{item!r:.40} is no price"
    for name in ("productName", "meterName", "unitOfMeasure", "effectiveStartDate"):
        if not isinstance(item.get(name), str):
            return f"{name} is {item.get(name)!r:.40}"
    if isinstance(item.get("retailPrice"), bool) or not isinstance(item.get("retailPrice"), int | Decimal | str):
        return f"retailPrice of {item['meterName']} is {item.get('retailPrice')!r:.40}"
    for name in ("effectiveStartDate", "effectiveEndDate"):
        try:
            date.fromisoformat(str(item.get(name) or item["effectiveStartDate"])[:10])
        except ValueError:
            return f"{name} of {item['meterName']} is {item[name]!r:.40}"
    return ""


def _first(refused: Mapping[str, str]) -> str:
    """The first of several reasons, for an error of one line."""
    return next((f" ({label}: {reason})" for label, reason in refused.items()), "")


def months_touched(changes: Iterable[Change], reported: Iterable[str]) -> list[str]:
    """The months ("2026-08") among `reported` that a changed or restated price may alter: compute them again."""
    starts = [c.new.effective_from.strftime("%Y-%m") for c in changes if c.new and c.kind in ("changed", "restated")]
    return sorted(month for month in set(reported) if starts and month >= min(starts))


def fetch_items(
    currency: str = "USD", *, endpoint: str = ENDPOINT, sleep: Callable[[float], None] = time.sleep
) -> Iterator[dict[str, Any]]:
    """Every item of Azure OpenAI in the list; prices are Decimal.

    An answer without rows under every name of the service is a SourceError, never an empty price list.
    """
    for service in SERVICES:
        found = False
        for item in _pages(endpoint, service, currency, sleep):
            found = True
            yield item
        if found:
            return
    raise SourceError(
        f"the price list at {endpoint} has no rows for {' or '.join(map(repr, SERVICES))}",
        "the service may have been renamed again; the prices read before are kept",
    )


def _pages(endpoint: str, service: str, currency: str, sleep: Callable[[float], None]) -> Iterator[dict[str, Any]]:
    asked = {
        "api-version": API_VERSION,
        "currencyCode": f"'{currency}'",
        "$filter": f"serviceName eq '{service}' and contains(productName, 'OpenAI') and priceType eq 'Consumption'",
    }
    query = urllib.parse.urlencode(asked, quote_via=urllib.parse.quote)
    seen: set[str] = set()
    rows = 0
    while query not in seen:
        if len(seen) == MOST_PAGES:
            raise SourceError(f"the price list does not end after {MOST_PAGES} pages", "try again later")
        seen.add(query)
        page = _get(f"{endpoint}?{query}", sleep)
        items = page.get("Items")
        if not isinstance(items, list):
            raise SourceError(f"the answer of {endpoint} holds no Items", "try again later")
        yield from items
        rows += len(items)
        following = page.get("NextPageLink")
        if following:
            # Only the query of the link: the next page comes from where the first one came from.
            query = urllib.parse.urlsplit(following).query
        elif len(items) in FULL_PAGES:
            # A full page without a link: the service has forgotten the link before (learn.microsoft.com Q&A 1188465).
            query = urllib.parse.urlencode({**asked, "$skip": rows}, quote_via=urllib.parse.quote)
        else:
            return
    raise SourceError(f"the price list at {endpoint} links to a page that was read before", "try again later")


def _get(url: str, sleep: Callable[[float], None]) -> dict[str, Any]:
    """One page. Throttling and passing faults are waited out, as long as the service asks for."""
    request = urllib.request.Request(url, headers={"Accept": "application/json", "User-Agent": "aoai-insights"})
    fault, place = "", url.partition("?")[0]
    for attempt in range(ATTEMPTS):
        wait: float | None = None
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                page = json.load(answer, parse_float=Decimal)
                if isinstance(page, dict):
                    return page
                fault = "the answer is no JSON object"
        except urllib.error.HTTPError as error:
            with error:
                fault = f"status {error.code}"
                if error.code != 429 and error.code < 500:
                    raise SourceError(
                        f"the price list at {place} refused: {fault}", "check proxy and region"
                    ) from error
                wait = _retry_after(error.headers.get("Retry-After", ""))
        except (urllib.error.URLError, TimeoutError, ConnectionError, ValueError) as error:
            fault = str(getattr(error, "reason", error))
        if attempt + 1 < ATTEMPTS:
            sleep(min(2.0**attempt if wait is None else wait, LONGEST_WAIT_S))
    raise SourceError(f"the price list at {place} could not be read in {ATTEMPTS} attempts: {fault}", "try again later")


def _retry_after(value: str) -> float | None:
    """Seconds to wait: the header is a number of seconds or a date."""
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
