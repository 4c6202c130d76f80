"""What happens when a customer is put away: its children do not stay below it by accident."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.values.errors import Conflict
from catchment.core.values.ids import NewId
from catchment.flows.families.move_customers import Relocation, move_customers
from catchment.store.access import Workspace
from catchment.store.families import customers, families, links
from catchment.store.families.families import View
from catchment.usage import UsageStore


class CustomerHasChildren(Conflict):
    """The customer has children."""

    code = "customer_has_children"


class Children(StrEnum):
    """Where the children of an archived customer go: to the top, or to its own parent."""

    DETACH = "detach"
    ADOPT = "adopt"


def archive_customer(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    id: CustomerId,
    children: Children | None,
    *,
    now: datetime,
    new_id: NewId,
) -> None:
    """Archive a customer; once more changes nothing.

    Its children of today and of recorded later days are moved as ``children`` says.
    Raises NotFound, CustomerHasChildren and what ``move_customers`` raises.
    """
    links.hold(tx, workspace.id)
    customer = customers.one(tx, workspace.id, id, lock=True)
    if customer.archived_at is not None:
        return
    starts: dict[CustomerId, datetime] = {}
    for link in links.child_links(tx, workspace.id, id, now):
        starts.setdefault(link.customer, max(link.start, now))
    if starts and children is None:
        first = customers.names(tx, workspace.id, list(starts)[:5])
        more = f" and {len(starts) - len(first)} more" if len(starts) > len(first) else ""
        raise CustomerHasChildren(
            f"{customer.legal_name} has children: {', '.join(first.values())}{more}. "
            "Say children=detach or children=adopt."
        )
    parent = None
    if children is Children.ADOPT:
        parent = families.parents(tx, View(workspace.id, now), [id]).get(id)
    moves = [
        Relocation(child, parent, at, f"{customer.legal_name} was archived")
        for child, at in starts.items()
    ]
    move_customers(tx, usage, workspace, moves, now=now, new_id=new_id)
    customers.archive(tx, workspace.id, id, now)
