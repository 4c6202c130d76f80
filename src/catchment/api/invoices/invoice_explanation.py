"""/invoices/{id}/explanation: how the totals of an invoice came about."""

from itertools import accumulate

from catchment.api.edge.deps import PathId, Tx, WhoIs
from catchment.api.edge.route import router
from catchment.api.edge.wire import At, Wire
from catchment.api.invoices.explanation_wire import RoundingOut
from catchment.api.taxes.taxation_wire import TaxSumOut
from catchment.core.values.money import CURRENCIES, decimal_text, money_text
from catchment.flows.invoices.explain_invoice import (
    InvoiceExplanation,
    Step,
    Summand,
    explain_invoice,
)
from catchment.store.invoices.rows.invoice_parts import LineItemGroup

routes = router("/invoices/{id}/explanation", "Invoices")


class StepOut(Wire):
    """What is added, and what it comes to up to here."""

    step: Step
    amount: str
    total: str


class SummandOut(Wire):
    """A line: `exact` is what its segments come to, `netTotal` the same rounded once."""

    line_item_id: str
    title: str
    price_id: str | None = None
    price_name: str
    exact: str
    net_total: str
    total_tax: str
    gross_total: str
    explanation: str

    @classmethod
    def of(cls, one: Summand) -> "SummandOut":
        line = one.line
        return cls(
            line_item_id=line.id,
            title=line.title,
            price_id=line.shown_price_id,
            price_name=one.price_name,
            exact=decimal_text(one.exact),
            net_total=money_text(line.net),
            total_tax=money_text(line.tax),
            gross_total=money_text(line.gross),
            explanation=f"/invoices/{line.invoice_id}/line-items/{line.id}/explanation",
        )


class GroupSumOut(Wire):
    """The lines of a product and their sums."""

    group_id: str
    title: str
    net_total: str
    total_tax: str
    gross_total: str
    lines: list[SummandOut]

    @classmethod
    def of(cls, group: LineItemGroup, lines: tuple[Summand, ...]) -> "GroupSumOut":
        return cls(
            group_id=group.id,
            title=group.title,
            net_total=money_text(group.net),
            total_tax=money_text(group.tax),
            gross_total=money_text(group.gross),
            lines=[SummandOut.of(one) for one in lines],
        )


class InvoiceExplanationOut(Wire):
    """How the totals came about: the groups add up to `netTotal`, the lines of each to the group.

    Every line is rounded once and by itself; `rounding` says what they would come to unrounded, and
    what they come to. `treeKnownAt` is when the tree and the aliases that were used were last
    changed. `taxes` are net and tax by rate: tax is rounded line by line.
    """

    invoice_id: str
    invoice_number: str | None = None
    status: str
    currency: str
    calculated_at: At | None = None
    tree_known_at: At | None = None
    steps: list[StepOut]
    groups: list[GroupSumOut]
    rounding: RoundingOut
    taxes: list[TaxSumOut]
    net_total: str
    total_tax: str
    gross_total: str

    @classmethod
    def of(cls, found: InvoiceExplanation) -> "InvoiceExplanationOut":
        invoice = found.invoice
        amounts = [amount for _, amount in found.steps]
        return cls(
            invoice_id=invoice.id,
            invoice_number=invoice.number,
            status=invoice.status,
            currency=invoice.currency,
            calculated_at=invoice.calculated_at,
            tree_known_at=found.tree_known_at,
            steps=[
                StepOut(step=step, amount=money_text(amount), total=money_text(up_to_here))
                for (step, amount), up_to_here in zip(found.steps, accumulate(amounts), strict=True)
            ],
            groups=[GroupSumOut.of(group, lines) for group, lines in found.groups],
            rounding=RoundingOut(
                exact=decimal_text(found.exact),
                rounded=money_text(invoice.net),
                minor_digits=CURRENCIES[invoice.currency],
            ),
            taxes=[TaxSumOut.sum_of(one) for one in found.taxes],
            net_total=money_text(invoice.net),
            total_tax=money_text(invoice.tax),
            gross_total=money_text(invoice.gross),
        )


@routes.get("")
def explain_totals(id: PathId, tx: Tx, who: WhoIs) -> InvoiceExplanationOut:
    """Why an invoice has its totals: groups, lines, rounding, and the steps to the end."""
    return InvoiceExplanationOut.of(explain_invoice(tx, who.workspace.id, id))
