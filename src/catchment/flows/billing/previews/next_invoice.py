"""The next invoice of a schedule, by the usage that is there now. Nothing is written.

It is looked for and drafted by the code that bills, so what it says is what a billing run would
store if the period ended now: with what joins it, and with what came late for earlier invoices.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from zoneinfo import ZoneInfo

from msgspec import structs
from sqlalchemy import Connection

from catchment.core.due.charging import charges
from catchment.core.due.daily import DaysUsed
from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.consolidation import Due
from catchment.core.invoices.invoicing import Draft
from catchment.core.shares.allocation import Method
from catchment.core.terms.schedules import BillTo, Charge, Schedule
from catchment.core.values.errors import NotFound
from catchment.core.values.ids import NewId
from catchment.core.values.period import NO_END, Period, day_after
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.days_used import days_used
from catchment.flows.billing.drafting.draft_contents import contents_of
from catchment.flows.billing.drafting.draft_heads import head, payers
from catchment.flows.billing.drafting.drafts import adjustments, measured
from catchment.flows.billing.drafting.price_dues import drafted_from
from catchment.flows.billing.late.settlements import last_to_come, telling
from catchment.flows.billing.place_charges import planned
from catchment.flows.billing.previews.invoices_before import with_others
from catchment.flows.billing.run_billing import unbilled
from catchment.flows.credits.grant_phases import may_pay
from catchment.flows.credits.preview_credits import preview_credits
from catchment.store.access import Workspace
from catchment.store.credits.ledger import PaidBy
from catchment.store.invoices import already_billed
from catchment.store.invoices.adjustments import invoices_of
from catchment.store.invoices.already_billed import Billed
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_parts import Contents
from catchment.store.schedules import joining
from catchment.usage import UsageStore

NOBODYS = "preview"
"""The id of an invoice that is not there."""

_MORE_THAN_A_MONTH = timedelta(days=35)
_MORE_THAN_A_YEAR = timedelta(days=400)


class NothingToBill(NotFound):
    """Nothing more will be billed by the billing schedule."""

    code = "nothing_to_bill"

    @classmethod
    def of(cls, schedule: Schedule) -> NothingToBill:
        """The refusal that says why."""
        if schedule.archived_at is not None:
            return cls("The billing schedule is archived: it bills nothing more.")
        if schedule.suspended:
            return cls("The billing schedule is suspended: it bills nothing until it is resumed.")
        return cls("Everything that the billing schedule charges is billed.")


@dataclass(frozen=True, slots=True)
class NextInvoice:
    """An invoice that is not there; its ids, and those of its parts, are nobody's.

    ``adjusted`` has the invoice of each line that it adjusts: its id and number.
    """

    invoice: Invoice
    draft: Draft
    adjusted: dict[str, tuple[str, str | None]]
    whole: Contents | None = None
    """All that is on it, where credits may pay some of that."""
    paid: tuple[PaidBy, ...] = ()

    @property
    def members(self) -> tuple[CustomerId, ...]:
        """Who used something, or has a part in it, in the order shown."""
        return self.draft.usage_groups.customers

    def contents(self, start: int, limit: int) -> Contents:
        """What is on it, with up to ``limit`` members from one on (counted from 0)."""
        if self.whole is not None:
            return replace(self.whole, usage=self.whole.usage[start : start + limit])
        shown = self.draft.usage_groups[start : start + limit]
        draft = replace(self.draft, usage_groups=shown)
        return contents_of(draft, self.invoice.id, nobodys(), explained=False)


def next_invoice(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    schedule_id: str,
    *,
    method: Method | None,
    now: datetime,
) -> NextInvoice:
    """The first invoice of a schedule that no billing run has drafted yet.

    Only where a ``method`` is given is it known what of its lines is whose, and by that alone: it
    takes a third as long again, and twice as long by MARGINAL, for which all events are walked. A
    draft of a schedule is looked at as if it were started; of one that bills its parent it is the
    invoice of who pays. Raises NotFound, NothingToBill, UsageDropped.
    """
    today = now.astimezone(ZoneInfo(workspace.timezone)).date()
    agreed, due = _next_due(tx, usage, workspace, schedule_id, today)
    made = _drafted(tx, usage, agreed, due, method)
    payer = payers(tx, workspace.id, [made.customer])[made.customer]
    invoice = structs.replace(
        head(workspace.id, NOBODYS, due, made, payer, now=now),
        customer_archived=payer.customer.archived_at is not None,
    )
    taken = {id for line in made.lines if line.deducted for id in line.deducted.line_ids}
    adjusted = invoices_of(tx, workspace.id, taken)
    if not may_pay(tx, workspace.id, [due]):
        return NextInvoice(invoice, made, adjusted)
    unpaid = [(invoice, contents_of(made, invoice.id, nobodys(), explained=False))]
    [(invoice, whole, paid)] = preview_credits(
        tx, workspace, [due], unpaid, now=now, new_id=nobodys(f"{NOBODYS}-credit")
    )
    return NextInvoice(invoice, made, adjusted, whole, paid)


def _next_due(
    tx: Connection, usage: UsageStore, workspace: Workspace, schedule_id: str, today: date
) -> tuple[Agreements, Due]:
    """What the invoice bills, by what was agreed. Raises NotFound, NothingToBill."""
    around = agreements.of_invoices(tx, workspace, [schedule_id])
    schedule = around.schedule(schedule_id)
    billed = already_billed.of(tx, workspace.id, [schedule_id])
    ahead = Period(schedule.start, day_after(_horizons(schedule, today)[-1]))
    used = days_used(tx, usage, around, [schedule], ahead, billed=billed)
    wanted = first_unbilled(schedule, billed, today, around.zone, used)
    if not wanted:
        return _last_due(tx, usage, around, schedule, today)
    looking = partial(days_used, tx, usage)
    agreed, dues = planned(tx, *with_others(tx, around, wanted, looking), looking, usage)
    keys = {charge.billed_as for charge in wanted}
    return agreed, next(due for due in dues if any(one.billed_as in keys for one in due.charges))


def _last_due(
    tx: Connection, usage: UsageStore, around: Agreements, schedule: Schedule, today: date
) -> tuple[Agreements, Due]:
    """The invoice that adjusts what a schedule billed that charges nothing more: its own last one,
    or the next of who paid for it. Raises NothingToBill.
    """
    for due in last_to_come(tx, usage, around, schedule.id, today):
        return around, due
    if schedule.bill_to is BillTo.PARENT:
        workspace = around.workspace
        for host in sorted(joining.hosts(tx, workspace.id, schedule.id) - {schedule.id}):
            with suppress(NothingToBill):
                agreed, due = _next_due(tx, usage, workspace, host, today)
                own = [one for one in due.adjusting if one.schedule.id == schedule.id]
                if telling(tx, usage, agreed, own, due.on):
                    return agreed, due
    raise NothingToBill.of(schedule)


def _drafted(
    tx: Connection, usage: UsageStore, agreed: Agreements, due: Due, method: Method | None
) -> Draft:
    """The draft, by the usage there is now. Raises UsageDropped."""
    found = measured(tx, usage, agreed, [due], stepped=method is Method.MARGINAL)
    late = adjustments(tx, usage, agreed, [due])
    [(_, made)] = drafted_from(tx, agreed, found, late, () if method is None else (method,))
    return made


def first_unbilled(
    schedule: Schedule, billed: Billed, today: date, zone: ZoneInfo, used: DaysUsed
) -> tuple[Charge, ...]:
    """What is due on the first day of a schedule that is not billed; nothing where none is left."""
    if not schedule.bills:
        return ()
    for day in _horizons(schedule, today):
        found = unbilled(schedule, charges(schedule, day, zone, used), billed)
        if found:
            return tuple(one for one in found if one.due_on == found[0].due_on)
    return ()


def nobodys(id: str = NOBODYS) -> NewId:
    """Ids of what is on an invoice: its own with -1 and so on, the same whenever it is shown."""
    numbers = count(1)
    return lambda: f"{id}-{next(numbers)}"


def _horizons(schedule: Schedule, today: date) -> list[date]:
    """Days in order by which something falls due, if it ever does: no cycle exceeds a year.

    Most are months, and by the first of the days those are due: a year of charges is seldom made.
    """
    begun = max(today, schedule.start)
    days = {begun + _MORE_THAN_A_MONTH, begun + _MORE_THAN_A_YEAR}
    for phase in schedule.phases:
        days.add(phase.start + _MORE_THAN_A_YEAR)
        days.update(end for end in [day_after(phase.end)] if end != NO_END)
    return sorted(days)
