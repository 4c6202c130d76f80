"""Discounts and minimums as they are asked for, and what they become in a phase."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from catchment.core.terms.discounts import Discount, DiscountType, SeatDiscountType
from catchment.core.terms.minimums import Minimum
from catchment.core.values.errors import Invalid
from catchment.core.values.ids import NewId
from catchment.flows.schedules.on_demand_terms import any_on_demand
from catchment.store.catalog.price_terms import Terms
from catchment.store.schedules.phase_terms import DiscountRecord, MinimumRecord

_Record = TypeVar("_Record", DiscountRecord, MinimumRecord)


@dataclass(frozen=True, slots=True)
class DiscountTerms:
    """A discount as it is asked for; ``prices`` may be list prices that the phase copies."""

    type: DiscountType
    amount: Decimal
    message: str
    separate: bool
    seats: SeatDiscountType | None
    prices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MinimumTerms:
    """A minimum as it is asked for; ``prices`` may be list prices that the phase copies."""

    amount: Decimal
    prices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhasePrices:
    """The prices of a phase by id, and which of them each id stands for that a body may name."""

    terms: Mapping[str, Terms]
    named: Mapping[str, str]


def check_discounts(at: str, asked: Sequence[DiscountTerms], prices: PhasePrices) -> None:
    """Refuse discounts of the phase at ``at`` that cannot be worked out. Raises Invalid."""
    for index, one in enumerate(asked):
        here = f"{at}/discounts/{index}"
        covered = prices_covered(f"{here}/restrictToPrices", one.prices, prices)
        if one.type is DiscountType.PERCENTAGE and one.amount > 1:
            message = "A percentage is a fraction of at most 1: 0.1 is 10 %."
            raise Invalid.field(f"{here}/amount", message)
        if one.type is DiscountType.NOMINAL and any_on_demand(covered):
            message = (
                "A nominal discount is one amount off a cycle, and prices on demand have none:"
                " restrict it to prices that recur, or make it a percentage."
            )
            raise Invalid.field(f"{here}/restrictToPrices", message)
        if one.type is DiscountType.NOMINAL and not _of_one_cadence(covered):
            message = (
                "A nominal discount is one amount off charges that fall due together: restrict it"
                " to prices of one billing frequency and type."
            )
            raise Invalid.field(f"{here}/restrictToPrices", message)


def check_minimums(at: str, asked: Sequence[MinimumTerms], prices: PhasePrices) -> None:
    """Refuse minimums of the phase at ``at`` that cannot be worked out. Raises Invalid."""
    for index, one in enumerate(asked):
        here = f"{at}/minimums/{index}/restrictToPrices"
        covered = prices_covered(here, one.prices, prices)
        used = [terms for terms in covered if terms.of_usage]
        if one.prices and len(used) < len(covered):
            raise Invalid.field(here, "Only usage prices count towards a minimum.")
        if not used:
            raise Invalid.field(here, "A minimum needs a usage price in its phase.")
        if any_on_demand(used):
            message = "A minimum is for one cycle, and prices on demand have none: leave them out."
            raise Invalid.field(here, message)
        if not _of_one_cadence(used):
            message = "A minimum is for one cycle: restrict it to prices of one billing frequency."
            raise Invalid.field(here, message)


def discounts_of(
    asked: Iterable[DiscountTerms],
    prices: PhasePrices,
    before: Sequence[DiscountRecord],
    *,
    now: datetime,
    new_id: NewId,
) -> tuple[DiscountRecord, ...]:
    """The discounts asked for; one that was there ``before``, in the same terms, is that one."""
    left = list(before)
    found: list[DiscountRecord] = []
    for one in asked:
        named = frozenset(prices.named[id] for id in one.prices)
        applied = Discount("", one.type, one.amount, one.message, one.separate, named, one.seats)
        known = _known(left, applied)
        found.append(known or DiscountRecord(replace(applied, id=new_id()), now, now))
    return tuple(found)


def minimums_of(
    asked: Iterable[MinimumTerms],
    prices: PhasePrices,
    before: Sequence[MinimumRecord],
    *,
    now: datetime,
    new_id: NewId,
) -> tuple[MinimumRecord, ...]:
    """The minimums asked for; one that was there ``before``, in the same terms, is that one."""
    left = list(before)
    found: list[MinimumRecord] = []
    for one in asked:
        applied = Minimum("", one.amount, frozenset(prices.named[id] for id in one.prices))
        known = _known(left, applied)
        found.append(known or MinimumRecord(replace(applied, id=new_id()), now, now))
    return tuple(found)


def _known(left: list[_Record], applied: Discount | Minimum) -> _Record | None:
    """The one in these terms, which is then no longer ``left``."""
    for place, one in enumerate(left):
        if replace(one.applied, id="") == applied:
            return left.pop(place)
    return None


def copied(
    discounts: Iterable[DiscountRecord],
    minimums: Iterable[MinimumRecord],
    *,
    now: datetime,
    new_id: NewId,
) -> tuple[tuple[DiscountRecord, ...], tuple[MinimumRecord, ...]]:
    """The same for another schedule that shares the prices."""
    return (
        tuple(
            replace(one, applied=replace(one.applied, id=new_id()), created_at=now, updated_at=now)
            for one in discounts
        ),
        tuple(
            replace(one, applied=replace(one.applied, id=new_id()), created_at=now, updated_at=now)
            for one in minimums
        ),
    )


def prices_covered(at: str, asked: Sequence[str], prices: PhasePrices) -> list[Terms]:
    """The prices that are named, or all. Raises Invalid."""
    for index, id in enumerate(asked):
        if id not in prices.named:
            raise Invalid.field(f"{at}/{index}", f"{id} is not a price of this phase.")
    ids = [prices.named[id] for id in asked] or list(prices.terms)
    return [prices.terms[id] for id in ids]


def _of_one_cadence(prices: Iterable[Terms]) -> bool:
    return len({(terms.frequency, terms.timing) for terms in prices}) <= 1
