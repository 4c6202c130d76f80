"""/billing-schedules: what was agreed with a customer, and when it is billed."""

from typing import Annotated

from fastapi import Query

from catchment.api.edge.deps import (
    NewestFirst,
    NewId,
    Now,
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
    ScheduleId,
    ScheduleIn,
    ScheduleOut,
    SchedulesOut,
    ScheduleUpdateIn,
)
from catchment.api.schedules.shown_schedules import schedule_shown, schedules_shown
from catchment.api.taxes.taxation_wire import TaxationOut
from catchment.core.values.errors import Invalid
from catchment.core.values.money import decimal_text
from catchment.flows.schedules import keep_schedule
from catchment.flows.taxes.schedule_taxes import PriceTaxation, price_taxations
from catchment.store.schedules import payment_settings, schedule_list, schedule_records
from catchment.store.schedules.payment_settings import Subject, Whose
from catchment.store.schedules.schedule_list import Filters

routes = router("", "Billing schedules")
_STATUSES = frozenset({"DRAFT", "PENDING", "ACTIVE", "SUSPENDED", "CANCELLED", "COMPLETED"})
_FIELD = "customFields."


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
    return schedule_shown(tx, who.workspace.id, record, today)


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
    schedule_id: ScheduleId,
    tx: Tx,
    who: WhoIs,
    today: Today,
) -> ScheduleOut:
    """One schedule with its prices and phases."""
    record = schedule_records.one(tx, who.workspace.id, schedule_id)
    return schedule_shown(tx, who.workspace.id, record, today)


@routes.put("/billing-schedules/{billingScheduleId}")
def update_schedule(
    schedule_id: ScheduleId,
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
        schedule_id,
        body.terms(),
        today=today,
        now=now,
        new_id=new_id,
    )
    return schedule_shown(tx, who.workspace.id, record, today)


@routes.put("/billing-schedules/{billingScheduleId}/activate")
def activate_schedule(
    schedule_id: ScheduleId,
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
        tx, usage, who.workspace, schedule_id, today=today, now=now, new_id=new_id
    )
    return schedule_shown(tx, who.workspace.id, record, today)


@routes.post("/billing-schedules/{billingScheduleId}/archive")
def archive_schedule(
    schedule_id: ScheduleId,
    *,
    tx: Tx,
    usage: Usage,
    who: WhoIs,
    now: Now,
    today: Today,
    new_id: NewId,
) -> ScheduleOut:
    """Stop billing: nothing that falls due after today is invoiced. Invoices stay."""
    record = keep_schedule.archive(tx, usage, who.workspace, schedule_id, now=now, new_id=new_id)
    return schedule_shown(tx, who.workspace.id, record, today)


@routes.post("/billing-schedules/{billingScheduleId}/duplicate", status_code=201)
def duplicate_schedule(
    schedule_id: ScheduleId,
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
        tx, who.workspace, schedule_id, body.customer_id, now=now, new_id=new_id
    )
    return schedule_shown(tx, who.workspace.id, record, today)


@routes.get("/billing-schedule-custom-field-keys")
def list_custom_field_keys(tx: Tx, who: WhoIs) -> KeysOut:
    """Every key of a custom field in use."""
    return KeysOut(items=schedule_records.custom_field_keys(tx, who.workspace.id))


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
