"""/billing-schedules/{id}/next-invoice and /simulate: what a schedule will bill, before it does."""

from datetime import date
from typing import Annotated

from fastapi import Query

from catchment.api.edge.deps import Cursor, Limit, Now, Tx, Usage, WhoIs
from catchment.api.edge.route import router, writes_nothing
from catchment.api.edge.wire import Pagination, after_key
from catchment.api.invoices.invoice_wire import InvoiceOut
from catchment.api.invoices.line_wire import LineItemGroupOut, LineItemOut
from catchment.api.invoices.usage_item_wire import UsageItemGroupOut, UsageItemGroupPage
from catchment.api.schedules.schedule_wire import ScheduleId
from catchment.api.schedules.simulation_wire import SimulateIn, SimulationOut, given
from catchment.core.shares.allocation import Method
from catchment.flows.billing.garbage import collected_seldom
from catchment.flows.billing.previews.next_invoice import NextInvoice, next_invoice
from catchment.flows.billing.previews.simulate_schedule import simulate_schedule
from catchment.flows.invoices.share_invoice import members_shares

routes = router("/billing-schedules/{billingScheduleId}", "Billing schedules")


class NextInvoiceOut(InvoiceOut):
    """An invoice with all that is on it, written nowhere: its ids are nobody's.

    ``usageItemGroups`` has a page of the members.
    """

    due_on: date
    line_item_groups: list[LineItemGroupOut]
    line_items: list[LineItemOut]
    usage_item_groups: UsageItemGroupPage

    @classmethod
    def of_next(
        cls, found: NextInvoice, method: Method | None, limit: int, after: str | None
    ) -> "NextInvoiceOut":
        """The wire form, with up to ``limit`` members after a cursor. Raises Invalid."""
        invoice = found.invoice
        assert invoice.due_on is not None, invoice
        start = after_key(found.members, after)
        contents = found.contents(start, limit)
        lines = {line.index: line for line in contents.lines}
        group_ids = [group.id for group in contents.groups]
        more = start + limit < len(found.members)
        members = UsageItemGroupPage(
            items=[
                UsageItemGroupOut.of(member, group_ids, shares, invoice.currency)
                for member in contents.usage
                for shares in [
                    None if method is None else [*members_shares(member, invoice, lines, method)]
                ]
            ],
            pagination=Pagination(
                after=contents.usage[-1].customer_id if more else None,
                total_result_size=len(found.members),
            ),
            notes=list(invoice.notes),
        )
        return cls(
            **dict(InvoiceOut.of(invoice, found.paid)),
            due_on=invoice.due_on,
            line_item_groups=[LineItemGroupOut.of(group) for group in contents.groups],
            line_items=[LineItemOut.of(line, found.adjusted) for line in contents.lines],
            usage_item_groups=members,
        )


@routes.get("/next-invoice")
@collected_seldom(frozen=False)
def show_next_invoice(
    schedule_id: ScheduleId,
    *,
    tx: Tx,
    usage: Usage,
    who: WhoIs,
    now: Now,
    method: Annotated[
        Method | None, Query(description="Give each member's shares, too, by this method.")
    ] = None,
    limit: Limit = 20,
    after: Cursor = None,
) -> NextInvoiceOut:
    """The next invoice, by the usage that is there now; nothing is written.

    It is the first that no billing run has drafted yet: most often that of the running period. It
    has what a run would put on it: charges, discounts, minimums, taxes, lines of children who bill
    their parent, and what came late for earlier invoices. Of a schedule that bills its parent it is
    the parent's. A draft of a schedule is shown as if it were started. ``limit`` and ``after`` page
    through the members who used something.
    """
    found = next_invoice(tx, usage, who.workspace, schedule_id, method=method, now=now)
    return NextInvoiceOut.of_next(found, method, limit, after)


@routes.post("/simulate")
@writes_nothing
def simulate(
    schedule_id: ScheduleId,
    body: SimulateIn,
    *,
    tx: Tx,
    usage: Usage,
    who: WhoIs,
    now: Now,
) -> SimulationOut:
    """The invoices of the months to come, were so much used in each; nothing is written.

    They are those that billing runs would draft: what joins them is on them, adjustments are not. A
    month's usage is spread evenly over its days; figures that do not add up (UNIQUE, MAX, LATEST,
    AVERAGE, PERCENTILE) are the same whatever part of it counts. Usage is that of the whole pool,
    and nobody's share.
    """
    found = simulate_schedule(
        tx,
        usage,
        who.workspace,
        schedule_id,
        until=body.until,
        given=given(body.usage),
        now=now,
    )
    return SimulationOut.of(found)
