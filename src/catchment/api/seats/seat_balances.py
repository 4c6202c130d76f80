"""/seat-balances: how many seats customers have now."""

from typing import Annotated

from fastapi import Query

from catchment.api.edge.deps import NewestFirst, Now, Tx, WhoIs, comma_list
from catchment.api.edge.route import router
from catchment.api.edge.wire import At, Pagination, Wire
from catchment.store.families import aliases
from catchment.store.seats import seat_balances

routes = router("/seat-balances", "Seats")


class SeatBalanceOut(Wire):
    seat_type: str
    total: int
    change_timestamp: At


class CustomerSeatBalancesOut(Wire):
    """``total`` is over all seat types, and ``changeTimestamp`` when one changed last."""

    id: str
    sequence_account_id: str
    legal_name: str
    customer_aliases: list[str]
    total: int
    change_timestamp: At
    balances: list[SeatBalanceOut]


class SeatBalancesOut(Wire):
    items: list[CustomerSeatBalancesOut]
    pagination: Pagination


@routes.get("")
def list_seat_balances(
    *,
    tx: Tx,
    who: WhoIs,
    now: Now,
    paging: NewestFirst,
    exclude_zero_quantity: Annotated[bool, Query(alias="excludeZeroQuantity")] = False,
    customer_aliases: Annotated[
        str | None, Query(alias="customerAliases", description="Comma-separated.")
    ] = None,
    customer_ids: Annotated[
        str | None, Query(alias="customerIds", description="Comma-separated.")
    ] = None,
) -> SeatBalancesOut:
    """Customers that have, or once had, seats, the newest customer first.

    A balance is the latest total under any of the customer's aliases.
    """
    workspace = who.workspace.id
    wanted = None
    if customer_ids is not None:
        wanted = {id.lower() for id in comma_list(customer_ids)}
    if customer_aliases is not None:
        owners = set(aliases.owners(tx, workspace, comma_list(customer_aliases)).values())
        wanted = owners if wanted is None else wanted & owners
    page, balances = seat_balances.listed(
        tx, workspace, paging, on=now, customer_ids=wanted, exclude_zero=exclude_zero_quantity
    )
    known = aliases.of_customers(tx, workspace, [row.id for row in page.rows])
    return SeatBalancesOut(
        items=[
            CustomerSeatBalancesOut(
                id=row.id,
                sequence_account_id=workspace,
                legal_name=row.legal_name,
                customer_aliases=[alias.value for alias in known.get(row.id, ())],
                total=sum(one.total for one in balances[row.id]),
                change_timestamp=max(one.changed_at for one in balances[row.id]),
                balances=[
                    SeatBalanceOut(
                        seat_type=one.seat_type,
                        total=one.total,
                        change_timestamp=one.changed_at,
                    )
                    for one in balances[row.id]
                ],
            )
            for row in page.rows
        ],
        pagination=Pagination.of(page),
    )
