"""What a stored adjustment adjusts, found again from what is kept of it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from catchment.core.adjustments import Adjusting
from catchment.core.charging import charges
from catchment.core.daily import Use, only
from catchment.core.schedules import Charge
from catchment.flows.billing.agreements import Agreements
from catchment.store.invoices import adjustments
from catchment.store.invoices.invoice_parts import LineItem
from catchment.store.invoices.invoices import Invoice


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
    charge = charged_again(agreed, line, max(one.due_on for one in found))
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
    )


def charged_again(agreed: Agreements, line: LineItem, until: date) -> Charge | None:
    """The charge that ``line`` bills or adjusts, due by a day; None where there is none."""
    schedule = agreed.schedules.get(line.schedule_id or "")
    if schedule is None or line.service is None:
        return None
    wanted = schedule.id, line.price_id, line.service.start, line.part
    found = charges(schedule, until, agreed.zone, only(Use(line.service.start, line.part)))
    return next((one for one in found if one.billed_as == wanted), None)
