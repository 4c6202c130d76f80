"""Invoices that are measured together, from the plan to what is stored: in any process.

Nothing is locked or written here. Whoever writes looks first whether all that was read is still so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import NamedTuple

from sqlalchemy import Connection

from catchment.core.invoices.consolidation import Due, Key
from catchment.core.invoices.invoicing import Draft
from catchment.core.terms.schedules import ChargeId
from catchment.core.values.ids import NewId
from catchment.flows.billing.agreed import agreements
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.drafting.drafts import Answers, answers_to, drafted_from_answers
from catchment.flows.billing.drafting.filled_drafts import Filled, filled
from catchment.flows.billing.drafting.portions import Group
from catchment.flows.billing.drafting.price_dues import Facts, Failures
from catchment.flows.credits.grant_phases import may_pay
from catchment.store import stamps
from catchment.store.access import Workspace
from catchment.store.stamps import Stamp
from catchment.usage import UsageStore


class Task(NamedTuple):
    """A group of planned invoices, with the ``ids`` they are to have in the order of the plan.

    They were planned by what was agreed at the ``stamp``, and count events up to ``last_seq``. Of
    their schedules these have ``failed`` before.
    """

    workspace: Workspace
    group: Group
    ids: Sequence[str]
    stamp: Stamp
    last_seq: int
    failed: Failures


class Made(NamedTuple):
    """Invoices that share a transaction, ready to be stored.

    ``facts`` are what was read for them besides usage and agreements, those as known at
    ``known_at``. ``adjusted`` are the charges that lines of them adjust; who could not be billed is
    among the ``failures``. What is ``ready`` are rows, for nobody has any credit.
    """

    filled: list[tuple[Key, Filled]]
    adjusted: frozenset[ChargeId]
    facts: Facts
    known_at: datetime
    failures: Failures
    ready: bool


@dataclass(slots=True)
class GroupDrafter:
    """Drafts portions of a group, by events up to ``last_seq``.

    Who fails is noted in ``failures``, and not asked again.
    """

    usage: UsageStore
    agreed: Agreements
    last_seq: int
    failures: Failures
    new_id: NewId
    _measured: tuple[Answers, datetime] | None = None

    def measure(self, tx: Connection, dues: Sequence[Due]) -> None:
        """Measure for all invoices that are to be made."""
        answers = answers_to(
            tx,
            self.usage,
            self.agreed,
            dues,
            self.failures,
            self.failures,
            self.last_seq,
            explained=True,
        )
        self._measured = answers, stamps.known_at(tx, self.agreed.workspace.id)

    def made(self, tx: Connection, dues: Sequence[Due], ids: Iterable[str] | None = None) -> Made:
        """Some of the invoices, with these ``ids`` or new ones.

        What is not measured is now, for these alone.
        """
        if self._measured is None:
            self.measure(tx, dues)
            found, self._measured = self._measured, None
        else:
            found = self._measured
        assert found is not None
        answers, known_at = found
        workspace_id = self.agreed.workspace.id
        given = dict(zip((due.key for due in dues), ids, strict=True)) if ids is not None else {}
        ready = not may_pay(tx, workspace_id, dues)

        def finish(due: Due, draft: Draft) -> tuple[Filled, list[ChargeId]]:
            id = given.get(due.key) or self.new_id()
            one = filled(workspace_id, draft, id, self.new_id, ready=ready)
            return one, [line.billed_as for line in draft.lines if line.deducted]

        made, facts = drafted_from_answers(
            tx, self.agreed, dues, answers, self.failures, self.failures, finish
        )
        return Made(
            [(due.key, one) for due, (one, _) in made],
            frozenset(charge for _, (_, adjusted) in made for charge in adjusted),
            facts,
            known_at,
            self.failures,
            ready,
        )


def made_apart(tx: Connection, usage: UsageStore, task: Task, new_id: NewId) -> list[Made] | None:
    """The portions of a group, ready to be stored; None where they would be planned otherwise now.

    All that is read is one snapshot, and its agreements are those that the group was planned by.
    """
    if stamps.of(tx, task.workspace.id) != task.stamp:
        return None
    everything = list(chain.from_iterable(task.group))
    agreed = agreements.of_dues(task.workspace, everything)
    drafter = GroupDrafter(usage, agreed, task.last_seq, dict(task.failed), new_id)
    drafter.measure(tx, everything)
    ids = iter(task.ids)
    found = []
    for dues in task.group:
        made = drafter.made(tx, dues, list(islice(ids, len(dues))))
        found.append(made._replace(failures=dict(made.failures)))
    return found
