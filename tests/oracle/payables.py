"""The lines of an invoice in their order, and which of them are paid together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple

from tests.oracle.calendars import beginning
from tests.oracle.contracts import Contract, Line, LineKey, Phase, Price, Schedule
from tests.oracle.paying import Payable
from tests.oracle.usage import way_up

CATEGORIES = (None, "books", "food")
"""Of each there is one product, made in this order."""

_PARTS = ("", "COMMITTED", "OVERAGES")


class _Named(NamedTuple):
    """What a line is of: a ``price`` of a phase, a discount beside it, or a minimum.

    Each of these is the ``kind``-th, and among its own the ``number``-th. ``item`` is its place in the phase.
    """

    schedule: Schedule
    phase: int
    item: int
    kind: int
    number: int
    part: int
    price: Price
    late: bool

    @property
    def paid_with(self) -> tuple[object, ...]:
        """What tells apart what is paid together; it lacks the first day."""
        by_itself = self.number if self.kind == 2 else None
        return self.schedule.id, self.price.id, self.part, by_itself, self.late


Lines = Mapping[LineKey, Line]
"""Those of an invoice."""


def payables(contract: Contract, lines: Lines, beside: Mapping[LineKey, Lines]) -> list[Payable]:
    """What of an invoice credits can pay, in its order. ``beside`` is with which others each line stands."""
    found: dict[tuple[object, ...], Payable] = {}
    for key, named in _in_order(contract, lines, beside):
        line = lines[key]
        known = found.get((key[2], *named.paid_with))
        if known is not None:
            known.net += line.net
            known.tax += line.tax
            continue
        found[key[2], *named.paid_with] = Payable(
            key,
            named.schedule,
            None if named.kind == 2 else named.price.id,
            named.price.metric if named.kind == 0 and named.price.is_usage else None,
            Fraction(line.quantity),
            line.net,
            line.tax,
            line.rate,
            named.late,
        )
    return list(found.values())


def _in_order(
    contract: Contract, lines: Lines, beside: Mapping[LineKey, Lines]
) -> Iterator[tuple[LineKey, _Named]]:
    """The payer's own, those of customers below by the tree, then adjustments; each by products as they come up.

    What adjusts a line is of the same product, which is told by what stands beside that.
    """
    placed = []
    for key, line in lines.items():
        adjusted = key[0], key[1].partition(" adjusted ")[0], key[2]
        named = _named(contract, key, beside[adjusted])
        below = named.schedule.customer != line.invoice.payer
        whose = named.late, below, _way_down(contract, named.schedule, line)
        schedule = named.schedule.start, named.schedule.id
        place = (named.phase, named.item, key[2], named.part, named.kind, named.number)
        if named.late:
            product = CATEGORIES.index(named.price.category)
            of = key[2], line.until, product, named.kind, named.number, named.part
            placed.append((whose, (*schedule, *of), key, named))
        else:
            placed.append((whose, (*schedule, *place), key, named))
    placed.sort(key=lambda one: one[:2])
    for _, own in groupby(placed, key=lambda one: one[0]):
        products: dict[str | None, list[tuple[LineKey, _Named]]] = {}
        for _, _, key, named in own:
            products.setdefault(named.price.category, []).append((key, named))
        for together in products.values():
            yield from together


def _way_down(contract: Contract, schedule: Schedule, line: Line) -> tuple[int, ...]:
    """From who pays down to who is charged, by the tree of the due day."""
    at = beginning(line.due, contract.zone)
    way = way_up(contract, schedule.customer, at)
    if line.invoice.payer not in way:  # it was above when what is adjusted was billed
        return line.invoice.payer, schedule.customer
    return tuple(reversed(way[: way.index(line.invoice.payer) + 1]))


def _named(contract: Contract, key: LineKey, lines: Lines) -> _Named:
    """What the line of a name is of."""
    id, what, start = key
    what, late, _ = what.partition(" adjusted ")
    schedule = next(one for one in contract.schedules if one.id == id)
    prices = [price.id for phase in schedule.phases for price in phase.prices]
    for n, phase in enumerate(schedule.phases):
        if phase.start <= start and (phase.end is None or start <= phase.end):
            for called, item, kind, number, price in _names(phase, prices, start, lines):
                for part, suffix in enumerate(_PARTS):
                    if what == f"{called} {suffix}".strip():
                        return _Named(schedule, n, item, kind, number, part, price, bool(late))
    raise AssertionError(key)


def _names(
    phase: Phase, prices: list[str], start: object, lines: Lines
) -> Iterator[tuple[str, int, int, int, Price]]:
    """Everything that has a line in a phase: its name, place, kind, number, and the price that it is like."""
    for item, price in enumerate(phase.prices):
        made = prices.index(price.id)
        yield price.id, item, 0, made, price
        for place, discount in enumerate(phase.discounts):
            yield f"{discount.id} of {price.id}", item, 1, place, price
    for place, minimum in enumerate(phase.minimums, len(phase.prices)):
        covered = [
            one
            for one in phase.prices
            if one.is_usage and (not minimum.prices or one.id in minimum.prices)
        ]
        there = {what.partition(" adjusted ")[0] for _, what, day in lines if day == start}
        first = next((one for one in covered if one.id in there), covered[0])
        yield minimum.id, place, 2, place, first
