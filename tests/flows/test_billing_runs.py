"""A run accounts for every event, whatever happens while it runs, and issues what adds up."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, select, update

from catchment import ids
from catchment.core.usage.metering import UsageQuery
from catchment.flows.families.change_aliases import add_alias
from catchment.flows.invoices.recalculate_invoice import recalculate_drafts, recalculate_invoice
from catchment.store.billing import billing_runs
from catchment.store.billing.billing_runs import RunStatus, Source
from catchment.store.engine import reading, writing
from catchment.store.families.aliases import Alias
from catchment.store.invoices import invoices
from catchment.store.invoices.invoices import Status
from catchment.store.schema import (
    billing_schedules,
    line_item_groups,
)
from catchment.store.schema import invoices as heads
from catchment.usage import Reading, UsageStore
from tests.flows.books import NOW, Books, fixed, instead, linear
from tests.flows.running import FEBRUARY, counts, run, statuses


def test_every_event_is_accounted_for(books: Books, family: dict[str, str]) -> None:
    stranger = books.customer("Stranger")
    books.write()
    books.used(
        (stranger, "calls", "2026-01-08", "1"),
        (stranger, "calls", "2026-01-09", "1"),
        ("nobody", "calls", "2026-01-09", "1"),
        (family["North"], "calls", "2026-02-01", "1"),
        (family["North"], "other", "2026-01-10", "1"),
    )

    result = run(books)

    [row] = result.report.sheet
    assert result.balanced
    assert (row.metric_id, counts(row), row.balanced) == (family["calls"], (7, 4, 0, 2, 1), True)
    assert row.unpriced_customers == ((stranger, 2),)
    assert row.unmapped_aliases == (("nobody", 1),)
    assert (result.report.invoice_count, result.report.line_count) == (2, 2)


def test_a_run_needs_no_new_file(books: Books, family: dict[str, str], data_dir: Path) -> None:
    blocked = data_dir / "usage" / books.workspace.id
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.touch()  # no folder for files, as little as on a full disk

    result = run(books)

    assert (result.balanced, counts(result.report.sheet[0])) == (True, (4, 4, 0, 0, 0))
    assert family


def test_what_another_due_day_bills_is_no_part_of_this_run(
    books: Books, family: dict[str, str]
) -> None:
    quarterly = books.schedule(
        books.customer("Quarterly"),
        books.price(linear("1"), family["calls"], frequency="QUARTERLY"),
    )
    books.write()
    run(books)
    books.used((family["loner"], "calls", "2026-02-07", "1"))

    result = run(books, date(2026, 4, 1))

    [row] = result.report.sheet
    assert counts(row) == (5, 1, 4, 0, 0)
    assert quarterly in {one.schedule_id for one in result.drafted}


def test_a_month_and_its_quarter_on_one_schedule_count_events_once(books: Books) -> None:
    payer, calls = books.customer("Payer"), books.metric("calls")
    books.schedule(
        payer,
        books.price(linear("1"), calls),
        books.price(linear("2"), calls, frequency="QUARTERLY"),
    )
    books.write()
    books.used(*((payer, "calls", f"2026-0{month}-05", "1") for month in (1, 1, 2, 3)))

    result = run(books, date(2026, 4, 1))

    assert result.balanced
    assert [counts(row) for row in result.report.sheet] == [(4, 4, 0, 0, 0)]


def test_a_run_is_kept_with_all_it_found(books: Books, family: dict[str, str]) -> None:
    result = run(books)

    with reading(books.engine) as tx:
        kept, report = billing_runs.one(tx, books.workspace.id, result.run.id)
        names = billing_runs.names_in(tx, books.workspace.id, report)
    assert (kept, report) == (result.run, result.report)
    assert (kept.status, kept.source, kept.as_of) == (RunStatus.BALANCED, Source.CLI, FEBRUARY)
    assert (kept.drafted_count, kept.issued_count) == (2, 1)
    assert [(t.currency, t.invoice_count, t.net.minor) for t in kept.totals] == [("USD", 2, 22075)]
    assert names == {family["calls"]: "calls"}
    assert {one.run_id for one in result.drafted} == {kept.id}


def test_events_that_come_during_the_run_are_for_later(
    books: Books, family: dict[str, str]
) -> None:
    class Busy(UsageStore):
        def reading(
            self, workspace_id: str, asked: Sequence[UsageQuery], last_seq: int | None = None
        ) -> Reading:
            found = super().reading(workspace_id, asked, last_seq)
            books.used((family["North"], "calls", "2026-01-20", "1000"))
            return found

    result = run(books, usage=instead(Busy, books.usage))

    assert result.balanced
    assert [counts(row) for row in result.report.sheet] == [(4, 4, 0, 0, 0)]
    assert sorted(one.net.minor for one in result.drafted) == [5000, 17075]


def test_a_draft_recalculated_meanwhile_is_held_against_the_events_it_has_read(
    books: Books, family: dict[str, str]
) -> None:
    def recalculate(tx: Connection) -> None:
        [loner] = tx.execute(
            select(heads.c.id).where(heads.c.customer_id == family["loner"])
        ).scalars()
        recalculate_invoice(tx, books.usage, books.workspace, loner, now=NOW, new_id=ids.new_id)

    class Late(UsageStore):
        def reading(
            self, workspace_id: str, asked: Sequence[UsageQuery], last_seq: int | None = None
        ) -> Reading:
            found = super().reading(workspace_id, asked, last_seq)
            books.used((family["loner"], "calls", "2026-01-20", "1"))
            return found

    result = run(books, usage=instead(Late, books.usage), meanwhile=recalculate)

    assert result.balanced
    assert [counts(row) for row in result.report.sheet] == [(4, 4, 0, 0, 0)]
    loner = next(one for one in result.drafted if one.customer_id == family["loner"])
    assert loner.net.minor > 5000


def test_an_alias_given_during_the_run_is_taken_into_the_drafts(
    books: Books, family: dict[str, str]
) -> None:
    books.used(("lost", "calls", "2026-01-09", "10"))

    def give(tx: Connection) -> None:
        found = Alias(ids.new_id(), family["loner"], "lost", None, NOW)
        add_alias(tx, books.workspace.id, found)

    result = run(books, meanwhile=give)

    assert result.balanced
    assert [counts(row) for row in result.report.sheet] == [(5, 5, 0, 0, 0)]
    assert sorted(one.net.minor for one in result.drafted) == [7000, 17075]


def test_what_a_run_left_behind_the_next_one_issues(books: Books, family: dict[str, str]) -> None:
    def break_one(tx: Connection) -> None:
        tx.execute(update(line_item_groups).values(gross_minor=1))

    first = run(books, meanwhile=break_one)
    second = run(books)
    with writing(books.engine) as tx:
        recalculate_drafts(
            tx, books.usage, books.workspace, [family["schedule"]], now=NOW, new_id=ids.new_id
        )
    third = run(books)

    assert [one.run.status for one in (first, second, third)] == [
        RunStatus.UNBALANCED,
        RunStatus.UNBALANCED,
        RunStatus.BALANCED,
    ]
    assert (third.drafted, third.run.issued_count) == ((), 1)
    assert statuses(books) == [Status.FINAL, Status.DRAFT]
    with reading(books.engine) as tx:
        [final] = invoices.finalised(tx, books.workspace.id)
    assert (final.run_id, final.number) == (first.run.id, "SEQ-00001")


def test_a_schedule_that_no_longer_issues_by_itself_keeps_its_draft(
    books: Books, family: dict[str, str]
) -> None:
    def stop(tx: Connection) -> None:
        c = billing_schedules.c
        tx.execute(
            update(billing_schedules)
            .where(c.id == family["schedule"])
            .values(auto_issue_invoices=False)
        )
        recalculate_drafts(
            tx, books.usage, books.workspace, [family["schedule"]], now=NOW, new_id=ids.new_id
        )

    result = run(books, meanwhile=stop)

    assert (result.balanced, result.run.issued_count) == (True, 0)
    assert statuses(books) == [Status.DRAFT, Status.DRAFT]


def test_who_cannot_be_billed_does_not_keep_the_others_from_being_issued(
    books: Books, family: dict[str, str]
) -> None:
    tier = {"price": "0.02", "isPricePercentage": True, "minPrice": "1"}
    visitors = books.metric("visitors", "UNIQUE")
    bad = books.customer("Bad")
    books.schedule(bad, books.price({"pricingType": "VOLUME", "tiers": [tier]}, visitors))
    books.write()
    books.used((bad, "visitors", "2026-01-20", "x"))

    result = run(books)

    assert [one.customer for one in result.failures] == [bad]
    assert (result.balanced, result.run.failure_count, result.run.issued_count) == (True, 1, 1)


def test_a_run_with_nothing_due_balances_without_a_sheet(books: Books) -> None:
    books.schedule(books.customer("Payer"), books.price(fixed("10")))
    books.write()
    run(books)

    again = run(books)

    assert (again.balanced, again.report.sheet, again.run.drafted_count) == (True, (), 0)
