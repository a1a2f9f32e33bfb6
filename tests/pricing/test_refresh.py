"""The Retail Prices API, spoken to over HTTP: a small server stands in for it."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from aoai_insights.errors import SourceError
from aoai_insights.pricing import PriceBook, UnitPrice
from aoai_insights.sources.retail_prices import fetch_items, months_touched, refresh

from .build import item, row

Answer = Callable[[dict[str, str], int], tuple[int, dict[str, str], bytes]]


class Api:
    """What the server answers, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answer: Answer = lambda asked, turn: (200, {}, page([]))
        self.url = ""
        self.waits: list[float] = []

    def items(self, **other: Any) -> list[dict[str, Any]]:
        return list(fetch_items(endpoint=self.url, sleep=self.waits.append, **other))


@pytest.fixture
def api() -> Iterator[Api]:
    played = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
            played.asked.append(asked)
            status, headers, body = played.answer(asked, len(played.asked))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    played.url = f"http://127.0.0.1:{server.server_address[1]}/api/retail/prices"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield played
    server.shutdown()
    thread.join()
    server.server_close()


def page(items: list[dict[str, Any]], following: str | None = None) -> bytes:
    plain = [{**i, "retailPrice": float(i["retailPrice"]), "unitPrice": float(i["unitPrice"])} for i in items]
    return json.dumps({"Items": plain, "NextPageLink": following, "Count": len(items)}).encode()


def numbered(first: int, last: int) -> list[dict[str, Any]]:
    return [item(meterId=str(n)) for n in range(first, last)]


def test_the_question_names_the_service_the_product_and_the_currency(api: Api) -> None:
    api.answer = lambda asked, turn: (200, {}, page(numbered(0, 1)))
    api.items(currency="EUR")
    assert api.asked == [
        {
            "api-version": "2023-01-01-preview",
            "currencyCode": "'EUR'",
            "$filter": "serviceName eq 'Foundry Models' and contains(productName, 'OpenAI') "
            "and priceType eq 'Consumption'",
        }
    ]


def test_prices_are_decimal(api: Api) -> None:
    api.answer = lambda asked, turn: (200, {}, page([item(price="0.000083")]))
    assert api.items()[0]["retailPrice"] == Decimal("0.000083")


def test_pages_are_followed_to_the_host_that_was_asked(api: Api) -> None:
    link = "https://elsewhere.example/api/retail/prices?$skip=2"
    api.answer = lambda asked, turn: (200, {}, page(numbered(0, 2), link) if turn == 1 else page(numbered(2, 3)))
    assert [i["meterId"] for i in api.items()] == ["0", "1", "2"]
    assert api.asked[1] == {"$skip": "2"}


def test_a_full_page_without_a_link_is_asked_to_go_on(api: Api) -> None:
    api.answer = lambda asked, turn: (200, {}, page(numbered(0, 100) if turn == 1 else numbered(100, 103)))
    assert len(api.items()) == 103
    assert api.asked[1]["$skip"] == "100"
    assert api.asked[1]["$filter"] == api.asked[0]["$filter"]


def test_a_full_last_page_ends_the_list(api: Api) -> None:
    api.answer = lambda asked, turn: (200, {}, page(numbered(0, 100) if turn == 1 else []))
    assert len(api.items()) == 100


def test_throttling_is_waited_out_as_long_as_the_service_asks(api: Api) -> None:
    api.answer = lambda asked, turn: (429, {"Retry-After": "7"}, b"") if turn == 1 else (200, {}, page(numbered(0, 1)))
    assert len(api.items()) == 1
    assert api.waits == [7.0]


def test_a_fault_of_the_service_is_tried_again_with_growing_waits(api: Api) -> None:
    api.answer = lambda asked, turn: (503, {}, b"") if turn < 4 else (200, {}, page(numbered(0, 1)))
    assert len(api.items()) == 1
    assert api.waits == [1.0, 2.0, 4.0]


def test_half_an_answer_is_tried_again(api: Api) -> None:
    api.answer = lambda asked, turn: (200, {}, b'{"Items": [') if turn == 1 else (200, {}, page(numbered(0, 1)))
    assert len(api.items()) == 1


def test_the_service_under_its_older_name(api: Api) -> None:
    api.answer = lambda asked, turn: (200, {}, page(numbered(0, 1) if "Cognitive Services" in asked["$filter"] else []))
    assert len(api.items()) == 1


FAULTS: dict[str, tuple[Answer, str]] = {
    "an empty list is no price list": (lambda asked, turn: (200, {}, page([])), "no rows for 'Foundry Models'"),
    "throttled for good": (lambda asked, turn: (429, {}, b""), "6 attempts: status 429"),
    "refused": (lambda asked, turn: (403, {}, b""), "status 403"),
    "no items": (lambda asked, turn: (200, {}, b"{}"), "no Items"),
    "pages in a circle": (
        lambda asked, turn: (200, {}, page(numbered(0, 1), "https://x/?$skip=1")), "read before"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_a_list_that_cannot_be_read_is_a_source_error(api: Api, answer: Answer, said: str) -> None:
    api.answer = answer
    with pytest.raises(SourceError, match=said):
        api.items()


def test_nobody_answers() -> None:
    with pytest.raises(SourceError, match="could not be read in 6 attempts"):
        list(fetch_items(endpoint="http://127.0.0.1:9/", sleep=lambda seconds: None))


TODAY = date(2026, 10, 9)


def price_on(rows: tuple[UnitPrice, ...], day: date) -> str:
    found = PriceBook(rows).price(
        model="gpt-4.1", version="2025-04-14", scope="global", region="swedencentral", day=day, currency="USD",
        direction="input",
    )  # fmt: skip
    assert isinstance(found, UnitPrice), found
    return str(found.price)


def test_a_refresh_closes_the_old_price_the_day_before_and_keeps_it() -> None:
    first = refresh([], [item(price="0.002")], date(2026, 8, 1))
    then = refresh(first.rows, [item(price="0.001", effectiveStartDate="2026-09-15T00:00:00Z")], TODAY)
    assert [price_on(then.rows, date(2026, 9, d)) for d in (14, 15)] == ["2", "1"]
    assert [c.kind for c in then.changes] == ["changed"]
    assert months_touched(then.changes, ["2026-08", "2026-09", "2026-10"]) == ["2026-09", "2026-10"]


def test_a_refresh_that_says_the_same_changes_nothing() -> None:
    first = refresh([], [item()], date(2026, 8, 1))
    again = refresh(first.rows, [item()], TODAY)
    assert again.changes == ()
    assert months_touched(again.changes, ["2026-08"]) == []
    assert [(r.price, r.effective_from, r.effective_to) for r in again.rows] == [
        (r.price, r.effective_from, r.effective_to) for r in first.rows
    ]


def test_a_first_refresh_is_compared_with_the_shipped_book_and_leaves_it_alone() -> None:
    book = row("2", model="gpt-4.1", start="2025-04-01")
    found = refresh([book], [item(price="0.001", effectiveStartDate="2026-09-15T00:00:00Z")], TODAY)
    assert [c.kind for c in found.changes] == ["changed"]
    assert {r.source for r in found.rows} == {"retail"}
    assert [price_on((book, *found.rows), date(2026, 9, d)) for d in (14, 15)] == ["2", "1"]


def test_a_refresh_lists_what_it_did_not_understand() -> None:
    found = refresh([], [item(), item("gpt 4.1 hyper Inp glbl Tokens"), item(type="Reservation")], TODAY)
    assert found.refused == {"Azure OpenAI: gpt 4.1 hyper Inp glbl Tokens": "unknown word 'hyper'"}
    assert found.left_out == 1


def test_a_list_without_a_single_token_price_is_a_source_error() -> None:
    with pytest.raises(SourceError, match="no token price"):
        refresh([], [item(type="Reservation")], TODAY)


def test_a_list_in_another_currency_is_a_source_error() -> None:
    with pytest.raises(SourceError, match="asked for prices in EUR, got USD"):
        refresh([], [item()], TODAY, "EUR")
