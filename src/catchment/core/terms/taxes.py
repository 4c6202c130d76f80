"""Tax: which rate a line has and why, what it comes to, and whose share of it is whose.

A rate is looked for once, when a line is calculated, and kept with the line. What was decided stays
decided: a rate that changes later applies to what is calculated later, and a line that adjusts an
earlier one is taxed as that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from catchment.core.values.money import Money, apportioned


class TaxStatus(StrEnum):
    """Whether a customer is taxed: as its place demands, not at all, or by its own declaration."""

    TAXED = "TAXED"
    TAX_EXEMPT = "TAX_EXEMPT"
    REVERSE_CHARGED = "REVERSE_CHARGED"


NOTES: Mapping[TaxStatus, str] = MappingProxyType(
    {
        TaxStatus.TAX_EXEMPT: "Exempt: the customer is exempt from tax.",
        # The very words that Council Directive 2006/112/EC, article 226 (11a), asks for.
        TaxStatus.REVERSE_CHARGED: "Reverse charge: the customer is liable for the tax.",
    }
)
"""What an invoice has to say where its customer is not taxed."""


class Reason(StrEnum):
    """Why a line has its rate, or none.

    SCHEDULE: its schedule names one for the price. GRANT: the credit grant that it sells names one.
    CATEGORY: that of the product's tax category
    where the customer is. DEFAULT: that of every category there. EXEMPT and REVERSE_CHARGED: the
    customer is. MISSING: no rate fits. AMBIGUOUS: several do. NOT_TAXED: the seller keeps no rates.
    """

    SCHEDULE = "SCHEDULE"
    GRANT = "GRANT"
    CATEGORY = "CATEGORY"
    DEFAULT = "DEFAULT"
    EXEMPT = "EXEMPT"
    REVERSE_CHARGED = "REVERSE_CHARGED"
    MISSING = "MISSING"
    AMBIGUOUS = "AMBIGUOUS"
    NOT_TAXED = "NOT_TAXED"


_UNDECIDED = frozenset({Reason.MISSING, Reason.AMBIGUOUS})


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A version of a rate as a line has it; ``fraction`` is 0 to 1, 0.2 being 20 %."""

    id: str
    version_id: str
    version: int
    name: str
    short_name: str
    fraction: Decimal


class PlacedRate(NamedTuple):
    """Where a rate holds: in a country or a ``region`` of it, for a category; None is for all."""

    rate: TaxRate
    country: str
    region: str | None = None
    category_id: str | None = None


@dataclass(frozen=True, slots=True)
class Taxation:
    """How a line is taxed. Only some reasons come with a rate."""

    reason: Reason
    rate: TaxRate | None = None

    @property
    def fraction(self) -> Decimal:
        """What of the net is tax."""
        return Decimal(0) if self.rate is None else self.rate.fraction

    @property
    def undecided(self) -> bool:
        """Whether a rate was looked for in vain."""
        return self.reason in _UNDECIDED


_FREE = {
    TaxStatus.TAX_EXEMPT: Reason.EXEMPT,
    TaxStatus.REVERSE_CHARGED: Reason.REVERSE_CHARGED,
}
NOT_TAXED = Taxation(Reason.NOT_TAXED)


@dataclass(frozen=True, slots=True)
class TaxTerms:
    """What decides the tax of all that one customer is invoiced.

    ``country`` and ``region`` are where it is; ``rates`` are all there are in force.
    """

    status: TaxStatus = TaxStatus.TAXED
    country: str = ""
    region: str | None = None
    rates: tuple[PlacedRate, ...] = ()

    def of(
        self, named: str | None, category_id: str | None, by: Reason = Reason.SCHEDULE
    ) -> Taxation:
        """How a price is taxed for which the schedule, or what it is named ``by``, has ``named`` a
        rate, and whose product has the category ``category_id``; either may be None.

        The named one wins, wherever it holds; one that is no longer in force is missed. Else the
        category is looked for before what holds for all, and the region before the country.
        """
        if self.status in _FREE:
            return Taxation(_FREE[self.status])
        if named is not None:
            found = [one.rate for one in self.rates if one.rate.id == named]
            return Taxation(by, found[0]) if found else Taxation(Reason.MISSING)
        if not self.rates:
            return NOT_TAXED
        own = [] if category_id is None else [(category_id, Reason.CATEGORY)]
        for category, reason in (*own, (None, Reason.DEFAULT)):
            rates = self._nearest(category)
            if len(rates) == 1:
                return Taxation(reason, rates[0])
            if rates:
                return Taxation(Reason.AMBIGUOUS)
        return Taxation(Reason.MISSING)

    def _nearest(self, category_id: str | None) -> list[TaxRate]:
        """The rates of a category in the customer's region; where it has none, in its country."""
        here = [
            one
            for one in self.rates
            if one.category_id == category_id and one.country == self.country
        ]
        region = _folded(self.region)
        regional = [one.rate for one in here if one.region and _folded(one.region) == region]
        return regional or [one.rate for one in here if not one.region]


def _folded(region: str | None) -> str:
    return (region or "").strip().casefold()


@lru_cache(maxsize=1_000)
def _ratio(fraction: Decimal | Fraction) -> tuple[int, int]:
    """It takes longer to find than the tax of a line, and few rates are taxed by."""
    return fraction.as_integer_ratio()


def tax_on(net: Money, fraction: Decimal | Fraction) -> Money:
    """The tax on an amount, rounded half away from zero."""
    return Money(minor_tax_on(net.minor, fraction), net.currency)


def minor_tax_on(minor: int, fraction: Decimal | Fraction) -> int:
    """The same in minor units: the one rounding of tax."""
    above, below = _ratio(fraction)
    size = (2 * abs(minor) * above + below) // (2 * below)
    return -size if minor < 0 else size


def tax_parts(parts: Sequence[int], fraction: Decimal, tax: Money) -> tuple[int, ...]:
    """The parts of ``tax`` that belong to the ``parts`` of the net that it is on.

    In minor units; they add up to the tax. Each is its exact part cut towards zero as seen from the
    whole, and the units that this leaves over go one each to the largest remainders, earliest
    first. So none is a unit or more from its exact part, whatever their signs.
    """
    above, below = _ratio(fraction)
    if sum(parts) >= 0:
        return tuple(apportioned(above, parts, below, tax.minor))
    return tuple([-part for part in apportioned(-above, parts, below, -tax.minor)])


@dataclass(slots=True)
class TaxSum:
    """What is taxed alike: the lines of one version of a rate, or of one reason to have none."""

    taxation: Taxation
    net: Money
    tax: Money


def by_rate(lines: Iterable[tuple[Taxation, Money, Money]]) -> list[TaxSum]:
    """Net and tax of lines (how they are taxed, net, tax) by rate, the highest rate first.

    For which of the reasons a line has its rate does not matter here.
    """
    found: dict[tuple[str, str | Reason], TaxSum] = {}
    for taxation, net, tax in lines:
        rate = taxation.rate
        key = ("reason", taxation.reason) if rate is None else ("rate", rate.version_id)
        known = found.setdefault(key, TaxSum(taxation, net - net, tax - tax))
        known.net += net
        known.tax += tax
    return sorted(found.values(), key=_place)


def _place(one: TaxSum) -> tuple[bool, Decimal, str, str]:
    rate = one.taxation.rate
    if rate is None:
        return True, Decimal(0), one.taxation.reason, ""
    return False, -rate.fraction, rate.name, rate.version_id


class Identity(NamedTuple):
    """What a tax authority calls somebody, in a country or in a state of it."""

    tax_id: str
    country: str
    state: str | None = None


Place = tuple[str, str | None]
"""A country, and a state of it where its addresses have one."""


def place_of(address: Mapping[str, str]) -> Place:
    """Where an address is for a tax authority."""
    return address.get("country", ""), address.get("state")


def identity(known: Sequence[Identity], *places: Place) -> str | None:
    """The tax id for the first of ``places`` (country, state) that has one.

    A state's own comes before its country's; of several the first is taken. Where no place has
    one, the only id that there is.
    """
    for country, state in places:
        here = [one for one in known if one.country == country]
        nearest = [one for one in here if one.state and one.state == state]
        found = nearest or [one for one in here if not one.state]
        if found:
            return found[0].tax_id
    return known[0].tax_id if len(known) == 1 else None
