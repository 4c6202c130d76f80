"""What became known too late: a charge billed for good, and the line that brings it up to date.

The lines in force of one charge always add up to what it costs by all that is known. So an
adjustment is not worked out from what came late: it is the charge priced whole, with the price, the
service and the pool that it had, less what its lines in force have billed. Nothing has to be known
of events that moved, were corrected or got a name only later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from catchment.core.allocation import METHODS, Parts, Share
from catchment.core.hierarchy import CustomerId
from catchment.core.money import EXACT, Money, exact_sum, total
from catchment.core.schedules import Charge, Schedule
from catchment.core.taxes import NOT_TAXED, Taxation

ORIGINAL = 0
"""The number of the line that billed a charge first; its adjustments count from 1."""


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A line of a charge on an invoice that was issued and is in force.

    ``shares`` are None where the whole line is the payer's; ``paths`` lead from the payer to
    whoever has one.
    """

    id: str
    number: int
    quantity: Decimal
    net: Money
    event_count: int
    shares: tuple[Share, ...] | None = None
    paths: Mapping[CustomerId, tuple[CustomerId, ...]] = field(default_factory=dict)
    taxation: Taxation = NOT_TAXED


@dataclass(frozen=True, slots=True)
class Deducted:
    """What an adjustment takes off: the lines ``line_ids``, and what they come to.

    ``number`` tells the adjustments of a charge apart. One that ``reverses`` takes back earlier
    adjustments of a charge whose own line was voided: that is billed whole again, by itself.
    """

    number: int
    line_ids: tuple[str, ...]
    quantity: Decimal
    net: Money
    event_count: int
    reverses: bool = False


@dataclass(frozen=True, slots=True)
class Adjusting:
    """A charge that may have to be adjusted, with its lines in force, by number.

    The adjustment stands where they stand: on an invoice of the schedule ``host_id``, for the
    first of ``path``, which leads down to the customer of ``schedule``.
    """

    schedule: Schedule
    charge: Charge
    path: tuple[CustomerId, ...]
    host_id: str
    number: int
    billed: tuple[BilledLine, ...]
    reverses: bool = False

    @property
    def payer(self) -> CustomerId:
        return self.path[0]

    @property
    def taxation(self) -> Taxation:
        """How the charge was taxed when it was billed first, and so is what adjusts it."""
        return self.billed[0].taxation if self.billed else NOT_TAXED

    @property
    def deducted(self) -> Deducted:
        currency = self.charge.item.currency
        return Deducted(
            self.number,
            tuple(line.id for line in self.billed),
            exact_sum(line.quantity for line in self.billed),
            total((line.net for line in self.billed), currency),
            sum(line.event_count for line in self.billed),
            self.reverses,
        )


class Standing(NamedTuple):
    """A line in force of some charge: its number, and for an adjustment what it deducted."""

    id: str
    number: int
    line_ids: tuple[str, ...] = ()
    reverses: bool = False


def up_to_date(lines: Sequence[Standing]) -> bool:
    """Whether the last of a charge's lines in force, by number, knew all the others.

    Then they add up to what it found, and only what came later can change that.
    """
    *before, last = lines
    known = {line.id for line in before}
    if last.number == ORIGINAL:
        return not known
    if last.reverses:
        known = {line.id for line in before if line.number != ORIGINAL}
    return set(last.line_ids) == known


def shares_less(
    shares: Sequence[Share] | None, billed: Iterable[BilledLine]
) -> tuple[Share, ...] | None:
    """What each member has in ``shares`` beyond what it has in the lines ``billed``, by customer.

    By each method they add up to the difference of the lines. Whose share and quantity stay as
    they were is left out. None where the whole line is the payer's.
    """
    if shares is None:
        return None
    found: dict[CustomerId, Share] = {one.customer: one for one in shares}
    for line in billed:
        for one in line.shares or ():
            known = found.get(one.customer, Share(one.customer, Decimal(0), (None,) * len(METHODS)))
            found[one.customer] = Share(
                one.customer, EXACT.subtract(known.quantity, one.quantity), _less(known, one)
            )
    return tuple(
        one for _, one in sorted(found.items()) if one.quantity or any(part for part in one.parts)
    )


def _less(one: Share, other: Share) -> Parts:
    return tuple(
        None if part is None and taken is None else (part or 0) - (taken or 0)
        for part, taken in zip(one.parts, other.parts, strict=True)
    )
