"""A run issues nothing unless everything adds up, and says which customer and which figure does not."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Connection, Engine, case, insert, select, update

from catchment import ids
from catchment.core.control import MetricBalance
from catchment.core.metering import UsageQuery
from catchment.flows.bill_workspace import RunResult, bill_workspace
from catchment.flows.change_aliases import add_alias
from catchment.flows.check_sums import OutOfBalance
from catchment.flows.finalize_invoice import finalize_invoice
from catchment.flows.recalculate_invoice import recalculate_drafts, recalculate_invoice
from catchment.flows.run_billing import bill_schedule
from catchment.flows.verify_invoices import verify_invoices
from catchment.store import billing_runs, invoice_contents, invoices
from catchment.store.access import Workspace
from catchment.store.aliases import Alias
from catchment.store.billing_runs import BillingRun, RunStatus, Source
from catchment.store.engine import reading, writing
from catchment.store.invoices import Status
from catchment.store.schema import (
    billing_schedules,
    customer_links,
    line_item_groups,
    line_items,
    usage_item_groups,
)
from catchment.store.schema import invoices as heads
from catchment.usage import Reading, UsageStore
from tests.flows.books import GRADUATED, NOW, START, Books, fixed, linear

FEBRUARY = date(2026, 2, 1)
Tamper = Callable[[Connection], object]


@pytest.fixture
def books(engine: Engine, usage: UsageStore, workspace: Workspace) -> Books:
    return Books(engine, usage, workspace)


@pytest.fixture
def family(books: Books) -> dict[str, str]:
    """A family that is billed together and issues by itself, and a loner with a schedule of its own."""
    made = {"parent": books.customer("Parent"), "loner": books.customer("Loner")}
    for name in ("North", "South"):
        made[name] = books.customer(name, made["parent"])
    made["calls"] = books.metric("calls")
    made["schedule"] = books.schedule(
        made["parent"],
        books.price(GRADUATED, made["calls"]),
        roll_up_billing=True,
        auto_issue_invoices=True,
    )
    books.schedule(made["loner"], books.price(linear("2"), made["calls"]))
    books.write()
    books.used(
        (made["North"], "calls", "2026-01-05", "60"),
        (made["North"], "calls", "2026-01-06", "1"),
        (made["South"], "calls", "2026-01-06", "40"),
        (made["loner"], "calls", "2026-01-07", "25"),
    )
    return made


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

    result = run(books, usage=Forgetful(books.engine, books.usage._data_dir))

    assert [
        (one.part, one.customer, one.schedule_id, one.expected, one.found)
        for one in result.report.differences
    ] == [
        ("line", family["parent"], family["schedule"], "3", "2"),
        ("metric", None, None, "3", "4"),
    ]
    assert Status.FINAL not in statuses(books)


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

    result = run(books, usage=Busy(books.engine, books.usage._data_dir))

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

    result = run(books, usage=Late(books.engine, books.usage._data_dir), meanwhile=recalculate)

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


def test_a_run_that_died_is_called_interrupted(books: Books, family: dict[str, str]) -> None:
    died = BillingRun(ids.new_id(), FEBRUARY, RunStatus.RUNNING, Source.API, 0, START)
    with writing(books.engine) as tx:
        billing_runs.add(tx, books.workspace.id, died)

    run(books)

    with reading(books.engine) as tx:
        kept, report = billing_runs.one(tx, books.workspace.id, died.id)
    assert (kept.status, kept.finished_at) == (RunStatus.INTERRUPTED, None)
    assert report.sheet == ()


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
    add = invoice_contents.add

    def broken(tx: Connection, workspace_id: str, added: Sequence[object]) -> None:
        add(tx, workspace_id, added)  # type: ignore[arg-type]
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
        patched.setattr(invoice_contents, "add", broken)
        with pytest.raises(OutOfBalance):
            start()
    assert statuses(books) == []

    start()

    assert statuses(books) == [Status.FINAL]


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


def test_a_run_with_nothing_due_balances_without_a_sheet(books: Books) -> None:
    books.schedule(books.customer("Payer"), books.price(fixed("10")))
    books.write()
    run(books)

    again = run(books)

    assert (again.balanced, again.report.sheet, again.run.drafted_count) == (True, (), 0)
