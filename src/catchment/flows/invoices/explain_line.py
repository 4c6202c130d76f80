"""Why a line has its amount: what was kept when it was calculated, and the events behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlalchemy import Connection

from catchment.core.families.hierarchy import CustomerId
from catchment.core.invoices.adjustments import Moved, moved
from catchment.core.invoices.settling import StepKind
from catchment.core.terms.pricing import SeatPart
from catchment.core.usage.metering import Member, UsageQuery
from catchment.core.usage.seat_balances import counted_days, deciding
from catchment.core.values.errors import NotFound
from catchment.core.values.money import Amount
from catchment.flows.billing.agreed.seat_usage import of_seats, totals_of
from catchment.flows.invoices.credit_tax import left_to_pay
from catchment.flows.invoices.finalize_invoice import one_invoice
from catchment.store.access import Workspace
from catchment.store.families import customers
from catchment.store.invoices import adjustments, invoice_contents
from catchment.store.invoices.invoices import Invoice
from catchment.store.invoices.rows import evidence
from catchment.store.invoices.rows.evidence import Counted, Evidence, EvidenceMember
from catchment.store.invoices.rows.invoice_parts import LineItem
from catchment.store.schedules import schedule_versions
from catchment.store.usage import kept_usage
from catchment.usage import UsageStore


@dataclass(frozen=True, slots=True)
class AgreedAnew:
    """Which days an adjustment gives back, or charges after all, since the schedule was changed."""

    moved: Moved
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """A line with all that made its amount. ``members`` are in the order of the tree, by name.

    Events of before ``kept_since`` were dropped, if it is given. Of the line of a credit ``left``
    is what was left to pay of its charge before it and after it.
    """

    invoice: Invoice
    line: LineItem
    evidence: Evidence
    members: tuple[tuple[str, EvidenceMember], ...]
    kept_since: datetime | None = None
    left: tuple[Amount, Amount] | None = None
    agreed_anew: AgreedAnew | None = None


def explain_line(tx: Connection, workspace_id: str, invoice_id: str, line_id: str) -> Explanation:
    """Why the line has its amount. Raises NotFound, FigureDiffers."""
    invoice = one_invoice(tx, workspace_id, invoice_id)
    line = invoice_contents.one_line(tx, workspace_id, invoice_id, line_id)
    kept = evidence.of_line(tx, workspace_id, line_id)
    if line is None or kept is None:
        raise NotFound(f"There is no line item {line_id} on invoice {invoice_id}.")
    found = kept.counted.members if kept.counted else ()
    names: dict[CustomerId, str] = {invoice.customer_id: invoice.customer_legal_name}
    if found:
        names |= invoice_contents.member_names(tx, workspace_id, invoice_id)
    places = {customer: place for place, customer in enumerate(names)}
    # Whose share an adjustment leaves as it was is not among the members of its invoice.
    others = {member.customer for member in found} - names.keys()
    names |= customers.names(tx, workspace_id, others) if others else {}
    ordered = sorted(found, key=lambda member: places.get(member.customer, len(places)))
    return Explanation(
        invoice,
        line,
        kept,
        tuple((names[member.customer], member) for member in ordered),
        kept_usage.since(tx, workspace_id),
        left_to_pay(tx, invoice, line) if line.settles is StepKind.CREDIT else None,
        _agreed_anew(tx, line, kept, workspace_id),
    )


def _agreed_anew(
    tx: Connection, line: LineItem, kept: Evidence, workspace_id: str
) -> AgreedAnew | None:
    """None where the line is for the days that were billed."""
    taken = line.deducted
    if taken is None or not kept.terms.version or line.service is None or line.schedule_id is None:
        return None
    billed = adjustments.lines_called(tx, workspace_id, taken.line_ids)
    last = max(billed, key=lambda one: one.standing.number)
    change = moved(last.service, None if taken.dropped else line.service)
    at = schedule_versions.replaced_at(tx, line.schedule_id, kept.terms.version - 1)
    return None if change is None or at is None else AgreedAnew(change, at)


def counted_events(tx: Connection, usage: UsageStore, workspace_id: str, line_id: str) -> pa.Table:
    """The places of exactly the usage events that a line counted; none where there is no such
    line, nor where it counts seats.
    """
    line = invoice_contents.line_called(tx, workspace_id, line_id)
    kept = evidence.of_line(tx, workspace_id, line_id)
    counted = kept.counted if kept is not None else None
    if line is None or counted is None or of_seats(counted.how.metric):
        return pa.table({"seq": pa.array([], pa.int64())})
    return usage.counted(workspace_id, query_of(counted), counted.last_seq, line.event)


def deciding_seat_events(tx: Connection, workspace: Workspace, line_id: str) -> set[int]:
    """The places of the seat events that decided how many seats a line counts: of every member the
    last one before the days counted and all on them. None where it does not count seats.
    """
    line = invoice_contents.line_called(tx, workspace.id, line_id)
    kept = evidence.of_line(tx, workspace.id, line_id)
    counted = kept.counted if kept is not None else None
    if line is None or counted is None or not of_seats(counted.how.metric):
        return set()
    assert line.service is not None, line
    first_day = line.part is SeatPart.COMMITTED
    zone = ZoneInfo(workspace.timezone)
    days = counted_days(line.service, first_day=first_day).span(zone)
    query = query_of(counted)
    totals = totals_of(tx, workspace.id, query, before=days.end, up_to=counted.last_seq)
    return {
        one.place
        for member in query.members
        for one in deciding((t for alias in member.aliases for t in totals.get(alias, ())), days)
    }


def query_of(counted: Counted) -> UsageQuery:
    """What was asked of the usage store, less the members that had used nothing."""
    standing = (member.standing for member in counted.members)
    members = tuple(Member(one.customer, one.aliases, one.spans) for one in standing)
    return UsageQuery(counted.how.metric, members)
