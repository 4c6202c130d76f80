"""Draft everything due. Safe to run twice, at once, and after a crash at any instant.

What is due less what stands on invoices is what is drafted, so a second run finds nothing to do.
All that takes long happens before anything is locked: a chunk of invoices is computed from one
snapshot, here or in a helper, then written here in one short transaction, which first looks whether
someone else has billed the same meanwhile, or whether what was read has changed. The keys of
invoices and lines, unique among the living, are the last word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from sqlalchemy import Connection

from catchment.core.invoices.consolidation import Due, Key
from catchment.core.terms.schedules import Schedule
from catchment.flows.billing.agreed.days_used import may_join
from catchment.flows.billing.drafting.draft_group import GroupDrafter, Made, Task
from catchment.flows.billing.drafting.filled_drafts import Filled, keep_filled
from catchment.flows.billing.drafting.portions import Group, groups
from catchment.flows.billing.drafting.price_dues import Failures
from catchment.flows.billing.late.late_usage import standing
from catchment.flows.billing.late.quiet_adjustments import note, quiet
from catchment.flows.billing.run_billing import hold
from catchment.flows.billing.runs.draft_joining import draft_joining
from catchment.flows.billing.runs.helpers import helping, worthwhile
from catchment.flows.billing.runs.plan_run import Plan, Planned, concerned_by, planned, used_by
from catchment.flows.billing.runs.work import Work
from catchment.flows.credits.grant_phases import grant_phases, grants, may_pay
from catchment.store import stamps
from catchment.store.billing import billing_run_failures, billing_runs
from catchment.store.billing.billing_run_failures import concerned
from catchment.store.billing.billing_runs import BillingRun
from catchment.store.engine import reading, writing
from catchment.store.invoices import already_billed
from catchment.store.schedules import schedules


def draft_due(work: Work, run: BillingRun, failures: Failures) -> Planned:
    """Draft an invoice for every due day of every live schedule up to the day of ``run``.

    Of a retry only those that what failed is on. In the order of the due days, in chunks that
    share a transaction each. Whom it could not bill is noted in ``failures``, and with the run.
    Raises RunEnded, and nothing of that chunk is kept. Answers what it was planned by at last.
    """
    with reading(work.engine) as tx:
        only = None if run.retry_of is None else concerned(tx, run.retry_of)[0]
        plan = planned(tx, work.usage, work.workspace, run, only, failures)
        processes = worthwhile(work, len(plan.dues))
        found = groups(tx, work.workspace, plan.dues.values(), work.at_once, processes)
    granting = [one.id for one in _wanted_of(plan, only) if one.bills and grants(one)]
    count = len(plan.dues)
    with writing(work.engine) as tx:
        billing_runs.planned(tx, run.id, count, sum(map(len, found)))
    _grant(work, run, granting)
    work.progress(0, count)
    drafting = _Drafting(work, run, only, failures, plan, count)
    with helping(work.helpers, processes) as helped:
        for task, made in helped(drafting.tasks(found)):
            drafting.keep_group(task, made)
    joining = [one for one in _wanted_of(drafting.plan, only) if may_join(one)]
    if joining:
        with reading(work.engine) as tx:
            billed = already_billed.of(tx, work.workspace.id, [one.id for one in joining])
            used = used_by(tx, work.usage, drafting.plan.agreed, joining, run, billed)
        with writing(work.engine) as tx:
            hold(tx, work.workspace)
            draft_joining(tx, work, joining, run, failures, used)
            billing_runs.advance(tx, run.id, attempts=0)
    return drafting.plan.planned


def _wanted_of(plan: Plan, only: Collection[str] | None) -> list[Schedule]:
    """The schedules that a run is about."""
    return [one for one in plan.agreed.schedules.values() if only is None or one.id in only]


def _grant(work: Work, run: BillingRun, schedule_ids: Collection[str]) -> None:
    """Grant what the phases of these schedules have granted by the day of the run."""
    if schedule_ids:
        with writing(work.engine) as tx:
            hold(tx, work.workspace)
            found = schedules.some(tx, work.workspace.id, schedule_ids)
            known = ((one, run.as_of) for one in found)
            grant_phases(tx, work.workspace, known, now=work.now, new_id=work.new_id)


@dataclass(slots=True)
class _Drafting:
    """A run while its invoices are written; ``plan`` is made anew where agreements change."""

    work: Work
    run: BillingRun
    only: Collection[str] | None
    failures: Failures
    plan: Plan
    count: int
    _finished: int = 0
    _told: set[str] = field(default_factory=set)

    def tasks(self, found: list[Group]) -> Iterator[Task]:
        """The groups, each as it is planned when it is its turn; they are taken from ``found``."""
        for group in _taken(found):
            dues = list(chain.from_iterable(group))
            whose = {id for due in dues for id in concerned_by(due)}
            yield Task(
                self.work.workspace,
                group,
                [self.work.new_id() for _ in dues],
                self.plan.stamp,
                self.run.last_seq,
                {id: self.failures[id] for id in sorted(whose & self.failures.keys())},
            )

    def keep_group(self, task: Task, found: Sequence[Made] | None) -> None:
        """Store the invoices of a group, as ``found`` or else drafted here. Raises RunEnded."""
        plan = self.plan
        if found is not None and self._outdated(task):
            found = None
        drafter = self._drafter()
        for number, portion in enumerate(task.group):
            keys = [due.key for due in portion]
            if self.plan is not plan:  # what was measured for it is of no use
                found, plan, drafter = None, self.plan, self._drafter()
            elif found is None and number == 0:
                with reading(self.work.engine) as tx:
                    drafter.measure(tx, plan.of(_keys(chain.from_iterable(task.group))))
            if found is not None:
                made = found[number]
            else:
                with reading(self.work.engine) as tx:
                    made = drafter.made(tx, plan.of(keys))
            self._keep(keys, made)
            self._finished += len(portion)
            self.work.progress(self._finished, self.count)

    def _outdated(self, task: Task) -> bool:
        """Whether a group would be drafted otherwise by now: agreements have changed, or some of
        its schedules have failed since.
        """
        failed = self.failures.keys() - task.failed.keys()
        return task.stamp != self.plan.stamp or (
            bool(failed)
            and any(failed & concerned_by(due) for due in chain.from_iterable(task.group))
        )

    def _drafter(self) -> GroupDrafter:
        work = self.work
        return GroupDrafter(
            work.usage, self.plan.agreed, self.run.last_seq, self.failures, work.new_id
        )

    def _keep(self, keys: Sequence[Key], made: Made) -> None:
        """Store invoices that share a transaction. Raises RunEnded."""
        work, run, workspace = self.work, self.run, self.work.workspace
        with writing(work.engine) as tx:
            hold(tx, workspace)
            if not self._holds(tx, keys, made):
                # Someone changed what was read: once more, with them waiting.
                made = self._drafter().made(tx, self.plan.of(keys))
            for id, one in made.failures.items():
                self.failures.setdefault(id, one)
            dues = {due.key: due for due in self.plan.of(keys)}
            nothing = quiet(dues.values(), made.adjusted, self.failures)
            note(tx, self.plan.agreed, nothing, run.last_seq, made.known_at)
            drafts = _unbilled(tx, self.plan, [(dues[key], one) for key, one in made.filled])
            kept = keep_filled(
                tx, workspace, drafts, now=work.now, new_id=work.new_id, run_id=run.id
            )
            new = {id: one for id, one in self.failures.items() if id not in self._told}
            billing_run_failures.add(
                tx, workspace.id, run.id, ((work.new_id(), one) for one in new.values())
            )
            billing_runs.chunk_done(tx, run.id, len(keys), len(kept))
        self._told.update(new)

    def _holds(self, tx: Connection, keys: Sequence[Key], made: Made) -> bool:
        """Whether all that was read for invoices is still so; what is agreed is planned anew where
        it is not.
        """
        workspace = self.work.workspace
        if stamps.of(tx, workspace.id) != self.plan.stamp:
            self.plan = planned(tx, self.work.usage, workspace, self.run, self.only, self.failures)
            return False
        if made.ready and may_pay(tx, workspace.id, self.plan.of(keys)):
            return False
        return made.facts.hold(tx, workspace.id)


def _taken(found: list[Group]) -> Iterator[Group]:
    """The groups in turn, none of which is kept."""
    found.reverse()
    while found:
        yield found.pop()


def _keys(dues: Iterator[Due]) -> list[Key]:
    return [due.key for due in dues]


def _unbilled(
    tx: Connection, plan: Plan, drafts: Sequence[tuple[Due, Filled]]
) -> list[tuple[Due, Filled]]:
    """Those drafts that nobody else has made since the plan."""
    if not drafts:
        return []
    ids = {id for due, _ in drafts for id in concerned_by(due)}
    days = (due.on for due, _ in drafts)
    first = min(chain(days, (one.service.start for due, _ in drafts for one in due.charges)))
    billed = already_billed.of(tx, plan.agreed.workspace.id, ids, since=first)
    adjusted = {one.charge.billed_as for due, _ in drafts for one in due.adjusting}
    now = standing(tx, plan.agreed, adjusted)
    return [
        (due, one)
        for due, one in drafts
        if due.key not in billed.days
        and not any(charge.billed_as in billed.charges for charge in due.charges)
        and all(
            now.get(late.charge.billed_as) == ({line.id for line in late.billed}, False)
            for late in due.adjusting
        )
    ]
