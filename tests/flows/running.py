"""A billing run as the tests start it, and what they look at afterwards."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import Connection, select

from catchment import ids
from catchment.core.control import MetricBalance
from catchment.flows.billing.runs.bill_workspace import last_event
from catchment.flows.billing.runs.start_run import start_run
from catchment.flows.billing.runs.work import INVOICES_AT_ONCE, Progress, Work
from catchment.flows.billing.runs.work_on_run import RunResult, work_on_run
from catchment.store.billing.billing_runs import Source
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
    """A run; ``meanwhile`` happens once all is drafted and nothing is checked.

    It is worked on without a lease, as where that was lost: another may be at work already.
    """

    def progress(done: int, of: int) -> None:
        if done == of > 0 and meanwhile is not None:
            with writing(books.engine) as tx:
                meanwhile(tx)

    work = working(books, usage, progress)
    return work_on_run(work, started(work, as_of))


def working(
    books: Books,
    usage: UsageStore | None = None,
    progress: Progress = lambda _done, _all: None,
    at_once: int = INVOICES_AT_ONCE,
) -> Work:
    """Somebody who works on the runs of the books."""
    events = usage or books.usage
    return Work(
        books.engine,
        events,
        books.workspace,
        NOW,
        ids.new_id,
        lambda: NOW,
        progress,
        at_once,
    )


def started(work: Work, as_of: date = FEBRUARY) -> str:
    """A run that nobody works on yet."""
    last_seq = last_event(work.usage, work.workspace)
    with writing(work.engine) as tx:
        run = start_run(
            tx,
            last_seq,
            workspace=work.workspace,
            as_of=as_of,
            source=Source.CLI,
            now=NOW,
            new_id=ids.new_id,
        )
    return run.id


def counts(row: MetricBalance) -> tuple[int, ...]:
    return row.received, row.billed, row.other, row.unpriced, row.unmapped


def statuses(books: Books) -> list[Status]:
    with reading(books.engine) as tx:
        query = select(heads.c.status).order_by(heads.c.auto_issue.desc(), heads.c.id)
        return [Status(status) for status in tx.execute(query).scalars()]
