"""Tax rates that a body names: each must exist, and new agreements are not on archived ones."""

from __future__ import annotations

from sqlalchemy import Connection

from catchment.core.values.errors import NotFound
from catchment.flows.taxes.keep_tax import TaxArchived
from catchment.store import versions
from catchment.store.taxes.tax_rates import RATES


def check_rate(
    tx: Connection, workspace_id: str, pointer: str, rate_id: str, *, archived: bool = False
) -> None:
    """Refuse a rate that is not there or, unless it may be, ``archived``.

    ``pointer`` is where the body names it. Raises NotFound, TaxArchived.
    """
    try:
        row = versions.latest(tx, workspace_id, RATES, rate_id)
    except NotFound as none:
        raise NotFound.field(pointer, none.detail) from None
    if row.archived_at is not None and not archived:
        message = f"The tax rate {row.name!r} is archived."
        raise TaxArchived.field(pointer, message)
