"""The seller as an invoice shows it, by the tax id that it has where the customer is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection

from catchment.core.terms.taxes import identity, place_of
from catchment.store import merchants
from catchment.store.invoices.invoices import Invoice
from catchment.store.merchants import Merchant
from catchment.store.taxes import tax_registrations


def printed_seller(tx: Connection, seller: Merchant) -> Callable[[Invoice], Mapping[str, Any]]:
    """How an invoice shows the seller.

    Its tax id is that for the customer's country, else for its own; without any registration the
    one that it is described with.
    """
    known = tax_registrations.of_seller(tx, seller.id)
    home = place_of(seller.details["address"])
    shown = cache(partial(merchants.printed, seller))  # mostly the same for all

    def printed(invoice: Invoice) -> Mapping[str, Any]:
        tax_id = identity(known, place_of(invoice.customer_billing_address), home)
        return shown(invoice.currency, tax_id)

    return printed
