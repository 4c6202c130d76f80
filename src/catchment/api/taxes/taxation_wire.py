"""How a line is taxed, and what an invoice comes to by rate, as the API shows them."""

from typing import Self

from catchment.api.edge.wire import Wire
from catchment.core.terms.taxes import Reason, Taxation, TaxSum
from catchment.core.values.money import decimal_text, money_text


class TaxationOut(Wire):
    """Why a line has its tax rate, and which version of which rate it is. An extension.

    `reason` is SCHEDULE (agreed for the price), CATEGORY (that of the product's tax category where
    the customer is), DEFAULT (that of all products there), EXEMPT, REVERSE_CHARGED, NOT_TAXED (the
    workspace has no tax rates), or, where none was found, MISSING or AMBIGUOUS (several fit).
    """

    reason: Reason
    tax_rate_id: str | None = None
    tax_rate_version_id: str | None = None
    tax_rate_version: int | None = None
    name: str | None = None
    short_name: str | None = None

    @classmethod
    def of(cls, one: Taxation) -> Self:
        """The wire form."""
        rate = one.rate
        if rate is None:
            return cls(reason=one.reason)
        return cls(
            reason=one.reason,
            tax_rate_id=rate.id,
            tax_rate_version_id=rate.version_id,
            tax_rate_version=rate.version,
            name=rate.name,
            short_name=rate.short_name,
        )


class TaxSumOut(TaxationOut):
    """What is taxed alike: net and tax of all lines of one rate, or of one reason to have none."""

    tax_rate: str
    net_total: str
    total_tax: str

    @classmethod
    def sum_of(cls, one: TaxSum) -> "TaxSumOut":
        """The wire form."""
        return cls(
            **TaxationOut.of(one.taxation).model_dump(),
            tax_rate=decimal_text(one.taxation.fraction),
            net_total=money_text(one.net),
            total_tax=money_text(one.tax),
        )
