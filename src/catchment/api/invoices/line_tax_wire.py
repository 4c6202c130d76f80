"""The tax of a line item as its explanation shows it."""

from catchment.api.edge.wire import Wire
from catchment.api.taxes.taxation_wire import TaxationOut
from catchment.core.terms.taxes import NOT_TAXED
from catchment.core.values.money import EXACT, Amount, decimal_text, money_text
from catchment.flows.invoices.explain_line import Explanation


class LeftToPayOut(Wire):
    """What was left to pay of a charge before a credit and after it, less what is given back."""

    net_before: str
    tax_before: str
    net_after: str
    tax_after: str

    @classmethod
    def of(cls, before: Amount, after: Amount) -> "LeftToPayOut":
        return cls(
            net_before=money_text(before.net),
            tax_before=money_text(before.tax),
            net_after=money_text(after.net),
            tax_after=money_text(after.tax),
        )


class LineTaxOut(TaxationOut):
    """The line's tax: `taxRate` of its net, `exact` before it was `rounded` half away from zero.

    That of a credit is no rate of its net, so it has no `exact`: it is `taxAfter` less `taxBefore`
    of what is `leftToPay`.
    """

    tax_rate: str
    exact: str | None = None
    rounded: str
    left_to_pay: LeftToPayOut | None = None

    @classmethod
    def of_line(cls, found: Explanation) -> "LineTaxOut":
        """The wire form."""
        line, left = found.line, found.left
        exact = decimal_text(EXACT.multiply(line.net.decimal, line.tax_rate))
        return cls(
            **TaxationOut.of(line.taxation or NOT_TAXED).model_dump(),
            tax_rate=decimal_text(line.tax_rate),
            exact=exact if left is None else None,
            rounded=money_text(line.tax),
            left_to_pay=None if left is None else LeftToPayOut.of(*left),
        )
