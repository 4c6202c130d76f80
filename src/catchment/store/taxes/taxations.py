"""How a line is taxed, as it is kept with the line."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from catchment.core.terms.taxes import Reason, Taxation, TaxRate


def of(kept: Mapping[str, Any] | None, fraction: str) -> Taxation | None:
    """How a line with the tax rate ``fraction`` is taxed; None for one that no engine made."""
    if kept is None:
        return None
    rate = kept.get("rate")
    if rate is None:
        return Taxation(Reason(kept["reason"]))
    named = rate["id"], rate["versionId"], rate["version"], rate["name"], rate["shortName"]
    return Taxation(Reason(kept["reason"]), TaxRate(*named, Decimal(fraction)))


def kept(one: Taxation | None) -> dict[str, Any] | None:
    """What ``of`` reads, but for the fraction."""
    if one is None:
        return None
    if one.rate is None:
        return {"reason": one.reason.value}
    return {
        "reason": one.reason.value,
        "rate": {
            "id": one.rate.id,
            "versionId": one.rate.version_id,
            "version": one.rate.version,
            "name": one.rate.name,
            "shortName": one.rate.short_name,
        },
    }
