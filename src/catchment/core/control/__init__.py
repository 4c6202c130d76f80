"""Does it add up? What invoices say of themselves and a census of events in, differences out."""

from catchment.core.control.census import (
    BilledUsage,
    Census,
    Claimant,
    Fate,
    LateBalance,
    LateService,
    MetricBalance,
    Service,
    Twice,
    balance,
    imbalance,
    late_balance,
    miscounts,
)
from catchment.core.control.differences import (
    Difference,
    Failure,
)
from catchment.core.control.sums import (
    GroupFigures,
    InvoiceFigures,
    LineFigures,
    Totals,
    faults,
)

__all__ = [
    "BilledUsage",
    "Census",
    "Claimant",
    "Difference",
    "Failure",
    "Fate",
    "GroupFigures",
    "InvoiceFigures",
    "LateBalance",
    "LateService",
    "LineFigures",
    "MetricBalance",
    "Service",
    "Totals",
    "Twice",
    "balance",
    "faults",
    "imbalance",
    "late_balance",
    "miscounts",
]
