"""Taxes as an invoice prints them: by rate, with what the law wants said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from catchment.core.terms.taxes import (
    NOT_TAXED,
    NOTES,
    Reason,
    Taxation,
    TaxStatus,
    TaxSum,
    by_rate,
)
from catchment.documents import format as written
from catchment.documents import invoice as paper
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_parts import Contents, LineItem

_WITHOUT_RATE: Mapping[Reason, str] = MappingProxyType(
    {Reason.EXEMPT: "Exempt", Reason.REVERSE_CHARGED: "Reverse charge"}
)


def tax_sums(contents: Contents) -> list[TaxSum]:
    """Net and tax of the invoice by rate; nothing where none of its lines has a rate."""
    lines = ((line.taxation or NOT_TAXED, line.net, line.tax) for line in contents.lines)
    found = by_rate(lines)
    return found if any(one.taxation.rate for one in found) else []


def tax_facts(sums: Sequence[TaxSum]) -> tuple[paper.Fact, ...]:
    """What stands between net and gross."""
    taxed = (one for one in sums if one.taxation.rate is not None)
    return tuple(paper.Fact(_full(one.taxation), written.money(one.tax)) for one in taxed)


def tax_rows(sums: Sequence[TaxSum]) -> tuple[paper.TaxRow, ...]:
    """The table of what is taxed alike; of one rate the totals say as much."""
    if len(sums) < 2:
        return ()
    return tuple(
        paper.TaxRow(
            _name(one.taxation),
            written.percentage(one.taxation.fraction),
            written.money(one.net),
            written.money(one.tax),
        )
        for one in sums
    )


def tax_of(line: LineItem) -> str:
    """The line's rate in short."""
    taxation = line.taxation or NOT_TAXED
    if taxation.rate is None:
        return _name(taxation)
    return f"{taxation.rate.short_name} {written.percentage(taxation.rate.fraction)}"


def tax_notes(invoice: Invoice) -> tuple[str, ...]:
    """What has to be said where the customer is not taxed."""
    note = NOTES.get(TaxStatus(invoice.customer_tax_status))
    return () if note is None else (note,)


def _full(taxation: Taxation) -> str:
    return f"{_name(taxation)} {written.percentage(taxation.fraction)}"


def _name(taxation: Taxation) -> str:
    if taxation.rate is not None:
        return taxation.rate.name
    return _WITHOUT_RATE.get(taxation.reason, "Not taxed")
