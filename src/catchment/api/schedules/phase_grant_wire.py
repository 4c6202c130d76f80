"""What phases grant, on the wire."""

from typing import Annotated

from pydantic import Field

from catchment.api.edge.wire import Amount, AmountIn, CurrencyCode, IdIn, Name, Wire
from catchment.api.schedules.minimum_wire import PricesIn
from catchment.core.terms.credits import CreditUnit, PhaseGrant, Refresh, Rollover
from catchment.flows.schedules.granting_terms import PhaseGrantTerms


class PhaseGrantIn(Wire):
    """Credit that a phase grants with every refresh, whole also in a cycle of fewer days.

    It pays what the schedule charges, or its prices ``restrictToPrices``. Units are of the one
    usage metric of those prices. With an ``id`` a grant that is there is kept; it cannot be
    changed.
    """

    id: IdIn | None = None
    name: Name
    credit_unit_type: CreditUnit
    currency: CurrencyCode | None = None
    amount: AmountIn
    cost_of_credit: AmountIn | None = None
    tax_rate_id: IdIn | None = None
    grant_refresh_frequency: Refresh
    rollover_mode: Annotated[
        Rollover,
        Field(
            description="Until when what is left can be used: NONE is the next refresh,"
            " ON_GRANT_REFRESH the end of the phase, ON_GRANT_REFRESH_AND_PHASE that of the"
            " schedule."
        ),
    ]
    restrict_to_prices: PricesIn | None = None

    def terms(self) -> PhaseGrantTerms:
        """The grant asked for."""
        return PhaseGrantTerms(
            id=self.id,
            name=self.name,
            unit=self.credit_unit_type,
            currency=self.currency,
            amount=self.amount,
            cost=self.cost_of_credit,
            tax_rate_id=self.tax_rate_id,
            refresh=self.grant_refresh_frequency,
            rollover=self.rollover_mode,
            prices=tuple(dict.fromkeys(self.restrict_to_prices or ())),
        )


class PhaseGrantOut(Wire):
    """``metricId`` is an extension: the usage metric whose units are granted."""

    id: str
    name: str
    credit_unit_type: CreditUnit
    currency: str
    metric_id: str | None = None
    amount: Amount
    cost_of_credit: Amount | None = None
    tax_rate_id: str | None = None
    grant_refresh_frequency: Refresh
    rollover_mode: Rollover
    restrict_to_prices: list[str]

    @classmethod
    def of(cls, one: PhaseGrant) -> "PhaseGrantOut":
        """The wire form."""
        return cls(
            id=one.id,
            name=one.name,
            credit_unit_type=one.unit,
            currency=one.currency,
            metric_id=one.metric_id,
            amount=one.amount,
            cost_of_credit=one.cost,
            tax_rate_id=one.tax_rate_id,
            grant_refresh_frequency=one.refresh,
            rollover_mode=one.rollover,
            restrict_to_prices=sorted(one.prices),
        )
