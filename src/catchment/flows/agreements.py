"""What was agreed and who belongs to whom: read once, asked by every invoice of a run.

Schedules are few and read whole. Of the tree only what is above the customers in question is read
(``among``): of a family of a million those who used nothing are never looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.hierarchy import CustomerId, Forest, Link, Move
from catchment.core.period import BEGINNING, Span
from catchment.core.pools import Pool, PoolMember, pool
from catchment.core.schedules import Claim, Schedule, Scope, claims
from catchment.store import links, schedules
from catchment.store.access import Workspace

_NO_TREE = Forest(())


@dataclass(frozen=True, slots=True)
class Agreements:
    """Schedules by id, the tree, and the claims on usage within it.

    Without ``complete`` the claims are those of ``schedules`` only. ``moves`` are not written down
    but taken for made.
    """

    workspace: Workspace
    zone: ZoneInfo
    schedules: Mapping[str, Schedule]
    forest: Forest
    claims: Mapping[CustomerId, tuple[Claim, ...]]
    complete: bool = True
    known_at: datetime | None = None
    moves: Mapping[CustomerId, Move] = field(default_factory=dict)
    _reaches: dict[str, tuple[Claim, ...]] = field(default_factory=dict)

    def pool(
        self, schedule: Schedule, metric_id: str, span: Span, scope: Scope | None = None
    ) -> Pool:
        """Whose usage of a metric the prices of ``scope`` price; None stands for all prices."""
        rivals = self._reach(schedule)
        return pool(
            self.forest,
            rivals,
            schedule_id=schedule.id,
            customer=schedule.customer,
            roll_up=schedule.roll_up,
            metric_id=metric_id,
            span=span,
            scope=scope,
        )

    def links(self, schedule: Schedule, member: PoolMember) -> tuple[str, ...]:
        """The ids of the links that put a member of a pool below the schedule's customer."""
        found = self.forest.links_between(schedule.customer, member.customer, member.spans)
        return tuple(sorted(link.id for link in found))

    def among(self, tx: Connection, customers: Collection[CustomerId]) -> Agreements:
        """The same with the tree that ``customers`` stand in: they and everyone above them.

        A pool then has those of its members that are among them, exactly as it has in the whole
        tree.
        """
        starts = {*customers, *(link.parent for link in self._added() if link.parent)}
        found = links.above(tx, self.workspace.id, starts, self.known_at)
        if self.moves:
            gone = {link.id for one in self.moves.values() for link in one.superseded}
            found = [*(link for link in found if link.id not in gone), *self._added()]
        forest = Forest(found)
        if self.complete:
            return replace(self, forest=forest, _reaches={})
        everyone = starts.union(link.customer for link in found)
        known = {one.id: one for one in schedules.of_customers(tx, self.workspace.id, everyone)}
        claimed = _claims((known | {**self.schedules}).values(), self.zone)
        return replace(self, forest=forest, claims=claimed, complete=True, _reaches={})

    def _added(self) -> Iterator[Link]:
        return (link for one in self.moves.values() for link in one.added)

    def _reach(self, schedule: Schedule) -> tuple[Claim, ...]:
        """The claims on usage among those whom ``schedule`` can measure."""
        if schedule.id not in self._reaches:
            root = schedule.customer
            family = _family(self.forest, root) if schedule.roll_up else {root}
            few, many = sorted((family, self.claims.keys()), key=len)
            found = tuple(claim for who in few if who in many for claim in self.claims[who])
            self._reaches[schedule.id] = found
        return self._reaches[schedule.id]


@dataclass(frozen=True, slots=True)
class History:
    """All that was ever agreed in a workspace, to look at as of any time."""

    workspace: Workspace
    _schedules: tuple[Schedule, ...]
    _seen: dict[tuple[datetime | None, frozenset[str]], Agreements] = field(default_factory=dict)

    def as_known(self, known_at: datetime | None, calculated_at: datetime | None) -> Agreements:
        """With the tree as known at an instant, None is now; what was archived later still runs."""
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
            found = replace(_agreements(self.workspace, schedules, _NO_TREE), known_at=known_at)
            self._seen[known_at, running] = found
        return self._seen[known_at, running]


def history(tx: Connection, workspace: Workspace) -> History:
    """Everything that was ever agreed in a workspace."""
    return History(workspace, tuple(schedules.live(tx, workspace.id)))


def all_of(tx: Connection, workspace: Workspace) -> Agreements:
    """Everything agreed in a workspace, to be asked ``among`` some customers."""
    return _agreements(workspace, schedules.live(tx, workspace.id), _NO_TREE)


def of_schedules(
    tx: Connection,
    workspace: Workspace,
    schedule_ids: Collection[str],
    moves: Mapping[CustomerId, Move] | None = None,
) -> Agreements:
    """A few schedules, to be asked ``among`` some customers, once ``moves`` are made."""
    found = _agreements(workspace, schedules.some(tx, workspace.id, schedule_ids), _NO_TREE)
    return replace(found, complete=False, moves=moves or {})


def around(tx: Connection, workspace: Workspace, schedule_ids: Collection[str]) -> Agreements:
    """A few schedules with everyone they roll up and all that was ever agreed there."""
    found = {one.id: one for one in schedules.some(tx, workspace.id, schedule_ids)}
    tops = {one.customer for one in found.values() if one.roll_up}
    known = {
        link.id: link
        for top in sorted(tops)
        for link in links.below(tx, workspace.id, top, BEGINNING)
    }
    concerned = {one.customer for one in found.values()}
    concerned |= {link.customer for link in known.values()}
    for one in schedules.of_customers(tx, workspace.id, concerned):
        found.setdefault(one.id, one)
    return _agreements(workspace, found.values(), Forest(known.values()))


def _agreements(workspace: Workspace, known: Iterable[Schedule], forest: Forest) -> Agreements:
    zone = ZoneInfo(workspace.timezone)
    by_id = {schedule.id: schedule for schedule in known}
    return Agreements(workspace, zone, by_id, forest, _claims(by_id.values(), zone))


def _claims(known: Iterable[Schedule], zone: ZoneInfo) -> Mapping[CustomerId, tuple[Claim, ...]]:
    by_customer: defaultdict[CustomerId, list[Claim]] = defaultdict(list)
    for schedule in known:
        by_customer[schedule.customer].extend(claims(schedule, zone))
    return {who: tuple(found) for who, found in by_customer.items()}


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
