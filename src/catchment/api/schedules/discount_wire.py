"""The discounts of a phase on the wire."""

from typing import Annotated

from pydantic import Field

from catchment.api.edge.wire import Amount, AmountIn, At, Day, Flag, IdIn, Pagination, Text, Wire
from catchment.api.schedules.minimum_wire import PricesIn
from catchment.core.terms.discounts import DiscountType, SeatDiscountType
from catchment.flows.schedules.settling_terms import DiscountTerms
from catchment.store.schedules.phase_terms import DiscountRecord
from catchment.store.schedules.schedule_records import PhaseRecord

DiscountAmount = Annotated[
    AmountIn,
    Field(
        description="A fraction where the type is PERCENTAGE: 0.1 is 10 %. Where it is NOMINAL, an"
        " amount off all that is covered in a cycle together, also in one of fewer days."
    ),
]


class DiscountIn(Wire):
    """What is taken off the charges of a phase, or of the prices ``restrictToPrices``.

    Discounts apply in their order, each to what those before it left, and take nothing below zero.
    ``separateLineItem`` ones are lines of their own after those that they reduce, called
    ``message``. ``seatDiscountType`` says which seats of a seat price they are of: the contracted
    ones, those above them, or all, which is the default. Other prices are discounted whole.
    """

    type: DiscountType
    amount: DiscountAmount
    message: Text
    separate_line_item: Flag
    restrict_to_prices: PricesIn | None = None
    seat_discount_type: SeatDiscountType | None = None

    def terms(self) -> DiscountTerms:
        """The discount asked for."""
        return DiscountTerms(
            self.type,
            self.amount,
            self.message,
            self.separate_line_item,
            self.seat_discount_type,
            tuple(dict.fromkeys(self.restrict_to_prices or ())),
        )


class DiscountOut(Wire):
    id: str
    restrict_to_prices: list[str]
    type: DiscountType
    amount: Amount
    message: str
    separate_line_item: bool
    seat_discount_type: SeatDiscountType | None = None

    @classmethod
    def of(cls, record: DiscountRecord) -> "DiscountOut":
        """The discount as its phase shows it."""
        applied = record.applied
        return cls(
            id=applied.id,
            restrict_to_prices=sorted(applied.prices),
            type=applied.type,
            amount=applied.amount,
            message=applied.message,
            separate_line_item=applied.separate,
            seat_discount_type=applied.seats,
        )


class DiscountUpdateIn(Wire):
    """A discount agreed anew. ``priceIds`` are those it is restricted to; none: it is of all.

    ``validFrom`` and ``validTo``, where given, are the days of its phase.
    """

    billing_schedule_id: IdIn
    price_ids: PricesIn
    separate_line_item: Flag
    amount: DiscountAmount
    discount_calculation_type: DiscountType
    message: Text
    valid_from: Day | None = None
    valid_to: Day | None = None

    def terms(self, seats: SeatDiscountType | None) -> DiscountTerms:
        """The discount asked for, of the seats it is of already."""
        return DiscountTerms(
            self.discount_calculation_type,
            self.amount,
            self.message,
            self.separate_line_item,
            seats,
            tuple(dict.fromkeys(self.price_ids)),
        )


class StandaloneDiscountOut(Wire):
    """A discount with the phase that it is valid in. Seats are ALL_SEATS where nobody said."""

    id: str
    sequence_account_id: str
    billing_schedule_id: str
    phase_id: str
    price_ids: list[str]
    separate_line_item: bool
    amount: Amount
    discount_calculation_type: DiscountType
    message: str
    valid_from: Day | None = None
    valid_to: Day | None = None
    created_at: At
    updated_at: At
    seat_discount_type: SeatDiscountType

    @classmethod
    def of_phase(
        cls, workspace_id: str, schedule_id: str, phase: PhaseRecord, record: DiscountRecord
    ) -> "StandaloneDiscountOut":
        """The discount as it is shown by itself."""
        applied = record.applied
        return cls(
            id=applied.id,
            sequence_account_id=workspace_id,
            billing_schedule_id=schedule_id,
            phase_id=phase.id,
            price_ids=sorted(applied.prices),
            separate_line_item=applied.separate,
            amount=applied.amount,
            discount_calculation_type=applied.type,
            message=applied.message,
            valid_from=phase.start,
            valid_to=phase.end,
            created_at=record.created_at,
            updated_at=record.updated_at,
            seat_discount_type=applied.seats or SeatDiscountType.ALL_SEATS,
        )


class DiscountsOut(Wire):
    items: list[StandaloneDiscountOut]
    pagination: Pagination
