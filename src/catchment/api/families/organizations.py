"""/customer-organizations: the tree seen from a parent.

There is one organization per parent; its members are the parent's children of today.
"""

from typing import ClassVar

from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from catchment.api.edge.deps import NewId, Now, PathId, Tx, Usage, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import IdIn, Wire
from catchment.api.families.customer_wire import OrganizationOut
from catchment.core.values.errors import NotFound
from catchment.flows.families.change_members import (
    add_members,
    create_organization,
    replace_members,
)
from catchment.store.families import families
from catchment.store.families.families import View

routes = router("/customer-organizations", "Customer organizations")
_MOST_MEMBERS = 10_000
_MEMBERS_SHOWN = 10_000
_EXAMPLE = "0198b2c9-5f41-7c3d-8a6b-2f0c1f6f0a11"
_OTHER = "0198b2c9-5f41-7c3d-8a6b-2f0c1f6f0a12"


class OrganizationIn(Wire):
    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"ownerId": _EXAMPLE, "memberIds": [_OTHER]}]}
    )

    owner_id: IdIn
    member_ids: list[IdIn] = Field(max_length=_MOST_MEMBERS)


class MembersIn(Wire):
    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"customerIds": [_OTHER]}]}
    )

    customer_ids: list[IdIn] = Field(max_length=_MOST_MEMBERS)


@routes.post("", status_code=201)
def create(
    body: OrganizationIn, tx: Tx, usage: Usage, who: WhoIs, now: Now, new_id: NewId
) -> OrganizationOut:
    """The organization of a parent, with these customers added as its children from now on."""
    create_organization(
        tx, usage, who.workspace, body.owner_id, body.member_ids, now=now, new_id=new_id
    )
    return _shown(tx, View(who.workspace.id, now), body.owner_id)


@routes.post("/{id}/members")
def add(
    id: PathId, body: MembersIn, tx: Tx, usage: Usage, who: WhoIs, now: Now, new_id: NewId
) -> OrganizationOut:
    """Add members. One that has another parent is refused, never moved silently."""
    owner = _owner(tx, who.workspace.id, id)
    add_members(tx, usage, who.workspace, owner, body.customer_ids, now=now, new_id=new_id)
    return _shown(tx, View(who.workspace.id, now), owner)


@routes.put("/{id}/members")
def replace(
    id: PathId, body: MembersIn, tx: Tx, usage: Usage, who: WhoIs, now: Now, new_id: NewId
) -> OrganizationOut:
    """Replace the members; those left out have no parent from now on."""
    owner = _owner(tx, who.workspace.id, id)
    replace_members(tx, usage, who.workspace, owner, body.customer_ids, now=now, new_id=new_id)
    return _shown(tx, View(who.workspace.id, now), owner)


def _owner(tx: Connection, workspace: str, id: str) -> str:
    owner = families.owner_of(tx, workspace, id)
    if owner is None:
        raise NotFound(f"There is no organization {id} in this workspace.")
    return owner


def _shown(tx: Connection, view: View, owner: str) -> OrganizationOut:
    return OrganizationOut.of(families.organizations(tx, view, [owner], _MEMBERS_SHOWN)[owner])
