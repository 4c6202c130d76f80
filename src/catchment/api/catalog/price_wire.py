"""What the bodies of prices and list prices have in common."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer

from catchment.api.catalog.integration_wire import IntegrationIdIn, IntegrationIdOut
from catchment.api.edge.wire import (
    At,
    CurrencyCode,
    CustomersIn,
    DecimalIn,
    Flag,
    IdIn,
    Name,
    PositiveDecimalIn,
    Text,
    Whole,
    Wire,
)
from catchment.core.terms.schedules import Frequency, Timing
from catchment.core.values.errors import PriceInvalid
from catchment.store.catalog import structures
from catchment.store.catalog.price_terms import Terms, parameters_shown

FrequencyIn = Literal[
    "ON_DEMAND", "ONE_TIME", "MONTHLY", "QUARTERLY", "HALF_YEARLY", "YEARLY", "PER_EVENT"
]
TimingIn = Literal["IN_ARREARS", "IN_ADVANCE"]
_digits = PlainSerializer(structures.digits, return_type=str)
Amount = Annotated[PositiveDecimalIn, _digits]
Bound = Annotated[DecimalIn, _digits]


class OneTimeStructure(Wire):
    """``price`` once, at the start or at the end of the phase."""

    pricing_type: Literal["ONE_TIME"]
    price: Amount


class FixedStructure(Wire):
    """``price`` every billing period, by days where a period is cut."""

    pricing_type: Literal["FIXED"]
    price: Amount


class LinearStructure(Wire):
    """The same for every unit; as a percentage, a fraction of the usage (``"0.05"`` is 5 %)."""

    pricing_type: Literal["LINEAR"]
    price_per_unit: Amount
    usage_metric_id: IdIn
    is_price_percentage: Flag


class PackageStructure(Wire):
    """Whole packages of ``packageSize`` units, the last one however little of it is used."""

    pricing_type: Literal["PACKAGE"]
    package_size: Amount
    price_per_package: Amount
    usage_metric_id: IdIn


class GraduatedTier(Wire):
    """Units above the tier before up to and including ``upperBound``; only the last has none."""

    upper_bound: Bound | None = None
    price: Amount
    fee: Amount | None = None
    is_price_percentage: Flag


class VolumeTier(GraduatedTier):
    """``minPrice`` and ``maxPrice`` bound what a percentage comes to for each single event."""

    min_price: Amount | None = None
    max_price: Amount | None = None


class VolumeStructure(Wire):
    """The tier that the whole usage falls into prices every unit."""

    pricing_type: Literal["VOLUME"]
    usage_metric_id: IdIn
    tiers: Annotated[list[VolumeTier], Field(max_length=100)]


class GraduatedStructure(Wire):
    """Every tier prices only the units inside it.

    BILLING_PERIOD begins every period in the first tier. CUMULATIVE goes on from one period of the
    phase to the next; PERIODIC does until the next ``usageCalculationPeriod`` begins.
    """

    pricing_type: Literal["GRADUATED"]
    usage_metric_id: IdIn
    usage_calculation_mode: Literal["BILLING_PERIOD", "CUMULATIVE", "PERIODIC"]
    tiers: Annotated[list[GraduatedTier], Field(max_length=100)]


class SeatTier(Wire):
    """Seats above the tier before up to and including ``upperBound``; only the last has none."""

    upper_bound: Bound | None = None
    price: Amount
    fee: Amount | None = None


class SeatBasedStructure(Wire):
    """``pricePerSeat`` for a billing period, or graduated ``tiers`` where there are any, by days.

    ``contractedMinimumSeats`` are always charged. In advance the seats of the first day are, and
    the others once the period is over; with ``overagesBillingFrequency`` only the minimum, and
    all seats above it at the end of each such period, by its part of the billing period.
    """

    pricing_type: Literal["SEAT_BASED"]
    seat_metric_id: IdIn
    price_per_seat: Amount
    proration_strategy: Literal["USE_MAXIMUM", "PRORATE_INCREMENTS", "PRORATE_ALL_CHANGES"]
    contracted_minimum_seats: Annotated[Whole, Field(ge=0, le=1_000_000_000)]
    overages_billing_frequency: (
        Literal["NONE", "MONTHLY", "QUARTERLY", "HALF_YEARLY", "YEARLY"] | None
    ) = None
    tiers: Annotated[list[SeatTier], Field(max_length=100)]
    prorate_flat_fees: Flag = False


Structure = Annotated[
    OneTimeStructure
    | FixedStructure
    | LinearStructure
    | PackageStructure
    | VolumeStructure
    | GraduatedStructure
    | SeatBasedStructure,
    Field(discriminator="pricing_type"),
]


class ParameterIn(Wire):
    """What the price sets of the CUSTOM metric it measures; of others the default holds."""

    parameter_id: IdIn
    value: Text


class CalculationPeriod(Wire):
    """For how long the tiers of a PERIODIC price go on, from the start of its phase."""

    frequency: Literal["MONTHLY", "QUARTERLY", "HALF_YEARLY", "YEARLY"]
    interval: Annotated[Whole, Field(ge=1, le=1_200)]


class TermsIn(Wire):
    """What is asked for in both kinds of price.

    A usage price with ``restrictToCustomers`` has a pool of its own: it prices only those customers
    and whoever is below them, and other prices on the metric do not.
    """

    product_id: IdIn
    name: Name
    currency: CurrencyCode
    structure: Structure
    billing_frequency: FrequencyIn
    billing_type: TimingIn
    usage_calculation_period: CalculationPeriod | None = None
    restrict_to_customers: CustomersIn | None = None

    def terms(
        self, integrations: Sequence[IntegrationIdIn], parameters: Sequence[ParameterIn]
    ) -> Terms:
        """The terms asked for. Raises PriceInvalid, TiersInvalid."""
        structure = self.structure.model_dump(by_alias=True)
        if self.usage_calculation_period is not None:
            structure[structures.CALCULATION_PERIOD] = self._calculation_period()
        try:
            price = structures.parse(structure)
        except PriceInvalid as error:
            errors = tuple(replace(e, pointer=f"/structure{e.pointer}") for e in error.errors)
            raise type(error)(error.detail, errors=errors) from None
        return Terms(
            product_id=self.product_id,
            name=self.name,
            currency=self.currency,
            price=price,
            metric_id=structure.get("usageMetricId") or structure.get("seatMetricId"),
            frequency=Frequency(self.billing_frequency),
            timing=Timing(self.billing_type),
            integration_ids=tuple(one.model_dump() for one in integrations),
            restrict_to=tuple(self.restrict_to_customers or ()),
            parameters=tuple((one.parameter_id, one.value) for one in parameters),
        )

    def _calculation_period(self) -> dict[str, Any]:
        """Raises PriceInvalid where the price goes by none."""
        assert self.usage_calculation_period is not None, self
        if not (
            isinstance(self.structure, GraduatedStructure)
            and self.structure.usage_calculation_mode == "PERIODIC"
        ):
            message = "Only a PERIODIC price has a usageCalculationPeriod."
            raise PriceInvalid.field("/usageCalculationPeriod", message)
        return self.usage_calculation_period.model_dump(by_alias=True)


class TermsOut(Wire):
    """What is shown of both kinds of price."""

    id: str
    product_id: str
    name: str
    currency: str
    structure: Structure
    billing_frequency: str
    billing_type: str
    usage_calculation_period: CalculationPeriod | None = None
    created_at: At
    updated_at: At
    integration_ids: list[IntegrationIdOut]
    custom_metric_parameters: list[ParameterIn]
    restrict_to_customers: list[str] | None = None


def shown(terms: Terms) -> dict[str, Any]:
    """The fields of ``TermsOut`` that come from the terms."""
    structure = terms.structure
    return {
        "usage_calculation_period": structure.pop(structures.CALCULATION_PERIOD, None),
        "product_id": terms.product_id,
        "name": terms.name,
        "currency": terms.currency,
        "structure": structure,
        "billing_frequency": terms.frequency.value,
        "billing_type": terms.timing.value,
        "integration_ids": list(terms.integration_ids),
        "custom_metric_parameters": parameters_shown(terms),
        "restrict_to_customers": list(terms.restrict_to) or None,
    }


EXAMPLE: dict[str, Any] = {
    "productId": "0198b2c9-5f41-7c3d-8a52-0f4f5e0c9a11",
    "name": "API calls",
    "currency": "USD",
    "billingFrequency": "MONTHLY",
    "billingType": "IN_ARREARS",
    "structure": {
        "pricingType": "GRADUATED",
        "usageMetricId": "0198b2c9-5f41-7c3d-8a52-0f4f5e0c9a12",
        "usageCalculationMode": "BILLING_PERIOD",
        "tiers": [
            {"upperBound": "100", "price": "1", "fee": "20", "isPricePercentage": False},
            {"upperBound": None, "price": "0.75", "fee": "50", "isPricePercentage": False},
        ],
    },
    "integrationIds": [],
    "customMetricParameters": [],
}
