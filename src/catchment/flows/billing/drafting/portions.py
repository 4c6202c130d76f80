"""The plan of a run in portions that fit into memory and into a short transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.consolidation import Due
from catchment.flows.billing.agreed.users import FEW, sizes
from catchment.store.access import Workspace
from catchment.store.chunks import chunks

MEMBERS_AT_ONCE = 200_000
MEASURED_AT_ONCE = 5_000
"""How many invoices are measured together."""
MEASURED_APART = 2_000
"""How many of them where several processes do so at once, each with all that it has made of them
in memory.
"""

Portion = list[Due]
"""Invoices that share a transaction."""

Group = list[Portion]
"""Invoices that are measured together."""


def groups(
    tx: Connection, workspace: Workspace, plan: Collection[Due], at_once: int, processes: int
) -> list[Group]:
    """The plan in its order, in portions of ``at_once`` invoices.

    ``processes`` measure at once, so each should have some groups to do.
    """
    most = MEASURED_AT_ONCE
    if processes > 1:
        share = len(plan) // (2 * processes * at_once) * at_once
        most = max(at_once, min(MEASURED_APART, share))
    families = _families(tx, workspace, plan)
    return [list(chunks(group, at_once)) for group in _groups(plan, families, at_once, most)]


def _families(tx: Connection, workspace: Workspace, plan: Iterable[Due]) -> dict[CustomerId, int]:
    """How many customers are below each of those who roll up in the plan."""
    tops = {of.schedule.customer for due in plan for of in due.parts if of.schedule.roll_up}
    return sizes(tx, workspace.id, tops, MEMBERS_AT_ONCE)


def _groups(
    plan: Iterable[Due], families: Mapping[CustomerId, int], at_once: int, most: int
) -> Iterator[list[Due]]:
    """The plan in groups that are measured together and fit into memory.

    Each takes a pass over the events of everybody, so small families come by the thousand.
    """
    group: list[Due] = []
    members = 0
    for due in plan:
        group.append(due)
        for schedule in (of.schedule for of in due.parts):
            members += families[schedule.customer] if schedule.roll_up else 1
        enough = len(group) >= most or members >= FEW
        if (enough and len(group) >= at_once) or members >= MEMBERS_AT_ONCE:
            yield group
            group, members = [], 0
    if group:
        yield group
