"""Whose invoice a line is on, and who gets that."""

from __future__ import annotations

from tests.oracle.calendars import DAY, Service, beginning
from tests.oracle.contracts import Contract, InvoiceKey, Schedule
from tests.oracle.usage import way_up


def invoice_of(contract: Contract, schedule: Schedule, service: Service) -> InvoiceKey:
    """Its own schedule's. What bills its parent goes to the nearest above who pays at the start of the due day.

    It joins the invoice of the first schedule that pays; with another currency it is one of its own for who pays.
    """
    due = service.due
    at = beginning(due, contract.zone)
    above = way_up(contract, schedule.customer, at)[1:] if schedule.bills_parent else []
    for payer in above:
        paying = [
            one
            for one in contract.schedules
            if one.customer == payer and _pays(one, service) and not one.bills_parent
        ]
        if paying:
            first = min(paying, key=lambda one: (one.start, one.id))
            joined = first if first.currency == schedule.currency else schedule
            return InvoiceKey(joined.id, due, payer)
    return InvoiceKey(schedule.id, due, schedule.customer)


def _pays(schedule: Schedule, service: Service) -> bool:
    """Whether it runs on the due day, or went on as long as what is charged for."""
    if schedule.start > service.due:
        return False
    return schedule.end is None or service.due <= schedule.end or service.end <= schedule.end + DAY
