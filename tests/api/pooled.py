"""A group of three levels that shares one invoice, and ways to read what it says."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from fastapi.testclient import TestClient
from pypdf import PdfReader

from tests.api.test_invoices import bill
from tests.flows.books import GRADUATED, Books, fixed, linear

METHODS = ("PROPORTIONAL", "MARGINAL", "STANDALONE")
CAPPED = {
    "pricingType": "VOLUME",
    "tiers": [{"price": "0.02", "isPricePercentage": True, "minPrice": "1", "maxPrice": "10"}],
}


def january(books: Books) -> dict[str, str]:
    """Ids by name. Group has North (with Site and Depot), South and East; North itself used nothing.

    In order: 60 calls of Site, 30 of South, 10 of Depot, 25 of East. Users ann (Site, Depot, South)
    and bob (East). South took back 5 miles, the others flew 10, 300 and 20.
    """
    made = {"Group": books.customer("Group")}
    for name in ("North", "South", "East"):
        made[name] = books.customer(name, made["Group"])
    for name in ("Site", "Depot"):
        made[name] = books.customer(name, made["North"])
    calls, users = books.metric("calls"), books.metric("users", "UNIQUE")
    miles = books.metric("miles")
    product = books.product("Platform")
    books.schedule(
        made["Group"],
        books.price(GRADUATED, calls, product=product),
        books.price(linear("0.333"), users, product=product),
        books.price(CAPPED, miles, product=product),
        books.price(fixed("500")),
        roll_up_billing=True,
    )
    books.write()
    books.used(
        (made["Site"], "calls", "2026-01-05", "60"),
        (made["South"], "calls", "2026-01-06", "30"),
        (made["Depot"], "calls", "2026-01-07", "10"),
        (made["East"], "calls", "2026-01-08", "25"),
        (made["Site"], "users", "2026-01-07", "ann"),
        (made["Depot"], "users", "2026-01-07", "ann"),
        (made["South"], "users", "2026-01-07", "ann"),
        (made["East"], "users", "2026-01-07", "bob"),
        (made["Site"], "miles", "2026-01-07", "10"),
        (made["Depot"], "miles", "2026-01-08", "300"),
        (made["East"], "miles", "2026-01-09", "20"),
        (made["South"], "miles", "2026-01-09", "-5"),
    )
    [made["invoice"]] = bill(books, "2026-02-01")
    return made


def lines(client: TestClient, invoice: str) -> dict[str, dict[str, Any]]:
    """The lines of an invoice by title."""
    found = client.get(f"/invoices/{invoice}/line-items").json()["items"]
    return {line["title"]: line for line in found}


def told(client: TestClient, path: str, **query: Any) -> Any:
    """The answer, which is good."""
    answer = client.get(path, params=query)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


def read_pdf(client: TestClient, path: str, **query: Any) -> str:
    """The text of all pages."""
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)


def values(body: Any) -> Iterator[str]:
    """Every value in a body, but for counts of pages."""
    match body:
        case dict():
            for key, value in body.items():
                if key != "totalResultSize":
                    yield from values(value)
        case list():
            for value in body:
                yield from values(value)
        case _:
            yield str(body)
