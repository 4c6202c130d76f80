"""Draft everything due. Safe to run twice, at once, and after a crash at any instant.

What is due less what stands on invoices is what is drafted, so a second run finds nothing to do.
All that takes long happens before anything is locked: a chunk of invoices is computed from one
snapshot, then written in one short transaction, which first looks whether someone else has billed
the same meanwhile, or whether the agreements have changed. The keys of invoices and lines, unique
among the living, are the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial

from sqlalchemy import Connection, Engine

from catchment.core.hierarchy import CustomerId
from catchment.core.invoicing import Draft
from catchment.core.schedules import Charge, Schedule, charges
from catchment.flows import agreements
from catchment.flows.agreements import Agreements
from catchment.flows.check_sums import OutOfBalance
from catchment.flows.drafting import Due, Failures, attempt, by_day, drafted
from catchment.flows.issue_drafts import issue_drafts
from catchment.flows.keep_drafts import NewId, keep
from catchment.flows.users import sizes
from catchment.store import invoices, stamps
from catchment.store.access import Workspace
from catchment.store.billing_runs import BillingRun
from catchment.store.engine import lock, reading, writing
from catchment.store.invoices import Billed, Invoice
from catchment.usage import UsageStore

INVOICES_AT_ONCE = 500
MEMBERS_AT_ONCE = 200_000
Progress = Callable[[int, int], None]
"""Is told how many invoices are done, and of how many."""


def draft_due(
    engine: Engine,
    usage: UsageStore,
    workspace: Workspace,
    run: BillingRun,
    failures: Failures,
    *,
    new_id: NewId,
    progress: Progress = lambda _done, _all: None,
    at_once: int = INVOICES_AT_ONCE,
) -> list[Invoice]:
    """Draft an invoice for every due day of every live schedule up to the day of ``run``.

    In the order of the due days; ``at_once`` invoices share a transaction. Whom it could not bill
    is noted in ``failures``.
    """
    with reading(engine) as tx:
        agreed, stamp = agreements.all_of(tx, workspace), stamps.of(tx, workspace.id)
        plan = _plan(agreed, invoices.billed(tx, workspace.id), run.as_of, failures)
        payers = {due.schedule.customer for due in plan if due.schedule.roll_up}
        families = sizes(tx, workspace.id, payers, MEMBERS_AT_ONCE)
    done: list[Invoice] = []
    progress(0, len(plan))
    finished = 0
    for planned in list(_parts(plan, families, at_once)):
        part = _as_agreed(planned, agreed)
        with reading(engine) as tx:
            drafts = drafted(tx, usage, agreed, part, failures, run.last_seq)
        with writing(engine) as tx:
            hold(tx, workspace)
            if stamps.of(tx, workspace.id) != stamp:
                # Someone moved a customer or changed a schedule: once more, with them waiting.
                agreed, stamp = agreements.all_of(tx, workspace), stamps.of(tx, workspace.id)
                again = _as_agreed(part, agreed)
                drafts = drafted(tx, usage, agreed, again, failures, run.last_seq)
            drafts = _unbilled(tx, workspace, drafts)
            done += keep(tx, workspace, drafts, now=run.created_at, new_id=new_id, run_id=run.id)
        finished += len(planned)
        progress(finished, len(plan))
    return done


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
    """Draft every due day of one activated schedule within the caller's transaction, and issue
    the drafts if the schedule does so by itself.

    Usage is read through a connection of its own: what was acknowledged before counts, and reading
    waits for no writer. A schedule that cannot be billed fails the request. Raises OutOfBalance.
    """
    hold(tx, workspace)
    agreed = agreements.of_schedules(tx, workspace, [schedule_id])
    schedule = agreed.schedules[schedule_id]
    billed = invoices.billed(tx, workspace.id, [schedule_id])
    dues = by_day(schedule, _open(schedule, agreed, billed, as_of))
    drafts = drafted(tx, usage, agreed, dues)
    kept = keep(tx, workspace, drafts, now=now, new_id=new_id)
    if not schedule.auto_issue:
        return kept
    issued, differences = issue_drafts(tx, workspace, [one.id for one in kept], now=now)
    if differences:
        raise OutOfBalance.by(differences[0])
    return issued


def hold(tx: Connection, workspace: Workspace) -> None:
    """Keep the tree and the drafts of a workspace from others until ``tx`` ends.

    Whoever takes both takes the tree first.
    """
    lock(tx, "hierarchy", workspace.id)
    lock(tx, "billing", workspace.id)


def _plan(agreed: Agreements, billed: Billed, as_of: date, failures: Failures) -> list[Due]:
    """What no invoice bills yet, one entry for each invoice, in the order of the due days."""
    found: list[Due] = []
    for schedule in agreed.schedules.values():
        if schedule.archived_at is None:
            find = partial(_open, schedule, agreed, billed, as_of)
            found += by_day(schedule, attempt(schedule, failures, find) or ())
    return sorted(found, key=lambda due: (due.on, due.schedule.id))


def _parts(
    plan: Sequence[Due], families: Mapping[CustomerId, int], at_once: int
) -> Iterator[list[Due]]:
    """The plan in parts that fit into memory and into a short transaction."""
    part: list[Due] = []
    members = 0
    for due in plan:
        part.append(due)
        members += families[due.schedule.customer] if due.schedule.roll_up else 1
        if len(part) >= at_once or members >= MEMBERS_AT_ONCE:
            yield part
            part, members = [], 0
    if part:
        yield part


def unbilled(found: Iterable[Charge], billed: Billed) -> tuple[Charge, ...]:
    """The charges that no invoice bills yet.

    A day that has an invoice is closed: what an edit adds to it, recalculating its draft brings in.
    """
    return tuple(
        charge
        for charge in found
        if (charge.schedule_id, charge.due_on) not in billed.days
        and (charge.schedule_id, charge.item.id, charge.service.start) not in billed.charges
    )


def _open(
    schedule: Schedule, agreed: Agreements, billed: Billed, as_of: date
) -> tuple[Charge, ...]:
    return unbilled(charges(schedule, as_of, agreed.zone), billed)


def _as_agreed(part: Sequence[Due], agreed: Agreements) -> list[Due]:
    """The same days of the same schedules as agreed now; days that are gone are left out."""
    found: list[Due] = []
    for due in part:
        schedule = agreed.schedules.get(due.schedule.id)
        if schedule is due.schedule:
            found.append(due)
        elif schedule is not None and schedule.archived_at is None:
            due_then = charges(schedule, due.on, agreed.zone)
            kept = tuple(charge for charge in due_then if charge.due_on == due.on)
            found += by_day(schedule, kept)
    return found


def _unbilled(
    tx: Connection, workspace: Workspace, drafts: Sequence[tuple[Due, Draft]]
) -> list[tuple[Due, Draft]]:
    """Those drafts that nobody else has made since the plan."""
    billed = invoices.billed(tx, workspace.id, {due.schedule.id for due, _ in drafts})
    return [
        (due, draft)
        for due, draft in drafts
        if (due.schedule.id, due.on) not in billed.days
        and not any(
            (due.schedule.id, charge.item.id, charge.service.start) in billed.charges
            for charge in due.charges
        )
    ]
