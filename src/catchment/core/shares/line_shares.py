"""What members have of a line: kept in columns, as it is worked out, and looked at one by one."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import repeat
from typing import NamedTuple

from catchment.core.families.hierarchy import CustomerId
from catchment.core.shares.allocation import METHODS, NOBODYS, Columns, Parts, columns
from catchment.core.terms.pricing import Price, Segment
from catchment.core.usage.metering import Usage
from catchment.core.values.money import Money

_NOTHING = Decimal(0)


class Share(NamedTuple):
    """What a member used of a line, and its parts of the net and of the tax; none is untaxed."""

    customer: CustomerId
    quantity: Decimal
    parts: Parts
    taxes: Parts = ()


@dataclass(frozen=True, slots=True)
class Shares:
    """What members have of the net of a line, and of its tax; of lines that are not taxed of none.

    What they ``used`` of it is nothing where it is not said. Each share is made when it is looked
    at: of a large family that is mostly a page.
    """

    of_net: Columns
    used: Mapping[CustomerId, Decimal]
    of_tax: Columns | None = None

    @classmethod
    def of(cls, shares: Collection[Share]) -> Shares:
        """Shares of a net that were made one by one."""
        used = {one.customer: one.quantity for one in shares}
        return cls(Columns.of({one.customer: one.parts for one in shares}), used)

    @classmethod
    def whole(cls, customer: CustomerId, quantity: Decimal, net: Money) -> Shares:
        """The one share of a line that is all of one member's, by whatever method."""
        parts = dict.fromkeys(METHODS, (net.minor,))
        return cls(Columns((customer,), parts), {customer: quantity})

    @property
    def customers(self) -> Sequence[CustomerId]:
        return self.of_net.customers

    @property
    def counts(self) -> tuple[int, ...]:
        """How many there are by each of METHODS."""
        columns = (self.of_net.parts.get(method, ()) for method in METHODS)
        return tuple([len(own) - own.count(None) for own in columns])

    def __len__(self) -> int:
        return len(self.customers)

    def __iter__(self) -> Iterator[Share]:
        return self.among(frozenset(self.customers))

    def among(self, wanted: Container[CustomerId]) -> Iterator[Share]:
        """Those of the customers ``wanted``."""
        of_tax = repeat(()) if self.of_tax is None else self.of_tax.rows
        for who, parts, taxes in zip(self.customers, self.of_net.rows, of_tax, strict=False):
            if who in wanted:
                yield Share(who, self.used.get(who, _NOTHING), parts, taxes)

    def taxed(self, fraction: Decimal, tax: Money) -> Shares:
        """With those of the line's ``tax``, which is ``fraction`` of its net."""
        return replace(self, of_tax=self.of_net.taxes(fraction, tax)) if fraction else self


NO_SHARES = Shares(NOBODYS, {})


def shares(
    net: Money, price: Price, segments: Sequence[Segment], usage: Usage
) -> tuple[Share, ...]:
    """The members' shares of a usage line, by customer id; who has no share is left out."""
    return tuple(Shares(columns(net, price, segments, usage).sharing, usage.members))
