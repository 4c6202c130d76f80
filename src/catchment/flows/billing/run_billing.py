"""Draft everything due. Safe to run twice, at once, and after a crash at any instant.

What is due less what stands on invoices is what is drafted, so a second run finds nothing to do.
All that takes long happens before anything is locked: a chunk of invoices is computed from one
snapshot, then written in one short transaction, which first looks whether someone else has billed
the same meanwhile, or whether the agreements have changed. The keys of invoices and lines, unique
among the living, are the last word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.charging import charges, running
from catchment.core.consolidation import Due, Key, arrange
from catchment.core.daily import NEVER_USED, DaysUsed
from catchment.core.invoicing import Draft
from catchment.core.period import BEGINNING, Period, day_after, days_text
from catchment.core.schedules import BillTo, Charge, Schedule
from catchment.flows.billing import agreements
from catchment.flows.billing.agreements import Agreements
from catchment.flows.billing.check_sums import OutOfBalance
from catchment.flows.billing.days_used import days_used, has_on_demand
from catchment.flows.billing.drafting import Answers, answers_to, drafted
from catchment.flows.billing.issue_drafts import issue_drafts
from catchment.flows.billing.keep_drafts import NewId, keep
from catchment.flows.billing.late_usage import late, standing
from catchment.flows.billing.place_adjustments import Slot, attached, last_invoices, wanted
from catchment.flows.billing.place_charges import place
from catchment.flows.billing.portions import portions
from catchment.flows.billing.price_dues import Failures, attempt
from catchment.flows.billing.quiet_adjustments import note, quiet
from catchment.flows.billing.seat_usage import of_seats
from catchment.flows.billing.work import Work
from catchment.flows.credits.grant_phases import grant_phases, grants
from catchment.store import stamps
from catchment.store.access import Workspace
from catchment.store.engine import lock, reading, writing
from catchment.store.invoices import billing_run_failures, billing_runs, invoices
from catchment.store.invoices.billing_run_failures import concerned
from catchment.store.invoices.billing_runs import BillingRun
from catchment.store.invoices.invoices import Billed, Invoice
from catchment.store.schedules import schedules, time_travellers
from catchment.store.usage import kept_usage
from catchment.store.usage.kept_usage import UsageDropped
from catchment.usage import UsageStore


def draft_due(work: Work, run: BillingRun, failures: Failures) -> None:
    """Draft an invoice for every due day of every live schedule up to the day of ``run``.

    Of a retry only those that what failed is on. In the order of the due days, in chunks that
    share a transaction each. Whom it could not bill is noted in ``failures``, and with the run.
    Raises RunEnded, and nothing of that chunk is kept.
    """
    usage, workspace = work.usage, work.workspace
    with reading(work.engine) as tx:
        only = None if run.retry_of is None else concerned(tx, run.retry_of)[0]
        agreed, stamp = agreements.all_of(tx, workspace), stamps.of(tx, workspace.id)
        plan = _plan(tx, usage, agreed, run, only, failures)
        parts = portions(tx, workspace, plan.values(), work.at_once)
    granting = [one.id for one in _wanted_of(agreed, only) if one.bills and grants(one)]
    finished, count = 0, len(plan)
    with writing(work.engine) as tx:
        billing_runs.planned(tx, run.id, count, len(parts))
    _grant(work, run, granting)
    work.progress(0, count)
    told: set[str] = set()
    answers: Answers | None = None
    for part, measuring in parts:
        with reading(work.engine) as tx:
            if measuring:
                asked = _planned(plan, measuring)
                answers = answers_to(
                    tx, usage, agreed, asked, failures, failures, run.last_seq, explained=True
                )
            if measuring or answers is None:
                known_at = stamps.known_at(tx, workspace.id)
            planned = _planned(plan, part)
            drafts = drafted(tx, usage, agreed, planned, failures, run.last_seq, answers)
        with writing(work.engine) as tx:
            hold(tx, workspace)
            if stamps.of(tx, workspace.id) != stamp:
                # Someone moved a customer or changed a schedule: once more, with them waiting.
                agreed, stamp = agreements.all_of(tx, workspace), stamps.of(tx, workspace.id)
                plan = _plan(tx, usage, agreed, run, only, failures)
                known_at, answers = stamps.known_at(tx, workspace.id), None
                planned = _planned(plan, part)
                drafts = drafted(tx, usage, agreed, planned, failures, run.last_seq)
            nothing = quiet(planned, drafts, failures)
            note(tx, agreed, nothing, run.last_seq, known_at)
            drafts = _unbilled(tx, agreed, drafts)
            kept = keep(tx, workspace, drafts, now=work.now, new_id=work.new_id, run_id=run.id)
            new = {id: one for id, one in failures.items() if id not in told}
            billing_run_failures.add(
                tx, workspace.id, run.id, ((work.new_id(), one) for one in new.values())
            )
            billing_runs.chunk_done(tx, run.id, len(part), len(kept))
        told.update(new)
        finished += len(part)
        work.progress(finished, count)
    joining = [one for one in _wanted_of(agreed, only) if _may_join(one)]
    if joining:
        with reading(work.engine) as tx:
            used = _used(tx, usage, agreed, joining, run)
        with writing(work.engine) as tx:
            hold(tx, workspace)
            _draft_late(tx, work, joining, run, failures, used)
            billing_runs.advance(tx, run.id, attempts=0)


def _may_join(schedule: Schedule) -> bool:
    """Whether what falls due may find an invoice that is there already."""
    return schedule.bill_to is BillTo.PARENT or has_on_demand(schedule)


def _used(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    found: Iterable[Schedule],
    run: BillingRun,
    billed: Billed | None = None,
) -> DaysUsed:
    """On which days something was used of what ``found`` charge on demand, up to the run."""
    until = Period(BEGINNING.date(), day_after(run.as_of))
    billing = (one for one in found if one.bills)
    seq = run.last_seq
    return days_used(tx, usage, agreed, billing, until, last_seq=seq, billed=billed)


def _wanted_of(agreed: Agreements, only: Collection[str] | None) -> list[Schedule]:
    """The schedules that a run is about."""
    return [one for one in agreed.schedules.values() if only is None or one.id in only]


def _grant(work: Work, run: BillingRun, schedule_ids: Collection[str]) -> None:
    """Grant what the phases of these schedules have granted by the day of the run."""
    if schedule_ids:
        with writing(work.engine) as tx:
            hold(tx, work.workspace)
            found = schedules.some(tx, work.workspace.id, schedule_ids)
            known = ((one, run.as_of) for one in found)
            grant_phases(tx, work.workspace, known, now=work.now, new_id=work.new_id)


def bill_schedule(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    schedule_id: str,
    *,
    as_of: date,
    now: datetime,
    new_id: NewId,
) -> list[Invoice]:
    """Bill one activated schedule as ``bill_schedules`` does, and hold the workspace's billing.

    Raises NotFound, OutOfBalance, UsageDropped.
    """
    hold(tx, workspace)
    found = [schedules.one(tx, workspace.id, schedule_id)]
    return bill_schedules(tx, usage, workspace, found, as_of=as_of, now=now, new_id=new_id)


def bill_schedules(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    activated: Iterable[Schedule],
    *,
    as_of: date,
    now: datetime,
    new_id: NewId,
) -> list[Invoice]:
    """Draft every due day of activated schedules within the caller's transaction, and issue the
    drafts of those that do so by themselves. The caller holds the workspace's billing.

    What bills its parent is on drafts of who pays for it, and is issued as those are. Usage is read
    through a connection of its own: what was acknowledged before counts, and reading waits for no
    writer. A suspended schedule bills nothing. A schedule that cannot be billed fails the request.
    Raises OutOfBalance, UsageDropped.
    """
    zone = ZoneInfo(workspace.timezone)
    billing = [one for one in activated if not one.suspended]
    billed = invoices.billed(tx, workspace.id, [one.id for one in billing])
    since = kept_usage.first_day(tx, workspace.id)
    if since is not None:
        for one in billing:
            idle = NEVER_USED if _has_billed(one, billed) else None
            for charge in unbilled_before(one, since, billed, zone, idle):
                raise UsageDropped.before(since, f"what is charged for {days_text(charge.service)}")
    used = NEVER_USED
    if any(has_on_demand(one) for one in billing):
        agreed = agreements.of_invoices(tx, workspace, [one.id for one in billing])
        until = Period(BEGINNING.date(), day_after(as_of))
        used = days_used(tx, usage, agreed, billing, until, billed=billed)
    due = ((one, charges(one, as_of, zone, used)) for one in billing)
    wanted = [charge for one, own in due for charge in unbilled(one, own, billed)]
    kept = place(tx, usage, workspace, (), wanted, now=now, new_id=new_id).added
    found, differences = issue_drafts(tx, workspace, [one.id for one in kept], now=now)
    if differences:
        raise OutOfBalance.by(differences[0])
    issued = {one.id: one for one in found}
    return [issued.get(one.id, one) for one in kept]


def hold(tx: Connection, workspace: Workspace) -> None:
    """Keep the tree and the drafts of a workspace from others until ``tx`` ends.

    Whoever takes both takes the tree first.
    """
    lock(tx, "hierarchy", workspace.id)
    lock(tx, "billing", workspace.id)


def _plan(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    run: BillingRun,
    only: Collection[str] | None,
    failures: Failures,
) -> dict[Key, Due]:
    """What invoices that are not there yet bill, in the order of the due days.

    With what they adjust of earlier ones. They are whole, also where ``only`` some schedules
    matter.
    """
    failed: Failures = {}
    plan = _whole_plan(tx, usage, agreed, run, failed)
    if only is not None:
        plan = {key: due for key, due in plan.items() if _on(due) & set(only)}
        failed = {id: one for id, one in failed.items() if id in only}
    for id, one in failed.items():
        failures.setdefault(id, one)
    return plan


def _on(due: Due) -> set[str]:
    """The schedules that an invoice bills, or adjusts invoices of."""
    parts = {part.schedule.id for part in due.parts}
    return parts | {one.schedule.id for one in due.adjusting} | {due.schedule.id}


def _whole_plan(
    tx: Connection, usage: UsageStore, agreed: Agreements, run: BillingRun, failures: Failures
) -> dict[Key, Due]:
    billed = invoices.billed(tx, agreed.workspace.id)
    frozen = time_travellers.days(tx, agreed.workspace)
    used = _used(tx, usage, agreed, agreed.schedules.values(), run, billed)
    plan = _charged(agreed, billed, run.as_of, failures, frozen, used)
    found = [one for one in late(tx, usage, agreed, run.last_seq) if wanted(one)]
    if not found:
        return plan
    slots = (Slot(due, due.payer) for due in plan.values())
    dues, waiting = attached(slots, found, agreed.schedules)
    dues += last_invoices(waiting, agreed.schedules, billed, run.as_of)
    return {due.key: due for due in sorted(dues, key=lambda due: (due.on, due.schedule.id))}


def _charged(
    agreed: Agreements,
    billed: Billed,
    as_of: date,
    failures: Failures,
    frozen: Mapping[str, date],
    used: DaysUsed,
) -> dict[Key, Due]:
    """What is due; of schedules whose time is ``frozen``, by that day at most."""
    found: list[tuple[Schedule, Charge]] = []
    for schedule in agreed.schedules.values():
        if schedule.bills:
            day = min(as_of, frozen.get(schedule.id, as_of))
            find = partial(_open, schedule, agreed, billed, day, used)
            charged = attempt(schedule, failures, find) or ()
            found += ((schedule, charge) for charge in charged)
    dues = arrange(found, agreed.payer, billed.issued)
    return {due.key: due for due in dues if due.key not in billed.days}


def _draft_late(
    tx: Connection,
    work: Work,
    joining: Sequence[Schedule],
    run: BillingRun,
    failures: Failures,
    used: DaysUsed,
) -> None:
    """Draft what found its invoice there already: its parent's, or the one of its day.

    Such an invoice is made anew, from all events there are.
    """
    wanted = _wanted(tx, work.workspace, joining, run.as_of, failures, used)
    if wanted:
        place(
            tx,
            work.usage,
            work.workspace,
            (),
            wanted,
            now=work.now,
            new_id=work.new_id,
            failures=failures,
            run_id=run.id,
        )


def _wanted(
    tx: Connection,
    workspace: Workspace,
    joining: Sequence[Schedule],
    as_of: date,
    failures: Failures,
    used: DaysUsed,
) -> list[Charge]:
    """What is due of these schedules and on no invoice, less what has failed."""
    known = schedules.some(tx, workspace.id, [one.id for one in joining if one.id not in failures])
    billed = invoices.billed(tx, workspace.id, [one.id for one in known])
    frozen = time_travellers.days(tx, workspace)
    zone = ZoneInfo(workspace.timezone)
    return [
        charge
        for schedule in known
        if schedule.bills
        for day in [min(as_of, frozen.get(schedule.id, as_of))]
        for charge in unbilled(schedule, charges(schedule, day, zone, used), billed)
    ]


def unbilled(schedule: Schedule, found: Iterable[Charge], billed: Billed) -> tuple[Charge, ...]:
    """The charges of a schedule that no invoice bills yet.

    A day that has an invoice is closed: what an edit adds to it, recalculating its draft brings in.
    Not so for what bills its parent, or on demand: the invoice of its day may be one of several.
    """
    return tuple(
        charge
        for charge in found
        if charge.billed_as not in billed.charges
        and (
            schedule.bill_to is BillTo.PARENT
            or charge.item.on_demand
            or Key(charge.schedule_id, charge.due_on) not in billed.days
        )
    )


def unbilled_before(
    schedule: Schedule, day: date, billed: Billed, zone: ZoneInfo, used: DaysUsed | None
) -> tuple[Charge, ...]:
    """The charges of a schedule for usage of before ``day`` that no invoice has yet.

    Those that fall due only later are among them, and on demand those of the days ``used``.
    """
    if schedule.archived_at is not None:
        return ()
    eve = day - timedelta(days=1)
    return tuple(
        charge
        for charge in (*charges(schedule, eve, zone, used), *running(schedule, eve, used))
        if charge.item.metric is not None
        and not of_seats(charge.item.metric)
        and charge.read.start < day
        and charge.billed_as not in billed.charges
        and (charge.item.on_demand or Key(charge.schedule_id, charge.due_on) not in billed.issued)
    )


def _has_billed(schedule: Schedule, billed: Billed) -> bool:
    return any(id == schedule.id for id, *_ in billed.charges)


def _open(
    schedule: Schedule, agreed: Agreements, billed: Billed, as_of: date, used: DaysUsed
) -> tuple[Charge, ...]:
    return unbilled(schedule, charges(schedule, as_of, agreed.zone, used), billed)


def _planned(plan: Mapping[Key, Due], part: Sequence[Due]) -> list[Due]:
    """The invoices of a part as planned by now; those that are gone are left out."""
    return [plan[due.key] for due in part if due.key in plan]


def _unbilled(
    tx: Connection, agreed: Agreements, drafts: Sequence[tuple[Due, Draft]]
) -> list[tuple[Due, Draft]]:
    """Those drafts that nobody else has made since the plan."""
    ids = {id for due, _ in drafts for id in _on(due)}
    billed = invoices.billed(tx, agreed.workspace.id, ids)
    adjusted = {one.charge.billed_as for due, _ in drafts for one in due.adjusting}
    now = standing(tx, agreed, adjusted)
    return [
        (due, draft)
        for due, draft in drafts
        if due.key not in billed.days
        and not any(charge.billed_as in billed.charges for charge in due.charges)
        and all(
            now.get(one.charge.billed_as) == ({line.id for line in one.billed}, False)
            for one in due.adjusting
        )
    ]
