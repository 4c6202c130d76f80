"""/billing-schedules: what was agreed with a customer, and when it is billed."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import Query
from sqlalchemy import Connection

from catchment.api.catalog.prices import PriceOut
from catchment.api.edge.deps import (
    NewestFirst,
    NewId,
    Now,
    PathId,
    Today,
    Tx,
    Usage,
    WhoIs,
    comma_list,
)
from catchment.api.edge.route import router
from catchment.api.edge.wire import Day, Pagination, Wire
from catchment.api.schedules.schedule_wire import (
    DuplicateIn,
    PhaseOut,
    PriceTaxRate,
    ScheduleIn,
    ScheduleOut,
    SchedulesOut,
    ScheduleUpdateIn,
)
from catchment.api.taxes.taxation_wire import TaxationOut
from catchment.core.charging import charges
from catchment.core.daily import NEVER_USED
from catchment.core.errors import Invalid
from catchment.core.money import decimal_text
from catchment.core.schedules import Schedule
from catchment.flows.schedules import keep_schedule
from catchment.flows.taxes.schedule_taxes import PriceTaxation, price_taxations
from catchment.store.catalog import prices
from catchment.store.schedules import (
    payment_settings,
    schedule_billing,
    schedule_list,
    schedule_records,
    schedules,
)
from catchment.store.schedules.payment_settings import Subject, Whose
from catchment.store.schedules.schedule_list import Filters
from catchment.store.schedules.schedule_records import ScheduleRecord

routes = router("", "Billing schedules")
Status = Literal["DRAFT", "PENDING", "ACTIVE", "SUSPENDED", "CANCELLED", "COMPLETED"]
_STATUSES = frozenset({"DRAFT", "PENDING", "ACTIVE", "SUSPENDED", "CANCELLED", "COMPLETED"})
_FIELD = "customFields."
_MORE_THAN_A_YEAR = timedelta(days=400)


class KeysOut(Wire):
    items: list[str]


class PriceTaxOut(TaxationOut):
    """How a price, or a copy of a list price, would be taxed in a phase (counted from 0)."""

    price_id: str
    phase: int
    tax_rate: str

    @classmethod
    def of_price(cls, one: PriceTaxation) -> "PriceTaxOut":
        """The wire form."""
        return cls(
            **TaxationOut.of(one.taxation).model_dump(),
            price_id=one.price_id,
            phase=one.phase,
            tax_rate=decimal_text(one.taxation.fraction),
        )


class TaxesOut(Wire):
    items: list[PriceTaxOut]


@routes.post("/billing-schedules", status_code=201)
def create_schedule(
    body: ScheduleIn,
    *,
    tx: Tx,
    usage: Usage,
    who: WhoIs,
    now: Now,
    today: Today,
    new_id: NewId,
) -> ScheduleOut:
    """Agree on a schedule. Unless it is a draft, what has elapsed of it is drafted at once."""
    terms, payment = body.terms(), body.payment()
    record = keep_schedule.create(
        tx,
        usage,
        who.workspace,
        body.record(new_id(), now),
        terms,
        start=not body.is_draft,
        today=today,
        now=now,
        new_id=new_id,
    )
    if payment is not None:
        whose = Whose(Subject.SCHEDULE, record.id)
        payment_settings.add(tx, who.workspace.id, new_id(), whose, payment, now)
    return schedules_shown(tx, who.workspace.id, [record], today)[0]


@routes.post("/billing-schedules/validate-taxes")
def validate_taxes(body: ScheduleIn, tx: Tx, who: WhoIs) -> TaxesOut:
    """Which tax rate every price would have today. Nothing is kept.

    Where a price would have none, that is refused, naming all such prices: a schedule can be made
    all the same, and the rate given later.
    """
    found = price_taxations(tx, who.workspace.id, body.customer_id, body.terms())
    return TaxesOut(items=[PriceTaxOut.of_price(one) for one in found])


@routes.get("/billing-schedules")
def list_schedules(
    *,
    tx: Tx,
    who: WhoIs,
    paging: NewestFirst,
    today: Today,
    customer_id: Annotated[
        str | None, Query(alias="customerId", description="Comma-separated.")
    ] = None,
    status: Annotated[
        str | None, Query(alias="billingScheduleStatus", description="Comma-separated.")
    ] = None,
    auto_issue: Annotated[bool | None, Query(alias="autoSendInvoices")] = None,
    label: Annotated[str | None, Query(description="Part of the label.")] = None,
    archived: Annotated[bool, Query(alias="includeArchivedSchedules")] = False,
    starting_before: Annotated[Day | None, Query(alias="startingBefore")] = None,
    starting_after: Annotated[Day | None, Query(alias="startingAfter")] = None,
    ending_before: Annotated[Day | None, Query(alias="endingBefore")] = None,
    ending_after: Annotated[Day | None, Query(alias="endingAfter")] = None,
    open_ended: Annotated[
        bool | None,
        Query(
            alias="includeOpenEndedSchedules",
            description="Keeps schedules without an end beside endingBefore and endingAfter.",
        ),
    ] = None,
    recurrence_days: Annotated[
        str | None,
        Query(alias="recurrenceDayOfMonth", description="Comma-separated days from 1 to 31."),
    ] = None,
    sort_by: Annotated[
        str, Query(alias="sortBy", description="`createdAt` or `customFields.<key>`.")
    ] = "createdAt",
) -> SchedulesOut:
    """Schedules, newest first. Days named before or after are not included themselves."""
    statuses = comma_list(status)
    if not _STATUSES.issuperset(statuses):
        message = f"A status is one of {', '.join(sorted(_STATUSES))}."
        raise Invalid.field("?billingScheduleStatus", message)
    filters = Filters(
        customer_ids=comma_list(customer_id),
        statuses=statuses,
        auto_issue=auto_issue,
        label=label,
        archived=archived,
        starting_before=starting_before,
        starting_after=starting_after,
        ending_before=ending_before,
        ending_after=ending_after,
        open_ended=open_ended,
        recurrence_days=_days(recurrence_days),
    )
    page, found = schedule_list.listed(
        tx,
        who.workspace.id,
        filters,
        paging,
        today=today,
        custom_field=_custom_field(sort_by),
    )
    items = schedules_shown(tx, who.workspace.id, found, today)
    return SchedulesOut(items=items, pagination=Pagination.of(page))


@routes.get("/billing-schedules/{billingScheduleId}")
def show_schedule(
    billingScheduleId: PathId,  # noqa: N803 -- the name in the path
    tx: Tx,
    who: WhoIs,
    today: Today,
) -> ScheduleOut:
    """One schedule with its prices and phases."""
    record = schedule_records.one(tx, who.workspace.id, billingScheduleId)
    return schedules_shown(tx, who.workspace.id, [record], today)[0]


@routes.put("/billing-schedules/{billingScheduleId}")
def update_schedule(
    billingScheduleId: PathId,  # noqa: N803 -- the name in the path
    body: ScheduleUpdateIn,
    *,
    tx: Tx,
    usage: Usage,
    who: WhoIs,
    now: Now,
    today: Today,
    new_id: NewId,
) -> ScheduleOut:
    """Agree anew. Drafts follow; of final invoices, what was charged in advance is settled by the
    next one, and what was charged in arrears must stay.
    """
    record = keep_schedule.change(
        tx,
        usage,
        who.workspace,
        billingScheduleId,
        body.terms(),
        today=today,
        now=now,
        new_id=new_id,
    )
    return schedules_shown(tx, who.workspace.id, [record], today)[0]


@routes.put("/billing-schedules/{billingScheduleId}/activate")
def activate_schedule(
    billingScheduleId: PathId,  # noqa: N803 -- the name in the path
    *,
    tx: Tx,
    usage: Usage,
    who: WhoIs,
    now: Now,
    today: Today,
    new_id: NewId,
) -> ScheduleOut:
    """Start a draft. Every period that has elapsed is drafted at once."""
    record = keep_schedule.activate(
        tx, usage, who.workspace, billingScheduleId, today=today, now=now, new_id=new_id
    )
    return schedules_shown(tx, who.workspace.id, [record], today)[0]


@routes.post("/billing-schedules/{billingScheduleId}/archive")
def archive_schedule(
    billingScheduleId: PathId,  # noqa: N803 -- the name in the path
    *,
    tx: Tx,
    usage: Usage,
    who: WhoIs,
    now: Now,
    today: Today,
    new_id: NewId,
) -> ScheduleOut:
    """Stop billing: nothing that falls due after today is invoiced. Invoices stay."""
    record = keep_schedule.archive(
        tx, usage, who.workspace, billingScheduleId, now=now, new_id=new_id
    )
    return schedules_shown(tx, who.workspace.id, [record], today)[0]


@routes.post("/billing-schedules/{billingScheduleId}/duplicate", status_code=201)
def duplicate_schedule(
    billingScheduleId: PathId,  # noqa: N803 -- the name in the path
    body: DuplicateIn,
    *,
    tx: Tx,
    who: WhoIs,
    now: Now,
    today: Today,
    new_id: NewId,
) -> ScheduleOut:
    """Copy a schedule onto a customer, as a draft with the same days and prices."""
    record = keep_schedule.duplicate(
        tx, who.workspace, billingScheduleId, body.customer_id, now=now, new_id=new_id
    )
    return schedules_shown(tx, who.workspace.id, [record], today)[0]


@routes.get("/billing-schedule-custom-field-keys")
def list_custom_field_keys(tx: Tx, who: WhoIs) -> KeysOut:
    """Every key of a custom field in use."""
    return KeysOut(items=schedule_records.custom_field_keys(tx, who.workspace.id))


def schedules_shown(
    tx: Connection, workspace: str, records: Sequence[ScheduleRecord], today: date
) -> list[ScheduleOut]:
    """Schedules as they are shown."""
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


def _days(text: str | None) -> list[int]:
    days = comma_list(text)
    if any(not (day.isascii() and day.isdigit() and 1 <= int(day) <= 31) for day in days):
        raise Invalid.field("?recurrenceDayOfMonth", "Days from 1 to 31 are expected.")
    return [int(day) for day in days]


def _custom_field(sort_by: str) -> str | None:
    if sort_by == "createdAt":
        return None
    key = sort_by.removeprefix(_FIELD)
    if key == sort_by or not key or '"' in key or "\\" in key:
        message = "Sort by createdAt or customFields.<key>."
        raise Invalid.field("?sortBy", message, "sort_invalid")
    return key
