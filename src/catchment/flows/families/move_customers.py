"""What happens when customers get another parent, from one instant on.

The tree is read after its lock is taken, so of two moves that oppose each other one sees the
other and is refused. A move that would change a finalised invoice is refused too; drafts it changes
are drafted anew.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from catchment.core.families.hierarchy import (
    MAX_LEVELS,
    CustomerId,
    Forest,
    Link,
    Move,
    check,
    move,
)
from catchment.core.values.errors import (
    BillingError,
    Conflict,
    HierarchyCycle,
    HierarchyTooDeep,
    Invalid,
    LinkOverlap,
    NotFound,
    OwnParent,
)
from catchment.core.values.ids import NewId
from catchment.core.values.period import BEGINNING
from catchment.flows.families import changed_payers, payers
from catchment.flows.families.changed_payers import Turn
from catchment.flows.invoices.recalculate_invoice import recalculate_drafts
from catchment.store.access import Workspace
from catchment.store.families import customers, families, links
from catchment.store.families.customers import Customer
from catchment.store.schedules import joining
from catchment.usage import UsageStore

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ParentArchived(Invalid):
    """An archived customer cannot be a parent."""

    code = "parent_archived"


class ParentDraft(Invalid):
    """A draft customer cannot be a parent."""

    code = "parent_draft"


class MoveBeforeFinalised(Conflict):
    """The move would change a finalised invoice."""

    code = "move_before_finalised"


class NothingToMove(Conflict):
    """The customer is there already, and always was."""

    code = "nothing_to_move"

    @classmethod
    def of(cls, name: str) -> NothingToMove:
        """The refusal for a customer of this name."""
        return cls(f"{name} has no parent from then on, and had none before.")


@dataclass(frozen=True, slots=True)
class Relocation:
    """``customer`` belongs to ``parent`` (None: to nobody) from ``at`` on.

    ``pointer`` and ``at_pointer`` are the places of the parent and of the instant in the request.
    """

    customer: CustomerId
    parent: CustomerId | None
    at: datetime
    reason: str | None = None
    pointer: str = "/parentId"
    at_pointer: str = "/parentId"


@dataclass(frozen=True, slots=True)
class Plan:
    """The relocations that change something, what to write for each, and the tree around them."""

    moved: tuple[Relocation, ...]
    moves: dict[CustomerId, Move]
    before: Forest
    after: Forest

    def place(self, relocation: Relocation) -> Link | None:
        """The link that the customer has from the relocation's instant on, if it has one."""
        links, at = self.after.links(relocation.customer), relocation.at
        return next((one for one in links if one.start <= at < one.until), None)


def move_customers(
    tx: Connection,
    usage: UsageStore,
    workspace: Workspace,
    relocations: Sequence[Relocation],
    *,
    now: datetime,
    new_id: NewId,
) -> dict[CustomerId, Link | None]:
    """Move customers, each at most once, and return the link each has from its instant on.

    None stands for a customer that is at the top and always was. The caller holds the tree
    (``links.hold``) and knows that the customers exist.
    Raises NotFound, ParentArchived, ParentDraft, OwnParent, HierarchyCycle, HierarchyTooDeep,
    LinkOverlap, MoveBeforeFinalised.
    """
    plan = plan_moves(tx, workspace.id, relocations, now, new_id)
    if plan.moved:
        touched = affected(tx, workspace.id, plan)
        joins = joining.below(tx, workspace.id, plan.moves)
        payers.hold_drafts(tx, workspace.id, {*touched, *joins})
        turned = changed_payers.turns(tx, workspace, joins, plan.moves)
        check_finalised(tx, workspace, plan, touched, turned)
        _write(tx, workspace.id, plan, now, new_id)
        again = {*touched, *(turn.billed.schedule_id for turn in turned)}
        if again:
            recalculate_drafts(tx, usage, workspace, sorted(again), now=now, new_id=new_id)
    return {r.customer: plan.place(r) for r in relocations}


def place_customer(
    tx: Connection,
    workspace: Workspace,
    customer: CustomerId,
    parent: CustomerId,
    *,
    now: datetime,
    new_id: NewId,
) -> None:
    """Make a customer that is new a child of ``parent`` since always.

    No invoice can have counted on its place. Raises NotFound, ParentArchived, ParentDraft,
    HierarchyTooDeep.
    """
    relocation = Relocation(customer, parent, BEGINNING)
    plan = plan_moves(tx, workspace.id, [relocation], now, new_id)
    _write(tx, workspace.id, plan, now, new_id)


def check_parent(parent: Customer, pointer: str) -> None:
    """Raises ParentArchived and ParentDraft."""
    if parent.archived_at is not None:
        message = f"{parent.legal_name} is archived and cannot be a parent."
        raise ParentArchived.field(pointer, message, ParentArchived.code)
    if parent.status == "DRAFT":
        message = f"{parent.legal_name} is a draft and cannot be a parent."
        raise ParentDraft.field(pointer, message, ParentDraft.code)


def plan_moves(
    tx: Connection,
    workspace: str,
    relocations: Sequence[Relocation],
    now: datetime,
    new_id: NewId,
) -> Plan:
    """What to write down, once it is known that the tree stays one. Nothing is written here.

    Raises NotFound, ParentArchived, ParentDraft, OwnParent, HierarchyCycle, HierarchyTooDeep,
    LinkOverlap.
    """
    assert len({r.customer for r in relocations}) == len(relocations), relocations
    starts = {r.customer for r in relocations} | {r.parent for r in relocations if r.parent}
    before = links.above(tx, workspace, starts)
    own: dict[CustomerId, list[Link]] = {}
    for link in before:
        own.setdefault(link.customer, []).append(link)
    moves = {
        r.customer: move(
            own.get(r.customer, ()),
            r.customer,
            r.parent,
            r.at,
            recorded_at=now,
            new_id=new_id,
            reason=r.reason,
        )
        for r in relocations
    }
    moved = tuple(r for r in relocations if moves[r.customer].added)
    _check_parents(tx, workspace, moved)
    after = _applied(before, moves.values())
    plan = Plan(moved, moves, Forest(before), Forest(after))
    for relocation in moved:
        if relocation.parent is not None:
            _check_tree(tx, workspace, after, plan, relocation)
    return plan


def _write(tx: Connection, workspace: str, plan: Plan, now: datetime, new_id: NewId) -> None:
    links.save(tx, workspace, list(plan.moves.values()))
    parents = {r.parent: new_id() for r in plan.moved if r.parent}
    families.ensure_organizations(tx, workspace, parents, now)


def _check_parents(tx: Connection, workspace: str, relocations: Sequence[Relocation]) -> None:
    known = customers.many(tx, workspace, {r.parent for r in relocations if r.parent})
    for relocation in relocations:
        if relocation.parent is None:
            continue
        parent = known.get(relocation.parent)
        if parent is None:
            message = f"There is no customer {relocation.parent} in this workspace."
            raise NotFound.field(relocation.pointer, message)
        if relocation.parent == relocation.customer:
            message = f"{parent.legal_name} cannot be its own parent."
            raise OwnParent.field(relocation.pointer, message)
        check_parent(parent, relocation.pointer)


def _applied(before: Iterable[Link], moves: Collection[Move]) -> list[Link]:
    gone = {link.id for change in moves for link in change.superseded}
    kept = [link for link in before if link.id not in gone]
    return kept + [link for change in moves for link in change.added]


def _check_tree(
    tx: Connection,
    workspace: str,
    after: list[Link],
    plan: Plan,
    relocation: Relocation,
) -> None:
    """Let core look at what is above the new link, and below it only where depth could matter."""
    link, forest = plan.moves[relocation.customer].added[-1], plan.after
    assert link.parent is not None, link
    levels = links.levels_below(tx, workspace, link.customer, link.start)
    if levels + 1 + _levels_down_to(forest, link.parent, link.start) > MAX_LEVELS:
        seen = {one.id for one in after}
        seen |= {one.id for change in plan.moves.values() for one in change.superseded}
        low = links.below(tx, workspace, link.customer, link.start)
        forest = Forest(after + [one for one in low if one.id not in seen])
    try:
        check(forest, link)
    except (OwnParent, HierarchyCycle, HierarchyTooDeep, LinkOverlap) as refusal:
        raise _named(tx, workspace, refusal, relocation.pointer) from refusal


def _levels_down_to(forest: Forest, customer: CustomerId, since: datetime) -> int:
    """At most how many levels there are from a top down to ``customer``, from ``since`` on.

    It counts itself.
    """
    levels, level = 0, {customer}
    while level and levels <= MAX_LEVELS:
        levels += 1
        places = [one for who in level for one in forest.links(who) if one.until > since]
        level = {one.parent for one in places if one.parent}
    return levels


def _named(tx: Connection, workspace: str, refusal: BillingError, pointer: str) -> BillingError:
    """The refusal with names beside the ids of its message, pointing at the field."""
    names = customers.names(tx, workspace, set(_ID.findall(refusal.detail)))

    def name(match: re.Match[str]) -> str:
        id = match.group()
        return f"{names[id]} ({id})" if id in names else id

    message = _ID.sub(name, refusal.detail)
    return refusal.field(pointer, message)


def affected(tx: Connection, workspace: str, plan: Plan) -> dict[str, datetime]:
    """The roll-up schedules whose figures change, and from which instant on."""
    changes = [payers.changes(plan.before, plan.after, r.customer, r.at) for r in plan.moved]
    return payers.affected(tx, workspace, changes)


def check_finalised(
    tx: Connection,
    workspace: Workspace,
    plan: Plan,
    affected: Mapping[str, datetime],
    turned: Sequence[Turn],
) -> None:
    """Refuse moves that change what finalised invoices counted, or whose they are to pay.

    Raises MoveBeforeFinalised.
    """
    blockers = payers.finalised(tx, workspace, affected)
    known = {one.number for one in blockers}
    blockers += [o for o in changed_payers.finalised(workspace, turned) if o.number not in known]
    if blockers:
        message = _too_early(tx, workspace.id, plan.moved, blockers)
        raise MoveBeforeFinalised.field(plan.moved[0].at_pointer, message)


def _too_early(
    tx: Connection,
    workspace: str,
    moved: Sequence[Relocation],
    blockers: Sequence[payers.Blocker],
) -> str:
    names = customers.names(tx, workspace, [r.customer for r in moved[:5]])
    who = ", ".join(names.values()) + (" and others" if len(moved) > 5 else "")
    shown = ", ".join(
        f"{one.number} of {one.payer} (up to {one.last_day.isoformat()})" for one in blockers[:10]
    )
    more = f" and {len(blockers) - 10} more" if len(blockers) > 10 else ""
    return (
        f"Moving {who} would change what these invoices counted: {shown}{more}. "
        f"The move can take effect at {max(one.until for one in blockers).isoformat()} or later."
    )
