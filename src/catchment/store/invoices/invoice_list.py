"""The filters and orders of the list of invoices."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select

from catchment.core.values.money import CURRENCIES, EXACT
from catchment.store.invoices.invoices import billing_of, heads
from catchment.store.schema import invoices, line_items

_c = invoices.c


@dataclass(frozen=True, slots=True)
class Values:
    """Values that columns of an invoice may have, or under ``InvoiceFilter.without`` may not.

    An empty collection asks for nothing. ``net_totals`` are major units of the invoice's currency;
    of ``schedules`` are also invoices with just lines of theirs.
    """

    statuses: Collection[str] = ()
    payment_statuses: Collection[str] = ()
    customers: Collection[str] = ()
    schedules: Collection[str] = ()
    runs: Collection[str] = ()
    currencies: Collection[str] = ()
    numbers: Collection[str] = ()
    net_totals: Collection[Decimal] = ()


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Which invoices are listed. Days bound exclusively: before and after, not on.

    ``invoice_*`` compare the issue date, of a draft the accounting date; ``sent_*`` the issue date
    of invoices that were sent. ``search`` looks into number, customer, purchase order, reference.
    """

    only: Values = Values()
    without: Values = Values()
    due_before: date | None = None
    due_after: date | None = None
    sent_before: date | None = None
    sent_after: date | None = None
    invoice_before: date | None = None
    invoice_after: date | None = None
    exclude_zero_quantity: bool = False
    search: str | None = None


def query(workspace_id: str, wanted: InvoiceFilter) -> Select[Any]:
    """The heads of the invoices that ``wanted`` lets through, in no order yet."""
    return heads(workspace_id).where(*_conditions(workspace_id, wanted))


def order(name: str | None) -> ColumnElement[Any] | None:
    """What a ``sortBy`` sorts by, never null; None for the order of making.

    A draft has no issue and due date yet: it stands where the newest would.
    """
    match name:
        case "CUSTOMER_LEGAL_COMPANY_NAME":
            return _c.customer_legal_name
        case "GROSS_TOTAL":
            whole = [code for code, digits in CURRENCIES.items() if digits == 0]
            return case((_c.currency.in_(whole), _c.gross_minor * 100), else_=_c.gross_minor)
        case "ACCOUNTING_DATE":
            return _c.accounting_date
        case "DUE_DATE":
            return func.coalesce(_c.due_date, date(9999, 12, 31), type_=_c.due_date.type)
        case "ISSUE_DATE":
            return func.coalesce(_c.issue_date, date(9999, 12, 31), type_=_c.issue_date.type)
        case _:
            return None


def _conditions(workspace_id: str, wanted: InvoiceFilter) -> Iterator[ColumnElement[bool]]:
    for field in fields(Values):
        if only := getattr(wanted.only, field.name):
            yield _has(workspace_id, field.name, only)
        if without := getattr(wanted.without, field.name):
            # "not in" would be unknown, not true, where a draft has no number yet.
            yield func.coalesce(_has(workspace_id, field.name, without), False).is_(False)
    dated = func.coalesce(_c.issue_date, _c.accounting_date)
    sent = case((_c.status == "SENT", _c.issue_date))
    for column, before, after in (
        (_c.due_date, wanted.due_before, wanted.due_after),
        (dated, wanted.invoice_before, wanted.invoice_after),
        (sent, wanted.sent_before, wanted.sent_after),
    ):
        if before is not None:
            yield column < before
        if after is not None:
            yield column > after
    if wanted.exclude_zero_quantity:
        line = line_items.c
        yield exists().where(line.invoice_id == _c.id, line.quantity != "0")
    if wanted.search:
        places = (_c.invoice_number, _c.customer_legal_name, _c.purchase_order_number, _c.reference)
        yield or_(*(place.icontains(wanted.search, autoescape=True) for place in places))


def _has(workspace_id: str, name: str, values: Collection[Any]) -> ColumnElement[bool]:
    if name == "schedules":
        return _c.id.in_(select(billing_of(workspace_id, values).c.invoice_id))
    if name == "net_totals":
        return or_(*map(_net_is, values))
    column = {
        "statuses": _c.status,
        "payment_statuses": _c.payment_status,
        "customers": _c.customer_id,
        "runs": _c.billing_run_id,
        "currencies": _c.currency,
        "numbers": _c.invoice_number,
    }[name]
    return column.in_(list(values))


def _net_is(amount: Decimal) -> ColumnElement[bool]:
    """Whether the net total is ``amount``, whatever the invoice's currency calls a minor unit."""
    matches: list[ColumnElement[bool]] = []
    for digits in sorted(set(CURRENCIES.values())):
        minor = EXACT.scaleb(amount, digits)
        if minor == minor.to_integral_value() and abs(minor) < 2**63:
            codes = [code for code, has in CURRENCIES.items() if has == digits]
            matches.append(_c.currency.in_(codes) & (_c.net_minor == int(minor)))
    return or_(*matches) if matches else _c.id == ""
