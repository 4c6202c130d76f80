"""A finalised invoice is equal to what its facts come to, whatever is changed later by the rules; a stored
figure that was changed by hand is found and named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Table, delete, func, select, update

from catchment import ids
from catchment.flows.billing.checking.check_numbers import number_faults
from catchment.flows.billing.checking.verify_invoices import Verdict, verify_invoices
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.store.engine import reading, writing
from catchment.store.schema import (
    invoice_evidence,
    invoices,
    line_item_groups,
    line_items,
    prices,
    usage_item_groups,
)
from tests.conftest import Clock
from tests.flows.books import GRADUATED, NOW, Books, fixed, linear

MOVED = datetime(2026, 1, 15, tzinfo=UTC)
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
VOLUME = {
    "pricingType": "VOLUME",
    "tiers": [{"price": "0.02", "isPricePercentage": True, "minPrice": "1", "maxPrice": "10"}],
}


@pytest.fixture
def made(books: Books, client: TestClient, clock: Clock) -> dict[str, str]:
    """Four finalised invoices of two families, one member of which moved in the middle of January."""
    a, b = books.customer("A"), books.customer("B")
    both, north = books.customer("Both"), books.customer("North", a)
    own = books.customer("Own", a)
    books.link(both, a, ALWAYS, MOVED)
    books.link(both, b, MOVED)
    calls, users = books.metric("calls"), books.metric("users", "UNIQUE")
    seats = books.metric("seats", "LATEST")
    fee = books.price(fixed("31"), timing="IN_ADVANCE")
    pooled = [
        books.price(GRADUATED, calls),
        books.price(linear("2"), users),
        books.price(VOLUME, calls),
        books.price(linear("3"), seats),
    ]
    books.schedule(a, *pooled, fee, roll_up_billing=True)
    books.schedule(b, books.price(GRADUATED, calls), roll_up_billing=True)
    books.schedule(own, books.price(linear("0.1"), calls))
    books.write()
    books.used(
        (both, "calls", "2026-01-05", "65"),
        (north, "calls", "2026-01-05", "60"),
        (both, "calls", "2026-01-15", "7"),
        (own, "calls", "2026-01-15", "70"),
        (north, "users", "2026-01-05", "eve"),
        (both, "users", "2026-01-05", "eve"),
        (both, "seats", "2026-01-14", "4"),
        (both, "seats", "2026-01-13", "400"),
        (north, "seats", "2026-01-20", "2"),
    )
    bill_workspace(
        books.engine,
        books.usage,
        books.workspace,
        as_of=date(2026, 2, 1),
        now=NOW,
        new_id=ids.new_id,
    )
    drafts = client.get("/invoices?sortOrder=ASC").json()["items"]
    for one in drafts:
        assert client.post(f"/invoices/{one['id']}/finalize").status_code == 200
    clock.at = NOW + timedelta(days=1)
    found = {"a": a, "b": b, "both": both, "north": north, "own": own, "calls": calls}
    return found | {"fees": fee, "graduated": pooled[0]}


def verified(books: Books, number: str | None = None) -> list[Verdict]:
    with reading(books.engine) as tx:
        return list(verify_invoices(tx, books.usage, books.workspace, number))


def faults(books: Books) -> list[tuple[str, str, str, str]]:
    found = [one.difference for one in verified(books) if one.difference]
    return [(one.part, one.field, one.stored, one.recomputed) for one in found]


def edit(books: Books, table: Table, values: dict[str, Any], *where: Any) -> None:
    with writing(books.engine) as tx:
        changed = tx.execute(update(table).where(*where).values(**values))
        assert changed.rowcount == 1, (table.name, changed.rowcount)


def row(books: Books, query: Any) -> Any:
    with reading(books.engine) as tx:
        return tx.execute(query).first()


def test_untouched_invoices_are_equal(books: Books, made) -> None:
    verdicts = verified(books)

    assert [one.invoice.number for one in verdicts] == [f"SEQ-{n:05d}" for n in range(1, 5)]
    assert faults(books) == []
    assert [one.invoice.number for one in verified(books, "SEQ-00002")] == ["SEQ-00002"]
    with reading(books.engine) as tx:
        assert number_faults(tx, books.workspace.id) == []


def late_events(books: Books, made: dict[str, str], _client: TestClient) -> None:
    books.used((made["north"], "calls", "2026-01-06", "500"))


def a_replaced_event(books: Books, made: dict[str, str], client: TestClient) -> None:
    event = {
        "customerEventId": "e2",
        "customerAlias": made["north"],
        "eventType": "calls",
        "eventTimestamp": "2026-01-05T00:00:00Z",
        "eventProperties": {"n": 1},
    }
    assert client.post("/usage-events", json=event).status_code == 201


def a_later_move(_books: Books, made: dict[str, str], client: TestClient) -> None:
    body = {"parentId": made["b"], "effectiveFrom": "2026-02-01T00:00:00Z"}
    assert client.post(f"/customers/{made['north']}/moves", json=body).status_code == 201


def another_metric(_books: Books, made: dict[str, str], client: TestClient) -> None:
    body = {
        "name": "renamed",
        "metricType": "SIMPLE",
        "eventType": "calls",
        "aggregationType": "COUNT",
        "propertyFilters": {},
        "propertiesToNegate": [],
        "caseSensitive": True,
    }
    assert client.put(f"/usage-metrics/{made['calls']}", json=body).status_code == 200


def an_alias_for_usage_that_came_before(
    books: Books, made: dict[str, str], client: TestClient
) -> None:
    books.used(("someone", "calls", "2026-01-06", "500"))
    body = {"customerId": made["north"], "value": "someone"}
    assert client.post("/customer-aliases", json=body).status_code == 201


def an_archived_schedule(_books: Books, made: dict[str, str], client: TestClient) -> None:
    [one] = client.get(f"/billing-schedules?customerId={made['own']}").json()["items"]
    assert client.post(f"/billing-schedules/{one['id']}/archive").status_code == 200


def other_names(_books: Books, made: dict[str, str], client: TestClient) -> None:
    price = {"name": "Another name", "status": "ACTIVE"}
    assert client.put(f"/prices/{made['graduated']}", json=price).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        late_events,
        a_replaced_event,
        a_later_move,
        another_metric,
        an_alias_for_usage_that_came_before,
        an_archived_schedule,
        other_names,
    ],
)
def test_what_may_change_later_makes_no_difference(
    books: Books, made, client: TestClient, change: Callable[..., None]
) -> None:
    change(books, made, client)

    assert faults(books) == []


def test_a_void_invoice_is_not_recomputed_and_its_number_stays(
    books: Books, made, client: TestClient
) -> None:
    [first, *_] = client.get("/invoices?sortOrder=ASC").json()["items"]
    assert client.post(f"/invoices/{first['id']}/void").status_code == 200
    edit(books, invoices, {"net_minor": 1}, invoices.c.id == first["id"])

    assert len(verified(books)) == 3
    assert faults(books) == []
    with reading(books.engine) as tx:
        assert number_faults(tx, books.workspace.id) == []


L, G, H, U = line_items.c, line_item_groups.c, invoices.c, usage_item_groups.c


@pytest.mark.parametrize(
    ("values", "field", "stored", "recomputed"),
    [
        ({"net_minor": 1}, "netTotal", "0.01", "188.75"),
        ({"quantity": "126"}, "quantity", "126", "125"),
        ({"rate": "1"}, "rate", "1", "1.51"),
        ({"event_count": 3}, "eventCount", "3", "2"),
        ({"tax_minor": 5}, "totalTax", "0.05", "0.00"),
        (
            {"service_end": date(2026, 1, 31)},
            "servicePeriod",
            "2026-01-01 to 2026-01-30",
            "2026-01-01 to 2026-01-31",
        ),
    ],
)
def test_a_figure_of_a_line_changed_by_hand_is_named(
    books: Books, made, values: dict[str, Any], field: str, stored: str, recomputed: str
) -> None:
    edit(books, line_items, values, L.price_id == made["graduated"])

    [one] = [one for one in verified(books) if one.difference]
    assert one.difference is not None
    line = row(books, select(L.id).where(L.price_id == made["graduated"]))
    assert (one.difference.part, one.difference.name) == ("line", line.id)
    assert (one.difference.field, one.difference.stored) == (field, stored)
    assert one.difference.recomputed == recomputed


def test_the_parts_of_an_amount_changed_by_hand_are_named(books: Books, made) -> None:
    kept = row(books, select(L.segments).where(L.price_id == made["graduated"])).segments
    forged = [
        [*figures, amount, *bounds]
        for (*figures, _, lower, upper), amount in zip(kept, ("119", "69.75"), strict=True)
        for bounds in [(lower, upper)]
    ]
    edit(books, line_items, {"segments": forged}, L.price_id == made["graduated"])

    [(part, field, stored, _)] = faults(books)
    assert (part, field) == ("line", "segments")
    assert "amount 119" in stored


def test_a_forgery_that_adds_up_is_found(books: Books, made) -> None:
    line = row(books, select(line_items).where(L.price_id == made["graduated"]))
    more = {"net_minor": line.net_minor + 100, "gross_minor": line.gross_minor + 100}
    edit(books, line_items, more, L.id == line.id)
    for table, id in ((line_item_groups, line.group_id), (invoices, line.invoice_id)):
        edit(
            books,
            table,
            {"net_minor": table.c.net_minor + 100, "gross_minor": table.c.gross_minor + 100},
            table.c.id == id,
        )

    assert faults(books) == [("line", "netTotal", "189.75", "188.75")]


def test_groups_members_and_totals_changed_by_hand_are_found(books: Books, made) -> None:
    line = row(books, select(line_items).where(L.price_id == made["graduated"]))
    edit(books, line_item_groups, {"net_minor": 1}, G.id == line.group_id)
    assert faults(books) == [("group", "netTotal", "0.01", "188.75")]
    edit(books, line_item_groups, {"net_minor": line.net_minor}, G.id == line.group_id)

    edit(books, invoices, {"net_minor": 1}, H.id == line.invoice_id)
    [found] = faults(books)
    assert found[:3] == ("invoice", "netTotal", "0.01")
    head = row(
        books, select(func.sum(L.net_minor).label("net")).where(L.invoice_id == line.invoice_id)
    )
    edit(books, invoices, {"net_minor": head.net}, H.id == line.invoice_id)

    member = row(books, select(usage_item_groups).where(U.customer_id == made["north"]))
    items = [[place, "61"] for place, _ in member._mapping["items"]]
    edit(books, usage_item_groups, {"items": items}, U.id == member.id)
    [found] = faults(books)
    assert found[:2] == ("member", "items")


def test_a_share_that_was_moved_from_one_member_to_another_is_found(books: Books, made) -> None:
    """By any of the methods, though the shares still add up to the line."""
    north = row(books, select(usage_item_groups).where(U.customer_id == made["north"]))
    both = row(
        books,
        select(usage_item_groups).where(
            U.customer_id == made["both"], U.invoice_id == north.invoice_id
        ),
    )
    members = (north, both)
    for place in (2, 3, 4):  # by quantity, by the order of events, alone
        for member, cent in zip(members, (1, -1), strict=True):
            [first, *others] = member.shares
            moved = [*first[:place], first[place] + cent, *first[place + 1 :]]
            edit(books, usage_item_groups, {"shares": [moved, *others]}, U.id == member.id)
        [found] = faults(books)
        assert found[:2] == ("member", "shares")
        for member in members:
            edit(books, usage_item_groups, {"shares": member.shares}, U.id == member.id)
    assert faults(books) == []


def test_a_gross_total_that_is_not_net_and_tax_is_found(books: Books, made) -> None:
    line = row(books, select(line_items).where(L.price_id == made["graduated"]))
    for table, id in (
        (line_items, line.id),
        (line_item_groups, line.group_id),
        (invoices, line.invoice_id),
    ):
        gross = row(books, select(table.c.gross_minor).where(table.c.id == id)).gross_minor
        edit(books, table, {"gross_minor": gross + 1}, table.c.id == id)
        [(_, field, _, _)] = faults(books)
        assert field == "grossTotal", table.name
        edit(books, table, {"gross_minor": gross}, table.c.id == id)
    assert faults(books) == []


def test_a_price_changed_by_hand_is_found(books: Books, made) -> None:
    price = row(books, select(prices).where(prices.c.id == made["fees"]))
    edit(books, prices, {"structure": price.structure | {"price": "32"}}, prices.c.id == price.id)

    assert ("line", "rate", "31", "32") in faults(books)


def test_lost_and_broken_parts_are_found(books: Books, made) -> None:
    line = row(books, select(line_items).where(L.price_id == made["graduated"]))
    of_invoice = invoice_evidence.c.invoice_id == line.invoice_id
    body = row(books, select(invoice_evidence.c.body).where(of_invoice)).body
    edit(books, invoice_evidence, {"body": b"x"}, of_invoice)
    assert faults(books) == [("line", "evidence", "unreadable", "readable")]

    with writing(books.engine) as tx:
        tx.execute(update(invoice_evidence).where(of_invoice).values(body=body))
        tx.execute(delete(line_items).where(L.id == line.id))
    assert faults(books) == [("line", "line", "nothing", "due")]

    edit(
        books,
        line_items,
        {"quantity": "many"},
        L.price_id == made["fees"],
        L.invoice_id == line.invoice_id,
    )
    [(part, field, *_)] = faults(books)
    assert (part, field) == ("invoice", "contents")


def test_a_number_that_was_skipped_or_forged_is_found(books: Books, made) -> None:
    edit(books, invoices, {"invoice_number": "SEQ-00009"}, H.invoice_number == "SEQ-00002")

    with reading(books.engine) as tx:
        assert number_faults(tx, books.workspace.id) == [
            "No invoice has number 2.",
            "Number 9 was never given out.",
        ]
