"""The discounts and minimums of a phase: which charges they settle, and what they charge besides.

A line settles what it stands beside: each charge here says which others these are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from catchment.core.terms.discounts import Discount, DiscountType, SeatDiscountType
from catchment.core.terms.minimums import Minimum
from catchment.core.terms.pricing import Fixed, Price, SeatBased, SeatPart
from catchment.core.terms.schedules import EVERYONE, Charge, Frequency, Phase, PricedItem, Timing
from catchment.core.values.period import Period


def settled(phase: Phase, priced: Sequence[tuple[int, Charge]]) -> Iterator[tuple[int, Charge]]:
    """The charges of a phase, each with the place of its item, and what settles them: separate
    discounts at the place of what they reduce, minimums after all items.
    """
    own = _by_cycle(charge for _, charge in priced)
    together = _together(phase, own)
    for place, charge in priced:
        covering = [one for one in phase.discounts if _covers(one, charge)]
        if not covering:
            yield place, charge
            continue
        beside = together[_cycle(charge)]
        whole = replace(charge, beside=beside, discounts=phase.discounts)
        yield place, charge if all(one.separate for one in covering) else whole
        for one in covering:
            if one.separate:
                yield place, replace(whole, item=_discounted(charge.item, one), tiers_from=None)
    for place, minimum in enumerate(phase.minimums, len(phase.items)):
        for cycle, charged in own.items():
            covered = [one for one in charged if one.item.is_usage and minimum.covers(one.item.id)]
            if covered:
                beside = together[cycle]
                yield place, _settled_by(minimum, covered, beside=beside, phase=phase)


class _Cycle(NamedTuple):
    """What the charges share that discounts and minimums see together."""

    frequency: Frequency
    timing: Timing
    full: Period
    due_on: date
    event: str | None


def _cycle(charge: Charge) -> _Cycle:
    """Events are settled one by one: only percentages are taken off them."""
    full, due_on = charge.full, charge.due_on
    return _Cycle(charge.item.frequency, charge.timing, full, due_on, charge.event)


def _by_cycle(priced: Iterable[Charge]) -> dict[_Cycle, list[Charge]]:
    """The charges of each cycle."""
    found: dict[_Cycle, list[Charge]] = {}
    for charge in priced:
        found.setdefault(_cycle(charge), []).append(charge)
    return found


def _together(
    phase: Phase, found: Mapping[_Cycle, list[Charge]]
) -> dict[_Cycle, tuple[Charge, ...]]:
    """What each cycle's charges are settled with: all of them. A nominal discount of seats that are
    charged in parts is one amount off all parts: a later part comes with the cycles of the earlier
    ones.
    """
    nominal = [one for one in phase.discounts if one.type is DiscountType.NOMINAL]
    parts: dict[tuple[Frequency, Period], list[_Cycle]] = {}
    for cycle, own in found.items():
        if any(one.part and _covers(of, one) for of in nominal for one in own):
            parts.setdefault((cycle.frequency, cycle.full), []).append(cycle)
    together = {cycle: tuple(own) for cycle, own in found.items()}
    for cycles_of_seats in parts.values():
        before: tuple[Charge, ...] = ()
        for cycle in sorted(cycles_of_seats, key=lambda one: one.due_on):
            before = together[cycle] = (*before, *found[cycle])
    return together


def _covers(discount: Discount, charge: Charge) -> bool:
    """Whether a discount reduces a charge; of seats those that are charged."""
    price = charge.item.price
    contracted = isinstance(price, SeatBased) and price.apart
    match charge.part, discount.seats:
        case SeatPart.OVERAGES, SeatDiscountType.INCLUDED_SEATS_ONLY:
            return False
        case SeatPart.COMMITTED, SeatDiscountType.OVERAGE_SEATS_ONLY if contracted:
            return False
        case _:
            return discount.covers(charge.item.id)


def _discounted(item: PricedItem, discount: Discount) -> PricedItem:
    """What is charged less for ``item``, as a line of its own."""
    id = f"discount:{discount.id}:{item.id}"
    return _beside(item, id, discount.message.strip() or "Discount", discount, item.price)


def _settled_by(
    minimum: Minimum, covered: Sequence[Charge], *, beside: tuple[Charge, ...], phase: Phase
) -> Charge:
    """What is charged beyond the ``covered`` charges of a cycle, over all their days."""
    first = covered[0]
    return replace(
        first,
        item=_at_least(first.item, minimum),
        service=Period(first.service.start, max(one.service.end for one in covered)),
        tiers_from=None,
        beside=beside,
        discounts=phase.discounts,
    )


def _at_least(item: PricedItem, minimum: Minimum) -> PricedItem:
    """What is charged beyond the usage of ``item`` and of other prices."""
    least = Fixed(minimum.amount)
    return _beside(item, f"minimum:{minimum.id}", "Minimum", minimum, least)


def _beside(
    item: PricedItem, id: str, name: str, settles: Discount | Minimum, price: Price
) -> PricedItem:
    return replace(
        item,
        id=id,
        name=name,
        price=price,
        metric=None,
        metric_name=None,
        unit=None,
        scope=EVERYONE,
        settles=settles,
        settled_price=item.id,
    )
