"""Finding billing schedules."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, extract, func, or_

from catchment.store.paging import Page, PageRequest, page
from catchment.store.schedules.schedule_records import ScheduleRecord, of_rows, query_of
from catchment.store.schema import billing_schedules
from catchment.store.search import contains

_c = billing_schedules.c


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list keeps; empty ones keep everything.

    ``before`` and ``after`` leave out the day itself. Where a schedule's end is asked for, one
    without end is kept only with ``open_ended``; ``open_ended`` of False leaves it out always.
    """

    customer_ids: Collection[str] = ()
    statuses: Collection[str] = ()
    auto_issue: bool | None = None
    label: str | None = None
    archived: bool = False
    starting_before: date | None = None
    starting_after: date | None = None
    ending_before: date | None = None
    ending_after: date | None = None
    open_ended: bool | None = None
    recurrence_days: Collection[int] = ()


def listed(
    tx: Connection,
    workspace: str,
    filters: Filters,
    request: PageRequest,
    *,
    today: date,
    custom_field: str | None = None,
) -> tuple[Page, list[ScheduleRecord]]:
    """A page of schedules, by creation or by the value of a custom field (missing is empty)."""
    query = query_of(workspace).where(*_conditions(filters, today))
    sort: ColumnElement[Any] | None = None
    if custom_field is not None:
        sort = func.coalesce(_c.custom_fields[custom_field].as_string(), "")
    found = page(tx, query, request, id_column=_c.id, sort=sort)
    return found, of_rows(tx, found.rows)


def _conditions(filters: Filters, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.customer_ids:
        found.append(_c.customer_id.in_(filters.customer_ids))
    if filters.statuses:
        found.append(or_(*(_has_status(status, today) for status in filters.statuses)))
    if filters.auto_issue is not None:
        found.append(_c.auto_issue_invoices.is_(filters.auto_issue))
    if filters.label:
        found.append(contains(_c.label, filters.label))
    if not filters.archived:
        found.append(_c.archived_at.is_(None))
    if filters.starting_before is not None:
        found.append(_c.start_date < filters.starting_before)
    if filters.starting_after is not None:
        found.append(_c.start_date > filters.starting_after)
    if filters.recurrence_days:
        day = func.coalesce(_c.recurrence_day_of_month, extract("day", _c.start_date))
        found.append(day.in_(filters.recurrence_days))
    return found + _ends(filters)


def _ends(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.ending_before is not None:
        found.append(_c.end_date < filters.ending_before)
    if filters.ending_after is not None:
        found.append(_c.end_date > filters.ending_after)
    if found and filters.open_ended:
        return [or_(_c.end_date.is_(None), and_(*found))]
    if filters.open_ended is False:
        found.append(_c.end_date.is_not(None))
    return found


def _has_status(status: str, today: date) -> ColumnElement[bool]:
    """The status as ``ScheduleRecord.status`` tells it."""
    started = _c.activated_at.is_not(None)
    running = and_(started, _c.suspended_at.is_(None))
    begun = and_(running, _c.start_date <= today)
    match status:
        case "DRAFT":
            return _c.activated_at.is_(None)
        case "SUSPENDED":
            return and_(started, _c.suspended_at.is_not(None))
        case "PENDING":
            return and_(running, _c.start_date > today)
        case "COMPLETED":
            return and_(begun, _c.end_date < today, _c.cancelled_at.is_(None))
        case "CANCELLED":
            return and_(begun, _c.end_date < today, _c.cancelled_at.is_not(None))
        case "ACTIVE":
            return and_(begun, or_(_c.end_date.is_(None), _c.end_date >= today))
        case unknown:
            raise AssertionError(unknown)
