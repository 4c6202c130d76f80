"""/invoices/{id}/allocations: whose share of an invoice is whose."""

import base64
from typing import Annotated

from fastapi import Query

from catchment.api.edge.deps import Cursor, Limit, PathId, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import Pagination, Wire
from catchment.core.shares.allocation import Method
from catchment.core.values.errors import Invalid
from catchment.core.values.money import decimal_text, money_text
from catchment.flows.invoices.finalize_invoice import one_invoice
from catchment.flows.invoices.share_invoice import START, Allocation, Place, allocations

_MOST = 2**31

routes = router("/invoices/{id}/allocations", "Invoices")

ByMethod = Annotated[
    Method,
    Query(
        description="PROPORTIONAL: by the members' quantities. MARGINAL: in the order of events,"
        " who used while a tier was open shares what it came to. STANDALONE: by what each would"
        " have paid alone."
    ),
]


class AllocationOut(Wire):
    """A member's share of a line. ``path`` leads from the payer to the member itself."""

    customer_id: str
    path: list[str]
    line_item_id: str
    quantity: str
    net_total: str
    total_tax: str
    gross_total: str

    @classmethod
    def of(cls, one: Allocation) -> "AllocationOut":
        return cls(
            customer_id=one.customer,
            path=list(one.path),
            line_item_id=one.line.id,
            quantity=decimal_text(one.quantity),
            net_total=money_text(one.net),
            total_tax=money_text(one.tax),
            gross_total=money_text(one.gross),
        )


class AllocationPage(Wire):
    items: list[AllocationOut]
    pagination: Pagination


@routes.get("")
def list_allocations(
    id: PathId,
    *,
    tx: Tx,
    who: WhoIs,
    method: ByMethod = Method.PROPORTIONAL,
    customer_id: Annotated[
        str | None, Query(alias="customerId", description="The shares of this customer only.")
    ] = None,
    limit: Limit = 20,
    after: Cursor = None,
) -> AllocationPage:
    """Each member's share of each line, to the minor unit: the shares of a line are the line.

    What the payer has alone comes first: fixed and one-time lines, and all lines without roll-up.
    Members follow as in the usage item groups. Who has no share is left out.
    """
    invoice = one_invoice(tx, who.workspace.id, id)
    found = allocations(
        tx,
        invoice,
        method,
        customer=None if customer_id is None else customer_id.lower(),
        after=START if after is None else _place(after),
        limit=limit,
    )
    return AllocationPage(
        items=[AllocationOut.of(one) for one in found.found],
        pagination=Pagination(
            after=None if found.following is None else _cursor(found.following),
            total_result_size=found.total,
        ),
    )


def _cursor(place: Place) -> str:
    return base64.urlsafe_b64encode("{} {}".format(*place).encode()).decode().rstrip("=")


def _place(cursor: str) -> Place:
    """The place of a cursor. Raises Invalid."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        member, line = map(int, text.split(" "))
    except ValueError:
        member = line = -2
    if not (-1 <= member < _MOST and -1 <= line < _MOST):
        raise Invalid.field("?after", "This is not a cursor of this list.", "cursor_invalid")
    return member, line
