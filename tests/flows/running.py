"""A billing run as the tests start it, and what they look at afterwards."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import Connection, select

from catchment import ids
from catchment.core.control import MetricBalance
from catchment.flows.billing.bill_workspace import RunResult, bill_workspace
from catchment.store.engine import reading, writing
from catchment.store.invoices.invoices import Status
from catchment.store.schema import invoices as heads
from catchment.usage import UsageStore
from tests.flows.books import NOW, Books

FEBRUARY = date(2026, 2, 1)
Tamper = Callable[[Connection], object]


def run(
    books: Books,
    as_of: date = FEBRUARY,
    usage: UsageStore | None = None,
    meanwhile: Tamper | None = None,
) -> RunResult:
    """A run; ``meanwhile`` happens once all is drafted and nothing is checked."""

    def progress(done: int, of: int) -> None:
        if done == of > 0 and meanwhile is not None:
            with writing(books.engine) as tx:
                meanwhile(tx)

    return bill_workspace(
        books.engine,
        usage or books.usage,
        books.workspace,
        as_of=as_of,
        now=NOW,
        new_id=ids.new_id,
        progress=progress,
    )


def counts(row: MetricBalance) -> tuple[int, ...]:
    return row.received, row.billed, row.other, row.unpriced, row.unmapped


def statuses(books: Books) -> list[Status]:
    with reading(books.engine) as tx:
        query = select(heads.c.status).order_by(heads.c.auto_issue.desc(), heads.c.id)
        return [Status(status) for status in tx.execute(query).scalars()]
