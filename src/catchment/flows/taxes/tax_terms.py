"""What decides the taxes of those who are invoiced, as of now."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.terms.taxes import TaxStatus, TaxTerms, place_of
from catchment.store.families import customers
from catchment.store.taxes import tax_rates


def tax_terms(
    tx: Connection, workspace_id: str, payers: Collection[CustomerId]
) -> Mapping[CustomerId, TaxTerms]:
    """How each of ``payers`` is taxed: by its status, its address and the rates in force."""
    rates = tax_rates.applied(tx, workspace_id)
    return {
        id: TaxTerms(TaxStatus(status), *place_of(address), rates)
        for id, (status, address) in customers.tax_facts(tx, workspace_id, payers).items()
    }
