"""Which invoices a customer has a part in, as a payer or as a member of the payer's family."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, exists, or_

from catchment.store.invoices.invoices import ISSUED, heads
from catchment.store.schema import invoices, usage_branches, usage_item_groups


def query(
    workspace_id: str,
    customer_id: str,
    *,
    invoice_id: str | None = None,
    first: date | None = None,
    last: date | None = None,
    descendants: bool = False,
) -> Select[Any]:
    """The heads of issued invoices that a customer pays or has used something of.

    With ``descendants`` it is enough that somebody below it used something, by the tree that an
    invoice was made with. ``first`` and ``last``, both included, bound the accounting date.
    """
    c, member, branch = invoices.c, usage_item_groups.c, usage_branches.c
    takes_part = [
        c.customer_id == customer_id,
        exists().where(member.customer_id == customer_id, member.invoice_id == c.id),
    ]
    if descendants:
        below = exists().where(branch.customer_id == customer_id, branch.invoice_id == c.id)
        takes_part.append(below)
    found = heads(workspace_id).where(c.status.in_(ISSUED), or_(*takes_part))
    if invoice_id is not None:
        found = found.where(c.id == invoice_id)
    if first is not None:
        found = found.where(c.accounting_date >= first)
    if last is not None:
        found = found.where(c.accounting_date <= last)
    return found
