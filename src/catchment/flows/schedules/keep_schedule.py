"""What happens when a billing schedule is written, changed, started, copied or archived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.values.errors import Conflict, Invalid, NotFound
from catchment.core.values.ids import NewId
from catchment.flows.billing.run_billing import bill_schedule, hold
from catchment.flows.credits.grant_phases import grant_phases, refuse_used
from catchment.flows.invoices.recalculate_invoice import recalculate_drafts
from catchment.flows.schedules import billed_usage
from catchment.flows.schedules.billed_charges import end_today
from catchment.flows.schedules.pool_terms import check_exclusions
from catchment.flows.schedules.schedule_terms import (
    Terms,
    check_change,
    check_days,
    check_start,
    customer_archived,
    phases_of,
)
from catchment.flows.schedules.settling_terms import copied
from catchment.flows.taxes.schedule_taxes import agreed_rates
from catchment.store.access import Workspace
from catchment.store.families import customers
from catchment.store.schedules import (
    joining,
    payment_settings,
    phase_terms,
    schedule_billing,
    schedule_records,
    schedules,
)
from catchment.store.schedules.payment_settings import Subject, Whose
from catchment.store.schedules.schedule_records import PhaseRecord, ScheduleRecord
from catchment.usage import UsageStore


class ScheduleArchived(Conflict):
    """The billing schedule is archived."""

    code = "schedule_archived"


class ScheduleCompleted(Conflict):
    """The billing schedule is completed."""

    code = "schedule_completed"


class ScheduleStarted(Conflict):
    """The billing schedule has been started."""

    code = "schedule_started"


def create(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    new: ScheduleRecord,
    terms: Terms,
    *,
    start: bool,
    today: date,
    now: datetime,
    new_id: NewId,
) -> ScheduleRecord:
    """Write a schedule (``new``, less its terms) down, and bill what has elapsed if it starts.

    Raises Invalid, NotFound, CustomerArchived, TaxArchived and, to ``start``, what ``activate``
    raises.
    """
    check_days(terms)
    if start:
        hold(tx, workspace)
    refuse_archived_customer(tx, workspace.id, new.customer_id)
    agreed = _agreed(tx, workspace.id, new, terms)
    phases = phases_of(tx, workspace.id, terms, (), now=now, new_id=new_id)
    rates = agreed_rates(tx, workspace.id, terms, phases, {})
    record = replace(agreed, phases=phases, tax_rates=rates)
    schedule_records.add(tx, workspace.id, record)
    if start:
        record = _start(tx, usage, workspace, record, today=today, now=now, new_id=new_id)
    return record


def activate(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    id: str,
    *,
    today: date,
    now: datetime,
    new_id: NewId,
) -> ScheduleRecord:
    """Start a draft: every period that has elapsed is drafted at once.

    Raises NotFound, ScheduleArchived, ScheduleStarted, UsageBilled and what ``check_start`` raises.
    """
    hold(tx, workspace)
    record = one_to_change(tx, workspace.id, id)
    if record.activated_at is not None:
        raise ScheduleStarted(f"The billing schedule {id} has been started already.")
    return _start(tx, usage, workspace, record, today=today, now=now, new_id=new_id)


def change(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    id: str,
    terms: Terms,
    *,
    today: date,
    now: datetime,
    new_id: NewId,
) -> ScheduleRecord:
    """Agree anew. Of a started schedule, what has been invoiced for good must stay as it is.

    Raises Invalid, NotFound, TaxArchived, ScheduleArchived, ScheduleCompleted, ScheduleStarted,
    ScheduleBilled, UsageBilled and what ``check_change`` raises.
    """
    hold(tx, workspace)
    before = one_to_change(tx, workspace.id, id)
    refuse_ended(before, today)
    if before.activated_at is not None and terms.start != before.start:
        message = f"The schedule has been started: its first day stays {before.start}."
        raise ScheduleStarted.field("/startDate", message)
    check_days(terms)
    agreed = _agreed(tx, workspace.id, before, terms)
    phases = phases_of(tx, workspace.id, terms, before.phases, now=now, new_id=new_id)
    rates = agreed_rates(tx, workspace.id, terms, phases, before.tax_rates)
    record = replace(agreed, phases=phases, tax_rates=rates, updated_at=now)
    if record.end != before.end:
        record = replace(record, cancelled_at=None)
    return rewrite(tx, usage, workspace, before, record, today=today, now=now, new_id=new_id)


def change_discount(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    id: str,
    changed: Callable[[ScheduleRecord, PhaseRecord], PhaseRecord],
    *,
    today: date,
    now: datetime,
    new_id: NewId,
) -> ScheduleRecord:
    """Agree anew on the phase that has the discount ``id``: it is what ``changed`` makes of it.

    Raises NotFound, ScheduleArchived, ScheduleCompleted, ScheduleBilled, and as ``changed`` does.
    """
    hold(tx, workspace)
    place = phase_terms.where(tx, workspace.id, id)
    before = one_to_change(tx, workspace.id, place.schedule_id)
    refuse_ended(before, today)
    phases = tuple(
        changed(before, phase) if phase.id == place.phase_id else phase for phase in before.phases
    )
    record = replace(before, phases=phases, updated_at=now)
    return rewrite(tx, usage, workspace, before, record, today=today, now=now, new_id=new_id)


def rewrite(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    before: ScheduleRecord,
    record: ScheduleRecord,
    *,
    today: date,
    now: datetime,
    new_id: NewId,
) -> ScheduleRecord:
    """Write down what was agreed anew, and draft again what it changes.

    Raises ScheduleBilled, UsageBilled and, for a started schedule, what ``check_change`` raises.
    """
    if before.activated_at is None:
        schedule_records.save(tx, workspace.id, record)
        return record
    check_change(tx, workspace, before, record)
    kept = {one.id for phase in record.phases for one in phase.credit_grants}
    refuse_used(tx, workspace.id, record.id, kept)
    watch = billed_usage.watch(tx, workspace, record, before)
    schedule_records.save(tx, workspace.id, record)
    watch.check(tx, now)
    bill_again(tx, usage, workspace, record, watch.rivals, today=today, now=now, new_id=new_id)
    return record


def archive(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    id: str,
    *,
    now: datetime,
    new_id: NewId,
) -> ScheduleRecord:
    """End a schedule today: what is due by then is drafted, and nothing that falls due later but
    what gives back what was paid in advance for the days after. Again, nothing changes. Raises
    NotFound.
    """
    hold(tx, workspace)
    record = schedule_records.one(tx, workspace.id, id, to_change=True)
    if record.archived_at is not None:
        return record
    if record.activated_at is not None:  # billing runs pass over it from now on
        today = now.astimezone(ZoneInfo(workspace.timezone)).date()
        bill_schedule(tx, usage, workspace, id, as_of=today, now=now, new_id=new_id)
    days = schedule_billing.issued_days(tx, workspace.id, id)
    end_today(tx, workspace, schedules.one(tx, workspace.id, id), days, now)
    archived = replace(record, archived_at=now, updated_at=now)
    rivals = billed_usage.rivals(tx, workspace.id, record)
    schedule_records.save_head(tx, workspace.id, archived)
    if record.activated_at is not None:
        joins = joining.below(tx, workspace.id, [record.customer_id])
        recalculate_drafts(tx, usage, workspace, {id, *rivals, *joins}, now=now, new_id=new_id)
    return archived


def duplicate(
    tx: Connection, workspace: Workspace, id: str, customer_id: str, *, now: datetime, new_id: NewId
) -> ScheduleRecord:
    """A draft of the same terms for another customer, to be paid alike; it shares the prices.

    Raises Invalid, NotFound, CustomerArchived.
    """
    original = schedule_records.one(tx, workspace.id, id)
    refuse_archived_customer(tx, workspace.id, customer_id)
    if customer_id in original.exclusions:
        message = "The customer is left out of this schedule's roll-up and cannot have a copy."
        raise Invalid.field("/customerId", message)
    phases = tuple(_copied(phase, now=now, new_id=new_id) for phase in original.phases)
    copy = replace(
        original,
        id=new_id(),
        customer_id=customer_id,
        phases=phases,
        created_at=now,
        updated_at=now,
        activated_at=None,
        archived_at=None,
        suspended_at=None,
        cancelled_at=None,
    )
    schedule_records.add(tx, workspace.id, copy)
    paid = payment_settings.of(tx, workspace.id, Subject.SCHEDULE, [id])
    for setting in paid.values():
        whose = Whose(Subject.SCHEDULE, copy.id)
        payment_settings.add(tx, workspace.id, new_id(), whose, setting.payment, now)
    return copy


def refuse_archived_customer(
    tx: Connection, workspace: str, id: str, what: str = "new schedule"
) -> None:
    """Raises CustomerArchived; a customer that is not there is named where the body names it."""
    customer = customers.many(tx, workspace, [id]).get(id)
    if customer is None:
        message = f"There is no customer {id}."
        raise NotFound.field("/customerId", message)
    if customer.archived_at is not None:
        raise customer_archived(customer.legal_name, what)


def _copied(phase: PhaseRecord, *, now: datetime, new_id: NewId) -> PhaseRecord:
    discounts, minimums = copied(phase.discounts, phase.minimums, now=now, new_id=new_id)
    return replace(
        phase,
        id=new_id(),
        created_at=now,
        discounts=discounts,
        minimums=minimums,
        credit_grants=tuple(replace(one, id=new_id()) for one in phase.credit_grants),
    )


def refuse_ended(record: ScheduleRecord, today: date) -> None:
    """Raises ScheduleCompleted."""
    if record.status(today) in {"COMPLETED", "CANCELLED"}:
        raise ScheduleCompleted(f"The billing schedule {record.id} ended on {record.end}.")


def one_to_change(tx: Connection, workspace: str, id: str) -> ScheduleRecord:
    """The schedule, locked until the end of the transaction. Raises NotFound, ScheduleArchived."""
    record = schedule_records.one(tx, workspace, id, to_change=True)
    if record.archived_at is not None:
        raise ScheduleArchived(f"The billing schedule {id} is archived.")
    return record


def _agreed(tx: Connection, workspace: str, record: ScheduleRecord, terms: Terms) -> ScheduleRecord:
    """The record with its new terms, less its phases. Raises Invalid, NotFound."""
    fields = record.custom_fields if terms.custom_fields is None else terms.custom_fields
    exclusions = terms.exclusions or ()
    if terms.exclusions is None and terms.roll_up:
        exclusions = record.exclusions
    check_exclusions(tx, workspace, record.customer_id, exclusions, roll_up=terms.roll_up)
    return replace(
        record,
        start=terms.start,
        end=terms.end,
        recurrence_day=terms.recurrence_day,
        roll_up=terms.roll_up,
        bill_to=terms.bill_to or record.bill_to,
        exclusions=exclusions,
        auto_issue=terms.auto_issue,
        adjust_late=record.adjust_late if terms.adjust_late is None else terms.adjust_late,
        purchase_order_number=terms.purchase_order_number,
        memo=terms.memo,
        due_days=terms.due_days,
        custom_fields=fields,
    )


def _start(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    record: ScheduleRecord,
    *,
    today: date,
    now: datetime,
    new_id: NewId,
) -> ScheduleRecord:
    check_start(tx, workspace, record)
    started = replace(record, activated_at=now, updated_at=now)
    watch = billed_usage.watch(tx, workspace, started, None)
    schedule_records.save_head(tx, workspace.id, started)
    watch.check(tx, now)
    bill_again(tx, usage, workspace, started, watch.rivals, today=today, now=now, new_id=new_id)
    return started


def bill_again(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    record: ScheduleRecord,
    rivals: list[str],
    *,
    today: date,
    now: datetime,
    new_id: NewId,
) -> None:
    """Draft what is due, and draft again what this schedule takes from others or leaves to them.

    That is usage of its rivals, and lines of those below who bill their parent.
    """
    agreed = schedules.one(tx, workspace.id, record.id)
    grant_phases(tx, workspace, [(agreed, today)], now=now, new_id=new_id)
    joins = joining.below(tx, workspace.id, [record.customer_id])
    again = {record.id, *rivals, *joins}
    recalculate_drafts(tx, usage, workspace, again, now=now, new_id=new_id)
    bill_schedule(tx, usage, workspace, record.id, as_of=today, now=now, new_id=new_id)
