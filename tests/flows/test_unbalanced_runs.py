"""A run issues nothing unless everything adds up, and says which customer and which figure does not."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import Connection, select, update

from catchment import ids
from catchment.core.usage.metering import UsageQuery
from catchment.flows.billing.checking.check_sums import OutOfBalance
from catchment.flows.billing.run_billing import bill_schedule
from catchment.flows.invoices.finalize_invoice import finalize_invoice
from catchment.store.billing.billing_runs import RunStatus
from catchment.store.engine import writing
from catchment.store.invoices.invoices import Status
from catchment.store.invoices.rows import invoice_writing
from catchment.store.invoices.rows.invoice_writing import Rows
from catchment.store.schema import invoices as heads
from catchment.store.schema import (
    line_item_groups,
    line_items,
    usage_item_groups,
)
from catchment.usage import Reading, UsageStore
from tests.flows.books import NOW, Books, instead
from tests.flows.running import FEBRUARY, Tamper, run, statuses


def tampers(made: dict[str, str]) -> dict[str, tuple[Tamper, str, str]]:
    """What somebody changes behind the run's back, and the customer and figure to be named."""
    parent, loner = made["parent"], made["loner"]

    def change(table: object, customer: str, **columns: object) -> Tamper:
        invoice = select(heads.c.id).where(heads.c.customer_id == customer)
        whose = table.c.id if table is heads else table.c.invoice_id  # type: ignore[attr-defined]
        return lambda tx: tx.execute(update(table).where(whose.in_(invoice)).values(columns))  # type: ignore[arg-type]

    return {
        "a line's net": (
            change(line_items, loner, net_minor=4999, gross_minor=4999),
            loner,
            "netTotal",
        ),
        "a line's gross": (change(line_items, loner, gross_minor=1), loner, "grossTotal"),
        "a group": (change(line_item_groups, parent, net_minor=7), parent, "netTotal"),
        "an invoice": (change(heads, parent, net_minor=7, gross_minor=7), parent, "netTotal"),
        "a quantity": (change(line_items, parent, quantity="102"), parent, "quantity"),
        "an event": (change(line_items, loner, event_count=2), loner, "eventCount"),
        "a share": (
            change(usage_item_groups, parent, shares=[[0, "60", 1, 1, 1]]),
            parent,
            "PROPORTIONAL shares",
        ),
        "a member": (
            lambda tx: tx.execute(
                usage_item_groups.delete().where(usage_item_groups.c.title == "North")
            ),
            parent,
            "PROPORTIONAL shares",
        ),
        "a segment": (change(line_items, loner, segments=[]), loner, "netTotal"),
        "nonsense": (change(line_items, loner, quantity="many"), loner, "contents"),
    }


@pytest.mark.parametrize(
    "what",
    ["a line's net", "a line's gross", "a group", "an invoice", "a quantity", "an event", "a share",
     "a member", "a segment", "nonsense"],
)  # fmt: skip
def test_a_run_that_does_not_balance_issues_nothing_and_names_the_figure(
    books: Books, family: dict[str, str], what: str
) -> None:
    tamper, customer, figure = tampers(family)[what]

    result = run(books, meanwhile=tamper)

    named = {(one.customer, one.figure) for one in result.report.differences}
    assert (customer, figure) in named, named
    assert result.run.status is RunStatus.UNBALANCED
    assert result.run.difference_count == len(result.report.differences)
    assert (result.run.issued_count, statuses(books)) == (0, [Status.DRAFT, Status.DRAFT])


def test_events_that_nobody_counted_are_found_by_the_census(
    books: Books, family: dict[str, str]
) -> None:
    """Everything on the invoice agrees that there were fewer events than there are."""

    class Forgetful(UsageStore):
        def reading(
            self, workspace_id: str, asked: Sequence[UsageQuery], last_seq: int | None = None
        ) -> Reading:
            with_one_alias = [
                replace(q, members=tuple(m for m in q.members if m.customer != family["South"]))
                for q in asked
            ]
            return super().reading(workspace_id, with_one_alias, last_seq)

    result = run(books, usage=instead(Forgetful, books.usage))

    assert [
        (one.part, one.customer, one.schedule_id, one.expected, one.found)
        for one in result.report.differences
    ] == [
        ("line", family["parent"], family["schedule"], "3", "2"),
        ("metric", None, None, "3", "4"),
    ]
    assert Status.FINAL not in statuses(books)


def test_an_invoice_that_does_not_add_up_cannot_be_finalised(
    books: Books, family: dict[str, str]
) -> None:
    drafted = run(books).drafted
    loner = next(one for one in drafted if one.customer_id == family["loner"])
    with writing(books.engine) as tx:
        whose = line_items.c.invoice_id == loner.id
        tx.execute(update(line_items).where(whose).values(net_minor=1))

    with pytest.raises(OutOfBalance) as refused, writing(books.engine) as tx:
        finalize_invoice(tx, books.workspace.id, loner.id, on=FEBRUARY, now=NOW)

    for part in (loner.id, family["loner"], "netTotal is 0.01", "come to 50.00"):
        assert part in refused.value.detail


def test_a_schedule_started_in_a_request_issues_only_what_adds_up(
    books: Books, family: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = invoice_writing.insert

    def broken(tx: Connection, rows: Rows) -> None:
        insert(tx, rows)
        tx.execute(update(line_items).values(gross_minor=line_items.c.gross_minor + 1))

    def start() -> None:
        with writing(books.engine) as tx:
            bill_schedule(
                tx,
                books.usage,
                books.workspace,
                family["schedule"],
                as_of=FEBRUARY,
                now=NOW,
                new_id=ids.new_id,
            )

    with monkeypatch.context() as patched:
        patched.setattr(invoice_writing, "insert", broken)
        with pytest.raises(OutOfBalance):
            start()
    assert statuses(books) == []

    start()

    assert statuses(books) == [Status.FINAL]
