"""Whose usage is priced together: the nearest pool wins, so no event is ever billed twice.

At any instant the usage of a customer on a metric belongs to one schedule: the nearest one, going
up from the customer itself, that prices the metric and reaches the customer. A schedule reaches
its own customer; one with roll-up reaches everyone below, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from catchment.core.hierarchy import CustomerId, Forest, Membership, merged, within
from catchment.core.period import Span, intersect, minus, union
from catchment.core.schedules import Claim


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
    """Members and carved customers together are the family, each instant of each exactly once."""

    members: tuple[PoolMember, ...]
    carved: tuple[Carve, ...]


NO_POOL = Pool((), ())


Winners = tuple[tuple[str, tuple[Span, ...]], ...]
"""Schedules, each with the instants at which it has the usage. No instant is in two."""


def pool(
    forest: Forest,
    claims: Iterable[Claim],
    *,
    schedule_id: str,
    customer: CustomerId,
    roll_up: bool,
    metric_id: str,
    span: Span,
) -> Pool:
    """Whose usage of ``metric_id`` the schedule prices during ``span``, and whose it does not.

    ``claims`` are those of all live schedules, the schedule's own included: outside of them it has
    no pool. Members are in no particular order. Without ``roll_up`` only the customer itself can
    be a member or carved out.
    """
    on_metric = _by_customer(claims, metric_id)
    own = [claim.span for claim in on_metric[customer] if claim.schedule_id == schedule_id]
    asked = intersect(union(own), span)
    members: dict[CustomerId, Membership] = {}
    carved: defaultdict[tuple[CustomerId, str], list[Span]] = defaultdict(list)
    waiting: list[tuple[tuple[CustomerId, ...], tuple[Span, ...], Winners]] = []
    if asked:
        waiting.append(((customer,), asked, ()))
    while waiting:
        path, spans, above = waiting.pop()
        current = path[-1]
        rivals = on_metric.get(current, ())
        winners = _overlaid(above, rivals, spans)
        for winner, when in winners:
            if winner == schedule_id:
                visit = Membership(when, len(path) - 1, path)
                known = members.get(current)
                members[current] = visit if known is None else merged(known, visit)
            else:
                carved[current, winner].extend(when)
        if roll_up:
            if not all(rival.roll_up for rival in rivals):
                reaching = [rival for rival in rivals if rival.roll_up]
                winners = _overlaid(above, reaching, spans)
            for link in forest.child_links(current):
                below = within(spans, link)
                if below:
                    waiting.append(((*path, link.customer), below, winners))
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


def _by_customer(claims: Iterable[Claim], metric_id: str) -> defaultdict[CustomerId, list[Claim]]:
    """The claims on one metric; of one customer's, who comes first wins."""
    found: defaultdict[CustomerId, list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.metric_id == metric_id:
            found[claim.customer].append(claim)
    for own in found.values():
        own.sort(key=lambda claim: (claim.started, claim.schedule_id))
    return found


def _overlaid(above: Winners, nearer: Sequence[Claim], spans: tuple[Span, ...]) -> Winners:
    """Who wins each instant of ``spans``: the first of ``nearer`` to claim it, else ``above``."""
    if not nearer and len(above) == 1 and above[0][1] == spans:
        return above
    open_spans = spans
    found: list[tuple[str, tuple[Span, ...]]] = []
    for claim in nearer:
        taken = intersect(open_spans, claim.span)
        if taken:
            found.append((claim.schedule_id, taken))
            open_spans = minus(open_spans, taken)
    for winner, when in above:
        left = tuple(part for one in when for part in intersect(open_spans, one))
        if left:
            found.append((winner, left))
    return tuple(found)
