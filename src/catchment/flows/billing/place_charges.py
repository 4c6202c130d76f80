"""Put charges on the drafts that they belong to, and make new ones for those that have none.

What an invoice bills is found by looking at all charges that could be on it: its schedule's own,
those that join it, and those that stand on it now and may belong elsewhere. A charge that leaves a
draft leads to another invoice, which is then looked at in the same way, until nothing leads any
further. So a draft is always made as a whole, and no charge falls between two of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial

from msgspec import structs
from sqlalchemy import Connection

from catchment.core.due.charging import charges
from catchment.core.due.daily import NEVER_USED, DaysUsed
from catchment.core.invoices.consolidation import Due, Key, arrange
from catchment.core.invoices.invoicing import Draft
from catchment.core.terms.schedules import BillTo, Charge, ChargeId, Schedule
from catchment.core.values.ids import NewId
from catchment.core.values.period import ONE_DAY, Period
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.days_used import Looking, days_used
from catchment.flows.billing.drafting.draft_contents import contents_of
from catchment.flows.billing.drafting.draft_heads import emptied, head, payers
from catchment.flows.billing.drafting.drafts import drafted
from catchment.flows.billing.drafting.filled_drafts import keep
from catchment.flows.billing.drafting.price_dues import Failures
from catchment.flows.billing.late.late_usage import late
from catchment.flows.billing.late.place_adjustments import Slot, attached, wanted
from catchment.flows.credits.grant_phases import grant_begun
from catchment.flows.credits.project_credits import projected
from catchment.store.access import Workspace
from catchment.store.invoices import already_billed, invoice_contents, invoices
from catchment.store.invoices.already_billed import Billed
from catchment.store.invoices.invoices import Invoice, Status
from catchment.store.invoices.rows import invoice_writing
from catchment.store.invoices.rows.invoice_parts import Contents
from catchment.store.schedules import joining
from catchment.usage import UsageStore


@dataclass(frozen=True, slots=True)
class Placed:
    """The drafts that were made anew, those of them with nothing left to charge, and new ones."""

    renewed: dict[str, Invoice]
    emptied: frozenset[str]
    added: list[Invoice]


def place(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    drafts: Iterable[Invoice],
    wanted: Collection[Charge] = (),
    *,
    now: datetime,
    new_id: NewId,
    failures: Failures | None = None,
    run_id: str | None = None,
) -> Placed:
    """Make ``drafts`` anew, and draft the charges ``wanted``, which are on no invoice yet.

    The caller holds the workspace's billing and the drafts. What ``failures`` is told of stays as
    it is; without it the first failure is raised. New drafts are those of the billing run
    ``run_id``, if there is one.
    """
    search = _Search(
        tx,
        workspace,
        {draft.id: draft for draft in drafts},
        {charge.billed_as for charge in wanted},
        {charge.due_on for charge in wanted},
        partial(days_used, tx, usage),
    )
    dues = search.dues()
    if search.agreed is not None:
        dues = _with_adjustments(tx, usage, search.agreed, search.drafts, dues)
    made = drafted(tx, usage, search.agreed, dues, failures) if search.agreed and dues else []
    by_key = {due.key: (due, draft) for due, draft in made}
    failed = {due.key for due in dues} - by_key.keys() if failures is not None else set()
    standing = [one for one in search.drafts.values() if _key(one) not in failed]
    renewed = _renewed(tx, workspace, standing, by_key, now=now, new_id=new_id)
    there = {_key(one) for one in standing}
    new = [entry for key, entry in by_key.items() if key not in there]
    added = keep(tx, workspace, new, now=now, new_id=new_id, run_id=run_id)
    nothing_left = frozenset(one.id for one in standing if _key(one) not in by_key)
    return Placed(renewed, nothing_left, added)


def planned(
    tx: Connection,
    around: Agreements,
    wanted: Collection[Charge],
    looking: Looking,
    adjusting: UsageStore,
) -> tuple[Agreements, list[Due]]:
    """What the invoices would bill that ``wanted``, which are on none yet, were placed on.

    This was agreed ``around`` the invoices of their schedules.
    Each is whole: with what joins it and stands on its draft, on demand as found by ``looking``,
    and with what it adjusts by the usage ``adjusting``. Nothing is held.
    """
    search = _Search(
        tx,
        around.workspace,
        {},
        {charge.billed_as for charge in wanted},
        {charge.due_on for charge in wanted},
        looking,
        hold=False,
        agreed=around,
        around=frozenset(charge.schedule_id for charge in wanted),
    )
    dues = search.dues()
    assert search.agreed is not None, wanted
    return search.agreed, _with_adjustments(tx, adjusting, search.agreed, search.drafts, dues)


def _with_adjustments(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    drafts: Mapping[str, Invoice],
    dues: Sequence[Due],
) -> list[Due]:
    """The invoices with what they adjust of earlier ones; a draft may bill nothing else."""
    there = {due.key for due in dues}
    slots = [Slot(due, due.payer) for due in dues]
    slots += [
        Slot(
            Due(agreed.schedules[key.schedule_id], (), key.ordinal, day=key.due_on),
            draft.customer_id,
        )
        for draft in drafts.values()
        for key in [_key(draft)]
        if key not in there
    ]
    hosts = {slot.due.schedule.id for slot in slots}
    hosts |= joining.billing(tx, agreed.workspace.id, {slot.payer for slot in slots})
    found = late(tx, usage, agreed, hosts=hosts, renewed=drafts.keys())
    made, _ = attached(slots, filter(wanted, found), agreed.schedules)
    return [due for due in made if due.parts or due.adjusting]


def _key(draft: Invoice) -> Key:
    assert draft.schedule_id is not None, draft
    assert draft.due_on is not None, draft
    return Key(draft.schedule_id, draft.due_on, draft.ordinal)


def _renewed(
    tx: Connection,
    workspace: Workspace,
    standing: Collection[Invoice],
    made: Mapping[Key, tuple[Due, Draft]],
    *,
    now: datetime,
    new_id: NewId,
) -> dict[str, Invoice]:
    """The drafts as they are now; they and the parts that are still charged keep their ids."""
    known = payers(tx, workspace.id, (draft.customer for _, draft in made.values()))
    before = {one.id: invoice_contents.of(tx, workspace.id, one.id) for one in standing}
    for id in before:  # all of them first: a line may go from one to another
        invoice_contents.clear(tx, id)
    contents: dict[str, Contents] = {}
    renewed: dict[str, Invoice] = {}
    for invoice in standing:
        if _key(invoice) in made:
            due, draft = made[_key(invoice)]
            payer = known[draft.customer]
            again = head(workspace.id, invoice.id, due, draft, payer, now=now)
            again = structs.replace(
                again,
                run_id=invoice.run_id,
                auto_issue=invoice.auto_issue and again.auto_issue,
                customer_archived=payer.customer.archived_at is not None,
            )
            contents[invoice.id] = contents_of(draft, invoice.id, new_id, before[invoice.id])
        else:
            again = emptied(invoice)
        renewed[invoice.id] = structs.replace(
            again, created_at=invoice.created_at, updated_at=now, calculated_at=now
        )
    grant_begun(tx, workspace, (due for due, _ in made.values()), now=now, new_id=new_id)
    unpaid = [(renewed[id], own) for id, own in contents.items()]
    paid = projected(tx, workspace.id, unpaid, new_id, before)
    renewed |= {one.id: one for one, _ in paid}
    invoice_writing.save(tx, *renewed.values())
    invoice_writing.add_contents(tx, workspace.id, [own for _, own in paid])
    return renewed


@dataclass(slots=True)
class _Search:
    """Invoices whose whole contents are looked for: the drafts by id, and days to be drafted.

    ``wanted`` are the charges that must be on one of them, and ``days`` when those fall due. The
    drafts stay drafts until ``tx`` ends, unless it must not ``hold`` them.
    """

    tx: Connection
    workspace: Workspace
    drafts: dict[str, Invoice]
    wanted: set[ChargeId]
    days: set[date]
    looking: Looking
    hold: bool = True
    keys: set[Key] = field(default_factory=set)
    agreed: Agreements | None = None
    around: frozenset[str] = frozenset()

    def dues(self) -> list[Due]:
        """What those invoices bill, once nothing leads to another one."""
        found: list[Due] = []
        before = -1
        while before != len(self.keys) + len(self.drafts):
            before = len(self.keys) + len(self.drafts)
            found = self._step()
        return [due for due in found if due.key in self.keys]

    def _step(self) -> list[Due]:
        self.keys |= {_key(draft) for draft in self.drafts.values()}
        self.days |= {key.due_on for key in self.keys}
        self.wanted |= already_billed.charges_on(self.tx, self.drafts.keys())
        agreed = self._agreed({id for id, *_ in self.keys} | {id for id, *_ in self.wanted})
        possible = self._possible(agreed)
        concerned = {agreed.payer(schedule, charge).host.id for schedule, charge in possible}
        concerned |= {schedule.id for schedule, _ in possible}
        billed = already_billed.of(self.tx, self.workspace.id, concerned)
        free = (entry for entry in possible if self._is_free(*entry, billed))
        found = arrange(free, agreed.payer, billed.issued)
        self.keys |= {due.key for due in found if self._wants(due)}
        there = {billed.days[key] for key in self.keys & billed.days.keys()} - self.drafts.keys()
        self.drafts |= {draft.id: draft for draft in self._drafts(there)}
        return found

    def _drafts(self, ids: Collection[str]) -> list[Invoice]:
        if self.hold:
            return invoices.held_drafts(self.tx, self.workspace.id, ids)
        found = (invoices.find(self.tx, self.workspace.id, id) for id in sorted(ids))
        return [one for one in found if one is not None and one.status is Status.DRAFT]

    def _agreed(self, schedule_ids: set[str]) -> Agreements:
        if self.agreed is None or not schedule_ids <= self.around:
            self.around = frozenset(schedule_ids)
            self.agreed = agreements.of_invoices(self.tx, self.workspace, schedule_ids)
        return self.agreed

    def _possible(self, agreed: Agreements) -> list[tuple[Schedule, Charge]]:
        """What could be on the invoices: what is due on their days, joining or their own."""
        until = max(self.days, default=date.min)
        concerned = [
            schedule
            for schedule in agreed.schedules.values()
            if schedule.id in self.around or schedule.bill_to is BillTo.PARENT
        ]
        used = self._used(agreed, concerned)
        return [
            (schedule, charge)
            for schedule in concerned
            for charge in charges(schedule, until, agreed.zone, used)
            if charge.due_on in self.days
        ]

    def _used(self, agreed: Agreements, concerned: Sequence[Schedule]) -> DaysUsed:
        """Which of the days that fall due then were used, of what is charged on demand."""
        if not self.days:
            return NEVER_USED
        days = Period(min(self.days) - ONE_DAY, max(self.days))
        return self.looking(agreed, concerned, days)

    def _is_free(self, schedule: Schedule, charge: Charge, billed: Billed) -> bool:
        """Whether a charge may be placed: it is on none but these drafts.

        What a schedule charges that bills no more is not drafted, but stays where it has a draft.
        """
        on = billed.charges.get(charge.billed_as)
        if on is None:
            own = (schedule.id, charge.due_on) in billed.drafted
            return (schedule.bills or own) and not billed.leaves_out(schedule, charge)
        return on in self.drafts

    def _wants(self, due: Due) -> bool:
        return any(charge.billed_as in self.wanted for charge in due.charges)
