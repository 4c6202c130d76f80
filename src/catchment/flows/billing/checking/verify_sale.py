"""An invoice that sells a grant made again from that, and compared."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import Connection

from catchment.core.terms.taxes import NOT_TAXED
from catchment.core.values.ids import NewId
from catchment.flows.billing.checking.compare_invoices import Difference, first_difference
from catchment.flows.credits.sell_grant import contents_of_sale, with_figures
from catchment.flows.taxes.taxed_again import lines_taxed_again
from catchment.store.credits import credit_grants
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows.invoice_parts import Contents


def sale_differs(
    tx: Connection, invoice: Invoice, stored: Contents, new_id: NewId
) -> Difference | None:
    """Where the invoice, which no schedule charges, is not what sells the grant that it names."""
    ids = {line.credit_grant_id for line in stored.lines if line.credit_grant_id is not None}
    known = credit_grants.some(tx, invoice.workspace_id, ids)
    record = next(iter(known.values()), None)
    if record is None or record.cost is None:
        return Difference("invoice", invoice.id, "creditGrantId", "nothing", "a grant that is sold")
    taxed = lines_taxed_again(tx, invoice, stored.lines)
    taxation = next(iter(taxed.values()), NOT_TAXED)
    again = contents_of_sale(record, "", taxation, invoice, new_id, stored)
    grant = record.grant
    head = structs.replace(invoice, customer_id=grant.customer, currency=grant.currency)
    made = with_figures(head, again)
    return first_difference(invoice, stored, made, again)
