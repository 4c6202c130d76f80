"""Whose usage is priced together: the nearest pool wins, so no event is ever billed twice.

At any instant the usage of a customer on a metric belongs to one schedule: the nearest one, going
up from the customer itself, that prices the metric and reaches the customer. A schedule reaches
its own customer; one with roll-up reaches everyone below, too, but for the customers it excludes
and whoever is below those. Within the schedule it belongs to the prices that name the nearest
customer, going up; where they name nobody on the way, to those that name nobody at all. Without
any of these the schedule does not reach the customer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from catchment.core.due.claims import Claim
from catchment.core.families.hierarchy import CustomerId, Forest, Membership, merged, within
from catchment.core.terms.schedules import EVERYONE, Scope
from catchment.core.values.period import Span, intersect, minus, union


class PoolMember(NamedTuple):
    """A customer whose usage counts during ``spans``; ``path`` leads to it from the payer."""

    customer: CustomerId
    spans: tuple[Span, ...]
    depth: int
    path: tuple[CustomerId, ...]


class Carve(NamedTuple):
    """A customer whose usage belongs to the schedule ``schedule_id`` during ``spans``."""

    customer: CustomerId
    spans: tuple[Span, ...]
    schedule_id: str


class Pool(NamedTuple):
    """Members and carved customers together are all that the schedule reaches and ``scope`` covers,
    each instant of each exactly once.
    """

    members: tuple[PoolMember, ...]
    carved: tuple[Carve, ...]


NO_POOL = Pool((), ())


class _Reach(NamedTuple):
    """A claim on whoever stands here, while it lasts; its prices of these ``scopes`` apply.

    Without any it claims nothing here, but may name somebody further down.
    """

    claim: Claim
    scopes: frozenset[Scope]


_Winners = tuple[tuple[str, tuple[Span, ...]], ...]
"""Schedules, each with the instants at which it has the usage. No instant is in two."""

_Visit = tuple[tuple[CustomerId, ...], tuple[Span, ...], tuple[_Reach, ...], _Winners | None]
"""A way down, when it stood, who reaches its end, and who wins there; None: to be found out."""


def pool(
    forest: Forest,
    claims: Iterable[Claim],
    *,
    schedule_id: str,
    customer: CustomerId,
    roll_up: bool,
    metric_id: str,
    span: Span,
    scope: Scope | None = None,
) -> Pool:
    """Whose usage of ``metric_id`` the schedule's prices of ``scope`` price during ``span``, and
    whose they would if no other schedule were nearer.

    ``claims`` are those of all live schedules, the schedule's own included: outside of them it has
    no pool. A scope of None stands for all that the schedule prices on the metric. Members are in
    no particular order. Without ``roll_up`` only the customer itself can be a member or carved out.
    """
    concerned = _by_customer(claims, metric_id, span)
    own = [
        claim
        for claim in concerned.get(customer, ())
        if claim.schedule_id == schedule_id and (scope is None or scope in claim.scopes)
    ]
    asked = intersect(union(claim.span for claim in own), span)
    leading = _leading(forest, own, scope)
    members: dict[CustomerId, Membership] = {}
    carved: dict[tuple[CustomerId, str], list[Span]] = {}
    waiting: list[_Visit] = [((customer,), asked, (), None)] if asked else []
    while waiting:
        path, spans, reaches, winners = waiting.pop()
        current = path[-1]
        here = concerned.get(current)
        if here is not None:
            reaches, winners = _reaching(current, here, reaches), None
        if winners is None:
            winners = _winners(reaches, _wanted(reaches, schedule_id, scope, spans))
        for winner, when in winners:
            if winner == schedule_id:
                visit = Membership(when, len(path) - 1, path)
                known = members.get(current)
                members[current] = visit if known is None else merged(known, visit)
            else:
                carved.setdefault((current, winner), []).extend(when)
        if roll_up:
            if here:
                reaches = tuple(one for one in reaches if one.claim.roll_up)
                winners = _winners(reaches, _wanted(reaches, schedule_id, scope, spans))
            for link in forest.child_links(current):
                if winners or link.customer in leading:
                    below = within(spans, link)
                    if below:
                        kept = winners if below is spans else None
                        waiting.append(((*path, link.customer), below, reaches, kept))
    return Pool(
        tuple(PoolMember(who, *member) for who, member in members.items()),
        tuple(Carve(who, union(spans), winner) for (who, winner), spans in carved.items()),
    )


def below(path: tuple[CustomerId, ...], members: Iterable[PoolMember]) -> tuple[PoolMember, ...]:
    """The members of a pool as seen from the first of ``path``, which leads to the pool's own."""
    above = path[:-1]
    if not above:
        return tuple(members)
    return tuple(
        member._replace(depth=member.depth + len(above), path=above + member.path)
        for member in members
    )


def _by_customer(
    claims: Iterable[Claim], metric_id: str, span: Span
) -> Mapping[CustomerId, Sequence[Claim]]:
    """The claims on one metric during ``span`` by customer; of one's, who comes first wins.

    Whoever is excluded or named by a claim is there too, mostly with none of its own: everybody
    else passes the claims from above on as they are.
    """
    found: dict[CustomerId, list[Claim]] = {}
    for claim in claims:
        overlaps = claim.span.start < span.end and span.start < claim.span.end
        if metric_id in claim.metric_ids and overlaps:
            found.setdefault(claim.customer, []).append(claim)
            for who in claim.exclusions.union(*claim.scopes):
                found.setdefault(who, [])
    for own in found.values():
        own.sort(key=lambda claim: (claim.started, claim.schedule_id))
    return found


def _leading(forest: Forest, own: Iterable[Claim], scope: Scope | None) -> set[CustomerId]:
    """Whom the prices of ``scope`` name, and everyone who was ever above those.

    Where those prices do not apply, they can apply again only further down on such a way.
    """
    scopes = {each for claim in own for each in claim.scopes} if scope is None else {scope}
    return forest.linked_above(EVERYONE.union(*scopes))


def _reaching(
    current: CustomerId, own: Sequence[Claim], above: Iterable[_Reach]
) -> tuple[_Reach, ...]:
    """The claims that reach a customer, nearest first: its own, and those from above."""
    nobody_named = frozenset({EVERYONE})
    reaches = [_Reach(claim, claim.scopes & nobody_named) for claim in own]
    reaches += [one for one in above if current not in one.claim.exclusions]
    return tuple(
        _Reach(claim, frozenset(scope for scope in claim.scopes if current in scope) or scopes)
        for claim, scopes in reaches
    )


def _wanted(
    reaches: Iterable[_Reach], schedule_id: str, scope: Scope | None, spans: tuple[Span, ...]
) -> tuple[Span, ...]:
    """When the schedule's prices of ``scope`` would apply if no other schedule were nearer."""
    parts = [
        intersect(spans, claim.span)
        for claim, scopes in reaches
        if claim.schedule_id == schedule_id and (scopes if scope is None else scope in scopes)
    ]
    return parts[0] if len(parts) == 1 else union(part for some in parts for part in some)


def _winners(reaches: Iterable[_Reach], wanted: tuple[Span, ...]) -> _Winners:
    """Who wins each instant of ``wanted``: the nearest whose prices apply."""
    found: list[tuple[str, tuple[Span, ...]]] = []
    for claim, scopes in reaches:
        if not wanted:
            break
        taken = intersect(wanted, claim.span) if scopes else ()
        if taken:
            found.append((claim.schedule_id, taken))
            wanted = () if taken is wanted else minus(wanted, taken)
    return tuple(found)
