"""What is due is found without reading what was billed long ago."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, event

from catchment.core.due.daily import NEVER_USED
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.runs.open_charges import open_charges
from catchment.flows.invoices.void_invoice import void_invoice
from catchment.store.access import Workspace
from catchment.store.engine import reading, writing
from catchment.store.invoices import invoices
from catchment.usage import UsageStore
from tests.flows.books import NOW, Books, fixed
from tests.flows.running import run

MARCH, JUNE, JULY = (date(2026, month, 1) for month in (3, 6, 7))


@pytest.fixture
def books(engine: Engine, usage: UsageStore, workspace: Workspace) -> Books:
    """Two customers, billed for good from January to May, and one that starts in June."""
    books = Books(engine, usage, workspace)
    price = books.price(fixed("10"))
    for name in ("North", "South"):
        books.schedule(books.customer(name), price, auto_issue_invoices=True)
    books.schedule(books.customer("New"), price, start=JUNE)
    books.write()
    assert len(run(books, JUNE).drafted) == 2 * 5
    return books


def days_open(books: Books, as_of: date) -> list[date]:
    """When what is due and on no invoice begins."""
    with reading(books.engine) as tx:
        agreed = agreements.all_of(tx, books.workspace)
        found = open_charges(tx, agreed, as_of, {}, {}, NEVER_USED)
    return sorted(charge.service.start for _, charge in found)


@contextmanager
def asked(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """The queries meanwhile, with their parameters."""
    found: list[tuple[str, Any]] = []

    def note(_tx: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        found.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_lines_of_before_the_first_open_day_are_not_read(books: Books) -> None:
    with asked(books.engine) as queries:
        found = days_open(books, JULY)

    of_lines = [one for one in queries if "FROM line_items" in one[0]]
    with reading(books.engine) as tx:
        rows = [row for one in of_lines for row in tx.exec_driver_sql(*one)]
    assert found == [JUNE] * 3
    assert (len(of_lines), rows) == (1, [])


def test_of_what_is_billed_for_good_only_what_was_voided_is_billed_again(books: Books) -> None:
    with reading(books.engine) as tx:
        every = invoices.finalised(tx, books.workspace.id)
    march = next(one for one in every if one.due_on == MARCH)
    with writing(books.engine) as tx:
        void_invoice(tx, books.workspace.id, march.id, on=JUNE, now=NOW)

    found = days_open(books, JUNE)

    assert (len(every), found) == (10, [date(2026, 2, 1)])
