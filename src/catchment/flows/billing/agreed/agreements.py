"""What was agreed and who belongs to whom: read once, asked by every invoice of a run.

Schedules are few and read whole. Of the tree only what is above the customers in question is read
(``among``): of a family of a million those who used nothing are never looked at. What says who pays
is there from the start: the way up from every customer whose schedule bills its parent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from catchment.core.due.claims import Claim, claims
from catchment.core.due.pools import Pool, PoolMember, pool
from catchment.core.families.hierarchy import CustomerId, Forest, Link, Move
from catchment.core.invoices.consolidation import Due, Hosts, Part, Payer, payer
from catchment.core.terms.schedules import BillTo, Charge, Schedule, Scope
from catchment.core.values.period import BEGINNING, Period, Span, first_instant, instant
from catchment.store.access import Workspace
from catchment.store.families import links
from catchment.store.schedules import joining, schedule_versions, schedules

_NO_TREE = Forest(())


class _Reach(NamedTuple):
    """The claims on usage among those whom a schedule can measure, and the pools made of them.

    Pools are the same for metrics that are claimed ``alike``: by metric the first one.
    """

    claims: tuple[Claim, ...]
    alike: Mapping[str, str]
    pools: dict[tuple[str, datetime, datetime, Scope | None], Pool]


@dataclass(frozen=True, slots=True)
class Agreements:
    """Schedules by id and by customer (``hosts``), the tree, and the claims on usage within it.

    Without ``complete`` the claims are those of ``schedules`` only. ``moves`` are not written down
    but taken for made.
    """

    workspace: Workspace
    zone: ZoneInfo
    schedules: Mapping[str, Schedule]
    forest: Forest
    claims: Mapping[CustomerId, tuple[Claim, ...]]
    hosts: Hosts
    complete: bool = True
    known_at: datetime | None = None
    moves: Mapping[CustomerId, Move] = field(default_factory=dict)
    _reaches: dict[str, _Reach] = field(default_factory=dict)
    _spans: dict[Period, Span] = field(default_factory=dict)

    def span(self, days: Period) -> Span:
        """The instants of days in the workspace's zone: a run asks for the same few ever again."""
        found = self._spans.get(days)
        if found is None:
            found = self._spans[days] = days.span(self.zone)
        return found

    def schedule(self, id: str) -> Schedule:
        """One of the schedules, by id. Raises NotFound."""
        found = self.schedules.get(id)
        if found is None:
            raise schedules.missing(id)
        return found

    def pool(
        self, schedule: Schedule, metric_id: str, span: Span, scope: Scope | None = None
    ) -> Pool:
        """Whose usage of a metric the prices of ``scope`` price; None stands for all prices."""
        reach = self._reach(schedule)
        alike = reach.alike.get(metric_id, metric_id)
        key = alike, span.start, span.end, scope
        found = reach.pools.get(key)
        if found is None:
            found = self._pool(reach.claims, schedule, alike, span, scope)
            reach.pools[key] = found
        return found

    def pool_once(
        self, schedule: Schedule, metric_id: str, span: Span, scope: Scope | None = None
    ) -> Pool:
        """The same for who asks for many and for each once: it is not kept."""
        return self._pool(self._claims_on(schedule), schedule, metric_id, span, scope)

    def _pool(
        self,
        found: Iterable[Claim],
        schedule: Schedule,
        metric_id: str,
        span: Span,
        scope: Scope | None,
    ) -> Pool:
        return pool(
            self.forest,
            found,
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

    def among(
        self, tx: Connection, customers: Collection[CustomerId], known: Collection[Link] = ()
    ) -> Agreements:
        """The same with the tree that ``customers`` stand in: they and everyone above them.

        A pool then has those of its members that are among them, exactly as it has in the whole
        tree. Of some customers all links are ``known``.
        """
        starts = {*customers, *_parents(self.moves)}
        above = links.above(tx, self.workspace.id, starts, self.known_at, known)
        found = _moved(above, self.moves)
        forest = Forest(found)
        if self.complete:
            return replace(self, forest=forest, _reaches={})
        everyone = starts.union(link.customer for link in found)
        others = schedules.of_customers(tx, self.workspace.id, everyone, known=self.schedules)
        claimed = _claims((*self.schedules.values(), *others), self.zone)
        return replace(self, forest=forest, claims=claimed, complete=True, _reaches={})

    def claimed_alike(self) -> dict[str, str]:
        """By metric the first that is claimed by the same schedules on the same terms."""
        return _alike(claim for own in self.claims.values() for claim in own)

    def _reach(self, schedule: Schedule) -> _Reach:
        """The claims on usage among those whom ``schedule`` can measure, and their pools."""
        reach = self._reaches.get(schedule.id)
        if reach is None:
            found = self._claims_on(schedule)
            reach = self._reaches[schedule.id] = _Reach(found, _alike(found), {})
        return reach

    def _claims_on(self, schedule: Schedule) -> tuple[Claim, ...]:
        """The claims on usage among those whom ``schedule`` can measure."""
        root = schedule.customer
        family = self.forest.linked_below(root) if schedule.roll_up else {root}
        few, many = sorted((family, self.claims.keys()), key=len)
        return tuple(claim for who in few if who in many for claim in self.claims[who])


@dataclass(frozen=True, slots=True)
class History:
    """All that was ever agreed in a workspace, to look at as of any time."""

    workspace: Workspace
    _schedules: tuple[Schedule, ...]
    _earlier: Mapping[str, Sequence[Schedule]]
    _seen: dict[Hashable, Agreements] = field(default_factory=dict)

    def as_known(
        self,
        known_at: datetime | None,
        calculated_at: datetime | None,
        versions: Mapping[str, int],
    ) -> Agreements:
        """With the tree as known at an instant, None is now; what was archived later still runs,
        and some schedules are what they were in their ``versions``.
        """
        running = frozenset(
            one.id
            for one in self._schedules
            if one.archived_at and calculated_at and one.archived_at > calculated_at
        )
        then = {
            one.id: one
            for id, version in versions.items()
            for one in self._earlier.get(id, ())
            if one.version == version
        }
        key = known_at, running, frozenset((one.id, one.version) for one in then.values())
        if key not in self._seen:
            schedules = (then.get(one.id, one) for one in self._schedules)
            schedules = (
                replace(one, archived_at=None) if one.id in running else one for one in schedules
            )
            found = replace(_agreements(self.workspace, schedules, _NO_TREE), known_at=known_at)
            self._seen[key] = found
        return self._seen[key]


def history(tx: Connection, workspace: Workspace) -> History:
    """Everything that was ever agreed in a workspace."""
    known = tuple(schedules.live(tx, workspace.id))
    return History(workspace, known, schedule_versions.all_of(tx, workspace.id, known))


def all_of(tx: Connection, workspace: Workspace) -> Agreements:
    """Everything agreed in a workspace, to be asked ``among`` some customers."""
    known = list(schedules.live(tx, workspace.id))
    return _agreements(workspace, known, Forest(links.above(tx, workspace.id, _joining(known))))


def of_invoices(tx: Connection, workspace: Workspace, schedule_ids: Collection[str]) -> Agreements:
    """A few schedules, who joins their invoices and who pays; to be asked ``among`` customers."""
    before, _ = around_moves(tx, workspace, schedule_ids, {})
    return before


def of_dues(workspace: Workspace, dues: Iterable[Due]) -> Agreements:
    """The schedules on planned invoices, to be asked ``among`` customers."""
    parts = (
        schedule
        for due in dues
        for schedule in (
            due.schedule,
            *(part.schedule for part in due.parts),
            *(one.schedule for one in due.adjusting),
        )
    )
    return replace(_agreements(workspace, parts, _NO_TREE), complete=False)


def around_moves(
    tx: Connection,
    workspace: Workspace,
    schedule_ids: Collection[str],
    moves: Mapping[CustomerId, Move],
) -> tuple[Agreements, Agreements]:
    """What matters to the invoices of a few schedules before customers move, and after.

    The same is agreed in both: only the tree is another.
    """
    ids = set(schedule_ids)
    if joining.any_of(tx, workspace.id):
        tops = {one.customer for one in schedules.some(tx, workspace.id, ids)}
        ids.update(joining.below(tx, workspace.id, tops))
    return paying(tx, workspace, ids, moves)


def paying(
    tx: Connection,
    workspace: Workspace,
    schedule_ids: Collection[str],
    moves: Mapping[CustomerId, Move],
) -> tuple[Agreements, Agreements]:
    """A few schedules and who pays for them, before customers move and after."""
    known = {one.id: one for one in schedules.some(tx, workspace.id, schedule_ids)}
    starts = _joining(known.values())
    up: Collection[Link] = ()
    if starts:
        up = links.above(tx, workspace.id, starts.union(_parents(moves)))
        above = {link.parent for link in up if link.parent}.union(_parents(moves))
        others = schedules.of_customers(tx, workspace.id, above, known=known)
        known |= {one.id: one for one in others}
    before = replace(_agreements(workspace, known.values(), Forest(up)), complete=False)
    return before, replace(before, forest=Forest(_moved(up, moves)), moves=moves, _reaches={})


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
    others = schedules.of_customers(tx, workspace.id, concerned, known=found)
    found |= {one.id: one for one in others}
    return _agreements(workspace, found.values(), Forest(known.values()))


def of_version(tx: Connection, agreed: Agreements, schedule_id: str, version: int) -> Agreements:
    """A few schedules, one of which is what it was in some ``version``."""
    assert not agreed.complete, agreed
    then = schedule_versions.earlier(tx, agreed.schedules[schedule_id])
    found = {one.id: one for one in then if one.version == version}
    return replace(agreed, schedules={**agreed.schedules, **found})


def _agreements(workspace: Workspace, known: Iterable[Schedule], forest: Forest) -> Agreements:
    zone = ZoneInfo(workspace.timezone)
    by_id = {schedule.id: schedule for schedule in known}
    hosts: defaultdict[CustomerId, list[Schedule]] = defaultdict(list)
    for schedule in by_id.values():
        hosts[schedule.customer].append(schedule)
    return Agreements(workspace, zone, by_id, forest, _claims(by_id.values(), zone), hosts)


def _claims(known: Iterable[Schedule], zone: ZoneInfo) -> Mapping[CustomerId, tuple[Claim, ...]]:
    by_customer: defaultdict[CustomerId, list[Claim]] = defaultdict(list)
    for schedule in known:
        by_customer[schedule.customer].extend(claims(schedule, zone))
    return {who: tuple(found) for who, found in by_customer.items()}


def _alike(found: Iterable[Claim]) -> dict[str, str]:
    """By metric the first of those that are in the same claims: on the same terms."""
    by_metric: defaultdict[str, list[int]] = defaultdict(list)
    for place, claim in enumerate(found):
        for metric_id in claim.metric_ids:
            by_metric[metric_id].append(place)
    first: dict[tuple[int, ...], str] = {}
    return {metric: first.setdefault(tuple(own), metric) for metric, own in by_metric.items()}


def _joining(known: Iterable[Schedule]) -> set[CustomerId]:
    """Whose schedules bill their parent."""
    return {one.customer for one in known if one.bill_to is BillTo.PARENT}


def _parents(moves: Mapping[CustomerId, Move]) -> set[CustomerId]:
    """Below whom customers move."""
    return {link.parent for one in moves.values() for link in one.added if link.parent}


def _moved(known: Collection[Link], moves: Mapping[CustomerId, Move]) -> Collection[Link]:
    """The links once customers have moved."""
    if not moves:
        return known
    gone = {link.id for one in moves.values() for link in one.superseded}
    added = [link for one in moves.values() for link in one.added]
    return [*(link for link in known if link.id not in gone), *added]
