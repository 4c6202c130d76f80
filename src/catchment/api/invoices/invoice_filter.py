"""The query of GET /invoices, read into an ``InvoiceFilter``."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, ClassVar, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from catchment.api.edge.deps import comma_list
from catchment.api.edge.wire import Day, DecimalIn
from catchment.core.values.errors import Invalid
from catchment.core.values.money import CURRENCIES
from catchment.store.invoices.invoice_list import InvoiceFilter, Values

_STATUSES = frozenset({"IN_PROGRESS", "DRAFT", "FINAL", "SENT", "VOIDED"})
_PAYMENT_STATUSES = frozenset({"UNPAID", "PARTIALLY_PAID", "PAID", "UNCOLLECTIBLE"})
_DECIMAL: TypeAdapter[Decimal] = TypeAdapter(DecimalIn)
_T = TypeVar("_T")

Many = Annotated[
    str | None, Field(default=None, max_length=8000, description="Comma-separated values.")
]


class InvoiceQuery(BaseModel):
    """Every filter of the list; those with ``exclude`` leave out what they name."""

    model_config: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel)

    invoice_status: Many
    invoice_payment_status: Many
    customer_id: Many
    billing_schedule_id: Many
    billing_run_id: Many
    invoice_currency: Many
    invoice_number: Many
    net_total: Many
    exclude_invoice_status: Many
    exclude_invoice_payment_status: Many
    exclude_customer_id: Many
    exclude_billing_schedule_id: Many
    exclude_billing_run_id: Many
    exclude_invoice_currency: Many
    exclude_invoice_number: Many
    exclude_net_total: Many
    due_before: Day | None = None
    due_after: Day | None = None
    sent_before: Day | None = None
    sent_after: Day | None = None
    invoice_before: Day | None = None
    invoice_after: Day | None = None
    exclude_zero_quantity: bool = False
    search: Annotated[
        str | None,
        Field(max_length=255, description="Part of number, customer, purchase order or reference."),
    ] = None


def invoice_filter(asked: Annotated[InvoiceQuery, Query()]) -> InvoiceFilter:
    """What the query asks for. Raises Invalid, naming the parameter."""
    return InvoiceFilter(
        only=_values(asked, ""),
        without=_values(asked, "exclude_"),
        due_before=asked.due_before,
        due_after=asked.due_after,
        sent_before=asked.sent_before,
        sent_after=asked.sent_after,
        invoice_before=asked.invoice_before,
        invoice_after=asked.invoice_after,
        exclude_zero_quantity=asked.exclude_zero_quantity,
        search=(asked.search or "").strip() or None,
    )


def _values(asked: InvoiceQuery, prefix: str) -> Values:
    def read(name: str, parse: Callable[[str], _T]) -> tuple[_T, ...]:
        given: str | None = getattr(asked, prefix + name)
        try:
            return tuple(parse(value) for value in comma_list(given))
        except ValueError as error:
            message = (
                error.errors()[0]["msg"].removeprefix("Value error, ")
                if isinstance(error, ValidationError)
                else str(error)
            )
            raise Invalid.field(f"?{to_camel(prefix + name)}", message) from error

    return Values(
        statuses=read("invoice_status", _one_of(_STATUSES)),
        payment_statuses=read("invoice_payment_status", _one_of(_PAYMENT_STATUSES)),
        customers=read("customer_id", str.lower),
        schedules=read("billing_schedule_id", str.lower),
        runs=read("billing_run_id", str.lower),
        currencies=read("invoice_currency", _one_of(frozenset(CURRENCIES))),
        numbers=read("invoice_number", str),
        net_totals=read("net_total", _DECIMAL.validate_python),
    )


def _one_of(allowed: frozenset[str]) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"{value[:80]!r} is none of {', '.join(sorted(allowed))}.")
        return value

    return parse
