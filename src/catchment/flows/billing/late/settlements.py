"""The last invoices of schedules that have ended: they settle what was paid in advance."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import Connection

from catchment.core.invoices.consolidation import Due
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.late.late_usage import late
from catchment.flows.billing.late.place_adjustments import last_invoices
from catchment.store.invoices import already_billed
from catchment.usage import UsageStore


def settlements(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    schedule_ids: Collection[str],
    on: date,
    *,
    ahead: bool = False,
) -> list[Due]:
    """Invoices of the day ``on`` for what these schedules have to settle, where none comes any
    more; ``ahead`` of the day on which they end, of that day.
    """
    found = [one for one in late(tx, usage, agreed, hosts=schedule_ids) if one.agreed_anew]
    if ahead:
        on = max([on, *(one.since for one in found)])
    billed = already_billed.of(tx, agreed.workspace.id, schedule_ids)
    return last_invoices(found, agreed.schedules, billed, on)
