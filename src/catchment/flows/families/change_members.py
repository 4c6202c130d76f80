"""What happens when a parent's children are named from its side, as an organization's members."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId, Link
from catchment.core.values.errors import Conflict, NotFound, OwnParent
from catchment.core.values.ids import NewId
from catchment.flows.families.move_customers import Relocation, check_parent, move_customers
from catchment.flows.families.save_customer import CustomerArchived
from catchment.store.access import Workspace
from catchment.store.families import customers, families, links
from catchment.usage import UsageStore


class MemberHasParent(Conflict):
    """A customer that has another parent does not become a member silently."""

    code = "member_has_parent"


def create_organization(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    owner: CustomerId,
    members: Sequence[CustomerId],
    *,
    now: datetime,
    new_id: NewId,
) -> None:
    """Give ``owner`` its organization, unless it has it already, and add the members.

    Raises NotFound and what ``move_customers`` raises, MemberHasParent, CustomerArchived.
    """
    links.hold(tx, workspace.id)
    found = customers.many(tx, workspace.id, [owner]).get(owner)
    if found is None:
        raise _missing(owner, "/ownerId")
    check_parent(found, "/ownerId")
    families.ensure_organizations(tx, workspace.id, {owner: new_id()}, now)
    _add(tx, usage, workspace, owner, members, "/memberIds", now, new_id)


def add_members(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    owner: CustomerId,
    members: Sequence[CustomerId],
    *,
    now: datetime,
    new_id: NewId,
) -> None:
    """Make ``members`` children of ``owner`` from now on; those who are stay.

    Raises as ``create_organization`` does.
    """
    links.hold(tx, workspace.id)
    _add(tx, usage, workspace, owner, members, "/customerIds", now, new_id)


def replace_members(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    owner: CustomerId,
    members: Sequence[CustomerId],
    *,
    now: datetime,
    new_id: NewId,
) -> None:
    """Make ``members`` the only children of ``owner`` from now on; those left out go to the top.

    Raises as ``create_organization`` does.
    """
    links.hold(tx, workspace.id)
    present = links.child_links(tx, workspace.id, owner, now)
    gone = dict.fromkeys(
        link.customer for link in present if link.start <= now and link.customer not in members
    )
    detached = [Relocation(customer, None, now) for customer in gone]
    move_customers(tx, usage, workspace, detached, now=now, new_id=new_id)
    _add(tx, usage, workspace, owner, members, "/customerIds", now, new_id)


def _add(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    owner: CustomerId,
    members: Sequence[CustomerId],
    pointer: str,
    now: datetime,
    new_id: NewId,
) -> None:
    known = customers.many(tx, workspace.id, set(members))
    places = _places(links.above(tx, workspace.id, set(members)))
    moves: dict[CustomerId, Relocation] = {}
    for index, member in enumerate(members):
        place = f"{pointer}/{index}"
        if member not in known:
            raise _missing(member, place)
        if member == owner:
            message = f"{known[member].legal_name} cannot be its own parent."
            raise OwnParent.field(place, message)
        if known[member].archived_at is not None:
            message = f"{known[member].legal_name} is archived and can no longer be changed."
            raise CustomerArchived.field(place, message)
        others = {
            link.parent
            for link in places.get(member, ())
            if link.until > now and link.parent is not None and link.parent != owner
        }
        if others:
            raise _has_parent(tx, workspace.id, member, others, place)
        moves[member] = Relocation(member, owner, now, pointer=place)
    move_customers(tx, usage, workspace, list(moves.values()), now=now, new_id=new_id)


def _places(found: Sequence[Link]) -> dict[CustomerId, list[Link]]:
    places: dict[CustomerId, list[Link]] = {}
    for link in found:
        places.setdefault(link.customer, []).append(link)
    return places


def _has_parent(
    tx: Connection,
    workspace: str,
    member: CustomerId,
    others: set[CustomerId],
    pointer: str,
) -> MemberHasParent:
    names = customers.names(tx, workspace, [member, *others])
    above = ", ".join(names[one] for one in sorted(others))
    message = f"{names[member]} is a child of {above}; move it instead."
    return MemberHasParent.field(pointer, message)


def _missing(id: CustomerId, pointer: str) -> NotFound:
    message = f"There is no customer {id} in this workspace."
    return NotFound.field(pointer, message)
