"""The price models, a closed union. A price that could not be applied cannot be made."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import assert_never

from catchment.core.terms.pricing.seats import SeatBased, SeatPart
from catchment.core.terms.pricing.tiers import Step, Sums, Tier, check_bounds, check_steps, steps
from catchment.core.values.errors import FieldError, PriceInvalid

_PERCENTAGE = attrgetter("percentage")


class CalculationMode(StrEnum):
    """Which usage moves a graduated price through its tiers."""

    BILLING_PERIOD = "BILLING_PERIOD"
    CUMULATIVE = "CUMULATIVE"
    PERIODIC = "PERIODIC"


@dataclass(frozen=True, slots=True)
class Window:
    """For how long tiers go on: ``times`` times so many ``months``."""

    months: int
    times: int = 1

    def __post_init__(self) -> None:
        assert self.months > 0, self
        assert self.times > 0, self

    @property
    def whole(self) -> int:
        """The months of all of it."""
        return self.months * self.times


@dataclass(frozen=True, slots=True)
class OneTime:
    """``price`` once."""

    price: Decimal


@dataclass(frozen=True, slots=True)
class Fixed:
    """``price`` every cycle, by days where a cycle is cut."""

    price: Decimal


@dataclass(frozen=True, slots=True)
class Linear:
    """The same for every unit; where ``percentage``, a fraction of the usage (0.05 is 5 %)."""

    price_per_unit: Decimal
    percentage: bool = False


@dataclass(frozen=True, slots=True)
class Package:
    """Whole packages of ``size`` units, the last one however little of it is used."""

    size: Decimal
    price_per_package: Decimal

    def __post_init__(self) -> None:
        if self.size <= 0:
            message = "A package must hold more than 0 units."
            error = FieldError("/packageSize", PriceInvalid.code, message)
            raise PriceInvalid(message, errors=(error,))


@dataclass(frozen=True, slots=True)
class Volume:
    """The tier that the whole usage falls into prices every unit. Raises TiersInvalid.

    Its ``steps`` are made once: it is applied to many quantities.
    """

    tiers: tuple[Tier, ...]
    steps: tuple[Step, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_steps(self.tiers)
        check_bounds(self.tiers, allowed=True)
        object.__setattr__(self, "steps", steps(self.tiers))


@dataclass(frozen=True, slots=True)
class Graduated:
    """Every tier prices only the units inside it. Raises TiersInvalid, PriceInvalid.

    BILLING_PERIOD begins every period in the first tier. CUMULATIVE goes on, from one period of a
    phase to the next, where the one before ended. PERIODIC does so until the next ``window``
    begins, counted from the start of the phase; only it has one. As of a volume price, its
    ``steps`` are made once, as is what works out ``sums``.
    """

    tiers: tuple[Tier, ...]
    mode: CalculationMode = CalculationMode.BILLING_PERIOD
    window: Window | None = None
    steps: tuple[Step, ...] = field(init=False, repr=False, compare=False)
    sums: Sums = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_steps(self.tiers)
        check_bounds(self.tiers, allowed=False)
        object.__setattr__(self, "steps", steps(self.tiers))
        object.__setattr__(self, "sums", Sums(self.tiers))
        if (self.mode is CalculationMode.PERIODIC) != (self.window is not None):
            message = "PERIODIC needs a usageCalculationPeriod, and nothing else has one."
            error = FieldError("/usageCalculationMode", PriceInvalid.code, message)
            raise PriceInvalid(message, errors=(error,))


Price = OneTime | Fixed | Linear | Package | Volume | Graduated | SeatBased


def needs_values(price: Price) -> bool:
    """Whether ``rate`` must know the value of every event, or the seats of every day."""
    match price:
        case Volume(tiers=tiers):
            return any(tier.bounded for tier in tiers)
        case SeatBased():
            return True
        case _:
            return False


def within(price: Price, cycle_days: int, part: str = SeatPart.ALL) -> Price:
    """The price as it applies to a service within a full cycle of so many days.

    Of a seat price ``part`` is the ``SeatPart`` charged; to others it says nothing.
    """
    if isinstance(price, SeatBased):
        return replace(price, cycle_days=cycle_days, part=SeatPart(part))
    return price


def continues(price: Price) -> bool:
    """Whether what was used before a period moves the tiers in it."""
    return isinstance(price, Graduated) and price.mode is not CalculationMode.BILLING_PERIOD


def bounds(price: Price) -> tuple[Decimal, ...]:
    """Where usage passes from one rate to the next as it grows; a volume price has one rate."""
    if isinstance(price, Graduated | SeatBased):
        return tuple(tier.upper for tier in price.tiers if tier.upper is not None)
    return ()


def is_percentage(price: Price) -> bool:
    """Whether all its rates are fractions of the usage rather than money for a unit."""
    match price:
        case Linear(percentage=percentage):
            return percentage
        case Volume(tiers=tiers) | Graduated(tiers=tiers):
            return all(map(_PERCENTAGE, tiers))
        case OneTime() | Fixed() | Package() | SeatBased():
            return False
        case never:
            assert_never(never)


def first_rate(price: Price) -> Decimal:
    """The rate that the first unit would have: what is shown where nothing was used."""
    match price:
        case OneTime(amount) | Fixed(amount) | Linear(amount) | Package(_, amount):
            return amount
        case Volume(tiers=tiers) | Graduated(tiers=tiers):
            return tiers[0].price
        case SeatBased():
            return price.steps[0].tier.price
        case never:
            assert_never(never)
