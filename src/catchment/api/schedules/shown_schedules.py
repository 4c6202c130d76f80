"""Schedules as they are shown, with what is looked up for it."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Connection

from catchment.api.catalog.prices import PriceOut
from catchment.api.schedules.schedule_wire import PhaseOut, PriceTaxRate, ScheduleOut
from catchment.core.due.charging import charges
from catchment.core.due.daily import NEVER_USED
from catchment.core.terms.schedules import Schedule
from catchment.store.catalog import prices
from catchment.store.schedules import payment_settings, schedule_billing, schedules
from catchment.store.schedules.payment_settings import Subject
from catchment.store.schedules.schedule_records import ScheduleRecord

_MORE_THAN_A_YEAR = timedelta(days=400)


def schedule_shown(
    tx: Connection, workspace: str, record: ScheduleRecord, today: date
) -> ScheduleOut:
    """A schedule with its prices and phases; ``today`` says how far it is."""
    return schedules_shown(tx, workspace, [record], today)[0]


def schedules_shown(
    tx: Connection, workspace: str, records: Sequence[ScheduleRecord], today: date
) -> list[ScheduleOut]:
    """Schedules in the order of ``records``, as ``schedule_shown`` shows each."""
    ids = [record.id for record in records]
    known = prices.shown(tx, workspace, {id for record in records for id in record.price_ids})
    last = schedule_billing.last_invoices(tx, workspace, ids)
    paid = payment_settings.of(tx, workspace, Subject.SCHEDULE, ids)
    agreed = {schedule.id: schedule for schedule in schedules.some(tx, workspace, ids)}
    return [
        ScheduleOut(
            id=record.id,
            customer_id=record.customer_id,
            status=record.status(today),
            start_date=record.start,
            end_date=record.end,
            tax_rates=[
                PriceTaxRate(price_id=price_id, tax_rate_id=rate_id)
                for price_id, rate_id in record.tax_rates.items()
            ],
            first_billing_date=_first_due(agreed[record.id]),
            auto_issue_invoices=record.auto_issue,
            adjust_late_usage=record.adjust_late,
            purchase_order_number=record.purchase_order_number,
            reference=record.reference,
            label=record.label,
            recurrence_day_of_month=record.recurrence_day,
            prices=[PriceOut.of(known[id]) for id in record.price_ids],
            created_at=record.created_at,
            updated_at=record.updated_at,
            last_invoice_id=last.get(record.id),
            phases=[PhaseOut.of(workspace, record.id, phase) for phase in record.phases],
            archived_at=record.archived_at,
            suspended_at=record.suspended_at,
            cancelled_at=record.cancelled_at,
            roll_up_billing=record.roll_up,
            bill_to=record.bill_to,
            roll_up_exclusions=list(record.exclusions) or None,
            integration_ids=[],
            attachment_assets=[],
            default_due_date_days=record.due_days,
            memo=record.memo,
            custom_fields=dict(record.custom_fields),
            payment_provider=payment.provider if payment else None,
            auto_charge=payment.auto_charge if payment else None,
        )
        for record in records
        for payment in [paid[record.id].payment if record.id in paid else None]
    ]


def _first_due(schedule: Schedule) -> date | None:
    """The first day on which something is due whatever is used; None where that never comes."""
    days = [schedule.start + _MORE_THAN_A_YEAR]
    days += [phase.end + timedelta(days=1) for phase in schedule.phases if phase.end is not None]
    for day in sorted(days):
        found = charges(schedule, day, used=NEVER_USED)
        if found:
            return found[0].due_on
    return None
