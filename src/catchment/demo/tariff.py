"""What the airports charge for: metrics of departures, and the price list over them.

Amounts are invented but sensible. Every price model that measures usage appears, and every
aggregation; UNIQUE and MAX do not add up over the members of a family, which the invoices then say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from catchment.demo.flights import EVENT_TYPE

CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Measure:
    """A usage metric over departures."""

    name: str
    aggregation: str
    unit: str
    property: str | None = None

    def body(self) -> dict[str, Any]:
        """As the API takes it."""
        body: dict[str, Any] = {
            "name": self.name,
            "metricType": "SIMPLE",
            "eventType": EVENT_TYPE,
            "aggregationType": self.aggregation,
            "unit": self.unit,
        }
        return body | ({"aggregationProperty": self.property} if self.property else {})


@dataclass(frozen=True, slots=True)
class Charge:
    """A price on the list. ``structure`` lacks only the id of the metric called ``measure``."""

    product: str
    name: str
    structure: dict[str, Any] = field(hash=False)
    measure: str | None = None

    def body(self, product_id: str, metric_id: str | None) -> dict[str, Any]:
        """As the API takes it: every month, afterwards."""
        metric = {"usageMetricId": metric_id} if metric_id else {}
        return {
            "productId": product_id,
            "name": self.name,
            "currency": CURRENCY,
            "billingFrequency": "MONTHLY",
            "billingType": "IN_ARREARS",
            "structure": self.structure | metric,
            "integrationIds": [],
            "customMetricParameters": [],
        }


def _tier(upper: str | None, price: str, fee: str = "0") -> dict[str, Any]:
    return {"upperBound": upper, "price": price, "fee": fee, "isPricePercentage": False}


MEASURES = (
    Measure("Departures", "COUNT", "departures"),
    Measure("Miles flown", "SUM", "miles", "distance"),
    Measure("Aircraft in use", "UNIQUE", "aircraft", "tailnum"),
    Measure("Destinations", "UNIQUE", "destinations", "dest"),
    Measure("Longest flight", "MAX", "miles", "distance"),
)

AIRFIELD, TERMINAL, ACCESS = "Airfield", "Terminal", "Airport access"
PRODUCTS = {
    AIRFIELD: "Gates, aprons and parking",
    TERMINAL: "Terminal services",
    ACCESS: "Airport access",
}
"""Products, and what invoices call them."""

CHARGES = (
    Charge(
        AIRFIELD,
        "Gate use per departure",
        {
            "pricingType": "GRADUATED",
            "usageCalculationMode": "BILLING_PERIOD",
            "tiers": [
                _tier("500", "145"),
                _tier("2000", "132.50"),
                _tier("5000", "118.75"),
                _tier(None, "104"),
            ],
        },
        "Departures",
    ),
    Charge(
        AIRFIELD,
        "Apron package per 1,000 departures",
        {"pricingType": "PACKAGE", "packageSize": "1000", "pricePerPackage": "2400"},
        "Departures",
    ),
    Charge(
        AIRFIELD,
        "Parking per aircraft",
        {"pricingType": "LINEAR", "pricePerUnit": "310", "isPricePercentage": False},
        "Aircraft in use",
    ),
    Charge(
        AIRFIELD,
        "Fuel reserve for the longest flight",
        {"pricingType": "LINEAR", "pricePerUnit": "0.875", "isPricePercentage": False},
        "Longest flight",
    ),
    Charge(
        TERMINAL,
        "Terminal use per mile flown",
        {
            "pricingType": "VOLUME",
            "tiers": [
                _tier("500000", "0.0625", "250"),
                _tier("2000000", "0.05375", "1500"),
                _tier(None, "0.04625", "6000"),
            ],
        },
        "Miles flown",
    ),
    Charge(
        TERMINAL,
        "Signage per destination",
        {"pricingType": "LINEAR", "pricePerUnit": "85.5", "isPricePercentage": False},
        "Destinations",
    ),
    Charge(ACCESS, "Airport access", {"pricingType": "FIXED", "price": "7500"}),
)
