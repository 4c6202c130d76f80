"""The minimums of a phase on the wire."""

from typing import Annotated

from pydantic import Field

from catchment.api.edge.wire import Amount, AmountIn, At, IdIn, Wire
from catchment.flows.schedules.settling_terms import MinimumTerms
from catchment.store.schedules.phase_terms import MinimumRecord

PricesIn = Annotated[
    list[IdIn],
    Field(max_length=500, description="Prices of the phase, or list prices that it copies."),
]


class MinimumIn(Wire):
    """What is paid at least for the usage of a full cycle; for part of one, by days.

    It compares with what usage prices charge, net of discounts: all of the phase, or those of
    ``restrictToPrices``, which have one billing frequency.
    """

    amount: AmountIn
    restrict_to_prices: PricesIn | None = None

    def terms(self) -> MinimumTerms:
        """The minimum asked for."""
        return MinimumTerms(self.amount, tuple(dict.fromkeys(self.restrict_to_prices or ())))


class MinimumOut(Wire):
    id: str
    sequence_account_id: str
    billing_schedule_id: str
    phase_id: str
    amount: Amount
    restrict_to_prices: list[str]
    created_at: At
    updated_at: At

    @classmethod
    def of(
        cls, workspace_id: str, schedule_id: str, phase_id: str, record: MinimumRecord
    ) -> "MinimumOut":
        """The minimum as it is shown."""
        return cls(
            id=record.applied.id,
            sequence_account_id=workspace_id,
            billing_schedule_id=schedule_id,
            phase_id=phase_id,
            amount=record.applied.amount,
            restrict_to_prices=sorted(record.applied.prices),
            created_at=record.created_at,
            updated_at=record.updated_at,
        )
