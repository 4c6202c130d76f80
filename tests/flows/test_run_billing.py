"""A run drafts everything due once, whoever else runs, and one bad schedule bills nobody less."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D

from sqlalchemy import Engine, update

from catchment import ids
from catchment.core.usage.metering import UsageQuery
from catchment.flows.billing.drafting import drafts, portions
from catchment.flows.billing.run_billing import bill_schedule
from catchment.flows.billing.runs.bill_workspace import bill_workspace
from catchment.flows.billing.runs.work_on_run import RunResult
from catchment.flows.invoices.delete_invoice import delete_invoice
from catchment.flows.invoices.finalize_invoice import finalize_invoice
from catchment.flows.invoices.recalculate_invoice import recalculate_drafts, recalculate_invoice
from catchment.flows.invoices.void_invoice import void_invoice
from catchment.store.engine import reading, writing
from catchment.store.invoices import invoice_contents
from catchment.store.invoices.invoices import Status
from catchment.store.invoices.rows.invoice_parts import Contents
from catchment.store.schema import billing_schedules, customer_links, workspaces
from catchment.usage import Reading, UsageStore
from tests.flows import running
from tests.flows.books import NOW, Books, family, fixed, instead, linear

MARCH_10 = date(2026, 3, 10)


def run(books: Books, as_of: date = MARCH_10, usage: UsageStore | None = None) -> RunResult:
    return running.run(books, as_of, usage)


def contents(books: Books, invoice: str) -> Contents:
    with reading(books.engine) as tx:
        return invoice_contents.of(tx, books.workspace.id, invoice)


def amounts(books: Books, result: RunResult) -> list[tuple[date | None, int]]:
    return [(invoice.due_on, invoice.net.minor) for invoice in result.drafted]


def test_a_family_is_priced_once_and_shown_member_by_member(books: Books) -> None:
    made = family(books)

    result = run(books, date(2026, 2, 1))

    [invoice] = result.drafted
    found = contents(books, invoice.id)
    assert (invoice.net.minor, invoice.status, result.failures) == (18875, Status.DRAFT, ())
    assert [(line.quantity, line.net.minor) for line in found.lines] == [(D(125), 18875)]
    assert [s.amount for s in found.lines[0].segments] == [D(120), D("68.75")]
    assert [(m.title, m.depth, m.items[0].value) for m in found.usage] == [
        ("North", 1, D(60)),
        ("South", 1, D(40)),
        ("West", 1, D(25)),
    ]
    assert found.usage[0].path == ((made["parent"], "Parent"), (made["North"], "North"))
    assert found.usage[0].items[0].metric.group_index == found.groups[0].index


def test_the_head_is_a_snapshot_of_the_customer(books: Books) -> None:
    payer = books.customer("Loner")
    books.schedule(
        payer,
        books.price(fixed("10")),
        start=date(2026, 2, 1),
        end=date(2026, 2, 28),
        purchase_order_number="PO-1",
        memo="Thanks",
        reference="R",
        default_due_date_days=14,
    )
    books.write()

    [invoice] = run(books).drafted

    assert invoice.customer_legal_name == "Loner"
    assert invoice.customer_emails == ("pay@5.test", "copy@5.test")
    assert invoice.customer_billing_address["town"] == "Leeds"
    assert (invoice.purchase_order_number, invoice.memo, invoice.reference) == (
        "PO-1",
        "Thanks",
        "R",
    )
    assert (invoice.payment_term_days, invoice.due_date, invoice.number) == (14, None, None)
    assert invoice.billing_period is not None
    assert (invoice.billing_period.start, invoice.billing_period.last_day) == (
        date(2026, 2, 1),
        date(2026, 2, 28),
    )
    assert invoice.accounting_date == date(2026, 2, 28)
    assert invoice.calculated_at == NOW


def test_running_twice_bills_once(books: Books) -> None:
    family(books)

    first, again = run(books), run(books)

    assert [due_on for due_on, _ in amounts(books, first)] == [date(2026, 2, 1), date(2026, 3, 1)]
    assert (again.drafted, again.balanced) == ((), True)


def test_a_schedule_that_cannot_be_billed_bills_nobody_less(books: Books) -> None:
    # Bounds for each event need a value for each event, which UNIQUE has not.
    tier = {"price": "0.02", "isPricePercentage": True, "minPrice": "1"}
    unique = books.metric("visitors", "UNIQUE")
    bad, good = books.customer("Bad"), books.customer("Good")
    impossible = books.price({"pricingType": "VOLUME", "tiers": [tier]}, unique)
    failing = books.schedule(bad, impossible)
    books.schedule(good, books.price(fixed("10")))
    books.write()
    books.used((bad, "visitors", "2026-02-01", "x"))

    result = run(books)

    assert amounts(books, result) == [(date(2026, 2, 1), 1000), (date(2026, 3, 1), 1000)]
    [failure] = result.failures
    assert (failure.customer, failure.schedule_id) == (bad, failing)
    assert "AssertionError" in failure.reason


def test_different_frequencies_that_fall_together_are_one_invoice(books: Books) -> None:
    payer = books.customer("Payer")
    product = books.product("Platform")
    books.schedule(
        payer,
        books.price(fixed("10"), product=product),
        books.price(fixed("100"), product=product, frequency="QUARTERLY"),
        books.price(fixed("7"), product=product, timing="IN_ADVANCE"),
    )
    books.write()

    result = run(books, date(2026, 4, 1))

    assert amounts(books, result) == [
        (date(2026, 1, 1), 700),
        (date(2026, 2, 1), 1700),
        (date(2026, 3, 1), 1700),
        (date(2026, 4, 1), 11700),
    ]
    last = contents(books, result.drafted[-1].id)
    assert [line.net.minor for line in last.lines] == [1000, 10000, 700]
    assert [group.net.minor for group in last.groups] == [11700]
    assert result.drafted[-1].accounting_date == date(2026, 3, 31)


def test_usage_of_a_child_that_pays_for_itself_is_not_billed_above(books: Books) -> None:
    made = family(books)
    books.schedule(made["North"], books.price(linear("2"), made["metric"]))
    books.write()

    result = run(books, date(2026, 2, 1))

    assert sorted(invoice.net.minor for invoice in result.drafted) == [8500, 12000]


def test_of_two_schedules_of_one_customer_the_older_bills_the_usage(books: Books) -> None:
    payer, calls = books.customer("Payer"), books.metric("calls")
    books.schedule(payer, books.price(linear("1"), calls), start=date(2026, 1, 5))
    books.schedule(payer, books.price(linear("100"), calls), start=date(2026, 1, 6))
    books.write()
    books.used((payer, "calls", "2026-01-10", "3"))

    result = run(books, date(2026, 2, 6))

    assert amounts(books, result) == [(date(2026, 2, 5), 300), (date(2026, 2, 6), 0)]


def test_a_member_counts_while_it_belongs_to_the_family(books: Books) -> None:
    made = family(books)
    late = books.customer("Late")
    books.link(
        late, made["parent"], datetime(2026, 1, 20, tzinfo=UTC), datetime(2026, 1, 25, tzinfo=UTC)
    )
    books.write()
    books.used(
        (late, "calls", "2026-01-19T23:59:59", "1000"),
        (late, "calls", "2026-01-20", "1"),
        (late, "calls", "2026-01-24T23:59:59", "2"),
        (late, "calls", "2026-01-25", "1000"),
    )

    [invoice] = run(books, date(2026, 2, 1)).drafted

    found = contents(books, invoice.id)
    assert found.lines[0].quantity == D(128)
    assert {m.title: m.items[0].value for m in found.usage}["Late"] == D(3)


def test_a_self_issuing_schedule_is_numbered_by_the_run(books: Books) -> None:
    payer = books.customer("Payer")
    books.schedule(payer, books.price(fixed("10")), auto_issue_invoices=True)
    books.write()

    result = run(books)

    assert [(i.number, i.status, i.issue_date) for i in result.drafted] == [
        ("SEQ-00001", Status.FINAL, MARCH_10),
        ("SEQ-00002", Status.FINAL, MARCH_10),
    ]
    assert result.drafted[0].due_date == date(2026, 4, 9)
    assert result.drafted[0].merchant is not None


def test_a_void_invoice_lets_its_days_be_billed_anew(books: Books) -> None:
    payer = books.customer("Payer")
    books.schedule(payer, books.price(fixed("10")))
    books.write()
    first, second = run(books).drafted
    ws = books.workspace.id
    with writing(books.engine) as tx:
        final = finalize_invoice(tx, ws, first.id, on=MARCH_10, now=NOW)
        void_invoice(tx, ws, first.id, on=MARCH_10, now=NOW)
        void = void_invoice(tx, ws, second.id, on=MARCH_10, now=NOW)

    again = run(books)

    assert (final.number, void.number, void.status) == ("SEQ-00001", "SEQ-00002", Status.VOIDED)
    assert [due for due, _ in amounts(books, again)] == [first.due_on, second.due_on]
    assert {invoice.id for invoice in again.drafted}.isdisjoint({first.id, second.id})


def test_a_deleted_draft_is_drafted_anew(books: Books) -> None:
    family(books)
    first, _ = run(books).drafted
    with writing(books.engine) as tx:
        delete_invoice(tx, books.workspace.id, first.id, new_id=ids.new_id)

    assert amounts(books, run(books)) == [(first.due_on, first.net.minor)]


def test_an_archived_schedule_drafts_nothing_more(books: Books) -> None:
    payer = books.customer("Payer")
    books.schedule(payer, books.price(fixed("10")), archived_at=datetime(2026, 2, 10, tzinfo=UTC))
    books.write()

    assert run(books).drafted == ()


def test_one_schedule_is_billed_within_the_transaction_that_starts_it(books: Books) -> None:
    made = family(books)

    with writing(books.engine) as tx:
        drafted = bill_schedule(
            tx,
            books.usage,
            books.workspace,
            made["schedule"],
            as_of=MARCH_10,
            now=NOW,
            new_id=ids.new_id,
        )

    assert [invoice.net.minor for invoice in drafted] == [18875, 0]
    assert run(books).drafted == ()


def recalculated(books: Books, invoice: str):
    with writing(books.engine) as tx:
        return recalculate_invoice(
            tx, books.usage, books.workspace, invoice, now=NOW, new_id=ids.new_id
        )


def test_recalculating_takes_late_usage_and_keeps_every_id(books: Books) -> None:
    made = family(books)
    [draft] = run(books, date(2026, 2, 1)).drafted
    before = contents(books, draft.id)
    books.used((made["West"], "calls", "2026-01-31T23:00:00", "75"))
    books.used((made["parent"], "calls", "2026-01-31T23:00:00", "1"))

    renewed = recalculated(books, draft.id)

    after = contents(books, draft.id)
    assert (renewed.id, renewed.net.minor, renewed.number) == (draft.id, 12000 + 5000 + 7575, None)
    assert [line.id for line in after.lines] == [line.id for line in before.lines]
    assert [group.id for group in after.groups] == [group.id for group in before.groups]
    assert [(m.title, m.items[0].value) for m in after.usage] == [
        ("Parent", D(1)),
        ("North", D(60)),
        ("South", D(40)),
        ("West", D(100)),
    ]
    assert [m.id for m in after.usage[1:]] == [m.id for m in before.usage]
    assert run(books, date(2026, 2, 1)).drafted == ()


def test_drafts_of_a_schedule_that_charges_nothing_any_more_disappear(books: Books) -> None:
    payer = books.customer("Payer")
    schedule = books.schedule(payer, books.price(fixed("10")))
    books.write()
    run(books)
    with writing(books.engine) as tx:
        c = billing_schedules.c
        tx.execute(
            update(billing_schedules).where(c.id == schedule).values(end_date=date(2026, 1, 31))
        )

        kept = recalculate_drafts(
            tx, books.usage, books.workspace, [schedule], now=NOW, new_id=ids.new_id
        )

    assert [invoice.due_on for invoice in kept] == [date(2026, 2, 1)]


class Meddler(UsageStore):
    """Somebody changes the agreements while the run measures."""

    def meddle(self, *statements) -> None:
        self.statements = list(statements)

    def reading(
        self, workspace_id: str, asked: Sequence[UsageQuery], last_seq: int | None = None
    ) -> Reading:
        answers = super().reading(workspace_id, asked, last_seq)
        while self.statements:
            with writing(self._engine) as tx:
                tx.execute(self.statements.pop())
        return answers


def test_a_move_during_the_run_is_not_missed(books: Books, engine: Engine, data_dir) -> None:
    made = family(books)
    meddler = instead(Meddler, books.usage)
    c = customer_links.c
    west = c.customer_id == made["West"]
    meddler.meddle(
        update(customer_links).where(west).values(superseded_at=NOW),
        update(workspaces).values(tree_stamp="another tree"),
    )

    [invoice] = run(books, date(2026, 2, 1), meddler).drafted

    assert contents(books, invoice.id).lines[0].quantity == D(100)


def test_a_schedule_archived_during_the_run_is_left_out(
    books: Books, engine: Engine, data_dir
) -> None:
    made = family(books)
    meddler = instead(Meddler, books.usage)
    c = billing_schedules.c
    mine = c.id == made["schedule"]
    meddler.meddle(
        update(billing_schedules).where(mine).values(archived_at=NOW),
        update(workspaces).values(schedules_stamp="other schedules"),
    )

    assert run(books, date(2026, 2, 1), meddler).drafted == ()


def test_what_another_run_bills_meanwhile_is_skipped(
    books: Books, engine: Engine, data_dir
) -> None:
    family(books)

    class Rival(UsageStore):
        def reading(
            self, workspace_id: str, asked: Sequence[UsageQuery], last_seq: int | None = None
        ) -> Reading:
            answers = super().reading(workspace_id, asked, last_seq)
            assert len(run(books).drafted) == 2
            return answers

    assert run(books, usage=instead(Rival, books.usage)).drafted == ()


def test_what_was_measured_before_a_change_is_measured_again(
    books: Books, engine: Engine, data_dir
) -> None:
    family(books)
    meddler = instead(Meddler, books.usage)
    meddler.meddle(update(workspaces).values(schedules_stamp="other schedules"))

    result = bill_workspace(
        books.engine,
        meddler,
        books.workspace,
        as_of=MARCH_10,
        now=NOW,
        new_id=ids.new_id,
        at_once=1,
    )

    assert result.balanced
    assert [invoice.net.minor for invoice in result.drafted] == [18875, 0]


def test_large_families_are_billed_in_parts(books: Books, monkeypatch) -> None:
    family(books)
    monkeypatch.setattr(drafts, "_MEMBERS_AT_ONCE", 2)
    monkeypatch.setattr(portions, "MEMBERS_AT_ONCE", 5)
    told: list[int] = []

    result = bill_workspace(
        books.engine,
        books.usage,
        books.workspace,
        as_of=MARCH_10,
        now=NOW,
        new_id=ids.new_id,
        progress=lambda done, _: told.append(done),
    )

    assert [invoice.net.minor for invoice in result.drafted] == [18875, 0]
    assert told == [0, 2]
    assert recalculate_nothing(books) == []


def recalculate_nothing(books: Books) -> list:
    with writing(books.engine) as tx:
        return recalculate_drafts(tx, books.usage, books.workspace, [], now=NOW, new_id=ids.new_id)


def test_progress_is_told_from_nothing_to_all(books: Books) -> None:
    family(books)
    told = []

    bill_workspace(
        books.engine,
        books.usage,
        books.workspace,
        as_of=MARCH_10,
        now=NOW,
        new_id=ids.new_id,
        progress=lambda done, of: told.append((done, of)),
    )

    assert told == [(0, 2), (2, 2)]


def test_days_begin_where_the_workspace_is(books: Books) -> None:
    made = family(books)
    with writing(books.engine) as tx:
        tx.execute(update(workspaces).values(timezone="America/New_York"))
    books.workspace = replace(books.workspace, timezone="America/New_York")
    books.used((made["North"], "calls", "2026-02-01T04:59:59.999999", "1000"))
    books.used((made["North"], "calls", "2026-02-01T05:00:00", "5"))
    books.used((made["North"], "calls", "2026-01-01T04:59:59.999999", "7"))

    january, february = run(books).drafted

    assert contents(books, january.id).lines[0].quantity == D(1125)
    assert contents(books, february.id).lines[0].quantity == D(5)


def test_who_bills_needs_a_second_connection_and_gets_it(books: Books) -> None:
    made = family(books)
    with ExitStack() as waiting:
        for _ in range(45):
            waiting.enter_context(books.engine.connect())

        with writing(books.engine) as tx:
            found = bill_schedule(
                tx,
                books.usage,
                books.workspace,
                made["schedule"],
                as_of=MARCH_10,
                now=NOW,
                new_id=ids.new_id,
            )

    assert len(found) == 2
