"""What a measurement read, told once for all answers that share it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from catchment.core.due.pools import Pool, PoolMember
from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.consolidation import Part
from catchment.core.shares.breakdown import Basis
from catchment.core.usage.metering import Member
from catchment.core.values.period import Period
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.agreed.onward import Naming

_Texts = dict[CustomerId, tuple[str, ...]]


class Read(NamedTuple):
    """Up to which instant and events everything was read."""

    known_at: datetime
    last_seq: int
    last_seat: int


class Bases:
    """The bases of answers, one for all that share a pool, a part and a service.

    These, and who is told of, must live as long as this does.
    """

    def __init__(self, agreed: Agreements, naming: Naming) -> None:
        self._agreed = agreed
        self._naming = naming
        self._known: dict[tuple[int, int], tuple[_Texts, _Texts]] = {}  # by identity
        self._bases: dict[tuple[int, int, int], Basis] = {}

    def of(
        self,
        part: Part,
        service: Period,
        pool: Pool,
        members: Iterable[PoolMember],
        before: tuple[Member, ...],
        read: Read,
    ) -> Basis:
        """All names of at least these ``members`` of a pool, the links that led to each, and what
        else was ``read``.
        """
        key = id(pool), id(part)
        told = self._known.get(key)
        if told is None:
            told = self._known[key] = {}, {}
        names, links = told
        missing = [member for member in members if member.customer not in names]
        if missing:
            above = self._agreed.links_above(part)
            for member in missing:
                who = member.customer
                names[who] = self._naming.aliases(who)
                links[who] = above + self._agreed.links(part.schedule, member)
        known = self._bases.get((*key, id(service)))
        if known is None or known.before != before:
            span = self._agreed.span(service)
            known = self._bases[(*key, id(service))] = Basis(
                span,
                names,
                links,
                read.last_seq,
                read.known_at,
                part.schedule.exclusions,
                before,
                read.last_seat,
            )
        return known
