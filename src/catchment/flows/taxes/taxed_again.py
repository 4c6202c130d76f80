"""How the lines of a stored invoice were taxed, found again from the rates of their time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from catchment.core.terms.schedules import ChargeId
from catchment.core.terms.taxes import NOT_TAXED, Taxation, TaxStatus, TaxTerms
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_parts import LineItem
from catchment.store.taxes import tax_rates


def taxed_again(
    tx: Connection, invoice: Invoice, lines: Sequence[LineItem]
) -> Mapping[ChargeId, Taxation]:
    """How each charge that ``lines`` bill is taxed, see ``lines_taxed_again``.

    Adjustments are left out: they are taxed as what they adjust.
    """
    taxed = lines_taxed_again(tx, invoice, lines)
    return {
        (line.schedule_id, line.price_id, line.service.start, line.part): taxed[line.id]
        for line in lines
        if line.deducted is None and line.schedule_id and line.price_id and line.service
    }


def lines_taxed_again(
    tx: Connection, invoice: Invoice, lines: Sequence[LineItem]
) -> Mapping[str, Taxation]:
    """How each of the lines is taxed, by its id: as decided then, at the rate of its version.

    Who was exempt or reverse charged has no rate, whatever its lines say.
    """
    wanted = {
        line.taxation.rate.version_id for line in lines if line.taxation and line.taxation.rate
    }
    rates = tax_rates.rates_called(tx, invoice.workspace_id, wanted)
    status = TaxStatus(invoice.customer_tax_status)
    free = None if status is TaxStatus.TAXED else TaxTerms(status).of(None, None)
    found = {}
    for line in lines:
        kept = line.taxation or NOT_TAXED
        if kept.rate is not None:
            kept = replace(kept, rate=rates.get(kept.rate.version_id))
        found[line.id] = free or kept
    return found
