"""The plan of a run in portions that fit into memory and into a short transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import Connection

from catchment.core.consolidation import Due
from catchment.core.hierarchy import CustomerId
from catchment.flows.billing.users import FEW, sizes
from catchment.store.access import Workspace
from catchment.store.chunks import chunks

MEMBERS_AT_ONCE = 200_000
MEASURED_AT_ONCE = 5_000
"""How many invoices are measured together."""


class Portion(NamedTuple):
    """Invoices that share a transaction. The first of those that are ``measured`` together comes
    with all of them, the others with none.
    """

    dues: list[Due]
    measured: list[Due]


def portions(
    tx: Connection, workspace: Workspace, plan: Collection[Due], at_once: int
) -> list[Portion]:
    """The plan in its order, in portions of ``at_once`` invoices."""
    families = _families(tx, workspace, plan)
    return [
        Portion(part, [] if number else group)
        for group in _groups(plan, families, at_once)
        for number, part in enumerate(chunks(group, at_once))
    ]


def _families(tx: Connection, workspace: Workspace, plan: Iterable[Due]) -> dict[CustomerId, int]:
    """How many customers are below each of those who roll up in the plan."""
    tops = {of.schedule.customer for due in plan for of in due.parts if of.schedule.roll_up}
    return sizes(tx, workspace.id, tops, MEMBERS_AT_ONCE)


def _groups(
    plan: Iterable[Due], families: Mapping[CustomerId, int], at_once: int
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
        enough = len(group) >= MEASURED_AT_ONCE or members >= FEW
        if (enough and len(group) >= at_once) or members >= MEMBERS_AT_ONCE:
            yield group
            group, members = [], 0
    if group:
        yield group
