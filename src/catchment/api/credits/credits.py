"""/credits: what customers are granted, what is left of it, and what became of the rest."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import Path, Query
from sqlalchemy import Connection

from catchment.api.credits.credit_wire import (
    CreditBalanceOut,
    CreditBalancesOut,
    CreditGrantIn,
    CreditGrantOut,
    CreditGrantPage,
    OpenGrantsOut,
)
from catchment.api.edge.deps import NewestFirst, NewId, Now, PathId, Today, Tx, WhoIs, comma_list
from catchment.api.edge.route import router
from catchment.api.edge.wire import Pagination
from catchment.core.values.errors import NotFound
from catchment.flows.credits import keep_grant, show_credits
from catchment.store.credits import credit_grants, sales
from catchment.store.credits.credit_grants import GrantRecord
from catchment.store.paging import page
from catchment.store.schema import credit_grants as grant_table

routes = router("/credits", "Credits")
CustomerId = Annotated[PathId, Path(alias="customerId")]


@routes.post("", status_code=201)
def grant_credit(
    body: CreditGrantIn, tx: Tx, who: WhoIs, today: Today, now: Now, new_id: NewId
) -> CreditGrantOut:
    """Grant credit to a customer. Its drafts are paid by it at once, and what is drafted later.

    With `createInvoice` a draft that sells it is made, too (`invoiceId` of the answer).
    """
    if body.sequence_account_id != who.workspace.id:
        message = f"There is no workspace {body.sequence_account_id}."
        raise NotFound.field("/sequenceAccountId", message)
    made = keep_grant.create(tx, who.workspace, body.terms(), today=today, now=now, new_id=new_id)
    return _shown(tx, who.workspace.id, [made])[0]


@routes.get("")
def list_grants(
    tx: Tx,
    who: WhoIs,
    paging: NewestFirst,
    customer_id: Annotated[
        str | None, Query(alias="customerId", description="Comma-separated.")
    ] = None,
) -> CreditGrantPage:
    """What was granted, newest first: by hand, and by phases of schedules."""
    query = credit_grants.listed(who.workspace.id)
    if customer_id is not None:
        query = query.where(grant_table.c.customer_id.in_(comma_list(customer_id)))
    found = page(tx, query, paging, id_column=grant_table.c.id)
    items = _shown(tx, who.workspace.id, map(credit_grants.of_row, found.rows))
    return CreditGrantPage(items=items, pagination=Pagination.of(found))


@routes.get("/{customerId}/balances")
def list_balances(
    customer_id: CustomerId,
    tx: Tx,
    who: WhoIs,
    today: Today,
) -> CreditBalancesOut:
    """What a customer has left today, by currency and usage metric, with all that happened."""
    found = show_credits.balances(tx, who.workspace.id, customer_id, on=today)
    return CreditBalancesOut(items=[CreditBalanceOut.of(who.workspace.id, one) for one in found])


@routes.get("/{customerId}/grants")
def list_open_grants(
    customer_id: CustomerId,
    tx: Tx,
    who: WhoIs,
    today: Today,
) -> OpenGrantsOut:
    """The grants of which a customer has something left today, the oldest first."""
    found = show_credits.standings(tx, who.workspace.id, customer_id, on=today)
    return OpenGrantsOut.of(one for one in found if one.account.balance)


@routes.get("/{id}")
def show_grant(id: PathId, tx: Tx, who: WhoIs) -> CreditGrantOut:
    """One grant."""
    return _shown(tx, who.workspace.id, [credit_grants.one(tx, who.workspace.id, id)])[0]


@routes.delete("/{id}")
def take_grant_back(
    id: PathId, tx: Tx, who: WhoIs, today: Today, now: Now, new_id: NewId
) -> CreditGrantOut:
    """Take back what is left of a grant. What it has paid of final invoices stays paid.

    The draft that sells it is deleted where it has paid nothing.
    """
    found = keep_grant.take_back(tx, who.workspace, id, today=today, now=now, new_id=new_id)
    return _shown(tx, who.workspace.id, [found])[0]


def _shown(tx: Connection, workspace_id: str, found: Iterable[GrantRecord]) -> list[CreditGrantOut]:
    """Grants with the invoices that sell them."""
    records = list(found)
    sold = sales.invoices_of(tx, workspace_id, [one.grant.id for one in records])
    return [CreditGrantOut.of(workspace_id, one, sold.get(one.grant.id)) for one in records]
