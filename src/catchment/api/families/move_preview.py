"""/customers/{id}/moves/preview: which bills a move would change, before anyone makes it."""

from datetime import date

from catchment.api.edge.deps import NewId, Now, PathId, Tx, Usage, WhoIs
from catchment.api.edge.problems import ProblemField
from catchment.api.edge.route import router, writes_nothing
from catchment.api.edge.wire import At, Wire
from catchment.api.families.hierarchy import MoveIn
from catchment.api.invoices.date_ranges import InclusiveDateRange
from catchment.core.values.errors import BillingError
from catchment.core.values.money import decimal_text, money_text
from catchment.flows.families.preview_move import (
    LineChange,
    PayerChange,
    PeriodChange,
    preview_move,
)
from catchment.store.families import customers

routes = router("/customers/{id}/moves/preview", "Customer families")


class PreviewedLine(Wire):
    price_id: str
    title: str
    service_period: InclusiveDateRange
    before: str
    after: str
    quantity_before: str
    quantity_after: str

    @classmethod
    def of(cls, line: LineChange) -> "PreviewedLine":
        return cls(
            price_id=line.price_id,
            title=line.title,
            service_period=InclusiveDateRange.of(line.service),
            before=money_text(line.before),
            after=money_text(line.after),
            quantity_before=decimal_text(line.quantity_before),
            quantity_after=decimal_text(line.quantity_after),
        )


class PreviewedPeriod(Wire):
    """The net total of a due day's invoice by the usage and the prices of now.

    `status` is the invoice's: DRAFT, FINAL or SENT; UNBILLED is due and on no invoice yet, RUNNING
    is not over. `invoiced` is what stands on the invoice. Where `changes` is false it is finalised:
    it stays as it is, and `after` is what it would have been.
    """

    due_on: date
    billing_period: InclusiveDateRange
    status: str
    changes: bool
    invoice_id: str | None = None
    invoice_number: str | None = None
    invoiced: str | None = None
    before: str
    after: str
    change: str
    lines: list[PreviewedLine]

    @classmethod
    def of(cls, period: PeriodChange) -> "PreviewedPeriod":
        invoice = period.invoice
        return cls(
            due_on=period.due_on,
            billing_period=InclusiveDateRange.of(period.billing_period),
            status=period.status,
            changes=period.follows,
            invoice_id=invoice.id if invoice else None,
            invoice_number=invoice.number if invoice else None,
            invoiced=money_text(invoice.net) if invoice else None,
            before=money_text(period.before),
            after=money_text(period.after),
            change=money_text(period.after - period.before),
            lines=[PreviewedLine.of(line) for line in period.lines],
        )


class PreviewedSchedule(Wire):
    billing_schedule_id: str
    periods: list[PreviewedPeriod]


class PreviewedPayer(Wire):
    """A payer's sums in one currency, over the periods that change."""

    customer_id: str
    name: str
    currency: str
    before: str
    after: str
    change: str
    schedules: list[PreviewedSchedule]

    @classmethod
    def of(cls, payer: PayerChange) -> "PreviewedPayer":
        return cls(
            customer_id=payer.customer,
            name=payer.name,
            currency=payer.currency,
            before=money_text(payer.before),
            after=money_text(payer.after),
            change=money_text(payer.after - payer.before),
            schedules=[
                PreviewedSchedule(
                    billing_schedule_id=schedule.schedule_id,
                    periods=[PreviewedPeriod.of(period) for period in schedule.periods],
                )
                for schedule in payer.schedules
            ],
        )


class PreviewedRefusal(Wire):
    """How the move itself would be refused."""

    status: int
    code: str
    title: str
    detail: str
    errors: list[ProblemField]

    @classmethod
    def of(cls, refusal: BillingError) -> "PreviewedRefusal":
        return cls(
            status=refusal.status,
            code=refusal.code,
            title=refusal.title(),
            detail=refusal.detail,
            errors=[
                ProblemField(pointer=one.pointer, code=one.code, message=one.message)
                for one in refusal.errors
            ],
        )


class MovePreview(Wire):
    """Only payers, schedules and periods whose invoice would be another are listed."""

    effective_from: At
    payers: list[PreviewedPayer]
    refusal: PreviewedRefusal | None = None


@routes.post("")
@writes_nothing
def preview(
    id: PathId, body: MoveIn, tx: Tx, usage: Usage, who: WhoIs, now: Now, new_id: NewId
) -> MovePreview:
    """What a move would change on invoices, computed by what bills; nothing is written.

    What would refuse the move is told as `refusal`. Where that is a finalised invoice, the figures
    are told all the same; where the tree would not be one, there are none.
    """
    customers.row(tx, who.workspace.id, id)
    relocation = body.relocation(id)
    found = preview_move(tx, usage, who.workspace, relocation, now=now, new_id=new_id)
    return MovePreview(
        effective_from=body.effective_from,
        payers=[PreviewedPayer.of(payer) for payer in found.payers],
        refusal=None if found.refusal is None else PreviewedRefusal.of(found.refusal),
    )
