"""What made the lines of a draft, kept to explain them and to recompute them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from catchment.core.due.pools import PoolMember
from catchment.core.families.hierarchy import CustomerId
from catchment.core.shares.breakdown import Basis, Measured
from catchment.core.terms.schedules import Charge, PricedItem
from catchment.core.usage.metering import Aggregation
from catchment.store.catalog import structures
from catchment.store.invoices.rows.evidence import Counted, Evidence, EvidenceMember, Standing
from catchment.store.invoices.rows.evidence_terms import Measuring, Terms
from catchment.store.once import once


class Explaining:
    """Makes the evidence of an invoice's lines, of which many have the same members."""

    def __init__(self) -> None:
        self._members: dict[tuple[int, int, int], Sequence[Standing]] = {}  # by identity
        self._known: dict[tuple[int, int, int], Standing] = {}

    def of(self, measured: Measured) -> Evidence:
        """What is kept of a line."""
        charge, usage, basis = measured.charge, measured.usage, measured.basis
        metric = charge.item.metric
        if metric is None:
            return Evidence(_terms(charge, None), None)
        assert basis is not None, measured
        terms = _terms(charge, basis)
        assert terms.measuring is not None, measured
        of_seats = metric.aggregation is Aggregation.SEATS
        figures, events = usage.members, usage.member_events
        counted = Counted(
            terms.measuring,
            basis.known_at,
            basis.last_seat if of_seats else basis.last_seq,
            tuple(
                [
                    EvidenceMember(one, figures[one.customer], events[one.customer])
                    for one in self._standing(measured.pool.members, basis)
                ]
            ),
            usage.reached,
            basis.before,
            usage.values if of_seats else (),
        )
        return Evidence(terms, counted)

    def _standing(self, members: Sequence[PoolMember], basis: Basis) -> Sequence[Standing]:
        key = id(members), id(basis.aliases), id(basis.links)
        found = self._members.get(key)
        if found is None:
            found = self._members[key] = [self._one(member, basis) for member in members]
        return found

    def _one(self, member: PoolMember, basis: Basis) -> Standing:
        key = id(member), id(basis.aliases), id(basis.links)
        found = self._known.get(key)
        if found is None:
            who = member.customer
            aliases, links = basis.aliases[who], basis.links[who]
            found = Standing(who, member.spans, aliases, member.depth, member.path, links)
            self._known[key] = found
        return found


_Key = tuple[date, date, int, tuple[datetime, datetime, frozenset[CustomerId]] | None]


def _terms(charge: Charge, basis: Basis | None) -> Terms:
    """The terms of a line; the lines of many invoices have the very same."""
    known, full = _of_item(charge.item), charge.full
    measured = None if basis is None else (basis.span.start, basis.span.end, basis.exclusions)
    key = full.start, full.end, charge.version, measured
    found = known.get(key)
    if found is None:
        found = known[key] = _made(charge, basis)
    return found


@once
def _of_item(item: PricedItem) -> dict[_Key, Terms]:  # noqa: ARG001 -- told by it
    return {}


def _made(charge: Charge, basis: Basis | None) -> Terms:
    item = charge.item
    measuring = None
    if item.metric is not None and basis is not None:
        scope, exclusions = tuple(sorted(item.scope)), tuple(sorted(basis.exclusions))
        measuring = Measuring(item.metric, item.metric_name, basis.span, scope, exclusions)
    structure = structures.dumped(item.price, item.metric.id if item.metric else None)
    named = item.name, item.frequency, item.timing
    return Terms(measuring, structure, *named, charge.full, charge.version)
