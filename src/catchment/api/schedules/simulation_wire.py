"""Invoices that are not there, and the usage that they are supposed to be for."""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema

from catchment.api.billing.billing_run_wire import RunTotalOut
from catchment.api.edge.wire import Day, PositiveDecimalIn, Wire
from catchment.api.invoices.invoice_wire import InvoiceOut
from catchment.api.invoices.line_wire import Invoiced, LineItemGroupOut, LineItemOut
from catchment.core.values.money import decimal_text, total
from catchment.flows.billing.previews.simulate_schedule import Simulated, Simulation
from catchment.flows.billing.previews.suppose_usage import Given, Supposed
from catchment.store.billing.billing_runs import RunTotal
from catchment.store.invoices.invoices import Invoice

_EVERY = "every"
_MONTH = re.compile(r"(19[7-9]|2[0-9]{2})[0-9]-(0[1-9]|1[0-2])")
_MOST_USAGE = 1_000
_MOST_MONTHS = 100


def _month(key: str) -> str:
    if key != _EVERY and not _MONTH.fullmatch(key):
        raise ValueError(f'A month is expected, such as 2026-03, or "{_EVERY}".')
    return key


def _by_month(value: Any) -> Any:
    return value if isinstance(value, dict) else {_EVERY: value}


MonthlyIn = Annotated[
    dict[Annotated[str, AfterValidator(_month)], PositiveDecimalIn],
    Field(max_length=_MOST_MONTHS),
    BeforeValidator(_by_month),
    WithJsonSchema(
        {
            "oneOf": [{"type": "string"}, {"type": "number"}, {"type": "object"}],
            "description": "So much each month; or by month (2026-03), the others as `every`.",
        }
    ),
]


UsageIn = Annotated[dict[str, MonthlyIn], Field(max_length=_MOST_USAGE)]
"""By the id of a price or a metric."""


class SimulateIn(Wire):
    """How far to look (twelve months unless it says so, at most 36), and how much is used.

    ``usage`` is by the id of a price, or of a metric where all prices on it measure the same: a
    quantity of each month, or quantities by month (`2026-03`), the others as `every` says. Without
    that, and for all prices not named, it is that of the last full month.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "example": {
                "until": "2027-03-31",
                "usage": {"0198b2c9-5f41-7c3d-8a52-0f4f5e0c9a12": {"2026-12": 900, "every": 500}},
            }
        }
    )

    until: Day | None = None
    usage: UsageIn | None = None


def given(usage: UsageIn | None) -> dict[str, Given]:
    """What a body supposes."""
    return {
        name: Given(
            monthly.get(_EVERY),
            {
                date.fromisoformat(f"{month}-01"): quantity
                for month, quantity in monthly.items()
                if month != _EVERY
            },
        )
        for name, monthly in (usage or {}).items()
    }


class SupposedUsageOut(Wire):
    """What some prices of a schedule are supposed to measure each month: ``every``, but for those
    in ``months``. ``lastMonth`` is what was used in the last full one.
    """

    billing_schedule_id: str
    usage_metric_id: str
    price_ids: list[str]
    restrict_to_customers: list[str] | None = None
    every: str
    months: dict[str, str] | None = None
    last_month: str

    @classmethod
    def of(cls, one: Supposed) -> "SupposedUsageOut":
        """The wire form."""
        months = {
            f"{first:%Y-%m}": decimal_text(quantity)
            for first, quantity in sorted(one.monthly.months.items())
        }
        return cls(
            billing_schedule_id=one.schedule.id,
            usage_metric_id=one.metric.id,
            price_ids=[item.id for item in one.items],
            restrict_to_customers=sorted(one.scope) or None,
            every=decimal_text(one.monthly.every),
            months=months or None,
            last_month=decimal_text(one.last_month.pooled),
        )


class PreviewedInvoiceOut(InvoiceOut):
    """An invoice with its lines, written nowhere: its ids are nobody's."""

    due_on: date
    line_item_groups: list[LineItemGroupOut]
    line_items: list[LineItemOut]

    @classmethod
    def of_simulated(cls, one: Simulated, adjusted: Invoiced) -> "PreviewedInvoiceOut":
        """The wire form; ``adjusted`` has the invoice of every line that it adjusts."""
        assert one.invoice.due_on is not None, one
        return cls(
            **dict(InvoiceOut.of(one.invoice, one.paid)),
            due_on=one.invoice.due_on,
            line_item_groups=[LineItemGroupOut.of(group) for group in one.contents.groups],
            line_items=[LineItemOut.of(line, adjusted) for line in one.contents.lines],
        )


class SimulationOut(Wire):
    """The invoices due up to ``until`` that no billing run has drafted yet, in that order.

    Up to ``asOf`` counts what was used; from the next day on what ``usage`` supposes.
    """

    as_of: date
    until: date
    usage: list[SupposedUsageOut]
    totals: list[RunTotalOut]
    invoices: list[PreviewedInvoiceOut]

    @classmethod
    def of(cls, found: Simulation) -> "SimulationOut":
        """The wire form."""
        return cls(
            as_of=found.today,
            until=found.until,
            usage=[SupposedUsageOut.of(one) for one in found.usage],
            totals=[RunTotalOut.of(one) for one in _totals(found.invoices)],
            invoices=[
                PreviewedInvoiceOut.of_simulated(one, found.adjusted) for one in found.invoices
            ],
        )


def _totals(found: Sequence[Simulated]) -> list[RunTotal]:
    """What invoices come to, by currency."""
    by_currency: defaultdict[str, list[Invoice]] = defaultdict(list)
    for one in found:
        by_currency[one.invoice.currency].append(one.invoice)
    return [
        RunTotal(
            currency,
            len(own),
            total((one.net for one in own), currency),
            total((one.tax for one in own), currency),
        )
        for currency, own in sorted(by_currency.items())
    ]
