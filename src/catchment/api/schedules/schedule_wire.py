"""The bodies of billing schedules."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from fastapi import Path
from pydantic import AfterValidator, ConfigDict, Field

from catchment.api.catalog.integration_wire import IntegrationIdOut
from catchment.api.catalog.prices import PriceOut
from catchment.api.edge.deps import PathId
from catchment.api.edge.wire import (
    At,
    CustomersIn,
    Day,
    Flag,
    IdIn,
    LongText,
    Name,
    Pagination,
    Text,
    Whole,
    Wire,
)
from catchment.api.schedules.discount_wire import DiscountIn, DiscountOut
from catchment.api.schedules.minimum_wire import MinimumIn, MinimumOut
from catchment.api.schedules.payment_wire import Provider, payment_of
from catchment.api.schedules.phase_grant_wire import PhaseGrantIn, PhaseGrantOut
from catchment.core.terms.schedules import BillTo
from catchment.core.values.errors import Invalid, NotSupportedYet
from catchment.flows.schedules.schedule_terms import PhaseTerms, Terms
from catchment.store.schedules.payment_settings import Payment
from catchment.store.schedules.schedule_records import PhaseRecord, ScheduleRecord

Recurrence = Literal["CONTINUE_FROM_PREVIOUS_PHASE", "RESET"]
Arr = Literal["INCLUDE", "EXCLUDE"]
ScheduleId = Annotated[PathId, Path(alias="billingScheduleId")]
ToWhom = Annotated[
    BillTo,
    Field(
        description="SELF: the charges are on invoices of the schedule's customer. PARENT: they are"
        " lines on an invoice of the nearest customer above that has a schedule of its own."
    ),
]
_MOST_FIELDS = 50


def _few_fields(fields: dict[str, str]) -> dict[str, str]:
    if len(fields) > _MOST_FIELDS:
        raise ValueError(f"At most {_MOST_FIELDS} custom fields fit.")
    return fields


CustomFields = Annotated[dict[Name, Text], AfterValidator(_few_fields)]


class PriceMetadata(Wire):
    price_id: IdIn
    arr_calculation: Arr


class ListPriceMetadata(Wire):
    list_price_id: IdIn
    arr_calculation: Arr


class PhaseIn(Wire):
    """A stretch with prices of its own; those of ``listPriceIds`` are copied into new ones.

    A phase with a ``milestone`` has no ``endDate`` until that is reached, and the phase after it no
    ``startDate``. ``creditGrants`` left out of every phase of an update stay as they are; given in
    one, they are all.
    """

    name: Text | None = None
    external_contract_ref: Text | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    milestone: Annotated[Text, Field(min_length=1)] | None = None
    price_ids: Annotated[list[IdIn], Field(max_length=500)]
    list_price_ids: Annotated[list[IdIn], Field(max_length=500)] | None = None
    recurrence_preference: Recurrence | None = None
    phase_price_metadata: list[PriceMetadata] | None = None
    phase_list_price_metadata: list[ListPriceMetadata] | None = None
    discounts: Annotated[list[DiscountIn], Field(max_length=100)] | None = None
    minimums: Annotated[list[MinimumIn], Field(max_length=100)] | None = None
    credit_grants: Annotated[list[PhaseGrantIn], Field(max_length=100)] | None = None

    def terms(self, at: str) -> PhaseTerms:
        """The phase asked for; ``at`` points to it. Raises Invalid."""
        arr = {m.price_id: m.arr_calculation for m in self.phase_price_metadata or ()}
        list_arr = {
            m.list_price_id: m.arr_calculation for m in self.phase_list_price_metadata or ()
        }
        list_price_ids = tuple(self.list_price_ids or ())
        for name, key, given, known in (
            ("phasePriceMetadata", "priceId", arr, self.price_ids),
            ("phaseListPriceMetadata", "listPriceId", list_arr, list_price_ids),
        ):
            for index, id in enumerate(given):
                if id not in known:
                    pointer = f"{at}/{name}/{index}/{key}"
                    raise Invalid.field(pointer, f"{id} is not a price of this phase.")
        reference = (self.external_contract_ref or "").strip()
        return PhaseTerms(
            name=self.name,
            external_contract_ref=reference or None,
            start=self.start_date,
            end=self.end_date,
            recurrence_preference=self.recurrence_preference or "CONTINUE_FROM_PREVIOUS_PHASE",
            price_ids=tuple(self.price_ids),
            list_price_ids=list_price_ids,
            arr=arr,
            list_arr=list_arr,
            discounts=tuple(one.terms() for one in self.discounts or ()),
            minimums=tuple(one.terms() for one in self.minimums or ()),
            credit_grants=(
                None
                if self.credit_grants is None
                else tuple(one.terms() for one in self.credit_grants)
            ),
            milestone=self.milestone,
        )


class PriceTaxRate(Wire):
    """The tax rate agreed for a price, or for what is copied from a list price."""

    price_id: IdIn
    tax_rate_id: IdIn


_EXAMPLE: dict[str, Any] = {
    "startDate": "2026-01-01",
    "endDate": "2026-12-31",
    "recurrenceDayOfMonth": 1,
    "autoIssueInvoices": False,
    "rollUpBilling": True,
    "taxRates": [],
    "phases": [
        {
            "name": "First year",
            "startDate": "2026-01-01",
            "endDate": "2026-12-31",
            "priceIds": ["0198b2c9-5f41-7c3d-8a52-0f4f5e0c9a12"],
        }
    ],
}


class ScheduleUpdateIn(Wire):
    """What may be agreed anew. ``customFields`` left out stay as they are; given, they are all.

    The same holds for ``billTo``, for ``adjustLateUsage`` (at first true: usage that comes after
    its invoice is final is billed by the next one) and for ``rollUpExclusions``: customers who are
    left out of the roll-up with everyone below them, and are priced by the next roll-up schedule
    further up, if there is one. ``taxRates`` are all that are agreed: other prices have the rate of
    their product's tax category where the customer is. Final invoices keep theirs.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    start_date: Day
    end_date: Day | None = None
    recurrence_day_of_month: Annotated[Whole, Field(ge=1, le=31)] | None = None
    tax_rates: Annotated[list[PriceTaxRate], Field(max_length=1000)]
    auto_issue_invoices: Flag
    adjust_late_usage: Flag | None = None
    purchase_order_number: Text | None = None
    roll_up_billing: Flag
    bill_to: ToWhom | None = None
    roll_up_exclusions: CustomersIn | None = None
    phases: Annotated[list[PhaseIn], Field(min_length=1, max_length=200)]
    attachment_asset_ids: list[IdIn] | None = None
    default_due_date_days: Annotated[Whole, Field(ge=0, le=365)] | None = None
    memo: LongText | None = None
    custom_fields: CustomFields | None = None

    def terms(self) -> Terms:
        """The terms asked for. Raises Invalid, NotSupportedYet."""
        if self.attachment_asset_ids:
            raise NotSupportedYet.field("/attachmentAssetIds", "Attachments are not supported yet.")
        return Terms(
            start=self.start_date,
            end=self.end_date,
            recurrence_day=self.recurrence_day_of_month,
            roll_up=self.roll_up_billing,
            bill_to=self.bill_to,
            exclusions=(
                None if self.roll_up_exclusions is None else tuple(self.roll_up_exclusions)
            ),
            auto_issue=self.auto_issue_invoices,
            adjust_late=self.adjust_late_usage,
            purchase_order_number=self.purchase_order_number,
            memo=self.memo,
            due_days=self.default_due_date_days,
            custom_fields=self.custom_fields,
            phases=tuple(phase.terms(f"/phases/{i}") for i, phase in enumerate(self.phases)),
            tax_rates=tuple((one.price_id, one.tax_rate_id) for one in self.tax_rates),
        )


SCHEDULE_EXAMPLE: dict[str, Any] = {
    "customerId": "0198b2c9-5f41-7c3d-8a52-0f4f5e0c9a11",
    "isDraft": False,
    **_EXAMPLE,
}


class ScheduleIn(ScheduleUpdateIn):
    """A deal with a customer. Unless it ``isDraft``, what has elapsed is drafted at once.

    ``paymentProvider`` and ``autoCharge`` become the schedule's payment settings. They are kept and
    shown; nothing is charged yet.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"example": SCHEDULE_EXAMPLE})

    customer_id: IdIn
    is_draft: Flag
    reference: Text | None = None
    label: Text | None = None
    payment_provider: Provider | None = None
    auto_charge: Flag | None = None

    def record(self, id: str, now: datetime) -> ScheduleRecord:
        """The schedule as a draft without its terms."""
        return ScheduleRecord(
            id=id,
            customer_id=self.customer_id,
            start=self.start_date,
            end=self.end_date,
            recurrence_day=self.recurrence_day_of_month,
            roll_up=self.roll_up_billing,
            bill_to=BillTo.SELF,
            exclusions=(),
            auto_issue=self.auto_issue_invoices,
            adjust_late=True,
            purchase_order_number=self.purchase_order_number,
            reference=self.reference,
            label=self.label,
            memo=self.memo,
            due_days=self.default_due_date_days,
            custom_fields={},
            tax_rates={},
            phases=(),
            created_at=now,
            updated_at=now,
        )

    def payment(self) -> Payment | None:
        """By whom it is to be paid, if the body says so. Raises Invalid."""
        if self.payment_provider is None:
            if self.auto_charge:
                raise Invalid.field("/autoCharge", "Name the provider that is to charge.")
            return None
        return payment_of(self.payment_provider, auto_charge=self.auto_charge)


class DuplicateIn(Wire):
    """Who gets the copy."""

    customer_id: Annotated[IdIn, Field(examples=["0198b2c9-5f41-7c3d-8a52-0f4f5e0c9a11"])]


class PhaseOut(Wire):
    id: str
    name: str | None = None
    external_contract_ref: str | None = None
    created_at: At
    billing_schedule_id: str
    price_ids: list[str]
    start_date: Day | None = None
    end_date: Day | None = None
    milestone: str | None = None
    discounts: list[DiscountOut]
    minimums: list[MinimumOut]
    credit_grants: list[PhaseGrantOut]
    recurrence_preference: Recurrence
    phase_price_metadata: list[PriceMetadata]

    @classmethod
    def of(cls, workspace_id: str, schedule_id: str, phase: PhaseRecord) -> "PhaseOut":
        """The phase as it is shown."""
        return cls.model_validate(
            {
                "id": phase.id,
                "name": phase.name,
                "external_contract_ref": phase.external_contract_ref,
                "created_at": phase.created_at,
                "billing_schedule_id": schedule_id,
                "price_ids": [price.price_id for price in phase.prices],
                "start_date": phase.start,
                "end_date": phase.end,
                "milestone": phase.milestone,
                "discounts": [DiscountOut.of(one) for one in phase.discounts],
                "minimums": [
                    MinimumOut.of(workspace_id, schedule_id, phase.id, one)
                    for one in phase.minimums
                ],
                "credit_grants": [PhaseGrantOut.of(one) for one in phase.credit_grants],
                "recurrence_preference": phase.recurrence_preference,
                "phase_price_metadata": [
                    {"price_id": price.price_id, "arr_calculation": price.arr_calculation}
                    for price in phase.prices
                    if price.arr_calculation is not None
                ],
            }
        )


class ScheduleOut(Wire):
    id: str
    customer_id: str
    status: str
    start_date: Day
    end_date: Day | None = None
    tax_rates: list[PriceTaxRate]
    first_billing_date: Day | None = None
    auto_issue_invoices: bool
    adjust_late_usage: bool
    purchase_order_number: str | None = None
    reference: str | None = None
    label: str | None = None
    recurrence_day_of_month: int | None = None
    prices: list[PriceOut]
    created_at: At
    updated_at: At
    last_invoice_id: str | None = None
    phases: list[PhaseOut]
    archived_at: At | None = None
    suspended_at: At | None = None
    cancelled_at: At | None = None
    roll_up_billing: bool
    bill_to: BillTo
    roll_up_exclusions: list[str] | None = None
    integration_ids: list[IntegrationIdOut]
    attachment_assets: list[Any]
    default_due_date_days: int | None = None
    memo: str | None = None
    custom_fields: dict[str, str]
    payment_provider: str | None = None
    auto_charge: bool | None = None


class SchedulesOut(Wire):
    items: list[ScheduleOut]
    pagination: Pagination
