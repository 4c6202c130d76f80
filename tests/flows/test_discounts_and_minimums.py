"""Discounts and minimums from the schedule to the invoice: drafted, shared, adjusted, verified."""

from datetime import date
from typing import Any

from sqlalchemy import select

from catchment import ids
from catchment.flows.invoices.recalculate_invoice import recalculate_invoice
from catchment.store.engine import reading, writing
from catchment.store.invoices.invoices import Invoice
from catchment.store.schema import line_items
from tests.flows.books import GRADUATED, NOW, Books, fixed, linear
from tests.flows.test_late_usage import (
    APRIL,
    FEBRUARY,
    MARCH,
    billed,
    contents,
    in_force,
    issue,
    run,
    shares,
    verdicts,
    void,
)

JANUARY = date(2026, 1, 1)
TEN_PERCENT = {"amount": "0.1"}
THOUSAND = {"amount": "1000"}


def family(books: Books, *prices: str, **terms: Any) -> dict[str, str]:
    """A parent whose three children used 60, 40 and 25 in January: 188.75 in all."""
    made = {"parent": books.customer("Parent")}
    for name in ("North", "South", "West"):
        made[name] = books.customer(name, made["parent"])
    price = books.price(GRADUATED, books.metric("calls"))
    made["schedule"] = books.schedule(made["parent"], price, *prices, roll_up_billing=True, **terms)
    books.write()
    books.used(
        (made["North"], "calls", "2026-01-05", "60"),
        (made["South"], "calls", "2026-01-06", "40"),
        (made["West"], "calls", "2026-01-07", "25"),
    )
    return made


def lines(books: Books, invoice: Invoice) -> list[tuple[str, int]]:
    return [(one.title, one.net.minor) for one in contents(books, invoice).lines]


def test_a_pool_is_discounted_and_lifted_to_its_minimum(books: Books) -> None:
    family(books, off=[TEN_PERCENT], least=[THOUSAND])

    january = billed(books, FEBRUARY)

    assert lines(books, january) == [
        ("Graduated", 188_75),
        ("Launch", -18_88),
        ("Minimum", 830_13),
    ]
    assert january.net.minor == 1000_00
    _, launch, least = contents(books, january).lines
    assert shares(books, january, launch) == {"North": -9_06, "South": -6_04, "West": -3_78}
    found = shares(books, january, least)
    assert sum(part or 0 for part in found.values()) == 830_13
    assert set(verdicts(books).values()) == {None}


def test_a_pool_without_usage_owes_its_minimum_to_the_payer_alone(books: Books) -> None:
    family(books, least=[THOUSAND])
    billed(books, FEBRUARY)

    february = billed(books, MARCH)

    assert lines(books, february) == [("Graduated", 0), ("Minimum", 1000_00)]
    assert shares(books, february, contents(books, february).lines[1]) == {"Parent": 1000_00}
    assert set(verdicts(books).values()) == {None}


def test_what_comes_late_moves_discount_and_minimum_of_its_own_period(books: Books) -> None:
    made = family(books, off=[TEN_PERCENT], least=[THOUSAND])
    billed(books, FEBRUARY)
    books.used((made["South"], "calls", "2026-01-20", "1000"))

    billed(books, MARCH)

    assert in_force(books)[JANUARY] == 1000_00
    assert charged(books, JANUARY) == {"Graduated": 938_75, "Launch": -93_88, "Minimum": 155_13}
    assert set(verdicts(books).values()) == {None}
    [april] = run(books, APRIL).drafted
    assert not any(line.deducted for line in contents(books, april).lines)


def test_late_usage_beyond_the_minimum_takes_all_of_it_back(books: Books) -> None:
    made = family(books, least=[{"amount": "200"}])
    billed(books, FEBRUARY)
    books.used((made["South"], "calls", "2026-01-20", "100"))

    billed(books, MARCH)

    assert charged(books, JANUARY) == {"Graduated": 263_75, "Minimum": 0}
    assert set(verdicts(books).values()) == {None}


def test_a_nominal_discount_within_lines_couples_them_for_what_comes_late(books: Books) -> None:
    customer = books.customer("Solo")
    calls, miles = books.metric("calls"), books.metric("miles")
    books.schedule(
        customer,
        books.price(linear("1"), calls),
        books.price(linear("1"), miles),
        off=[{"type": "NOMINAL", "amount": "100", "separate_line_item": False}],
    )
    books.write()
    books.used((customer, "calls", "2026-01-05", "800"), (customer, "miles", "2026-01-05", "200"))
    january = billed(books, FEBRUARY)
    assert lines(books, january) == [("Linear", 720_00), ("Linear", 180_00)]
    books.used((customer, "miles", "2026-01-06", "600"))

    billed(books, MARCH)

    assert in_force(books)[JANUARY] == 1500_00
    assert sorted(by_price(books, JANUARY).values()) == [750_00, 750_00]
    assert set(verdicts(books).values()) == {None}


def test_a_nominal_discount_couples_what_is_fixed_with_what_comes_late(books: Books) -> None:
    customer = books.customer("Solo")
    books.schedule(
        customer,
        books.price(fixed("200")),
        books.price(linear("1"), books.metric("calls")),
        off=[{"type": "NOMINAL", "amount": "100", "separate_line_item": False}],
    )
    books.write()
    books.used((customer, "calls", "2026-01-05", "800"))
    january = billed(books, FEBRUARY)
    assert lines(books, january) == [("Fixed", 180_00), ("Linear", 720_00)]
    books.used((customer, "calls", "2026-01-06", "600"))

    february = billed(books, MARCH)

    assert sorted(by_price(books, JANUARY).values()) == [187_50, 1312_50]
    assert set(verdicts(books).values()) == {None}

    void(books, february)
    billed(books, MARCH)

    assert sorted(by_price(books, JANUARY).values()) == [187_50, 1312_50]


def test_what_waits_for_the_next_invoice_leaves_the_sheet_balanced(books: Books) -> None:
    made = family(books, off=[TEN_PERCENT], least=[THOUSAND])
    billed(books, FEBRUARY)
    books.used((made["South"], "calls", "2026-01-20", "1000"))

    [late] = run(books, FEBRUARY).report.late

    assert (late.received, late.waiting) == (1, 1)


def test_voiding_what_was_adjusted_takes_every_adjustment_back(books: Books) -> None:
    made = family(books, off=[TEN_PERCENT], least=[THOUSAND])
    january = billed(books, FEBRUARY)
    books.used((made["South"], "calls", "2026-01-20", "1000"))
    billed(books, MARCH)

    void(books, january)
    issue(books, *run(books, APRIL).drafted)

    assert in_force(books)[JANUARY] == 1000_00
    assert charged(books, JANUARY) == {"Graduated": 938_75, "Launch": -93_88, "Minimum": 155_13}
    assert set(verdicts(books).values()) == {None}


def test_recalculating_changes_nothing(books: Books) -> None:
    family(books, books.price(fixed("500")), off=[TEN_PERCENT], least=[THOUSAND])
    [draft] = run(books, FEBRUARY).drafted
    before = contents(books, draft)

    with writing(books.engine) as tx:
        again = recalculate_invoice(
            tx, books.usage, books.workspace, draft.id, now=NOW, new_id=ids.new_id
        )

    assert again.net == draft.net
    assert contents(books, draft) == before
    assert run(books, FEBRUARY).drafted == ()


def test_a_child_that_bills_its_parent_keeps_its_discount(books: Books) -> None:
    group = books.customer("Group")
    child = books.customer("Child", group)
    books.schedule(group, books.price(fixed("10")))
    books.schedule(
        child,
        books.price(linear("1"), books.metric("calls")),
        off=[TEN_PERCENT],
        least=[{"amount": "500"}],
        bill_to="PARENT",
    )
    books.write()
    books.used((child, "calls", "2026-01-05", "300"))

    january = billed(books, FEBRUARY)

    assert lines(books, january)[1:] == [
        ("Linear", 300_00),
        ("Launch", -30_00),
        ("Minimum", 230_00),
    ]
    for line in contents(books, january).lines[1:]:
        assert shares(books, january, line) == {"Child": line.net.minor}
    books.used((child, "calls", "2026-01-06", "400"))
    billed(books, MARCH)
    assert charged(books, JANUARY) == {
        "Fixed": 10_00,
        "Linear": 700_00,
        "Launch": -70_00,
        "Minimum": 0,
    }
    assert set(verdicts(books).values()) == {None}


def charged(books: Books, start: date) -> dict[str, int]:
    """What the lines in force of a month come to, by what they are."""
    found: dict[str, int] = {}
    for title, _, net in _in_force(books, start):
        name = title.partition(" – ")[0]
        found[name] = found.get(name, 0) + net
    return found


def by_price(books: Books, start: date) -> dict[str, int]:
    found: dict[str, int] = {}
    for _, price, net in _in_force(books, start):
        found[price] = found.get(price, 0) + net
    return found


def _in_force(books: Books, start: date) -> list[tuple[str, str, int]]:
    c = line_items.c
    query = select(c.title, c.price_id, c.net_minor).where(
        c.live_key == "", c.service_start == start
    )
    with reading(books.engine) as tx:
        return [tuple(row) for row in tx.execute(query.order_by(c.invoice_id, c.index))]
