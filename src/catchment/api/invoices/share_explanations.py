"""/invoices/{id}/line-items/{lineId}/shares/{customerId}/explanation: how a share came about."""

from fractions import Fraction
from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import Field

from catchment.api.edge.deps import Cursor, Limit, PathId, Tx, Usage, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import At, Pagination, Wire, after_key
from catchment.api.invoices.allocations import ByMethod
from catchment.api.invoices.date_ranges import DateRange
from catchment.core.shares.allocation import Method
from catchment.core.shares.weights import By, LineTerm, Term
from catchment.core.values.money import CURRENCIES, decimal_text, fraction_text, money_text
from catchment.flows.invoices.explain_share import Explained, ShareExplanation, explain_share

routes = router("/invoices/{id}/line-items/{lineId}/shares", "Invoices")

Descendants = Annotated[
    bool,
    Query(
        alias="includeDescendants",
        description="The customer with all below it, as the tree was when the invoice was made.",
    ),
]
Exact = Annotated[str, Field(description="A decimal, or `n/d` where no decimal is exact.")]


class TermOut(Wire):
    """A part of a weight: so much of a segment, at its rate, with its part of the fee.

    Weighed by `ALONE` the segment is one that the customer would have had by itself; otherwise it
    is one of the line, and `ofQuantity` and `ofAmount` are what all of it comes to.
    """

    from_: Annotated[str | None, Field(alias="from")] = None
    to: str | None = None
    rate: str
    fee: str
    quantity: str
    amount: Exact
    of_quantity: str
    of_amount: str

    @classmethod
    def of(cls, term: Term) -> "TermOut":
        segment = term.segment
        return cls.model_validate(
            {
                "from": None if segment.lower is None else decimal_text(segment.lower),
                "to": None if segment.upper is None else decimal_text(segment.upper),
                "rate": decimal_text(segment.rate),
                "fee": decimal_text(segment.fee),
                "quantity": decimal_text(term.quantity),
                "amount": fraction_text(term.amount),
                "ofQuantity": decimal_text(segment.quantity),
                "ofAmount": decimal_text(segment.amount),
            }
        )


class SettledTermOut(Wire):
    """What a customer has of a line that the discount, minimum or credit is of, less discounts so
    far.
    """

    price_id: str
    title: str
    service_period: DateRange
    amount: Exact

    @classmethod
    def of(cls, term: LineTerm) -> "SettledTermOut":
        return cls(
            price_id=term.line.price_id,
            title=term.line.title,
            service_period=DateRange.of(term.line.service),
            amount=fraction_text(term.amount),
        )


class MemberReckoningOut(Wire):
    """A member's share: `weight` of the line's `weightsTotal` is `exact`, cut to whole minor units,
    and `leftover` is the one that the largest remainders get besides. A discount, minimum or
    credit is weighed by what the member has of the lines `settled`. Of an adjustment these are of
    the whole charge, and `deducted` is what the member has of the lines that it deducts.
    """

    customer_id: str
    name: str
    path: list[str]
    path_names: list[str]
    quantity: str
    terms: list[TermOut]
    settled: list[SettledTermOut] | None = None
    weight: Exact
    exact: Exact
    cut: str
    leftover: str
    deducted: str | None = None
    net_total: str

    @classmethod
    def of(cls, one: Explained) -> "MemberReckoningOut":
        made = one.reckoning
        deducted = money_text(made.share - one.net) if one.taken else None
        return cls(
            customer_id=one.customer,
            name=one.path[-1][1],
            path=[id for id, _ in one.path],
            path_names=[name for _, name in one.path],
            quantity=decimal_text(one.quantity),
            terms=[TermOut.of(term) for term in made.terms if isinstance(term, Term)],
            settled=[SettledTermOut.of(one) for one in made.terms if isinstance(one, LineTerm)]
            or None,
            weight=fraction_text(made.weight),
            exact=fraction_text(made.exact),
            cut=money_text(made.cut),
            leftover=money_text(made.leftover),
            deducted=deducted,
            net_total=money_text(one.net),
        )


class ReckoningPage(Wire):
    items: list[MemberReckoningOut]
    pagination: Pagination


class DeductedShareOut(Wire):
    """What the customer has of a line that an adjustment deducts."""

    line_item_id: str
    net_total: str


class SharedLineOut(Wire):
    """The line that is shared, and among how many.

    What an adjustment shares is the whole charge: `wholeNetTotal`.
    """

    title: str
    quantity: str
    unit: str | None = None
    net_total: str
    whole_net_total: str | None = None
    sharing_customers: int
    explanation: str


class SharingOut(Wire):
    """How the shares of a line are rounded so that they add up to it."""

    mode: Literal["LARGEST_REMAINDER"] = "LARGEST_REMAINDER"
    minor_digits: int


class ShareExplanationOut(Wire):
    """How a customer's share of a line came about.

    `weighedBy` says what the weights are: `QUANTITY` (what each used), `SEGMENTS` (the line's
    segments, by what of each was used by whom), `EVENTS` (the price each event had by itself),
    `ALONE` (what each would have paid alone), `LINES` (what each has of the lines that a discount,
    minimum or credit settles), `OWNER` (nobody used anything: one customer has all of it), `LINE`
    (nobody shares it: all is the payer's, or that of a child whose bill the payer pays). A method
    that tells nobody from another goes by `QUANTITY`. `quantity` is left out where the members' own
    figures do not add up. The figures of the customer are the sums over `members`. Its share of an
    adjustment is its share of the whole charge less what it has of the lines `deducted`; weights
    are 0 where the adjustment takes back earlier ones and measures nothing.
    """

    invoice_id: str
    line_item_id: str
    customer_id: str
    customer_name: str
    include_descendants: bool
    currency: str
    method: Method
    weighed_by: By | Literal["LINE"]
    calculated_at: At | None = None
    line: SharedLineOut
    quantity: str | None = None
    weight: Exact
    weights_total: Exact
    exact: Exact
    deducted: list[DeductedShareOut] | None = None
    net_total: str
    rounding: SharingOut
    members: ReckoningPage

    @classmethod
    def of(
        cls, found: ShareExplanation, limit: int, after: str | None, *, descendants: bool
    ) -> "ShareExplanationOut":
        """The wire form, with up to ``limit`` members after a cursor. Raises Invalid."""
        line, members = found.line, found.members
        start = after_key([one.customer for one in members], after)
        shown = members[start : start + limit]
        more = start + limit < len(members)
        weight = sum((one.reckoning.weight for one in members), Fraction(0))
        whole = max((one.reckoning.whole for one in members), default=Fraction(1))
        adjusted = line.deducted
        return cls(
            invoice_id=line.invoice_id,
            line_item_id=line.id,
            customer_id=found.customer,
            customer_name=found.name,
            include_descendants=descendants,
            currency=found.invoice.currency,
            method=found.method,
            weighed_by=max(members, key=lambda one: one.reckoning.whole).reckoning.by
            if members
            else "LINE",
            calculated_at=found.invoice.calculated_at,
            line=SharedLineOut(
                title=line.title,
                quantity=decimal_text(line.quantity),
                unit=line.unit,
                net_total=money_text(line.net),
                whole_net_total=money_text(line.net + adjusted.net) if adjusted else None,
                sharing_customers=found.sharing,
                explanation=f"/invoices/{line.invoice_id}/line-items/{line.id}/explanation",
            ),
            quantity=None if found.quantity is None else decimal_text(found.quantity),
            weight=fraction_text(weight) if members else "1",
            weights_total=fraction_text(whole),
            exact=fraction_text(found.exact),
            deducted=[
                DeductedShareOut(line_item_id=id, net_total=money_text(net))
                for id, net in found.deducted.items()
            ]
            if members and adjusted
            else None,
            net_total=money_text(found.net),
            rounding=SharingOut(minor_digits=CURRENCIES[found.invoice.currency]),
            members=ReckoningPage(
                items=[MemberReckoningOut.of(one) for one in shown],
                pagination=Pagination(
                    after=shown[-1].customer if shown and more else None,
                    total_result_size=len(members),
                ),
            ),
        )


@routes.get("/{customerId}/explanation")
def explain_a_share(
    id: PathId,
    line_id: Annotated[PathId, Path(alias="lineId")],
    customer_id: Annotated[PathId, Path(alias="customerId")],
    *,
    tx: Tx,
    usage: Usage,
    who: WhoIs,
    method: ByMethod = Method.PROPORTIONAL,
    descendants: Descendants = False,
    limit: Limit = 20,
    after: Cursor = None,
) -> ShareExplanationOut:
    """How a customer's share of a line came about: weights, the exact part, the rounding.

    `limit` and `after` page through the members of a branch.
    """
    found = explain_share(
        tx,
        usage,
        who.workspace,
        id,
        line_id,
        customer_id,
        method,
        descendants=descendants,
    )
    return ShareExplanationOut.of(found, limit, after, descendants=descendants)
