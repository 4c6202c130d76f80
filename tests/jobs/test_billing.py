"""What waits is billed in every workspace, and the clock asks for one run each time."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.exc import OperationalError

from catchment import ids
from catchment.core.values.cron import Cron
from catchment.flows.billing.runs.bill_workspace import BILLING
from catchment.jobs.billing import LOOK_SECONDS, RETRY_SECONDS, BillingJobs, watch
from catchment.store import access
from catchment.store.access import Workspace
from catchment.store.billing import billing_runs
from catchment.store.billing.billing_runs import BillingRun, RunStatus, Source
from catchment.store.engine import reading, writing
from catchment.store.lease import held
from catchment.store.schema import workspaces
from catchment.usage import UsageStore
from tests.conftest import Clock
from tests.flows.books import START, Books, fixed
from tests.flows.running import started, working


@pytest.fixture
def jobs(engine: Engine, usage: UsageStore, clock: Clock) -> BillingJobs:
    clock.set("2026-03-10")
    return BillingJobs(engine, usage, clock, ids.new_id, Cron("0 4 * * *"))


@pytest.fixture
def books(engine: Engine, usage: UsageStore, workspace: Workspace) -> Books:
    made = Books(engine, usage, workspace)
    made.schedule(made.customer("Payer"), made.price(fixed("10")))
    made.write()
    return made


def runs(engine: Engine, workspace: Workspace) -> list[BillingRun]:
    with reading(engine) as tx:
        return billing_runs.newest(tx, workspace.id, 100)


def test_what_waits_is_billed_in_every_workspace(
    jobs: BillingJobs, books: Books, usage: UsageStore
) -> None:
    with writing(books.engine) as tx:
        other = access.named_workspace(tx, name="Other", id=ids.new_id(), at=START)
    mine = started(working(books))
    started(working(Books(books.engine, usage, other)))
    assert jobs.waiting()

    jobs.work_off()

    assert not jobs.waiting()
    [run] = runs(books.engine, books.workspace)
    assert (run.id, run.status, run.drafted_count) == (mine, RunStatus.BALANCED, 1)
    assert [one.status for one in runs(books.engine, other)] == [RunStatus.BALANCED]


def test_what_somebody_works_on_does_not_wait(jobs: BillingJobs, books: Books) -> None:
    started(working(books))

    with held(books.engine, BILLING, books.workspace.id, wait=False):
        assert not jobs.waiting()
        jobs.work_off()

    assert jobs.waiting()


def test_the_clock_asks_for_one_run_each_time_whoever_hears_it(
    jobs: BillingJobs, books: Books, clock: Clock
) -> None:
    other = BillingJobs(jobs.engine, jobs.usage, clock, ids.new_id, jobs.cron)
    for at in (
        "2026-03-10T03:59:59",
        "2026-03-10T04:00:20",
        "2026-03-10T04:01",
        "2026-03-11T04:00",
    ):
        clock.set(at)
        for one in (jobs, other):
            one.start_due()
            one.start_due()

    found = runs(books.engine, books.workspace)

    assert [(one.as_of, one.source) for one in found] == [
        (date(2026, 3, 11), Source.SCHEDULE),
        (date(2026, 3, 10), Source.SCHEDULE),
    ]
    assert found[1].occasion == datetime(2026, 3, 10, 4, tzinfo=UTC)


def test_of_missed_occasions_the_last_is_made_up_for(
    jobs: BillingJobs, books: Books, clock: Clock
) -> None:
    clock.set("2026-03-10T04:00")
    jobs.start_due()
    clock.set("2026-03-14T12:00")

    BillingJobs(jobs.engine, jobs.usage, clock, ids.new_id, jobs.cron).start_due()

    found = runs(books.engine, books.workspace)
    assert [one.as_of for one in found] == [date(2026, 3, 14), date(2026, 3, 10)]


def test_what_was_before_anybody_asked_is_not_missed(
    engine: Engine, usage: UsageStore, books: Books, clock: Clock
) -> None:
    clock.set("2026-03-10T12:00")

    BillingJobs(engine, usage, clock, ids.new_id, Cron("0 4 * * *")).start_due()
    BillingJobs(engine, usage, clock, ids.new_id).start_due()

    assert runs(engine, books.workspace) == []


def test_days_begin_where_the_workspace_is(jobs: BillingJobs, books: Books, clock: Clock) -> None:
    with writing(books.engine) as tx:
        tx.execute(update(workspaces).values(timezone="Pacific/Auckland"))
    clock.set("2026-03-10T15:00")  # four in the morning of the next day there

    jobs.start_due()

    assert [one.as_of for one in runs(books.engine, books.workspace)] == [date(2026, 3, 11)]


def test_the_watch_waits_longer_while_the_database_is_away_and_says_so_once(
    jobs: BillingJobs, books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    started(working(books))
    pauses: list[float] = []
    away = iter([True, True, False])

    def ended(pause: float) -> bool:
        pauses.append(pause)
        return len(pauses) > 4

    def bill() -> None:
        if next(away):
            raise OperationalError("", {}, Exception("away"))
        jobs.work_off()

    watch(jobs, ended, bill)

    assert pauses == [0, RETRY_SECONDS, RETRY_SECONDS, LOOK_SECONDS, LOOK_SECONDS]
    assert [one.split(":")[0] for one in caplog.messages] == [
        "billing runs wait",
        "billing runs go on",
    ]
    assert [one.status for one in runs(books.engine, books.workspace)] == [RunStatus.BALANCED]
