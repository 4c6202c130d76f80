"""/customers/{id}/spend: where a family's money goes."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from fastapi import Query
from sqlalchemy import Connection

from catchment.api.edge.deps import Limit, PathId, Tx, WhoIs, comma_list
from catchment.api.edge.route import router
from catchment.api.edge.wire import CurrencyCode, Day, Wire
from catchment.api.invoices.allocations import ByMethod
from catchment.api.invoices.date_ranges import InclusiveDateRange
from catchment.core.families.hierarchy import MAX_LEVELS, CustomerId
from catchment.core.shares.allocation import Method
from catchment.core.shares.spending import Branch
from catchment.core.values.errors import Invalid, NotFound
from catchment.core.values.money import Amount, money_text
from catchment.flows.families.family_spend import InvoicePart, Spend, family_spend
from catchment.store.families import customers
from catchment.store.invoices import spending
from catchment.store.invoices.spending import Wanted

routes = router("/customers/{id}/spend", "Customers")

Names = Mapping[CustomerId, str]
Drafts = Annotated[bool, Query(alias="includeDrafts", description="Draft invoices count as well.")]


class AmountOut(Wire):
    net_total: str
    total_tax: str
    gross_total: str

    @classmethod
    def texts(cls, amount: Amount) -> dict[str, str]:
        return {
            "net_total": money_text(amount.net),
            "total_tax": money_text(amount.tax),
            "gross_total": money_text(amount.gross),
        }


class OthersOut(AmountOut):
    """The children that are not shown, together."""

    customer_count: int


class BranchOut(AmountOut):
    """A customer with all below it: `own`, `children` and `others` add up to its totals.

    `childCount` counts the children that have a share.
    """

    customer_id: str
    name: str
    own: AmountOut
    child_count: int
    children: "list[BranchOut]"
    others: OthersOut | None = None

    @classmethod
    def of(cls, branch: Branch, names: Names) -> "BranchOut":
        others = None
        if branch.other_count:
            others = OthersOut(customer_count=branch.other_count, **AmountOut.texts(branch.others))
        return cls(
            customer_id=branch.customer,
            name=names[branch.customer],
            own=AmountOut(**AmountOut.texts(branch.own)),
            child_count=branch.child_count,
            children=[cls.of(child, names) for child in branch.children],
            others=others,
            **AmountOut.texts(branch.whole),
        )


class SpendInvoice(AmountOut):
    """An invoice with what of it is the branch's."""

    invoice_id: str
    invoice_number: str | None = None
    status: str
    payer_id: str
    payer_name: str
    billing_period: InclusiveDateRange | None = None

    @classmethod
    def of(cls, part: InvoicePart) -> "SpendInvoice":
        invoice = part.invoice
        period = invoice.billing_period
        return cls(
            invoice_id=invoice.id,
            invoice_number=invoice.number,
            status=invoice.status,
            payer_id=invoice.customer_id,
            payer_name=invoice.customer_legal_name,
            billing_period=InclusiveDateRange.of(period) if period else None,
            **AmountOut.texts(part.amount),
        )


class CurrencySpend(Wire):
    """The spend in one currency, and the invoices it is made of, the latest first."""

    currency: str
    branch: BranchOut
    invoices: list[SpendInvoice]

    @classmethod
    def of(cls, spend: Spend, names: Names) -> "CurrencySpend":
        return cls(
            currency=spend.currency,
            branch=BranchOut.of(spend.branch, names),
            invoices=[SpendInvoice.of(part) for part in spend.parts],
        )


class Step(Wire):
    customer_id: str
    name: str


class SpendOut(Wire):
    """What a branch of a family spent. `path` leads from the customer down to the branch."""

    path: list[Step]
    method: Method
    items: list[CurrencySpend]


class SpendPeriod(InclusiveDateRange):
    """A billing period, and how many invoices have it."""

    invoice_count: int


class SpendPeriods(Wire):
    items: list[SpendPeriod]


@routes.get("")
def show_spend(
    id: PathId,
    *,
    tx: Tx,
    who: WhoIs,
    first: Annotated[
        Day | None, Query(alias="from", description="No billing period that begins earlier.")
    ] = None,
    last: Annotated[
        Day | None, Query(alias="to", description="No billing period that ends later.")
    ] = None,
    method: ByMethod = Method.PROPORTIONAL,
    currency: Annotated[CurrencyCode | None, Query(description="This currency only.")] = None,
    include_drafts: Drafts = False,
    path: Annotated[
        str | None,
        Query(
            max_length=MAX_LEVELS * 40,
            description="Comma-separated ids that lead down from the customer, parent by parent,"
            " to the branch to show. Left out: the whole family.",
        ),
    ] = None,
    depth: Annotated[
        int, Query(ge=1, le=3, description="How many levels of children are shown.")
    ] = 1,
    limit: Limit = 20,
) -> SpendOut:
    """What a customer and everyone below it spent, by child, the greatest first.

    The sum of the shares of issued invoices (`/invoices/{id}/allocations`) over the tree that each
    invoice was calculated with. Children beyond `limit` are told together as `others`.
    """
    if first is not None and last is not None and last < first:
        raise Invalid.field("?to", "The last day is before the first.")
    way = (id, *(one.lower() for one in comma_list(path)))
    steps = _names(tx, who.workspace.id, way)
    wanted = Wanted(first, last, currency, include_drafts)
    found = family_spend(tx, who.workspace.id, way, wanted, method, depth=depth, limit=limit)
    shown = {customer for spend in found for customer in _customers(spend.branch)}
    names = customers.names(tx, who.workspace.id, shown)
    return SpendOut(
        path=[Step(customer_id=one, name=steps[one]) for one in way],
        method=method,
        items=[CurrencySpend.of(spend, names) for spend in found],
    )


@routes.get("/periods")
def list_spend_periods(
    id: PathId, tx: Tx, who: WhoIs, include_drafts: Drafts = False
) -> SpendPeriods:
    """The billing periods there may be a spend for, the latest first.

    Those of the invoices of the customer and of whoever was ever above it.
    """
    customers.row(tx, who.workspace.id, id)
    found = spending.periods(tx, who.workspace.id, id, drafts=include_drafts)
    return SpendPeriods(
        items=[
            SpendPeriod(
                start=one.period.start,
                end_inclusive=one.period.last_day,
                invoice_count=one.invoice_count,
            )
            for one in found
        ]
    )


def _names(tx: Connection, workspace: str, way: tuple[CustomerId, ...]) -> dict[CustomerId, str]:
    """The names of all on a way. Raises NotFound."""
    names = customers.names(tx, workspace, way)
    for one in way:
        if one not in names:
            raise NotFound(f"There is no customer {one[:80]} in this workspace.")
    return names


def _customers(branch: Branch) -> Iterator[CustomerId]:
    yield branch.customer
    for child in branch.children:
        yield from _customers(child)
