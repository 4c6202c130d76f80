"""How an invoice is to be paid: as set for it, else for its schedule, else for its customer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from catchment.core.values.errors import Conflict, NotFound
from catchment.flows.invoices.finalize_invoice import one_invoice
from catchment.store.families import customers
from catchment.store.invoices.invoices import Invoice
from catchment.store.schedules import payment_settings, schedule_records
from catchment.store.schedules.payment_settings import Payment, PaymentSetting, Subject, Whose


class PaymentSettingsExist(Conflict):
    """There are payment settings for this already."""

    code = "payment_settings_exist"


def create(
    tx: Connection, workspace: str, id: str, whose: Whose, payment: Payment, *, now: datetime
) -> PaymentSetting:
    """Set how something is paid. Raises NotFound, PaymentSettingsExist."""
    pointer = _POINTERS[whose.subject]
    try:
        _check(tx, workspace, whose)
    except NotFound as none:
        raise NotFound.field(pointer, none.detail) from None
    if payment_settings.of(tx, workspace, whose.subject, [whose.id]):
        message = "It has payment settings; change those."
        raise PaymentSettingsExist.field(pointer, message)
    return payment_settings.add(tx, workspace, id, whose, payment, now)


def in_force(tx: Connection, invoice: Invoice) -> PaymentSetting | None:
    """What decides how an invoice is paid; None where nothing is set."""
    wanted = (
        Whose(Subject.INVOICE, invoice.id),
        Whose(Subject.SCHEDULE, invoice.schedule_id or ""),
        Whose(Subject.CUSTOMER, invoice.customer_id),
    )
    for subject, id in wanted:
        found = payment_settings.of(tx, invoice.workspace_id, subject, [id])
        if found:
            return found[id]
    return None


_POINTERS = {
    Subject.INVOICE: "/invoiceId",
    Subject.SCHEDULE: "/billingScheduleId",
    Subject.CUSTOMER: "/customerId",
}


def _check(tx: Connection, workspace: str, whose: Whose) -> None:
    match whose.subject:
        case Subject.INVOICE:
            one_invoice(tx, workspace, whose.id)
        case Subject.SCHEDULE:
            schedule_records.one(tx, workspace, whose.id)
        case Subject.CUSTOMER:
            customers.row(tx, workspace, whose.id)
