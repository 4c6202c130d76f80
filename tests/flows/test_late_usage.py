"""What comes after an invoice is final is billed by the next one: all lines of a charge add up to what it costs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from catchment import ids
from catchment.core.usage.metering import UsageQuery
from catchment.core.values.period import days_text
from catchment.flows.billing.checking.check_sums import OutOfBalance
from catchment.flows.billing.checking.verify_invoices import verify_invoices
from catchment.flows.billing.runs.work_on_run import RunResult
from catchment.flows.invoices.finalize_invoice import finalize_invoice
from catchment.flows.invoices.recalculate_invoice import recalculate_invoice
from catchment.flows.invoices.void_invoice import void_invoice
from catchment.store.engine import reading, writing
from catchment.store.invoices import invoice_contents, invoices
from catchment.store.invoices.adjustments import Stretch, stretches
from catchment.store.invoices.invoice_contents import Contents, LineItem
from catchment.store.invoices.invoices import Invoice
from catchment.store.schema import late_looks, line_items, usage_metrics
from catchment.usage import Reading, UsageStore
from tests.flows import running
from tests.flows.books import NOW, Books, family, instead, linear

FEBRUARY, MARCH, APRIL, MAY = (date(2026, month, 1) for month in (2, 3, 4, 5))


def run(books: Books, as_of: date) -> RunResult:
    result = running.run(books, as_of)
    assert (result.failures, result.report.differences) == ((), ())
    return result


def issue(books: Books, *invoices: Invoice) -> None:
    with writing(books.engine) as tx:
        for one in invoices:
            finalize_invoice(tx, books.workspace.id, one.id, on=NOW.date(), now=NOW)


def billed(books: Books, as_of: date) -> Invoice:
    """The one invoice that a run drafts, issued."""
    [invoice] = run(books, as_of).drafted
    issue(books, invoice)
    return invoice


def void(books: Books, invoice: Invoice) -> None:
    with writing(books.engine) as tx:
        void_invoice(tx, books.workspace.id, invoice.id, on=NOW.date(), now=NOW)


def contents(books: Books, invoice: Invoice) -> Contents:
    with reading(books.engine) as tx:
        return invoice_contents.of(tx, books.workspace.id, invoice.id)


def adjustments(books: Books, invoice: Invoice) -> list[tuple[str, D, int]]:
    """Title, quantity and net of what an invoice adjusts."""
    found = [line for line in contents(books, invoice).lines if line.deducted]
    return [(line.title, line.quantity, line.net.minor) for line in found]


def shares(books: Books, invoice: Invoice, line: LineItem) -> dict[str, int | None]:
    """The members' parts of a line, by the first method."""
    return {
        member.title: share.parts[0]
        for member in contents(books, invoice).usage
        for share in member.shares
        if share.line_index == line.index and share.parts[0]
    }


def in_force(books: Books) -> dict[date, int]:
    """What the lines in force come to, by the first day of service."""
    query = select(line_items.c.service_start, line_items.c.net_minor)
    found: dict[date, int] = {}
    with reading(books.engine) as tx:
        for start, net in tx.execute(query.where(line_items.c.live_key == "")):
            found[start] = found.get(start, 0) + net
    return found


def verdicts(books: Books) -> dict[str | None, str | None]:
    """By number the first figure of each invoice that differs when it is billed again."""
    with reading(books.engine) as tx:
        return {
            one.invoice.number: one.difference.field if one.difference else None
            for one in verify_invoices(tx, books.usage, books.workspace)
        }


def test_what_comes_late_is_on_the_next_invoice_at_the_tiers_already_reached(books: Books) -> None:
    made = family(books)
    january = billed(books, FEBRUARY)
    books.used((made["South"], "calls", "2026-01-20", "10"))

    february = billed(books, MARCH)

    title = "Graduated – adjustment for 1 – 31 January 2026"
    assert january.net.minor == 188_75
    assert adjustments(books, february) == [(title, D(10), 7_50)]
    [group] = [g for g in contents(books, february).groups if g.net.minor]
    assert (group.title, group.net.minor) == ("Platform – adjustments", 7_50)
    assert in_force(books)[date(2026, 1, 1)] == 196_25


def test_the_shares_of_siblings_shift_with_the_average(books: Books) -> None:
    made = family(books)
    billed(books, FEBRUARY)
    books.used((made["South"], "calls", "2026-01-20", "875"))

    february = billed(books, MARCH)

    [line] = [one for one in contents(books, february).lines if one.deducted]
    # 1000 calls cost 120 + 725 = 845: North had 90.60 of 188.75 and has 50.70 of 845 now.
    assert shares(books, february, line) == {"North": -39_90, "South": 712_78, "West": -16_63}
    assert line.net.minor == 656_25


def test_running_again_adjusts_nothing(books: Books) -> None:
    made = family(books)
    billed(books, FEBRUARY)
    books.used((made["South"], "calls", "2026-01-20", "10"))
    february = billed(books, MARCH)

    again = run(books, MARCH)
    march = billed(books, APRIL)

    assert (again.drafted, adjustments(books, march)) == ((), [])
    assert len(adjustments(books, february)) == 1


def test_without_anything_late_nothing_is_adjusted(books: Books) -> None:
    made = family(books)
    billed(books, FEBRUARY)
    books.used((made["South"], "calls", "2026-02-20", "10"))

    assert adjustments(books, billed(books, MARCH)) == []


def test_what_is_corrected_downwards_is_credited(books: Books) -> None:
    made = family(books)
    billed(books, FEBRUARY)
    books.used_again(2, (made["South"], "calls", "2026-01-06", "15"))

    [(_, quantity, net)] = adjustments(books, billed(books, MARCH))

    # 100 calls stay in the first tier: 120.
    assert (quantity, net) == (D(-25), 120_00 - 188_75)


def test_what_moves_between_siblings_is_a_line_of_zero_with_their_shares(books: Books) -> None:
    made = family(books)
    billed(books, FEBRUARY)
    books.used_again(2, (made["West"], "calls", "2026-01-06", "40"))

    february = billed(books, MARCH)

    [line] = [one for one in contents(books, february).lines if one.deducted]
    assert (line.quantity, line.net.minor, line.event_count) == (0, 0, 0)
    assert shares(books, february, line) == {"South": -60_40, "West": 60_40}


def test_adjustments_follow_each_other(books: Books) -> None:
    made = family(books)
    billed(books, FEBRUARY)
    books.used((made["South"], "calls", "2026-01-20", "10"))
    billed(books, MARCH)
    books.used(
        (made["North"], "calls", "2026-01-21", "2"), (made["North"], "calls", "2026-02-21", "1")
    )

    march = billed(books, APRIL)

    assert [(quantity, net) for _, quantity, net in adjustments(books, march)] == [
        (D(2), 1_50),
        (D(1), 21_00),
    ]


def test_recalculating_a_draft_brings_in_what_is_late(books: Books) -> None:
    made = family(books)
    billed(books, FEBRUARY)
    [february] = run(books, MARCH).drafted
    books.used((made["South"], "calls", "2026-01-20", "10"))

    for _ in range(2):
        with writing(books.engine) as tx:
            again = recalculate_invoice(
                tx, books.usage, books.workspace, february.id, now=NOW, new_id=ids.new_id
            )

        assert (again.net.minor, len(adjustments(books, february))) == (7_50, 1)


def test_a_voided_adjustment_is_made_again(books: Books) -> None:
    made = family(books)
    billed(books, FEBRUARY)
    books.used((made["South"], "calls", "2026-01-20", "10"))
    void(books, billed(books, MARCH))

    again = billed(books, MARCH)

    assert len(adjustments(books, again)) == 1
    assert in_force(books)[date(2026, 1, 1)] == 196_25


def test_a_voided_original_is_billed_whole_and_its_adjustment_taken_back(books: Books) -> None:
    made = family(books)
    january = billed(books, FEBRUARY)
    books.used((made["South"], "calls", "2026-01-20", "10"))
    billed(books, MARCH)
    void(books, january)

    issue(books, *run(books, APRIL).drafted)

    assert in_force(books)[date(2026, 1, 1)] == 196_25
    books.used((made["South"], "calls", "2026-01-22", "10"))
    issue(books, *run(books, MAY).drafted)
    assert in_force(books)[date(2026, 1, 1)] == 203_75
    assert run(books, date(2026, 6, 1)).drafted[0].net.minor == 0


def test_a_schedule_that_is_over_gets_a_last_invoice(books: Books) -> None:
    payer, metric = books.customer("Loner"), books.metric("calls")
    books.schedule(payer, books.price(linear("2"), metric), end=date(2026, 1, 31))
    books.write()
    books.used((payer, "calls", "2026-01-05", "10"))
    billed(books, FEBRUARY)
    books.used((payer, "calls", "2026-01-06", "3"))

    [last] = run(books, date(2026, 2, 14)).drafted

    assert (last.due_on, last.net.minor) == (date(2026, 2, 14), 6_00)
    assert last.billing_period is not None
    assert days_text(last.billing_period) == "1 – 31 January 2026"
    assert run(books, date(2026, 2, 14)).drafted == ()
    with writing(books.engine) as tx:
        again = recalculate_invoice(
            tx, books.usage, books.workspace, last.id, now=NOW, new_id=ids.new_id
        )
    assert again.net.minor == 6_00


def test_a_schedule_may_turn_it_off(books: Books) -> None:
    payer, metric = books.customer("Loner"), books.metric("calls")
    books.schedule(payer, books.price(linear("2"), metric), adjust_late_usage=False)
    books.write()
    books.used((payer, "calls", "2026-01-05", "10"))
    billed(books, FEBRUARY)
    books.used((payer, "calls", "2026-01-06", "3"))

    assert adjustments(books, billed(books, MARCH)) == []


def test_a_child_that_bills_its_parent_is_adjusted_on_the_parents_invoice(books: Books) -> None:
    parent, metric = books.customer("Parent"), books.metric("calls")
    child = books.customer("North", parent)
    books.schedule(parent, books.price(linear("1"), metric))
    books.schedule(child, books.price(linear("2"), metric), bill_to="PARENT")
    books.write()
    books.used((child, "calls", "2026-01-05", "10"))
    billed(books, FEBRUARY)
    books.used((child, "calls", "2026-01-06", "3"))

    february = billed(books, MARCH)

    assert [net for _, _, net in adjustments(books, february)] == [6_00]
    [line] = [one for one in contents(books, february).lines if one.deducted]
    assert shares(books, february, line) == {"North": 6_00}
    assert [g.title for g in contents(books, february).groups][
        -1
    ] == "North · Platform – adjustments"


def test_a_draft_that_adjusts_a_voided_line_is_not_issued_until_it_is_recalculated(
    books: Books,
) -> None:
    made = family(books)
    january = billed(books, FEBRUARY)
    books.used((made["South"], "calls", "2026-01-20", "10"))
    [february] = run(books, MARCH).drafted
    void(books, january)

    with pytest.raises(OutOfBalance, match="lines that it adjusts"):
        issue(books, february)

    with writing(books.engine) as tx:
        recalculate_invoice(
            tx, books.usage, books.workspace, february.id, now=NOW, new_id=ids.new_id
        )
    issue(books, february, *run(books, MARCH).drafted)
    assert in_force(books)[date(2026, 1, 1)] == 196_25


def test_what_was_adjusted_is_verified_and_a_changed_cent_is_found(books: Books) -> None:
    made = family(books)
    january = billed(books, FEBRUARY)
    books.used((made["South"], "calls", "2026-01-20", "10"))
    february = billed(books, MARCH)
    void(books, january)
    issue(books, *run(books, APRIL).drafted)

    assert verdicts(books) == {"SEQ-00002": None, "SEQ-00004": None, "SEQ-00003": None}
    [line] = [one for one in contents(books, february).lines if one.deducted]
    with writing(books.engine) as tx:
        tx.execute(update(line_items).where(line_items.c.id == line.id).values(net_minor=7_51))
    assert verdicts(books)["SEQ-00002"] == "netTotal"


def test_a_name_given_later_is_late_usage_too(books: Books) -> None:
    made = family(books)
    books.used(("north-x", "calls", "2026-01-09", "5"))
    billed(books, FEBRUARY)
    books.alias(made["North"], "north-x", at=datetime(2026, 2, 10, tzinfo=UTC))

    [(_, quantity, net)] = adjustments(books, billed(books, MARCH))

    assert (quantity, net) == (D(5), 3_75)


def test_the_control_sheet_says_what_becomes_of_late_events(books: Books) -> None:
    metric = books.metric("calls")
    kept, over = books.customer("Kept"), books.customer("Unadjusted")
    books.schedule(kept, books.price(linear("2"), metric))
    books.schedule(over, books.price(linear("2"), metric), adjust_late_usage=False)
    books.write()
    issue(books, *run(books, FEBRUARY).drafted)
    books.used((kept, "calls", "2026-01-05", "10"), (over, "calls", "2026-01-05", "10"))

    waits, bills = run(books, FEBRUARY), run(books, MARCH)

    for result, row in ((waits, (2, 0, 1, 1)), (bills, (2, 1, 0, 1))):
        [late] = result.report.late
        assert (late.received, late.adjusted, late.waiting, late.turned_off) == row
        assert late.balanced


def test_a_level_set_before_the_time_of_a_line_is_late_for_it_too(books: Books) -> None:
    customer = books.customer("One")
    stored = books.metric("stored", "TIME_WEIGHTED_SUM")
    books.schedule(customer, books.price(linear("0.01"), stored))
    books.write()
    billed(books, FEBRUARY)
    billed(books, MARCH)
    books.used((customer, "stored", "2026-01-31", "10"))

    billed(books, APRIL)

    # 10 stood for one day of January, all 28 days of February and all 31 of March: 2.40 a day.
    assert in_force(books) == {
        date(2026, 1, 1): 2_40,
        date(2026, 2, 1): 67_20,
        date(2026, 3, 1): 74_40,
    }


def test_of_two_runs_at_once_one_adjusts(books: Books, engine: Engine, data_dir: Path) -> None:
    class Rival(UsageStore):
        """Somebody else runs billing while a run measures."""

        drafted: tuple[Invoice, ...] = ()

        def reading(
            self, workspace_id: str, asked: Sequence[UsageQuery], last_seq: int | None = None
        ) -> Reading:
            answers = super().reading(workspace_id, asked, last_seq)
            if asked and not self.drafted:
                self.drafted = run(books, MARCH).drafted
            return answers

    made = family(books)
    billed(books, FEBRUARY)
    books.used((made["South"], "calls", "2026-01-20", "10"))
    rival = instead(Rival, books.usage)

    result = run(replace(books, usage=rival), MARCH)

    assert result.drafted == ()
    [february] = rival.drafted
    assert len(adjustments(books, february)) == 1
    assert in_force(books)[date(2026, 1, 1)] == 196_25


def test_late_events_of_the_type_that_was_billed_are_found_whatever_the_metric_counts_now(
    books: Books,
) -> None:
    payer, metric = books.customer("Loner"), books.metric("calls")
    books.schedule(payer, books.price(linear("2"), metric))
    books.write()
    billed(books, FEBRUARY)
    books.used((payer, "calls", "2026-01-20", "10"))
    with writing(books.engine) as tx:
        tx.execute(update(usage_metrics).values(event_type="other"))

    [february] = run(books, MARCH).drafted

    assert february.net.minor == 2000


class TestLateEventsThatChangeNoFigure:
    @pytest.fixture
    def payer(self, books: Books) -> str:
        payer, metric = books.customer("Loner"), books.metric("calls")
        books.schedule(payer, books.price(linear("2"), metric))
        books.write()
        billed(books, FEBRUARY)
        books.used((payer, "calls", "2026-01-20", "0"))
        return payer

    def measured(self, books: Books) -> list[Stretch]:
        with reading(books.engine) as tx:
            return stretches(tx, books.workspace.id)

    def test_are_looked_at_once(self, books: Books, payer: str) -> None:
        [before] = self.measured(books)

        first = run(books, MARCH)
        issue(books, *first.drafted)
        second = run(books, APRIL)

        assert (first.report.late, second.report.late) == ((), ())
        looked, _ = self.measured(books)
        assert before.last_seq < looked.last_seq == first.run.last_seq

    def test_count_with_what_comes_later(self, books: Books, payer: str) -> None:
        issue(books, *run(books, MARCH).drafted)
        books.used((payer, "calls", "2026-01-21", "5"))

        last = run(books, APRIL)

        assert [one.net.minor for one in last.drafted] == [1000]
        assert [row.received for row in last.report.late] == [2]

    def test_say_nothing_of_a_line_that_was_voided(self, books: Books, payer: str) -> None:
        run(books, MARCH)
        with writing(books.engine) as tx:
            january, *_ = invoices.finalised(tx, books.workspace.id)
            void_invoice(tx, books.workspace.id, january.id, on=MARCH, now=NOW)
            assert tx.execute(select(late_looks)).all() == []
