"""Bills that go up the tree, where something is in the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from catchment import ids
from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.flows.billing.runs.work_on_run import RunResult
from catchment.flows.invoices.finalize_invoice import finalize_invoice
from catchment.flows.invoices.recalculate_invoice import recalculate_drafts, recalculate_invoice
from catchment.flows.invoices.void_invoice import void_invoice
from catchment.flows.schedules import keep_schedule
from catchment.store.engine import reading, writing
from catchment.store.invoices import invoice_contents, invoices
from catchment.store.invoices.invoices import Invoice
from catchment.store.schema import billing_schedules
from tests.flows.books import NOW, Books, fixed

FEBRUARY_1 = date(2026, 2, 1)


def run(books: Books, as_of: date = FEBRUARY_1) -> RunResult:
    return bill_workspace(
        books.engine, books.usage, books.workspace, as_of=as_of, now=NOW, new_id=ids.new_id
    )


def lines(books: Books, invoice: str) -> list[tuple[str | None, int]]:
    with reading(books.engine) as tx:
        found = invoice_contents.lines(tx, books.workspace.id, invoice)
    return [(line.schedule_id, line.net.minor) for line in found]


def impossible(books: Books) -> tuple[str, str]:
    """A price that fails once there is usage, and what it counts: UNIQUE has no value for each event."""
    metric = books.metric("visitors", "UNIQUE")
    tier = {"price": "0.02", "isPricePercentage": True, "minPrice": "1"}
    return books.price({"pricingType": "VOLUME", "tiers": [tier]}, metric), "visitors"


def test_a_child_that_cannot_be_priced_bills_its_payer_and_siblings_no_less(books: Books) -> None:
    price, kind = impossible(books)
    group = books.customer("Group")
    bad, good = books.customer("Bad", group), books.customer("Good", group)
    host = books.schedule(group, books.price(fixed("100")))
    failing = books.schedule(bad, price, bill_to="PARENT")
    joining = books.schedule(good, books.price(fixed("10")), bill_to="PARENT")
    books.write()
    books.used((bad, kind, "2026-01-05", "x"))

    first, again = run(books), run(books)

    [invoice] = first.drafted
    assert lines(books, invoice.id) == [(host, 10000), (joining, 1000)]
    assert again.drafted == ()
    for result in (first, again):
        assert [(f.customer, f.schedule_id) for f in result.failures] == [(bad, failing)]
    with writing(books.engine) as tx:
        recalculate_invoice(
            tx, books.usage, books.workspace, invoice.id, now=NOW, new_id=ids.new_id
        )
    assert lines(books, invoice.id) == [(host, 10000), (joining, 1000)]


def test_a_payer_that_cannot_be_priced_keeps_its_children_s_lines_waiting(books: Books) -> None:
    price, kind = impossible(books)
    group = books.customer("Group")
    child = books.customer("Child", group)
    host = books.schedule(group, price)
    books.schedule(child, books.price(fixed("10")), bill_to="PARENT")
    books.write()
    books.used((group, kind, "2026-01-05", "x"))

    result = run(books)

    assert result.drafted == ()
    assert [failure.schedule_id for failure in result.failures] == [host]


def test_a_payer_in_another_currency_gets_an_invoice_of_the_child_s(books: Books) -> None:
    group = books.customer("Group")
    child = books.customer("Child", group)
    host = books.schedule(group, books.price(fixed("100"), currency="JPY"))
    own = books.schedule(child, books.price(fixed("10")), bill_to="PARENT")
    books.write()

    drafted = {one.schedule_id: (one.customer_id, str(one.net)) for one in run(books).drafted}

    assert {id: customer for id, (customer, _) in drafted.items()} == {host: group, own: group}


@dataclass
class Split:
    """A group whose schedule ends with January, below a top; its child bills January and February."""

    books: Books
    over: str
    top: str
    own: str

    def invoice(self, schedule: str) -> Invoice:
        """The invoice of 1 February of a schedule that is in force."""
        with reading(self.books.engine) as tx:
            found = invoices.live(tx, self.books.workspace.id, [schedule])
        return next(i for i in found if (i.schedule_id, i.due_on) == (schedule, FEBRUARY_1))

    def apart(self) -> list[Invoice]:
        """The child's own invoices of 1 February that are in force."""
        with reading(self.books.engine) as tx:
            found = invoices.live(tx, self.books.workspace.id, [self.own])
        mine = [i for i in found if (i.schedule_id, i.due_on) == (self.own, FEBRUARY_1)]
        return sorted(mine, key=lambda one: one.ordinal)

    def finalise(self, schedule: str) -> None:
        with writing(self.books.engine) as tx:
            id = self.invoice(schedule).id
            finalize_invoice(tx, self.books.workspace.id, id, on=FEBRUARY_1, now=NOW)


@pytest.fixture
def split(books: Books) -> Split:
    top = books.customer("Top")
    group = books.customer("Group", top)
    child = books.customer("Child", group)
    terms: dict[str, Any] = {"start": date(2026, 1, 1), "recurrence_day_of_month": 1}
    over = books.schedule(group, books.price(fixed("100")), end=date(2026, 1, 31), **terms)
    above = books.schedule(top, books.price(fixed("7")), **terms)
    arrears, advance = books.price(fixed("10")), books.price(fixed("20"), timing="IN_ADVANCE")
    own = books.schedule(
        child, arrears, advance, bill_to="PARENT", **terms | {"activated_at": None}
    )
    books.write()
    return Split(books, over, above, own)


def start(books: Books, schedule: str) -> None:
    with writing(books.engine) as tx:
        keep_schedule.activate(
            tx, books.usage, books.workspace, schedule,
            today=FEBRUARY_1, now=NOW, new_id=ids.new_id,
        )  # fmt: skip


def test_arrears_go_to_who_ended_with_them_and_advances_to_who_runs(split: Split) -> None:
    start(split.books, split.own)
    run(split.books)

    assert lines(split.books, split.invoice(split.over).id) == [
        (split.over, 10000),
        (split.own, 1000),
    ]
    assert lines(split.books, split.invoice(split.top).id) == [
        (split.top, 700),
        (split.own, 2000),
    ]


def test_payers_who_cannot_take_it_any_more_get_an_invoice_each(split: Split) -> None:
    run(split.books)
    split.finalise(split.over)
    split.finalise(split.top)

    start(split.books, split.own)

    assert [(one.customer_legal_name, one.net.minor) for one in split.apart()] == [
        ("Group", 1000),
        ("Top", 2000),
    ]


@pytest.fixture
def stranded(split: Split) -> Split:
    """The child's arrears are on an issued invoice of its own; its advance was on one of the top,
    which was voided, and the top's schedule has ended: nobody above pays for it any more."""
    books = split.books
    run(books)
    split.finalise(split.over)
    start(books, split.own)
    split.finalise(split.own)
    split.finalise(split.top)
    with writing(books.engine) as tx:
        void_invoice(tx, books.workspace.id, split.invoice(split.top).id, on=FEBRUARY_1, now=NOW)
        c = billing_schedules.c
        archived = {"archived_at": NOW, "updated_at": NOW}
        tx.execute(update(billing_schedules).where(c.id == split.top).values(**archived))
    return split


def test_what_is_freed_beside_an_issued_part_of_its_day_is_another_invoice(
    stranded: Split,
) -> None:
    books = stranded.books

    freed, again = run(books), run(books)

    assert (freed.failures, again.failures, again.drafted) == ((), (), ())
    issued, draft = stranded.apart()
    assert [one.id for one in freed.drafted] == [draft.id]
    assert [one.customer_legal_name for one in (issued, draft)] == ["Group", "Child"]
    assert lines(books, issued.id) == [(stranded.own, 1000)]
    assert lines(books, draft.id) == [(stranded.own, 2000)]
    with writing(books.engine) as tx:
        finalize_invoice(tx, books.workspace.id, draft.id, on=FEBRUARY_1, now=NOW)
    with reading(books.engine) as tx:
        verdicts = list(verify_invoices(tx, books.usage, books.workspace))
    assert [one.difference for one in verdicts] == [None] * 3


def test_drafts_of_one_day_stay_their_payers_whatever_is_voided_and_recalculated(
    stranded: Split,
) -> None:
    books = stranded.books
    run(books)
    issued, later = stranded.apart()

    with writing(books.engine) as tx:
        void_invoice(tx, books.workspace.id, issued.id, on=FEBRUARY_1, now=NOW)
    run(books)
    drafts = stranded.apart()
    with writing(books.engine) as tx:
        recalculate_drafts(
            tx, books.usage, books.workspace, [stranded.own], now=NOW, new_id=ids.new_id
        )

    again = stranded.apart()
    assert [one.id for one in again] == [one.id for one in drafts]
    assert drafts[1].id == later.id
    assert [(one.customer_legal_name, lines(books, one.id)) for one in again] == [
        ("Group", [(stranded.own, 1000)]),
        ("Child", [(stranded.own, 2000)]),
    ]
