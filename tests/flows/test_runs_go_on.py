"""A run is finished by whoever comes next, ended by whoever cancels it, and tried again where it failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, update
from sqlalchemy.exc import OperationalError

from catchment import ids
from catchment.core.control.bounds import Bounds, Breach
from catchment.core.usage.metering import UsageQuery
from catchment.flows.billing.runs import work_on_run as working_on
from catchment.flows.billing.runs.bill_workspace import BILLING, bill_workspace, work_off
from catchment.flows.billing.runs.start_run import (
    NothingFailed,
    RunAtWork,
    RunNotAtWork,
    cancel_run,
    retry_run,
)
from catchment.flows.billing.runs.work_on_run import (
    MOST_ATTEMPTS,
    RunResult,
    result_of,
    work_on_run,
)
from catchment.store.billing import billing_run_failures, bounds
from catchment.store.billing.billing_runs import BillingRun, Progress, RunStatus, Source
from catchment.store.engine import reading, writing
from catchment.store.invoices.invoices import Status
from catchment.store.lease import held
from catchment.store.schema import usage_metrics
from catchment.usage import Reading, UsageStore
from tests.flows.books import NOW, Books, fixed, instead, linear
from tests.flows.running import FEBRUARY, run, started, statuses, working

MARCH, APRIL, MAY = (date(2026, month, 1) for month in (3, 4, 5))


class Died(BaseException):
    """What no code catches."""


def customers(books: Books, count: int, **terms: Any) -> list[str]:
    """Customers who pay 10 a month, with schedules of their own."""
    price = books.price(fixed("10"))
    made = [books.customer(f"Customer {n}") for n in range(count)]
    for one in made:
        books.schedule(one, price, **{"auto_issue_invoices": True} | terms)
    books.write()
    return made


def bad_customer(books: Books) -> str:
    """One who cannot be billed: bounds for each event need a value for each event."""
    tier = {"price": "0.02", "isPricePercentage": True, "minPrice": "1"}
    visitors, bad = books.metric("visitors", "UNIQUE"), books.customer("Bad")
    books.schedule(bad, books.price({"pricingType": "VOLUME", "tiers": [tier]}, visitors))
    books.write()
    books.used((bad, "visitors", "2026-01-20", "x"))
    return bad


def kept(books: Books, id: str) -> BillingRun:
    with reading(books.engine) as tx:
        return result_of(tx, books.workspace, id).run


def dying_after(chunks: int) -> Callable[[int, int], None]:
    left = iter(range(chunks))

    def progress(done: int, of: int) -> None:
        if done and next(left, None) == chunks - 1:
            raise Died

    return progress


def broken_off(books: Books, chunks: int = 1) -> str:
    """A run of chunks of two that died after so many."""
    work = working(books, progress=dying_after(chunks), at_once=2)
    id = started(work)
    with pytest.raises(Died):
        work_on_run(work, id)
    return id


def test_the_next_one_goes_on_where_a_run_died(books: Books) -> None:
    customers(books, 5)
    id = broken_off(books, chunks=2)
    before = kept(books, id)

    assert work_off(working(books, at_once=2))

    after = kept(books, id)
    assert (before.status, before.drafted_count) == (RunStatus.RUNNING, 4)
    assert before.progress == Progress(4, 5, 2, 3)
    assert (after.status, after.drafted_count, after.issued_count) == (RunStatus.BALANCED, 5, 5)
    assert after.progress == Progress(5, 5, 3, 3)
    assert [(t.invoice_count, t.net.minor) for t in after.totals] == [(5, 5000)]


def test_who_bills_finishes_first_what_another_has_begun(books: Books) -> None:
    customers(books, 5)
    id = broken_off(books)

    result = bill_workspace(
        books.engine, books.usage, books.workspace, as_of=MARCH, now=NOW, new_id=ids.new_id
    )

    assert kept(books, id).drafted_count == 5
    assert [one.due_on for one in result.drafted] == [MARCH] * 5


def test_what_another_process_works_on_is_left_to_it(books: Books) -> None:
    id = started(working(books))

    with held(books.engine, BILLING, books.workspace.id, wait=False):
        assert not work_off(working(books))

    assert kept(books, id).status is RunStatus.RUNNING
    assert work_off(working(books))
    assert kept(books, id).status is RunStatus.BALANCED


def test_two_who_work_on_one_run_bill_once(books: Books) -> None:
    """As where a lease is lost."""
    customers(books, 3)
    id = started(working(books))

    class Rival(UsageStore):
        rival = True

        def reading(
            self, workspace_id: str, asked: Sequence[UsageQuery], last_seq: int | None = None
        ) -> Reading:
            if self.rival:
                self.rival = False
                work_on_run(working(books), id)
            return super().reading(workspace_id, asked, last_seq)

    calls = books.metric("calls")
    books.schedule(books.customer("Caller"), books.price(linear("1"), calls))
    books.write()
    result = work_on_run(working(books, instead(Rival, books.usage)), id)

    assert (result.run.status, result.run.drafted_count, result.run.issued_count) == (
        RunStatus.BALANCED,
        4,
        3,
    )


def test_a_cancelled_run_stops_at_the_next_chunk_and_keeps_its_drafts(books: Books) -> None:
    customers(books, 5)

    def progress(done: int, _of: int) -> None:
        if done == 2:
            with writing(books.engine) as tx:
                cancel_run(tx, books.workspace, id, now=NOW)

    work = working(books, progress=progress, at_once=2)
    id = started(work)
    result = work_on_run(work, id)

    assert (result.run.status, result.run.drafted_count) == (RunStatus.CANCELLED, 2)
    assert (result.run.finished_at, result.run.progress) == (NOW, Progress(2, 5, 1, 3))
    assert [t.net.minor for t in result.run.totals] == [2000]
    assert statuses(books) == [Status.DRAFT] * 2
    with writing(books.engine) as tx, pytest.raises(RunNotAtWork, match="CANCELLED"):
        cancel_run(tx, books.workspace, id, now=NOW)


def test_the_next_run_issues_what_a_cancelled_one_has_drafted(books: Books) -> None:
    customers(books, 3)
    id = broken_off(books)
    with writing(books.engine) as tx:
        cancel_run(tx, books.workspace, id, now=NOW)

    result = run(books)

    assert (result.run.drafted_count, result.run.issued_count) == (1, 3)


def test_a_run_that_ends_meanwhile_is_not_brought_back(books: Books) -> None:
    customers(books, 1)
    work = working(books)
    id = started(work)

    result = work_on_run(
        replace(work, progress=lambda done, of: done and work_on_run(work, id) and None), id
    )

    assert (result.run.status, result.run.issued_count) == (RunStatus.BALANCED, 1)


def test_an_error_of_ours_ends_the_run_and_is_told(
    books: Books, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise AssertionError("a sheet without a table")

    customers(books, 2)
    monkeypatch.setattr(working_on, "control_sheet", broken)

    result = run(books)

    assert (result.run.status, result.run.drafted_count) == (RunStatus.FAILED, 2)
    assert result.run.error == "AssertionError: a sheet without a table"
    assert "has failed" in caplog.text
    assert statuses(books) == [Status.DRAFT] * 2


def test_a_database_that_is_away_leaves_the_run_to_be_taken_up_again(books: Books) -> None:
    customers(books, 2)
    work = working(books)
    id = started(work)
    chance = iter([OperationalError("", {}, Exception("away"))])

    def away(_connection: Any) -> None:
        for error in chance:
            raise error

    def progress(done: int, _of: int) -> None:
        if not done:
            event.listen(books.engine, "commit", away)

    with pytest.raises(OperationalError):
        work_on_run(replace(work, progress=progress), id)
    event.remove(books.engine, "commit", away)

    again = kept(books, id)
    assert (again.status, again.attempts) == (RunStatus.RUNNING, 0)
    assert work_on_run(work, id).run.issued_count == 2


def test_a_run_at_which_everybody_dies_is_given_up(books: Books) -> None:
    customers(books, 2)

    def die(_done: int, _of: int) -> None:
        raise Died

    work = working(books, progress=die)
    id = started(work)
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(Died):
            work_on_run(work, id)

    result = work_on_run(work, id)

    assert result.run.status is RunStatus.FAILED
    assert result.run.error == "10 processes died at it without getting any further."


def again(books: Books, of: RunResult, *, accept_bounds: bool = False) -> RunResult:
    with writing(books.engine) as tx:
        made = retry_run(
            tx,
            of.run.last_seq,
            workspace=books.workspace,
            run_id=of.run.id,
            accept_bounds=accept_bounds,
            source=Source.CLI,
            now=NOW,
            new_id=ids.new_id,
        )
    return work_on_run(working(books), made.id)


def test_a_retry_bills_only_what_failed(books: Books) -> None:
    bad = bad_customer(books)
    first = run(books)
    [other] = customers(books, 1)

    second = again(books, first)
    with writing(books.engine) as tx:  # what keeps it from being billed goes away
        tx.execute(update(usage_metrics).values(aggregation_type="SUM"))
    third = again(books, second)

    assert [(one.customer, one.code) for one in second.failures] == [(bad, "cannot_be_billed")]
    assert (second.run.retry_of, second.run.drafted_count) == (first.run.id, 0)
    assert [one.customer_id for one in third.drafted] == [bad]
    assert [one.customer_id for one in run(books).drafted] == [other]


def test_a_retry_needs_a_run_that_has_ended_and_failures(books: Books) -> None:
    customers(books, 1)
    waiting = started(working(books))
    with reading(books.engine) as tx:
        at_work = result_of(tx, books.workspace, waiting)
    with pytest.raises(RunAtWork):
        again(books, at_work)

    done = work_on_run(working(books), waiting)

    with pytest.raises(NothingFailed):
        again(books, done)


@pytest.fixture
def jumped(books: Books) -> tuple[Books, RunResult]:
    """Three months of 10, issued, and a fourth with usage for 5,000; another goes on as ever."""
    calls, payer = books.metric("calls"), books.customer("Payer")
    terms = {"auto_issue_invoices": True}
    books.schedule(payer, books.price(fixed("10")), books.price(linear("1"), calls), **terms)
    customers(books, 1)
    for month in (FEBRUARY, MARCH, APRIL):
        run(books, month)
    books.used((payer, "calls", "2026-04-05", "5000"))
    return books, run(books, MAY)


def test_what_is_out_of_bounds_is_drafted_and_parked(jumped: tuple[Books, RunResult]) -> None:
    books, result = jumped

    [parked] = result.parked
    assert result.balanced
    assert (result.run.drafted_count, result.run.issued_count, result.run.failure_count) == (
        2,
        1,
        1,
    )
    assert (parked.code, result.failures) == (Breach.TOTAL_JUMPED, ())
    assert "USD 5010.00, more than 10 times the average of the 3 before, USD 10.00" in parked.reason
    [draft] = [one for one in result.drafted if one.status is Status.DRAFT]
    assert parked.invoice_id == draft.id
    assert [one.invoice_id for one in run(books, MAY).parked] == [draft.id]


def test_a_retry_that_accepts_it_issues_what_was_parked(jumped: tuple[Books, RunResult]) -> None:
    books, result = jumped

    held_back, issued = again(books, result), again(books, result, accept_bounds=True)

    assert (len(held_back.parked), held_back.run.issued_count) == (1, 0)
    assert (issued.parked, issued.run.issued_count) == ((), 1)
    assert Status.DRAFT not in statuses(books)


def test_the_bounds_of_a_workspace_count(jumped: tuple[Books, RunResult]) -> None:
    books, _ = jumped
    with writing(books.engine) as tx:
        bounds.keep(tx, books.workspace.id, Bounds(jump_factor=Bounds().jump_factor * 100))

    result = run(books, MAY)

    assert (result.parked, result.run.issued_count) == ((), 1)


def test_failures_are_kept_while_the_run_goes_on(books: Books) -> None:
    bad = bad_customer(books)
    customers(books, 3)
    id = broken_off(books, chunks=1)

    with reading(books.engine) as tx:
        found = billing_run_failures.first(tx, id)
    result = work_on_run(working(books, at_once=2), id)

    assert [one.customer for one in found] == [bad]
    assert [one.customer for one in result.failures] == [bad]
    assert (result.run.failure_count, result.run.issued_count) == (1, 3)
