"""Who belongs to whom, and when: the dated customer forest.

A link says whose child a customer is from one instant to another; without a link it stands at the
top. Links are the truth. ``Forest`` answers what billing asks of them: who was below a customer,
for exactly which stretches of time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from typing import NamedTuple

from catchment.core.values.errors import HierarchyCycle, HierarchyTooDeep, LinkOverlap, OwnParent
from catchment.core.values.ids import NewId
from catchment.core.values.period import BEGINNING, FOREVER, Span, intersect, minus, union

CustomerId = str

Way = tuple[tuple[CustomerId, ...], tuple[Span, ...]]
"""Customers one below (or above) the other, and when they were."""

MAX_LEVELS = 64
"""How many customers a way from the top to the bottom of a family may have."""


@dataclass(frozen=True, slots=True)
class Link:
    """``customer`` is a child of ``parent`` (None: stands at the top) from ``start`` until ``end``.

    ``recorded_at`` is when we learnt it, ``superseded_at`` when we learnt better. Links of one
    customer that are believed at one time never overlap.
    """

    id: str
    customer: CustomerId
    parent: CustomerId | None
    start: datetime
    end: datetime | None
    recorded_at: datetime
    reason: str | None = None
    superseded_at: datetime | None = None

    @property
    def until(self) -> datetime:
        """``end``, where FOREVER stands for None."""
        return FOREVER if self.end is None else self.end

    @property
    def span(self) -> Span:
        return Span(self.start, self.until)


class Membership(NamedTuple):
    """When a customer belonged to a family, and where: as of the last of its ``spans``.

    ``path`` leads from the root to the customer itself; ``depth`` is 0 for the root.
    """

    spans: tuple[Span, ...]
    depth: int
    path: tuple[CustomerId, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """What to write down for a move: new links, and those to mark as superseded (they say when)."""

    superseded: tuple[Link, ...] = ()
    added: tuple[Link, ...] = ()


class Stay(NamedTuple):
    """A place in the tree: below ``parent`` (None: at the top) from ``start`` on."""

    start: datetime
    parent: CustomerId | None


_NO_MOVE = Move()


def believed(links: Iterable[Link], at: datetime) -> Iterator[Link]:
    """The links that we took to be true at the instant ``at``."""
    return (
        link
        for link in links
        if link.recorded_at <= at and (link.superseded_at is None or at < link.superseded_at)
    )


class Forest:
    """All families of a workspace, through all time, from links believed at one time."""

    def __init__(self, links: Iterable[Link]) -> None:
        self._links: defaultdict[CustomerId, list[Link]] = defaultdict(list)
        self._children: defaultdict[CustomerId, list[Link]] = defaultdict(list)
        for link in links:
            self._links[link.customer].append(link)
            if link.parent is not None:
                self._children[link.parent].append(link)

    def links(self, customer: CustomerId) -> Sequence[Link]:
        """Where the customer itself stood, in no particular order."""
        return self._links.get(customer, ())

    def child_links(self, parent: CustomerId) -> Sequence[Link]:
        """Who stood directly below ``parent`` at any time, in no particular order."""
        return self._children.get(parent, ())

    def parent(self, customer: CustomerId, at: datetime) -> CustomerId | None:
        """Whose child the customer is at that instant; None at the top."""
        return next((link.parent for link in self.links(customer) if _covers(link, at)), None)

    def ancestors(self, customer: CustomerId, at: datetime) -> tuple[CustomerId, ...]:
        """Everyone above the customer, root first."""
        found: list[CustomerId] = []
        above = self.parent(customer, at)
        while above is not None:
            assert above not in found, (customer, at)
            found.append(above)
            above = self.parent(above, at)
        return tuple(reversed(found))

    def children(self, parent: CustomerId, at: datetime) -> tuple[CustomerId, ...]:
        """Who stands directly below at that instant, by id."""
        return tuple(sorted(ln.customer for ln in self.child_links(parent) if _covers(ln, at)))

    def links_between(
        self, root: CustomerId, customer: CustomerId, spans: Iterable[Span]
    ) -> tuple[Link, ...]:
        """The links on every way from ``customer`` up to ``root`` that held during ``spans``.

        In no particular order, each once; none for the root itself.
        """
        found: dict[str, Link] = {}
        waiting = [(customer, tuple(spans))]
        while waiting:
            who, when = waiting.pop()
            if who == root:
                continue
            for link in self.links(who):
                held = within(when, link)
                if link.parent is not None and held:
                    found[link.id] = link
                    waiting.append((link.parent, held))
        return tuple(found.values())

    def subtree(self, root: CustomerId, at: datetime) -> frozenset[CustomerId]:
        """``root`` and everyone below it at that instant."""
        found = {root}
        waiting = [root]
        while waiting:
            for link in self.child_links(waiting.pop()):
                if _covers(link, at):
                    assert link.customer not in found, (root, at)
                    found.add(link.customer)
                    waiting.append(link.customer)
        return frozenset(found)

    def linked_above(self, customers: Iterable[CustomerId]) -> set[CustomerId]:
        """Some customers and all that links lead up to, whether or not those held at one time."""
        return _reached(customers, lambda who: (link.parent for link in self.links(who)))

    def linked_below(self, root: CustomerId) -> set[CustomerId]:
        """``root`` and all that links lead down to, whether or not those held at one time."""
        return _reached([root], lambda who: (link.customer for link in self.child_links(who)))

    def members(self, root: CustomerId, span: Span) -> Mapping[CustomerId, Membership]:
        """Everyone who was ``root`` or below it at some instant of ``span``, and exactly when."""
        found: dict[CustomerId, Membership] = {}
        whole = union([span])
        waiting: list[Way] = [((root,), whole)] if whole else []
        while waiting:
            path, spans = waiting.pop()
            customer = path[-1]
            visit = Membership(spans, len(path) - 1, path)
            known = found.get(customer)
            found[customer] = visit if known is None else merged(known, visit)
            for link in self.child_links(customer):
                below = within(spans, link)
                if below:
                    assert link.customer not in path, (link, path)
                    waiting.append(((*path, link.customer), below))
        return found


def _reached(
    starts: Iterable[CustomerId], next_of: Callable[[CustomerId], Iterable[CustomerId | None]]
) -> set[CustomerId]:
    """The ``starts`` and all that they lead to, step by step."""
    found = set(starts)
    waiting = list(found)
    while waiting:
        for one in next_of(waiting.pop()):
            if one is not None and one not in found:
                found.add(one)
                waiting.append(one)
    return found


def within(spans: tuple[Span, ...], link: Link) -> tuple[Span, ...]:
    """The parts of ``spans`` (sorted, not empty) during which ``link`` holds."""
    if link.start <= spans[0].start and (link.end is None or spans[-1].end <= link.end):
        return spans  # the usual case: a million children then share one tuple
    return intersect(spans, link.span)


def merged(a: Membership, b: Membership) -> Membership:
    """One membership of a customer that was below ``root`` in two places, at different times."""
    later = max(a, b, key=lambda one: one.spans[-1].end)
    return Membership(union((*a.spans, *b.spans)), later.depth, later.path)


def move(
    links: Sequence[Link],
    customer: CustomerId,
    parent: CustomerId | None,
    at: datetime,
    *,
    recorded_at: datetime,
    new_id: NewId,
    reason: str | None = None,
) -> Move:
    """Make ``customer`` a child of ``parent`` from ``at`` on for good.

    ``links`` are its own, as believed now. The newest word wins: what was already recorded for
    later is superseded, and the link that covers ``at`` now ends there. Where nothing would
    change, the move is empty.
    """
    changed = sorted((ln for ln in links if ln.until > at), key=lambda link: link.start)
    if _stays(changed, parent, at):
        return Move()
    cut = tuple(
        replace(link, id=new_id(), end=at, recorded_at=recorded_at)
        for link in changed
        if link.start < at
    )
    new = Link(new_id(), customer, parent, at, None, recorded_at, reason)
    superseded = tuple(replace(link, superseded_at=recorded_at) for link in changed)
    return Move(superseded, (*cut, new))


def settle(
    links: Sequence[Link],
    customer: CustomerId,
    stays: Sequence[Stay],
    *,
    recorded_at: datetime,
    new_id: NewId,
) -> Move:
    """Make ``stays`` (by start, at least one) the places of ``customer`` from the first on.

    ``links`` are its own, as believed now. Like so many moves one after the other, except that
    what is known already stays as it is: only what comes after the first difference is written.
    """
    if len(stays) == 1:  # the usual case, a million times in a large file
        (stay,) = stays
        if not links and stay.parent is None:
            return _NO_MOVE
        if not links:
            return Move((), (Link(new_id(), customer, stay.parent, stay.start, None, recorded_at),))
        if len(links) == 1 and _holds_on(links[0], stay):
            return _NO_MOVE
    known = _places(
        (ln.start, ln.until, ln.parent) for ln in sorted(links, key=lambda ln: ln.start)
    )
    first = stays[0].start
    wanted = _merged([*(stay for stay in known if stay.start < first), *stays])
    same = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(known, wanted, strict=False))
    )
    rest = [*known[same : same + 1], *wanted[same : same + 1]]
    if not rest:
        return _NO_MOVE
    at = min(stay.start for stay in rest)
    changed = [link for link in links if link.until > at]
    cut = [
        replace(link, id=new_id(), end=at, recorded_at=recorded_at)
        for link in changed
        if link.start < at
    ]
    new = wanted[same:]
    if not new or new[0].start > at:
        new = [Stay(at, wanted[same - 1].parent), *new]
    ends = [*(stay.start for stay in new[1:]), None]
    added = [
        Link(new_id(), customer, stay.parent, stay.start, end, recorded_at)
        for stay, end in zip(new, ends, strict=True)
        if stay.parent is not None or stay.start > BEGINNING
    ]
    return Move(tuple(replace(ln, superseded_at=recorded_at) for ln in changed), (*cut, *added))


def _holds_on(link: Link, stay: Stay) -> bool:
    return link.parent == stay.parent and link.end is None and link.start <= stay.start


def _places(spans: Iterable[tuple[datetime, datetime, CustomerId | None]]) -> list[Stay]:
    """Where somebody stands from BEGINNING on, at the top wherever nothing is said."""
    found = [Stay(BEGINNING, None)]
    for start, end, parent in spans:
        found += (Stay(start, parent), Stay(end, None)) if end < FOREVER else (Stay(start, parent),)
    return _merged(found)


def _merged(stays: Sequence[Stay]) -> list[Stay]:
    """The same places without those that change nothing; of one instant the last one counts."""
    found: list[Stay] = []
    for stay in stays:
        if found and found[-1].start == stay.start:
            found.pop()
        if not found or found[-1].parent != stay.parent:
            found.append(stay)
    return found


def check(forest: Forest, link: Link) -> None:
    """Refuse ``link``, which is part of ``forest``, where the tree would not be one.

    Raises OwnParent, LinkOverlap, HierarchyCycle (at any instant of the link's life) and
    HierarchyTooDeep, each naming the customers.
    """
    if link.parent == link.customer:
        raise OwnParent(f"{link.customer} cannot be its own parent.")
    for other in forest.links(link.customer):
        if other.id != link.id and other.start < link.until and link.start < other.until:
            raise LinkOverlap(
                f"{link.customer} already has a place from {other.start.isoformat()}"
                f" until {other.end.isoformat() if other.end else 'further notice'}."
            )
    if link.parent is not None:
        above = tuple(_ways_up(forest, link))
        _check_depth(forest, link, above)


def _stays(changed: Sequence[Link], parent: CustomerId | None, at: datetime) -> bool:
    """Whether the customer is ``parent``'s child at ``at`` and ever after already."""
    if any(link.parent != parent for link in changed):
        return False
    return parent is None or not minus([Span(at, FOREVER)], (link.span for link in changed))


def _covers(link: Link, at: datetime) -> bool:
    return link.start <= at and (link.end is None or at < link.end)


def _ways_up(forest: Forest, link: Link) -> Iterator[Way]:
    """Who is above the link's customer, nearest first, for each stretch of the link's life.

    A way that goes on upwards is given as well as the longer ones it is part of.
    """
    assert link.parent is not None, link
    waiting: list[Way] = [((link.parent,), union([link.span]))]
    while waiting:
        way, spans = waiting.pop()
        yield way, spans
        for upward in forest.links(way[-1]):
            over = within(spans, upward)
            if upward.parent is None or not over:
                continue
            if upward.parent == link.customer or upward.parent in way:
                names = " > ".join((upward.parent, *reversed(way), link.customer))
                raise HierarchyCycle(
                    f"A customer would be below itself from {over[0].start.isoformat()} on: {names}"
                )
            waiting.append(((*way, upward.parent), over))


def _check_depth(forest: Forest, link: Link, above: Sequence[Way]) -> None:
    """Refuse the link where the ways up and down at one instant are too long together."""
    longest = max(len(way) for way, _ in above)
    waiting = [(link.customer, 1, union([link.span]))]
    while waiting:
        customer, levels, spans = waiting.pop()
        if levels + longest > MAX_LEVELS:
            for way, when in above:
                if levels + len(way) > MAX_LEVELS and any(intersect(when, s) for s in spans):
                    raise HierarchyTooDeep(
                        f"{customer} would be more than {MAX_LEVELS} levels below {way[-1]}."
                    )
        for child in forest.child_links(customer):
            below = within(spans, child)
            if below:
                waiting.append((child.customer, levels + 1, below))
