"""Every share of a discount and of what is missing to a minimum says how it came about."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from catchment.core.shares.allocation import METHODS, Method
from catchment.core.shares.weights import By, LineTerm
from catchment.flows.invoices.explain_share import ShareExplanation, explain_share
from catchment.store.engine import reading
from catchment.store.invoices import invoices
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_parts import LineItem
from tests.flows.books import GRADUATED, Books, linear, seat
from tests.flows.test_credits import grant
from tests.flows.test_discounts_and_minimums import THOUSAND, family
from tests.flows.test_late_usage import APRIL, FEBRUARY, MARCH, billed, contents, issue, run, void

TEN_PERCENT = {"amount": "0.1"}


def told(
    books: Books, invoice: Invoice, line: LineItem, who: str, method: Method = METHODS[0]
) -> ShareExplanation:
    with reading(books.engine) as tx:
        whose = books.workspace, invoice.id, line.id, who, method
        return explain_share(tx, books.usage, *whose, descendants=False)


def explained(books: Books) -> int:
    """How many shares of lines that settle others there are; each has been explained."""
    found = 0
    with reading(books.engine) as tx:
        issued = invoices.finalised(tx, books.workspace.id)
    for invoice in issued:
        stored = contents(books, invoice)
        for member in stored.usage:
            for share in member.shares:
                line = stored.lines[share.line_index]
                for method, part in zip(METHODS, share.parts, strict=True):
                    if line.settles is not None and part is not None:
                        one = told(books, invoice, line, member.customer_id, method)
                        assert one.net.minor == part
                        found += 1
    return found


def test_a_share_of_a_discount_is_by_what_it_is_of(books: Books) -> None:
    made = family(books, off=[TEN_PERCENT, TEN_PERCENT | {"message": "Loyal"}])

    january = billed(books, FEBRUARY)

    # North has 90.60 of 188.75, and of what the first discount takes of it 9.06 of 18.88.
    graduated, _, loyal = contents(books, january).lines
    [north] = told(books, january, loyal, made["North"]).members
    [term] = north.reckoning.terms
    assert isinstance(term, LineTerm)
    assert (term.line.price_id, float(term.amount)) == (graduated.price_id, 81.54)
    assert (north.reckoning.by, float(north.reckoning.whole)) == (By.LINES, 169.87)
    assert (north.reckoning.cut.minor, north.reckoning.leftover.minor) == (-8_15, 0)
    assert explained(books) == 18


def test_a_share_of_a_minimum_is_by_what_counts_towards_it(books: Books) -> None:
    calls = books.price(linear("1"), books.metric("miles"))
    made = family(books, calls, off=[TEN_PERCENT], least=[THOUSAND])
    books.used((made["North"], "miles", "2026-01-05", "100"))

    january = billed(books, FEBRUARY)

    [least] = [line for line in contents(books, january).lines if line.title == "Minimum"]
    [north] = told(books, january, least, made["North"]).members
    assert [float(one.amount) for one in north.reckoning.terms] == [81.54, 90.0]
    assert (float(north.reckoning.weight), float(north.reckoning.whole)) == (171.54, 259.87)
    assert explained(books) == 9 + 3 + 9


def test_a_share_of_a_credit_is_by_what_it_pays(books: Books) -> None:
    made = family(books, off=[TEN_PERCENT], least=[THOUSAND])
    grant(books, made["parent"], "100")
    grant(books, made["parent"], "500", effective=date(2026, 1, 31))

    january = billed(books, FEBRUARY)

    graduated, launch, _, gift, *_ = contents(books, january).lines
    [north] = told(books, january, gift, made["North"]).members
    assert [(one.line.title, float(one.amount)) for one in north.reckoning.terms] == [
        (graduated.title, 90.6),
        (launch.title, -9.06),
    ]
    assert (north.reckoning.by, float(north.reckoning.weight)) == (By.LINES, 81.54)
    assert (float(north.reckoning.whole), gift.net.minor) == (169.87, -16_99)
    assert explained(books) == 9 + 9 + 4 * 9


def test_where_all_usage_is_free_a_minimum_is_shared_by_quantity(books: Books) -> None:
    parent = books.customer("Parent")
    north, south = (books.customer(name, parent) for name in ("North", "South"))
    price = books.price(linear("0"), books.metric("calls"))
    books.schedule(parent, price, roll_up_billing=True, least=[THOUSAND])
    books.write()
    books.used((north, "calls", "2026-01-05", "3"), (south, "calls", "2026-01-05", "1"))

    january = billed(books, FEBRUARY)

    _, least = contents(books, january).lines
    [one] = told(books, january, least, north).members
    assert (one.reckoning.by, float(one.reckoning.weight)) == (By.QUANTITY, 3)
    assert one.net.minor == 750_00
    assert explained(books) == 6


def test_a_minimum_without_usage_is_all_of_the_payers_until_some_comes_late(books: Books) -> None:
    made = family(books, least=[THOUSAND])
    billed(books, FEBRUARY)
    february = billed(books, MARCH)
    _, least = contents(books, february).lines
    [payer] = told(books, february, least, made["parent"]).members
    assert (payer.reckoning.by, payer.net.minor) == (By.OWNER, 1000_00)
    books.used((made["South"], "calls", "2026-02-20", "10"))

    march = billed(books, APRIL)

    [least] = [
        line for line in contents(books, march).lines if line.settles is not None and line.deducted
    ]
    [payer] = told(books, march, least, made["parent"]).members
    assert ([one.net.minor for one in payer.taken], payer.net.minor) == ([1000_00], -1000_00)
    assert told(books, march, least, made["South"]).net.minor == 970_00
    assert explained(books) == 9 + 3 + 3 + 6


@pytest.mark.parametrize("within", [True, False])
def test_adjustments_and_what_takes_them_back_are_explained(books: Books, within: bool) -> None:
    seats = books.price(seat(books.seats("user"), "10"))
    nominal = {"type": "NOMINAL", "amount": "50", "separate_line_item": not within}
    made = family(books, seats, off=[TEN_PERCENT, nominal], least=[THOUSAND])
    grant(books, made["parent"], "1111.11")
    books.seated((made["West"], "user", "2026-01-01", 7))
    january = billed(books, FEBRUARY)
    books.used((made["South"], "calls", "2026-01-20", "100"))
    books.seated((made["North"], "user", "2026-01-10", 5))
    billed(books, MARCH)
    assert explained(books) > 0
    void(books, january)

    issue(books, *run(books, APRIL).drafted)

    assert explained(books) > 0


@pytest.mark.parametrize("roll_up", [True, False])
def test_what_a_child_owes_its_parents_bill_is_explained(books: Books, roll_up: bool) -> None:
    group = books.customer("Group")
    child = books.customer("Child", group)
    books.customer("Grandchild", child)
    terms: dict[str, Any] = {"off": [TEN_PERCENT], "least": [THOUSAND], "bill_to": "PARENT"}
    books.schedule(group, books.price(linear("1"), books.metric("miles")))
    price = books.price(GRADUATED, books.metric("calls"))
    books.schedule(child, price, roll_up_billing=roll_up, **terms)
    books.write()
    books.used((child, "calls", "2026-01-05", "300"))

    january = billed(books, FEBRUARY)

    assert explained(books) == 6
    *_, least = contents(books, january).lines
    found = told(books, january, least, child)
    assert (found.name, found.net.minor) == ("Child", least.net.minor)
