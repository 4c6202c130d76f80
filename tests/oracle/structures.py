"""Prices of the oracle in the words of the API."""

from __future__ import annotations

from typing import Any

from tests.oracle.contracts import Price, Tier


def structure(price: Price) -> dict[str, Any]:
    """A price as the API says it."""
    said: dict[str, Any] = {"pricingType": price.model}
    match price.model:
        case "ONE_TIME" | "FIXED":
            return said | {"price": price.amount}
        case "LINEAR":
            return said | {"pricePerUnit": price.amount, "isPricePercentage": price.percentage}
        case "PACKAGE":
            return said | {"packageSize": price.size, "pricePerPackage": price.amount}
        case "GRADUATED":
            said["usageCalculationMode"] = price.mode
            if price.mode == "PERIODIC":
                said["usageCalculationPeriod"] = {"frequency": "MONTHLY", "interval": price.window}
        case "SEAT_BASED":
            said |= {
                "pricePerSeat": price.amount,
                "prorationStrategy": price.proration,
                "contractedMinimumSeats": price.least,
                "prorateFlatFees": price.prorates_fees,
            } | ({} if price.overages is None else {"overagesBillingFrequency": price.overages})
    return said | {"tiers": [_tier(tier) for tier in price.tiers]}


def _tier(tier: Tier) -> dict[str, Any]:
    said: dict[str, Any] = {
        "upperBound": tier.upper,
        "price": tier.price,
        "fee": tier.fee,
        "isPricePercentage": tier.percentage,
    }
    bounds = {"minPrice": tier.least, "maxPrice": tier.most}
    return said | {name: bound for name, bound in bounds.items() if bound is not None}
