"""What was agreed and who belongs to whom: read once, asked by every invoice of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.consolidation import Due, Hosts, Part, Payer, payer
from catchment.core.hierarchy import CustomerId, Forest, Link, Move, believed
from catchment.core.period import BEGINNING, Span, first_instant, instant
from catchment.core.pools import Pool, PoolMember, pool
from catchment.core.schedules import BillTo, Charge, Claim, Schedule, claims
from catchment.store import joining, links, schedules
from catchment.store.access import Workspace


@dataclass(frozen=True, slots=True)
class Agreements:
    """Schedules by id, the families they may roll up, and every claim on usage within those."""

    workspace: Workspace
    zone: ZoneInfo
    schedules: Mapping[str, Schedule]
    forest: Forest
    claims: Mapping[CustomerId, tuple[Claim, ...]]
    hosts: Hosts
    _reaches: dict[str, tuple[int, tuple[Claim, ...]]] = field(default_factory=dict)

    def pool(self, schedule: Schedule, metric_id: str, span: Span) -> Pool:
        """Whose usage of a metric ``schedule`` prices during ``span``."""
        _, rivals = self._reach(schedule)
        return pool(
            self.forest,
            rivals,
            schedule_id=schedule.id,
            customer=schedule.customer,
            roll_up=schedule.roll_up,
            metric_id=metric_id,
            span=span,
        )

    def links(self, schedule: Schedule, member: PoolMember) -> tuple[str, ...]:
        """The ids of the links that put a member of a pool below the schedule's customer."""
        found = self.forest.links_between(schedule.customer, member.customer, member.spans)
        return tuple(sorted(link.id for link in found))

    def way(
        self, payer: CustomerId, customer: CustomerId, due_on: date
    ) -> tuple[CustomerId, ...] | None:
        """The way from a payer down to a customer, by the tree at the start of a day."""
        above = self.forest.ancestors(customer, first_instant(due_on, self.zone))
        way = (*above, customer)
        return way[way.index(payer) :] if payer in way else None

    def links_above(self, part: Part) -> tuple[str, ...]:
        """The ids of the links by which another pays for a part of an invoice."""
        if not part.joined:
            return ()
        at = first_instant(part.charges[0].due_on, self.zone)
        found = self.forest.links_between(part.path[0], part.path[-1], (instant(at),))
        return tuple(sorted(link.id for link in found))

    def payer(self, schedule: Schedule, charge: Charge) -> Payer:
        """Who pays for a charge of ``schedule``."""
        return payer(
            schedule,
            charge.due_on,
            charge.service,
            forest=self.forest,
            hosts=self.hosts,
            zone=self.zone,
        )

    def size(self, due: Due) -> int:
        """How many customers the pools of an invoice can have at most."""
        return sum(self._reach(part.schedule)[0] for part in due.parts)

    def _reach(self, schedule: Schedule) -> tuple[int, tuple[Claim, ...]]:
        """How many customers ``schedule`` can measure, and the claims on usage among them."""
        if schedule.id not in self._reaches:
            root = schedule.customer
            family = _family(self.forest, root) if schedule.roll_up else {root}
            few, many = sorted((family, self.claims.keys()), key=len)
            found = tuple(claim for who in few if who in many for claim in self.claims[who])
            self._reaches[schedule.id] = len(family), found
        return self._reaches[schedule.id]


@dataclass(frozen=True, slots=True)
class History:
    """All that was ever agreed and believed in a workspace, to look at as of any time."""

    workspace: Workspace
    _schedules: tuple[Schedule, ...]
    _links: tuple[Link, ...]
    _seen: dict[tuple[datetime | None, frozenset[str]], Agreements] = field(default_factory=dict)

    def as_known(self, known_at: datetime | None, calculated_at: datetime | None) -> Agreements:
        """The tree as known at an instant, None is now; what was archived later still runs."""
        running = frozenset(
            one.id
            for one in self._schedules
            if one.archived_at and calculated_at and one.archived_at > calculated_at
        )
        if (known_at, running) not in self._seen:
            schedules = (
                replace(one, archived_at=None) if one.id in running else one
                for one in self._schedules
            )
            at = known_at or datetime.max.replace(tzinfo=UTC)
            forest = Forest(believed(self._links, at))
            self._seen[known_at, running] = _agreements(self.workspace, schedules, forest)
        return self._seen[known_at, running]


def history(tx: Connection, workspace: Workspace) -> History:
    """Everything that was ever agreed and believed in a workspace."""
    known = tuple(schedules.live(tx, workspace.id))
    return History(workspace, known, tuple(links.ever(tx, workspace.id)))


def all_of(tx: Connection, workspace: Workspace) -> Agreements:
    """Everything agreed in a workspace."""
    forest = Forest(links.everything(tx, workspace.id))
    return _agreements(workspace, schedules.live(tx, workspace.id), forest)


def around(tx: Connection, workspace: Workspace, schedule_ids: Collection[str]) -> Agreements:
    """What matters to a few schedules: with roll-up, all that was ever agreed below them."""
    known, concerned = _below(tx, workspace, schedule_ids, ())
    return _agreements(workspace, concerned.values(), Forest(known.values()))


def of_invoices(tx: Connection, workspace: Workspace, schedule_ids: Collection[str]) -> Agreements:
    """What matters to the invoices of a few schedules: what is around them, who joins, who pays."""
    ids = _joined(tx, workspace, schedule_ids)
    known, concerned = _below(tx, workspace, ids, ())
    _above(tx, workspace, known, concerned, ())
    return _agreements(workspace, concerned.values(), Forest(known.values()))


def around_moves(
    tx: Connection,
    workspace: Workspace,
    schedule_ids: Collection[str],
    moves: Mapping[CustomerId, Move],
) -> tuple[Agreements, Agreements]:
    """What matters to the invoices of a few schedules before customers move, and after.

    The same is agreed in both: only the tree is another.
    """
    ids = _joined(tx, workspace, schedule_ids)
    known, concerned = _below(tx, workspace, ids, moves)
    parents = {link.parent for one in moves.values() for link in one.added if link.parent}
    _above(tx, workspace, known, concerned, parents)
    return _moved(workspace, known, concerned, moves)


def paying(
    tx: Connection,
    workspace: Workspace,
    schedule_ids: Collection[str],
    moves: Mapping[CustomerId, Move],
) -> tuple[Agreements, Agreements]:
    """Who pays for a few schedules before customers move, and after; of pools it knows nothing."""
    known: dict[str, Link] = {}
    concerned = {one.id: one for one in schedules.some(tx, workspace.id, schedule_ids)}
    parents = {link.parent for one in moves.values() for link in one.added if link.parent}
    _above(tx, workspace, known, concerned, parents)
    return _moved(workspace, known, concerned, moves)


def _moved(
    workspace: Workspace,
    known: Mapping[str, Link],
    concerned: Mapping[str, Schedule],
    moves: Mapping[CustomerId, Move],
) -> tuple[Agreements, Agreements]:
    before = _agreements(workspace, concerned.values(), Forest(known.values()))
    gone = {link.id for one in moves.values() for link in one.superseded}
    links_after = [link for id, link in known.items() if id not in gone]
    links_after += [link for one in moves.values() for link in one.added]
    return before, replace(before, forest=Forest(links_after), _reaches={})


def _joined(tx: Connection, workspace: Workspace, schedule_ids: Collection[str]) -> set[str]:
    """The schedules, and all those that may have lines on an invoice of theirs."""
    if not joining.any_of(tx, workspace.id):
        return set(schedule_ids)
    tops = {one.customer for one in schedules.some(tx, workspace.id, schedule_ids)}
    return {*schedule_ids, *joining.below(tx, workspace.id, tops)}


def _above(
    tx: Connection,
    workspace: Workspace,
    known: dict[str, Link],
    concerned: dict[str, Schedule],
    parents: Collection[CustomerId],
) -> None:
    """Add the way up from what bills its parent and from ``parents``, and who may pay there."""
    starts = {one.customer for one in concerned.values() if one.bill_to is BillTo.PARENT}
    if not starts:
        return
    up = links.above(tx, workspace.id, starts.union(parents))
    known.update((link.id, link) for link in up)
    payers = {link.parent for link in up if link.parent}.union(parents)
    for one in schedules.of_customers(tx, workspace.id, payers):
        concerned.setdefault(one.id, one)


def _below(
    tx: Connection,
    workspace: Workspace,
    schedule_ids: Collection[str],
    roots: Collection[CustomerId],
) -> tuple[dict[str, Link], dict[str, Schedule]]:
    """The links below what the schedules roll up and below ``roots``, and all agreed there."""
    found = {one.id: one for one in schedules.some(tx, workspace.id, schedule_ids)}
    tops = {one.customer for one in found.values() if one.roll_up}.union(roots)
    known = {
        link.id: link
        for top in sorted(tops)
        for link in links.below(tx, workspace.id, top, BEGINNING)
    }
    concerned = {one.customer for one in found.values()}.union(roots)
    concerned |= {link.customer for link in known.values()}
    for one in schedules.of_customers(tx, workspace.id, concerned):
        found.setdefault(one.id, one)
    return known, found


def _agreements(workspace: Workspace, known: Iterable[Schedule], forest: Forest) -> Agreements:
    zone = ZoneInfo(workspace.timezone)
    by_id = {schedule.id: schedule for schedule in known}
    by_customer: defaultdict[CustomerId, list[Claim]] = defaultdict(list)
    hosts: defaultdict[CustomerId, list[Schedule]] = defaultdict(list)
    for schedule in by_id.values():
        by_customer[schedule.customer].extend(claims(schedule, zone))
        hosts[schedule.customer].append(schedule)
    claimed = {who: tuple(found) for who, found in by_customer.items()}
    return Agreements(workspace, zone, by_id, forest, claimed, hosts)


def _family(forest: Forest, root: CustomerId) -> set[CustomerId]:
    """``root`` and everyone who was ever below it."""
    found = {root}
    waiting = [root]
    while waiting:
        for link in forest.child_links(waiting.pop()):
            if link.customer not in found:
                found.add(link.customer)
                waiting.append(link.customer)
    return found
