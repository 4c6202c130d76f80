"""What a stored adjustment adjusts, found again from what is kept of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from catchment.core.due.charging import charges
from catchment.core.due.daily import Use, only
from catchment.core.invoices.adjustments import Adjusting
from catchment.core.terms.schedules import Charge, ChargeId, Schedule, part_of
from catchment.flows.billing.agreed.agreements import Agreements
from catchment.store.invoices import adjustments
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_parts import LineItem
from catchment.store.schedules import schedule_versions


def adjusted_again(
    tx: Connection, agreed: Agreements, invoice: Invoice, line: LineItem
) -> Adjusting | None:
    """The charge that ``line`` adjusts, less the lines that it deducted, in force or not.

    None where what is stored does not say that. ``agreed`` is among all who are invoiced.
    """
    taken = line.deducted
    if taken is None or invoice.schedule_id is None:
        return None
    found = adjustments.lines_called(tx, invoice.workspace_id, taken.line_ids)
    if len(found) < len(taken.line_ids):
        return None
    until = max(one.due_on for one in found)
    charge = charged_again(tx, agreed, line, until)
    if charge is None:
        return None
    schedule = agreed.schedules[charge.schedule_id]
    path: tuple[str, ...] | None = (schedule.customer,)
    if invoice.customer_id != schedule.customer:
        path = agreed.way(invoice.customer_id, schedule.customer, charge.due_on)
    if path is None:
        return None
    billed = adjustments.with_shares(tx, invoice.workspace_id, found)
    return Adjusting(
        schedule,
        charge,
        path,
        invoice.schedule_id,
        taken.number,
        tuple(billed[id] for id in taken.line_ids),
        taken.reverses,
        taken.dropped,
    )


def charges_called(
    agreed: Agreements, schedule: Schedule, wanted: Collection[ChargeId], until: date
) -> dict[ChargeId, Charge]:
    """Those ``wanted`` that ``schedule`` charges, due by a day."""
    uses = {Use(start, part_of(part)) for _, _, start, part in wanted}
    found = charges(schedule, until, agreed.zone, only(*uses))
    return {one.billed_as: one for one in found if one.billed_as in wanted}


def dropped_charge(
    tx: Connection, agreed: Agreements, schedule: Schedule, wanted: ChargeId, until: date
) -> Charge | None:
    """What ``schedule`` charged last by that id before it was agreed anew, told of as it is now;
    None where it never did.
    """
    found = (
        charges_called(agreed, one, {wanted}, until).get(wanted)
        for one in schedule_versions.earlier(tx, schedule)
    )
    charge = next((one for one in found if one is not None), None)
    return None if charge is None else replace(charge, version=schedule.version)


def charged_again(tx: Connection, agreed: Agreements, line: LineItem, until: date) -> Charge | None:
    """The charge that ``line`` bills or adjusts, due by a day; None where there is none."""
    schedule = agreed.schedules.get(line.schedule_id or "")
    if schedule is None or line.service is None:
        return None
    wanted = schedule.id, line.price_id or "", line.service.start, line.part
    if line.deducted is not None and line.deducted.dropped:
        return dropped_charge(tx, agreed, schedule, wanted, until)
    return charges_called(agreed, schedule, {wanted}, until).get(wanted)
