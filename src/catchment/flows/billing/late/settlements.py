"""The last invoices of schedules that have ended: they settle what was paid in advance, and adjust
what something came late for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import Connection

from catchment.core.invoices.adjustments import Adjusting
from catchment.core.invoices.consolidation import Due
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.flows.billing.late.late_usage import adjustment_lines, late
from catchment.flows.billing.late.place_adjustments import last_invoices, wanted
from catchment.store.invoices import already_billed
from catchment.usage import UsageStore


def settlements(
    tx: Connection,
    usage: UsageStore,
    agreed: Agreements,
    schedule_ids: Collection[str],
    on: date,
) -> list[Due]:
    """Invoices of the day ``on`` for what these schedules have to settle, where none comes any
    more.
    """
    found = [one for one in late(tx, usage, agreed, hosts=schedule_ids) if one.agreed_anew]
    return _last(tx, agreed, found, schedule_ids, on)


def last_to_come(
    tx: Connection, usage: UsageStore, agreed: Agreements, schedule_id: str, today: date
) -> list[Due]:
    """The invoice that a run makes of a schedule which charges nothing more, for what came late,
    too: of ``today``, or of the day from which on there is something to settle. At most one.
    """
    found = [one for one in late(tx, usage, agreed, hosts={schedule_id}) if wanted(one)]
    found = telling(tx, usage, agreed, found, today)
    on = max([today, *(one.since for one in found)])
    return _last(tx, agreed, found, {schedule_id}, on)


def telling(
    tx: Connection, usage: UsageStore, agreed: Agreements, found: Collection[Adjusting], on: date
) -> list[Adjusting]:
    """Those of some adjustments that would be a line of an invoice of the day ``on``."""
    lines = adjustment_lines(tx, usage, agreed, found, on)
    return [one for one in found if one.charge.billed_as in lines]


def _last(
    tx: Connection,
    agreed: Agreements,
    found: Iterable[Adjusting],
    schedule_ids: Collection[str],
    on: date,
) -> list[Due]:
    billed = already_billed.days(tx, agreed.workspace.id, schedule_ids)
    return last_invoices(found, agreed.schedules, billed, on)
