"""Pricing structures as JSON (the shapes of the API) and as the prices that ``core`` can apply."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, assert_never

from catchment.core.terms.pricing import (
    CalculationMode,
    Fixed,
    Graduated,
    Linear,
    OneTime,
    Package,
    Price,
    Proration,
    SeatBased,
    Tier,
    Volume,
    Window,
)
from catchment.core.terms.schedules import Frequency
from catchment.store.once import once

CALCULATION_PERIOD = "usageCalculationPeriod"
"""Beside the structure on the wire; kept within it, for it is a part of the price."""

_NAMES = {one.months: one.value for one in Frequency if one.recurs}


def parse(structure: Mapping[str, Any]) -> Price:  # noqa: PLR0911 -- one for each model
    """The price that a structure describes.

    Raises PriceInvalid or TiersInvalid, with pointers into the structure.
    """
    match structure["pricingType"]:
        case "ONE_TIME":
            return OneTime(_decimal(structure["price"]))
        case "FIXED":
            return Fixed(_decimal(structure["price"]))
        case "LINEAR":
            return Linear(_decimal(structure["pricePerUnit"]), structure["isPricePercentage"])
        case "PACKAGE":
            return Package(
                _decimal(structure["packageSize"]), _decimal(structure["pricePerPackage"])
            )
        case "VOLUME":
            return Volume(_tiers(structure))
        case "GRADUATED":
            mode = CalculationMode(structure["usageCalculationMode"])
            return Graduated(_tiers(structure), mode, _window(structure))
        case "SEAT_BASED":
            return SeatBased(
                _decimal(structure["pricePerSeat"]),
                _seat_tiers(structure),
                Proration(structure["prorationStrategy"]),
                structure["contractedMinimumSeats"],
                structure.get("overagesBillingFrequency"),
                structure["prorateFlatFees"],
            )
        case unknown:
            raise AssertionError(unknown)


@lru_cache(maxsize=20_000)
def parse_text(structure: str) -> Price:
    """The same of a structure's JSON text; copies of one list price share one value."""
    return parse(json.loads(structure))


def dump(price: Price, metric_id: str | None) -> dict[str, Any]:  # noqa: PLR0911 -- one for each model
    """The structure that describes ``price``; usage and seat prices have a metric, others None."""
    match price:
        case OneTime(amount):
            return {"pricingType": "ONE_TIME", "price": digits(amount)}
        case Fixed(amount):
            return {"pricingType": "FIXED", "price": digits(amount)}
        case Linear(amount, percentage):
            return {
                "pricingType": "LINEAR",
                "pricePerUnit": digits(amount),
                "usageMetricId": metric_id,
                "isPricePercentage": percentage,
            }
        case Package(size, amount):
            return {
                "pricingType": "PACKAGE",
                "packageSize": digits(size),
                "pricePerPackage": digits(amount),
                "usageMetricId": metric_id,
            }
        case Volume(tiers):
            return {
                "pricingType": "VOLUME",
                "usageMetricId": metric_id,
                "tiers": [_tier(tier) for tier in tiers],
            }
        case Graduated(tiers, mode, window):
            shown = {
                "pricingType": "GRADUATED",
                "usageMetricId": metric_id,
                "usageCalculationMode": mode.value,
                "tiers": [_tier(tier) for tier in tiers],
            }
            return shown if window is None else {**shown, CALCULATION_PERIOD: period_of(window)}
        case SeatBased():
            return _seats(price, metric_id)
        case never:
            assert_never(never)


def dumped(price: Price, metric_id: str | None) -> dict[str, Any]:
    """The same; of one and the same price it is one and the same structure, not to be changed."""
    known = _structures(price)
    if metric_id not in known:
        known[metric_id] = dump(price, metric_id)
    return known[metric_id]


@once
def _structures(price: Price) -> dict[str | None, dict[str, Any]]:  # noqa: ARG001 -- told by it
    return {}


def period_of(window: Window) -> dict[str, Any]:
    """How the API shows for how long tiers go on."""
    return {"frequency": _NAMES[window.months], "interval": window.times}


def digits(value: Decimal) -> str:
    """The digits as they were given, ``10.00`` for 10.00, without exponent or negative zero."""
    return format(value or abs(value), "f")


def _window(structure: Mapping[str, Any]) -> Window | None:
    period = structure.get(CALCULATION_PERIOD)
    if period is None:
        return None
    return Window(Frequency(period["frequency"]).months, period["interval"])


def _tiers(structure: Mapping[str, Any]) -> tuple[Tier, ...]:
    return tuple(
        Tier(
            upper=_optional(tier.get("upperBound")),
            price=_decimal(tier["price"]),
            fee=_optional(tier.get("fee")) or Decimal(0),
            percentage=tier["isPricePercentage"],
            min_price=_optional(tier.get("minPrice")),
            max_price=_optional(tier.get("maxPrice")),
        )
        for tier in structure["tiers"]
    )


def _seat_tiers(structure: Mapping[str, Any]) -> tuple[Tier, ...]:
    return tuple(
        Tier(
            upper=_optional(tier.get("upperBound")),
            price=_decimal(tier["price"]),
            fee=_optional(tier.get("fee")) or Decimal(0),
        )
        for tier in structure["tiers"]
    )


def _seats(price: SeatBased, metric_id: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "pricingType": "SEAT_BASED",
        "seatMetricId": metric_id,
        "pricePerSeat": digits(price.price_per_seat),
        "prorationStrategy": price.proration.value,
        "contractedMinimumSeats": price.minimum,
        "tiers": [
            {name: value for name, value in _tier(tier).items() if name != "isPricePercentage"}
            for tier in price.tiers
        ],
        "prorateFlatFees": price.prorate_fees,
    }
    if price.overages is not None:
        shown["overagesBillingFrequency"] = price.overages
    return shown


def _tier(tier: Tier) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "upperBound": None if tier.upper is None else digits(tier.upper),
        "price": digits(tier.price),
        "fee": digits(tier.fee),
        "isPricePercentage": tier.percentage,
    }
    if tier.min_price is not None:
        shown["minPrice"] = digits(tier.min_price)
    if tier.max_price is not None:
        shown["maxPrice"] = digits(tier.max_price)
    return shown


def _decimal(value: str | Decimal) -> Decimal:
    return Decimal(value)


def _optional(value: str | Decimal | None) -> Decimal | None:
    return None if value is None else Decimal(value)
