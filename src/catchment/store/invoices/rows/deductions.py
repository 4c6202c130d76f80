"""What an adjustment takes off, as it is kept with its line."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from catchment.core.invoices.adjustments import Deducted
from catchment.core.values.money import Money, decimal_text


def of(kept: Mapping[str, Any] | None, number: int, currency: str) -> Deducted | None:
    """What the adjustment of that number takes off, as it is kept; None for any other line."""
    if kept is None:
        return None
    return Deducted(
        number,
        tuple(kept["lineItemIds"]),
        Decimal(kept["quantity"]),
        Money(kept["netMinor"], currency),
        kept["eventCount"],
        kept["reverses"],
        kept.get("dropped", False),
    )


def kept(one: Deducted | None) -> dict[str, Any] | None:
    """What ``of`` reads, but for the number."""
    if one is None:
        return None
    return {
        "lineItemIds": list(one.line_ids),
        "quantity": decimal_text(one.quantity),
        "netMinor": one.net.minor,
        "eventCount": one.event_count,
        "reverses": one.reverses,
        **({"dropped": True} if one.dropped else {}),
    }
