"""Price models: a quantity in, the segments that explain its amount out.

``rate`` returns segments and an amount is their sum, so what an invoice explains and what it
charges cannot disagree. Amounts are exact; the one rounding is made where a line is made.
"""

from catchment.core.terms.pricing.models import (
    CalculationMode,
    Fixed,
    Graduated,
    Linear,
    OneTime,
    Package,
    Price,
    Volume,
    Window,
    bounds,
    continues,
    first_rate,
    is_percentage,
    needs_values,
    within,
)
from catchment.core.terms.pricing.rating import Segment, Values, costs, event_tier, rate
from catchment.core.terms.pricing.seats import (
    Proration,
    SeatBased,
    SeatPart,
    included,
    seats_of_part,
)
from catchment.core.terms.pricing.tiers import Tier

__all__ = [
    "CalculationMode",
    "Fixed",
    "Graduated",
    "Linear",
    "OneTime",
    "Package",
    "Price",
    "Proration",
    "SeatBased",
    "SeatPart",
    "Segment",
    "Tier",
    "Values",
    "Volume",
    "Window",
    "bounds",
    "continues",
    "costs",
    "event_tier",
    "first_rate",
    "included",
    "is_percentage",
    "needs_values",
    "rate",
    "seats_of_part",
    "within",
]
