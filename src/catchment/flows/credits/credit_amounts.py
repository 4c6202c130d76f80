"""How much can be granted."""

from __future__ import annotations

from decimal import Decimal

from catchment.core.terms.credits import CreditUnit
from catchment.core.values.errors import Invalid
from catchment.core.values.money import Money


def check_amount(at: str, unit: CreditUnit, currency: str, amount: Decimal) -> None:
    """Refuse an ``amount`` (of the body at ``at``) that no grant can have. Raises Invalid."""
    if amount <= 0:
        raise Invalid.field(f"{at}/amount", "A grant is of more than nothing.")
    if unit is CreditUnit.CURRENCY and Money.rounded(amount, currency).decimal != amount:
        message = f"{currency} has no such small unit: what is granted is whole ones."
        raise Invalid.field(f"{at}/amount", message)
