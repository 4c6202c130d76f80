"""Whatever prices, carve-outs, exclusions and joined bills do to a pool, all of it balances."""

import pytest
from sqlalchemy import Connection, case, insert, update

from catchment import ids
from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.store.billing.billing_runs import RunStatus
from catchment.store.engine import reading, writing
from catchment.store.invoices import invoice_contents
from catchment.store.invoices.invoices import Status
from catchment.store.schema import (
    customer_links,
    line_items,
)
from tests.flows.books import START, Books, fixed, linear
from tests.flows.running import counts, run, statuses


def test_a_carve_and_a_move_during_the_month_balance_too(
    books: Books, family: dict[str, str]
) -> None:
    """South leaves on the 10th, and North pays for itself from the start."""
    books.schedule(family["North"], books.price(linear("3"), family["calls"]))
    books.write()
    books.used((family["South"], "calls", "2026-01-20", "5"))
    until = START.replace(day=10)
    with writing(books.engine) as tx:
        c = customer_links.c
        tx.execute(
            update(customer_links)
            .where(c.customer_id == family["South"])
            .values(effective_to=until)
        )
        tx.execute(
            insert(customer_links).values(
                id=ids.new_id(),
                workspace_id=books.workspace.id,
                customer_id=family["South"],
                parent_id=None,
                effective_from=until,
                recorded_at=START,
            )
        )

    result = run(books)

    [row] = result.report.sheet
    assert result.balanced
    assert (counts(row), row.unpriced_customers) == ((5, 4, 0, 1, 0), ((family["South"], 1),))


@pytest.fixture
def mixed(books: Books) -> dict[str, str]:
    """A group with a rate for West alone, without Apart, and with the bill of a child that pools."""
    made = {"group": books.customer("Group"), "calls": books.metric("calls")}
    for name in ("East", "West", "Apart", "Child"):
        made[name] = books.customer(name, made["group"])
    for name, parent in (("Desk", "West"), ("Shop", "Child"), ("Stall", "Child")):
        made[name] = books.customer(name, made[parent])
    product, calls = books.product("Calls"), made["calls"]
    made["host"] = books.schedule(
        made["group"],
        books.price(linear("1"), calls, product=product),
        books.price(linear("2"), calls, product=product, only=[made["West"]]),
        roll_up_billing=True,
        roll_up_exclusions=[made["Apart"]],
        auto_issue_invoices=True,
    )
    made["joining"] = books.schedule(
        made["Child"],
        books.price(linear("3"), calls),
        books.price(linear("4"), calls, only=[made["Stall"]]),
        books.price(fixed("10")),
        roll_up_billing=True,
        bill_to="PARENT",
    )
    books.write()
    used = {
        "group": 1,
        "East": 2,
        "West": 3,
        "Desk": 4,
        "Apart": 5,
        "Child": 6,
        "Shop": 7,
        "Stall": 8,
    }
    for name, count in used.items():
        books.used(*((made[name], "calls", "2026-01-05", "1") for _ in range(count)))
    return made


def test_pools_by_price_exclusions_and_joined_bills_balance_together(
    books: Books, mixed: dict[str, str]
) -> None:
    result = run(books)

    [row] = result.report.sheet
    [invoice] = result.drafted
    assert result.balanced, result.report.differences
    assert (counts(row), row.unpriced_customers) == ((36, 31, 0, 5, 0), ((mixed["Apart"], 5),))
    assert (invoice.schedule_id, invoice.status) == (mixed["host"], Status.FINAL)
    with reading(books.engine) as tx:
        lines = invoice_contents.lines(tx, books.workspace.id, invoice.id)
        [verdict] = verify_invoices(tx, books.usage, books.workspace)
    assert verdict.difference is None
    assert [(one.schedule_id, one.event_count, one.net.minor) for one in lines] == [
        (mixed["host"], 3, 300),
        (mixed["host"], 7, 1400),
        (mixed["joining"], 13, 3900),
        (mixed["joining"], 8, 3200),
        (mixed["joining"], None, 1000),
    ]


@pytest.mark.parametrize(
    ("schedule", "count"), [("host", 3), ("host", 7), ("joining", 13), ("joining", 8)]
)
@pytest.mark.parametrize("column", ["event_count", "net_minor"])
def test_a_wrong_line_of_any_pool_is_found(
    books: Books, mixed: dict[str, str], schedule: str, count: int, column: str
) -> None:
    c = line_items.c
    which = c.schedule_id == mixed[schedule], c.event_count == count

    def tamper(tx: Connection) -> None:
        tx.execute(update(line_items).where(*which).values({column: c[column] + 1}))

    result = run(books, meanwhile=tamper)

    assert result.run.status is RunStatus.UNBALANCED
    found = {(one.part, one.schedule_id) for one in result.report.differences}
    assert ("line", mixed[schedule]) in found
    assert statuses(books) == [Status.DRAFT]


def test_events_put_under_the_other_pool_of_a_schedule_are_found(
    books: Books, mixed: dict[str, str]
) -> None:
    """One more here and one less there: whoever counted by schedule would find nothing."""
    c = line_items.c

    def tamper(tx: Connection) -> None:
        changed = {3: 4, 7: 6}
        whose = c.schedule_id == mixed["host"], c.event_count.in_(changed)
        tx.execute(
            update(line_items).where(*whose).values(event_count=case(changed, value=c.event_count))
        )

    result = run(books, meanwhile=tamper)

    [row] = result.report.sheet
    wrong = {(one.expected, one.found) for one in result.report.differences if one.part == "line"}
    assert (row.balanced, result.balanced) == (True, False)
    assert wrong == {("3", "4"), ("7", "6")}


@pytest.mark.parametrize("host_issues", [True, False])
def test_a_joined_line_is_issued_as_its_payer_s_invoice_is(books: Books, host_issues: bool) -> None:
    group = books.customer("Group")
    child = books.customer("Child", group)
    dear = {"auto_issue_invoices": not host_issues, "bill_to": "PARENT"}
    host = books.schedule(group, books.price(fixed("5")), auto_issue_invoices=host_issues)
    books.schedule(child, books.price(fixed("10")), **dear)
    apart = books.schedule(child, books.price(fixed("10"), currency="EUR"), **dear)
    books.write()

    found = {one.schedule_id: (one.customer_id, one.status) for one in run(books).drafted}

    issued, draft = Status.FINAL, Status.DRAFT
    assert found == {
        host: (group, issued if host_issues else draft),
        apart: (group, draft if host_issues else issued),
    }
